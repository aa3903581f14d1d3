//! The index of transactions and blocks by hash and by event.
//!
//! New entries are held in memory; when they have grown they are written as one sorted file ([`run`]) and
//! forgotten. What is in no file is built anew from the block store at start, so nothing here needs to be
//! flushed with a block. The conditions of a query must hold within one event, as in CometBFT 0.38;
//! conditions on the height bound the others.

mod heights;
mod keys;
mod run;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use tendermint_proto::v0_38::abci::{Event, ResponseFinalizeBlock};

use super::DevnetError;
use super::hashes::sha256;
use crate::chain::{BlockInfo, ChainError, indexed_pairs};
use crate::event_query::{Condition, Number, Operand, Operator, Query};
use heights::narrow;
use keys::{BLOCK_EVENT, BLOCK_HASH, Hit, TX_EVENT, TX_HASH, number};
use run::Run;

/// The most keys one search looks at.
const MAX_SCANNED: usize = 500_000;
/// Entries in memory are written out when their keys take this many bytes.
pub(super) const MEMORY_BYTES: usize = 32 << 20;

/// Height and place in the block.
pub(super) type Place = (u64, u32);

/// What a search found.
pub(super) enum Found {
    /// Matches, oldest first.
    Places(Vec<Place>),
    /// Everything in these heights: only the height was asked for.
    Heights(RangeInclusive<u64>),
}

#[derive(Debug)]
pub(super) struct Index {
    folder: PathBuf,
    /// In the order of their heights, without gaps.
    runs: Vec<Run>,
    recent: BTreeSet<Box<[u8]>>,
    recent_bytes: usize,
    memory_bytes: usize,
    /// The first indexed height.
    base: u64,
    /// Transactions in all blocks up to and including that of each height.
    tx_totals: Vec<u64>,
}

impl Index {
    /// Opens the files in `folder` that belong to the chain: `hash_at` tells the hash of its block at a
    /// height. Others are deleted.
    pub(super) fn open(
        folder: &Path,
        base: u64,
        memory_bytes: usize,
        hash_at: impl Fn(u64) -> Result<Option<Vec<u8>>, DevnetError>,
    ) -> Result<Self, DevnetError> {
        std::fs::create_dir_all(folder).map_err(|e| DevnetError::io("create", folder, &e))?;
        let (recent, folder) = (BTreeSet::new(), folder.to_owned());
        let mut index = Self {
            folder,
            runs: Vec::new(),
            recent,
            recent_bytes: 0,
            memory_bytes,
            base,
            tx_totals: Vec::new(),
        };
        while let Some(run) = Run::find(&index.folder, index.next_height())? {
            if hash_at(*run.heights().end())?.as_deref() != Some(run.last_hash()) {
                run.delete()?;
                break;
            }
            let mut total = index.tx_totals.last().copied().unwrap_or(0);
            index.tx_totals.extend(run.tx_counts().iter().map(|count| {
                total += u64::from(*count);
                total
            }));
            index.runs.push(run);
        }
        Ok(index)
    }

    /// The height of the block to be added next.
    pub(super) fn next_height(&self) -> u64 {
        self.base + self.tx_totals.len() as u64
    }

    /// Adds a block. A block that is there already changes nothing.
    pub(super) fn add(
        &mut self,
        block: &BlockInfo,
        results: &ResponseFinalizeBlock,
    ) -> Result<(), DevnetError> {
        let height = block.block.header.as_ref().and_then(|h| u64::try_from(h.height).ok()).unwrap_or(0);
        if height != self.next_height() {
            return Ok(());
        }
        self.insert([&[BLOCK_HASH], block.block_id.hash.as_slice(), &height.to_be_bytes()].concat());
        self.add_events(BLOCK_EVENT, height, 0, &results.events);
        let txs = block.block.data.as_ref().map_or(&[][..], |data| data.txs.as_slice());
        for ((place, tx), result) in (0_u32..).zip(txs).zip(&results.tx_results) {
            let (high, low) = (height.to_be_bytes(), place.to_be_bytes());
            // Of a transaction that is in several blocks the one that succeeded counts: it is the last of its
            // keys.
            let succeeded = [u8::from(result.code == 0)];
            self.insert([&[TX_HASH], sha256(tx).as_slice(), &succeeded, &high, &low].concat());
            self.add_events(TX_EVENT, height, place, &result.events);
        }
        let before = self.tx_totals.last().copied().unwrap_or(0);
        self.tx_totals.push(before + txs.len() as u64);
        if self.recent_bytes >= self.memory_bytes {
            self.write_out(block.block_id.hash.clone())?;
        }
        Ok(())
    }

