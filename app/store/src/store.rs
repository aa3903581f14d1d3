//! The store: heights in, views and proofs out.

use std::sync::Arc;

use agora_state::{Space, StateError, StateKey, StateRead, StoreId, WriteSet};

use crate::backend::Column;
use crate::background::Background;
use crate::checkpoint;
use crate::commit::{self, Staged, Stores};
use crate::error::StoreError;
use crate::export::Export;
use crate::inner::{Committed, Inner};
use crate::keys;
use crate::open;
use crate::options::Options;
use crate::proof::{self, Proof};
use crate::prune;
use crate::reads::Reads;
use crate::rollback::Undo;
use crate::snapshot::Snapshot;
use crate::tree::Hash;
use crate::trees::Trees;

/// Versioned authenticated state. Shared between threads by reference; one of them commits.
pub struct Store {
    // Dropped before the rest, so the threads have ended when the database closes.
    threads: Vec<Background>,
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("latest", &self.latest()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database, making it when there is none. The trees are rebuilt from the values and must hash to what was
    /// committed before anything is served.
    ///
    /// # Errors
    /// In use by another process, written by a newer release, other stores, damaged, or the disk fails.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        let inner = open::open(&options)?;
        let mut threads = Vec::new();
        if options.background_pruning {
            let (signal, inner) = (inner.prune_signal.clone(), inner.clone());
            let step = move || prune::prune_step(&inner, prune::STEP);
            threads.push(Background::start("store-prune", signal, step)?);
        }
        if let Some(checkpoints) = &inner.checkpoints {
            let (signal, inner) = (checkpoints.signal.clone(), inner.clone());
            let step = move || {
                checkpoint::write_if_due(&inner);
                Ok(false)
            };
            threads.push(Background::start("store-checkpoint", signal, step)?);
        }
        Ok(Self { threads, inner })
    }

    /// The stores that were declared and are not in the state: an upgrade must add them.
    #[must_use]
    pub fn pending(&self) -> Vec<StoreId> {
        let head = self.inner.head();
        self.inner.stores.iter().filter(|store| head.trees.store(**store).is_none()).copied().collect()
    }

    /// The stores that were declared, sorted.
    #[must_use]
    pub fn stores(&self) -> &[StoreId] {
        &self.inner.stores
    }

    /// The last height committed; `None` before genesis.
    #[must_use]
    pub fn latest(&self) -> Option<Committed> {
        self.inner.head().committed
    }

    /// The earliest height that can be read; `None` before genesis.
    #[must_use]
    pub fn earliest_height(&self) -> Option<u64> {
        let pins = self.inner.pins.lock();
        self.latest().map(|_| pins.earliest)
    }

    /// The application hash after `height`; `None` for a height that is not kept.
    ///
    /// # Errors
    /// The disk fails.
    pub fn app_hash_at(&self, height: u64) -> Result<Option<Hash>, StoreError> {
        let Some(bytes) = self.inner.backend.get(Column::Meta, &keys::root(height))? else { return Ok(None) };
        let corrupt = || StoreError::Corrupt(format!("the application hash of height {height}"));
        <Hash>::try_from(bytes.as_ref()).map(Some).map_err(|_| corrupt())
    }

    /// Computes the state after a block at `height`, without touching anything visible. Several blocks may be staged side
    /// by side on one head; those that are dropped leave no trace. Writes that change nothing are left out.
    ///
    /// # Errors
    /// A height that is not the next one, a store that is not declared, a key or value of a size that is not allowed, or the
    /// disk fails.
    pub fn stage(&self, height: u64, changes: WriteSet) -> Result<Staged, StoreError> {
        commit::stage(&self.inner, None, height, (changes, Stores::Kept))
    }

    /// As [`Store::stage`], for a block that was executed on `view`: what its execution has read is not read again.
    ///
    /// # Errors
    /// As [`Store::stage`], and [`StoreError::Stale`] when `view` is not a view of the head.
    pub fn stage_on(&self, view: &Snapshot, height: u64, changes: WriteSet) -> Result<Staged, StoreError> {
        commit::stage(&self.inner, Some(view), height, (changes, Stores::Kept))
    }

    /// As [`Store::stage_on`], for a block that upgrades: with it the stores that are [`Store::pending`] are there, and the application hash
    /// covers them.
    ///
    /// # Errors
    /// As [`Store::stage_on`].
    pub fn stage_upgrade(
        &self,
        view: &Snapshot,
        height: u64,
        changes: WriteSet,
    ) -> Result<Staged, StoreError> {
        commit::stage(&self.inner, Some(view), height, (changes, Stores::Widened))
    }

