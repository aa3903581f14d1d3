//! One transaction's own view of the state, and the log of what it saw.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::accumulator::{decode_sum, encode_sum};
use crate::key::{Entries, KeyRange, MAX_KEY_LEN, MAX_VALUE_LEN, StateKey, Value};
use crate::key_map::KeyMap;
use crate::layer::Net;
use crate::overlay::{checked_sum, entries_in};
use crate::traits::{Bounds, StateError, StateRead, StateWrite};

/// The predicate of a bounded addition, to be checked again in block order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundCheck {
    /// The accumulator.
    pub key: StateKey,
    /// The transaction's own net addition at that moment, the checked one included.
    pub delta: i128,
    /// The bounds of the sum.
    pub bounds: Bounds,
    /// What the check said.
    pub held: bool,
}

/// Everything a transaction saw of the state below it.
///
/// A transaction whose log still holds against the state it commits to has the result it would have there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessLog {
    /// Values read, by key; `None` where nothing was found.
    pub reads: KeyMap<Option<Value>>,
    /// Scans with the entries they found, absence included.
    pub ranges: Vec<(KeyRange, Entries)>,
    /// Bounded additions.
    pub bounds: Vec<BoundCheck>,
    /// The state below could not be read somewhere, so what the transaction came to follows from nothing that is logged.
    pub failed: bool,
}

/// The net changes of a transaction: writes, and additions that were not turned into writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Final values, `None` for a deletion.
    pub writes: KeyMap<Option<Value>>,
    /// Additions to sums whose value was not needed.
    pub deltas: KeyMap<i128>,
}

impl Changes {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.deltas.is_empty()
    }

    /// What becomes of each key: writes first, then additions, each in key order.
    pub fn into_nets(self) -> impl Iterator<Item = (StateKey, Net)> {
        let values = self.writes.into_iter().map(|(key, value)| (key, Net::Value(value)));
        values.chain(self.deltas.into_iter().map(|(key, delta)| (key, Net::Add(delta))))
    }

    /// Takes what was changed after these changes.
    ///
    /// # Errors
    /// A sum leaves `i128`.
    pub fn absorb(&mut self, later: Self) -> Result<(), StateError> {
        for (key, value) in later.writes {
            self.deltas.remove(&key);
            self.writes.insert(key, value);
        }
        later.deltas.into_iter().try_for_each(|(key, delta)| add_to(self, &key, delta))
    }
}

/// A view over a base: writes stay here, reads are logged, savepoints nest.
pub struct TrackedView<'a> {
    base: &'a dyn StateRead,
    /// The first layer is the transaction; each savepoint adds one.
    layers: Vec<Changes>,
    log: RefCell<AccessLog>,
}

impl<'a> TrackedView<'a> {
    /// A fresh view.
    #[must_use]
    pub fn new(base: &'a dyn StateRead) -> Self {
        Self { base, layers: vec![Changes::default()], log: RefCell::default() }
    }

    /// Opens a savepoint.
    pub fn savepoint(&mut self) {
        self.layers.push(Changes::default());
    }

    /// Keeps what was written since the last savepoint.
    ///
    /// # Errors
    /// A sum leaves `i128`.
    pub fn keep(&mut self) -> Result<(), StateError> {
        if self.layers.len() < 2 {
            return Ok(());
        }
        let Some(top) = self.layers.pop() else { return Ok(()) };
        let Some(below) = self.layers.last_mut() else { return Ok(()) };
        below.absorb(top)
    }

    /// Drops what was written since the last savepoint; what was read stays logged.
    pub fn rollback(&mut self) {
        if self.layers.len() > 1 {
            self.layers.pop();
        }
    }

    /// The open savepoints.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.layers.len().saturating_sub(1)
    }

    /// Ends the view: changes of everything kept, and the log. Open savepoints are dropped.
    #[must_use]
    pub fn finish(mut self) -> (Changes, AccessLog) {
        self.layers.truncate(1);
        (self.layers.pop().unwrap_or_default(), self.log.into_inner())
    }

    /// The value below this view, logged as read.
    fn read_base(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        if let Some(seen) = self.log.borrow().reads.get(key) {
            return Ok(seen.clone());
        }
        let value = self.get_base(key)?;
        self.log.borrow_mut().reads.insert(key.clone(), value.clone());
        Ok(value)
    }

    /// The value below this view; only a failure is logged.
    fn get_base(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.base.get(key).inspect_err(|_| self.log.borrow_mut().failed = true)
    }

    /// The own net addition to `key` above the last write, and that write if there is one.
    fn own(&self, key: &StateKey) -> Result<(i128, Option<&Option<Value>>), StateError> {
        let mut delta = 0i128;
        for layer in self.layers.iter().rev() {
            if let Some(own) = layer.deltas.get(key) {
                delta = checked_sum(delta, *own)?;
            }
            if let Some(value) = layer.writes.get(key) {
                return Ok((delta, Some(value)));
            }
        }
        Ok((delta, None))
    }

    fn top(&mut self) -> Result<&mut Changes, StateError> {
        self.layers.last_mut().ok_or_else(|| StateError::Backend("a view without layers".to_owned()))
    }
}

