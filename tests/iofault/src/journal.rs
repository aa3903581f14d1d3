//! What happened, in one total order, for a reader that makes a power loss of it.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use libc::c_int;

use crate::sys;

/// The first record says which layout follows; `README.md` describes it.
const LAYOUT: &[u8] = b"agora-iofault 1";

/// The kinds of records.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Record {
    /// The layout, as data.
    Begin = 0,
    /// An empty file was made.
    Create = 1,
    /// A file was cut or extended to `offset` bytes.
    Resize = 2,
    /// Bytes were written at `offset`.
    Write = 3,
    /// A file or folder is on the disk as it was at this moment.
    Sync = 4,
    /// Syncing failed; what had been written before may never reach the disk.
    SyncFailed = 5,
    /// A name was moved, over what was there.
    Rename = 6,
    /// A name of a file was removed.
    Unlink = 7,
    /// A folder was made.
    MakeFolder = 8,
    /// A folder was removed.
    RemoveFolder = 9,
    /// A file got a second name.
    Link = 10,
    /// The process noted something: written to the file of notes.
    Note = 11,
    /// The fault struck; its name, as data.
    Struck = 12,
}

/// The journal of a process, open for appending.
#[derive(Debug)]
pub(crate) struct Journal {
    fd: c_int,
}

impl Journal {
    /// Begins a journal, or goes on with it.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let name = CString::new(path.as_os_str().as_bytes()).map_err(|e| e.to_string())?;
        let fd = sys::open_append(&name);
        if fd < 0 {
            return Err(format!("AGORA_IO_JOURNAL={}: cannot be opened", path.display()));
        }
        let journal = Self { fd };
        journal.append(Record::Begin, Path::new(""), Path::new(""), 0, LAYOUT);
        Ok(journal)
    }

    /// Appends a record: length, kind, two paths relative to the watched folder, offset, data.
    pub(crate) fn append(&self, record: Record, path: &Path, other: &Path, offset: u64, data: &[u8]) {
        let (path, other) = (path.as_os_str().as_bytes(), other.as_os_str().as_bytes());
        let mut bytes = Vec::with_capacity(32 + path.len() + other.len() + data.len());
        bytes.extend_from_slice(&[0; 4]);
        bytes.push(record as u8);
        for path in [path, other] {
            bytes.extend_from_slice(&u16::try_from(path.len()).unwrap_or(u16::MAX).to_le_bytes());
            bytes.extend_from_slice(path);
        }
        bytes.extend_from_slice(&offset.to_le_bytes());
        bytes.extend_from_slice(data);
        let length = u32::try_from(bytes.len() - 4).unwrap_or(u32::MAX);
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        if !sys::write_all(self.fd, &bytes) {
            // A journal with a hole would prove nothing.
            std::process::abort();
        }
    }
}
