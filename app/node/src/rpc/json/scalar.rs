//! The scalar conventions: integers of 64 bits are strings, hashes upper-case hex, byte strings base64, times
//! RFC 3339 in UTC with the zeros at the end of the fraction cut.

use ::time::OffsetDateTime;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tendermint_proto::google::protobuf::Timestamp;

/// A 64-bit integer: a string.
pub(crate) fn int(value: impl std::fmt::Display) -> Value {
    Value::String(value.to_string())
}

/// A hash or an address.
pub(crate) fn hex_upper(bytes: &[u8]) -> Value {
    Value::String(hex::encode_upper(bytes))
}

/// A byte string; the empty one is `""`.
pub(crate) fn base64(bytes: &[u8]) -> Value {
    Value::String(STANDARD.encode(bytes))
}

/// A byte string; the empty one is `null`.
pub(crate) fn nullable_base64(bytes: &[u8]) -> Value {
    if bytes.is_empty() { Value::Null } else { base64(bytes) }
}

/// A point in time; an absent one, or one outside the years 1 to 9999, is the zero time.
pub(crate) fn time(stamp: Option<&Timestamp>) -> Value {
    let text = stamp
        .and_then(|t| {
            let at = OffsetDateTime::from_unix_timestamp(t.seconds).ok()?;
            let nanos = u32::try_from(t.nanos).ok()?;
            (at.year() >= 1).then(|| format_time(at, nanos))
        })
        .unwrap_or_else(|| "0001-01-01T00:00:00Z".to_owned());
    Value::String(text)
}

fn format_time(at: OffsetDateTime, nanos: u32) -> String {
    let (date, clock) = (at.date(), at.time());
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    );
    if nanos > 0 {
        let fraction = format!("{nanos:09}");
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text.push('Z');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds of `0001-01-01T00:00:00Z`.
    const ZERO_TIME: i64 = -62_135_596_800;

    #[test]
    fn the_fraction_of_a_time_loses_its_zeros() {
        let at = |seconds, nanos| time(Some(&Timestamp { seconds, nanos }));
        assert_eq!(at(1_795_247_612, 699_705_870), "2026-11-21T07:53:32.69970587Z");
        assert_eq!(at(1_795_247_612, 0), "2026-11-21T07:53:32Z");
        assert_eq!(at(0, 1), "1970-01-01T00:00:00.000000001Z");
    }

    #[test]
    fn no_time_and_impossible_times_are_the_zero_time() {
        assert_eq!(time(None), "0001-01-01T00:00:00Z");
        assert_eq!(time(Some(&Timestamp { seconds: ZERO_TIME, nanos: 0 })), "0001-01-01T00:00:00Z");
        assert_eq!(time(Some(&Timestamp { seconds: i64::MAX, nanos: 0 })), "0001-01-01T00:00:00Z");
        assert_eq!(time(Some(&Timestamp { seconds: 0, nanos: -1 })), "0001-01-01T00:00:00Z");
    }
}
