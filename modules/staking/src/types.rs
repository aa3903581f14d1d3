//! What is stored of validators and delegations.

use agora_primitives::{Address, Amount, Dec};
use borsh::{BorshDeserialize, BorshSerialize};

/// Base units that make one unit of voting power.
pub const POWER_REDUCTION: Amount = 1_000_000;

/// The most shares of a validator, times 10^18: what a sum can hold.
pub(crate) const MAX_SHARES: u128 = i128::MAX.cast_unsigned();

/// Where a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Its height.
    pub height: u64,
    /// Its time in nanoseconds since 1970.
    pub time: u64,
}

impl From<&agora_framework::BlockInfo> for Now {
    fn from(block: &agora_framework::BlockInfo) -> Self {
        Self { height: block.height, time: block.time }
    }
}

/// Whether a validator is in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Status {
    /// Out of the set, and free.
    Unbonded,
    /// Out of the set, and liable still.
    Unbonding,
    /// In the set.
    Bonded,
}

/// What a validator says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Description {
    /// The name; never empty.
    pub moniker: String,
    /// A fingerprint that leads to a picture.
    pub identity: String,
    /// A page.
    pub website: String,
    /// Whom to tell of a flaw.
    pub security_contact: String,
    /// Anything else.
    pub details: String,
}

/// The part of rewards a validator keeps, and how it may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Commission {
    /// The part, at most `max_rate`.
    pub rate: Dec,
    /// The most it can ever be, at most 1.
    pub max_rate: Dec,
    /// The most it may rise by within a day, at most `max_rate`.
    pub max_change_rate: Dec,
    /// When it changed last, in nanoseconds since 1970.
    pub update_time: u64,
}

/// A validator, but for its tokens and shares.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Validator {
    /// The ed25519 key it signs blocks with.
    pub consensus_key: [u8; 32],
    /// Whether it is kept out of the set.
    pub jailed: bool,
    /// Whether it is in the set.
    pub status: Status,
    /// What it says of itself.
    pub description: Description,
    /// What it keeps of rewards.
    pub commission: Commission,
    /// It is jailed when its own delegation falls below, in base units.
    pub min_self_delegation: Amount,
    /// Where it left the set last; 0 if never.
    pub unbonding_height: u64,
    /// When it is free, in nanoseconds since 1970; 0 if it never left.
    pub unbonding_time: u64,
    /// Whether shares are not a unit each. While they are, delegating reads neither tokens nor shares.
    pub diluted: bool,
}
agora_state::borsh_value!(Validator, 1);

impl Validator {
    /// The address of its consensus key, by which consensus names it.
    #[must_use]
    pub fn consensus_address(&self) -> Address {
        Address::from_sha256(&self.consensus_key)
    }

    /// Whether its tokens lie in the bonded pool.
    #[must_use]
    pub fn is_bonded(&self) -> bool {
        self.status == Status::Bonded
    }
}

/// Shares of a delegation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Shares(pub(crate) Dec);
agora_state::borsh_value!(Shares, 1);

/// Coins on their way from a validator to a delegator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct UnbondingEntry {
    /// A name for clients; says nothing.
    pub(crate) id: u64,
    /// Where they left: liable for what was done at that height or later.
    pub(crate) height: u64,
    /// When they arrive.
    pub(crate) completion: u64,
    /// Base units that left, less what was cancelled.
    pub(crate) initial: Amount,
    /// Base units that arrive: less what was slashed.
    pub(crate) balance: Amount,
}

/// All that is on its way from a validator to a delegator, in the order it left.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Unbonding(pub(crate) Vec<UnbondingEntry>);
agora_state::borsh_value!(Unbonding, 1);

/// Coins that moved from one validator to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct RedelegationEntry {
    /// A name for clients; says nothing.
    pub(crate) id: u64,
    /// Where they moved: liable for what the source did at that height or later.
    pub(crate) height: u64,
    /// When that ends.
    pub(crate) completion: u64,
    /// Base units that moved.
    pub(crate) initial: Amount,
    /// Shares they became.
    pub(crate) shares: Dec,
}

/// All that moved between two validators for a delegator, in the order it did.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Redelegation(pub(crate) Vec<RedelegationEntry>);
agora_state::borsh_value!(Redelegation, 1);

/// A past block's header, as far as other chains need it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Header {
    pub(crate) time: u64,
    pub(crate) app_hash: Vec<u8>,
    pub(crate) next_validators_hash: Vec<u8>,
    pub(crate) proposer: Option<Address>,
}
agora_state::borsh_value!(Header, 1);

/// One of a set of validators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct SetMember {
    pub(crate) operator: Address,
    pub(crate) consensus_key: [u8; 32],
    pub(crate) power: u64,
}

/// A set of validators, by operator.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ValidatorSet(pub(crate) Vec<SetMember>);
agora_state::borsh_value!(ValidatorSet, 1);

/// The power of so many base units. Below 2^64 for any amount a validator can have.
#[must_use]
pub(crate) fn power_of(tokens: Amount) -> u64 {
    u64::try_from(tokens.checked_div(POWER_REDUCTION).unwrap_or_default()).unwrap_or(u64::MAX)
}
