//! Everything the exchange stores.

use agora_primitives::{Address, Denom};
use agora_state::{
    AccumulatorMap, CollectionInfo, Item, KeyBytes, KeyCodec, KeyError, Map, Set, Space, StateError,
    StateKey, StateRead, StateValue, StoreId, Value, WriteSet,
};

use crate::num::Wide;
use crate::oracle::record::{Latest, Record};
use crate::params::Params;
use crate::pool::concentrated::Tick;
use crate::pool::{Pool, PoolId, PositionId};
use crate::position::Position;
use crate::protection::Clock;

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("dex");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1, Space::Tree, "PARAMS");

/// The pools.
pub(crate) const POOLS: Map<PoolId, Pool> = Map::new(STORE, 2, Space::Tree, "POOLS");

/// Where ranges of concentrated pools begin or end.
pub(crate) const TICKS: Map<(PoolId, TickKey), Tick> = Map::new(STORE, 3, Space::Tree, "TICKS");

/// One bit for each tick in [`TICKS`], 256 to a word.
pub(crate) const BITMAP: Map<(PoolId, u16), Wide> = Map::new(STORE, 4, Space::Tree, "BITMAP");

/// Liquidity in ranges.
pub(crate) const POSITIONS: Map<PositionId, Position> = Map::new(STORE, 5, Space::Tree, "POSITIONS");

/// Whose the positions are.
pub(crate) const OWNED: Set<(Address, PositionId)> = Set::new(STORE, 6, Space::Tree, "OWNED");

/// The last record of each pool's prices.
pub(crate) const LATEST: Map<PoolId, Latest> = Map::new(STORE, 7, Space::Tree, "LATEST");

/// Earlier records, by their time in milliseconds.
pub(crate) const RECORDS: Map<(PoolId, u64), Record> = Map::new(STORE, 8, Space::Tree, "RECORDS");

/// How often a pool was changed in the block under way; at its end what is left asks for another record in the next.
pub(crate) const TOUCHED: AccumulatorMap<PoolId> = AccumulatorMap::new(STORE, 9, Space::Tree, "TOUCHED");

/// Taker fees collected and not yet handed on.
pub(crate) const TAKER_FEES: AccumulatorMap<Denom> =
    AccumulatorMap::new(STORE, 10, Space::Tree, "TAKER_FEES");

/// When blocks came; kept if governance asks to look out for the chain standing still.
pub(crate) const CLOCK: Item<Clock> = Item::new(STORE, 11, Space::Tree, "CLOCK");

/// The pools between two coins, in both orders; follows from [`POOLS`].
pub(crate) const PAIRS: Set<(Denom, Denom, PoolId)> = Set::new(STORE, 16, Space::Derived, "PAIRS");

/// A tick as a key: in the order of the prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TickKey(pub(crate) i32);

impl KeyCodec for TickKey {
    fn encode_inner(&self, out: &mut KeyBytes) {
        (self.0.cast_unsigned() ^ 0x8000_0000).encode_inner(out);
    }

    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
        let (key, rest) = u32::decode_inner(bytes)?;
        Ok((Self((key ^ 0x8000_0000).cast_signed()), rest))
    }
}

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![
        PARAMS.info(),
        POOLS.info(),
        TICKS.info(),
        BITMAP.info(),
        POSITIONS.info(),
        OWNED.info(),
        LATEST.info(),
        RECORDS.info(),
        TOUCHED.info(),
        TAKER_FEES.info(),
        CLOCK.info(),
        PAIRS.info(),
    ]
}

/// Puts a new pool into [`PAIRS`]. Pools do not end, and their coins do not change.
pub(crate) fn derive(key: &StateKey, value: Option<&Value>, derived: &mut WriteSet) {
    let Some((&collection, id)) = key.key.split_first() else { return };
    if collection != POOLS.info().id || key.space != Space::Tree {
        return;
    }
    let pool = value.and_then(|value| Pool::decode_value(value).ok());
    let (Ok(id), Some(pool)) = (PoolId::decode_last(id), pool) else { return };
    for from in &pool.reserves {
        for to in pool.reserves.iter().filter(|to| to.denom != from.denom) {
            let key = PAIRS.key(&(from.denom.clone(), to.denom.clone(), id));
            derived.insert(key, Some(Value::from([1u8].as_slice())));
        }
    }
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}

/// The raw key prefix of what belongs to a pool, or of what an account owns.
pub(crate) fn prefix(part: &impl KeyCodec) -> KeyBytes {
    let mut prefix = KeyBytes::new();
    part.encode_inner(&mut prefix);
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_sort_by_price() {
        let bytes = |tick| {
            let mut out = KeyBytes::new();
            TickKey(tick).encode_inner(&mut out);
            assert_eq!(TickKey::decode_last(&out), Ok(TickKey(tick)));
            out
        };
        let ticks = [i32::MIN, -887_272, -1, 0, 1, 887_272, i32::MAX];
        assert!(ticks.map(bytes).is_sorted());
    }
}