/// Adds to a layer: into its own write if it has one, else as a delta.
fn add_to(layer: &mut Changes, key: &StateKey, delta: i128) -> Result<(), StateError> {
    if let Some(value) = layer.writes.get_mut(key) {
        *value = encode_sum(checked_sum(decode_sum(key, value.as_deref())?, delta)?);
        return Ok(());
    }
    if let Some(own) = layer.deltas.get_or_insert(key, 0) {
        *own = checked_sum(*own, delta)?;
    }
    Ok(())
}

impl StateRead for TrackedView<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        let (delta, written) = self.own(key)?;
        let below = match written {
            Some(value) => value.clone(),
            None => self.read_base(key)?,
        };
        if delta == 0 {
            return Ok(below);
        }
        Ok(encode_sum(checked_sum(decode_sum(key, below.as_deref())?, delta)?))
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        let mut own: BTreeMap<Vec<u8>, Option<Value>> = BTreeMap::new();
        for layer in &self.layers {
            for (key, value) in entries_in(&layer.writes, range) {
                own.insert(key.key.to_vec(), value.clone());
            }
        }
        let mut summed: Vec<StateKey> = Vec::new();
        for layer in &self.layers {
            summed.extend(entries_in(&layer.deltas, range).map(|(key, _)| key.clone()));
        }
        for key in summed {
            let value = self.get(&key)?;
            own.insert(key.key.to_vec(), value);
        }
        let logged = LoggedBase { base: self.base, log: &self.log };
        merge_range(&logged, range, own)
    }
}

/// Logs the scans that reach the base.
struct LoggedBase<'v> {
    base: &'v dyn StateRead,
    log: &'v RefCell<AccessLog>,
}

impl StateRead for LoggedBase<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.base.get(key)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        let found = self.base.range(range).inspect_err(|_| self.log.borrow_mut().failed = true)?;
        self.log.borrow_mut().ranges.push((range.clone(), found.clone()));
        Ok(found)
    }
}

impl StateWrite for TrackedView<'_> {
    fn set(&mut self, key: &StateKey, value: Value) -> Result<(), StateError> {
        if value.is_empty() {
            return Err(StateError::Size(format!("the value of {key:?} is empty")));
        }
        if value.len() > MAX_VALUE_LEN || key.key.len() > MAX_KEY_LEN {
            return Err(StateError::Size(format!(
                "an entry of {} and {} bytes exceeds {MAX_KEY_LEN} and {MAX_VALUE_LEN}",
                key.key.len(),
                value.len()
            )));
        }
        let top = self.top()?;
        top.deltas.remove(key);
        top.writes.insert(key.clone(), Some(value));
        Ok(())
    }

    fn delete(&mut self, key: &StateKey) -> Result<(), StateError> {
        let top = self.top()?;
        top.deltas.remove(key);
        top.writes.insert(key.clone(), None);
        Ok(())
    }

    fn add(&mut self, key: &StateKey, delta: i128, bounds: Option<Bounds>) -> Result<(), StateError> {
        if let Some(bounds) = bounds {
            let (own, written) = self.own(key)?;
            let own = checked_sum(own, delta)?;
            let below = match written {
                Some(value) => decode_sum(key, value.as_deref())?,
                None => decode_sum(key, self.get_base(key)?.as_deref())?,
            };
            let sum = below.checked_add(own);
            let held = bounds.hold(sum);
            if written.is_none() {
                // Logged whatever it says: that it failed is seen of the state, too.
                self.log.borrow_mut().bounds.push(BoundCheck { key: key.clone(), delta: own, bounds, held });
            }
            if !held {
                let sum = sum.unwrap_or_else(|| below.saturating_add(own));
                return Err(StateError::OutOfBounds { sum, lo: bounds.lo, hi: bounds.hi });
            }
        }
        add_to(self.top()?, key, delta)
    }
}

/// The entries of `base` in `range` with `own` changes laid over them.
///
/// The base is asked for as many entries more as `own` deletes, so that enough are left.
pub(crate) fn merge_range(
    base: &dyn StateRead,
    range: &KeyRange,
    own: BTreeMap<Vec<u8>, Option<Value>>,
) -> Result<Entries, StateError> {
    let hidden = own.values().filter(|v| v.is_none()).count();
    let wider = KeyRange { limit: range.limit.saturating_add(hidden), ..range.clone() };
    let mut merged: BTreeMap<Vec<u8>, Value> = base.range(&wider)?.into_iter().collect();
    for (key, value) in own {
        match value {
            Some(value) => merged.insert(key, value),
            None => merged.remove(&key),
        };
    }
    Ok(if range.reverse {
        merged.into_iter().rev().take(range.limit).collect()
    } else {
        merged.into_iter().take(range.limit).collect()
    })
}

#[cfg(test)]
mod tests;
