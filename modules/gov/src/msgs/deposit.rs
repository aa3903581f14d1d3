//! `MsgDeposit` and `MsgCancelProposal`.

use agora_framework::errors::sdk;
use agora_framework::wire::{account, amount};
use agora_framework::{Access, AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coins};
use agora_proto::cosmos::gov::v1 as wire;

use crate::state::PROPOSALS;

/// Adds to the deposit of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Which.
    pub id: u64,
    /// Who deposits.
    pub depositor: Address,
    /// How much; not empty.
    pub amount: Coins,
}

impl Message for Deposit {
    message!(wire::MsgDeposit, wire::MsgDepositResponse, depositor);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let depositor = account("depositor", &wire.depositor)?;
        let amount = amount(&wire.amount)?;
        if amount.is_empty() {
            return Err(sdk::INVALID_COINS.wrap("a deposit has coins"));
        }
        Ok(Self { id: wire.proposal_id, depositor, amount })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint.push(PROPOSALS.key(&wire.proposal_id), Access::Write);
        agora_bank::api::hint_balances(&wire.depositor, &wire.amount, hint);
    }
}

/// Withdraws a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelProposal {
    /// Which.
    pub id: u64,
    /// Who proposed it.
    pub proposer: Address,
}

impl Message for CancelProposal {
    message!(wire::MsgCancelProposal, wire::MsgCancelProposalResponse, proposer);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { id: wire.proposal_id, proposer: account("proposer", &wire.proposer)? })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint.push(PROPOSALS.key(&wire.proposal_id), Access::Write);
    }
}
