//! Mnemonics (BIP-39) and the keys derived from them (BIP-32, BIP-44).

use std::fmt;
use std::str::FromStr;

use bip39::{Language, Mnemonic};
use rand::RngCore;
use zeroize::{Zeroize, Zeroizing};

use super::key::SecretKey;
use crate::error::{CliError, Result, nearest};

/// The coin type of Cosmos chains.
const COIN_TYPE: u32 = 118;
/// Indices from here on are hardened.
const HARDENED: u32 = 1 << 31;
/// Deep enough for every scheme in use, and bounded.
const MAX_DEPTH: usize = 16;

/// A derivation path such as `m/44'/118'/0'/0/0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HdPath(Vec<u32>);

impl HdPath {
    /// The path of Cosmos wallets: `m/44'/118'/account'/0/index`. Both are below 2^31.
    pub fn cosmos(account: u32, index: u32) -> Result<Self> {
        if account >= HARDENED || index >= HARDENED {
            return Err(CliError::usage(format!("account and index must be below {HARDENED}")));
        }
        Ok(Self(vec![44 | HARDENED, COIN_TYPE | HARDENED, account | HARDENED, 0, index]))
    }
}

impl Default for HdPath {
    fn default() -> Self {
        Self(vec![44 | HARDENED, COIN_TYPE | HARDENED, HARDENED, 0, 0])
    }
}

impl fmt::Display for HdPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        self.0.iter().try_for_each(|step| {
            if *step >= HARDENED { write!(f, "/{}'", step - HARDENED) } else { write!(f, "/{step}") }
        })
    }
}

impl FromStr for HdPath {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            CliError::usage(format!("`{text}` is not a derivation path"))
                .hint("write for example m/44'/118'/0'/0/0")
        };
        let steps = text.strip_prefix("m/").ok_or_else(bad)?;
        let steps = steps
            .split('/')
            .map(|step| {
                let (digits, mark) = match step.strip_suffix(['\'', 'h', 'H']) {
                    Some(digits) => (digits, HARDENED),
                    None => (step, 0),
                };
                let plain = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
                let number = digits.parse::<u32>().ok().filter(|number| plain && *number < HARDENED);
                number.map(|number| number | mark).ok_or_else(bad)
            })
            .collect::<Result<Vec<_>>>()?;
        if steps.len() > MAX_DEPTH { Err(bad()) } else { Ok(Self(steps)) }
    }
}

/// A new mnemonic of 12 or 24 words from the operating system's randomness.
pub fn generate_mnemonic(words: usize) -> Result<Mnemonic> {
    let length = match words {
        12 => 16,
        24 => 32,
        other => return Err(CliError::usage(format!("a mnemonic has 12 or 24 words, not {other}"))),
    };
    let mut entropy = Zeroizing::new([0u8; 32]);
    rand::rngs::OsRng
        .try_fill_bytes(entropy.as_mut_slice())
        .map_err(|error| CliError::usage("the operating system gives no randomness").because(error))?;
    let entropy = entropy.get(..length).unwrap_or_default();
    Mnemonic::from_entropy(entropy).map_err(|error| CliError::usage("cannot make a mnemonic").because(error))
}

/// Reads a mnemonic; spacing and letter case do not matter. Names the first word that is not on the list.
pub fn parse_mnemonic(text: &str) -> Result<Mnemonic> {
    let mut lower = Zeroizing::new(String::with_capacity(text.len()));
    lower.extend(text.chars().flat_map(char::to_lowercase));
    let words: Vec<&str> = lower.split_whitespace().collect();
    let list = Language::English.word_list();
    for (at, word) in words.iter().enumerate() {
        if !list.contains(word) {
            let error =
                CliError::usage(format!("word {} of the mnemonic (`{word}`) is not a BIP-39 word", at + 1));
            return Err(match nearest(word, list.iter().copied()) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint("compare it with what was written down"),
            });
        }
    }
    if !matches!(words.len(), 12 | 15 | 18 | 21 | 24) {
        return Err(CliError::usage(format!(
            "a mnemonic has 12, 15, 18, 21 or 24 words, not {}",
            words.len()
        )));
    }
    let joined = Zeroizing::new(words.join(" "));
    Mnemonic::parse_in_normalized(Language::English, &joined).map_err(|_| {
        CliError::usage("the checksum of the mnemonic does not match").hint(
            "every word exists, but one is wrong or two are swapped; compare with what was written down",
        )
    })
}

