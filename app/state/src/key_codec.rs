//! Key parts: bytes that sort as the values do.

use agora_primitives::{Address, Denom};

use crate::key::KeyBytes;

/// Stored key bytes that do not decode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed key: {0}")]
pub struct KeyError(pub &'static str);

/// A type that can be (part of) a key.
///
/// `encode_last` may leave out the length, because nothing follows it; then text sorts by its bytes.
pub trait KeyCodec: Sized {
    /// Appends the part; another part follows.
    fn encode_inner(&self, out: &mut KeyBytes);

    /// Appends the part; nothing follows.
    fn encode_last(&self, out: &mut KeyBytes) {
        self.encode_inner(out);
    }

    /// Reads the part from the front of `bytes`, another part follows; returns the rest.
    ///
    /// # Errors
    /// [`KeyError`] when the bytes are not such a part.
    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError>;

    /// Reads the part from all of `bytes`.
    ///
    /// # Errors
    /// [`KeyError`] when the bytes are not such a part, or more than it.
    fn decode_last(bytes: &[u8]) -> Result<Self, KeyError> {
        match Self::decode_inner(bytes)? {
            (part, []) => Ok(part),
            _ => Err(KeyError("trailing bytes")),
        }
    }
}

macro_rules! integer_key {
    ($($int:ty),*) => {$(
        impl KeyCodec for $int {
            fn encode_inner(&self, out: &mut KeyBytes) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
                let (part, rest) = bytes.split_first_chunk().ok_or(KeyError("integer too short"))?;
                Ok((<$int>::from_be_bytes(*part), rest))
            }
        }
    )*};
}
integer_key!(u8, u16, u32, u64, u128);

/// Length in one byte, then the bytes.
fn encode_short(bytes: &[u8], out: &mut KeyBytes) {
    // Every type that comes here is bounded below 256 bytes; longer text is cut by its own constructor.
    let len = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    out.push(len);
    out.extend_from_slice(bytes.get(..usize::from(len)).unwrap_or(bytes));
}

fn decode_short(bytes: &[u8]) -> Result<(&[u8], &[u8]), KeyError> {
    let (len, rest) = bytes.split_first().ok_or(KeyError("length missing"))?;
    rest.split_at_checked(usize::from(*len)).ok_or(KeyError("shorter than its length"))
}

impl KeyCodec for Address {
    fn encode_inner(&self, out: &mut KeyBytes) {
        encode_short(self.as_bytes(), out);
    }

    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
        let (part, rest) = decode_short(bytes)?;
        Ok((Self::from_slice(part).map_err(|_| KeyError("not an address"))?, rest))
    }
}

impl KeyCodec for Denom {
    fn encode_inner(&self, out: &mut KeyBytes) {
        encode_short(self.as_str().as_bytes(), out);
    }

    fn encode_last(&self, out: &mut KeyBytes) {
        out.extend_from_slice(self.as_str().as_bytes());
    }

    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
        let (part, rest) = decode_short(bytes)?;
        Ok((Self::decode_last(part)?, rest))
    }

    fn decode_last(bytes: &[u8]) -> Result<Self, KeyError> {
        std::str::from_utf8(bytes).ok().and_then(|s| s.parse().ok()).ok_or(KeyError("not a denom"))
    }
}

/// Text of at most 255 bytes, which is for its owner to see to: longer text is cut within a key. As the last part it sorts by its bytes.
impl KeyCodec for String {
    fn encode_inner(&self, out: &mut KeyBytes) {
        encode_short(self.as_bytes(), out);
    }

    fn encode_last(&self, out: &mut KeyBytes) {
        out.extend_from_slice(self.as_bytes());
    }

    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
        let (part, rest) = decode_short(bytes)?;
        Ok((Self::decode_last(part)?, rest))
    }

    fn decode_last(bytes: &[u8]) -> Result<Self, KeyError> {
        String::from_utf8(bytes.to_vec()).map_err(|_| KeyError("not text"))
    }
}

impl KeyCodec for [u8; 32] {
    fn encode_inner(&self, out: &mut KeyBytes) {
        out.extend_from_slice(self);
    }

    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
        let (part, rest) = bytes.split_first_chunk().ok_or(KeyError("hash too short"))?;
        Ok((*part, rest))
    }
}

impl<A: KeyCodec, B: KeyCodec> KeyCodec for (A, B) {
    fn encode_inner(&self, out: &mut KeyBytes) {
        self.0.encode_inner(out);
        self.1.encode_inner(out);
    }

    fn encode_last(&self, out: &mut KeyBytes) {
        self.0.encode_inner(out);
        self.1.encode_last(out);
    }

    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
        let (a, rest) = A::decode_inner(bytes)?;
        let (b, rest) = B::decode_inner(rest)?;
        Ok(((a, b), rest))
    }

    fn decode_last(bytes: &[u8]) -> Result<Self, KeyError> {
        let (a, rest) = A::decode_inner(bytes)?;
        Ok((a, B::decode_last(rest)?))
    }
}

impl<A: KeyCodec, B: KeyCodec, C: KeyCodec> KeyCodec for (A, B, C) {
    fn encode_inner(&self, out: &mut KeyBytes) {
        self.0.encode_inner(out);
        self.1.encode_inner(out);
        self.2.encode_inner(out);
    }

    fn encode_last(&self, out: &mut KeyBytes) {
        self.0.encode_inner(out);
        self.1.encode_inner(out);
        self.2.encode_last(out);
    }

    fn decode_inner(bytes: &[u8]) -> Result<(Self, &[u8]), KeyError> {
        let (a, rest) = A::decode_inner(bytes)?;
        let (b, rest) = B::decode_inner(rest)?;
        let (c, rest) = C::decode_inner(rest)?;
        Ok(((a, b, c), rest))
    }

    fn decode_last(bytes: &[u8]) -> Result<Self, KeyError> {
        let (a, rest) = A::decode_inner(bytes)?;
        let (b, rest) = B::decode_inner(rest)?;
        Ok((a, b, C::decode_last(rest)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn last<K: KeyCodec>(key: &K) -> KeyBytes {
        let mut out = KeyBytes::new();
        key.encode_last(&mut out);
        out
    }

    proptest! {
        #[test]
        fn keys_round_trip_and_sort_as_their_parts(
            a in (any::<u64>(), "[a-z]{3,9}", any::<[u8; 20]>()),
            b in (any::<u64>(), "[a-z]{3,9}", any::<[u8; 20]>()),
        ) {
            let key = |(n, d, addr): (u64, String, [u8; 20])| {
                (n, Address::from_20(addr), d.parse::<Denom>().unwrap())
            };
            let (a, b) = (key(a), key(b));
            prop_assert_eq!(<(u64, Address, Denom)>::decode_last(&last(&a)).unwrap(), a.clone());
            prop_assert_eq!(last(&a).cmp(&last(&b)), a.cmp(&b));
        }

        #[test]
        fn random_bytes_never_panic(bytes: Vec<u8>) {
            let _ = <(Address, Denom)>::decode_last(&bytes);
            let _ = <(u64, Denom, u8)>::decode_last(&bytes);
        }
    }
}
