//! Storage traits, typed collections, the tracked view of a transaction and its access log.
#![doc = include_str!("../README.md")]
// The determinism and money rules; `.clippy.toml` has the lists.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::iter_over_hash_type,
        clippy::panic,
        clippy::unwrap_used
    )
)]

mod accumulator;
mod collections;
mod key;
mod key_codec;
mod key_map;
mod layer;
mod overlay;
mod sharded;
mod table;
mod traits;
mod value;
mod view;

pub use accumulator::{decode_sum, encode_sum};
pub use collections::{
    Accumulator, AccumulatorMap, CollectionInfo, CollectionKind, Item, Map, Page, Set, every,
};
pub use key::{
    Entries, KeyBytes, KeyRange, MAX_KEY_LEN, MAX_VALUE_LEN, Space, StateKey, StoreId, Value, prefix_end,
};
pub use key_codec::{KeyCodec, KeyError};
pub use key_map::KeyMap;
pub use layer::{Layer, Layered, Net};
pub use overlay::{Overlay, OverlayChanges, OverlayShard, overlay_range};
pub use sharded::{ReadValues, SHARDS, ShardedTable, shard_of};
pub use table::{KeyTable, into_sorted, key_hash};
pub use traits::{Bounds, EmptyState, StateError, StateRead, StateWrite, WriteSet};
pub use value::{DecodeError, StateValue};
pub use view::{AccessLog, BoundCheck, Changes, TrackedView};
