//! Who may do what for whom.

use agora_primitives::Address;
use agora_state::{KeyBytes, KeyCodec, KeyError};

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

/// A type URL as part of a key: at most 255 bytes, as every message's that the chain handles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TypeUrl(pub(crate) String);

impl KeyCodec for TypeUrl {
    fn encode_inner(&self, out: &mut KeyBytes) {
        let len = u8::try_from(self.0.len()).unwrap_or(u8::MAX);
        out.push(len);
        out.extend_from_slice(self.0.as_bytes().get(..usize::from(len)).unwrap_or_default());
    }

    fn encode_last(&self, out: &mut KeyBytes) {
        out.extend_from_slice(self.0.as_bytes());
    }

    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
        let (len, rest) = bytes.split_first().ok_or(KeyError("length missing"))?;
        let (text, rest) =
            rest.split_at_checked(usize::from(*len)).ok_or(KeyError("shorter than its length"))?;
        Ok((Self::decode_last(text)?, rest))
    }

    fn decode_last(bytes: &[u8]) -> Result<Self, KeyError> {
        String::from_utf8(bytes.to_vec()).map(Self).map_err(|_| KeyError("not text"))
    }
}

/// What a grant is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// For whom is acted.
    pub(crate) granter: Address,
    /// Who acts.
    pub(crate) grantee: Address,
    /// With which messages.
    pub(crate) message: TypeUrl,
}

/// A grant's key: granter, grantee, type URL.
pub(crate) type Key = (Address, Address, TypeUrl);

impl Place {
    pub(crate) fn new(granter: Address, grantee: Address, message: &str) -> Self {
        Self { granter, grantee, message: TypeUrl(message.to_owned()) }
    }

    pub(crate) fn key(&self) -> Key {
        (self.granter, self.grantee, self.message.clone())
    }
}
