//! Everything staking stores.

use agora_primitives::Address;
use agora_state::{
    AccumulatorMap, CollectionInfo, Item, KeyCodec, Map, Set, Space, StateError, StateKey, StateRead,
    StoreId, Value, WriteSet,
};

use crate::concentration::Concentration;
use crate::params::Params;
use crate::types::{Header, Redelegation, Shares, Unbonding, Validator, ValidatorSet};

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("staking");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1, Space::Tree, "PARAMS");

/// Validators, by operator; but for their tokens and shares, which change with every delegation.
pub(crate) const VALIDATORS: Map<Address, Validator> = Map::new(STORE, 2, Space::Tree, "VALIDATORS");

/// Base units bonded to a validator. A delegation adds without reading.
pub(crate) const TOKENS: AccumulatorMap<Address> = AccumulatorMap::new(STORE, 3, Space::Tree, "TOKENS");

/// The shares those are divided into, times 10^18.
pub(crate) const SHARES: AccumulatorMap<Address> = AccumulatorMap::new(STORE, 4, Space::Tree, "SHARES");

/// The operator behind the address of a consensus key.
pub(crate) const BY_CONSENSUS: Map<Address, Address> = Map::new(STORE, 5, Space::Tree, "BY_CONSENSUS");

/// Shares of a delegator in a validator.
pub(crate) const DELEGATIONS: Map<(Address, Address), Shares> =
    Map::new(STORE, 6, Space::Tree, "DELEGATIONS");

/// What leaves a validator for a delegator, by both.
pub(crate) const UNBONDINGS: Map<(Address, Address), Unbonding> =
    Map::new(STORE, 7, Space::Tree, "UNBONDINGS");

/// The same by validator: a slash must find them.
pub(crate) const UNBONDINGS_FROM: Set<(Address, Address)> =
    Set::new(STORE, 8, Space::Tree, "UNBONDINGS_FROM");

/// When which of them is due: time, delegator, validator.
pub(crate) const UNBONDING_QUEUE: Set<(u64, Address, Address)> =
    Set::new(STORE, 9, Space::Tree, "UNBONDING_QUEUE");

/// What moved between validators and is still liable for the first: by delegator, source and destination.
pub(crate) const REDELEGATIONS: Map<(Address, Address, Address), Redelegation> =
    Map::new(STORE, 10, Space::Tree, "REDELEGATIONS");

/// The same by source, delegator, destination: a slash must find them.
pub(crate) const REDELEGATIONS_FROM: Set<(Address, Address, Address)> =
    Set::new(STORE, 11, Space::Tree, "REDELEGATIONS_FROM");

/// The same by delegator, destination, source: what came must not move on.
pub(crate) const REDELEGATIONS_TO: Set<(Address, Address, Address)> =
    Set::new(STORE, 12, Space::Tree, "REDELEGATIONS_TO");

/// When which of them is due: time, then as in [`REDELEGATIONS`].
pub(crate) const REDELEGATION_QUEUE: Set<(u64, (Address, Address, Address))> =
    Set::new(STORE, 13, Space::Tree, "REDELEGATION_QUEUE");

/// When which validator that left the set is free: time, operator.
pub(crate) const VALIDATOR_QUEUE: Set<(u64, Address)> = Set::new(STORE, 14, Space::Tree, "VALIDATOR_QUEUE");

/// Validators whose power may have changed in this block; empty between blocks.
pub(crate) const CHANGED: Set<Address> = Set::new(STORE, 15, Space::Tree, "CHANGED");

/// Candidates for the set, the greatest power first, then by operator: `u64::MAX - power`, operator.
pub(crate) const BY_POWER: Set<(u64, Address)> = Set::new(STORE, 16, Space::Tree, "BY_POWER");

/// The power a validator stands with in [`BY_POWER`].
pub(crate) const LISTED_POWER: Map<Address, u64> = Map::new(STORE, 17, Space::Tree, "LISTED_POWER");

/// The set as consensus was told, with powers.
pub(crate) const LAST_POWERS: Map<Address, u64> = Map::new(STORE, 18, Space::Tree, "LAST_POWERS");

/// The power of that set.
pub(crate) const LAST_TOTAL_POWER: Item<u64> = Item::new(STORE, 19, Space::Tree, "LAST_TOTAL_POWER");

/// There, if the set must be chosen anew although no power has changed.
pub(crate) const RESELECT: Item<bool> = Item::new(STORE, 20, Space::Tree, "RESELECT");

/// Headers of past blocks, by height.
pub(crate) const HEADERS: Map<u64, Header> = Map::new(STORE, 21, Space::Tree, "HEADERS");

/// Sets of validators, by the first height they were in force at.
pub(crate) const SETS: Map<u64, ValidatorSet> = Map::new(STORE, 22, Space::Tree, "SETS");

/// Who delegates to a validator; follows from [`DELEGATIONS`].
pub(crate) const DELEGATORS: Set<(Address, Address)> = Set::new(STORE, 23, Space::Derived, "DELEGATORS");

/// Sums over the powers of the set.
pub(crate) const CONCENTRATION: Item<Concentration> = Item::new(STORE, 24, Space::Tree, "CONCENTRATION");

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![
        PARAMS.info(),
        VALIDATORS.info(),
        TOKENS.info(),
        SHARES.info(),
        BY_CONSENSUS.info(),
        DELEGATIONS.info(),
        UNBONDINGS.info(),
        UNBONDINGS_FROM.info(),
        UNBONDING_QUEUE.info(),
        REDELEGATIONS.info(),
        REDELEGATIONS_FROM.info(),
        REDELEGATIONS_TO.info(),
        REDELEGATION_QUEUE.info(),
        VALIDATOR_QUEUE.info(),
        CHANGED.info(),
        BY_POWER.info(),
        LISTED_POWER.info(),
        LAST_POWERS.info(),
        LAST_TOTAL_POWER.info(),
        RESELECT.info(),
        HEADERS.info(),
        SETS.info(),
        DELEGATORS.info(),
        CONCENTRATION.info(),
    ]
}

/// Keeps [`DELEGATORS`] in step with a changed delegation.
pub(crate) fn derive(key: &StateKey, value: Option<&Value>, derived: &mut WriteSet) {
    let Some((&id, rest)) = key.key.split_first() else { return };
    if id != DELEGATIONS.info().id || key.space != Space::Tree {
        return;
    }
    if let Ok((delegator, validator)) = <(Address, Address)>::decode_last(rest) {
        let member = value.map(|_| Value::from([1u8].as_slice()));
        derived.insert(DELEGATORS.key(&(validator, delegator)), member);
    }
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}

/// The raw key prefix of an address that more parts follow.
pub(crate) fn prefix(address: &Address) -> Vec<u8> {
    let mut prefix = agora_state::KeyBytes::new();
    address.encode_inner(&mut prefix);
    prefix.to_vec()
}

/// The raw key prefix of two addresses that more parts follow.
pub(crate) fn prefix2(a: &Address, b: &Address) -> Vec<u8> {
    [prefix(a), prefix(b)].concat()
}
