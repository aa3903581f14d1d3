//! Reading the journal of disk operations; its layout is described with the library that writes it.

use std::path::Path;

/// One operation; paths are relative to the watched folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Create(String),
    Resize(String, u64),
    Write(String, u64, Vec<u8>),
    Sync(String),
    SyncFailed(String),
    Rename(String, String),
    Unlink(String),
    MakeFolder(String),
    RemoveFolder(String),
    Link(String, String),
    Note(String),
    /// The fault struck.
    Struck,
}

/// Reads the journal at `path`.
pub(super) fn read(path: &Path) -> Vec<Op> {
    let bytes = std::fs::read(path).unwrap();
    let mut rest = bytes.as_slice();
    let mut ops = Vec::new();
    // A record that is cut short was being written at the end.
    while let Some((record, after)) = take(rest, 4)
        .and_then(|(length, after)| take(after, u32::from_le_bytes(length.try_into().unwrap()) as usize))
    {
        ops.extend(parse(record));
        rest = after;
    }
    ops
}

fn take(bytes: &[u8], count: usize) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(count)
}

fn parse(record: &[u8]) -> Option<Op> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (kind, rest) = take(record, 1).unwrap();
    let path = |rest| {
        let (length, rest): (&[u8], &[u8]) = take(rest, 2).unwrap();
        let (path, rest) = take(rest, u16::from_le_bytes(length.try_into().unwrap()).into()).unwrap();
        (text(path), rest)
    };
    let (first, rest) = path(rest);
    let (second, rest) = path(rest);
    let (offset, data) = take(rest, 8).unwrap();
    let offset = u64::from_le_bytes(offset.try_into().unwrap());
    Some(match kind[0] {
        0 => {
            assert_eq!(data, b"agora-iofault 1", "build it anew: cargo build --release -p agora-iofault");
            return None;
        }
        1 => Op::Create(first),
        2 => Op::Resize(first, offset),
        3 => Op::Write(first, offset, data.to_vec()),
        4 => Op::Sync(first),
        5 => Op::SyncFailed(first),
        6 => Op::Rename(first, second),
        7 => Op::Unlink(first),
        8 => Op::MakeFolder(first),
        9 => Op::RemoveFolder(first),
        10 => Op::Link(first, second),
        11 => Op::Note(text(data)),
        12 => Op::Struck,
        kind => panic!("a record of kind {kind}"),
    })
}
