//! Messages in short.

use agora_proto::cosmos::crypto::ed25519::PubKey;
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::staking::v1beta1 as staking;
use prost_types::Any;

use super::{AGO, account, coin, key, pack, valoper};

/// `MsgCreateValidator`.
pub(crate) fn create(n: u16, amount: u128) -> staking::MsgCreateValidator {
    let zero = || "0".to_owned();
    #[allow(deprecated)] // The superseded field stays empty.
    staking::MsgCreateValidator {
        description: Some(staking::Description { moniker: "v".into(), ..Default::default() }),
        commission: Some(staking::CommissionRates {
            rate: zero(),
            max_rate: zero(),
            max_change_rate: zero(),
        }),
        min_self_delegation: "1".into(),
        delegator_address: String::new(),
        validator_address: valoper(n),
        pubkey: Some(pack(&PubKey { key: key(n).to_vec() })),
        value: Some(coin(amount)),
    }
}

/// `MsgDelegate`.
pub(crate) fn delegate(who: u16, to: u16, amount: u128) -> staking::MsgDelegate {
    staking::MsgDelegate {
        delegator_address: account(who).to_string(),
        validator_address: valoper(to),
        amount: Some(coin(amount)),
    }
}

/// `MsgUndelegate`.
pub(crate) fn undelegate(who: u16, from: u16, amount: u128) -> staking::MsgUndelegate {
    staking::MsgUndelegate {
        delegator_address: account(who).to_string(),
        validator_address: valoper(from),
        amount: Some(coin(amount)),
    }
}

/// `MsgSubmitProposal` of these messages, with a deposit that begins the vote.
pub(crate) fn propose(messages: Vec<Any>) -> wire::MsgSubmitProposal {
    wire::MsgSubmitProposal {
        messages,
        initial_deposit: vec![coin(10 * AGO)],
        proposer: account(20).to_string(),
        metadata: "ipfs://CID".into(),
        title: "A proposal".into(),
        summary: "What it is about".into(),
        expedited: false,
    }
}

/// `MsgVote`: 1 yes, 2 abstain, 3 no, 4 veto.
pub(crate) fn vote(id: u64, who: u16, option: i32) -> wire::MsgVote {
    wire::MsgVote { proposal_id: id, voter: account(who).to_string(), option, metadata: String::new() }
}

/// `MsgVoteWeighted`.
pub(crate) fn split(id: u64, who: u16, options: &[(i32, &str)]) -> wire::MsgVoteWeighted {
    let option = |(option, weight): &(i32, &str)| wire::WeightedVoteOption {
        option: *option,
        weight: (*weight).to_owned(),
    };
    wire::MsgVoteWeighted {
        proposal_id: id,
        voter: account(who).to_string(),
        options: options.iter().map(option).collect(),
        metadata: String::new(),
    }
}

/// `MsgDeposit`.
pub(crate) fn deposit(id: u64, who: u16, amount: u128) -> wire::MsgDeposit {
    wire::MsgDeposit { proposal_id: id, depositor: account(who).to_string(), amount: vec![coin(amount)] }
}

/// `MsgCancelProposal`.
pub(crate) fn cancel(id: u64, who: u16) -> wire::MsgCancelProposal {
    wire::MsgCancelProposal { proposal_id: id, proposer: account(who).to_string() }
}
