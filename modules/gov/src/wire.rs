//! Between what is stored and what the wire has.

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_primitives::{Address, AddressError, Coin, CoinError, Coins, Dec};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::gov::v1 as wire;
use prost_types::{Duration, Timestamp};

use crate::types::{Content, Options, Proposal, Status};

/// Nanoseconds in a second.
pub(crate) const NANOS: u64 = 1_000_000_000;

/// Reads an account's address of a message.
pub(crate) fn account(what: &str, text: &str) -> Result<Address, AppError> {
    text.parse().map_err(|error: AddressError| match error {
        // The Cosmos SDK wraps this one twice.
        AddressError::Prefix { .. } => {
            sdk::INVALID_ADDRESS.wrap(format_args!("invalid {what} address: {error}: {}", sdk::LOGIC.text))
        }
        _ => sdk::INVALID_ADDRESS.wrap(format_args!("invalid {what} address: {error}")),
    })
}

/// Coins off the wire: sorted, positive, distinct; may be none.
pub(crate) fn parse_coins(wire: &[WireCoin]) -> Result<Coins, CoinError> {
    Coins::new(wire.iter().map(|c| Coin::parse(&c.denom, &c.amount)).collect::<Result<_, _>>()?)
}

/// The same of a message.
pub(crate) fn message_coins(wire: &[WireCoin]) -> Result<Coins, AppError> {
    parse_coins(wire).map_err(|_| {
        let text: Vec<String> = wire.iter().take(8).map(|c| format!("{}{}", c.amount, c.denom)).collect();
        sdk::INVALID_COINS.wrap(text.join(","))
    })
}

/// Coins as the wire has them.
pub(crate) fn wire_coins(coins: &Coins) -> Vec<WireCoin> {
    coins.iter().map(|c| WireCoin { denom: c.denom.to_string(), amount: c.amount.to_string() }).collect()
}

/// Reads a decimal as governance has it on the wire: digits, perhaps a point and up to 18 digits more.
pub(crate) fn plain_dec(text: &str) -> Option<Dec> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let plain = match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    };
    text.parse().ok().filter(|_| plain)
}

/// A time as the wire has it.
pub(crate) fn timestamp(nanos: u64) -> Timestamp {
    let (seconds, nanos) = split(nanos);
    Timestamp { seconds, nanos }
}

/// A time in nanoseconds since 1970; `None` before that.
pub(crate) fn time(time: &Timestamp) -> Option<u64> {
    join(time.seconds, time.nanos)
}

/// A duration as the wire has it.
pub(crate) fn duration(nanos: u64) -> Duration {
    let (seconds, nanos) = split(nanos);
    Duration { seconds, nanos }
}

/// A duration in nanoseconds; `None` if it is negative.
pub(crate) fn nanoseconds(duration: &Duration) -> Option<u64> {
    join(duration.seconds, duration.nanos)
}

fn split(nanos: u64) -> (i64, i32) {
    (
        i64::try_from(nanos.checked_div(NANOS).unwrap_or_default()).unwrap_or(i64::MAX),
        i32::try_from(nanos.checked_rem(NANOS).unwrap_or_default()).unwrap_or_default(),
    )
}

fn join(seconds: i64, nanos: i32) -> Option<u64> {
    u64::try_from(seconds).ok()?.checked_mul(NANOS)?.checked_add(u64::try_from(nanos).ok()?)
}

/// A proposal as the wire has it.
pub(crate) fn wire_proposal(id: u64, proposal: &Proposal, content: Content) -> wire::Proposal {
    let status = match proposal.status {
        Status::Deposit => wire::ProposalStatus::DepositPeriod,
        Status::Voting => wire::ProposalStatus::VotingPeriod,
        Status::Passed => wire::ProposalStatus::Passed,
        Status::Rejected => wire::ProposalStatus::Rejected,
        Status::Failed => wire::ProposalStatus::Failed,
    };
    wire::Proposal {
        id,
        status: status.into(),
        final_tally_result: Some(wire_tally(proposal.tally)),
        submit_time: Some(timestamp(proposal.submitted)),
        deposit_end_time: Some(timestamp(proposal.deposit_until)),
        total_deposit: wire_coins(&proposal.deposit),
        voting_start_time: proposal.voting.map(|(from, _)| timestamp(from)),
        voting_end_time: proposal.voting.map(|(_, until)| timestamp(until)),
        proposer: proposal.proposer.to_string(),
        expedited: proposal.expedited,
        failed_reason: proposal.reason.clone(),
        ..content.0
    }
}

/// A tally as the wire has it.
pub(crate) fn wire_tally([yes, abstain, no, veto]: [u128; 4]) -> wire::TallyResult {
    wire::TallyResult {
        yes_count: yes.to_string(),
        abstain_count: abstain.to_string(),
        no_count: no.to_string(),
        no_with_veto_count: veto.to_string(),
    }
}

/// The options of a vote as the wire has them.
pub(crate) fn wire_options(options: &Options) -> Vec<wire::WeightedVoteOption> {
    let option = |(choice, part): &(crate::types::Choice, Dec)| wire::WeightedVoteOption {
        option: choice.number().into(),
        weight: part.to_string(),
    };
    options.parts().iter().map(option).collect()
}
