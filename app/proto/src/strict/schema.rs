//! Descriptors as flat tables.

use super::wire;
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};
use std::collections::HashMap;

/// Field numbers below this are found without searching.
const DIRECT: usize = 64;

/// What strict decoding needs to know about the messages of a pool. Build it once and share it.
#[derive(Debug)]
pub struct StrictSchema {
    messages: Vec<MessageTable>,
    // Looked up by name only, never iterated.
    by_name: HashMap<String, usize>,
}

#[derive(Debug)]
pub(super) struct MessageTable {
    pub(super) name: String,
    pub(super) is_any: bool,
    /// Sorted by number.
    fields: Vec<FieldTable>,
    /// For small numbers: the place in `fields` plus one, 0 if there is no such field.
    direct: [u8; DIRECT],
}

#[derive(Debug)]
pub(super) struct FieldTable {
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) kind: FieldKind,
    pub(super) repeated: bool,
    /// Which bit says that the field was seen; shared by the members of a oneof.
    pub(super) slot: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    Bool,
    /// `int32` and enums: negative values are ten bytes long.
    Int32,
    /// `uint32` and `sint32`.
    Uint32,
    Varint64,
    Fixed32,
    Fixed64,
    String,
    Bytes,
    /// The place of the message's table.
    Message(usize),
    /// A proto2 group, which is always refused.
    Group,
}

impl StrictSchema {
    /// The tables of all messages of `pool`.
    pub fn new(pool: &DescriptorPool) -> Self {
        let mut all: Vec<MessageDescriptor> = pool.all_messages().collect();
        all.sort_by(|a, b| a.full_name().cmp(b.full_name()));
        let by_name: HashMap<String, usize> =
            all.iter().enumerate().map(|(i, m)| (m.full_name().to_owned(), i)).collect();
        let messages = all.iter().map(|m| MessageTable::new(m, &by_name)).collect();
        Self { messages, by_name }
    }

    pub(super) fn by_name(&self, full_name: &str) -> Option<&MessageTable> {
        self.messages.get(*self.by_name.get(full_name)?)
    }

    pub(super) fn by_place(&self, place: usize) -> Option<&MessageTable> {
        self.messages.get(place)
    }
}

impl MessageTable {
    fn new(desc: &MessageDescriptor, by_name: &HashMap<String, usize>) -> Self {
        let mut oneofs: Vec<String> = Vec::new();
        let mut slots = 0;
        let mut fields: Vec<FieldTable> = Vec::new();
        let mut oneof_slots: Vec<usize> = Vec::new();
        // The descriptor lists fields by number.
        for field in desc.fields() {
            let oneof = field.containing_oneof().map(|o| o.name().to_owned());
            let known = oneof.as_ref().and_then(|name| oneofs.iter().position(|o| o == name));
            let slot = match known.and_then(|i| oneof_slots.get(i)) {
                Some(slot) => *slot,
                None => {
                    let slot = slots;
                    slots += 1;
                    if let Some(name) = oneof {
                        oneofs.push(name);
                        oneof_slots.push(slot);
                    }
                    slot
                }
            };
            fields.push(FieldTable::new(&field, slot, by_name));
        }
        fields.sort_by_key(|f| f.number);
        let mut direct = [0; DIRECT];
        for (i, field) in fields.iter().enumerate() {
            let entry = usize::try_from(field.number).ok().and_then(|n| direct.get_mut(n));
            if let (Some(entry), Ok(place)) = (entry, u8::try_from(i + 1)) {
                *entry = place;
            }
        }
        let name = desc.full_name().to_owned();
        Self { is_any: name == "google.protobuf.Any", name, fields, direct }
    }

    #[inline]
    pub(super) fn field(&self, number: u32) -> Option<&FieldTable> {
        match usize::try_from(number).ok().and_then(|n| self.direct.get(n)) {
            Some(0) => None,
            Some(place) => self.fields.get(usize::from(*place) - 1),
            None => {
                let place = self.fields.binary_search_by_key(&number, |f| f.number).ok()?;
                self.fields.get(place)
            }
        }
    }
}

impl FieldTable {
    fn new(field: &FieldDescriptor, slot: usize, by_name: &HashMap<String, usize>) -> Self {
        let kind = match field.kind() {
            Kind::Bool => FieldKind::Bool,
            Kind::Int32 | Kind::Enum(_) => FieldKind::Int32,
            Kind::Uint32 | Kind::Sint32 => FieldKind::Uint32,
            Kind::Int64 | Kind::Uint64 | Kind::Sint64 => FieldKind::Varint64,
            Kind::Fixed32 | Kind::Sfixed32 | Kind::Float => FieldKind::Fixed32,
            Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => FieldKind::Fixed64,
            Kind::String => FieldKind::String,
            Kind::Bytes => FieldKind::Bytes,
            Kind::Message(inner) => match by_name.get(inner.full_name()) {
                Some(place) if !field.is_group() => FieldKind::Message(*place),
                _ => FieldKind::Group,
            },
        };
        // A map is a repeated message of key and value.
        let repeated = field.is_list() || field.is_map();
        Self { number: field.number(), name: field.name().to_owned(), kind, repeated, slot }
    }
}

impl FieldKind {
    /// The wire type of one value.
    #[inline]
    pub(super) fn wire_type(self) -> u8 {
        match self {
            Self::Bool | Self::Int32 | Self::Uint32 | Self::Varint64 => wire::VARINT,
            Self::Fixed32 => wire::FIXED32,
            Self::Fixed64 => wire::FIXED64,
            Self::String | Self::Bytes | Self::Message(_) => wire::BYTES,
            Self::Group => 3,
        }
    }
}