    fn add_events(&mut self, kind: u8, height: u64, place: u32, events: &[Event]) {
        for (number, event) in (0_u32..).zip(events) {
            for (tag, value) in indexed_pairs(std::slice::from_ref(event)) {
                if !matches!(tag.as_str(), "tx.hash" | "tx.height" | "block.height")
                    && let Some(key) = keys::event(kind, &tag, value, (height, place, number))
                {
                    self.insert(key);
                }
            }
        }
    }

    fn insert(&mut self, key: Vec<u8>) {
        self.recent_bytes += key.len();
        self.recent.insert(key.into());
    }

    fn write_out(&mut self, last_hash: Vec<u8>) -> Result<(), DevnetError> {
        let from = self.runs.last().map_or(self.base, |run| run.heights().end() + 1);
        let counts = (from..self.next_height()).map(|height| {
            let count = self.txs_before(height + 1) - self.txs_before(height);
            u32::try_from(count).unwrap_or(u32::MAX)
        });
        let keys = self.recent.iter().map(|key| &**key);
        self.runs.push(Run::write(&self.folder, from, counts.collect(), last_hash, keys)?);
        self.recent.clear();
        self.recent_bytes = 0;
        Ok(())
    }

    /// Where the transaction with this SHA-256 is.
    pub(super) fn tx(&self, hash: &[u8]) -> Result<Option<Place>, DevnetError> {
        let found = self.greatest(TX_HASH, hash)?;
        Ok(found.as_deref().and_then(|found| {
            let (height, place) = found.get(1..)?.split_at_checked(8)?;
            Some((number(height)?, u32::try_from(number(place)?).ok()?))
        }))
    }

    /// The height of the block with this hash.
    pub(super) fn block(&self, hash: &[u8]) -> Result<Option<u64>, DevnetError> {
        Ok(self.greatest(BLOCK_HASH, hash)?.as_deref().and_then(number))
    }

    /// What follows a hash in the last of its keys.
    fn greatest(&self, kind: u8, hash: &[u8]) -> Result<Option<Vec<u8>>, DevnetError> {
        let prefix = [&[kind], hash].concat();
        let mut greatest: Option<Vec<u8>> = None;
        self.visit(&prefix, &prefix, &(0..=u64::MAX), &mut |key| {
            let rest = key.get(prefix.len()..).unwrap_or_default();
            if greatest.as_deref().is_none_or(|before| before < rest) {
                greatest = Some(rest.to_vec());
            }
            true
        })?;
        Ok(greatest)
    }

