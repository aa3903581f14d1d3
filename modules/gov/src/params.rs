//! The parameters.

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_framework::time::{NANOS, duration, span};
use agora_framework::wire::{coins, wire_coins};
use agora_primitives::{Address, Coin, Coins, Dec, Denom};
use agora_proto::cosmos::gov::v1 as wire;
use borsh::{BorshDeserialize, BorshSerialize};

use crate::wire::plain_dec;

/// The longest deposit or voting period: a year. What is longer would keep governance from mending it.
const MAX_PERIOD: u64 = 366 * 86_400 * NANOS;
/// The most denoms that deposits are taken in.
const MAX_DENOMS: usize = 16;

/// Parameters of the module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// The deposit that begins a vote; of each of 1 to 16 denoms as much.
    pub min_deposit: Coins,
    /// The same for an expedited proposal; more of some denom and less of none.
    pub expedited_min_deposit: Coins,
    /// How long a proposal waits for its deposit, in nanoseconds; above 0 and at most 366 days, as all periods.
    pub max_deposit_period: u64,
    /// How long is voted, in nanoseconds.
    pub voting_period: u64,
    /// The same for an expedited proposal; less.
    pub expedited_voting_period: u64,
    /// The part of the bonded tokens that must vote, from 0 to 1.
    pub quorum: Dec,
    /// More than this part of those that do not abstain must vote yes; above 0 and at most 1.
    pub threshold: Dec,
    /// The same for an expedited proposal; more.
    pub expedited_threshold: Dec,
    /// With more than this part of veto votes it is rejected; above 0 and at most 1.
    pub veto_threshold: Dec,
    /// The part of the minimum that the proposer deposits, from 0 to 1.
    pub min_initial_deposit_ratio: Dec,
    /// The part of the minimum, of one denom at least, that each deposit has, from 0 to 1.
    pub min_deposit_ratio: Dec,
    /// The part of deposits that a cancelled proposal costs, from 0 to 1.
    pub cancel_ratio: Dec,
    /// Who has it; nobody: it is destroyed.
    pub cancel_dest: Option<Address>,
    /// Whether deposits are destroyed when too few vote.
    pub burn_vote_quorum: bool,
    /// Whether deposits are destroyed when they do not begin a vote.
    pub burn_proposal_deposit_prevote: bool,
    /// Whether deposits are destroyed by a veto.
    pub burn_vote_veto: bool,
}
agora_state::borsh_value!(Params, 1);

impl Default for Params {
    fn default() -> Self {
        let thousandths = |n: u128| Dec::from_atomics(n.saturating_mul(1_000_000_000_000_000));
        let units = |n: u128| Coins::one(Coin::new(n.saturating_mul(1_000_000), Denom::native()));
        Self {
            min_deposit: units(10),
            expedited_min_deposit: units(50),
            max_deposit_period: 2 * 86_400 * NANOS,
            voting_period: 2 * 86_400 * NANOS,
            expedited_voting_period: 86_400 * NANOS,
            quorum: thousandths(334),
            threshold: thousandths(500),
            expedited_threshold: thousandths(667),
            veto_threshold: thousandths(334),
            min_initial_deposit_ratio: thousandths(100),
            min_deposit_ratio: thousandths(10),
            cancel_ratio: thousandths(500),
            cancel_dest: None,
            burn_vote_quorum: false,
            burn_proposal_deposit_prevote: false,
            burn_vote_veto: true,
        }
    }
}

impl Params {
    /// The deposit that begins a vote.
    pub(crate) const fn min_deposit(&self, expedited: bool) -> &Coins {
        if expedited { &self.expedited_min_deposit } else { &self.min_deposit }
    }

    /// How long is voted.
    pub(crate) const fn voting_period(&self, expedited: bool) -> u64 {
        if expedited { self.expedited_voting_period } else { self.voting_period }
    }
}

fn refused(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(what)
}

fn ratio(name: &str, text: &str, positive: bool) -> Result<Dec, AppError> {
    let from = if positive { "above 0 and at most" } else { "from 0 to" };
    plain_dec(text)
        .filter(|part| *part <= Dec::ONE && !(positive && *part == Dec::ZERO))
        .ok_or_else(|| refused(format_args!("{name} must be {from} 1, got {text:?}")))
}

