//! The codes of the `bank` codespace, as the Cosmos SDK registers them.

use agora_framework::ErrorCode;

/// A multi-send without inputs.
pub(crate) const NO_INPUTS: ErrorCode = ErrorCode::new("bank", 2, "no inputs to send transaction");
/// A multi-send without outputs.
pub(crate) const NO_OUTPUTS: ErrorCode = ErrorCode::new("bank", 3, "no outputs to send transaction");
/// Inputs and outputs differ.
pub(crate) const INPUT_OUTPUT_MISMATCH: ErrorCode = ErrorCode::new("bank", 4, "sum inputs != sum outputs");
/// The denom cannot be sent.
pub(crate) const SEND_DISABLED: ErrorCode = ErrorCode::new("bank", 5, "send transactions are disabled");
/// Something is there twice.
pub(crate) const DUPLICATE_ENTRY: ErrorCode = ErrorCode::new("bank", 8, "duplicate entry");
/// A multi-send with several senders.
pub(crate) const MULTIPLE_SENDERS: ErrorCode = ErrorCode::new("bank", 9, "multiple senders not allowed");

/// Every code of the codespace.
pub const ALL: &[ErrorCode] =
    &[NO_INPUTS, NO_OUTPUTS, INPUT_OUTPUT_MISMATCH, SEND_DISABLED, DUPLICATE_ENTRY, MULTIPLE_SENDERS];
