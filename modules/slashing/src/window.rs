//! The blocks a validator missed: a bit for each place of the window, the place of a block being its height within it.

use agora_framework::AppError;
use agora_primitives::Address;
use agora_state::{KeyBytes, KeyCodec, StateError, StateRead, StateWrite, every};

use crate::state::{CHUNK, MISSED};

/// The raw key prefix of a validator's bits.
pub(crate) fn prefix(address: &Address) -> Vec<u8> {
    let mut prefix = KeyBytes::new();
    address.encode_inner(&mut prefix);
    prefix.to_vec()
}

/// Chunk, byte and bit of a place.
fn at(place: u64) -> (u32, usize, u8) {
    let chunk = place.checked_div(CHUNK).unwrap_or_default();
    let within = place.checked_rem(CHUNK).unwrap_or_default();
    let bit = 1u8.checked_shl(u32::try_from(within & 7).unwrap_or_default()).unwrap_or_default();
    (u32::try_from(chunk).unwrap_or(u32::MAX), usize::try_from(within >> 3).unwrap_or_default(), bit)
}

/// Sets or clears a place; says whether it was the other way round before.
///
/// # Errors
/// Storage fails.
pub(crate) fn put<S: StateWrite + ?Sized>(
    state: &mut S,
    address: &Address,
    place: u64,
    missed: bool,
) -> Result<bool, StateError> {
    let (chunk, byte, bit) = at(place);
    let key = (*address, chunk);
    let mut bytes = MISSED.get(state, &key)?.unwrap_or_default();
    let before = bytes.get(byte).is_some_and(|byte| byte & bit != 0);
    if before == missed {
        return Ok(false);
    }
    if bytes.len() <= byte {
        bytes.resize(byte.saturating_add(1), 0);
    }
    if let Some(byte) = bytes.get_mut(byte) {
        *byte ^= bit;
    }
    // One form for one content: no zeros behind the last bit.
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    if bytes.is_empty() {
        MISSED.delete(state, &key)?;
    } else {
        MISSED.set(state, &key, &bytes)?;
    }
    Ok(true)
}

/// Clears every place.
///
/// # Errors
/// Storage fails.
pub(crate) fn clear<S: StateWrite + ?Sized>(state: &mut S, address: &Address) -> Result<(), AppError> {
    let prefix = prefix(address);
    for (key, _) in every(|from, limit| MISSED.page(state, &prefix, from, false, limit))? {
        MISSED.delete(state, &key)?;
    }
    Ok(())
}

/// The places that are set, in order.
///
/// # Errors
/// Storage fails.
pub(crate) fn places<S: StateRead + ?Sized>(state: &S, address: &Address) -> Result<Vec<u64>, StateError> {
    let prefix = prefix(address);
    let mut places = Vec::new();
    for ((_, chunk), bytes) in every(|from, limit| MISSED.page(state, &prefix, from, false, limit))? {
        let first = u64::from(chunk).saturating_mul(CHUNK);
        for (n, byte) in (0u64..).zip(bytes) {
            let bits = (0..8u64).filter(|bit| byte >> bit & 1 == 1);
            places.extend(bits.map(|bit| first.saturating_add(n.saturating_mul(8)).saturating_add(bit)));
        }
    }
    Ok(places)
}
