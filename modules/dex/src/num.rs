//! 256-bit numbers as stored and as shown.

use std::io::{Error, ErrorKind};

use agora_framework::AppError;
use borsh::{BorshDeserialize, BorshSerialize};
use ruint::aliases::U256;

use crate::error;

/// A 256-bit number, stored as 32 bytes, the greatest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wide(pub(crate) U256);

impl BorshSerialize for Wide {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        writer.write_all(&self.0.to_be_bytes::<32>())
    }
}

impl BorshDeserialize for Wide {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let mut bytes = [0u8; 32];
        reader.read_exact(&mut bytes).map_err(|e| Error::new(ErrorKind::InvalidData, e))?;
        Ok(Self(U256::from_be_bytes(bytes)))
    }
}
agora_state::borsh_value!(Wide, 1);

/// Parses digits of any number type up to 78 of them; empty text is zero.
///
/// # Errors
/// Code 6, naming the field.
pub(crate) fn parse_number<T: std::str::FromStr + Default>(what: &str, text: &str) -> Result<T, AppError> {
    let refused = || error::AMOUNT.wrap(format_args!("{what} is not a number in range"));
    if text.is_empty() {
        return Ok(T::default());
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || digits.len() > 78 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refused());
    }
    text.parse().map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_storage_and_text() {
        let max = Wide(U256::MAX);
        assert_eq!(borsh::from_slice::<Wide>(&borsh::to_vec(&max).unwrap()).unwrap(), max);
        assert_eq!(parse_number::<U256>("x", &U256::MAX.to_string()).unwrap(), U256::MAX);
        assert_eq!(parse_number::<i128>("x", "-5").unwrap(), -5);
        assert_eq!(parse_number::<u128>("x", "").unwrap(), 0);
        for bad in ["-", "+1", "0x1", " 1", "1.0", "-1"] {
            assert!(parse_number::<u128>("x", bad).is_err(), "{bad}");
        }
        assert!(parse_number::<U256>("x", &"9".repeat(78)).is_err());
    }
}
