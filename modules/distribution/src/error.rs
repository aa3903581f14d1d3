//! The codes of the `distribution` codespace, as the Cosmos SDK registers them.

use agora_framework::ErrorCode;

/// The commission is less than a unit.
pub(crate) const NO_COMMISSION: ErrorCode =
    ErrorCode::new("distribution", 7, "no validator commission to withdraw");
/// Rewards go to the delegator alone at present.
pub(crate) const WITHDRAW_ADDRESS: ErrorCode =
    ErrorCode::new("distribution", 8, "set withdraw address disabled");
/// The community has less.
pub(crate) const COMMUNITY_POOL: ErrorCode =
    ErrorCode::new("distribution", 9, "community pool does not have sufficient coins to distribute");

/// Every code of the codespace.
pub const ALL: &[ErrorCode] = &[NO_COMMISSION, WITHDRAW_ADDRESS, COMMUNITY_POOL];
