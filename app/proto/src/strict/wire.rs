//! Reading the protobuf wire format, canonical forms only.

use super::error::StrictErrorKind;

/// Largest field number.
const MAX_FIELD_NUMBER: u64 = (1 << 29) - 1;

pub(super) const VARINT: u8 = 0;
pub(super) const FIXED64: u8 = 1;
pub(super) const BYTES: u8 = 2;
pub(super) const FIXED32: u8 = 5;

/// A cursor over bytes; what was read is gone.
pub(super) struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// A varint in its shortest form.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64, StrictErrorKind> {
        if let [byte, rest @ ..] = self.rest
            && *byte < 0x80
        {
            self.rest = rest;
            return Ok(u64::from(*byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, StrictErrorKind> {
        let mut value = 0_u64;
        for (i, byte) in self.rest.iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7f);
            // The tenth byte holds the 64th bit only.
            if i == 9 && *byte > 1 {
                return Err(StrictErrorKind::VarintOverflow);
            }
            value |= bits << (7 * i);
            if byte & 0x80 == 0 {
                if *byte == 0 {
                    return Err(StrictErrorKind::LongVarint);
                }
                self.rest = self.rest.get(i + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        let needed = self.rest.len().saturating_add(1) as u64;
        Err(StrictErrorKind::Truncated { needed, left: self.rest.len() })
    }

    /// Field number and wire type. Groups and unknown wire types are refused here.
    #[inline]
    pub(super) fn tag(&mut self) -> Result<(u32, u8), StrictErrorKind> {
        let tag = self.varint()?;
        let number = tag >> 3;
        let wire_type = (tag & 7) as u8;
        match u32::try_from(number) {
            Ok(small) if number != 0 && number <= MAX_FIELD_NUMBER => match wire_type {
                VARINT | FIXED64 | BYTES | FIXED32 => Ok((small, wire_type)),
                other => Err(StrictErrorKind::NoSuchWireType(other)),
            },
            _ => Err(StrictErrorKind::FieldNumber(number)),
        }
    }

    /// A length and that many bytes.
    #[inline]
    pub(super) fn bytes(&mut self) -> Result<&'b [u8], StrictErrorKind> {
        let length = self.varint()?;
        let split = usize::try_from(length).ok().and_then(|n| self.rest.split_at_checked(n));
        let Some((bytes, rest)) = split else {
            return Err(StrictErrorKind::Truncated { needed: length, left: self.rest.len() });
        };
        self.rest = rest;
        Ok(bytes)
    }

    /// Passes over a number of fixed size.
    #[inline]
    pub(super) fn fixed(&mut self, size: usize) -> Result<(), StrictErrorKind> {
        match self.rest.get(size..) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(StrictErrorKind::Truncated { needed: size as u64, left: self.rest.len() }),
        }
    }

    /// Passes over the value of an unknown field.
    pub(super) fn skip(&mut self, wire_type: u8) -> Result<(), StrictErrorKind> {
        match wire_type {
            VARINT => self.varint().map(|_| ()),
            FIXED64 => self.fixed(8),
            BYTES => self.bytes().map(|_| ()),
            FIXED32 => self.fixed(4),
            other => Err(StrictErrorKind::NoSuchWireType(other)),
        }
    }
}
