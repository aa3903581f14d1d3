//! RFC 3339 times and durations in seconds.

/// 0001-01-01T00:00:00Z, the zero time of the SDK, in seconds since 1970.
pub(crate) const FIRST_SECOND: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z in seconds since 1970.
const LAST_SECOND: i64 = 253_402_300_799;
/// Largest duration of the protobuf definition: 10,000 years.
const MAX_DURATION_SECONDS: i64 = 315_576_000_000;
const NANOS: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// RFC 3339 text in UTC without trailing zeros; `None` outside the years 1 to 9999 or with bad nanoseconds.
pub(crate) fn format_timestamp(seconds: i64, nanos: i32) -> Option<String> {
    if !(FIRST_SECOND..=LAST_SECOND).contains(&seconds) || !(0..NANOS).contains(&i64::from(nanos)) {
        return None;
    }
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let rest = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    let fraction = fraction(i64::from(nanos));
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

/// Reads an RFC 3339 time with any offset into (seconds, nanoseconds); `None` if malformed or out of range.
pub(crate) fn parse_timestamp(text: &str) -> Option<(i64, i32)> {
    let (date, time) = text.split_once(['T', 't'])?;
    let mut date = date.split('-');
    let year = digits(date.next()?, 4)?;
    let month = digits(date.next()?, 2)?;
    let day = digits(date.next()?, 2)?;
    if date.next().is_some()
        || year == 0
        || !(1..=12).contains(&month)
        || !(1..=month_days(year, month)).contains(&day)
    {
        return None;
    }
    let zone_at = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone_at)?;
    let (clock, nanos) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, parse_fraction(fraction)?),
        None => (clock, 0),
    };
    let mut clock = clock.split(':');
    let hour = digits(clock.next()?, 2)?;
    let minute = digits(clock.next()?, 2)?;
    let second = digits(clock.next()?, 2)?;
    if clock.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = parse_zone(zone)?;
    let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    (FIRST_SECOND..=LAST_SECOND).contains(&seconds).then_some((seconds, nanos))
}

/// Seconds with `s`, without trailing zeros; `None` if out of range or of mixed sign.
pub(crate) fn format_duration(seconds: i64, nanos: i32) -> Option<String> {
    let total = duration_nanos(seconds, nanos)?;
    let sign = if total < 0 { "-" } else { "" };
    let size = total.unsigned_abs();
    let whole = size / 1_000_000_000;
    let rest = i64::try_from(size % 1_000_000_000).ok()?;
    Some(format!("{sign}{whole}{}s", fraction(rest)))
}

/// A duration in nanoseconds; `None` if out of range or of mixed sign.
pub(crate) fn duration_nanos(seconds: i64, nanos: i32) -> Option<i128> {
    let bounded = (-MAX_DURATION_SECONDS..=MAX_DURATION_SECONDS).contains(&seconds)
        && i64::from(nanos).abs() < NANOS
        && (seconds.signum() * i64::from(nanos.signum())) >= 0;
    bounded.then(|| i128::from(seconds) * i128::from(NANOS) + i128::from(nanos))
}

/// Reads `"1.5s"` into (seconds, nanoseconds); `None` if malformed or out of range.
pub(crate) fn parse_duration(text: &str) -> Option<(i64, i32)> {
    let body = text.strip_suffix('s')?;
    let (negative, body) = match body.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, body),
    };
    let (whole, nanos) = match body.split_once('.') {
        Some((whole, fraction)) => (whole, parse_fraction(fraction)?),
        None => (body, 0),
    };
    if whole.is_empty() || whole.len() > 12 || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    if seconds > MAX_DURATION_SECONDS {
        return None;
    }
    Some(if negative { (-seconds, -nanos) } else { (seconds, nanos) })
}

fn fraction(nanos: i64) -> String {
    if nanos == 0 {
        return String::new();
    }
    let text = format!(".{nanos:09}");
    text.trim_end_matches('0').to_owned()
}

