//! The codes of the `gov` codespace, as the Cosmos SDK registers them.

use agora_framework::ErrorCode;

/// The proposal is not there, or takes no votes or deposits any more or yet.
pub(crate) const INACTIVE: ErrorCode = ErrorCode::new("gov", 3, "inactive proposal");
/// Texts are empty, too long, or contradict each other.
pub(crate) const CONTENT: ErrorCode = ErrorCode::new("gov", 5, "invalid proposal content");
/// A vote's options are not possible.
pub(crate) const VOTE: ErrorCode = ErrorCode::new("gov", 7, "invalid vote option");
/// A content of the older form that nobody runs.
pub(crate) const NO_HANDLER: ErrorCode = ErrorCode::new("gov", 9, "no handler exists for proposal type");
/// A message of the proposal is of a type that nobody handles.
pub(crate) const UNROUTABLE: ErrorCode =
    ErrorCode::new("gov", 10, "proposal message not recognized by router");
/// Neither messages nor metadata.
pub(crate) const NO_MESSAGES: ErrorCode = ErrorCode::new("gov", 11, "no messages proposed");
/// A message of the proposal can never succeed.
pub(crate) const MESSAGE: ErrorCode = ErrorCode::new("gov", 12, "invalid proposal message");
/// A message of the proposal is not governance's to sign.
pub(crate) const SIGNER: ErrorCode =
    ErrorCode::new("gov", 13, "expected gov account as only signer for proposal message");
/// The metadata or the title is too long.
pub(crate) const METADATA: ErrorCode = ErrorCode::new("gov", 15, "metadata too long");
/// The deposit is too small.
pub(crate) const MIN_DEPOSIT: ErrorCode = ErrorCode::new("gov", 16, "minimum deposit is too small");
/// Only the proposer may.
pub(crate) const PROPOSER: ErrorCode = ErrorCode::new("gov", 18, "invalid proposer");
/// The vote is over.
pub(crate) const ENDED: ErrorCode = ErrorCode::new("gov", 20, "voting period already ended");
/// The proposal is decided.
pub(crate) const PROPOSAL: ErrorCode = ErrorCode::new("gov", 21, "invalid proposal");
/// The summary is too long.
pub(crate) const SUMMARY: ErrorCode = ErrorCode::new("gov", 22, "summary too long");
/// A deposit in a denom that is not taken.
pub(crate) const DENOM: ErrorCode = ErrorCode::new("gov", 23, "invalid deposit denom");

/// Every code of the codespace.
pub const ALL: &[ErrorCode] = &[
    INACTIVE,
    CONTENT,
    VOTE,
    NO_HANDLER,
    UNROUTABLE,
    NO_MESSAGES,
    MESSAGE,
    SIGNER,
    METADATA,
    MIN_DEPOSIT,
    PROPOSER,
    ENDED,
    PROPOSAL,
    SUMMARY,
    DENOM,
];
