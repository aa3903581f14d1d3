//! Between what is stored and what the wire has.

use agora_framework::time::timestamp;
use agora_framework::wire::wire_coins;
use agora_primitives::Dec;
use agora_proto::cosmos::gov::v1 as wire;

use crate::types::{Content, Options, Proposal, Status};

/// Reads a decimal as governance has it on the wire: digits, perhaps a point and up to 18 digits more.
pub(crate) fn plain_dec(text: &str) -> Option<Dec> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let plain = match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    };
    text.parse().ok().filter(|_| plain)
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
