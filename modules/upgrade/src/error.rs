//! The codes of the `upgrade` codespace: up to 6 as the Cosmos SDK registers them.

use agora_framework::ErrorCode;

/// Nothing is known of a module.
pub(crate) const VERSION_NOT_FOUND: ErrorCode = ErrorCode::new("upgrade", 2, "module version not found");
/// There is no plan.
pub(crate) const NO_PLAN: ErrorCode = ErrorCode::new("upgrade", 3, "upgrade plan not found");
/// The plan's height is there, and this release does not know the plan.
pub const NEEDED: ErrorCode = ErrorCode::new("upgrade", 20, "another release must go on");
/// This release knows a plan whose height is not there yet.
pub(crate) const TOO_EARLY: ErrorCode = ErrorCode::new("upgrade", 21, "the release is too early");
/// This release does not fit the state.
pub(crate) const WRONG_RELEASE: ErrorCode =
    ErrorCode::new("upgrade", 22, "the release does not fit the state");

/// Every code of the codespace.
pub const ALL: &[ErrorCode] = &[VERSION_NOT_FOUND, NO_PLAN, NEEDED, TOO_EARLY, WRONG_RELEASE];
