//! Names of pools.

use std::fmt;
use std::str::FromStr;

use agora_primitives::{Address, Denom, DenomError};
use agora_state::{KeyBytes, KeyCodec, KeyError};
use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest, Sha256};

/// Why text is not an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdError {
    what: &'static str,
    text: String,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} id {:?} is not 1 to 16 lower-case hexadecimal digits", self.what, self.text)
    }
}

impl std::error::Error for IdError {}

fn derive(kind: &str, sender: &Address, sequence: u64, msg_index: u32, attempt: u32) -> u64 {
    let mut seed = KeyBytes::new();
    sender.encode_inner(&mut seed);
    (sequence, msg_index, attempt).encode_inner(&mut seed);
    let mut hasher = Sha256::new();
    hasher.update(Sha256::digest(kind.as_bytes()));
    hasher.update(&seed);
    let hash: [u8; 32] = hasher.finalize().into();
    hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn parse(what: &'static str, text: &str) -> Result<u64, IdError> {
    let refused = || IdError { what, text: text.chars().take(64).collect() };
    let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !digits || !(1..=16).contains(&text.len()) {
        return Err(refused());
    }
    u64::from_str_radix(text, 16).map_err(|_| refused())
}

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $what:literal) => {
        $(#[$doc])*
        ///
        /// 64 bits, written in hexadecimal digits. They follow from who makes the object, with which sequence and
        /// message, so that two makers never wait for each other.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
        pub struct $name(u64);

        impl $name {
            /// What ids and addresses are derived from.
            const KIND: &'static str = $kind;

            /// The id with this number.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The id of an object to be made; `attempt` gives another one when the first is taken.
            #[must_use]
            pub fn derived(sender: &Address, sequence: u64, msg_index: u32, attempt: u32) -> Self {
                Self(derive(Self::KIND, sender, sequence, msg_index, attempt))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse($what, text).map(Self)
            }
        }

        impl From<$name> for agora_framework::Text {
            fn from(id: $name) -> Self {
                id.to_string().into()
            }
        }

        impl KeyCodec for $name {
            fn encode_inner(&self, out: &mut KeyBytes) {
                self.0.encode_inner(out);
            }

            fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
                let (number, rest) = u64::decode_inner(bytes)?;
                Ok((Self(number), rest))
            }
        }
    };
}

object_id!(
    /// The name of a pool.
    PoolId, "dex/pool", "pool"
);
object_id!(
    /// The name of a position in a concentrated pool.
    PositionId, "dex/position", "position"
);

impl PoolId {
    /// Where the pool's coins lie.
    #[must_use]
    pub fn address(self) -> Address {
        Address::derived(Self::KIND, &self.0.to_be_bytes())
    }

    /// The denom of the pool's shares: `lp/` and the id.
    ///
    /// # Errors
    /// Never: the text is a denom.
    pub fn share_denom(self) -> Result<Denom, DenomError> {
        format!("lp/{self}").parse()
    }

    /// The pool whose shares have this denom, in the spelling of [`PoolId::share_denom`] alone.
    #[must_use]
    pub fn of_share_denom(denom: &Denom) -> Option<Self> {
        let id: Self = denom.as_str().strip_prefix("lp/")?.parse().ok()?;
        (id.share_denom().ok()? == *denom).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_and_read_in_hexadecimal_digits() {
        for (number, text) in [(0, "0"), (1, "1"), (255, "ff"), (u64::MAX, "ffffffffffffffff")] {
            assert_eq!(PoolId(number).to_string(), text);
            assert_eq!(text.parse(), Ok(PoolId(number)));
        }
        assert_eq!("0000000000000001".parse(), Ok(PoolId(1)));
        for bad in ["", "g", "FF", "+1", " 1", "0x1", "00000000000000001", "é"] {
            assert!(bad.parse::<PoolId>().is_err(), "{bad}");
        }
        let shares = PoolId(255).share_denom().unwrap();
        assert_eq!((shares.as_str(), PoolId::of_share_denom(&shares)), ("lp/ff", Some(PoolId(255))));
        assert_eq!(PoolId::of_share_denom(&"lp/0ff".parse().unwrap()), None, "one spelling only");
        assert!(PoolId(0).share_denom().is_ok(), "four characters are a denom");
    }

    #[test]
    fn every_maker_sequence_message_and_attempt_has_an_id_of_its_own() {
        let (a, b) = (Address::from_20([1; 20]), Address::from_20([2; 20]));
        let mut ids = vec![
            PoolId::derived(&a, 0, 0, 0),
            PoolId::derived(&a, 0, 0, 1),
            PoolId::derived(&a, 0, 1, 0),
            PoolId::derived(&a, 1, 0, 0),
            PoolId::derived(&b, 0, 0, 0),
        ];
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 5);
        assert_ne!(PositionId::derived(&a, 0, 0, 0).0, PoolId::derived(&a, 0, 0, 0).0);
        assert_ne!(PoolId(1).address(), PoolId(2).address());
    }
}
