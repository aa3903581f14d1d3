//! One process per home.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::HomeError;

/// The lock of a home, held while it lives and released by the system however the process ends.
#[derive(Debug)]
pub(super) struct HomeLock {
    _own: File,
    _devnet: File,
}

impl HomeLock {
    pub(super) fn take(root: &Path) -> Result<Self, HomeError> {
        let own = lock(root, "data/agora.lock")?;
        // The embedded devnet works with the same kind of home under its own lock.
        let devnet = lock(root, "data/devnet.lock")?;
        let mut file = &own;
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(|e| HomeError::io("write", &root.join("data/agora.lock"), e))?;
        Ok(Self { _own: own, _devnet: devnet })
    }
}

fn lock(root: &Path, name: &str) -> Result<File, HomeError> {
    let path = root.join(name);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| HomeError::io("open", &path, e))?;
    match patient(&file) {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            let owner = match pid.trim().parse::<u32>() {
                Ok(pid) => format!("process {pid}"),
                Err(_) => "another process".to_owned(),
            };
            Err(HomeError::InUse { root: root.to_owned(), owner })
        }
        Err(std::fs::TryLockError::Error(error)) => Err(HomeError::io("lock", &path, error)),
    }
}

/// Tries for a tenth of a second: between fork and exec a child holds what its parent has open, so a lock that was let go a moment
/// ago may not be free yet.
pub(crate) fn patient(file: &File) -> Result<(), std::fs::TryLockError> {
    for _ in 0..20 {
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
            other => return other,
        }
    }
    file.try_lock()
}
