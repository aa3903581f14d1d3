//! The codes of the `feegrant` codespace, as the Cosmos SDK registers them.

use agora_framework::ErrorCode;

/// The fee is more than what is left.
pub(crate) const LIMIT_EXCEEDED: ErrorCode = ErrorCode::new("feegrant", 2, "fee limit exceeded");
/// The allowance's time is over.
pub(crate) const EXPIRED: ErrorCode = ErrorCode::new("feegrant", 3, "fee allowance expired");
/// A time or a span cannot be.
pub(crate) const INVALID_DURATION: ErrorCode = ErrorCode::new("feegrant", 4, "invalid duration");
/// There is no allowance.
pub(crate) const NO_ALLOWANCE: ErrorCode = ErrorCode::new("feegrant", 5, "no allowance");
/// A list of messages is empty.
pub(crate) const NO_MESSAGES: ErrorCode = ErrorCode::new("feegrant", 6, "allowed messages are empty");
/// The allowance is for other messages.
pub(crate) const MESSAGE_NOT_ALLOWED: ErrorCode = ErrorCode::new("feegrant", 7, "message not allowed");

/// Every code of the codespace.
pub const ALL: &[ErrorCode] =
    &[LIMIT_EXCEEDED, EXPIRED, INVALID_DURATION, NO_ALLOWANCE, NO_MESSAGES, MESSAGE_NOT_ALLOWED];
