//! The codes of the `slashing` codespace, as the Cosmos SDK registers them.

use agora_framework::ErrorCode;

/// The validator was not jailed for long enough, or is for ever.
pub(crate) const JAILED: ErrorCode =
    ErrorCode::new("slashing", 4, "validator still jailed; cannot be unjailed");
/// The validator is free.
pub(crate) const NOT_JAILED: ErrorCode =
    ErrorCode::new("slashing", 5, "validator not jailed; cannot be unjailed");
/// The operator delegates nothing to its own validator.
pub(crate) const NO_SELF_DELEGATION: ErrorCode =
    ErrorCode::new("slashing", 6, "validator has no self-delegation; cannot be unjailed");
/// It delegates less than it promised.
pub(crate) const SELF_DELEGATION: ErrorCode =
    ErrorCode::new("slashing", 7, "validator's self delegation less than minimum; cannot be unjailed");

/// Every code of the codespace.
pub const ALL: &[ErrorCode] = &[JAILED, NOT_JAILED, NO_SELF_DELEGATION, SELF_DELEGATION];
