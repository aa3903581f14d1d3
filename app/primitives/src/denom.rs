//! Names of coins.

use std::fmt;
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
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Denom(Arc<str>);

impl Denom {
    /// The native token's base denomination.
    #[must_use]
    pub fn native() -> Self {
        Self(Arc::from(NATIVE_DENOM))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Denom {
    type Err = DenomError;

    fn from_str(text: &str) -> Result<Self, DenomError> {
        let mut bytes = text.bytes();
        let first_is_letter = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
        let rest_is_good =
            bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b':' | b'.' | b'_' | b'-'));
        if first_is_letter && rest_is_good && (3..=128).contains(&text.len()) {
            Ok(Self(Arc::from(text)))
        } else {
            Err(DenomError(text.chars().take(140).collect()))
        }
    }
}

impl fmt::Display for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
