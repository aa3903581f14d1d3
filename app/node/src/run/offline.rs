//! Work on the home of a node that does not run.

use std::path::Path;
use std::sync::Arc;

use agora_runtime::Runtime;
use agora_store::Store;
use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::genesis;
use super::state::{self, StateOptions};
use crate::comet::home::CometHome;
use crate::comet::supervisor::CometBinary;

/// Records of history removed between two reports.
const PRUNE_STEP: usize = 50_000;

/// A home, locked, with its state.
pub struct Offline {
    home: CometHome,
    runtime: Runtime,
    store: Arc<Store>,
}

/// What pruning came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// Bytes on disk before.
    pub before: u64,
    /// Bytes on disk after.
    pub after: u64,
    /// The earliest height that can still be read.
    pub earliest: u64,
}

impl Offline {
    /// Opens the state in `home`.
    ///
    /// # Errors
    /// There is none, the node runs, or the state cannot be read.
    pub fn open(home: &Path, options: &StateOptions) -> anyhow::Result<Self> {
        if !state::path(home).exists() {
            bail!("{} holds no state; name the folder of a node that has run", home.display());
        }
        let runtime = Runtime::standard()?;
        let home = CometHome::open(home)?;
        let store = state::open(home.root(), &runtime, options)?;
        ensure!(store.latest().is_some(), "{} holds no block yet", home.root().display());
        Ok(Self { home, runtime, store })
    }

    /// The height of the state.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.store.latest().map_or(0, |head| head.height)
    }

    /// The genesis document of a chain that goes on from `height`, or from the head, with the validators of this one.
    ///
    /// # Errors
    /// The height is not kept, or the state cannot be read.
    pub fn export(&self, height: Option<u64>) -> anyhow::Result<Value> {
        let mut init = self.runtime.export_chain(&self.store.snapshot(height)?)?;
        if init.validators.is_empty() {
            // Nobody stakes: those that the chain began with.
            init.validators = genesis::validators(&self.home)?;
        }
        Ok(agora_genesis::to_json(&init))
    }

    /// Takes CometBFT and the application back by `blocks` heights; the height they are at then. The last block stays with
    /// CometBFT and is executed again at the next start, unless `hard` removes it.
    ///
    /// # Errors
    /// There is no CometBFT, or so many heights are not kept.
    pub fn rollback(&self, binary: &CometBinary, blocks: u64, hard: bool) -> anyhow::Result<u64> {
        ensure!(blocks > 0, "there is nothing to roll back");
        ensure!(
            hard || blocks == 1,
            "more than one block can be rolled back only with --hard, which removes them"
        );
        let target = self.height().saturating_sub(blocks);
        let earliest = self.store.earliest_height().unwrap_or(0);
        ensure!(
            target >= earliest,
            "{blocks} blocks before height {} is before height {earliest}, the earliest that is kept",
            self.height()
        );
        let mut height = None;
        for _ in 0..blocks {
            height = Some(binary.rollback(self.home.root(), hard).context("rolling back cometbft")?);
        }
        let Some(height) = height else { return Ok(self.height()) };
        // After a crash the application may have been a height ahead of CometBFT.
        if height < self.height() {
            self.store
                .rollback(height)
                .with_context(|| format!("rolling back the state to height {height}"))?;
        }
        self.store.flush()?;
        Ok(self.height())
    }

    /// Removes the history that `options` of [`open`](Self::open) do not keep, and gives its room back to the disk; `progress` hears
    /// the bytes on disk.
    ///
    /// # Errors
    /// The disk fails.
    pub fn prune(&self, mut progress: impl FnMut(u64)) -> anyhow::Result<Pruned> {
        let before = self.store.size()?;
        self.store.narrow()?;
        // Lists of changes since the last checkpoint are needed until there is a newer one.
        self.store.checkpoint()?;
        while self.store.prune_step(PRUNE_STEP)? {
            progress(self.store.size()?);
        }
        self.store.flush()?;
        self.store.compact()?;
        let earliest = self.store.earliest_height().unwrap_or_default();
        Ok(Pruned { before, after: self.store.size()?, earliest })
    }
}
