//! Times and durations between the wire and nanoseconds.

use prost_types::{Duration, Timestamp};

/// Nanoseconds in a second.
pub const NANOS: u64 = 1_000_000_000;

fn split(nanos: u64) -> (i64, i32) {
    let seconds = nanos.checked_div(NANOS).unwrap_or_default();
    let rest = nanos.checked_rem(NANOS).unwrap_or_default();
    (i64::try_from(seconds).unwrap_or(i64::MAX), i32::try_from(rest).unwrap_or_default())
}

fn join(seconds: i64, nanos: i32) -> Option<u64> {
    let nanos = u64::try_from(nanos).ok().filter(|nanos| *nanos < NANOS)?;
    u64::try_from(seconds).ok()?.checked_mul(NANOS)?.checked_add(nanos)
}

/// A time as the wire has it, from nanoseconds since 1970.
#[must_use]
pub fn timestamp(nanos: u64) -> Timestamp {
    let (seconds, nanos) = split(nanos);
    Timestamp { seconds, nanos }
}

/// Nanoseconds since 1970; `None` outside of 1970 to 2554, or with a malformed fraction.
#[must_use]
pub fn nanoseconds(time: &Timestamp) -> Option<u64> {
    join(time.seconds, time.nanos)
}

/// A span as the wire has it.
#[must_use]
pub fn duration(nanos: u64) -> Duration {
    let (seconds, nanos) = split(nanos);
    Duration { seconds, nanos }
}

/// A span in nanoseconds; `None` below zero, above 584 years, or with a malformed fraction.
#[must_use]
pub fn span(duration: &Duration) -> Option<u64> {
    join(duration.seconds, duration.nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nanoseconds_can_tell_comes_back_and_the_rest_is_refused() {
        for nanos in [0, 1, NANOS - 1, NANOS, 1_767_225_600 * NANOS + 5, u64::MAX] {
            assert_eq!(nanoseconds(&timestamp(nanos)), Some(nanos));
            assert_eq!(span(&duration(nanos)), Some(nanos));
        }
        for (seconds, nanos) in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0)] {
            assert_eq!(nanoseconds(&Timestamp { seconds, nanos }), None);
            assert_eq!(span(&Duration { seconds, nanos }), None);
        }
    }
}
