//! What can go wrong when amino JSON is written.

use std::fmt;

/// An error of writing amino JSON, with the field where it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AminoError {
    path: String,
    kind: AminoErrorKind,
}

/// The cause of an [`AminoError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AminoErrorKind {
    /// The pool lacks a message that is needed.
    #[error("unknown message type {0}: it is not part of this chain's definitions")]
    UnknownMessage(String),
    /// An `Any` names a type that the pool does not have.
    #[error("unknown type url {0:?}: use \"/\" and the full name of a message of this chain")]
    UnknownTypeUrl(String),
    /// The bytes are not a message of this type.
    #[error("malformed {message}: {cause}")]
    Malformed {
        /// Full name of the message.
        message: String,
        /// The decoder's reason.
        cause: String,
    },
    /// Nesting deeper than [`MAX_DEPTH`](crate::json::MAX_DEPTH).
    #[error("nested too deeply: at most {0} levels are allowed")]
    TooDeep(usize),
    /// The value has no amino form.
    #[error("{0} cannot be signed in amino json: use sign mode direct")]
    Unsupported(&'static str),
    /// An option of the definitions names an encoding that does not exist.
    #[error("unknown amino encoding {0:?} in the definitions")]
    UnknownEncoding(String),
    /// A decimal, integer, time or inline JSON text is malformed or out of range.
    #[error("{value:?} is not {expected}")]
    Invalid {
        /// The offending text, shortened.
        value: String,
        /// What was needed.
        expected: &'static str,
    },
    /// The transaction has no fee.
    #[error("auth info has no fee: set one, empty if need be")]
    NoFee,
    /// A field number that the definitions do not have: it would not be covered by the signature.
    #[error("unknown field {0}: it would not be covered by an amino signature")]
    UnknownField(u32),
}

impl AminoError {
    /// The field, like `body.messages[0].amount`; empty at the top.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The cause.
    pub fn kind(&self) -> &AminoErrorKind {
        &self.kind
    }

    pub(super) fn at(mut self, part: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{part}{separator}{}", self.path);
        self
    }
}

impl From<AminoErrorKind> for AminoError {
    fn from(kind: AminoErrorKind) -> Self {
        Self { path: String::new(), kind }
    }
}

impl fmt::Display for AminoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { self.kind.fmt(f) } else { write!(f, "{}: {}", self.path, self.kind) }
    }
}

impl std::error::Error for AminoError {}
