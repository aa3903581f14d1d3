//! Names of coins.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};

/// The native token's base denomination: 10^-6 AGO.
pub const NATIVE_DENOM: &str = "uago";

/// Why text is not a denomination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid denom: {0}")]
pub struct DenomError(pub String);

/// The name of a coin: a letter, then 2 to 127 of letters, digits and `/ : . _ -`. Ordered by bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Denom(Name);

/// The native denom, in which every fee is paid, is not counted by its users: threads would wait for each other's counting.
#[derive(Clone, PartialEq, Eq)]
enum Name {
    Native,
    /// Any other text.
    Other(Arc<str>),
}

impl Denom {
    /// The native token's base denomination.
    #[must_use]
    pub const fn native() -> Self {
        Self(Name::Native)
    }

    /// The text.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Native => NATIVE_DENOM,
            Name::Other(text) => text,
        }
    }

    /// Whether it is the native token's.
    fn is_native(&self) -> bool {
        matches!(self.0, Name::Native)
    }
}

impl Ord for Denom {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.is_native() && other.is_native() {
            Ordering::Equal
        } else {
            self.as_str().cmp(other.as_str())
        }
    }
}

impl PartialOrd for Denom {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Denom {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl FromStr for Denom {
    type Err = DenomError;

    fn from_str(text: &str) -> Result<Self, DenomError> {
        if text == NATIVE_DENOM {
            return Ok(Self::native());
        }
        let mut bytes = text.bytes();
        let first_is_letter = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
        let rest_is_good =
            bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b':' | b'.' | b'_' | b'-'));
        if first_is_letter && rest_is_good && (3..=128).contains(&text.len()) {
            Ok(Self(Name::Other(Arc::from(text))))
        } else {
            Err(DenomError(text.chars().take(140).collect()))
        }
    }
}

impl fmt::Display for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl BorshSerialize for Denom {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        self.as_str().serialize(writer)
    }
}

impl BorshDeserialize for Denom {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        String::deserialize_reader(reader)?
            .parse()
            .map_err(|e: DenomError| borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denom_has_three_to_128_characters_and_begins_with_a_letter() {
        for good in ["uago", "abc", "factory/agora1x/gold", "ibc/27394FB0", "A.b:c_d-e"] {
            assert!(good.parse::<Denom>().is_ok(), "{good}");
        }
        for bad in ["", "ab", "1abc", "a b c", "über", "a\u{0}b", &"a".repeat(129)] {
            assert!(bad.parse::<Denom>().is_err(), "{bad}");
        }
    }
}
