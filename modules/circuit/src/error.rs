//! The codes of the `circuit` codespace.

use agora_framework::ErrorCode;

/// The message is closed.
pub(crate) const CLOSED: ErrorCode = ErrorCode::new("circuit", 2, "closed by the circuit breaker");
/// What can never be closed.
pub(crate) const ALWAYS_OPEN: ErrorCode = ErrorCode::new("circuit", 3, "cannot be closed");
/// Closed already, or not closed.
pub(crate) const UNCHANGED: ErrorCode = ErrorCode::new("circuit", 4, "nothing to change");

/// Every code of the codespace.
pub const ALL: &[ErrorCode] = &[CLOSED, ALWAYS_OPEN, UNCHANGED];
