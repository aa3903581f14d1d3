//! Strict decoding: which bytes are a transaction of this chain.
//!
//! A scanner over the wire format, driven by tables built once from the descriptors; it allocates nothing while
//! the bytes are fine. It runs on every transaction before anything is decoded, so that all nodes and all
//! clients read the same thing in the same bytes. The rules are those of ADR-027 (canonical `TxRaw`) and
//! ADR-020 (unknown fields), and stricter than recorded Cosmos SDK nodes where they leave room for two readings:
//!
//! | rule | where |
//! |---|---|
//! | fields in ascending order, `body_bytes` and `auth_info_bytes` at most once (the SDK accepts a second `body_bytes`) | `TxRaw` |
//! | no unknown fields | everywhere, but `TxBody` itself may hold non-critical ones (bit 11 of the number set) |
//! | a field that is not repeated, or one member of a oneof, at most once | everywhere |
//! | varints (tags, lengths, values) in their shortest form; `bool` 0 or 1; 32-bit values in 32 bits | everywhere |
//! | wire types as defined; repeated numbers packed or not; no groups | everywhere |
//! | `string` is UTF-8 | everywhere |
//! | lengths within what is there, no bytes left over | everywhere |
//! | `Any` holds `"/"` and the name of a message of the pool, and its content obeys these rules | everywhere |
//! | nesting, size and number of messages limited | [`StrictLimits`] |
//!
//! Nested messages may list their fields in any order and may spell out defaults, as clients do. The SDK lets
//! non-critical unknown fields pass anywhere below `TxBody`; here they pass in `TxBody` only, because a message is
//! executed as a whole or not at all. Whether an empty transaction or a type that is no message handler makes
//! sense is for the ante checks and the router to say.

mod error;
mod scan;
mod schema;
mod wire;

pub use error::{StrictError, StrictErrorKind};
pub use schema::StrictSchema;

use prost_reflect::DescriptorPool;
use scan::Scan;
use std::sync::Arc;

/// Bounds on what the scanner accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictLimits {
    /// Largest input in bytes.
    pub max_bytes: usize,
    /// Deepest nesting of messages; an `Any` counts as one level and its content as another, `TxBody` and
    /// `AuthInfo` as the first.
    pub max_depth: usize,
    /// Most messages in one input, nested ones and `Any` values included.
    pub max_messages: usize,
}

impl Default for StrictLimits {
    /// 4 MiB, 16 levels, 65,536 messages.
    fn default() -> Self {
        Self { max_bytes: 4 << 20, max_depth: 16, max_messages: 1 << 16 }
    }
}

/// Checks bytes against the rules of the module. Cheap to clone and to share.
#[derive(Debug, Clone)]
pub struct StrictDecoder {
    schema: Arc<StrictSchema>,
    limits: StrictLimits,
}

impl StrictDecoder {
    /// A decoder for the messages of `pool` with the default limits.
    pub fn new(pool: &DescriptorPool) -> Self {
        Self::with_schema(Arc::new(StrictSchema::new(pool)), StrictLimits::default())
    }

    /// A decoder over tables that were built before, with limits of one's own.
    pub fn with_schema(schema: Arc<StrictSchema>, limits: StrictLimits) -> Self {
        Self { schema, limits }
    }

    /// The tables, to be shared with other decoders.
    pub fn schema(&self) -> &Arc<StrictSchema> {
        &self.schema
    }

    /// The limits.
    pub fn limits(&self) -> StrictLimits {
        self.limits
    }

    /// Checks the bytes of a transaction: `TxRaw`, its `TxBody` and `AuthInfo` and everything inside. Errors name
    /// the field and the rule that was broken.
    pub fn check_tx_raw(&self, bytes: &[u8]) -> Result<(), StrictError> {
        Scan::new(&self.schema, self.limits, bytes.len())?.tx_raw(bytes)
    }

    /// Checks the bytes of any message of the pool; unknown fields are refused at every level. Errors name the
    /// field and the rule that was broken, or say that the pool has no such message.
    pub fn check(&self, full_name: &str, bytes: &[u8]) -> Result<(), StrictError> {
        Scan::new(&self.schema, self.limits, bytes.len())?.named(full_name, bytes)
    }
}
