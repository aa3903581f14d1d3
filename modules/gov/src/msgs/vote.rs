//! `MsgVote` and `MsgVoteWeighted`.

use agora_framework::errors::sdk;
use agora_framework::wire::account;
use agora_framework::{AppError, Message, message};
use agora_primitives::{Address, Dec};
use agora_proto::cosmos::gov::v1 as wire;

use super::submit::metadata;
use crate::ballot;
use crate::error;
use crate::types::{Choice, Options};
use crate::wire::plain_dec;

/// A vote for one choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// On which proposal.
    pub id: u64,
    /// Whose.
    pub voter: Address,
    /// For what.
    pub choice: Choice,
    /// Why, at most 255 bytes.
    pub metadata: String,
}

impl Message for Vote {
    message!(wire::MsgVote, wire::MsgVoteResponse, voter);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let voter = account("voter", &wire.voter)?;
        let choice = choice(wire.option)?;
        metadata(&wire.metadata)?;
        Ok(Self { id: wire.proposal_id, voter, choice, metadata: wire.metadata.clone() })
    }
}

/// A vote divided between choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteWeighted {
    /// On which proposal.
    pub id: u64,
    /// Whose.
    pub voter: Address,
    /// For what.
    pub options: Options,
    /// The same in the sender's spelling, as events show it.
    pub shown: String,
    /// Why, at most 255 bytes.
    pub metadata: String,
}

impl Message for VoteWeighted {
    message!(wire::MsgVoteWeighted, wire::MsgVoteWeightedResponse, voter);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let voter = account("voter", &wire.voter)?;
        let parts = wire.options.iter().map(|o| (o.option, plain_dec(&o.weight), o.weight.as_str()));
        let (options, shown) = weighted(parts)?;
        metadata(&wire.metadata)?;
        Ok(Self { id: wire.proposal_id, voter, options, shown, metadata: wire.metadata.clone() })
    }
}

/// The name of an option on the wire, or its number if it has none.
fn name(option: i32) -> String {
    wire::VoteOption::try_from(option)
        .map_or_else(|_| option.to_string(), |option| option.as_str_name().to_owned())
}

/// Reads a choice.
pub(crate) fn choice(option: i32) -> Result<Choice, AppError> {
    Choice::from_number(option).ok_or_else(|| error::VOTE.wrap(name(option)))
}

/// What events show of one choice.
pub(crate) fn shown(choice: Choice) -> String {
    format!("[{{\"option\":{},\"weight\":\"{}\"}}]", choice.number(), Dec::ONE)
}

/// Reads options with their weights, and the text of each weight.
pub(crate) fn weighted<'a>(
    wire: impl Iterator<Item = (i32, Option<Dec>, &'a str)>,
) -> Result<(Options, String), AppError> {
    let (mut parts, mut texts) = (Vec::new(), Vec::new());
    for (option, weight, text) in wire {
        let known = Choice::from_number(option);
        let weight = weight.filter(|weight| *weight != Dec::ZERO && *weight <= Dec::ONE);
        let (Some(choice), Some(weight)) = (known, weight) else {
            let text: String = text.chars().take(64).collect();
            return Err(error::VOTE.wrap(format_args!("option:{} weight:{text:?}", name(option))));
        };
        // More than the choices there are cannot be distinct.
        if parts.len() <= Choice::ALL.len() {
            parts.push((choice, weight));
            texts.push(format!("{{\"option\":{option},\"weight\":\"{text}\"}}"));
        }
    }
    if parts.is_empty() {
        return Err(sdk::INVALID_REQUEST.wrap("a vote has options"));
    }
    Ok((ballot::options(parts)?, format!("[{}]", texts.join(","))))
}
