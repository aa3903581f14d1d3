//! The messages of `cosmos.gov.v1beta1`: the same things in the older form.

use agora_framework::wire::{account, amount};
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Dec, module_address};
use agora_proto::cosmos::gov::{v1, v1beta1};
use agora_proto::pack;

use super::vote::{choice, weighted};
use super::{Deposit, SubmitProposal, Vote, VoteWeighted, content};
use crate::AUTHORITY;

/// A proposal with a content in place of messages.
#[derive(Clone, Debug, PartialEq)]
pub struct SubmitBeta(pub SubmitProposal);

impl Message for SubmitBeta {
    message!(v1beta1::MsgSubmitProposal, v1beta1::MsgSubmitProposalResponse, proposer);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let authority = module_address(AUTHORITY).to_string();
        let (_, title, summary) = content::parse(wire.content.as_ref(), &authority)?;
        let run = v1::MsgExecLegacyContent { content: wire.content.clone(), authority };
        Ok(Self(SubmitProposal {
            proposer: account("proposer", &wire.proposer)?,
            messages: vec![pack(&run)],
            deposit: amount(&wire.initial_deposit)?,
            metadata: String::new(),
            title,
            summary,
            expedited: false,
        }))
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        agora_bank::api::hint_balances(&wire.proposer, &wire.initial_deposit, hint);
    }
}

/// Adds to the deposit of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositBeta(pub Deposit);

impl Message for DepositBeta {
    message!(v1beta1::MsgDeposit, v1beta1::MsgDepositResponse, depositor);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let v1beta1::MsgDeposit { proposal_id, depositor, amount } = wire.clone();
        Deposit::parse(&v1::MsgDeposit { proposal_id, depositor, amount }).map(Self)
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        agora_bank::api::hint_balances(&wire.depositor, &wire.amount, hint);
    }
}

/// A vote for one choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteBeta(pub Vote);

impl Message for VoteBeta {
    message!(v1beta1::MsgVote, v1beta1::MsgVoteResponse, voter);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let voter = account("voter", &wire.voter)?;
        let choice = choice(wire.option)?;
        Ok(Self(Vote { id: wire.proposal_id, voter, choice, metadata: String::new() }))
    }
}

/// A vote divided between choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteWeightedBeta(pub VoteWeighted);

impl Message for VoteWeightedBeta {
    message!(v1beta1::MsgVoteWeighted, v1beta1::MsgVoteWeightedResponse, voter);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let voter = account("voter", &wire.voter)?;
        // Here weights are figures with 18 decimals.
        let parts: Vec<(i32, Option<Dec>, String)> = wire
            .options
            .iter()
            .map(|o| match Dec::from_wire(&o.weight) {
                Ok(weight) => (o.option, Some(weight), weight.to_string()),
                Err(_) => (o.option, None, o.weight.clone()),
            })
            .collect();
        let (options, shown) = weighted(parts.iter().map(|(o, weight, text)| (*o, *weight, text.as_str())))?;
        Ok(Self(VoteWeighted { id: wire.proposal_id, voter, options, shown, metadata: String::new() }))
    }
}
