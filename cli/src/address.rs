//! Account addresses as people write them: bech32 text, with errors that say what is wrong with it.

use std::fmt;
use std::str::FromStr;

use bech32::{Bech32, Hrp};
use ripemd::Ripemd160;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{CliError, Result};

/// The human-readable part of account addresses.
pub const ACCOUNT_PREFIX: &str = "agora";

/// The characters of bech32 data, in the order of their values.
const ALPHABET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// An account address: 20 bytes for keys, 32 for module and contract accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(Vec<u8>);

impl Address {
    /// An address from its 20 or 32 bytes.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        match bytes.len() {
            20 | 32 => Ok(Self(bytes)),
            length => Err(CliError::usage(format!("an address has 20 or 32 bytes, not {length}"))),
        }
    }

    /// The address of a compressed secp256k1 key: RIPEMD-160 of SHA-256.
    pub fn of_secp256k1(public_key: &[u8; 33]) -> Self {
        Self(Ripemd160::digest(Sha256::digest(public_key)).to_vec())
    }

    /// The address of a key that amino encodes as `amino`: the first 20 bytes of SHA-256.
    pub fn of_amino_key(amino: &[u8]) -> Self {
        Self(Sha256::digest(amino).iter().take(20).copied().collect())
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text under another prefix, for example `agoravaloper`.
    pub fn with_prefix(&self, prefix: &str) -> Result<String> {
        let hrp = Hrp::parse(prefix).map_err(|error| {
            CliError::usage(format!("`{prefix}` is not an address prefix")).because(error)
        })?;
        encode(hrp, &self.0)
    }

    /// Reads an account address; every way of getting it wrong has its own error.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_with_prefix(text, ACCOUNT_PREFIX)
    }

    /// Reads an address that must carry `prefix`.
    pub fn parse_with_prefix(text: &str, prefix: &str) -> Result<Self> {
        let (found, bytes) = decode(text)?;
        if found == prefix {
            return Self::from_bytes(bytes)
                .map_err(|error| error.hint(format!("check where `{text}` came from")));
        }
        let error = CliError::usage(format!(
            "`{text}` has the prefix `{found}`, but account addresses here start with `{prefix}1`"
        ));
        let hint = if let Some(role) = found.strip_prefix(prefix).filter(|role| !role.is_empty()) {
            format!("this is a `{role}` address; give the account address")
        } else {
            // The same key exists on every chain, but its owner may not expect funds on this one.
            match Self::from_bytes(bytes).and_then(|address| address.with_prefix(prefix)) {
                Ok(same) => format!("the same key is {same} here; ask its owner before using it"),
                Err(_) => "ask for an address of this chain".to_owned(),
            }
        };
        Err(error.hint(hint))
    }
}

/// Whether the text can only be meant as an address: it starts with the account prefix and `1`, or with another
/// prefix and carries enough address characters.
pub fn looks_like_address(text: &str) -> bool {
    let lower = text.to_lowercase();
    match lower.rsplit_once('1') {
        Some((prefix, _)) if prefix == ACCOUNT_PREFIX => true,
        Some((prefix, data)) => {
            !prefix.is_empty() && data.len() >= 38 && data.chars().all(|c| ALPHABET.contains(c))
        }
        None => false,
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Hrp::parse(ACCOUNT_PREFIX).ok().and_then(|hrp| encode(hrp, &self.0).ok());
        // Lengths are checked on construction and the prefix is a constant, so text is always there.
        f.write_str(text.as_deref().unwrap_or_default())
    }
}

