//! Bugs put in on purpose: what the comparisons must find. Asked for by name, never there by themselves.

use std::collections::{BTreeMap, HashMap};
use std::time::{SystemTime, UNIX_EPOCH};

use agora_framework::{AppError, BlockCtx, Event, Module, Registry, StateCtx};
use agora_primitives::Dec;
use agora_state::{
    CollectionInfo, Entries, Item, KeyRange, Space, StateError, StateKey, StateRead, StoreId, Value, WriteSet,
};
use parking_lot::Mutex;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Plant {
    /// An event lists what a `HashMap` holds, in its order.
    MapOrder,
    /// The clock in a value.
    Clock,
    /// The number of threads in a value.
    Threads,
    /// The time zone, the language and the home folder in an event.
    Environment,
    /// Whether this is a debug build, in a value.
    Build,
    /// The options of the database in an event.
    Options,
    /// Execution reads through a cache that queries fill, too, and that is cleared of what a block changes before and not
    /// after the block is committed.
    StaleCache,
    /// The price of gas is rounded up and not down.
    Rounding,
}

const STORE: StoreId = StoreId::new("planted");
const VALUE: Item<u64> = Item::new(STORE, 1, Space::Tree, "VALUE");
const BASE_GAS_PRICE: Item<Dec> = Item::new(StoreId::new("feemarket"), 2, Space::Tree, "BASE_GAS_PRICE");

/// The module that misbehaves.
pub(crate) struct Planted {
    pub(crate) plant: Plant,
    /// What the database was opened with.
    pub(crate) options: String,
    /// The last price seen.
    pub(crate) price: Mutex<Option<Dec>>,
}

impl Planted {
    pub(crate) fn new(plant: Plant, options: String) -> Self {
        Self { plant, options, price: Mutex::new(None) }
    }

    fn has_value(&self) -> bool {
        matches!(self.plant, Plant::Clock | Plant::Threads | Plant::Build)
    }

    fn round_up(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let price = BASE_GAS_PRICE.get(ctx)?;
        let mut last = self.price.lock();
        if let Some(moved) = price.filter(|_| price != *last) {
            let up = Dec::from_atomics(moved.atomics() + 1);
            BASE_GAS_PRICE.set(ctx, &up)?;
            *last = Some(up);
        }
        Ok(())
    }
}

impl Module for Planted {
    fn name(&self) -> &'static str {
        "planted"
    }

    fn store(&self) -> Option<StoreId> {
        self.has_value().then_some(STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        if self.has_value() { vec![VALUE.info()] } else { Vec::new() }
    }

    fn register(&self, _: &mut Registry) {}

    fn end_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        match self.plant {
            Plant::MapOrder => {
                let map: HashMap<u64, u64> = (0..16).map(|i| (i, i)).collect();
                let order: Vec<String> = map.keys().map(u64::to_string).collect();
                ctx.emit(Event::new("planted").with("order", order.join(" ")));
            }
            Plant::Clock => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                VALUE.set(ctx, &u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))?;
            }
            Plant::Threads => VALUE.set(ctx, &(rayon::current_num_threads() as u64))?,
            Plant::Build => VALUE.set(ctx, &u64::from(cfg!(debug_assertions)))?,
            Plant::Environment => {
                let event = ["TZ", "LANG", "HOME"].into_iter().fold(Event::new("planted"), |event, name| {
                    event.with(name, std::env::var(name).unwrap_or_default())
                });
                ctx.emit(event);
            }
            Plant::Options => ctx.emit(Event::new("planted").with("options", &self.options)),
            Plant::Rounding => self.round_up(ctx)?,
            Plant::StaleCache => {}
        }
        Ok(())
    }
}

/// The cache of [`Plant::StaleCache`]. Right as long as nobody asks anything while blocks are committed.
#[derive(Debug, Default)]
pub(crate) struct StaleCache(Mutex<BTreeMap<StateKey, Option<Value>>>);

impl StaleCache {
    /// The bug: between this and the end of the commit a query puts the old value back.
    pub(crate) fn evict_before_commit(&self, writes: &WriteSet) {
        let mut entries = self.0.lock();
        for key in writes.keys() {
            entries.remove(key);
        }
    }
}

/// A state read through the cache.
pub(crate) struct Cached<'a> {
    pub(crate) cache: &'a StaleCache,
    pub(crate) state: &'a (dyn StateRead + Sync),
}

impl StateRead for Cached<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        if let Some(value) = self.cache.0.lock().get(key) {
            return Ok(value.clone());
        }
        let value = self.state.get(key)?;
        self.cache.0.lock().insert(key.clone(), value.clone());
        Ok(value)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        self.state.range(range)
    }
}
