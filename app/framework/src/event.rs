//! Events: what indexers and wallets read.

/// One event: a type and its attributes, in the order they were added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The type, such as `transfer`.
    pub kind: String,
    /// Keys and values. A key is never empty: CometBFT's clients refuse that.
    pub attributes: Vec<(String, String)>,
}

impl Event {
    /// An event without attributes.
    #[must_use]
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), attributes: Vec::new() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.attributes.push((key.into(), value.to_string()));
        self
    }

    /// The value of the first attribute with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}