fn parse_fraction(text: &str) -> Option<i32> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{text:0<9}").parse().ok()
}

fn parse_zone(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes() {
        b"Z" | b"z" => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let (hour, minute) = zone.get(1..)?.split_once(':')?;
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    (hour <= 23 && minute <= 59).then_some(sign * (hour * 3600 + minute * 60))
}

/// Exactly `count` (at most 4) ASCII digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    if text.len() != count || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 0001-01-01 to the first of January of `year` (1 to 9999).
fn days_before_year(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

/// Days since 1970 of a valid date of the years 1 to 9999.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let in_year: i64 = (1..month).map(|m| month_days(year, m)).sum();
    days_before_year(year) + in_year + day - 1 + FIRST_SECOND / DAY
}

/// Year, month and day of a number of days since 1970 that lies in the years 1 to 9999.
fn civil(days: i64) -> (i64, i64, i64) {
    let since_first = days - FIRST_SECOND / DAY;
    // 146,097 days are 400 years, so this guess is off by one year at most.
    let mut year = since_first * 400 / 146_097 + 1;
    if days_before_year(year) > since_first {
        year -= 1;
    } else if days_before_year(year + 1) <= since_first {
        year += 1;
    }
    let mut left = since_first - days_before_year(year);
    let mut month = 1;
    while left >= month_days(year, month) {
        left -= month_days(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_of_ten_thousand_years_survives_a_round_trip() {
        let (mut year, mut month, mut day) = (1, 1, 1);
        for number in FIRST_SECOND / DAY..=LAST_SECOND / DAY {
            // The ends of the months are where such code goes wrong.
            if day == 1 || day >= 28 {
                assert_eq!(civil(number), (year, month, day));
                assert_eq!(days(year, month, day), number);
            }
            day += 1;
            if day > month_days(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn known_times_are_written_as_the_sdk_writes_them() {
        assert_eq!(format_timestamp(FIRST_SECOND, 0).unwrap(), "0001-01-01T00:00:00Z");
        assert_eq!(format_timestamp(0, 0).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(format_timestamp(LAST_SECOND, 999_999_999).unwrap(), "9999-12-31T23:59:59.999999999Z");
        assert_eq!(format_timestamp(1_893_553_445, 600_700_000).unwrap(), "2030-01-02T03:04:05.6007Z");
        assert_eq!(format_timestamp(LAST_SECOND + 1, 0), None);
        assert_eq!(format_timestamp(0, -1), None);
    }

    #[test]
    fn times_are_read_with_offsets_and_nonsense_is_refused() {
        assert_eq!(parse_timestamp("2030-01-02T03:04:05.6007Z"), Some((1_893_553_445, 600_700_000)));
        assert_eq!(parse_timestamp("1970-01-01T01:30:00+01:30"), Some((0, 0)));
        for bad in [
            "",
            "T",
            "2030-01-02",
            "2030-13-01T00:00:00Z",
            "2030-02-29T00:00:00Z",
            "2030-01-02T24:00:00Z",
            "2030-01-02T00:00:00",
            "2030-01-02T00:00:00.Z",
            "2030-01-02T00:00:00.1234567890Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "2030-01-02T00:00:00+1:00",
            "2030-01-02T00:00:00Zx",
            "+030-01-02T00:00:00Z",
        ] {
            assert_eq!(parse_timestamp(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_lose_their_trailing_zeros_and_keep_their_sign() {
        for (pair, text) in [
            ((300, 0), "300s"),
            ((1, 500_000_000), "1.5s"),
            ((0, -1), "-0.000000001s"),
            ((-2, -500_000_000), "-2.5s"),
        ] {
            assert_eq!(format_duration(pair.0, pair.1).unwrap(), text);
            assert_eq!(parse_duration(text), Some(pair));
        }
        assert_eq!(format_duration(1, -1), None);
        for bad in ["", "s", "1", "1.s", ".5s", "1e3s", "+1s", "9999999999999s", "--1s"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
