//! What can go wrong between messages and JSON.

use std::fmt;

/// An error of reading or writing JSON, with the place where it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    path: String,
    kind: JsonErrorKind,
}

/// The cause of a [`JsonError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonErrorKind {
    /// The pool has no message of this full name.
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
    /// Nesting deeper than [`super::MAX_DEPTH`].
    #[error("nested too deeply: at most {0} levels are allowed")]
    TooDeep(usize),
    /// The JSON has another type than the field needs.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What the field needs.
        expected: &'static str,
        /// What the JSON holds.
        found: &'static str,
    },
    /// The text or number does not fit the field.
    #[error("{value:?} is not {expected}")]
    Invalid {
        /// The offending value, shortened.
        value: String,
        /// What was needed, with its bounds.
        expected: &'static str,
    },
    /// The strict variant met a key without a field.
    #[error("unknown field {field:?} of {message}: remove it or correct its spelling")]
    UnknownField {
        /// The key.
        field: String,
        /// Full name of the message.
        message: String,
    },
    /// A field was given twice, in snake case and in camel case.
    #[error("field given twice: keep one spelling")]
    Twice,
    /// Two members of a oneof were given.
    #[error("only one of the fields of {0:?} may be given")]
    OneofTwice(String),
    /// An enum has no value of this name.
    #[error("unknown value {value:?} of {name}: use one of its names or a number")]
    UnknownEnumValue {
        /// The text found.
        value: String,
        /// Full name of the enum.
        name: String,
    },
    /// An `Any` without "@type".
    #[error("missing \"@type\": an Any needs the type url of its content")]
    MissingType,
}

impl JsonError {
    /// The place in the document, like `body.messages[0].amount`; empty at the top.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The cause.
    pub fn kind(&self) -> &JsonErrorKind {
        &self.kind
    }

    pub(crate) fn at_field(mut self, name: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{name}{separator}{}", self.path);
        self
    }

    pub(crate) fn at_index(mut self, index: usize) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{separator}{}", self.path);
        self
    }
}

impl From<JsonErrorKind> for JsonError {
    fn from(kind: JsonErrorKind) -> Self {
        Self { path: String::new(), kind }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { self.kind.fmt(f) } else { write!(f, "{}: {}", self.path, self.kind) }
    }
}

impl std::error::Error for JsonError {}

impl JsonErrorKind {
    /// An [`JsonErrorKind::Invalid`] with the value cut to a readable length.
    pub(crate) fn invalid(value: &str, expected: &'static str) -> Self {
        Self::Invalid { value: shorten(value), expected }
    }
}

/// At most 64 characters of `text`.
pub(crate) fn shorten(text: &str) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(64).collect();
    if chars.next().is_some() {
        short.push_str("...");
    }
    short
}
