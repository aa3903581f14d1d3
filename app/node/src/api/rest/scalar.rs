//! Field values as text in paths and query strings.
//!
//! The wording of refusals is the one clients of Cosmos gateways know.

use std::num::IntErrorKind;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads `text` as one value of `field`.
///
/// # Errors
/// Says what is wrong with the text.
pub(super) fn parse(field: &FieldDescriptor, text: &str) -> Result<Value, String> {
    match field.kind() {
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Bytes => bytes(text).map(|b| Value::Bytes(b.into())),
        Kind::Bool => bool(text).map(Value::Bool),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => number("ParseInt", text).map(Value::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => number("ParseInt", text).map(Value::I64),
        Kind::Uint32 | Kind::Fixed32 => number("ParseUint", text).map(Value::U32),
        Kind::Uint64 | Kind::Fixed64 => number("ParseUint", text).map(Value::U64),
        Kind::Float => text.parse().map(Value::F32).map_err(|_| syntax("ParseFloat", text)),
        Kind::Double => text.parse().map(Value::F64).map_err(|_| syntax("ParseFloat", text)),
        Kind::Enum(kind) => member(&kind, text).map(Value::EnumNumber),
        Kind::Message(kind) => message(field, kind, text).map(Value::Message),
    }
}

fn syntax(function: &str, text: &str) -> String {
    format!("strconv.{function}: parsing {text:?}: invalid syntax")
}

fn number<T: std::str::FromStr<Err = std::num::ParseIntError>>(
    function: &str,
    text: &str,
) -> Result<T, String> {
    text.parse::<T>().map_err(|error| match error.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => {
            format!("strconv.{function}: parsing {text:?}: value out of range")
        }
        _ => syntax(function, text),
    })
}

fn bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(syntax("ParseBool", text)),
    }
}

fn member(kind: &EnumDescriptor, text: &str) -> Result<i32, String> {
    if let Some(value) = kind.get_value_by_name(text) {
        return Ok(value.number());
    }
    text.parse().map_err(|_| format!("{text} is not a valid {}", kind.full_name()))
}

/// Base64 in either alphabet, padded or not.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const ORDINARY: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
    const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);
    ORDINARY.decode(text).or_else(|_| URL.decode(text)).map_err(|_| {
        let data = text.trim_end_matches('=');
        let wrong = data.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        // A last group that is too short is reported at its beginning.
        let at = wrong.unwrap_or_else(|| data.len() - data.len() % 4);
        format!("illegal base64 data at input byte {at}")
    })
}

/// Times, durations and the wrapper types; other messages are given field by field.
fn message(field: &FieldDescriptor, kind: MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let transcode = |encoded: Vec<u8>| {
        DynamicMessage::decode(kind.clone(), encoded.as_slice())
            .map_err(|error| format!("{}: {error}", field.name()))
    };
    match kind.full_name() {
        "google.protobuf.Timestamp" => {
            let time = OffsetDateTime::parse(text, &Rfc3339)
                .map_err(|_| format!("{text:?} is not a time: use the form 2006-01-02T15:04:05Z"))?;
            let nanos = i32::try_from(time.nanosecond()).unwrap_or_default();
            transcode(prost_types::Timestamp { seconds: time.unix_timestamp(), nanos }.encode_to_vec())
        }
        "google.protobuf.Duration" => {
            let duration =
                duration(text).ok_or_else(|| format!("{text:?} is not a duration: use seconds, 1.5s"))?;
            transcode(duration.encode_to_vec())
        }
        name if name.starts_with("google.protobuf.") && name.ends_with("Value") => {
            let mut wrapper = DynamicMessage::new(kind.clone());
            let inner =
                kind.get_field_by_name("value").ok_or_else(|| format!("{name} cannot be given as text"))?;
            wrapper.set_field(&inner, parse(&inner, text)?);
            Ok(wrapper)
        }
        name => {
            Err(format!("{} is a {name}: give its fields, as in {}.field=value", field.name(), field.name()))
        }
    }
}

/// Seconds with at most nine decimals and an `s`.
fn duration(text: &str) -> Option<prost_types::Duration> {
    let (negative, digits) = match text.strip_suffix('s')?.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_suffix('s')?),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > 9 || !plain(whole) || !plain(part) {
        return None;
    }
    let sign = if negative { -1 } else { 1 };
    let seconds = whole.parse::<i64>().ok()?.checked_mul(sign)?;
    let nanos = format!("{part:0<9}").parse::<i64>().ok()?.checked_mul(sign)?;
    Some(prost_types::Duration { seconds, nanos: i32::try_from(nanos).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_in_both_alphabets_and_name_the_wrong_place() {
        assert_eq!(bytes("GOcId_MVsR6b2wFeKqM837mBI8s=").unwrap().len(), 20);
        assert_eq!(bytes("GOcId/MVsR6b2wFeKqM837mBI8s").unwrap().len(), 20);
        assert_eq!(bytes("abc!").unwrap_err(), "illegal base64 data at input byte 3");
        let address = "cosmos1rrnssalnzkc3ax7mq90z4geum7uczg7tdhrfyv";
        assert_eq!(bytes(address).unwrap_err(), "illegal base64 data at input byte 44");
    }

    #[test]
    fn numbers_say_syntax_or_range() {
        let refused = |text: &str| number::<u64>("ParseUint", text).unwrap_err();
        assert_eq!(refused("x"), "strconv.ParseUint: parsing \"x\": invalid syntax");
        assert_eq!(refused("-1"), "strconv.ParseUint: parsing \"-1\": invalid syntax");
        let big = "18446744073709551616";
        assert_eq!(refused(big), format!("strconv.ParseUint: parsing \"{big}\": value out of range"));
    }

    #[test]
    fn durations_are_seconds() {
        let duration = |text: &str| super::duration(text).map(|d| (d.seconds, d.nanos));
        assert_eq!(duration("1.5s"), Some((1, 500_000_000)));
        assert_eq!(duration("-0.000000001s"), Some((0, -1)));
        assert_eq!(duration("300s"), Some((300, 0)));
        for bad in ["", "s", "1", "1m", "+1s", "1.0000000001s", "--1s", "99999999999999999999s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
