//! Account addresses.

use std::fmt;
use std::str::FromStr;

use bech32::primitives::iter::Fe32IterExt;
use bech32::{Bech32, Fe32, Hrp};
use borsh::{BorshDeserialize, BorshSerialize};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

use crate::bech32_fast::{self, Prefix};

/// The human-readable part of an account address.
pub const BECH32_PREFIX: &str = "agora";
/// The human-readable part of a validator operator's address.
pub const BECH32_VALOPER_PREFIX: &str = "agoravaloper";
/// The human-readable part of a consensus key's address.
pub const BECH32_VALCONS_PREFIX: &str = "agoravalcons";

/// The checksum's state after [`BECH32_PREFIX`].
const ACCOUNT: Prefix = Prefix::new(BECH32_PREFIX);

/// The longest text of an account's address: prefix, separator, 52 characters for 32 bytes, 6 of checksum.
const MAX_TEXT: usize = BECH32_PREFIX.len() + 1 + 52 + 6;

/// Why text or bytes are not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text is empty.
    #[error("empty address string is not allowed")]
    Empty,
    /// Not bech32: a wrong character, a missing separator or a checksum that does not match.
    #[error("decoding bech32 failed: {0}")]
    Bech32(String),
    /// Valid bech32 of another chain or another kind of address.
    #[error("hrp does not match bech32 prefix: expected '{expected}' got '{got}'")]
    Prefix {
        /// The prefix wanted.
        expected: &'static str,
        /// The prefix found.
        got: String,
    },
    /// Neither 20 nor 32 bytes.
    #[error("an address has 20 or 32 bytes, got {0}")]
    Length(usize),
}

/// An account's address: 20 bytes (keys, module accounts) or 32 bytes (derived objects, contracts).
///
/// Ordered by bytes. Shown and parsed as bech32 with the prefix [`BECH32_PREFIX`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    bytes: [u8; 32],
    len: u8,
}

impl Address {
    /// Takes 20 or 32 bytes.
    ///
    /// # Errors
    /// [`AddressError::Length`] for any other length.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, AddressError> {
        let mut own = [0u8; 32];
        let len = match bytes.len() {
            20 => 20,
            32 => 32,
            len => return Err(AddressError::Length(len)),
        };
        for (to, from) in own.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(Self { bytes: own, len })
    }

    /// An address of 20 bytes.
    #[must_use]
    pub fn from_20(bytes: [u8; 20]) -> Self {
        let mut own = [0u8; 32];
        own[..20].copy_from_slice(&bytes);
        Self { bytes: own, len: 20 }
    }

    /// An address of 32 bytes.
    #[must_use]
    pub const fn from_32(bytes: [u8; 32]) -> Self {
        Self { bytes, len: 32 }
    }

    /// The address of a compressed secp256k1 key: RIPEMD-160 of its SHA-256.
    #[must_use]
    pub fn from_secp256k1(compressed: &[u8]) -> Self {
        Self::from_20(Ripemd160::digest(Sha256::digest(compressed)).into())
    }

    /// The address of an ed25519 key or of an amino-encoded multisig key: the first 20 bytes of its SHA-256.
    #[must_use]
    pub fn from_sha256(bytes: &[u8]) -> Self {
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        let mut own = [0u8; 20];
        own.copy_from_slice(&hash[..20]);
        Self::from_20(own)
    }

    /// The address of an object of a module (a pool, a vault, a DAO), derived from the kind's name and the object's id
    /// as in ADR-028: SHA-256(SHA-256(kind) || id).
    #[must_use]
    pub fn derived(kind: &str, id: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(Sha256::digest(kind.as_bytes()));
        hasher.update(id);
        Self::from_32(hasher.finalize().into())
    }

    /// The bytes.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&self.bytes)
    }

    /// Bech32 with the given prefix, such as [`BECH32_VALOPER_PREFIX`].
    #[must_use]
    pub fn to_bech32(&self, prefix: &str) -> String {
        Hrp::parse(prefix)
            .ok()
            .and_then(|hrp| bech32::encode::<Bech32>(hrp, self.as_bytes()).ok())
            .unwrap_or_default()
    }

    /// The address `text` plainly is: lower case, with the account's prefix and a good checksum. What is not may be one still.
    fn plainly(text: &str, prefix: &str) -> Option<Self> {
        let rest = text.strip_prefix(BECH32_PREFIX)?.strip_prefix('1').filter(|_| prefix == BECH32_PREFIX)?;
        let mut bytes = [0; 32];
        let len: u8 = if rest.len() == 38 { 20 } else { 32 };
        let good = bech32_fast::decode(ACCOUNT, rest.as_bytes(), bytes.get_mut(..usize::from(len))?);
        good.then_some(Self { bytes, len })
    }

    /// Parses bech32 with the given prefix.
    ///
    /// # Errors
    /// [`AddressError`] naming what is wrong.
    pub fn from_bech32(text: &str, prefix: &'static str) -> Result<Self, AddressError> {
        if let Some(address) = Self::plainly(text, prefix) {
            return Ok(address);
        }
        if text.trim().is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() < 8 {
            return Err(AddressError::Bech32(format!("invalid bech32 string length {}", text.len())));
        }
        let parsed = bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(text)
            .map_err(|e| AddressError::Bech32(explain(text).unwrap_or_else(|| e.to_string())))?;
        let got = parsed.hrp().to_lowercase();
        if got != prefix {
            return Err(AddressError::Prefix { expected: prefix, got });
        }
        Self::from_slice(&parsed.byte_iter().collect::<Vec<u8>>())
    }
}

/// The address of a module's account: the first 20 bytes of SHA-256(name), as in the Cosmos SDK.
#[must_use]
pub fn module_address(name: &str) -> Address {
    Address::from_sha256(name.as_bytes())
}

