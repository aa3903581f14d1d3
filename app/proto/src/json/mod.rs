//! The JSON of Cosmos SDK nodes, both ways, driven by descriptors.
//!
//! This is the JSON of REST answers, of the command line and of genesis files. Its rules come from
//! recorded answers of a Cosmos SDK 0.55 node:
//!
//! * Keys are the proto field names (snake case) in declaration order; every field is present, defaults
//!   included: `""`, `"0"`, `0`, `false`, `[]`. An unset message, an unset nullable time and empty bytes are
//!   `null`. Members of a oneof appear only when set.
//! * A message field with `(gogoproto.nullable) = false` is an object even when it is absent on the wire; an
//!   absent time of that kind is `0001-01-01T00:00:00Z`, an absent duration `0s`.
//! * 64-bit integers are strings, 32-bit integers numbers, enums their names, bytes standard base64.
//! * Times are RFC 3339 in UTC and durations seconds (`"1.5s"`), both without trailing zeros.
//! * `Any` is its content with `"@type"` first. A type that the pool does not know is an error.
//! * A field whose `(gogoproto.customtype)` is a decimal holds the integer times 10^18 as text on the wire, in
//!   `string` and in `bytes` fields, and is shown with exactly 18 decimals. A `(cosmos_proto.scalar)` alone
//!   changes only `bytes` fields: governance v1 keeps decimal text in its `string` fields on the wire.
//! * `< > &`, U+2028 and U+2029 are escaped as `\u003c` and so on; other unicode is not.
//! * Redelegations are the one exception the SDK makes: see [`encode`].
//!
//! Reading accepts snake case and camel case keys, enums by name or number, integers as numbers or strings,
//! and ignores unknown keys unless the strict variant is used.
//!
//! [`JsonCodec`] remembers what it learnt about each message type; the free functions start afresh on every
//! call and suit occasional use.

mod decimal;
mod decode;
mod encode;
mod error;
pub(crate) mod plan;
mod scalar;
pub(crate) mod text;
pub(crate) mod time;

pub(crate) use decimal::{fixed_to_text, integer_text};
pub(crate) use encode::{any_parts, time_parts};
pub(crate) use error::shorten;
pub use error::{JsonError, JsonErrorKind};

use plan::Plans;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage};
use serde_json::Value;

/// Nesting of messages and `Any` values beyond which reading and writing stop with an error.
pub const MAX_DEPTH: usize = 64;

/// Reads and writes the JSON of one descriptor pool, remembering the layout of the types it met.
///
/// Cheap to share: put it behind a reference or an `Arc`.
#[derive(Debug)]
pub struct JsonCodec {
    plans: Plans,
}

impl JsonCodec {
    /// A codec for the messages of `pool`.
    pub fn new(pool: &DescriptorPool) -> Self {
        Self { plans: Plans::new(pool) }
    }

    /// Writes `msg` as compact JSON text. Errors: an unknown `Any` type, a value without JSON form (a time out
    /// of range, a malformed decimal), too deep nesting.
    pub fn to_json(&self, msg: &DynamicMessage) -> Result<String, JsonError> {
        Ok(text::to_string(&self.to_value(msg)?))
    }

    /// Writes `msg` as a JSON value with keys in declaration order. Errors as [`JsonCodec::to_json`].
    pub fn to_value(&self, msg: &DynamicMessage) -> Result<Value, JsonError> {
        encode::Encoder::new(&self.plans).message(msg, 0)
    }

    /// Decodes `bytes` as the message `full_name` and writes it as compact JSON text. Errors: an unknown or
    /// malformed message, and those of [`JsonCodec::to_json`].
    pub fn encode(&self, full_name: &str, bytes: &[u8]) -> Result<String, JsonError> {
        self.to_json(&self.decode_wire(full_name, bytes)?)
    }

    /// Decodes `bytes` as the message `full_name` and writes it as a JSON value. Errors as [`JsonCodec::encode`].
    pub fn encode_value(&self, full_name: &str, bytes: &[u8]) -> Result<Value, JsonError> {
        self.to_value(&self.decode_wire(full_name, bytes)?)
    }

    /// Reads `json` as a message of type `desc`, ignoring unknown keys. Errors name the place in the JSON.
    pub fn from_json(&self, desc: MessageDescriptor, json: &Value) -> Result<DynamicMessage, JsonError> {
        decode::Decoder::new(&self.plans, false).message(desc, json, 0)
    }

    /// Reads `json` as a message of type `desc` and refuses unknown keys: for genesis files and the command
    /// line, where an unknown key is a typing error.
    pub fn from_json_strict(
        &self,
        desc: MessageDescriptor,
        json: &Value,
    ) -> Result<DynamicMessage, JsonError> {
        decode::Decoder::new(&self.plans, true).message(desc, json, 0)
    }

    fn decode_wire(&self, full_name: &str, bytes: &[u8]) -> Result<DynamicMessage, JsonError> {
        let desc = self
            .plans
            .pool()
            .get_message_by_name(full_name)
            .ok_or_else(|| JsonErrorKind::UnknownMessage(full_name.to_owned()))?;
        DynamicMessage::decode(desc, bytes).map_err(|e| {
            JsonErrorKind::Malformed { message: full_name.to_owned(), cause: e.to_string() }.into()
        })
    }
}

/// Writes `msg` as compact JSON text, resolving `Any` through the pool of its descriptor. Errors: an unknown
/// `Any` type, a value without JSON form, nesting deeper than [`MAX_DEPTH`].
pub fn to_json(msg: &DynamicMessage) -> Result<String, JsonError> {
    JsonCodec::new(msg.descriptor().parent_pool()).to_json(msg)
}

/// Writes `msg` as a JSON value with keys in declaration order. Errors as [`to_json`].
pub fn to_value(msg: &DynamicMessage) -> Result<Value, JsonError> {
    JsonCodec::new(msg.descriptor().parent_pool()).to_value(msg)
}

/// Decodes `bytes` as the message `full_name` of `pool` and writes it as compact JSON text. Errors: an unknown
/// or malformed message, and those of [`to_json`].
///
/// Inside `cosmos.staking.v1beta1.RedelegationResponse` the SDK prints its Go structure instead: 64-bit
/// integers are numbers, zero scalars are left out and an empty list is `null`. Recorded clients expect that, so
/// it is done here too.
pub fn encode(pool: &DescriptorPool, full_name: &str, bytes: &[u8]) -> Result<String, JsonError> {
    JsonCodec::new(pool).encode(full_name, bytes)
}

/// Reads `json` as a message of type `desc`, ignoring unknown keys. Errors name the place in the JSON.
pub fn from_json(desc: MessageDescriptor, json: &Value) -> Result<DynamicMessage, JsonError> {
    let codec = JsonCodec::new(desc.parent_pool());
    codec.from_json(desc, json)
}

/// Reads `json` as a message of type `desc` and refuses unknown keys. Errors name the place in the JSON.
pub fn from_json_strict(desc: MessageDescriptor, json: &Value) -> Result<DynamicMessage, JsonError> {
    let codec = JsonCodec::new(desc.parent_pool());
    codec.from_json_strict(desc, json)
}

/// Writes any JSON value compactly with the escapes of the SDK (`<`, `>`, `&`, U+2028, U+2029 as `\uXXXX`),
/// keeping the order of keys.
pub fn write_value(value: &Value) -> String {
    text::to_string(value)
}
