//! Messages within messages.

use prost::{Message, Name};
use prost_types::Any;

/// The type URL under which a message stands in an `Any`: "/" and its full name.
#[must_use]
pub fn type_url<T: Name>() -> String {
    format!("/{}", T::full_name())
}

/// A message with its type URL.
#[must_use]
pub fn pack<T: Message + Name>(message: &T) -> Any {
    Any { type_url: type_url::<T>(), value: message.encode_to_vec() }
}
