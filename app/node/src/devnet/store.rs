//! Blocks, their results and the states after them, by height.

use std::path::Path;

use parking_lot::RwLock;
use prost::Message as _;
use tendermint_proto::v0_38::abci::ResponseFinalizeBlock;
use tendermint_proto::v0_38::types::{Block, BlockId, Commit};

use super::DevnetError;
use super::log::{Location, Log};
use super::state::State;

const BLOCK: u8 = 1;
const RESULTS: u8 = 2;
const STATE: u8 = 3;

/// A block with its id and the commit that was seen for it.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StoredBlock {
    #[prost(message, required, tag = "1")]
    pub(super) block: Block,
    #[prost(message, required, tag = "2")]
    pub(super) id: BlockId,
    #[prost(message, required, tag = "3")]
    pub(super) seen_commit: Commit,
    /// The block's own encoded size in bytes.
    #[prost(uint64, tag = "4")]
    pub(super) size: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    block: Option<Location>,
    results: Option<Location>,
    state: Option<Location>,
}

#[derive(Debug)]
struct Inner {
    log: Log,
    /// The height of the first row.
    base: u64,
    rows: Vec<Row>,
}

/// The store; its records survive the process, and the machine once [`Store::sync`] returned.
#[derive(Debug)]
pub(super) struct Store {
    inner: RwLock<Inner>,
}

impl Store {
    pub(super) fn open(folder: &Path) -> Result<Self, DevnetError> {
        let (log, entries) = Log::open(folder)?;
        let base = entries.first().map_or(0, |entry| entry.height);
        let mut inner = Inner { log, base, rows: Vec::new() };
        for entry in entries {
            inner.place(entry.kind, entry.height, entry.location)?;
        }
        Ok(Self { inner: RwLock::new(inner) })
    }

    pub(super) fn put_block(&self, height: u64, block: &StoredBlock) -> Result<(), DevnetError> {
        self.inner.write().put(BLOCK, height, &block.encode_to_vec())
    }

    pub(super) fn put_results(
        &self,
        height: u64,
        results: &ResponseFinalizeBlock,
    ) -> Result<(), DevnetError> {
        self.inner.write().put(RESULTS, height, &results.encode_to_vec())
    }

    pub(super) fn put_state(&self, state: &State) -> Result<(), DevnetError> {
        self.inner.write().put(STATE, state.height, &state.encode_to_vec())
    }

    /// Makes everything put so far durable; readers do not wait for it.
    pub(super) fn sync(&self) -> Result<(), DevnetError> {
        let handle = self.inner.read().log.handle()?;
        handle.sync()
    }

    pub(super) fn block(&self, height: u64) -> Result<Option<StoredBlock>, DevnetError> {
        self.get(height, |row| row.block)
    }

    pub(super) fn results(&self, height: u64) -> Result<Option<ResponseFinalizeBlock>, DevnetError> {
        self.get(height, |row| row.results)
    }

    pub(super) fn state(&self, height: u64) -> Result<Option<State>, DevnetError> {
        self.get(height, |row| row.state)
    }

    /// The height of the last block.
    pub(super) fn last_block(&self) -> Option<u64> {
        self.last(|row| row.block.is_some())
    }

    /// The height of the last state.
    pub(super) fn last_state(&self) -> Option<u64> {
        self.last(|row| row.state.is_some())
    }

    /// The height of the first block.
    pub(super) fn first_block(&self) -> Option<u64> {
        let inner = self.inner.read();
        let place = inner.rows.iter().position(|row| row.block.is_some())?;
        Some(inner.base + place as u64)
    }

    fn last(&self, has: impl Fn(&Row) -> bool) -> Option<u64> {
        let inner = self.inner.read();
        let place = inner.rows.iter().rposition(has)?;
        Some(inner.base + place as u64)
    }

    fn get<M: prost::Message + Default>(
        &self,
        height: u64,
        which: impl Fn(&Row) -> Option<Location>,
    ) -> Result<Option<M>, DevnetError> {
        let inner = self.inner.read();
        let place = height.checked_sub(inner.base).and_then(|i| usize::try_from(i).ok());
        let Some(location) = place.and_then(|i| inner.rows.get(i)).and_then(which) else { return Ok(None) };
        let bytes = inner.log.read(location)?;
        M::decode(bytes.as_slice()).map(Some).map_err(|e| {
            DevnetError::Store(format!("the record of height {height} cannot be read: {e}; reset the devnet"))
        })
    }
}

impl Inner {
    fn put(&mut self, kind: u8, height: u64, payload: &[u8]) -> Result<(), DevnetError> {
        let location = self.log.append(kind, height, payload)?;
        self.place(kind, height, location)
    }

    /// Notes where a record lies; a later one replaces an earlier one.
    fn place(&mut self, kind: u8, height: u64, location: Location) -> Result<(), DevnetError> {
        if self.rows.is_empty() {
            self.base = height;
        }
        let gap = || {
            DevnetError::Store(format!(
                "the block log jumps to height {height}; restore it or reset the devnet"
            ))
        };
        let place = height.checked_sub(self.base).and_then(|i| usize::try_from(i).ok()).ok_or_else(gap)?;
        if place == self.rows.len() {
            self.rows.push(Row::default());
        }
        let row = self.rows.get_mut(place).ok_or_else(gap)?;
        match kind {
            BLOCK => row.block = Some(location),
            RESULTS => row.results = Some(location),
            STATE => row.state = Some(location),
            other => {
                return Err(DevnetError::Store(format!(
                    "the block log has a record of unknown kind {other}"
                )));
            }
        }
        Ok(())
    }
}
