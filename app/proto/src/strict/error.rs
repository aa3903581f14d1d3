//! Which rule was broken, and where.

use std::fmt;

/// Bytes that break a rule of strict decoding, with the field where they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrictError {
    path: String,
    kind: StrictErrorKind,
}

/// The rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrictErrorKind {
    /// The pool has no message of this name.
    #[error("unknown message type {0}: it is not part of this chain's definitions")]
    UnknownMessage(String),
    /// An `Any` does not name a message of the pool as `"/"` and its full name.
    #[error("unknown type url {0:?}: use \"/\" and the full name of a message of this chain")]
    UnknownTypeUrl(String),
    /// A field number that the definitions do not have.
    #[error("unknown field {number} (wire type {wire_type}): remove it or use newer definitions")]
    UnknownField {
        /// Field number.
        number: u32,
        /// Wire type, 0 to 5.
        wire_type: u8,
    },
    /// The wire type does not fit the definition.
    #[error("wire type {found} where the definition needs {expected}")]
    WireType {
        /// Wire type of the definition.
        expected: u8,
        /// Wire type found.
        found: u8,
    },
    /// A group, or one of the wire types that do not exist.
    #[error("wire type {0} is not allowed: groups are not part of proto3")]
    NoSuchWireType(u8),
    /// A field number of 0 or above 2^29 - 1.
    #[error("field number {0} is out of range: use 1 to 536870911")]
    FieldNumber(u64),
    /// A field of `TxRaw` after one with a larger number.
    #[error("field {number} after field {previous}: the fields of TxRaw must ascend (ADR-027)")]
    OutOfOrder {
        /// Field number found.
        number: u32,
        /// Field number before it.
        previous: u32,
    },
    /// A field that is not repeated, or two members of a oneof, given twice.
    #[error("given more than once: only repeated fields may be, and only one member of a oneof may be set")]
    Twice,
    /// A varint with needless bytes.
    #[error("varint not in its shortest form: encode canonically (ADR-027)")]
    LongVarint,
    /// A varint of more than 64 bits.
    #[error("varint of more than 64 bits")]
    VarintOverflow,
    /// A `bool` other than 0 and 1, or a 32-bit field with a larger value.
    #[error("value {0} does not fit the type of the field")]
    ValueRange(u64),
    /// The input ends inside a field, or a length reaches beyond it.
    #[error("input ends within a field: {needed} bytes needed, {left} left")]
    Truncated {
        /// Bytes needed.
        needed: u64,
        /// Bytes left.
        left: usize,
    },
    /// A `string` that is not UTF-8.
    #[error("text is not valid utf-8")]
    Utf8,
    /// Nesting deeper than allowed.
    #[error("nested too deeply: at most {0} levels are allowed")]
    TooDeep(usize),
    /// Input larger than allowed.
    #[error("{size} bytes are too many: at most {limit} are allowed")]
    TooLarge {
        /// Size of the input.
        size: usize,
        /// Largest size.
        limit: usize,
    },
    /// More messages than allowed.
    #[error("too many nested messages: at most {0} are allowed")]
    TooManyMessages(usize),
}

impl StrictError {
    /// The field, like `body.messages(cosmos.bank.v1beta1.MsgSend).amount.denom`; empty at the top.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The rule that was broken.
    pub fn kind(&self) -> &StrictErrorKind {
        &self.kind
    }

    pub(super) fn at(mut self, part: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('(') { "" } else { "." };
        self.path = format!("{part}{separator}{}", self.path);
        self
    }
}

impl From<StrictErrorKind> for StrictError {
    #[cold]
    fn from(kind: StrictErrorKind) -> Self {
        Self { path: String::new(), kind }
    }
}

impl fmt::Display for StrictError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { self.kind.fmt(f) } else { write!(f, "{}: {}", self.path, self.kind) }
    }
}

impl std::error::Error for StrictError {}