fn period(name: &str, wire: Option<&prost_types::Duration>) -> Result<u64, AppError> {
    wire.and_then(span)
        .filter(|period| (1..=MAX_PERIOD).contains(period))
        .ok_or_else(|| refused(format_args!("{name} must be above 0 and at most 366 days")))
}

/// Parses parameters within their bounds.
///
/// # Errors
/// Code 18, naming the parameter and its bounds.
pub(crate) fn parse(wire: Option<&wire::Params>) -> Result<Params, AppError> {
    let wire = wire.ok_or_else(|| refused("the parameters are missing"))?;
    let deposit = |name: &str, named: &[_]| {
        coins(named)
            .ok()
            .filter(|coins| (1..=MAX_DENOMS).contains(&coins.len()))
            .ok_or_else(|| refused(format_args!("{name} must be 1 to {MAX_DENOMS} coins, sorted by denom")))
    };
    let cancel_dest = match wire.proposal_cancel_dest.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|e| refused(format_args!("proposal_cancel_dest: {e}")))?),
    };
    let params = Params {
        min_deposit: deposit("min_deposit", &wire.min_deposit)?,
        expedited_min_deposit: deposit("expedited_min_deposit", &wire.expedited_min_deposit)?,
        max_deposit_period: period("max_deposit_period", wire.max_deposit_period.as_ref())?,
        voting_period: period("voting_period", wire.voting_period.as_ref())?,
        expedited_voting_period: period("expedited_voting_period", wire.expedited_voting_period.as_ref())?,
        quorum: ratio("quorum", &wire.quorum, false)?,
        threshold: ratio("threshold", &wire.threshold, true)?,
        expedited_threshold: ratio("expedited_threshold", &wire.expedited_threshold, true)?,
        veto_threshold: ratio("veto_threshold", &wire.veto_threshold, true)?,
        min_initial_deposit_ratio: ratio(
            "min_initial_deposit_ratio",
            &wire.min_initial_deposit_ratio,
            false,
        )?,
        min_deposit_ratio: ratio("min_deposit_ratio", &wire.min_deposit_ratio, false)?,
        cancel_ratio: ratio("proposal_cancel_ratio", &wire.proposal_cancel_ratio, false)?,
        cancel_dest,
        burn_vote_quorum: wire.burn_vote_quorum,
        burn_proposal_deposit_prevote: wire.burn_proposal_deposit_prevote,
        burn_vote_veto: wire.burn_vote_veto,
    };
    let (regular, expedited) = (&params.min_deposit, &params.expedited_min_deposit);
    let no_less = regular.iter().all(|coin| expedited.amount_of(&coin.denom) >= coin.amount);
    if !no_less || regular == expedited {
        return Err(refused("expedited_min_deposit must be more than min_deposit"));
    }
    if params.expedited_threshold <= params.threshold {
        return Err(refused("expedited_threshold must be more than threshold"));
    }
    if params.expedited_voting_period >= params.voting_period {
        return Err(refused("expedited_voting_period must be less than voting_period"));
    }
    Ok(params)
}

/// The parameters as the wire has them.
pub(crate) fn wire_params(params: &Params) -> wire::Params {
    wire::Params {
        min_deposit: wire_coins(&params.min_deposit),
        max_deposit_period: Some(duration(params.max_deposit_period)),
        voting_period: Some(duration(params.voting_period)),
        quorum: params.quorum.to_string(),
        threshold: params.threshold.to_string(),
        veto_threshold: params.veto_threshold.to_string(),
        min_initial_deposit_ratio: params.min_initial_deposit_ratio.to_string(),
        proposal_cancel_ratio: params.cancel_ratio.to_string(),
        proposal_cancel_dest: params.cancel_dest.map(|to| to.to_string()).unwrap_or_default(),
        expedited_voting_period: Some(duration(params.expedited_voting_period)),
        expedited_threshold: params.expedited_threshold.to_string(),
        expedited_min_deposit: wire_coins(&params.expedited_min_deposit),
        burn_vote_quorum: params.burn_vote_quorum,
        burn_proposal_deposit_prevote: params.burn_proposal_deposit_prevote,
        burn_vote_veto: params.burn_vote_veto,
        min_deposit_ratio: params.min_deposit_ratio.to_string(),
    }
}
