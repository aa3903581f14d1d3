//! Value encodings.

/// Stored value bytes that do not decode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(pub String);

/// A type that can be stored as a value.
///
/// Implemented by [`crate::borsh_value!`] and [`crate::proto_value!`], which fix the encoding.
pub trait StateValue: Sized {
    /// The stored bytes, never empty.
    fn encode_value(&self) -> Vec<u8>;

    /// Reads stored bytes, those of older versions included.
    ///
    /// # Errors
    /// [`DecodeError`] for bytes of no known version.
    fn decode_value(bytes: &[u8]) -> Result<Self, DecodeError>;
}

/// Stores a Borsh type behind a version byte: `borsh_value!(Account, 1);`
#[macro_export]
macro_rules! borsh_value {
    ($type:ty, $version:literal) => {
        impl $crate::StateValue for $type {
            fn encode_value(&self) -> Vec<u8> {
                let mut bytes = vec![$version];
                // Writing to a vector cannot fail.
                let _ = ::borsh::BorshSerialize::serialize(self, &mut bytes);
                bytes
            }

            fn decode_value(bytes: &[u8]) -> Result<Self, $crate::DecodeError> {
                match bytes.split_first() {
                    Some(($version, rest)) => <Self as ::borsh::BorshDeserialize>::try_from_slice(rest)
                        .map_err(|e| $crate::DecodeError(e.to_string())),
                    Some((other, _)) => Err($crate::DecodeError(format!("unknown version {other}"))),
                    None => Err($crate::DecodeError("empty value".to_owned())),
                }
            }
        }
    };
}

/// Stores a protobuf message behind a version byte. The type is a tuple struct around the message, because the message belongs
/// to another crate: `struct Stored(Metadata); proto_value!(Stored, 1);`
#[macro_export]
macro_rules! proto_value {
    ($type:ty, $version:literal) => {
        impl $crate::StateValue for $type {
            fn encode_value(&self) -> Vec<u8> {
                let mut bytes = vec![$version];
                bytes.extend(::prost::Message::encode_to_vec(&self.0));
                bytes
            }

            fn decode_value(bytes: &[u8]) -> Result<Self, $crate::DecodeError> {
                match bytes.split_first() {
                    Some(($version, rest)) => ::prost::Message::decode(rest)
                        .map(Self)
                        .map_err(|e| $crate::DecodeError(e.to_string())),
                    Some((other, _)) => Err($crate::DecodeError(format!("unknown version {other}"))),
                    None => Err($crate::DecodeError("empty value".to_owned())),
                }
            }
        }
    };
}

macro_rules! integer_value {
    ($($int:ty),*) => {$( borsh_value!($int, 1); )*};
}
integer_value!(bool, u8, u32, u64, u128);

borsh_value!(agora_primitives::Dec, 1);
borsh_value!(agora_primitives::Address, 1);
borsh_value!(String, 1);
borsh_value!(Vec<u8>, 1);
