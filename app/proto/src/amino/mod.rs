//! Amino JSON: the sign documents of SIGN_MODE_LEGACY_AMINO_JSON, which hardware wallets and multisigs use.
//!
//! The document is derived from the descriptors alone, so every message of this chain can be signed by any
//! wallet. Rules, from 89 recorded documents of a Cosmos SDK 0.55 node (`tests/vectors/amino.json`):
//!
//! * A message inside an `Any` is `{"type": name, "value": {...}}`; the name is `(amino.name)` or, without one,
//!   the type url. Keys are `(amino.field_name)` or the proto name, sorted by their bytes at every level.
//! * Empty fields are left out (`false`, `""`, `0`, empty lists, absent messages) unless
//!   `(amino.dont_omitempty)` is set. Then an empty list is `null`, or `[]` with the encoding `legacy_coins`;
//!   an absent message is the empty message; empty bytes are `null`.
//! * 64-bit integers are strings, 32-bit ones and enums numbers, bytes base64, times RFC 3339 without trailing
//!   zeros, durations nanoseconds as a string. Maps and floating point numbers are refused.
//! * Fixed-point decimals are shown with 18 decimals, an empty decimal or integer as `"0"`. Governance v1
//!   weights, which are decimal text already, stay as they are.
//! * A oneof with `(amino.oneof_name)` is `"Validators": {"type": name, "value": {"allow_list": ...}}`, `null`
//!   when nothing is set; a oneof without that option is written like ordinary fields.
//! * Message encodings: `key_field`, `module_account`, `threshold_string`; field encodings: `legacy_coins`,
//!   `inline_json`, `cosmos_dec_bytes`, `cosmos_dec_string`. Any other name is an error.
//! * `timeout_height`, `timeout_timestamp`, `unordered` and the fee's `payer` and `granter` only when set.
//!
//! What the document cannot show is refused, for otherwise it could be changed after signing: unknown fields of
//! the body, extension options and tips.

mod encode;
mod error;
mod sign_doc;

pub use error::{AminoError, AminoErrorKind};
pub use sign_doc::SignDocInput;

use crate::json::plan::Plans;
use crate::json::text;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::Value;

/// Writes amino JSON for the messages of one descriptor pool, remembering the layout of the types it met.
#[derive(Debug)]
pub struct AminoCodec {
    plans: Plans,
}

impl AminoCodec {
    /// A codec for the messages of `pool`.
    pub fn new(pool: &DescriptorPool) -> Self {
        Self { plans: Plans::new(pool) }
    }

    /// The amino JSON of the content of an `Any`: `{"type": ..., "value": ...}`, keys not yet sorted. Errors: an
    /// unknown type, malformed bytes, a value without amino form, nesting deeper than
    /// [`MAX_DEPTH`](crate::json::MAX_DEPTH).
    pub fn any_to_amino(&self, type_url: &str, bytes: &[u8]) -> Result<Value, AminoError> {
        encode::Encoder::new(&self.plans).any(type_url, bytes, 0)
    }

    /// The amino JSON of a message without the `{"type": ..., "value": ...}` around it. Errors as
    /// [`AminoCodec::any_to_amino`].
    pub fn message_to_amino(&self, msg: &DynamicMessage) -> Result<Value, AminoError> {
        encode::Encoder::new(&self.plans).message(msg, 0)
    }

    /// The exact bytes that a signer signs. Errors: malformed or unknown content, and content that a sign
    /// document of this mode cannot show.
    pub fn sign_doc(&self, input: &SignDocInput<'_>) -> Result<Vec<u8>, AminoError> {
        let doc = sign_doc::build(&self.plans, input)?;
        Ok(text::to_sorted_string(&doc).into_bytes())
    }
}

/// The amino JSON of the content of an `Any`. Errors as [`AminoCodec::any_to_amino`].
pub fn any_to_amino(pool: &DescriptorPool, type_url: &str, bytes: &[u8]) -> Result<Value, AminoError> {
    AminoCodec::new(pool).any_to_amino(type_url, bytes)
}

/// The exact bytes that a signer signs. Errors as [`AminoCodec::sign_doc`].
pub fn sign_doc(pool: &DescriptorPool, input: &SignDocInput<'_>) -> Result<Vec<u8>, AminoError> {
    AminoCodec::new(pool).sign_doc(input)
}

/// Text of an amino value as it is signed: compact, keys sorted at every level, HTML escapes.
pub fn to_sorted_string(value: &Value) -> String {
    text::to_sorted_string(value)
}
