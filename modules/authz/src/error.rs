//! The codes of the `authz` codespace, as the Cosmos SDK registers them.

use agora_framework::ErrorCode;

/// There is no such grant.
pub(crate) const NOT_FOUND: ErrorCode = ErrorCode::new("authz", 2, "authorization not found");
/// The grant would be over before it begins.
pub(crate) const INVALID_EXPIRATION: ErrorCode =
    ErrorCode::new("authz", 3, "expiration time of authorization should be more than current time");
/// A right of no known kind.
pub(crate) const UNKNOWN_TYPE: ErrorCode = ErrorCode::new("authz", 4, "unknown authorization type");
/// The grant's time is over.
pub(crate) const EXPIRED: ErrorCode = ErrorCode::new("authz", 6, "authorization expired");
/// Nobody needs a right to act for itself.
pub(crate) const SAME_ACCOUNT: ErrorCode =
    ErrorCode::new("authz", 7, "grantee and granter should be different");
/// A message of several signers.
pub(crate) const SIGNERS: ErrorCode =
    ErrorCode::new("authz", 9, "authorization can be given to msg with only one signer");
/// A limit of no tokens.
pub(crate) const MAX_TOKENS: ErrorCode = ErrorCode::new("authz", 12, "max tokens should be positive");

/// Every code of the codespace.
pub const ALL: &[ErrorCode] =
    &[NOT_FOUND, INVALID_EXPIRATION, UNKNOWN_TYPE, EXPIRED, SAME_ACCOUNT, SIGNERS, MAX_TOKENS];
