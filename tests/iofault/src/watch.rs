//! What is watched, and the one lock that puts every operation on it into an order.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use libc::c_int;

use crate::journal::{Journal, Record};
use crate::plan::{Fault, Kind, Verdict};
use crate::space::Space;
use crate::sys;

/// The folder watched, with what is done about it.
#[derive(Debug)]
pub(crate) struct Watch {
    dir: PathBuf,
    notes: Option<PathBuf>,
    reads: bool,
    state: Mutex<State>,
}

/// The mutable part of a watch. Held from before an operation until after its record is written.
#[derive(Debug)]
pub(crate) struct State {
    journal: Option<Journal>,
    fault: Option<Fault>,
    pub(crate) space: Option<Space>,
}

/// What a path is to the watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Below the folder; relative to it.
    Inside(PathBuf),
    /// The file of notes: recorded, never failed.
    Notes,
}

static WATCH: OnceLock<Option<Watch>> = OnceLock::new();

/// The watch of this process, from its environment; `None` when nothing is watched.
pub(crate) fn watch() -> Option<&'static Watch> {
    WATCH
        .get_or_init(|| {
            Watch::from_environment().unwrap_or_else(|message| {
                let line = format!("agora-iofault: {message}\n");
                sys::write_all(libc::STDERR_FILENO, line.as_bytes());
                std::process::abort()
            })
        })
        .as_ref()
}

impl Watch {
    fn from_environment() -> Result<Option<Self>, String> {
        let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let Some(dir) = path("AGORA_IO_DIR") else { return Ok(None) };
        if !dir.is_absolute() {
            return Err("AGORA_IO_DIR must be an absolute path without links".to_owned());
        }
        let journal = path("AGORA_IO_JOURNAL").map(|path| Journal::open(&path)).transpose()?;
        let fault = std::env::var("AGORA_IO_FAIL").ok().map(|text| Fault::parse(&text)).transpose()?;
        let space = match std::env::var("AGORA_IO_QUOTA") {
            Ok(text) => {
                let quota = text.parse().map_err(|_| format!("AGORA_IO_QUOTA={text}: want bytes"))?;
                Some(Space::new(quota, &dir))
            }
            Err(_) => None,
        };
        let reads = fault.as_ref().is_some_and(Fault::wants_reads);
        let state = Mutex::new(State { journal, fault, space });
        Ok(Some(Self { dir, notes: path("AGORA_IO_NOTES"), reads, state }))
    }

    /// Whether reads are looked at.
    pub(crate) const fn reads(&self) -> bool {
        self.reads
    }

    /// What `path` is to this watch; `None` when it is not watched.
    pub(crate) fn sees(&self, path: &Path) -> Option<Seen> {
        if self.notes.as_deref() == Some(path) {
            return Some(Seen::Notes);
        }
        path.strip_prefix(&self.dir).ok().map(|path| Seen::Inside(path.to_owned()))
    }

    /// What the file behind `fd` is to this watch.
    pub(crate) fn sees_fd(&self, fd: c_int) -> Option<Seen> {
        self.sees(&sys::path_of(fd)?)
    }

    /// The absolute form of a path inside.
    pub(crate) fn full(&self, path: &Path) -> PathBuf {
        self.dir.join(path)
    }

    /// Begins an operation: nothing else happens to the folder until the answer is dropped.
    pub(crate) fn begin(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Decides what becomes of an operation that writes `bytes` bytes (0 for others).
    pub(crate) fn decide(&mut self, kind: Kind, bytes: usize) -> Verdict {
        let Some(fault) = &mut self.fault else { return Verdict::Go };
        let verdict = fault.decide(kind, bytes);
        let (name, kills) = (fault.name(), fault.kills());
        if verdict != Verdict::Go {
            self.struck(name);
            if kills {
                sys::kill_this();
            }
        }
        verdict
    }

    /// How much of a file may be written, from `offset` to `end`, when it has `length` bytes now.
    pub(crate) fn fits(&mut self, length: u64, offset: u64, end: u64) -> Verdict {
        let Some(space) = &self.space else { return Verdict::Go };
        let room_to = length.saturating_add(space.room());
        if end <= room_to {
            return Verdict::Go;
        }
        self.struck("quota");
        match usize::try_from(room_to.saturating_sub(offset)) {
            Ok(part) if part > 0 => Verdict::Part(part, None),
            _ => Verdict::Fail(libc::ENOSPC),
        }
    }

    /// Notes a change of a file's length.
    pub(crate) fn resized(&mut self, before: u64, after: u64) {
        if let Some(space) = &mut self.space {
            space.resized(before, after);
        }
    }

    /// Notes that the fault struck.
    fn struck(&self, name: &str) {
        self.record(Record::Struck, Path::new(""), Path::new(""), 0, name.as_bytes());
    }

    /// Writes a record, when there is a journal.
    pub(crate) fn record(&self, record: Record, path: &Path, other: &Path, offset: u64, data: &[u8]) {
        if let Some(journal) = &self.journal {
            journal.append(record, path, other, offset, data);
        }
    }
}