impl FromStr for Address {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Address {
    type Error = CliError;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

fn encode(hrp: Hrp, bytes: &[u8]) -> Result<String> {
    bech32::encode::<Bech32>(hrp, bytes)
        .map_err(|error| CliError::usage("this address has no bech32 text").because(error))
}

/// Takes bech32 text apart into prefix and bytes.
fn decode(text: &str) -> Result<(String, Vec<u8>)> {
    let bad = |what: String| CliError::usage(format!("`{text}` is not an address: {what}"));
    let again = "copy the whole address again from where it came from";
    if text.is_empty() {
        return Err(CliError::usage("the address is empty"));
    }
    if let Some((at, c)) = text.chars().enumerate().find(|(_, c)| !c.is_ascii_graphic()) {
        return Err(
            bad(format!("character {} (`{}`) cannot occur in one", at + 1, c.escape_default())).hint(again)
        );
    }
    if text.chars().any(|c| c.is_ascii_uppercase()) && text.chars().any(|c| c.is_ascii_lowercase()) {
        return Err(bad("it mixes upper and lower case".to_owned()).hint(again));
    }
    let lower = text.to_ascii_lowercase();
    let Some((prefix, data)) = lower.rsplit_once('1') else {
        return Err(bad(format!("it has no `1` after its prefix, as in `{ACCOUNT_PREFIX}1...`"))
            .hint("if it is meant as a name, add it with `agora address add NAME ADDRESS`"));
    };
    if prefix.is_empty() {
        return Err(bad("it has no prefix before the `1`".to_owned()).hint(again));
    }
    if let Some((at, c)) = data.chars().enumerate().find(|(_, c)| !ALPHABET.contains(*c)) {
        let at = prefix.len() + 2 + at;
        return Err(bad(format!("character {at} (`{c}`) cannot occur in one")).hint(again));
    }
    if data.len() < 38 {
        return Err(bad(format!("it is too short ({} characters)", text.len())).hint(again));
    }
    match bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(&lower) {
        Ok(parts) => Ok((prefix.to_owned(), parts.byte_iter().collect())),
        Err(_) if text.len() > 90 => {
            Err(bad(format!("it is too long ({} characters)", text.len())).hint(again))
        }
        Err(_) => {
            let place = match suspicious_character(prefix, data) {
                Some((at, c)) => {
                    format!("its checksum does not match; character {at} (`{c}`) looks mistyped")
                }
                None => "its checksum does not match, so it was mistyped or cut".to_owned(),
            };
            Err(bad(place).hint(again))
        }
    }
}

/// Where the text is wrong, if replacing one single character would make it right.
///
/// Only the place is told, never the replacement: a guessed address must not receive money.
fn suspicious_character(prefix: &str, data: &str) -> Option<(usize, char)> {
    let mut found = None;
    for (at, original) in data.char_indices() {
        let (before, rest) = (data.get(..at)?, data.get(at + 1..)?);
        let fixes = ALPHABET.chars().filter(|c| *c != original).any(|c| {
            bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(&format!(
                "{prefix}1{before}{c}{rest}"
            ))
            .is_ok()
        });
        if fixes {
            if found.is_some() {
                return None;
            }
            found = Some((prefix.len() + 2 + at, original));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str = "cosmos1rrnssalnzkc3ax7mq90z4geum7uczg7tdhrfyv";

    fn agora() -> String {
        let bytes = hex::decode("18e70877f315b11e9bdb015e2aa33cdfb98123cb").unwrap();
        Address::from_bytes(bytes).unwrap().to_string()
    }

    fn error(text: &str) -> String {
        Address::parse(text).unwrap_err().to_text()
    }

    #[test]
    fn an_address_survives_text_and_back() {
        let address = Address::parse(&agora()).unwrap();
        assert_eq!(hex::encode(address.as_bytes()), "18e70877f315b11e9bdb015e2aa33cdfb98123cb");
        assert_eq!(address.with_prefix("cosmos").unwrap(), RECORDED);
        assert_eq!(Address::parse(&agora().to_uppercase()).unwrap(), address);
        let long = Address::from_bytes(vec![7u8; 32]).unwrap();
        assert_eq!(Address::parse(&long.to_string()).unwrap(), long);
    }

    #[test]
    fn an_address_of_another_chain_is_named_and_translated() {
        let text = error(RECORDED);
        assert!(text.contains("prefix `cosmos`") && text.contains(&agora()), "{text}");
    }

    #[test]
    fn a_validator_address_is_told_from_an_account() {
        let operator = Address::parse(&agora()).unwrap().with_prefix("agoravaloper").unwrap();
        assert!(error(&operator).contains("`valoper` address"));
    }

    #[test]
    fn a_single_mistyped_character_is_located() {
        let good = agora();
        let mut letters: Vec<char> = good.chars().collect();
        letters[10] = if letters[10] == 'q' { 'p' } else { 'q' };
        let text = error(&letters.iter().collect::<String>());
        assert!(text.contains("character 11") && text.contains("checksum"), "{text}");
    }

    #[test]
    fn every_other_mistake_has_its_own_words() {
        let good = agora();
        assert!(error("").contains("empty"));
        assert!(error("alice").contains("no `1`"));
        assert!(error(&good[..20]).contains("too short"));
        assert!(error(&format!("{}B", &good[..good.len() - 1])).contains("mixes upper and lower"));
        assert!(error(&format!("{}o{}", &good[..10], &good[11..])).contains("character 11 (`o`)"));
        assert!(error("agora1\u{fc}").contains("cannot occur"));
        assert!(error(&format!("{good} ")).contains("cannot occur"));
    }

    #[test]
    fn an_address_of_a_wrong_length_is_refused() {
        let hrp = Hrp::parse(ACCOUNT_PREFIX).unwrap();
        let text = bech32::encode::<Bech32>(hrp, &[1u8; 24]).unwrap();
        assert!(error(&text).contains("20 or 32 bytes, not 24"));
    }
}
