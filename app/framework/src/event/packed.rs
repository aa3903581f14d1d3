//! Events in one piece of memory.
//!
//! A block keeps the events of all its transactions until it is answered. As they are built each takes a handful of allocations,
//! which thousands of transactions later are no longer in any cache, and which another thread has to give back. Packed, those of a
//! transaction take one.

use std::fmt;

use agora_primitives::Address;
use prost::encoding::{decode_varint, encode_varint};

use super::{Event, Text};

/// What the events of a transaction take as a rule, in bytes.
const USUAL: usize = 1024;

/// The events of a transaction, in order. Two lists are equal that were packed from equal pieces: a number and its digits are
/// shown alike and packed differently.
///
/// An event is its length in bytes (a little-endian `u32`) and its pieces: its type, then keys and values by turns.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Events(Vec<u8>);

/// A packed event.
#[derive(Clone, Copy)]
pub struct PackedEvent<'a> {
    /// The type.
    pub kind: &'a str,
    /// The pieces after it.
    attributes: &'a [u8],
}

/// The value of a packed attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackedText<'a> {
    /// Text.
    Shown(&'a str),
    /// An account, shown as bech32.
    Address(Address),
    /// A number in decimal digits.
    Number(u64),
}

const SHOWN: u8 = 0;
const ADDRESS: u8 = 1;
const NUMBER: u8 = 2;

impl Events {
    /// How many there are; they are gone through for it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one at the end.
    pub fn push(&mut self, event: &Event) {
        const LENGTH: usize = size_of::<u32>();
        let start = self.0.len();
        self.0.extend_from_slice(&[0; LENGTH]);
        self.piece(SHOWN, event.kind.as_bytes());
        for (key, value) in &event.attributes {
            self.piece(SHOWN, key.as_bytes());
            match value {
                Text::Fixed(text) => self.piece(SHOWN, text.as_bytes()),
                Text::Shared(text) => self.piece(SHOWN, text.as_bytes()),
                Text::Address(address) => self.piece(ADDRESS, address.as_bytes()),
                Text::Number(number) => self.piece(NUMBER, &number.to_le_bytes()),
            }
        }
        let length = self.0.len().saturating_sub(start).saturating_sub(LENGTH);
        match (u32::try_from(length), self.0.get_mut(start..start.saturating_add(LENGTH))) {
            (Ok(length), Some(place)) => place.copy_from_slice(&length.to_le_bytes()),
            // Gas pays for every byte, so no transaction gets anywhere near 4 GiB.
            _ => self.0.truncate(start),
        }
    }

    fn piece(&mut self, kind: u8, bytes: &[u8]) {
        self.0.push(kind);
        encode_varint(u64::try_from(bytes.len()).unwrap_or(u64::MAX), &mut self.0);
        self.0.extend_from_slice(bytes);
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = PackedEvent<'_>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (length, after) = rest.split_first_chunk()?;
            let (event, after) =
                after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
            rest = after;
            let mut attributes = event;
            let kind = take_text(&mut attributes)?;
            Some(PackedEvent { kind, attributes })
        })
    }
}

impl FromIterator<Event> for Events {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        let mut packed = Self(Vec::with_capacity(USUAL));
        events.into_iter().for_each(|event| packed.push(&event));
        packed
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> PackedEvent<'a> {
    /// Keys and values, in the order they were added.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, PackedText<'a>)> + use<'a> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || Some((take_text(&mut rest)?, take(&mut rest)?)))
    }

    /// The value of the first attribute with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        self.attributes().find(|(k, _)| *k == key).map(|(_, value)| value.to_string())
    }
}

impl fmt::Debug for PackedEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        f.debug_map().entries(self.attributes()).finish()
    }
}

impl fmt::Display for PackedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown(text) => f.write_str(text),
            Self::Address(address) => address.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// Reads a piece; `None` at the end.
fn take<'a>(bytes: &mut &'a [u8]) -> Option<PackedText<'a>> {
    let (kind, rest) = bytes.split_first()?;
    *bytes = rest;
    let length = usize::try_from(decode_varint(bytes).ok()?).ok()?;
    let (piece, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    match *kind {
        SHOWN => std::str::from_utf8(piece).ok().map(PackedText::Shown),
        ADDRESS => Address::from_slice(piece).ok().map(PackedText::Address),
        NUMBER => piece.try_into().ok().map(|number| PackedText::Number(u64::from_le_bytes(number))),
        _ => None,
    }
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    match take(bytes)? {
        PackedText::Shown(text) => Some(text),
        PackedText::Address(_) | PackedText::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = Text> {
        prop_oneof![
            "[a-z]{0,3}|.{100,200}".prop_map(Text::from),
            Just(Text::Fixed("fixed")),
            any::<u64>().prop_map(Text::Number),
            any::<[u8; 20]>().prop_map(|bytes| Text::Address(Address::from_20(bytes))),
            any::<[u8; 32]>().prop_map(|bytes| Text::Address(Address::from_32(bytes))),
        ]
    }

    fn event() -> impl Strategy<Value = Event> {
        let attributes = proptest::collection::vec((".{0,5}", text()), 0..6);
        (".{0,5}", attributes).prop_map(|(kind, attributes)| {
            attributes.into_iter().fold(Event::new(kind), |event, (key, value)| event.with(key, value))
        })
    }

    type Shown = Vec<(String, Vec<(String, String)>)>;

    fn shown(events: &[Event]) -> Shown {
        let attributes =
            |event: &Event| event.attributes.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        events.iter().map(|event| (event.kind.to_string(), attributes(event))).collect()
    }

    fn unpacked(events: &Events) -> Shown {
        let attributes =
            |event: PackedEvent<'_>| event.attributes().map(|(k, v)| (k.to_owned(), v.to_string())).collect();
        events.iter().map(|event| (event.kind.to_owned(), attributes(event))).collect()
    }

    proptest! {
        #[test]
        fn what_is_packed_is_what_comes_out(events in proptest::collection::vec(event(), 0..6)) {
            let packed: Events = events.iter().cloned().collect();
            prop_assert_eq!(unpacked(&packed), shown(&events));
            prop_assert_eq!((packed.len(), packed.is_empty()), (events.len(), events.is_empty()));
            for (event, packed) in events.iter().zip(packed.iter()) {
                for (key, _) in &event.attributes {
                    prop_assert_eq!(packed.get(key), event.get(key));
                }
            }
            prop_assert_eq!(&packed, &events.into_iter().collect::<Events>());
        }
    }
}
