//! Names of pools.

use std::fmt;
use std::str::FromStr;

use agora_primitives::{Address, Denom, DenomError};
use agora_state::{KeyBytes, KeyCodec, KeyError};
use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest, Sha256};

/// What the addresses of pools are derived from, with their ids.
const KIND: &str = "dex/pool";

/// Why text is not a pool id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolIdError(String);

impl fmt::Display for PoolIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pool id {:?} is not 1 to 16 lower-case hexadecimal digits", self.0)
    }
}

impl std::error::Error for PoolIdError {}

/// The name of a pool: 64 bits, written in hexadecimal digits.
///
/// It follows from who makes the pool, with which sequence and message, so that two makers never wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct PoolId(u64);

impl PoolId {
    /// The id with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The id of a pool to be made; `attempt` gives another one when the first is taken.
    #[must_use]
    pub fn derived(sender: &Address, sequence: u64, msg_index: u32, attempt: u32) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(Sha256::digest(KIND.as_bytes()));
        let mut seed = KeyBytes::new();
        sender.encode_inner(&mut seed);
        (sequence, msg_index, attempt).encode_inner(&mut seed);
        hasher.update(&seed);
        let hash: [u8; 32] = hasher.finalize().into();
        let number = hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        Self(number)
    }

    /// Where the pool's coins lie.
    #[must_use]
    pub fn address(self) -> Address {
        Address::derived(KIND, &self.0.to_be_bytes())
    }

    /// The denom of the pool's shares: `lp/` and the id.
    ///
    /// # Errors
    /// Never: the text is a denom.
    pub fn share_denom(self) -> Result<Denom, DenomError> {
        format!("lp/{self}").parse()
    }
}

impl fmt::Display for PoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl FromStr for PoolId {
    type Err = PoolIdError;

    fn from_str(text: &str) -> Result<Self, PoolIdError> {
        let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if digits && (1..=16).contains(&text.len()) {
            u64::from_str_radix(text, 16).map(Self).map_err(|_| PoolIdError(text.to_owned()))
        } else {
            Err(PoolIdError(text.chars().take(64).collect()))
        }
    }
}

impl KeyCodec for PoolId {
    fn encode_inner(&self, out: &mut KeyBytes) {
        self.0.encode_inner(out);
    }

    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
        let (number, rest) = u64::decode_inner(bytes)?;
        Ok((Self(number), rest))
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
        assert_eq!(PoolId(255).share_denom().unwrap().as_str(), "lp/ff");
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
        assert_ne!(PoolId(1).address(), PoolId(2).address());
    }
}
