//! Storage traits, typed collections, the tracked view of a transaction and its access log.
#![doc = include_str!("../README.md")]

mod accumulator;
mod collections;
mod key;
mod key_codec;
mod overlay;
mod traits;
mod value;
mod view;

pub use accumulator::{decode_sum, encode_sum};
pub use collections::{Accumulator, AccumulatorMap, CollectionInfo, CollectionKind, Item, Map, Page, Set};
pub use key::{KeyRange, MAX_KEY_LEN, MAX_VALUE_LEN, Space, StateKey, StoreId, Value, prefix_end};
pub use key_codec::{KeyCodec, KeyError};
pub use overlay::{Overlay, overlay_range};
pub use traits::{Bounds, EmptyState, StateError, StateRead, StateWrite, WriteSet};
pub use value::{DecodeError, StateValue};
pub use view::{AccessLog, BoundCheck, Changes, TrackedView};
