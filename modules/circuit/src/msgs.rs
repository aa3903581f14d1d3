//! Messages, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::wire::account;
use agora_framework::{AppError, Message, message};
use agora_primitives::Address;
use agora_proto::cosmos::circuit::v1 as wire;

use crate::permission::Permission;
use crate::state::MAX_CLOSED;

/// What an account may close from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorize {
    pub(crate) granter: Address,
    pub(crate) grantee: Address,
    pub(crate) permission: Option<Permission>,
}

/// Entries to close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trip {
    pub(crate) authority: Address,
    pub(crate) entries: Vec<String>,
}

/// Entries to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    pub(crate) authority: Address,
    pub(crate) entries: Vec<String>,
}

/// Between one and [`MAX_CLOSED`] entries. None does not stand for everything: a chain is not closed by leaving something out.
fn entries(entries: &[String]) -> Result<Vec<String>, AppError> {
    if entries.is_empty() || entries.len() > MAX_CLOSED {
        return Err(sdk::INVALID_REQUEST.wrap(format_args!(
            "name 1 to {MAX_CLOSED} type URLs or modules in msg_type_urls, got {}",
            entries.len()
        )));
    }
    Ok(entries.to_vec())
}

impl Message for Authorize {
    message!(wire::MsgAuthorizeCircuitBreaker, wire::MsgAuthorizeCircuitBreakerResponse, granter);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            granter: account("granter", &wire.granter)?,
            grantee: account("grantee", &wire.grantee)?,
            permission: Permission::parse(wire.permissions.as_ref())?,
        })
    }
}

impl Message for Trip {
    message!(wire::MsgTripCircuitBreaker, wire::MsgTripCircuitBreakerResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { authority: account("authority", &wire.authority)?, entries: entries(&wire.msg_type_urls)? })
    }
}

impl Message for Reset {
    message!(wire::MsgResetCircuitBreaker, wire::MsgResetCircuitBreakerResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { authority: account("authority", &wire.authority)?, entries: entries(&wire.msg_type_urls)? })
    }
}
