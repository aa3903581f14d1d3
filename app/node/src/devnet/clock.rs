//! Block time: the machine's clock plus what time travel added, as CometBFT's timestamps.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tendermint_proto::google::protobuf::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since 1970-01-01T00:00:00Z.
pub(super) type Nanos = i128;

const NANOS_PER_SECOND: i128 = 1_000_000_000;
/// Times of consecutive blocks differ by at least this.
pub(super) const TICK: Nanos = 1_000_000;
/// 9999-12-31T23:59:59Z, the last second a timestamp can hold.
pub(super) const END_OF_TIME: Nanos = 253_402_300_799 * NANOS_PER_SECOND;

/// The machine's clock.
pub(super) fn now() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i128::try_from(since.as_nanos()).unwrap_or(END_OF_TIME)
}

/// As protobuf.
pub(super) fn timestamp(at: Nanos) -> Timestamp {
    Timestamp {
        seconds: i64::try_from(at.div_euclid(NANOS_PER_SECOND)).unwrap_or(i64::MAX),
        nanos: i32::try_from(at.rem_euclid(NANOS_PER_SECOND)).unwrap_or_default(),
    }
}

/// From protobuf.
pub(super) fn nanos(at: Timestamp) -> Nanos {
    i128::from(at.seconds) * NANOS_PER_SECOND + i128::from(at.nanos)
}

/// From RFC 3339 text.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(|at| timestamp(at.unix_timestamp_nanos()))
}

/// The time Go calls zero: an absent signature carries it.
pub(super) fn go_zero() -> Timestamp {
    Timestamp { seconds: -62_135_596_800, nanos: 0 }
}
