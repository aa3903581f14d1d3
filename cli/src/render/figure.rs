//! Figures for reading: prices, values and shares. Amounts of coins are never shown this way: they are exact.

/// How many digits are worth reading.
const DIGITS: i32 = 6;

/// A figure with six significant digits, without exponent and needless zeros: `4.98475`, `0.0000833`. What is no number is
/// `-`.
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // The place of the first digit that is not zero.
    let magnitude = value.abs().log10().floor().clamp(-30.0, 60.0) as i32;
    let decimals = usize::try_from(DIGITS - 1 - magnitude).unwrap_or_default();
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text.trim_start_matches('-').is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A share in percent, from millionths: `0.3%`. Exact.
pub fn percent(millionths: u32) -> String {
    let (whole, rest) = (millionths / 10_000, millionths % 10_000);
    if rest == 0 {
        return format!("{whole}%");
    }
    format!("{whole}.{}%", format!("{rest:04}").trim_end_matches('0'))
}

/// A gain or loss in percent with its sign: `+1.2%`, `-0.05%`.
pub fn change(ratio: f64) -> String {
    if !ratio.is_finite() {
        return "-".to_owned();
    }
    let text = format!("{:+.2}%", ratio * 100.0);
    if matches!(text.as_str(), "+0.00%" | "-0.00%") { "0%".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_six_significant_digits_and_no_exponent() {
        for (value, text) in [
            (5.0, "5"),
            (4.984_751_5, "4.98475"),
            (1_234_567.8, "1234568"),
            (0.000_083_333_33, "0.0000833333"),
            (-0.25, "-0.25"),
            (999_999.96, "1000000"),
            (1e-40, "0"),
            (0.0, "0"),
            (f64::NAN, "-"),
            (f64::INFINITY, "-"),
        ] {
            assert_eq!(figure(value), text, "{value}");
        }
    }

    #[test]
    fn shares_are_exact_and_changes_have_a_sign() {
        for (millionths, text) in
            [(0, "0%"), (3000, "0.3%"), (1, "0.0001%"), (52_345, "5.2345%"), (1_000_000, "100%")]
        {
            assert_eq!(percent(millionths), text);
        }
        for (ratio, text) in
            [(0.012_34, "+1.23%"), (-0.0005, "-0.05%"), (0.000_001, "0%"), (-0.0, "0%"), (f64::NAN, "-")]
        {
            assert_eq!(change(ratio), text);
        }
    }
}
