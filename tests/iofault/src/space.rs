//! A disk that fills: how many bytes lie below the watched folder, and how many may.

use std::path::Path;

/// The space there is.
#[derive(Debug)]
pub(crate) struct Space {
    quota: u64,
    used: u64,
}

impl Space {
    /// A disk of `quota` bytes that holds what lies below `dir`.
    pub(crate) fn new(quota: u64, dir: &Path) -> Self {
        Self { quota, used: lengths(dir) }
    }

    /// How many more bytes a file may grow by.
    pub(crate) const fn room(&self) -> u64 {
        self.quota.saturating_sub(self.used)
    }

    /// A file had `before` bytes and has `after`.
    pub(crate) const fn resized(&mut self, before: u64, after: u64) {
        self.used = self.used.saturating_sub(before).saturating_add(after);
    }
}

/// The lengths of all files below `dir`.
fn lengths(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => lengths(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
