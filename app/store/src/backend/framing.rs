//! A look at the logs of a database before RocksDB reads them.
//!
//! RocksDB 11.8 reads without end when a record of the manifest or of a write-ahead log, after a first one of another kind, says
//! that it is of a recycled log (`Reader::ReadPhysicalRecord`). Logs are not recycled here, so only damage says so: one
//! flipped bit. A node that never starts and never says why is worse than one that refuses.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

/// Records do not cross blocks of this size.
const BLOCK: usize = 32 << 10;
/// Checksum, length, kind.
const HEADER: usize = 7;

/// The file among the logs of the database in `db` that RocksDB would not get to the end of.
pub(super) fn endless_log(db: &Path) -> std::io::Result<Option<String>> {
    let manifest = match std::fs::read_to_string(db.join("CURRENT")) {
        Ok(name) => name.trim_end().to_owned(),
        // A new database, or one whose damage RocksDB reports.
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => return Ok(None),
        Err(e) => return Err(e),
    };
    for entry in std::fs::read_dir(db)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if (name == manifest || name.ends_with(".log")) && is_endless(&db.join(&name))? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Whether all records before one of a recycled log are whole: then it is reached.
fn is_endless(path: &Path) -> std::io::Result<bool> {
    Ok(reaches_recycled(path, false)? && reaches_recycled(path, true)?)
}

/// Whether there is a record of a recycled log after the first. With `whole`, reading ends at a damaged record, as RocksDB's does.
fn reaches_recycled(path: &Path, whole: bool) -> std::io::Result<bool> {
    let mut file = BufReader::with_capacity(BLOCK, File::open(path)?);
    let (mut block, mut first) = (Vec::with_capacity(BLOCK), true);
    loop {
        block.clear();
        if file.by_ref().take(BLOCK as u64).read_to_end(&mut block)? == 0 {
            return Ok(false);
        }
        let mut rest = block.as_slice();
        while let Some(([c0, c1, c2, c3, l0, l1, kind], body)) = rest.split_first_chunk::<HEADER>() {
            if is_recycled(*kind) {
                return Ok(!first);
            }
            let length = usize::from(u16::from_le_bytes([*l0, *l1]));
            // Zeros are space reserved; a record longer than its block is damaged.
            let Some((payload, after)) = body.split_at_checked(length).filter(|_| *kind != 0 || length != 0)
            else {
                break;
            };
            if whole && masked(checksum(*kind, payload)) != u32::from_le_bytes([*c0, *c1, *c2, *c3]) {
                return Ok(false);
            }
            (rest, first) = (after, false);
        }
    }
}

/// The kinds of records that only recycled logs have.
const fn is_recycled(kind: u8) -> bool {
    matches!(kind, 5..=8 | 11 | 131)
}

/// CRC-32C of kind and payload, bit by bit: only needed when something is wrong already.
fn checksum(kind: u8, payload: &[u8]) -> u32 {
    let bytes = std::iter::once(&kind).chain(payload);
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 })
    })
}

/// As stored: checksums of bytes that hold checksums are weak.
const fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = masked(checksum(kind, payload)).to_le_bytes().to_vec();
        bytes.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_le_bytes());
        bytes.push(kind);
        bytes.extend_from_slice(payload);
        bytes
    }

    #[test]
    fn a_record_of_a_recycled_log_is_only_found_where_it_is_reached() {
        assert_eq!(checksum(b'1', b"23456789"), 0xe306_9283);
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path();
        std::fs::write(db.join("CURRENT"), "MANIFEST-000001\n").unwrap();
        let (good, bad) = (record(1, b"good"), record(5, b"bad"));
        let mut broken = good.clone();
        broken[8] ^= 1;
        let reserved = [good.clone(), vec![0; BLOCK - good.len()], good.clone(), bad.clone()].concat();
        for (content, endless) in [
            ([good.clone(), good.clone()].concat(), false),
            ([good.clone(), bad.clone()].concat(), true),
            ([bad.clone(), good.clone()].concat(), false),
            ([good.clone(), broken, bad].concat(), false),
            (reserved, true),
        ] {
            for name in ["MANIFEST-000001", "000004.log"] {
                std::fs::write(db.join(name), &content).unwrap();
                assert_eq!(endless_log(db).unwrap().as_deref(), endless.then_some(name), "{content:?}");
                std::fs::remove_file(db.join(name)).unwrap();
            }
        }
    }
}
