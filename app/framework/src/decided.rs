//! What consensus says of a block beside its transactions.

use agora_primitives::Address;

/// What a vote was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voted {
    /// It did not come.
    Absent,
    /// For the block.
    Commit,
    /// For no block.
    Nil,
}

/// The vote of one validator on the block before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The address of the validator's consensus key: 20 bytes.
    pub address: Address,
    /// The power it voted with.
    pub power: u64,
    /// What it was for.
    pub voted: Voted,
}

/// What a validator did against the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// It signed two blocks of one height.
    DoubleSign,
    /// It deceived light clients.
    LightClientAttack,
}

/// Evidence that consensus has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misbehavior {
    /// What was done.
    pub offence: Offence,
    /// The address of the validator's consensus key.
    pub address: Address,
    /// Its power then.
    pub power: u64,
    /// The height it was done at.
    pub height: u64,
    /// That block's time in nanoseconds since 1970.
    pub time: u64,
}

/// What a block was decided with. Only block hooks see it: transactions must not depend on who voted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// The address of the proposer's consensus key; `None` where blocks are made without consensus.
    pub proposer: Option<Address>,
    /// The votes on the block before, one for each validator of its set.
    pub votes: Vec<Vote>,
    /// Evidence in the block.
    pub misbehavior: Vec<Misbehavior>,
    /// The header's hash of the state before the block.
    pub app_hash: Vec<u8>,
    /// The header's hash of the next block's validators.
    pub next_validators_hash: Vec<u8>,
}
