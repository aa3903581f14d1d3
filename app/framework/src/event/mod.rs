//! Events: what indexers and wallets read.

mod packed;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use agora_primitives::{Address, Amount, Coin, Coins, Dec, Denom};
pub use packed::{Events, PackedEvent, PackedText};

/// The value of an attribute, written out only when somebody reads it: most executions are forgotten with their events (the
/// mempool's, proposals', those that are repeated), and an address is named many times.
#[derive(Clone)]
pub enum Text {
    /// Text of the program.
    Fixed(&'static str),
    /// Any other text.
    Shared(Arc<str>),
    /// An account, shown as bech32.
    Address(Address),
    /// A number in decimal digits.
    Number(u64),
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(text) => f.write_str(text),
            Self::Shared(text) => f.write_str(text),
            Self::Address(address) => address.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

/// Texts are equal that are shown alike.
impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Address(a), Self::Address(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Shared(a), Self::Shared(b)) => a == b,
            _ => self.to_string() == other.to_string(),
        }
    }
}

impl Eq for Text {}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Shared(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

impl From<Address> for Text {
    fn from(address: Address) -> Self {
        Self::Address(address)
    }
}

impl From<u64> for Text {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Text {
    fn from(number: usize) -> Self {
        u64::try_from(number).map_or_else(|_| number.to_string().into(), Self::Number)
    }
}

/// A reference to what can be an attribute can be one as well.
macro_rules! by_reference {
    ($($type:ty),*) => {$(
        impl From<&$type> for Text {
            fn from(value: &$type) -> Self {
                Self::from(value.clone())
            }
        }
    )*};
}
by_reference!(Address, String, Text);

/// What is written out at once.
macro_rules! shown {
    ($($type:ty),*) => {$(
        impl From<$type> for Text {
            fn from(value: $type) -> Self {
                value.to_string().into()
            }
        }

        impl From<&$type> for Text {
            fn from(value: &$type) -> Self {
                value.to_string().into()
            }
        }
    )*};
}
shown!(Coins, Coin, Denom, Dec, Amount, i32, i128, bool, fmt::Arguments<'_>);

macro_rules! small_number {
    ($($type:ty),*) => {$(
        impl From<$type> for Text {
            fn from(number: $type) -> Self {
                Self::Number(number.into())
            }
        }
    )*};
}
small_number!(u8, u16, u32);

/// One event: a type and its attributes, in the order they were added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The type, such as `transfer`.
    pub kind: Cow<'static, str>,
    /// Keys and values. A key is never empty: CometBFT's clients refuse that.
    pub attributes: Vec<(Cow<'static, str>, Text)>,
}

impl Event {
    /// An event without attributes.
    #[must_use]
    pub fn new(kind: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: kind.into(), attributes: Vec::with_capacity(4) }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Text>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// The value of the first attribute with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        self.attributes.iter().find(|(k, _)| k == key).map(|(_, value)| value.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_it_is_shown_as() {
        let address = Address::from_20([7; 20]);
        let to = &address;
        let event = Event::new("paid")
            .with("by", address)
            .with("to", to)
            .with("amount", Coins::one(Coin::new(5, Denom::native())))
            .with("index", 3_usize)
            .with("kind", Text::Fixed("gift"));
        let shown: Vec<String> = event.attributes.iter().map(|(_, value)| value.to_string()).collect();
        assert_eq!(shown, [address.to_string().as_str(), &address.to_string(), "5uago", "3", "gift"]);
        assert_eq!(event.get("amount").as_deref(), Some("5uago"));
        assert_eq!(Text::from(address), Text::from(address.to_string()));
        assert_eq!((Text::from(3_u64), Text::from("3")), (Text::from("3"), Text::Fixed("3")));
        assert_ne!(Text::from(3_u64), Text::Fixed("4"));
    }
}
