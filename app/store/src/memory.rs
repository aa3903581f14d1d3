//! How much memory the trees may take.
//!
//! Every key has a place in memory. A node that outgrew its machine would be ended by the operating system in the middle of
//! something; it rather refuses, with the figures, before it has answered anything it could not keep.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::StoreError;

/// Bytes a key of average length takes: a leaf, 1.44 branches, and a little that is free.
pub(crate) const BYTES_PER_KEY: u64 = 160;

/// The share of the memory of the machine that the trees get when nothing else is said: 3/5.
const SHARE: (u64, u64) = (3, 5);

/// Guards a number of bytes.
pub(crate) struct MemoryLimit {
    limit: Option<u64>,
    /// The next filling, in percent, that is worth a warning.
    warn_at: AtomicU64,
}

impl MemoryLimit {
    pub(crate) const fn new(limit: Option<u64>) -> Self {
        Self { limit, warn_at: AtomicU64::new(80) }
    }

    /// Refuses to open a state of `keys` keys that cannot fit.
    pub(crate) fn check_keys(&self, keys: u64) -> Result<(), StoreError> {
        self.check(keys, keys.saturating_mul(BYTES_PER_KEY))
    }

    /// Refuses trees of `keys` keys and `bytes` bytes that have outgrown the limit.
    pub(crate) fn check(&self, keys: u64, bytes: u64) -> Result<(), StoreError> {
        match self.limit {
            Some(limit) if bytes > limit => Err(StoreError::TreeMemory { keys, needed: bytes, limit }),
            _ => Ok(()),
        }
    }

    /// Refuses a block that needs `more` bytes when that may outgrow the limit, and warns of what comes near it.
    pub(crate) fn check_block(&self, keys: u64, bytes: u64, more: u64) -> Result<(), StoreError> {
        self.check(keys, bytes.saturating_add(more))?;
        let percent = self.limit.and_then(|limit| bytes.saturating_mul(100).checked_div(limit)).unwrap_or(0);
        let warn_at = self.warn_at.load(Ordering::Relaxed);
        if percent >= warn_at {
            self.warn_at.store(percent.saturating_add(5), Ordering::Relaxed);
            tracing::warn!(percent, keys, bytes, "the trees come near the memory they may take");
        }
        Ok(())
    }
}

/// The share of this machine's memory that the trees may take; `None` where it cannot be told.
pub(crate) fn share_of_machine() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    // A container may have less.
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX);
    let (part, of) = SHARE;
    kib.saturating_mul(1024).min(group).saturating_mul(part).checked_div(of)
}