    /// Transactions in heights before `height`.
    pub(super) fn txs_before(&self, height: u64) -> u64 {
        let blocks = usize::try_from(height.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let last = blocks.min(self.tx_totals.len()).checked_sub(1);
        last.and_then(|last| self.tx_totals.get(last).copied()).unwrap_or(0)
    }

    /// Where the transaction with this number (from 0, over all blocks) is.
    pub(super) fn nth_tx(&self, number: u64) -> Option<Place> {
        let block = self.tx_totals.partition_point(|total| *total <= number);
        let height = self.base + u64::try_from(block).ok()?;
        let place = number.checked_sub(self.txs_before(height))?;
        (block < self.tx_totals.len()).then_some((height, u32::try_from(place).ok()?))
    }

    /// Transactions that match.
    pub(super) fn search_txs(&self, query: &Query) -> Result<Found, ChainError> {
        if let Some(condition) = query.conditions().iter().find(|c| c.tag == "tx.hash") {
            let hash = hex::decode(operand_text(condition)).map_err(|e| {
                ChainError::Query(format!("error during searching for a hash in the query: {e}"))
            })?;
            if hash.is_empty() {
                let reason = "error while retrieving the result: transaction hash cannot be empty";
                return Err(ChainError::Query(reason.to_owned()));
            }
            let found = if hash.len() == 32 { self.tx(&hash)? } else { None };
            return Ok(Found::Places(found.into_iter().collect()));
        }
        self.search(query, TX_EVENT, "tx.height")
    }

    /// Blocks whose events match; the place is 0.
    pub(super) fn search_blocks(&self, query: &Query) -> Result<Found, ChainError> {
        self.search(query, BLOCK_EVENT, "block.height")
    }

    fn search(&self, query: &Query, kind: u8, height_tag: &str) -> Result<Found, ChainError> {
        let (on_height, mut others): (Vec<_>, Vec<_>) =
            query.conditions().iter().partition(|condition| condition.tag == height_tag);
        let Some(last) = self.next_height().checked_sub(1) else { return Ok(Found::Places(Vec::new())) };
        let heights = on_height.into_iter().fold(self.base..=last, narrow);
        if others.is_empty() {
            return Ok(Found::Heights(heights));
        }
        // Conditions that name a value cost least and leave the fewest events for the others.
        others.sort_by_key(|condition| condition.operator != Operator::Equal);
        let mut budget = MAX_SCANNED;
        let mut hits: Option<BTreeSet<Hit>> = None;
        for condition in others {
            let mut found = BTreeSet::new();
            self.scan(kind, condition, &heights, &mut budget, |hit| {
                if hits.as_ref().is_none_or(|hits| hits.contains(&hit)) {
                    found.insert(hit);
                }
            })?;
            let is_empty = found.is_empty();
            hits = Some(found);
            if is_empty {
                break;
            }
        }
        let mut places: Vec<Place> =
            hits.unwrap_or_default().into_iter().map(|(height, place, _)| (height, place)).collect();
        places.dedup();
        Ok(Found::Places(places))
    }

    /// Calls `hit` for every event within `heights` that satisfies `condition`.
    fn scan(
        &self,
        kind: u8,
        condition: &Condition,
        heights: &RangeInclusive<u64>,
        budget: &mut usize,
        mut hit: impl FnMut(Hit),
    ) -> Result<(), ChainError> {
        let value = (condition.operator == Operator::Equal).then(|| operand_text(condition));
        let prefix = keys::prefix(kind, &condition.tag, value);
        let mut from = prefix.clone();
        if value.is_some() {
            // Within one value keys are in the order of their heights.
            from.extend_from_slice(&heights.start().to_be_bytes());
        }
        let mut exhausted = false;
        self.visit(&prefix, &from, heights, &mut |key| {
            match budget.checked_sub(1) {
                Some(left) => *budget = left,
                None => {
                    exhausted = true;
                    return false;
                }
            }
            let Some((found, at)) = keys::parse(key, kind, &condition.tag) else { return true };
            let fits = match value {
                Some(value) if found != value.as_bytes() => false,
                Some(_) if at.0 > *heights.end() => return false,
                Some(_) => true,
                None => std::str::from_utf8(found).is_ok_and(|found| holds(condition, found)),
            };
            if fits && heights.contains(&at.0) {
                hit(at);
            }
            true
        })?;
        if exhausted {
            return Err(ChainError::Query(format!(
                "the query looks at more than {MAX_SCANNED} index entries; narrow it with a range of heights"
            )));
        }
        Ok(())
    }

    /// Calls `visit` with the keys that begin with `prefix`, from `from`, in the files that touch `heights`
    /// and in memory, until it returns false.
    fn visit(
        &self,
        prefix: &[u8],
        from: &[u8],
        heights: &RangeInclusive<u64>,
        visit: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), DevnetError> {
        let until = keys::end_of(prefix);
        if from > until.as_slice() {
            return Ok(());
        }
        let mut goes_on = true;
        for run in &self.runs {
            let covered = run.heights();
            if covered.start() <= heights.end() && covered.end() >= heights.start() && goes_on {
                run.scan(from, &until, &mut |key| {
                    goes_on = visit(key);
                    goes_on
                })?;
            }
        }
        if goes_on {
            let range: RangeInclusive<Box<[u8]>> = Box::from(from)..=Box::from(until);
            for key in self.recent.range(range) {
                if !visit(key) {
                    break;
                }
            }
        }
        Ok(())
    }
}

fn operand_text(condition: &Condition) -> &str {
    match &condition.operand {
        Operand::None => "",
        Operand::Text(text) | Operand::Number(_, text) | Operand::Date(_, text) | Operand::Time(_, text) => {
            text
        }
    }
}

/// In the index a value is a number only if all of it is one.
fn holds(condition: &Condition, value: &str) -> bool {
    match &condition.operand {
        Operand::Number(bound, _) => {
            Number::parse(value.trim()).is_some_and(|number| condition.operator.holds(&number, bound))
        }
        _ => condition.matches(value),
    }
}
