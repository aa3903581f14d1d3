//! An immutable file of sorted keys, with what is needed to find its place in the chain.
//!
//! Blocks of prefix-compressed keys, then a footer (where each block begins, its first key and its checksum),
//! then the length and the checksum of the footer.

use std::fs::{self, File};
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use prost::Message as _;

use crate::devnet::{DevnetError, hashes, home};

/// A block of keys is closed when it has grown to this many bytes.
const BLOCK_BYTES: usize = 16 << 10;
const TRAILER: usize = 4 + 8;

#[derive(Clone, PartialEq, prost::Message)]
struct Footer {
    /// The first height.
    #[prost(uint64, tag = "1")]
    from: u64,
    /// The hash of the last block: the index of another chain is not used.
    #[prost(bytes = "vec", tag = "2")]
    last_hash: Vec<u8>,
    /// Transactions of each height.
    #[prost(uint32, repeated, tag = "3")]
    tx_counts: Vec<u32>,
    #[prost(bytes = "vec", repeated, tag = "4")]
    first_keys: Vec<Vec<u8>>,
    /// Where each block ends.
    #[prost(uint64, repeated, tag = "5")]
    ends: Vec<u64>,
    #[prost(fixed64, repeated, tag = "6")]
    checksums: Vec<u64>,
}

/// An open run.
#[derive(Debug)]
pub(super) struct Run {
    path: PathBuf,
    file: File,
    footer: Footer,
}

impl Run {
    /// Writes the keys of the heights from `from`, one for each of `tx_counts`, whole or not at all.
    pub(super) fn write<'a>(
        folder: &Path,
        from: u64,
        tx_counts: Vec<u32>,
        last_hash: Vec<u8>,
        keys: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Self, DevnetError> {
        let mut footer = Footer { from, last_hash, tx_counts, ..Footer::default() };
        let (mut bytes, mut block, mut last): (Vec<u8>, Vec<u8>, &[u8]) = (Vec::new(), Vec::new(), &[]);
        let mut close = |block: &mut Vec<u8>, footer: &mut Footer| {
            footer.checksums.push(checksum(block));
            bytes.append(block);
            footer.ends.push(bytes.len() as u64);
        };
        for key in keys {
            if block.len() >= BLOCK_BYTES {
                close(&mut block, &mut footer);
            }
            if block.is_empty() {
                footer.first_keys.push(key.to_vec());
                last = &[];
            }
            let shared = last.iter().zip(key).take_while(|(a, b)| a == b).count();
            for length in [shared, key.len() - shared] {
                // Keys are shorter than 3 KiB.
                block.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
            }
            block.extend_from_slice(key.get(shared..).unwrap_or_default());
            last = key;
        }
        if !block.is_empty() {
            close(&mut block, &mut footer);
        }
        let encoded = footer.encode_to_vec();
        bytes.extend_from_slice(&encoded);
        bytes.extend_from_slice(&u32::try_from(encoded.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&checksum(&encoded).to_le_bytes());
        let path = folder.join(format!("{from:012}.run"));
        home::write_atomic(&path, &bytes, 0o644)?;
        Self::open(&path)?
            .ok_or_else(|| DevnetError::Store(format!("{} cannot be read back", path.display())))
    }

    /// Opens the run that begins at height `from`; `None` if there is none or it is damaged.
    pub(super) fn find(folder: &Path, from: u64) -> Result<Option<Self>, DevnetError> {
        let path = folder.join(format!("{from:012}.run"));
        let run = if path.exists() { Self::open(&path)? } else { None };
        Ok(run.filter(|run| run.footer.from == from))
    }

    fn open(path: &Path) -> Result<Option<Self>, DevnetError> {
        let read = || -> std::io::Result<Option<Self>> {
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            let mut trailer = [0; TRAILER];
            let Some(at) = length.checked_sub(TRAILER as u64) else { return Ok(None) };
            file.read_exact_at(&mut trailer, at)?;
            let [l0, l1, l2, l3, sum @ ..] = trailer;
            let size = u32::from_le_bytes([l0, l1, l2, l3]);
            let Some(start) = at.checked_sub(u64::from(size)) else { return Ok(None) };
            let mut encoded = vec![0; size as usize];
            file.read_exact_at(&mut encoded, start)?;
            if checksum(&encoded) != u64::from_le_bytes(sum) {
                return Ok(None);
            }
            let footer = Footer::decode(encoded.as_slice()).ok().filter(|footer: &Footer| {
                let blocks = footer.ends.len();
                !footer.tx_counts.is_empty()
                    && footer.first_keys.len() == blocks
                    && footer.checksums.len() == blocks
                    && footer.ends.is_sorted()
                    && footer.ends.last().copied().unwrap_or(0) == start
            });
            Ok(footer.map(|footer| Self { path: path.to_owned(), file, footer }))
        };
        read().map_err(|e| DevnetError::io("read", path, &e))
    }

    /// The heights it covers.
    pub(super) fn heights(&self) -> RangeInclusive<u64> {
        let from = self.footer.from;
        from..=from + (self.footer.tx_counts.len() as u64).saturating_sub(1)
    }

    /// Transactions of each of its heights.
    pub(super) fn tx_counts(&self) -> &[u32] {
        &self.footer.tx_counts
    }

    /// The hash of its last block.
    pub(super) fn last_hash(&self) -> &[u8] {
        &self.footer.last_hash
    }

    /// Deletes the file.
    pub(super) fn delete(self) -> Result<(), DevnetError> {
        fs::remove_file(&self.path).map_err(|e| DevnetError::io("delete", &self.path, &e))
    }

    /// Calls `visit` with the keys from `from` to `until` in their order, until it returns false.
    pub(super) fn scan(
        &self,
        from: &[u8],
        until: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), DevnetError> {
        let first = self.footer.first_keys.partition_point(|key| key.as_slice() <= from).saturating_sub(1);
        for block in first..self.footer.ends.len() {
            if self.footer.first_keys.get(block).is_none_or(|key| key.as_slice() > until) {
                return Ok(());
            }
            let bytes = self.block(block)?;
            let (mut rest, mut key) = (bytes.as_slice(), Vec::new());
            while let Some((shared, suffix, after)) = entry(rest) {
                rest = after;
                key.truncate(shared);
                key.extend_from_slice(suffix);
                if key.as_slice() > until || (key.as_slice() >= from && !visit(&key)) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn block(&self, block: usize) -> Result<Vec<u8>, DevnetError> {
        let end = |block: usize| self.footer.ends.get(block).copied().unwrap_or(0);
        let start = if block == 0 { 0 } else { end(block - 1) };
        let mut bytes = vec![0; usize::try_from(end(block).saturating_sub(start)).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, start).map_err(|e| DevnetError::io("read", &self.path, &e))?;
        if self.footer.checksums.get(block) != Some(&checksum(&bytes)) {
            return Err(DevnetError::Store(format!(
                "{} is damaged; stop the devnet and delete the file: it is built anew at the next start",
                self.path.display()
            )));
        }
        Ok(bytes)
    }
}

/// One key: what it shares with the one before, the rest of it, and what follows.
fn entry(bytes: &[u8]) -> Option<(usize, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    let [s0, s1, l0, l1] = *head;
    let (suffix, after) = rest.split_at_checked(usize::from(u16::from_le_bytes([l0, l1])))?;
    Some((usize::from(u16::from_le_bytes([s0, s1])), suffix, after))
}

fn checksum(bytes: &[u8]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = hashes::sha256(bytes);
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
