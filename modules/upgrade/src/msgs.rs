//! Messages, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::{AppError, Message, message};
use agora_proto::cosmos::upgrade::v1beta1 as wire;
use prost_types::Timestamp;

use crate::state::Plan;

/// The longest name: tools make folders of it.
const MAX_NAME: usize = 64;

/// The longest note.
const MAX_INFO: usize = 8192;

/// Midnight of the year 1: no time.
pub(crate) const NO_TIME: Timestamp = Timestamp { seconds: -62_135_596_800, nanos: 0 };

/// An upgrade to plan, in place of the one that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftwareUpgrade {
    pub(crate) authority: String,
    pub(crate) plan: Plan,
}

/// Drops the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelUpgrade {
    pub(crate) authority: String,
}

/// Reads a plan.
///
/// # Errors
/// Code 18, naming the part that is wrong.
pub(crate) fn parse_plan(name: &str, height: i64, info: &str) -> Result<Plan, AppError> {
    let refused = |what: &str| Err(sdk::INVALID_REQUEST.wrap(what));
    if name.is_empty() {
        return refused("name cannot be empty");
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.len() > MAX_NAME || !name.bytes().all(plain) || name.starts_with('.') {
        return refused(
            "a name has at most 64 letters, digits, \".\", \"_\" and \"-\", and begins with no \".\"",
        );
    }
    let Some(height) = u64::try_from(height).ok().filter(|height| *height > 0) else {
        return refused("height must be greater than 0");
    };
    if info.len() > MAX_INFO {
        return refused("info has at most 8192 bytes; link to more");
    }
    Ok(Plan { name: name.to_owned(), height, info: info.to_owned() })
}

impl Message for SoftwareUpgrade {
    message!(wire::MsgSoftwareUpgrade, wire::MsgSoftwareUpgradeResponse, authority);

    #[allow(deprecated)] // What is no longer in use must not be set.
    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let plan = wire.plan.clone().unwrap_or_default();
        if plan.time.is_some_and(|time| time != NO_TIME && time != Timestamp::default()) {
            return Err(sdk::INVALID_REQUEST.wrap("plans go by height; leave the time out"));
        }
        if plan.upgraded_client_state.is_some() {
            return Err(
                sdk::INVALID_REQUEST.wrap("upgrades of clients are not planned here; leave the state out")
            );
        }
        let plan = parse_plan(&plan.name, plan.height, &plan.info)?;
        Ok(Self { authority: wire.authority.clone(), plan })
    }
}

impl Message for CancelUpgrade {
    message!(wire::MsgCancelUpgrade, wire::MsgCancelUpgradeResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { authority: wire.authority.clone() })
    }
}
