//! Messages, valid once constructed.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::wire::account;
use agora_framework::{Access, AccessHint, AppError, Message, message};
use agora_primitives::Address;
use agora_proto::cosmos::authz::v1beta1 as wire;
use agora_proto::cosmos::bank::v1beta1::MsgSend;
use agora_proto::type_url;
use prost::Message as _;
use prost_types::Any;

use crate::error::SAME_ACCOUNT;
use crate::grant::{Grant, Place};
use crate::state::GRANTS;
use crate::wire::parse_grant;

/// Messages of an execution that are looked at for a hint.
const MAX_HINTED: usize = 8;

/// A right for another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRight {
    pub(crate) place: Place,
    pub(crate) grant: Grant,
}

/// The end of a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoke {
    pub(crate) place: Place,
}

/// Messages, each of which the grantee may send by its own signer's grant, or its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Exec {
    pub(crate) grantee: Address,
    pub(crate) messages: Vec<Any>,
}

/// Refuses an account that would act for itself.
pub(crate) fn parse_place(granter: &str, grantee: &str, message: &str) -> Result<Place, AppError> {
    let (granter, grantee) = (account("granter", granter)?, account("grantee", grantee)?);
    if granter == grantee {
        return Err(SAME_ACCOUNT.bare());
    }
    Ok(Place::new(granter, grantee, message))
}

impl Message for GrantRight {
    message!(wire::MsgGrant, wire::MsgGrantResponse, granter);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let grant = wire.grant.clone().unwrap_or_default();
        let grant = parse_grant(grant.authorization.as_ref(), grant.expiration.as_ref())?;
        let place = parse_place(&wire.granter, &wire.grantee, grant.authorization.message())?;
        Ok(Self { place, grant })
    }
}

impl Message for Revoke {
    message!(wire::MsgRevoke, wire::MsgRevokeResponse, granter);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        if wire.msg_type_url.is_empty() {
            return Err(sdk::INVALID_REQUEST.wrap("missing msg_type_url; say which right is taken back"));
        }
        Ok(Self { place: parse_place(&wire.granter, &wire.grantee, &wire.msg_type_url)? })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        if let (Ok(granter), Ok(grantee)) = (wire.granter.parse(), wire.grantee.parse()) {
            hint.push(GRANTS.key(&(granter, grantee, wire.msg_type_url.clone())), Access::Write);
        }
    }
}

impl Message for Exec {
    message!(wire::MsgExec, wire::MsgExecResponse, grantee);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        if wire.msgs.is_empty() {
            return Err(sdk::INVALID_REQUEST.wrap("messages cannot be empty"));
        }
        Ok(Self { grantee: account("grantee", &wire.grantee)?, messages: wire.msgs.clone() })
    }

    /// The transfers among the messages: what else there is, only the chain's list of modules knows.
    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        let Ok(grantee) = wire.grantee.parse::<Address>() else { return };
        let sends = wire.msgs.iter().take(MAX_HINTED).filter(|any| any.type_url == type_url::<MsgSend>());
        for send in sends.filter_map(|any| MsgSend::decode(any.value.as_slice()).ok()) {
            if let Ok(granter) = send.from_address.parse() {
                let place = Place::new(granter, grantee, &type_url::<MsgSend>());
                hint.push(GRANTS.key(&place.key()), Access::Write);
            }
            bank::hint_balances(&send.from_address, &send.amount, hint);
            bank::hint_balances(&send.to_address, &send.amount, hint);
        }
    }
}
