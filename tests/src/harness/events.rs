//! Events as a test reads them.

use tendermint_proto::v0_38::abci::Event as AbciEvent;

/// One event with its attributes in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The type.
    pub kind: String,
    /// Keys and values.
    pub attributes: Vec<(String, String)>,
}

impl Event {
    /// The value of the first attribute with this key; empty if there is none.
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        self.attributes.iter().find(|(k, _)| k == key).map_or("", |(_, value)| value.as_str())
    }

    /// The keys in order.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        self.attributes.iter().map(|(key, _)| key.as_str()).collect()
    }

    /// Type and attributes in one line: `transfer(recipient=..., amount=5uago)`.
    #[must_use]
    pub fn line(&self) -> String {
        let attributes: Vec<String> = self.attributes.iter().map(|(k, v)| format!("{k}={v}")).collect();
        format!("{}({})", self.kind, attributes.join(", "))
    }
}

impl From<&AbciEvent> for Event {
    fn from(event: &AbciEvent) -> Self {
        let attributes = event.attributes.iter().map(|a| (a.key.clone(), a.value.clone())).collect();
        Self { kind: event.r#type.clone(), attributes }
    }
}

/// An event with a known shape.
pub trait TypedEvent: Sized {
    /// The event's type.
    const KIND: &'static str;
    /// The attributes it must have, in order, without `msg_index`.
    const KEYS: &'static [&'static str];
    /// Made of the values of [`TypedEvent::KEYS`], in that order.
    fn from_values(values: &[&str]) -> Self;

    /// Reads an event; `None` if it has another type or shape.
    fn read(event: &Event) -> Option<Self> {
        let attributes = event.attributes.iter().filter(|(key, _)| key != "msg_index");
        let (keys, values): (Vec<&str>, Vec<&str>) =
            attributes.map(|(k, v)| (k.as_str(), v.as_str())).unzip();
        (event.kind == Self::KIND && keys == Self::KEYS).then(|| Self::from_values(&values))
    }
}

macro_rules! typed {
    ($(#[$doc:meta])* $name:ident = $kind:literal { $($field:ident),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // The attributes of the event.
        pub struct $name { $(pub $field: String),+ }

        impl TypedEvent for $name {
            const KIND: &'static str = $kind;
            const KEYS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn from_values(values: &[&str]) -> Self {
                let mut values = values.iter();
                Self { $($field: values.next().copied().unwrap_or_default().to_owned()),+ }
            }
        }
    };
}

typed! {
    /// Coins went from one account to another.
    Transfer = "transfer" { recipient, sender, amount }
}
typed! {
    /// Coins left an account.
    CoinSpent = "coin_spent" { spender, amount }
}
typed! {
    /// Coins reached an account.
    CoinReceived = "coin_received" { receiver, amount }
}
typed! {
    /// The fee was paid.
    FeePaid = "tx" { fee, fee_payer }
}
typed! {
    /// A message was executed.
    MessageDone = "message" { action, sender, module }
}
