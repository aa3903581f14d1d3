//! Opening what a fault has left, and comparing all of it with the undisturbed chain.

use std::path::Path;
use std::time::{Duration, Instant};

use agora_state::{KeyRange, Space, StateKey, StateRead};

use super::chain::{Chain, KEEP, Model, STORES, block};
use super::notes::Bounds;
use super::worker::Settings;
use crate::{Options, Store, StoreError};

/// The longest a start may take after a crash.
const READY: Duration = Duration::from_secs(10);

/// What is wrong with a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It cannot be used, and says so.
    Refused(StoreError),
    /// It gave a wrong answer.
    Wrong(String),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<agora_state::StateError> for Fault {
    fn from(error: agora_state::StateError) -> Self {
        Self::Refused(error.into())
    }
}

/// Opens the database in `home`, checks every value and hash of every height, and goes on to the end of the chain; the
/// height found, or what is wrong.
pub(super) fn verify(home: &Path, chain: &Chain, bounds: Bounds) -> Result<u64, Fault> {
    let begun = Instant::now();
    let options = Options { background_pruning: false, ..Settings::options(home) };
    let store = Store::open(options)?;
    if begun.elapsed() > READY {
        return Err(Fault::Wrong(format!("ready after {:?}", begun.elapsed())));
    }
    let height = store.latest().map_or(0, |latest| latest.height);
    if height < bounds.lowest || height > bounds.highest {
        return Err(Fault::Wrong(format!("height {height}, possible was {bounds:?}")));
    }
    compare(&store, chain)?;
    for height in height + 1..=chain.end() {
        let committed = store.commit(store.stage(height, block(chain.seed, height))?)?;
        if Some(committed.app_hash) != chain.hash(height) {
            return Err(Fault::Wrong(format!("going on, another hash at height {height}")));
        }
        while store.prune_step(1000)? {}
    }
    compare(&store, chain)?;
    store.close()?;
    Ok(height)
}

/// Copies the files of a folder that may not be there.
pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Compares every value and hash that can be read.
fn compare(store: &Store, chain: &Chain) -> Result<(), Fault> {
    let Some(latest) = store.latest() else {
        return match values(store, None)?.is_empty() {
            true => Ok(()),
            false => Err(Fault::Wrong("values before genesis".to_owned())),
        };
    };
    let earliest = store.earliest_height().unwrap_or(0);
    if earliest == 0 || earliest > latest.height || latest.height - earliest > KEEP + 4 {
        return Err(Fault::Wrong(format!("readable are {earliest} to {}", latest.height)));
    }
    for height in earliest..=latest.height {
        let expected = chain.hash(height);
        let recorded = store.app_hash_at(height)?;
        let head = if height == latest.height { Some(latest.app_hash) } else { expected };
        if recorded != expected || head != expected {
            let readable = format!("readable are {earliest} to {}", latest.height);
            let recorded = recorded.map(|hash| crate::error::hex(&hash));
            return Err(Fault::Wrong(format!("another hash at height {height}: {recorded:?}; {readable}")));
        }
        if values(store, Some(height))? != *chain.model(height) {
            return Err(Fault::Wrong(format!("other values at height {height}")));
        }
    }
    Ok(())
}

/// All values at a height.
fn values(store: &Store, height: Option<u64>) -> Result<Model, Fault> {
    let snapshot = store.snapshot(height)?;
    let mut all = Model::new();
    for id in STORES {
        for space in [Space::Tree, Space::Derived] {
            let range =
                KeyRange { store: id, space, start: vec![], end: None, reverse: false, limit: usize::MAX };
            for (key, value) in snapshot.range(&range)? {
                all.insert(StateKey { store: id, space, key: key.into() }, value);
            }
        }
    }
    Ok(all)
}
