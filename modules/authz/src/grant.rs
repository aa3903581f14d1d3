//! Who may do what for whom.

use agora_primitives::Address;

use crate::authorization::Authorization;

/// A right with its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The right.
    pub authorization: Authorization,
    /// The last moment it can be used, in nanoseconds since 1970; `None` for ever.
    pub expiration: Option<u64>,
}

impl Grant {
    /// Whether its time is over.
    pub(crate) fn is_over(&self, now: u64) -> bool {
        self.expiration.is_some_and(|until| until < now)
    }
}

/// What a grant is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// For whom is acted.
    pub(crate) granter: Address,
    /// Who acts.
    pub(crate) grantee: Address,
    /// With which messages: their type URL, of at most 255 bytes as every message's that the chain handles.
    pub(crate) message: String,
}

/// A grant's key: granter, grantee, type URL.
pub(crate) type Key = (Address, Address, String);

impl Place {
    pub(crate) fn new(granter: Address, grantee: Address, message: &str) -> Self {
        Self { granter, grantee, message: message.to_owned() }
    }

    pub(crate) fn key(&self) -> Key {
        (self.granter, self.grantee, self.message.clone())
    }
}
