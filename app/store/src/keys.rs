//! The bytes of keys and records in the database. The layout is described in the crate documentation.

use agora_state::{KeyRange, Space, StateKey, StoreId, Value};

use crate::error::{StoreError, hex};
use crate::tree::Hash;

/// The format written by this release.
pub(crate) const FORMAT: u32 = 1;

/// Meta: the format, a big-endian `u32`.
pub(crate) const META_FORMAT: &[u8] = b"format";
/// Meta: height and application hash of the head.
pub(crate) const META_HEAD: &[u8] = b"head";
/// Meta: the names of the stores, one per line.
pub(crate) const META_STORES: &[u8] = b"stores";
/// Meta: the earliest height that can be read, a big-endian `u64`.
pub(crate) const META_EARLIEST: &[u8] = b"earliest";
/// Meta: how many values the application hash covers, a big-endian `u64`.
pub(crate) const META_KEYS: &[u8] = b"keys";
/// Meta: present while the database is being emptied.
pub(crate) const META_CLEARING: &[u8] = b"clearing";
/// Meta: prefix of the application hash of each height.
pub(crate) const META_ROOT: &[u8] = b"root/";

/// Meta: the names of the stores before the height that added some, one per line.
pub(crate) fn stores_before(height: u64) -> Vec<u8> {
    let mut bytes = b"stores_before/".to_vec();
    bytes.extend_from_slice(&height.to_be_bytes());
    bytes
}

/// Reads what [`encode_stores`] makes.
pub(crate) fn decode_stores(record: &[u8]) -> Result<Vec<&str>, StoreError> {
    let names = std::str::from_utf8(record).map_err(|_| StoreError::Corrupt("stores".to_owned()))?;
    Ok(names.lines().collect())
}

/// The names of stores as records have them.
pub(crate) fn encode_stores(stores: impl Iterator<Item = StoreId>) -> Vec<u8> {
    stores.map(|store| store.name()).collect::<Vec<_>>().join("\n").into_bytes()
}

const CHANGES: u8 = b'c';
const PREVIOUS: u8 = b'v';
const TREE: u8 = 0;
const DERIVED: u8 = 1;

/// At most this many keys stand in one record of changed keys.
pub(crate) const CHANGES_PER_RECORD: usize = 4096;

/// `name 0x00 space key`: ordered like [`StateKey`], because no name holds a zero byte.
pub(crate) fn latest(store: StoreId, space: Space, key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(store.name().len().saturating_add(key.len()).saturating_add(2));
    write_latest(&mut bytes, store, space, key);
    bytes
}

/// Appends what [`latest`] makes.
pub(crate) fn write_latest(bytes: &mut Vec<u8>, store: StoreId, space: Space, key: &[u8]) {
    bytes.extend_from_slice(store.name().as_bytes());
    bytes.push(0);
    bytes.push(space_byte(space));
    bytes.extend_from_slice(key);
}

/// The end of a space: greater than all its keys, not greater than any other key.
pub(crate) fn latest_end(store: StoreId, space: Space) -> Vec<u8> {
    let mut bytes = store.name().as_bytes().to_vec();
    bytes.push(0);
    bytes.push(space_byte(space).saturating_add(1));
    bytes
}

/// The first key of a range and the end of it, as [`latest`] writes them.
pub(crate) fn latest_range(range: &KeyRange) -> (Vec<u8>, Vec<u8>) {
    let end = range
        .end
        .as_ref()
        .map_or_else(|| latest_end(range.store, range.space), |end| latest(range.store, range.space, end));
    (latest(range.store, range.space, &range.start), end)
}

/// Reads a key written by [`latest`]; the store must be one of `stores`.
pub(crate) fn parse_latest(stores: &[StoreId], bytes: &[u8]) -> Result<StateKey, StoreError> {
    let corrupt = || StoreError::Corrupt(format!("value key {}", hex(bytes)));
    let at = bytes.iter().position(|byte| *byte == 0).ok_or_else(corrupt)?;
    let (name, rest) = bytes.split_at(at);
    let [_, space, key @ ..] = rest else { return Err(corrupt()) };
    let space = match *space {
        TREE => Space::Tree,
        DERIVED => Space::Derived,
        _ => return Err(corrupt()),
    };
    let store = stores.iter().find(|store| store.name().as_bytes() == name).ok_or_else(corrupt)?;
    Ok(StateKey { store: *store, space, key: key.into() })
}

