//! How index entries are laid out as ordered keys.
//!
//! `kind, attribute, 0, value, 0, height, place, event` for an event, `kind, hash, ...` for a hash; numbers
//! big-endian.

/// An event of a transaction.
pub(super) const TX_EVENT: u8 = b'T';
/// An event of a block.
pub(super) const BLOCK_EVENT: u8 = b'B';
/// A transaction by hash: then whether it succeeded, height and place.
pub(super) const TX_HASH: u8 = b'H';
/// A block by hash: then its height.
pub(super) const BLOCK_HASH: u8 = b'K';

/// Height, place in the block, event.
const SUFFIX: usize = 8 + 4 + 4;
/// Longer attributes are not indexed, longer values by this many bytes of theirs: no query is longer.
const MAX_TEXT: usize = 1_024;

/// A height, a place in the block and the number of the event there.
pub(super) type Hit = (u64, u32, u32);

/// What keys of one attribute, or of one value of it, begin with.
pub(super) fn prefix(kind: u8, tag: &str, value: Option<&str>) -> Vec<u8> {
    let mut key = vec![kind];
    key.extend_from_slice(tag.as_bytes());
    key.push(0);
    if let Some(value) = value {
        key.extend_from_slice(value.as_bytes());
        key.push(0);
    }
    key
}

/// The key of an event; `None` for an attribute that cannot be searched for.
pub(super) fn event(kind: u8, tag: &str, value: &str, (height, place, event): Hit) -> Option<Vec<u8>> {
    if tag.len() > MAX_TEXT || tag.contains('\0') {
        return None;
    }
    let value = value.get(..value.floor_char_boundary(MAX_TEXT)).unwrap_or(value);
    let mut key = prefix(kind, tag, Some(value));
    key.extend_from_slice(&height.to_be_bytes());
    key.extend_from_slice(&place.to_be_bytes());
    key.extend_from_slice(&event.to_be_bytes());
    Some(key)
}

/// The value and the place in an event's key.
pub(super) fn parse<'a>(key: &'a [u8], kind: u8, tag: &str) -> Option<(&'a [u8], Hit)> {
    let rest = key.strip_prefix(&[kind])?.strip_prefix(tag.as_bytes())?.strip_prefix(&[0])?;
    let (value, suffix) = rest.split_at_checked(rest.len().checked_sub(SUFFIX + 1)?)?;
    let (height, rest) = suffix.get(1..)?.split_at_checked(8)?;
    let (place, event) = rest.split_at_checked(4)?;
    let event = u32::try_from(number(event)?).ok()?;
    Some((value, (number(height)?, u32::try_from(number(place)?).ok()?, event)))
}

/// The last key that can begin with `prefix`: after a value or a hash no key goes on with 0xff.
pub(super) fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    end.extend_from_slice(&[0xff; SUFFIX]);
    end
}

/// A big-endian number of at most eight bytes.
pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
}
