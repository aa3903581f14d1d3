//! Contents of the older form: what proposals carried before they carried messages.

use agora_framework::wire::{account, amount};
use agora_framework::{AppError, Message, message};
use agora_proto::cosmos::distribution::v1beta1 as distribution;
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::gov::v1beta1::TextProposal;
use agora_proto::cosmos::params::v1beta1::ParameterChangeProposal;
use agora_proto::type_url;
use prost::Message as _;
use prost_types::Any;

use crate::error;

/// The longest title of a content, in bytes.
const MAX_TITLE: usize = 140;
/// The longest description of a content, in bytes.
const MAX_DESCRIPTION: usize = 10_000;

/// What a content does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Legacy {
    /// Nothing.
    Text,
    /// It pays from what the community has, as this message does.
    Spend(distribution::MsgCommunityPoolSpend),
}

/// Runs a content of the older form.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecLegacyContent {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// What it does.
    pub(crate) content: Legacy,
}

impl Message for ExecLegacyContent {
    message!(wire::MsgExecLegacyContent, wire::MsgExecLegacyContentResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let content = parse(wire.content.as_ref(), &wire.authority)?.0;
        Ok(Self { authority: wire.authority.clone(), content })
    }
}

/// Reads a content: what it does, its title and its description.
///
/// # Errors
/// Code 9 for a type that nobody runs, with what to do instead; code 5 for texts that are empty or too long.
pub(crate) fn parse(content: Option<&Any>, authority: &str) -> Result<(Legacy, String, String), AppError> {
    let content = content.ok_or_else(|| error::CONTENT.wrap("the content is missing"))?;
    let malformed = |e: prost::DecodeError| error::CONTENT.wrap(e);
    let bytes = content.value.as_slice();
    let url = content.type_url.as_str();
    let (does, title, description) = if url == type_url::<TextProposal>() {
        let text = TextProposal::decode(bytes).map_err(malformed)?;
        (Legacy::Text, text.title, text.description)
    } else if url == spend_url() {
        let (spend, title, description) = spend(bytes, authority)?;
        (Legacy::Spend(spend), title, description)
    } else if url == type_url::<ParameterChangeProposal>() {
        return Err(error::NO_HANDLER.wrap(
            "parameters are changed by the MsgUpdateParams of their module, proposed with cosmos.gov.v1.MsgSubmitProposal",
        ));
    } else {
        return Err(error::NO_HANDLER.wrap(format_args!(
            "{url:?}: propose the module's message with cosmos.gov.v1.MsgSubmitProposal"
        )));
    };
    let refused = |what: &str| Err(error::CONTENT.wrap(what));
    if title.trim().is_empty() {
        return refused("proposal title cannot be blank");
    }
    if title.len() > MAX_TITLE {
        return refused("proposal title is longer than max length of 140");
    }
    if description.is_empty() {
        return refused("proposal description cannot be blank");
    }
    if description.len() > MAX_DESCRIPTION {
        return refused("proposal description is longer than max length of 10000");
    }
    Ok((does, title, description))
}

#[allow(deprecated)] // Superseded by the message; wallets still send it.
fn spend_url() -> String {
    type_url::<distribution::CommunityPoolSpendProposal>()
}

#[allow(deprecated)] // As above.
fn spend(
    bytes: &[u8],
    authority: &str,
) -> Result<(distribution::MsgCommunityPoolSpend, String, String), AppError> {
    let spend =
        distribution::CommunityPoolSpendProposal::decode(bytes).map_err(|e| error::CONTENT.wrap(e))?;
    account("recipient", &spend.recipient)?;
    if amount(&spend.amount)?.is_empty() {
        return Err(error::CONTENT.wrap("a payment has coins"));
    }
    let message = distribution::MsgCommunityPoolSpend {
        authority: authority.to_owned(),
        recipient: spend.recipient,
        amount: spend.amount,
    };
    Ok((message, spend.title, spend.description))
}

/// The content a message of a proposal carries, if it carries one: what the older form shows.
pub(crate) fn shown(message: &Any) -> Any {
    if message.type_url == type_url::<wire::MsgExecLegacyContent>()
        && let Ok(wire::MsgExecLegacyContent { content: Some(content), .. }) =
            wire::MsgExecLegacyContent::decode(message.value.as_slice())
    {
        return content;
    }
    message.clone()
}
