//! Messages, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::wire::account;
use agora_framework::{Access, AccessHint, AppError, Message, message};
use agora_primitives::Address;
use agora_proto::cosmos::feegrant::v1beta1 as wire;

use crate::allowance::Allowance;
use crate::state::ALLOWANCES;
use crate::store::Pair;
use crate::wire::{check_new, parse};

/// An allowance for another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantAllowance {
    pub(crate) pair: Pair,
    pub(crate) allowance: Allowance,
}

/// The end of an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeAllowance {
    pub(crate) pair: Pair,
}

/// Forgets expired allowances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PruneAllowances {
    pub(crate) pruner: Address,
}

/// Refuses an account that would pay for itself.
pub(crate) fn parse_pair(granter: &str, grantee: &str) -> Result<Pair, AppError> {
    let pair = Pair { granter: account("granter", granter)?, grantee: account("grantee", grantee)? };
    if pair.granter == pair.grantee {
        return Err(sdk::INVALID_ADDRESS.wrap("cannot self-grant fee authorization"));
    }
    Ok(pair)
}

fn hint(granter: &str, grantee: &str, hint: &mut AccessHint) {
    if let (Ok(granter), Ok(grantee)) = (granter.parse::<Address>(), grantee.parse::<Address>()) {
        hint.push(ALLOWANCES.key(&(grantee, granter)), Access::Write);
    }
}

impl Message for GrantAllowance {
    message!(wire::MsgGrantAllowance, wire::MsgGrantAllowanceResponse, granter);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let pair = parse_pair(&wire.granter, &wire.grantee)?;
        let allowance = parse(wire.allowance.as_ref())?;
        check_new(&allowance)?;
        Ok(Self { pair, allowance })
    }

    fn access(wire: &Self::Wire, access: &mut AccessHint) {
        hint(&wire.granter, &wire.grantee, access);
    }
}

impl Message for RevokeAllowance {
    message!(wire::MsgRevokeAllowance, wire::MsgRevokeAllowanceResponse, granter);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        if wire.granter == wire.grantee {
            return Err(sdk::INVALID_ADDRESS.wrap("addresses must be different"));
        }
        Ok(Self { pair: parse_pair(&wire.granter, &wire.grantee)? })
    }

    fn access(wire: &Self::Wire, access: &mut AccessHint) {
        hint(&wire.granter, &wire.grantee, access);
    }
}

impl Message for PruneAllowances {
    message!(wire::MsgPruneAllowances, wire::MsgPruneAllowancesResponse, pruner);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { pruner: account("pruner", &wire.pruner)? })
    }
}
