//! The encoding of a sum: a version byte and a big-endian `i128`.
//!
//! Storage must know this encoding, because it folds deltas into stored sums.

use crate::key::{StateKey, Value};
use crate::traits::StateError;

const VERSION: u8 = 1;

/// Encodes a sum; `None` for zero, which is stored as absence.
#[must_use]
pub fn encode_sum(sum: i128) -> Option<Value> {
    if sum == 0 {
        return None;
    }
    let mut bytes = [0u8; 17];
    bytes[0] = VERSION;
    bytes[1..].copy_from_slice(&sum.to_be_bytes());
    Some(Value::from(bytes.as_slice()))
}

/// Decodes the sum stored at `key`; absence is zero.
///
/// # Errors
/// [`StateError::Corrupt`] when the bytes are not a sum.
pub fn decode_sum(key: &StateKey, value: Option<&[u8]>) -> Result<i128, StateError> {
    let Some(bytes) = value else { return Ok(0) };
    match bytes.split_first() {
        Some((&VERSION, rest)) => match <[u8; 16]>::try_from(rest) {
            Ok(sum) => Ok(i128::from_be_bytes(sum)),
            Err(_) => Err(corrupt(key, "a sum has 16 bytes")),
        },
        _ => Err(corrupt(key, "unknown version of a sum")),
    }
}

fn corrupt(key: &StateKey, reason: &str) -> StateError {
    StateError::Corrupt { key: format!("{key:?}"), reason: reason.to_owned() }
}
