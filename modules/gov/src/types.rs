//! What is stored of proposals and votes.

use agora_primitives::{Address, Amount, Coins, Dec};
use agora_proto::cosmos::gov::v1 as wire;
use borsh::{BorshDeserialize, BorshSerialize};

/// What one can vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Choice {
    /// For it.
    Yes,
    /// Neither; counts for the quorum.
    Abstain,
    /// Against it.
    No,
    /// Against it, and against the deposit.
    Veto,
}

impl Choice {
    /// All of them, in the wire's order.
    pub const ALL: [Self; 4] = [Self::Yes, Self::Abstain, Self::No, Self::Veto];

    /// The number on the wire, 1 to 4.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Yes => 1,
            Self::Abstain => 2,
            Self::No => 3,
            Self::Veto => 4,
        }
    }

    /// Off the wire; `None` for what is no choice.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| i32::from(choice.number()) == number)
    }
}

/// How a vote is divided: distinct choices whose positive parts add up to 1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Options(pub(crate) Vec<(Choice, Dec)>);

impl Options {
    /// All for one choice.
    #[must_use]
    pub fn whole(choice: Choice) -> Self {
        Self(vec![(choice, Dec::ONE)])
    }

    /// The choices and their parts.
    #[must_use]
    pub fn parts(&self) -> &[(Choice, Dec)] {
        &self.0
    }
}

/// A vote.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Vote {
    /// For what.
    pub(crate) options: Options,
    /// Why, in the voter's words.
    pub(crate) metadata: String,
}
agora_state::borsh_value!(Vote, 1);

/// Where a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Status {
    /// It waits for its deposit.
    Deposit,
    /// It is voted on.
    Voting,
    /// It passed, and did what it says.
    Passed,
    /// It did not pass.
    Rejected,
    /// It passed, and changed nothing because a message failed.
    Failed,
}

/// A proposal, but for what it says.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Proposal {
    pub(crate) status: Status,
    /// Whether it is decided in the shorter time, by the greater majority.
    pub(crate) expedited: bool,
    pub(crate) proposer: Address,
    /// Times are in nanoseconds since 1970.
    pub(crate) submitted: u64,
    /// When it is dropped unless its deposit is complete.
    pub(crate) deposit_until: u64,
    /// What was deposited; kept when deposits are paid back.
    pub(crate) deposit: Coins,
    /// When the vote began and ends.
    pub(crate) voting: Option<(u64, u64)>,
    /// What it came to, in base units by choice.
    pub(crate) tally: [Amount; 4],
    /// Why it did not pass, or failed.
    pub(crate) reason: String,
}
agora_state::borsh_value!(Proposal, 1);

/// What a proposal says, written once: messages, title, summary and metadata; the other fields are empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Content(pub(crate) wire::Proposal);
agora_state::proto_value!(Content, 1);

/// Coins that are deposited.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Deposited(pub(crate) Coins);
agora_state::borsh_value!(Deposited, 1);

/// What a vote must know of its proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Ballot {
    /// 0, or 1 after an expedited proposal became a regular one: votes begin anew.
    pub(crate) round: u8,
    /// The snapshot that gives the power; 0 until the block ends in which the vote began.
    pub(crate) snapshot: u64,
    /// When the vote ends.
    pub(crate) until: u64,
}
agora_state::borsh_value!(Ballot, 1);

/// The newest snapshot, and how many proposals are voted on with any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Clock {
    /// 0 before the first.
    pub(crate) number: u64,
    pub(crate) open: u64,
}
agora_state::borsh_value!(Clock, 1);

/// A moment whose stakes vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Snapshot {
    /// Base units of all validators in the set.
    pub(crate) bonded: Amount,
    /// Proposals that are voted on with it; at least one.
    pub(crate) users: u64,
}
agora_state::borsh_value!(Snapshot, 1);

/// A validator of the set at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Stake {
    /// Base units.
    pub(crate) tokens: Amount,
    /// The shares they are divided into.
    pub(crate) shares: Dec,
}
agora_state::borsh_value!(Stake, 1);

/// What becomes of the deposits of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Terms {
    /// They are paid back.
    Refund,
    /// They are destroyed.
    Burn,
    /// A part of each is kept, rounded down, and the rest paid back.
    Charge {
        /// The part.
        part: Dec,
        /// Who has it; nobody: it is destroyed.
        to: Option<Address>,
    },
}
agora_state::borsh_value!(Terms, 1);