/// What is wrong with text that is not bech32, in the words of the decoder that Cosmos nodes use; `None` for the rest.
fn explain(text: &str) -> Option<String> {
    const CHECKSUM: usize = 6;
    let separator = text.rfind('1');
    // A part before it, and a checksum behind it.
    let at = match separator.filter(|at| *at > 0 && text.len().saturating_sub(*at) > CHECKSUM) {
        Some(at) => at,
        None => {
            let index = separator.map_or("-1".to_owned(), |at| at.to_string());
            return Some(format!("invalid separator index {index}"));
        }
    };
    let text = text.to_lowercase();
    let hrp = Hrp::parse(text.get(..at)?).ok()?;
    let end = text.len().checked_sub(CHECKSUM)?;
    let got = text.get(end..)?;
    let data = text.get(at..end)?.chars().skip(1);
    let data: Vec<Fe32> = data.map(Fe32::from_char).collect::<Result<_, _>>().ok()?;
    let whole: Vec<char> = data.into_iter().with_checksum::<Bech32>(&hrp).chars().collect();
    let expected: String = whole.get(whole.len().checked_sub(CHECKSUM)?..)?.iter().collect();
    (got != expected).then(|| format!("invalid checksum (expected {expected} got {got})"))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut text, mut len) = ([0; MAX_TEXT], 0_usize);
        let mut put = |byte| {
            if let Some(place) = text.get_mut(len) {
                *place = byte;
                len = len.saturating_add(1);
            }
        };
        BECH32_PREFIX.bytes().chain([b'1']).for_each(&mut put);
        bech32_fast::encode(ACCOUNT, self.as_bytes(), &mut put);
        f.write_str(text.get(..len).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::from_bech32(text, BECH32_PREFIX)
    }
}

impl BorshSerialize for Address {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        self.len.serialize(writer)?;
        writer.write_all(self.as_bytes())
    }
}

impl BorshDeserialize for Address {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let len = u8::deserialize_reader(reader)?;
        let mut bytes = vec![0u8; usize::from(len)];
        reader.read_exact(&mut bytes)?;
        Self::from_slice(&bytes)
            .map_err(|e| borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_survives_bech32_and_borsh() {
        for address in [Address::from_20([7; 20]), Address::from_32([9; 32]), module_address("bank")] {
            assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
            assert_eq!(Address::try_from_slice(&borsh::to_vec(&address).unwrap()).unwrap(), address);
        }
    }

    #[test]
    fn a_wrong_prefix_checksum_or_length_is_named() {
        let good = Address::from_20([7; 20]);
        assert!(matches!(good.to_bech32("cosmos").parse::<Address>(), Err(AddressError::Prefix { .. })));
        let mut text = good.to_string();
        text.pop();
        text.push('q');
        assert!(matches!(text.parse::<Address>(), Err(AddressError::Bech32(_))));
        assert_eq!("".parse::<Address>(), Err(AddressError::Empty));
        let hrp = Hrp::parse(BECH32_PREFIX).unwrap();
        let short = bech32::encode::<Bech32>(hrp, &[1, 2, 3]).unwrap();
        assert_eq!(short.parse::<Address>(), Err(AddressError::Length(3)));
    }

    proptest! {
        #[test]
        fn the_fast_way_reads_and_writes_as_the_bech32_crate(
            bytes: [u8; 32], long: bool, at in 0usize..70, with in "[ -~]", cut in 0usize..4,
        ) {
            let address = if long { Address::from_32(bytes) } else { Address::from_slice(&bytes[..20]).unwrap() };
            let text = address.to_string();
            prop_assert_eq!(&text, &address.to_bech32(BECH32_PREFIX));
            prop_assert_eq!(Address::plainly(&text, BECH32_PREFIX), Some(address));
            let mut changed = text.clone();
            if at < changed.len() {
                changed.replace_range(at..=at, &with);
            }
            changed.truncate(changed.len() - cut);
            // Whatever the fast way takes, the other takes as well, and as the same.
            if let Some(found) = Address::plainly(&changed, BECH32_PREFIX) {
                let parsed = bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(&changed).unwrap();
                prop_assert_eq!(parsed.hrp().to_string(), BECH32_PREFIX);
                prop_assert_eq!(parsed.byte_iter().collect::<Vec<u8>>(), found.as_bytes());
            }
        }
    }

    #[test]
    fn what_is_wrong_with_bech32_is_said_in_the_words_of_cosmos_nodes() {
        let said = |text: &str, prefix| match Address::from_bech32(text, prefix) {
            Err(AddressError::Bech32(said)) => said,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(said("abc", "cosmos"), "invalid bech32 string length 3");
        assert_eq!(said("cosmos1bad", "cosmos"), "invalid separator index 6");
        assert_eq!(said("nothing-here", "cosmos"), "invalid separator index -1");
        let wrong = "cosmos1rrnssalnzkc3ax7mq90z4geum7uczg7tdhrfyq";
        assert_eq!(said(wrong, "cosmos"), "invalid checksum (expected dhrfyv got dhrfyq)");
        // Neither of these: whatever it is, it is said without a panic.
        for text in
            ["cosmos1rrnßsalnzkc3ax7m", "1rrnssaln", "cosmos1rrnSsalnzkc3", "ä1qqqqqqqq", "cosmos1bbbbbbbbbb"]
        {
            assert!(!said(text, "cosmos").is_empty());
        }
    }

    #[test]
    fn module_addresses_are_those_of_the_cosmos_sdk() {
        // The fee collector of every Cosmos chain: cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta.
        let address = module_address("fee_collector");
        assert_eq!(address.to_bech32("cosmos"), "cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta");
    }
}
