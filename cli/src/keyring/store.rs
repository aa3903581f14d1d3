//! Where records lie: a private directory with one file each, or memory.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::name::KeyName;
use super::record::Record;
use crate::error::{CliError, Result};
use crate::files;

#[derive(Debug)]
pub(super) enum Store {
    Directory(PathBuf),
    Memory(Mutex<BTreeMap<KeyName, Record>>),
}

impl Store {
    /// All names, sorted. A file that is no key file is not a key.
    pub(super) fn names(&self) -> Result<Vec<KeyName>> {
        let mut names: Vec<KeyName> = match self {
            Self::Memory(records) => lock(records).keys().cloned().collect(),
            Self::Directory(dir) => {
                let entries = match fs::read_dir(dir) {
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
                    entries => entries.map_err(|error| unreadable(dir).because(error))?,
                };
                let mut names = Vec::new();
                for entry in entries {
                    let file = entry.map_err(|error| unreadable(dir).because(error))?.file_name();
                    let name = file.to_str().and_then(|file| file.strip_suffix(".json"));
                    names.extend(name.and_then(|name| name.parse().ok()));
                }
                names
            }
        };
        names.sort();
        Ok(names)
    }

    /// The record of this name; `None` when there is none.
    pub(super) fn read(&self, name: &KeyName) -> Result<Option<Record>> {
        match self {
            Self::Memory(records) => Ok(lock(records).get(name).cloned()),
            Self::Directory(dir) => {
                let Some(text) = files::read_optional(&path(dir, name))? else { return Ok(None) };
                let record = Record::parse(&text, &self.place(name))?;
                if record.info()?.name != *name {
                    return Err(CliError::usage(format!("{} holds another key's record", self.place(name)))
                        .hint("key files cannot be renamed by hand; use `agora keys rename`"));
                }
                Ok(Some(record))
            }
        }
    }

    /// Stores a new record; an existing one of that name is an error.
    pub(super) fn create(&self, name: &KeyName, record: Record) -> Result<()> {
        match self {
            Self::Memory(records) => {
                lock(records).entry(name.clone()).or_insert(record);
                Ok(())
            }
            Self::Directory(dir) => {
                files::private_dir(dir)?;
                files::write_private(&path(dir, name), record.to_text()?.as_bytes(), false)
            }
        }
    }

    /// Replaces a record.
    pub(super) fn replace(&self, name: &KeyName, record: Record) -> Result<()> {
        match self {
            Self::Memory(records) => {
                lock(records).insert(name.clone(), record);
                Ok(())
            }
            Self::Directory(dir) => {
                files::write_private(&path(dir, name), record.to_text()?.as_bytes(), true)
            }
        }
    }

    /// Removes a record.
    pub(super) fn remove(&self, name: &KeyName) -> Result<()> {
        match self {
            Self::Memory(records) => {
                lock(records).remove(name);
                Ok(())
            }
            Self::Directory(dir) => files::remove(&path(dir, name)),
        }
    }

    /// Files, and the directory itself, whose permissions are wider than the owner's.
    pub(super) fn open_to_others(&self) -> Result<Vec<PathBuf>> {
        let Self::Directory(dir) = self else { return Ok(Vec::new()) };
        let mut paths: Vec<PathBuf> = self.names()?.iter().map(|name| path(dir, name)).collect();
        paths.insert(0, dir.clone());
        paths.retain(|path| fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0));
        Ok(paths)
    }

    /// How errors name the record.
    pub(super) fn place(&self, name: &KeyName) -> String {
        match self {
            Self::Memory(_) => format!("the key `{name}`"),
            Self::Directory(dir) => format!("the key file {}", path(dir, name).display()),
        }
    }
}

fn path(dir: &std::path::Path, name: &KeyName) -> PathBuf {
    dir.join(format!("{name}.json"))
}

fn unreadable(dir: &std::path::Path) -> CliError {
    CliError::usage(format!("cannot read the keyring {}", dir.display()))
}

/// A panic elsewhere leaves the map whole: every change to it is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
