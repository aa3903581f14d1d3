//! Account addresses.

use std::fmt;
use std::str::FromStr;

use bech32::{Bech32, Hrp};
use borsh::{BorshDeserialize, BorshSerialize};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

/// The human-readable part of an account address.
pub const BECH32_PREFIX: &str = "agora";
/// The human-readable part of a validator operator's address.
pub const BECH32_VALOPER_PREFIX: &str = "agoravaloper";
/// The human-readable part of a consensus key's address.
pub const BECH32_VALCONS_PREFIX: &str = "agoravalcons";

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
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&self.bytes)
    }

    /// Bech32 with another prefix, such as [`BECH32_VALOPER_PREFIX`].
    #[must_use]
    pub fn to_bech32(&self, prefix: &str) -> String {
        Hrp::parse(prefix)
            .ok()
            .and_then(|hrp| bech32::encode::<Bech32>(hrp, self.as_bytes()).ok())
            .unwrap_or_default()
    }

    /// Parses bech32 with the given prefix.
    ///
    /// # Errors
    /// [`AddressError`] naming what is wrong.
    pub fn from_bech32(text: &str, prefix: &'static str) -> Result<Self, AddressError> {
        if text.trim().is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() < 8 {
            return Err(AddressError::Bech32(format!("invalid bech32 string length {}", text.len())));
        }
        let parsed = bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(text)
            .map_err(|e| AddressError::Bech32(e.to_string()))?;
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

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_bech32(BECH32_PREFIX))
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

    #[test]
    fn module_addresses_are_those_of_the_cosmos_sdk() {
        // The fee collector of every Cosmos chain: cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta.
        let address = module_address("fee_collector");
        assert_eq!(address.to_bech32("cosmos"), "cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta");
    }
}
