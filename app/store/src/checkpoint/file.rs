//! One file with the pages of all trees of a height.
//!
//! Pages in a row, then the index, then a trailer of fixed size that says where the index begins and what it hashes to. The file
//! is made beside its place and renamed into it when all of it is on the disk, so it is there whole or not at all.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::StoreError;
use crate::fail_point::fail_point;
use crate::inner::Committed;
use crate::tree::{Hash, PageId, PageSink, PageSource};

/// The end of every checkpoint, with the number of the format.
const MAGIC: &[u8; 16] = b"agora-checkpoint";
const FORMAT: u32 = 1;
/// Start of the index, its hash, format, magic.
const TRAILER: usize = 8 + 32 + 4 + 16;
/// Bytes written between two requests to bring them to the disk, so that no block waits for all of them at once.
const SYNC_EVERY: u64 = 8 << 20;

/// What a checkpoint is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The height, and the application hash that its trees must have.
    pub(crate) committed: Committed,
    /// Of each store, by name: the length of the prefixes of its pages.
    pub(crate) stores: BTreeMap<String, u32>,
}

/// Where each page lies: its first byte and its length.
type Places = BTreeMap<PageId, (u64, u64)>;

/// A checkpoint that is being written.
pub(crate) struct Writer {
    file: File,
    /// Where it is written, and where it belongs.
    path: (PathBuf, PathBuf),
    at: u64,
    synced: u64,
    places: Places,
}

fn failed(what: &str, path: &Path, e: &std::io::Error) -> StoreError {
    StoreError::Backend(format!("cannot {what} the checkpoint {}: {e}", path.display()))
}

impl Writer {
    pub(crate) fn create(path: &Path) -> Result<Self, StoreError> {
        let new = path.with_extension("new");
        let file = File::create(&new).map_err(|e| failed("create", &new, &e))?;
        Ok(Self { file, path: (new, path.to_owned()), at: 0, synced: 0, places: Places::new() })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(bytes).map_err(|e| failed("write", &self.path.0, &e))?;
        self.at = self.at.saturating_add(bytes.len() as u64);
        if self.at.saturating_sub(self.synced) >= SYNC_EVERY {
            self.file.sync_data().map_err(|e| failed("write", &self.path.0, &e))?;
            self.synced = self.at;
        }
        Ok(())
    }

    /// Writes the index and puts the file into its place.
    pub(crate) fn finish(mut self, header: &Header) -> Result<(), StoreError> {
        let index = encode_index(header, &self.places);
        let start = self.at;
        self.write(&index)?;
        let sum: Hash = Sha256::digest(&index).into();
        self.write(&[start.to_be_bytes().as_slice(), &sum, &FORMAT.to_be_bytes(), MAGIC].concat())?;
        let (new, path) = &self.path;
        fail_point("checkpoint:before_rename")?;
        self.file.sync_all().map_err(|e| failed("write", new, &e))?;
        std::fs::rename(new, path).map_err(|e| failed("put in place", path, &e))?;
        fail_point("checkpoint:after_rename")?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|e| failed("put in place", path, &e))
    }
}

impl PageSink for Writer {
    fn put(&mut self, id: &PageId, bytes: &[u8]) -> Result<(), StoreError> {
        self.places.insert(id.clone(), (self.at, bytes.len() as u64));
        self.write(bytes)
    }
}

/// A whole checkpoint.
#[derive(Debug)]
pub(crate) struct Reader {
    file: File,
    path: PathBuf,
    pub(crate) header: Header,
    places: Places,
}

impl Reader {
    /// Opens the checkpoint at `path`; `None` when there is none.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed("open", path, &e)),
        };
        let corrupt = || StoreError::Corrupt(format!("checkpoint {}", path.display()));
        let length = file.metadata().map_err(|e| failed("read", path, &e))?.len();
        let trailer_at = length.checked_sub(TRAILER as u64).ok_or_else(corrupt)?;
        let trailer = read_at(&file, path, trailer_at, TRAILER as u64)?;
        let (start, rest) = trailer.split_first_chunk::<8>().ok_or_else(corrupt)?;
        let (sum, rest) = rest.split_first_chunk::<32>().ok_or_else(corrupt)?;
        if rest != [FORMAT.to_be_bytes().as_slice(), MAGIC].concat() {
            return Err(corrupt());
        }
        let start = u64::from_be_bytes(*start);
        let index = read_at(&file, path, start, trailer_at.checked_sub(start).ok_or_else(corrupt)?)?;
        if Hash::from(Sha256::digest(&index)) != *sum {
            return Err(corrupt());
        }
        let (header, places) = decode_index(&index).ok_or_else(corrupt)?;
        Ok(Some(Self { file, path: path.to_owned(), header, places }))
    }
}

impl PageSource for Reader {
    fn get(&self, id: &PageId) -> Result<Vec<u8>, StoreError> {
        let missing = || StoreError::Corrupt(format!("the checkpoint {} lacks {id:?}", self.path.display()));
        let (at, length) = self.places.get(id).ok_or_else(missing)?;
        read_at(&self.file, &self.path, *at, *length)
    }
}

fn read_at(file: &File, path: &Path, at: u64, length: u64) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut bytes, at).map_err(|e| failed("read", path, &e))?;
    Ok(bytes)
}

/// Height, hash, the number of stores; of each the length of its name, the name, its bits, and a place for each of its pages.
fn encode_index(header: &Header, places: &Places) -> Vec<u8> {
    let mut bytes = header.committed.height.to_be_bytes().to_vec();
    bytes.extend_from_slice(&header.committed.app_hash);
    bytes.extend_from_slice(&u32::try_from(header.stores.len()).unwrap_or(u32::MAX).to_be_bytes());
    for (name, bits) in &header.stores {
        // Names have at most 32 bytes.
        bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(&bits.to_be_bytes());
        for prefix in 0..1_u32 << bits {
            let id = PageId { store: name.clone(), bits: *bits, prefix };
            let (at, length) = places.get(&id).copied().unwrap_or_default();
            bytes.extend_from_slice(&at.to_be_bytes());
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes
}

fn decode_index(bytes: &[u8]) -> Option<(Header, Places)> {
    let (height, bytes) = bytes.split_first_chunk::<8>()?;
    let (app_hash, bytes) = bytes.split_first_chunk::<32>()?;
    let (count, mut bytes) = bytes.split_first_chunk::<4>()?;
    let committed = Committed { height: u64::from_be_bytes(*height), app_hash: *app_hash };
    let mut header = Header { committed, stores: BTreeMap::new() };
    let mut places = Places::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (length, rest) = bytes.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        let (bits, rest) = rest.split_first_chunk::<4>()?;
        let bits = u32::from_be_bytes(*bits);
        bytes = rest;
        for prefix in 0..1_u32.checked_shl(bits)? {
            let (at, rest) = bytes.split_first_chunk::<8>()?;
            let (length, rest) = rest.split_first_chunk::<8>()?;
            bytes = rest;
            let id = PageId { store: name.clone(), bits, prefix };
            places.insert(id, (u64::from_be_bytes(*at), u64::from_be_bytes(*length)));
        }
        header.stores.insert(name, bits);
    }
    bytes.is_empty().then_some((header, places))
}
