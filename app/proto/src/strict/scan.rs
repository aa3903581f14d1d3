//! The scanner.

use super::StrictLimits;
use super::error::{StrictError, StrictErrorKind};
use super::schema::{FieldKind, FieldTable, MessageTable, StrictSchema};
use super::wire::{self, Reader};

/// Bit 11 of a field number: unknown fields that have it may be ignored where that is allowed (ADR-020).
const NON_CRITICAL: u32 = 1 << 10;

/// What happens to fields that the definitions do not have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Refuse,
    AllowNonCritical,
}

/// One pass over one input.
pub(super) struct Scan<'s> {
    schema: &'s StrictSchema,
    limits: StrictLimits,
    messages_left: usize,
}

impl<'s> Scan<'s> {
    pub(super) fn new(
        schema: &'s StrictSchema,
        limits: StrictLimits,
        size: usize,
    ) -> Result<Self, StrictError> {
        if size > limits.max_bytes {
            return Err(StrictErrorKind::TooLarge { size, limit: limits.max_bytes }.into());
        }
        Ok(Self { schema, limits, messages_left: limits.max_messages })
    }

    pub(super) fn tx_raw(&mut self, bytes: &[u8]) -> Result<(), StrictError> {
        let mut reader = Reader::new(bytes);
        let mut previous = 0;
        while !reader.is_empty() {
            let (number, wire_type) = reader.tag()?;
            let name = match number {
                1 => "body",
                2 => "auth_info",
                3 => "signatures",
                _ => return Err(StrictErrorKind::UnknownField { number, wire_type }.into()),
            };
            if number < previous {
                return Err(StrictError::from(StrictErrorKind::OutOfOrder { number, previous }).at(name));
            }
            if number == previous && number != 3 {
                return Err(StrictError::from(StrictErrorKind::Twice).at(name));
            }
            previous = number;
            if wire_type != wire::BYTES {
                let kind = StrictErrorKind::WireType { expected: wire::BYTES, found: wire_type };
                return Err(StrictError::from(kind).at(name));
            }
            let value = reader.bytes().map_err(|kind| StrictError::from(kind).at(name))?;
            match number {
                1 => self.root("cosmos.tx.v1beta1.TxBody", value, Unknown::AllowNonCritical),
                2 => self.root("cosmos.tx.v1beta1.AuthInfo", value, Unknown::Refuse),
                _ => Ok(()),
            }
            .map_err(|e| e.at(name))?;
        }
        Ok(())
    }

    pub(super) fn named(&mut self, full_name: &str, bytes: &[u8]) -> Result<(), StrictError> {
        self.root(full_name, bytes, Unknown::Refuse)
    }

    fn root(&mut self, full_name: &str, bytes: &[u8], unknown: Unknown) -> Result<(), StrictError> {
        let table = self
            .schema
            .by_name(full_name)
            .ok_or_else(|| StrictErrorKind::UnknownMessage(full_name.to_owned()))?;
        self.message(table, bytes, 1, unknown)
    }

