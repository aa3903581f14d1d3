//! An append-only log of records in segment files.
//!
//! A record is `length u32 | checksum 8 bytes | kind u8 | height u64 | payload`, little-endian; the checksum
//! is the start of the SHA-256 of what follows it. A process that dies while appending leaves a torn last
//! record, which is cut off at the next opening; damage anywhere else is an error.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::{DevnetError, hashes};

const HEAD: usize = 4 + 8;
/// Kind and height.
const KEY: usize = 1 + 8;
/// A segment is closed when it has grown to this many bytes.
const SEGMENT_BYTES: u64 = 256 << 20;
/// No record is larger: a block is at most 100 MiB.
const MAX_RECORD: u32 = 1 << 30;
/// Records at the end whose checksums are compared at opening: more than one block writes.
const CHECKED_TAIL: usize = 16;

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location {
    segment: u32,
    offset: u64,
    /// Of kind, height and payload.
    length: u32,
}

/// A record found at opening.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) kind: u8,
    pub(super) height: u64,
    pub(super) location: Location,
}

/// The log; appending needs `&mut`, reading does not.
#[derive(Debug)]
pub(super) struct Log {
    folder: PathBuf,
    segments: Vec<File>,
    /// The length of the last segment.
    end: u64,
}

/// The last segment, to be flushed.
#[derive(Debug)]
pub(super) struct Handle {
    folder: PathBuf,
    file: Option<File>,
}

impl Handle {
    pub(super) fn sync(&self) -> Result<(), DevnetError> {
        let synced = self.file.as_ref().map_or(Ok(()), File::sync_data);
        synced.map_err(|e| DevnetError::io("flush", &self.folder, &e))
    }
}

impl Log {
    /// Opens the log in `folder`, and lists its records.
    pub(super) fn open(folder: &Path) -> Result<(Self, Vec<Entry>), DevnetError> {
        fs::create_dir_all(folder).map_err(|e| DevnetError::io("create", folder, &e))?;
        let mut log = Self { folder: folder.to_owned(), segments: Vec::new(), end: 0 };
        let mut entries = Vec::new();
        while log.path(log.segments.len()).exists() {
            let path = log.path(log.segments.len());
            let file = open(&path, false)?;
            let length = file.metadata().map_err(|e| DevnetError::io("read", &path, &e))?.len();
            let index = u32::try_from(log.segments.len()).unwrap_or(u32::MAX);
            let (found, end) = walk(&file, index, length).map_err(|e| DevnetError::io("read", &path, &e))?;
            let is_last = !log.path(log.segments.len() + 1).exists();
            if end < length && !is_last {
                return Err(DevnetError::Store(format!(
                    "{} is damaged at byte {end}; restore it from a backup or reset the devnet",
                    path.display()
                )));
            }
            log.segments.push(file);
            log.end = end;
            entries.extend(found);
            if is_last {
                log.cut_tail(&path, &mut entries, length)?;
            }
        }
        if log.segments.is_empty() {
            log.add_segment()?;
        }
        Ok((log, entries))
    }

    /// Appends a record; durable only after [`Handle::sync`].
    pub(super) fn append(&mut self, kind: u8, height: u64, payload: &[u8]) -> Result<Location, DevnetError> {
        if self.end >= SEGMENT_BYTES {
            self.handle()?.sync()?;
            self.add_segment()?;
        }
        let length = u32::try_from(payload.len() + KEY).ok().filter(|l| *l <= MAX_RECORD);
        let length = length.ok_or_else(|| DevnetError::Store("a record exceeds 1 GiB".into()))?;
        let mut record = Vec::with_capacity(HEAD + KEY + payload.len());
        record.extend_from_slice(&length.to_le_bytes());
        record.extend_from_slice(&[0; 8]);
        record.push(kind);
        record.extend_from_slice(&height.to_le_bytes());
        record.extend_from_slice(payload);
        let sum = checksum(record.get(HEAD..).unwrap_or_default());
        record.splice(4..HEAD, sum);
        let segment = u32::try_from(self.segments.len() - 1).unwrap_or(u32::MAX);
        let location = Location { segment, offset: self.end, length };
        let file =
            self.segments.last_mut().ok_or_else(|| DevnetError::Store("the log has no segment".into()))?;
        let written = file.seek(SeekFrom::Start(self.end)).and_then(|_| file.write_all(&record));
        written.map_err(|e| DevnetError::io("write", &self.folder, &e))?;
        self.end += record.len() as u64;
        Ok(location)
    }