    /// The state of the head, to execute the next block on: what it reads from the disk it remembers, up to 64 MiB, for
    /// [`Store::stage_on`]. It is for one execution; queries take a [`Store::snapshot`].
    ///
    /// # Errors
    /// As [`Store::snapshot`].
    pub fn execution_view(&self) -> Result<Snapshot, StateError> {
        self.inner.snapshot(None, Some(Reads::default())).map(|(snapshot, _)| snapshot)
    }

    /// Makes a staged block durable, then visible. When this returns, the height survives loss of power.
    ///
    /// # Errors
    /// The block does not build on the head; or the write fails, after which the store writes nothing more: open it again.
    pub fn commit(&self, staged: Staged) -> Result<Committed, StoreError> {
        commit::commit(&self.inner, staged)
    }

    /// The state of `height`, or of the head. Before genesis the head is the empty state.
    ///
    /// # Errors
    /// [`StateError::UnknownHeight`] with the heights there are.
    pub fn snapshot(&self, height: Option<u64>) -> Result<Snapshot, StateError> {
        self.inner.snapshot(height, None).map(|(snapshot, _)| snapshot)
    }

    /// The value at `key` at `height` (or at the head), or its absence, with its proof.
    ///
    /// A store without entries has no ICS-23 proof of absence: the first step then names no neighbour and verifies nowhere,
    /// while the second still proves that the root of the store is the one of the empty tree.
    ///
    /// # Errors
    /// [`StoreError::NoProof`] for a height that is too old, [`StoreError::NotProvable`] for a derived value, and as
    /// [`Store::snapshot`].
    pub fn prove(&self, height: Option<u64>, key: &StateKey) -> Result<Proof, StoreError> {
        if key.space != Space::Tree || key.key.is_empty() {
            return Err(StoreError::NotProvable(format!("{key:?}")));
        }
        let (snapshot, head) = self.inner.snapshot(height, None)?;
        let height = snapshot.height();
        if head.committed.is_none() {
            return Err(StateError::UnknownHeight { height, earliest: 0, latest: 0 }.into());
        }
        let trees = self.trees_at(height, head.height())?;
        let unknown = || StoreError::UnknownStore(key.store.name().to_owned());
        let tree = trees.store(key.store).ok_or_else(unknown)?;
        let value_of = |bytes: &[u8]| {
            snapshot.get(&StateKey { store: key.store, space: Space::Tree, key: bytes.into() })
        };
        proof::prove(height, key, tree, trees.app(), value_of)
    }

    /// The earliest height that can be proven; `None` before genesis.
    #[must_use]
    pub fn earliest_proof(&self) -> Option<u64> {
        self.latest().map(|latest| self.first_proof(latest.height))
    }

    fn first_proof(&self, latest: u64) -> u64 {
        latest.saturating_sub(self.inner.proofs.saturating_sub(1)).max(self.inner.pins.lock().earliest)
    }

    /// The trees of a height that the caller has pinned. After a start they are made from the head's by undoing heights.
    fn trees_at(&self, height: u64, latest: u64) -> Result<Trees, StoreError> {
        let earliest = self.first_proof(latest);
        if height < earliest {
            return Err(StoreError::NoProof { height, earliest, latest });
        }
        let gone = || StoreError::NoProof { height, earliest, latest };
        let (mut at, mut trees) = {
            let recent = self.inner.recent.lock();
            recent.range(height..).next().map(|(at, trees)| (*at, trees.clone())).ok_or_else(gone)?
        };
        let epoch = self.inner.epoch();
        while at > height {
            trees = Undo::of(&self.inner, at)?.apply(&trees);
            at = at.saturating_sub(1);
            let mut recent = self.inner.recent.lock();
            if self.inner.epoch() == epoch {
                recent.entry(at).or_insert_with(|| trees.clone());
            }
        }
        Ok(trees)
    }

    /// Every value under the application hash of the head, in key order.
    ///
    /// # Errors
    /// Before genesis there is nothing to export; the disk fails.
    pub fn export(&self) -> Result<Export<'_>, StoreError> {
        // Between two commits, so that the cursor sees exactly the head.
        let _writer = self.inner.writer.lock();
        self.inner.check_usable()?;
        let committed =
            self.latest().ok_or(StateError::UnknownHeight { height: 0, earliest: 0, latest: 0 })?;
        let mut cursor = self.inner.backend.cursor(Column::Latest);
        cursor.seek(&[])?;
        Ok(Export::new(&self.inner, cursor, committed))
    }

    /// How many values the application hash covers.
    #[must_use]
    pub fn keys(&self) -> u64 {
        self.inner.head().trees.keys()
    }

    /// Bytes of memory the trees take, those of past heights that are still held and free places included.
    #[must_use]
    pub fn tree_bytes(&self) -> u64 {
        self.inner.head().trees.bytes()
    }

    /// Stops pruning, brings everything to the disk and closes. The database itself closes when the last snapshot is gone.
    ///
    /// # Errors
    /// The disk fails.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.threads.clear();
        self.flush()
    }
}
