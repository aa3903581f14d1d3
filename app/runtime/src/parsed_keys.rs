//! Signers' keys, parsed.
//!
//! A secp256k1 key is sent as one coordinate of its point, and finding the other costs about a tenth of a signature check. Whoever
//! trades signs again and again, so the points of those who did so last are kept.

use parking_lot::RwLock;
use secp256k1::PublicKey;

/// A compressed key.
type Compressed = [u8; 33];

/// Parts that can be changed side by side.
const SHARDS: usize = 64;

/// Places of a part: about 7 MB in all.
const PLACES: usize = 1024;

type Shard = Vec<Option<(Compressed, PublicKey)>>;

/// Parsed keys of good signatures, each in the one place that its bytes say: bounded, and a key drives out at most one other.
pub(crate) struct ParsedKeys {
    shards: Vec<RwLock<Shard>>,
}

impl Default for ParsedKeys {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| RwLock::default()).collect() }
    }
}

impl ParsedKeys {
    /// Calls `check` with the parsed key, and keeps it if it says yes. `false` for bytes that are no key.
    pub(crate) fn check(&self, bytes: &Compressed, check: impl FnOnce(&PublicKey) -> bool) -> bool {
        let (shard, place) = place_of(bytes);
        let Some(shard) = self.shards.get(shard) else { return false };
        let kept = shard.read().get(place).and_then(Option::as_ref).filter(|(key, _)| key == bytes).copied();
        if let Some((_, key)) = kept {
            return check(&key);
        }
        let Ok(key) = PublicKey::from_slice(bytes) else { return false };
        let good = check(&key);
        if good {
            let mut shard = shard.write();
            if shard.is_empty() {
                shard.resize(PLACES, None);
            }
            if let Some(place) = shard.get_mut(place) {
                *place = Some((*bytes, key));
            }
        }
        good
    }
}

/// Part and place of a key. A coordinate is as good as chance; one that was searched for drives out another and no more.
fn place_of(bytes: &Compressed) -> (usize, usize) {
    let [.., a, b, c] = *bytes;
    (usize::from(a) % SHARDS, usize::from(u16::from_be_bytes([b, c])) % PLACES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u16) -> (Compressed, PublicKey) {
        let mut secret = [1; 32];
        secret[..2].copy_from_slice(&number.to_be_bytes());
        let secret = secp256k1::SecretKey::from_byte_array(secret).unwrap();
        let key = secret.public_key(secp256k1::SECP256K1);
        (key.serialize(), key)
    }

    #[test]
    fn a_key_is_what_it_is_parsed_to_kept_or_not() {
        let keys = ParsedKeys::default();
        for _ in 0..2 {
            for number in 0..500 {
                let (bytes, parsed) = key(number);
                assert!(keys.check(&bytes, |key| *key == parsed));
                assert!(!keys.check(&bytes, |_| false));
            }
        }
        assert!(!keys.check(&[0; 33], |_| true), "no key");
    }

    #[test]
    fn keys_of_good_signatures_are_kept_and_drive_out_who_has_their_place() {
        let keys = ParsedKeys::default();
        let kept =
            |keys: &ParsedKeys| keys.shards.iter().map(|s| s.read().iter().flatten().count()).sum::<usize>();
        keys.check(&key(1).0, |_| false);
        assert_eq!(kept(&keys), 0);
        let (first, parsed) = key(1);
        keys.check(&first, |_| true);
        assert_eq!(kept(&keys), 1);
        // Another key that falls on the same place drives it out, and it is still what it was.
        let (shard, place) = place_of(&first);
        let (other, _) = key(2);
        keys.shards[shard].write()[place] = Some((other, key(2).1));
        assert!(keys.check(&first, |key| *key == parsed));
        assert_eq!(kept(&keys), 1);
    }
}
