//! Decimals and big integers as text.

/// Decimals of a fixed-point number.
const DECIMALS: usize = 18;
/// Longest run of digits accepted: more than the 315 bits of the SDK's decimals need.
const MAX_DIGITS: usize = 96;

/// Canonical decimal text of an integer: optional minus, digits, no leading zeros. `None` if it is anything
/// else or longer than 96 digits.
pub(crate) fn integer_text(text: &str) -> Option<String> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() || digits.len() > MAX_DIGITS || !is_digits(digits) {
        return None;
    }
    Some(canonical(negative, digits))
}

/// The 18-decimals text of a wire decimal (the integer times 10^18).
pub(crate) fn fixed_to_text(wire: &str) -> Option<String> {
    let integer = integer_text(wire)?;
    let (negative, digits) = split_sign(&integer);
    let padded = format!("{digits:0>width$}", width = DECIMALS + 1);
    let (whole, fraction) = padded.split_at_checked(padded.len().checked_sub(DECIMALS)?)?;
    Some(format!("{}{whole}.{fraction}", if negative { "-" } else { "" }))
}

/// The wire form (the integer times 10^18) of decimal text with at most 18 decimals.
pub(crate) fn text_to_fixed(text: &str) -> Option<String> {
    let (negative, digits) = split_sign(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    if whole.is_empty() || fraction.len() > DECIMALS || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let scaled = format!("{whole}{fraction:0<width$}", width = DECIMALS);
    (scaled.len() <= MAX_DIGITS).then(|| canonical(negative, &scaled))
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn canonical(negative: bool, digits: &str) -> String {
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits if negative => format!("-{digits}"),
        digits => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_decimals_are_shown_with_eighteen_decimals() {
        for (wire, text) in [
            ("0", "0.000000000000000000"),
            ("1", "0.000000000000000001"),
            ("100000000000000000", "0.100000000000000000"),
            ("-1500000000000000000", "-1.500000000000000000"),
            ("435445595250868036926779311125", "435445595250.868036926779311125"),
        ] {
            assert_eq!(fixed_to_text(wire).unwrap(), text);
            assert_eq!(text_to_fixed(text).unwrap(), wire);
        }
    }

    #[test]
    fn decimal_text_becomes_the_wire_form_without_rounding() {
        assert_eq!(text_to_fixed("0.1").unwrap(), "100000000000000000");
        assert_eq!(text_to_fixed("007").unwrap(), "7000000000000000000");
        assert_eq!(text_to_fixed("-0.0").unwrap(), "0");
        for bad in ["", "-", ".", "1.", ".5", "1e3", "+1", "0.1234567890123456789", "1,5", "0x1", "1.2.3"] {
            assert_eq!(text_to_fixed(bad), None, "{bad}");
        }
        assert_eq!(text_to_fixed(&"9".repeat(97)), None);
    }

    #[test]
    fn integers_are_made_canonical_and_others_refused() {
        assert_eq!(integer_text("-007").unwrap(), "-7");
        assert_eq!(integer_text("-0").unwrap(), "0");
        for bad in ["", "-", "1.0", "0x1", " 1", "1_000"] {
            assert_eq!(integer_text(bad), None, "{bad}");
        }
    }
}
