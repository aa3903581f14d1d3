//! Bugs on purpose: a check that has never found one proves nothing.
//!
//! Compiled in for this crate's tests only. `AGORA_PLANTED=name` plants a bug in a whole process, `plant` in one thread.

use crate::backend::{Batch, Durability};
use crate::error::StoreError;
use crate::inner::Inner;

/// Whether the bug `name` is planted; never, outside this crate's tests.
#[cfg(not(test))]
#[inline]
pub(crate) const fn planted(_: &str) -> bool {
    false
}

/// Writes the batch of a block, as durably as can be.
#[cfg(not(test))]
#[inline]
pub(crate) fn persist(inner: &Inner, batch: Batch) -> Result<(), StoreError> {
    inner.backend.write(batch, Durability::Synced)
}

#[cfg(all(test, feature = "rocksdb", target_os = "linux"))]
pub(crate) use bugs::plant;
#[cfg(test)]
pub(crate) use bugs::{persist, planted};

#[cfg(test)]
mod bugs {
    use std::cell::RefCell;
    use std::path::Path;
    use std::sync::OnceLock;

    use super::{Batch, Durability, Inner, StoreError};
    use crate::backend::Column;

    thread_local! {
        static PLANTED: RefCell<Option<String>> = const { RefCell::new(None) };
    }

    /// Plants a bug in this thread; `None` removes it.
    #[cfg(all(feature = "rocksdb", target_os = "linux"))]
    pub(crate) fn plant(name: Option<&str>) {
        PLANTED.set(name.map(str::to_owned));
    }

    /// Whether the bug `name` is planted in this process or thread. A process may have several, separated by commas.
    pub(crate) fn planted(name: &str) -> bool {
        static PROCESS: OnceLock<Vec<String>> = OnceLock::new();
        let process = PROCESS.get_or_init(|| {
            let text = std::env::var("AGORA_PLANTED").unwrap_or_default();
            text.split(',').map(str::to_owned).collect()
        });
        process.iter().any(|one| one == name) || PLANTED.with_borrow(|one| one.as_deref() == Some(name))
    }

    /// Writes the batch of a block, or does so wrongly.
    pub(crate) fn persist(inner: &Inner, mut batch: Batch) -> Result<(), StoreError> {
        if planted("commit:unsynced") {
            return inner.backend.write(batch, Durability::Lazy);
        }
        if planted("commit:head_first") {
            let (mut head, mut values) = (Batch::default(), Batch::default());
            batch.in_order(|column, key, value| {
                let part = if column == Column::Meta { &mut head } else { &mut values };
                match value {
                    Some(value) => part.put(column, key, value),
                    None => part.delete(column, key),
                }
                Ok::<_, StoreError>(())
            })?;
            inner.backend.write(head, Durability::Synced)?;
            crate::fail_point::fail_point("planted:between_batches")?;
            return inner.backend.write(values, Durability::Synced);
        }
        if planted("commit:failure_ignored") {
            let _ = inner.backend.write(batch, Durability::Synced);
            return Ok(());
        }
        if planted("commit:sync_retried") {
            inner.backend.write(batch, Durability::Lazy)?;
            let folder = std::env::var("AGORA_WORKER_HOME").unwrap_or_default();
            let failed = |error: std::io::Error| StoreError::Backend(error.to_string());
            return sync_logs(Path::new(&folder)).or_else(|_| sync_logs(Path::new(&folder))).map_err(failed);
        }
        inner.backend.write(batch, Durability::Synced)
    }

    /// Syncs the write-ahead logs of the database below `folder`.
    fn sync_logs(folder: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder.join("db"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                match std::fs::File::open(path) {
                    // It was not needed any more.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    file => file?.sync_all()?,
                }
            }
        }
        Ok(())
    }
}
