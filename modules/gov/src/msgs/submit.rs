//! `MsgSubmitProposal`.

use agora_framework::errors::sdk;
use agora_framework::wire::{account, amount};
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coins};
use agora_proto::cosmos::gov::v1 as wire;
use prost_types::Any;
use serde_json::Value;

use crate::error;

/// The longest metadata, of proposals and of votes, and the longest title; in bytes.
pub(crate) const MAX_METADATA: usize = 255;
/// The longest summary, in bytes.
const MAX_SUMMARY: usize = 10_200;
/// The most messages.
const MAX_MESSAGES: usize = 100;

/// A proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct SubmitProposal {
    /// Who proposes.
    pub proposer: Address,
    /// What is to run, in order; at most 100, whose signer must be governance.
    pub messages: Vec<Any>,
    /// The deposit to begin with; may be none.
    pub deposit: Coins,
    /// A text or a link, at most 255 bytes; not empty without messages.
    pub metadata: String,
    /// 1 to 255 bytes.
    pub title: String,
    /// 1 to 10,200 bytes.
    pub summary: String,
    /// Whether it is to be decided in the shorter time.
    pub expedited: bool,
}

impl Message for SubmitProposal {
    message!(wire::MsgSubmitProposal, wire::MsgSubmitProposalResponse, proposer);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        for (what, text) in [("title", &wire.title), ("summary", &wire.summary)] {
            if text.is_empty() {
                return Err(sdk::INVALID_REQUEST.wrap(format_args!("proposal {what} cannot be empty")));
            }
        }
        let proposer = account("proposer", &wire.proposer)?;
        if wire.messages.is_empty() && wire.metadata.is_empty() {
            return Err(error::NO_MESSAGES.wrap("either metadata or Msgs length must be non-nil"));
        }
        if wire.messages.len() > MAX_MESSAGES {
            return Err(error::MESSAGE.wrap(format_args!(
                "{} messages, at most {MAX_MESSAGES} are possible; make several proposals",
                wire.messages.len()
            )));
        }
        agrees(&wire.metadata, &wire.title, &wire.summary)?;
        metadata(&wire.metadata)?;
        metadata(&wire.title)?;
        if wire.summary.len() > MAX_SUMMARY {
            return Err(error::SUMMARY.wrap(format_args!("got summary with length {}", wire.summary.len())));
        }
        Ok(Self {
            proposer,
            messages: wire.messages.clone(),
            deposit: amount(&wire.initial_deposit)?,
            metadata: wire.metadata.clone(),
            title: wire.title.clone(),
            summary: wire.summary.clone(),
            expedited: wire.expedited,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        agora_bank::api::hint_balances(&wire.proposer, &wire.initial_deposit, hint);
    }
}

/// Refuses metadata that is too long.
pub(crate) fn metadata(text: &str) -> Result<(), AppError> {
    if text.len() > MAX_METADATA {
        return Err(error::METADATA.wrap(format_args!("got metadata with length {}", text.len())));
    }
    Ok(())
}

/// Metadata that is a JSON object must repeat the title and the summary: wallets show the one or the other.
fn agrees(metadata: &str, title: &str, summary: &str) -> Result<(), AppError> {
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(metadata) else { return Ok(()) };
    for (what, text) in [("title", title), ("summary", summary)] {
        let said = members.get(what).and_then(Value::as_str).unwrap_or_default();
        if said != text {
            return Err(error::CONTENT
                .wrap(format_args!("metadata {what} '{said}' must equal proposal {what} '{text}'")));
        }
    }
    Ok(())
}