/// The key at `path` of a mnemonic; `passphrase` is BIP-39's optional extra word, usually empty.
pub fn secret_from_mnemonic(mnemonic: &Mnemonic, passphrase: &str, path: &HdPath) -> Result<SecretKey> {
    let bad = |error: bip32::Error| CliError::usage(format!("cannot derive {path}")).because(error);
    let mut seed = mnemonic.to_seed(passphrase);
    let mut key = bip32::XPrv::new(seed);
    seed.zeroize();
    for step in &path.0 {
        let number = bip32::ChildNumber::new(step & (HARDENED - 1), *step >= HARDENED).map_err(bad)?;
        key = key.and_then(|key| key.derive_child(number));
    }
    let bytes = Zeroizing::new(key.map_err(bad)?.to_bytes());
    SecretKey::from_bytes(bytes.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIP39_VECTOR: &str =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn every_recorded_mnemonic_gives_its_recorded_key() {
        for (mnemonic, secret) in [
            (
                "clap cross income tuna stage airport fault hen suggest axis protect assist",
                "bb99ee21c8b134dae9bcc747d58a7dd04554ad83e256794784be231a6995fbbc",
            ),
            (
                "can kind portion lift car bundle ivory stool spot other endorse enlist",
                "e459887fd5f47ff2179e68571b47338693d21309c5bb96882801d9716089fd36",
            ),
        ] {
            let key =
                secret_from_mnemonic(&parse_mnemonic(mnemonic).unwrap(), "", &HdPath::default()).unwrap();
            assert_eq!(hex::encode(key.to_bytes().as_slice()), secret);
        }
    }

    #[test]
    fn another_index_account_or_passphrase_gives_another_key() {
        let mnemonic = parse_mnemonic(BIP39_VECTOR).unwrap();
        let key = |passphrase: &str, account, index| {
            let path = HdPath::cosmos(account, index).unwrap();
            hex::encode(secret_from_mnemonic(&mnemonic, passphrase, &path).unwrap().to_bytes().as_slice())
        };
        let keys = [key("", 0, 0), key("", 0, 1), key("", 1, 0), key("TREZOR", 0, 0)];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), 4);
    }

    #[test]
    fn new_mnemonics_are_valid_and_differ() {
        for words in [12, 24] {
            let mnemonic = generate_mnemonic(words).unwrap();
            assert_eq!(mnemonic.word_count(), words);
            assert_eq!(parse_mnemonic(&mnemonic.to_string()).unwrap(), mnemonic);
            assert_ne!(generate_mnemonic(words).unwrap(), mnemonic);
        }
        assert!(generate_mnemonic(13).is_err());
    }

    #[test]
    fn a_wrong_word_is_named_and_a_wrong_checksum_is_told_apart() {
        let text = parse_mnemonic(&BIP39_VECTOR.replace("about", "abuot")).unwrap_err().to_text();
        assert!(text.contains("word 12") && text.contains("did you mean `about`?"), "{text}");
        let text = parse_mnemonic(&BIP39_VECTOR.replace("about", "abandon")).unwrap_err().to_text();
        assert!(text.contains("checksum"), "{text}");
        assert!(parse_mnemonic("abandon about").unwrap_err().to_text().contains("not 2"));
        assert!(parse_mnemonic("").unwrap_err().to_text().contains("not 0"));
        assert!(parse_mnemonic(&format!("  {}\n", BIP39_VECTOR.to_uppercase())).is_ok());
    }

    #[test]
    fn paths_read_and_write_and_refuse_nonsense() {
        assert_eq!(HdPath::default().to_string(), "m/44'/118'/0'/0/0");
        assert_eq!("m/44h/118H/0'/0/7".parse::<HdPath>().unwrap(), HdPath::cosmos(0, 7).unwrap());
        for text in ["", "m", "m/", "44'/118'", "m/44''", "m/+1", "m/2147483648", "m/x", "m//1"] {
            assert!(text.parse::<HdPath>().is_err(), "{text}");
        }
        assert!(format!("m{}", "/0".repeat(17)).parse::<HdPath>().is_err());
        assert!(HdPath::cosmos(HARDENED, 0).is_err());
    }
}