const fn space_byte(space: Space) -> u8 {
    match space {
        Space::Tree => TREE,
        Space::Derived => DERIVED,
    }
}

/// `v escaped-key 00 01`: what every record of the previous values of `key` begins with.
///
/// Zero bytes of the key become `00 ff`, so that the order of keys is kept and no key's records lie among another's.
pub(crate) fn previous_prefix(key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len().saturating_add(16));
    write_previous_prefix(&mut bytes, key);
    bytes
}

fn write_previous_prefix(bytes: &mut Vec<u8>, key: &[u8]) {
    bytes.push(PREVIOUS);
    let mut parts = key.split(|byte| *byte == 0);
    bytes.extend_from_slice(parts.next().unwrap_or_default());
    for part in parts {
        bytes.extend_from_slice(&[0, 0xff]);
        bytes.extend_from_slice(part);
    }
    bytes.extend_from_slice(&[0, 1]);
}

/// The key of the value that `key` had before `height`.
pub(crate) fn previous(key: &[u8], height: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len().saturating_add(16));
    write_previous(&mut bytes, key, height);
    bytes
}

/// Appends what [`previous`] makes.
pub(crate) fn write_previous(bytes: &mut Vec<u8>, key: &[u8], height: u64) {
    write_previous_prefix(bytes, key);
    bytes.extend_from_slice(&height.to_be_bytes());
}

/// Reads a key written by [`previous`]: the value key and the height. `None` for a record of another kind.
pub(crate) fn parse_previous(bytes: &[u8]) -> Result<Option<(Vec<u8>, u64)>, StoreError> {
    let corrupt = || StoreError::Corrupt(format!("history key {}", hex(bytes)));
    let [PREVIOUS, rest @ ..] = bytes else { return Ok(None) };
    let (escaped, height) = rest.split_last_chunk::<8>().ok_or_else(corrupt)?;
    let Some((escaped, [0, 1])) = escaped.split_last_chunk::<2>() else { return Err(corrupt()) };
    let mut key = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(byte) = bytes.next() {
        key.push(*byte);
        if *byte == 0 && bytes.next() != Some(&0xff) {
            return Err(corrupt());
        }
    }
    Ok(Some((key, u64::from_be_bytes(*height))))
}

/// A previous value that was absent.
pub(crate) const ABSENT: u8 = 0;
/// What a previous value begins with.
pub(crate) const PRESENT: u8 = 1;

/// Reads the record of a previous value: [`ABSENT`], or [`PRESENT`] and the value.
pub(crate) fn decode_previous(bytes: &[u8]) -> Result<Option<Value>, StoreError> {
    match bytes {
        [ABSENT] => Ok(None),
        [PRESENT, value @ ..] if !value.is_empty() => Ok(Some(value.into())),
        _ => Err(StoreError::Corrupt(format!("previous value {}", hex(bytes)))),
    }
}

/// `c height chunk`: the key of a record of changed keys.
pub(crate) fn changes(height: u64, chunk: u32) -> Vec<u8> {
    [&[CHANGES], height.to_be_bytes().as_slice(), &chunk.to_be_bytes()].concat()
}

/// Reads the height of a key written by [`changes`]; `None` for a record of another kind.
pub(crate) fn parse_changes(bytes: &[u8]) -> Result<Option<u64>, StoreError> {
    let [CHANGES, rest @ ..] = bytes else { return Ok(None) };
    match rest.split_first_chunk::<8>() {
        Some((height, chunk)) if chunk.len() == 4 => Ok(Some(u64::from_be_bytes(*height))),
        _ => Err(StoreError::Corrupt(format!("change list key {}", hex(bytes)))),
    }
}

