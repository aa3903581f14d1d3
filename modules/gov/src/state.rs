//! Everything governance stores.

use agora_primitives::{Address, Dec};
use agora_state::{
    AccumulatorMap, CollectionInfo, Item, KeyBytes, KeyCodec, Map, Set, Space, StateError, StateRead, StoreId,
};

use crate::params::Params;
use crate::types::{Ballot, Clock, Content, Deposited, Proposal, Snapshot, Stake, Terms, Vote};

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("gov");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1, Space::Tree, "PARAMS");

/// The id of the next proposal; from 1 on.
pub(crate) const NEXT_ID: Item<u64> = Item::new(STORE, 2, Space::Tree, "NEXT_ID");

/// What holds the community together, in its own words; set at genesis.
pub(crate) const CONSTITUTION: Item<String> = Item::new(STORE, 3, Space::Tree, "CONSTITUTION");

/// What proposals say, by id.
pub(crate) const CONTENTS: Map<u64, Content> = Map::new(STORE, 4, Space::Tree, "CONTENTS");

/// Where proposals are, by id; none for those that were dropped or cancelled.
pub(crate) const PROPOSALS: Map<u64, Proposal> = Map::new(STORE, 5, Space::Tree, "PROPOSALS");

/// Coins that are deposited: by proposal and depositor.
pub(crate) const DEPOSITS: Map<(u64, Address), Deposited> = Map::new(STORE, 6, Space::Tree, "DEPOSITS");

/// Proposals that wait for their deposit, by when they are dropped.
pub(crate) const INACTIVE: Set<(u64, u64)> = Set::new(STORE, 7, Space::Tree, "INACTIVE");

/// Proposals that are voted on, by when that ends.
pub(crate) const ACTIVE: Set<(u64, u64)> = Set::new(STORE, 8, Space::Tree, "ACTIVE");

/// Proposals whose vote began in this block; empty between blocks, unless they were too many.
pub(crate) const STARTING: Set<u64> = Set::new(STORE, 9, Space::Tree, "STARTING");

/// What a vote must know, by proposal that is voted on.
pub(crate) const BALLOTS: Map<u64, Ballot> = Map::new(STORE, 10, Space::Tree, "BALLOTS");

/// Votes: by proposal and round, and voter.
pub(crate) const VOTES: Map<((u64, u8), Address), Vote> = Map::new(STORE, 11, Space::Tree, "VOTES");

/// Shares times 10^18 of voters: by proposal and round, validator, and number of the choice.
pub(crate) const TALLIES: AccumulatorMap<((u64, u8), (Address, u8))> =
    AccumulatorMap::new(STORE, 12, Space::Tree, "TALLIES");

/// The newest snapshot.
pub(crate) const CLOCK: Item<Clock> = Item::new(STORE, 13, Space::Tree, "CLOCK");

/// Snapshots in use, by number.
pub(crate) const SNAPSHOTS: Map<u64, Snapshot> = Map::new(STORE, 14, Space::Tree, "SNAPSHOTS");

/// Validators of the set, by snapshot and operator.
pub(crate) const STAKES: Map<(u64, Address), Stake> = Map::new(STORE, 15, Space::Tree, "STAKES");

/// Shares of a delegation before it changed for the first time after a snapshot: delegator, operator, number.
pub(crate) const CHECKPOINTS: Map<(Address, (Address, u64)), Dec> =
    Map::new(STORE, 16, Space::Tree, "CHECKPOINTS");

/// The same by snapshot: those that nobody needs any more must be found.
pub(crate) const CHECKPOINTS_OF: Set<(u64, (Address, Address))> =
    Set::new(STORE, 17, Space::Tree, "CHECKPOINTS_OF");

/// What becomes of the deposits of proposals that are decided, while they are too many for a block.
pub(crate) const SETTLING: Map<u64, Terms> = Map::new(STORE, 18, Space::Tree, "SETTLING");

/// Proposals and rounds whose votes are to be forgotten.
pub(crate) const COUNTED: Set<(u64, u8)> = Set::new(STORE, 19, Space::Tree, "COUNTED");

/// Snapshots whose validators are to be forgotten.
pub(crate) const RELEASED: Set<u64> = Set::new(STORE, 20, Space::Tree, "RELEASED");

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![
        PARAMS.info(),
        NEXT_ID.info(),
        CONSTITUTION.info(),
        CONTENTS.info(),
        PROPOSALS.info(),
        DEPOSITS.info(),
        INACTIVE.info(),
        ACTIVE.info(),
        STARTING.info(),
        BALLOTS.info(),
        VOTES.info(),
        TALLIES.info(),
        CLOCK.info(),
        SNAPSHOTS.info(),
        STAKES.info(),
        CHECKPOINTS.info(),
        CHECKPOINTS_OF.info(),
        SETTLING.info(),
        COUNTED.info(),
        RELEASED.info(),
    ]
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}

/// The newest snapshot.
pub(crate) fn clock(state: &(impl StateRead + ?Sized)) -> Result<Clock, StateError> {
    Ok(CLOCK.get(state)?.unwrap_or_default())
}

/// The raw key prefix of a part that more parts follow.
pub(crate) fn prefix(part: &impl KeyCodec) -> Vec<u8> {
    let mut prefix = KeyBytes::new();
    part.encode_inner(&mut prefix);
    prefix.to_vec()
}