    /// What makes everything appended so far durable, without holding the log.
    pub(super) fn handle(&self) -> Result<Handle, DevnetError> {
        let file = self.segments.last().map(File::try_clone).transpose();
        let file = file.map_err(|e| DevnetError::io("open", &self.folder, &e))?;
        Ok(Handle { folder: self.folder.clone(), file })
    }

    /// Reads a record's payload.
    pub(super) fn read(&self, location: Location) -> Result<Vec<u8>, DevnetError> {
        let damaged = || {
            DevnetError::Store(format!(
                "the block log in {} is damaged; restore it from a backup or reset the devnet",
                self.folder.display()
            ))
        };
        let file = self.segments.get(location.segment as usize).ok_or_else(damaged)?;
        let mut record = vec![0; HEAD + location.length as usize];
        file.read_exact_at(&mut record, location.offset)
            .map_err(|e| DevnetError::io("read", &self.folder, &e))?;
        let body = record.split_off(HEAD);
        if record.get(4..) != Some(checksum(&body).as_slice()) {
            return Err(damaged());
        }
        Ok(body.get(KEY..).unwrap_or_default().to_vec())
    }

    fn path(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index:06}.log"))
    }

    fn add_segment(&mut self) -> Result<(), DevnetError> {
        self.segments.push(open(&self.path(self.segments.len()), true)?);
        self.end = 0;
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|e| DevnetError::io("flush", &self.folder, &e))
    }

    /// Cuts a torn last record, keeping a copy of what is cut beside the segment.
    fn cut_tail(&mut self, path: &Path, entries: &mut Vec<Entry>, length: u64) -> Result<(), DevnetError> {
        let from = entries.len().saturating_sub(CHECKED_TAIL);
        let last_segment = u32::try_from(self.segments.len() - 1).unwrap_or(u32::MAX);
        let bad =
            entries.iter().enumerate().skip(from).find(|(_, entry)| {
                entry.location.segment == last_segment && self.read(entry.location).is_err()
            });
        if let Some((index, entry)) = bad.map(|(index, entry)| (index, *entry)) {
            self.end = entry.location.offset;
            entries.truncate(index);
        }
        if self.end == length {
            return Ok(());
        }
        let fail = |e: std::io::Error| DevnetError::io("repair", path, &e);
        let Some(file) = self.segments.last() else { return Ok(()) };
        let mut tail = vec![0; usize::try_from(length - self.end).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut tail, self.end).map_err(fail)?;
        fs::write(path.with_extension("torn"), &tail).map_err(fail)?;
        tracing::warn!(bytes = tail.len(), path = %path.display(), "cut a torn record off the block log");
        file.set_len(self.end).and_then(|()| file.sync_all()).map_err(fail)
    }
}

fn open(path: &Path, create: bool) -> Result<File, DevnetError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(create)
        .truncate(false)
        .open(path)
        .map_err(|e| DevnetError::io("open", path, &e))
}

fn checksum(body: &[u8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = hashes::sha256(body);
    [a, b, c, d, e, f, g, h]
}

/// Lists the records of a segment, and where the last whole one ends.
fn walk(file: &File, segment: u32, length: u64) -> std::io::Result<(Vec<Entry>, u64)> {
    let mut reader = std::io::BufReader::with_capacity(1 << 16, file);
    reader.seek(SeekFrom::Start(0))?;
    let mut entries = Vec::new();
    let mut offset = 0;
    let mut head = [0; HEAD + KEY];
    while offset + head.len() as u64 <= length {
        reader.read_exact(&mut head)?;
        let [l0, l1, l2, l3, _, _, _, _, _, _, _, _, kind, height @ ..] = head;
        let record = u32::from_le_bytes([l0, l1, l2, l3]);
        let end = offset + HEAD as u64 + u64::from(record);
        if record < KEY as u32 || record > MAX_RECORD || end > length {
            break;
        }
        let location = Location { segment, offset, length: record };
        entries.push(Entry { kind, height: u64::from_le_bytes(height), location });
        reader.seek_relative(i64::from(record) - KEY as i64)?;
        offset = end;
    }
    Ok((entries, offset))
}