/// Appends a key to a record of changed keys: its length, a little-endian `u32`, and the key.
pub(crate) fn write_change(bytes: &mut Vec<u8>, key: &[u8]) {
    // Keys are bounded by `MAX_KEY_LEN`, far below 2^32.
    bytes.extend_from_slice(&u32::try_from(key.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(key);
}

/// Reads a record of changed keys.
pub(crate) fn decode_changes(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let corrupt = || StoreError::Corrupt("change list".to_owned());
    let mut keys = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(corrupt)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| corrupt())?;
        let (key, rest) = rest.split_at_checked(length).ok_or_else(corrupt)?;
        keys.push(key.to_vec());
        bytes = rest;
    }
    Ok(keys)
}

/// The meta key of the application hash of `height`.
pub(crate) fn root(height: u64) -> Vec<u8> {
    [META_ROOT, &height.to_be_bytes()].concat()
}

/// Reads the height of a key written by [`root`].
pub(crate) fn parse_root(bytes: &[u8]) -> Option<u64> {
    let height = bytes.strip_prefix(META_ROOT)?;
    Some(u64::from_be_bytes(height.try_into().ok()?))
}

/// The record of the head.
pub(crate) fn encode_head(height: u64, app_hash: &Hash) -> Vec<u8> {
    [height.to_be_bytes().as_slice(), app_hash].concat()
}

/// Reads a record written by [`encode_head`].
pub(crate) fn decode_head(bytes: &[u8]) -> Result<(u64, Hash), StoreError> {
    let corrupt = || StoreError::Corrupt("head".to_owned());
    let (height, hash) = bytes.split_first_chunk::<8>().ok_or_else(corrupt)?;
    Ok((u64::from_be_bytes(*height), hash.try_into().map_err(|_| corrupt())?))
}

/// Reads a big-endian `u64`.
pub(crate) fn decode_u64(bytes: &[u8]) -> Result<u64, StoreError> {
    let bytes = bytes.try_into().map_err(|_| StoreError::Corrupt(format!("number {}", hex(bytes))))?;
    Ok(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn history_keys_decode_and_keep_the_order_of_keys(
            a in proptest::collection::vec(0_u8..3, 0..6), b in proptest::collection::vec(0_u8..3, 0..6),
            x in any::<u64>(), y in any::<u64>(),
        ) {
            prop_assert_eq!(parse_previous(&previous(&a, x)).unwrap(), Some((a.clone(), x)));
            prop_assert_eq!(previous(&a, x).cmp(&previous(&b, y)), (&a, x).cmp(&(&b, y)));
        }

        #[test]
        fn change_lists_decode(keys in proptest::collection::vec(any::<Vec<u8>>(), 0..20)) {
            let mut bytes = Vec::new();
            for key in &keys {
                write_change(&mut bytes, key);
            }
            prop_assert_eq!(decode_changes(&bytes).unwrap(), keys);
        }

        #[test]
        fn records_of_any_bytes_are_refused_without_a_panic(bytes in any::<Vec<u8>>()) {
            let _ = (parse_previous(&bytes), decode_previous(&bytes), parse_changes(&bytes), decode_changes(&bytes));
            let _ = (parse_root(&bytes), decode_head(&bytes), decode_u64(&bytes), parse_latest(&[], &bytes));
        }
    }

    #[test]
    fn value_keys_sort_like_their_addresses() {
        let mut keys = Vec::new();
        for name in ["a", "ab", "b"] {
            for space in [Space::Tree, Space::Derived] {
                for key in [vec![], vec![0], vec![0, 0], vec![1], vec![255, 255]] {
                    keys.push(StateKey { store: StoreId::new(name), space, key: key.into() });
                }
            }
        }
        let encoded: Vec<_> = keys.iter().map(|k| latest(k.store, k.space, &k.key)).collect();
        assert!(keys.is_sorted() && encoded.is_sorted());
        let stores = ["a", "ab", "b"].map(StoreId::new);
        for (key, bytes) in keys.iter().zip(&encoded) {
            assert_eq!(&parse_latest(&stores, bytes).unwrap(), key);
            assert!(bytes < &latest_end(key.store, key.space));
        }
    }
}