    fn message(
        &mut self,
        table: &MessageTable,
        bytes: &[u8],
        depth: usize,
        unknown: Unknown,
    ) -> Result<(), StrictError> {
        if depth > self.limits.max_depth {
            return Err(StrictErrorKind::TooDeep(self.limits.max_depth).into());
        }
        self.messages_left = match self.messages_left.checked_sub(1) {
            Some(left) => left,
            None => return Err(StrictErrorKind::TooManyMessages(self.limits.max_messages).into()),
        };
        if table.is_any {
            return self.any(bytes, depth);
        }
        let mut seen = Seen::default();
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let (number, wire_type) = reader.tag()?;
            let Some(field) = table.field(number) else {
                if unknown == Unknown::AllowNonCritical && number & NON_CRITICAL != 0 {
                    reader.skip(wire_type)?;
                    continue;
                }
                return Err(StrictErrorKind::UnknownField { number, wire_type }.into());
            };
            if !field.repeated && !seen.insert(field.slot) {
                return Err(StrictError::from(StrictErrorKind::Twice).at(&field.name));
            }
            self.field(field, wire_type, &mut reader, depth).map_err(|e| e.at(&field.name))?;
        }
        Ok(())
    }

    #[inline]
    fn field(
        &mut self,
        field: &FieldTable,
        wire_type: u8,
        reader: &mut Reader<'_>,
        depth: usize,
    ) -> Result<(), StrictError> {
        let expected = field.kind.wire_type();
        if wire_type == expected {
            return match field.kind {
                FieldKind::Message(place) => {
                    let value = reader.bytes()?;
                    // Places come from the same schema, so this always finds a table.
                    match self.schema.by_place(place) {
                        Some(table) => self.message(table, value, depth.saturating_add(1), Unknown::Refuse),
                        None => Err(StrictErrorKind::UnknownMessage(field.name.clone()).into()),
                    }
                }
                kind => Ok(value(kind, reader)?),
            };
        }
        if field.repeated && wire_type == wire::BYTES && expected != 3 {
            let mut packed = Reader::new(reader.bytes()?);
            while !packed.is_empty() {
                value(field.kind, &mut packed)?;
            }
            return Ok(());
        }
        Err(StrictErrorKind::WireType { expected, found: wire_type }.into())
    }

    /// The url may come after the value, so both are found before the content is scanned.
    fn any(&mut self, bytes: &[u8], depth: usize) -> Result<(), StrictError> {
        let (mut type_url, mut content) = (None, None);
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let (number, wire_type) = reader.tag()?;
            let (slot, name) = match number {
                1 => (&mut type_url, "type_url"),
                2 => (&mut content, "value"),
                _ => return Err(StrictErrorKind::UnknownField { number, wire_type }.into()),
            };
            if wire_type != wire::BYTES {
                let kind = StrictErrorKind::WireType { expected: wire::BYTES, found: wire_type };
                return Err(StrictError::from(kind).at(name));
            }
            let value = reader.bytes().map_err(|kind| StrictError::from(kind).at(name))?;
            if slot.replace(value).is_some() {
                return Err(StrictError::from(StrictErrorKind::Twice).at(name));
            }
        }
        let type_url = std::str::from_utf8(type_url.unwrap_or_default())
            .map_err(|_| StrictError::from(StrictErrorKind::Utf8).at("type_url"))?;
        let table = type_url
            .strip_prefix('/')
            .and_then(|name| self.schema.by_name(name))
            .ok_or_else(|| StrictErrorKind::UnknownTypeUrl(type_url.chars().take(128).collect()))?;
        self.message(table, content.unwrap_or_default(), depth.saturating_add(1), Unknown::Refuse)
            .map_err(|e| e.at(&format!("({})", table.name)))
    }
}

/// One value that is not a message.
#[inline]
fn value(kind: FieldKind, reader: &mut Reader<'_>) -> Result<(), StrictErrorKind> {
    let fits = match kind {
        FieldKind::Bool => |v: u64| v <= 1,
        FieldKind::Int32 => |v: u64| v <= 0x7fff_ffff || v >= 0xffff_ffff_8000_0000,
        FieldKind::Uint32 => |v: u64| v <= 0xffff_ffff,
        FieldKind::Varint64 => |_: u64| true,
        FieldKind::Fixed32 => return reader.fixed(4),
        FieldKind::Fixed64 => return reader.fixed(8),
        FieldKind::Bytes => return reader.bytes().map(|_| ()),
        FieldKind::String => {
            let text = reader.bytes()?;
            return if text.is_ascii() || std::str::from_utf8(text).is_ok() {
                Ok(())
            } else {
                Err(StrictErrorKind::Utf8)
            };
        }
        FieldKind::Message(_) | FieldKind::Group => return Err(StrictErrorKind::NoSuchWireType(3)),
    };
    let v = reader.varint()?;
    if fits(v) { Ok(()) } else { Err(StrictErrorKind::ValueRange(v)) }
}

/// Which fields were seen: a bit each, and a list for messages with more than 128 of them.
#[derive(Default)]
struct Seen {
    bits: u128,
    more: Vec<usize>,
}

impl Seen {
    /// False if the slot was there already.
    #[inline]
    fn insert(&mut self, slot: usize) -> bool {
        if slot < 128 {
            let bit = 1_u128 << slot;
            let new = self.bits & bit == 0;
            self.bits |= bit;
            new
        } else if self.more.contains(&slot) {
            false
        } else {
            self.more.push(slot);
            true
        }
    }
}
