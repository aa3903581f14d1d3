//! The terms on which a trader signs: how much worse things may become, and until when.

use rust_decimal::Decimal;

use super::super::session::Session;
use crate::dynamic::{Resolve as _, values};
use crate::error::{CliError, Result};

/// The most that may be allowed to slip: 50 %, in millionths.
const MAX_SLIPPAGE: u32 = 500_000;

/// A slippage such as `0.5%`, in millionths.
pub(super) fn slippage(text: &str) -> Result<u32> {
    let bad = || {
        CliError::usage(format!("`{text}` is no slippage"))
            .hint("give 0% to 50%, at most four decimals: --slippage 0.5%")
    };
    let share = values::decimal(text)?.parse::<Decimal>().map_err(|error| bad().because(error))?;
    let millionths = share.checked_mul(Decimal::from(1_000_000)).ok_or_else(bad)?.normalize();
    let whole = millionths.scale() == 0;
    u32::try_from(millionths.mantissa()).ok().filter(|share| whole && *share <= MAX_SLIPPAGE).ok_or_else(bad)
}

/// The end of a duration that begins now, in seconds since 1970.
pub(super) fn deadline(session: &Session<'_>, text: &str) -> Result<i64> {
    let wait = i64::try_from(values::seconds(text)?).ok().filter(|wait| *wait > 0);
    wait.and_then(|wait| session.now().unix_timestamp().checked_add(wait))
        .ok_or_else(|| CliError::usage("--deadline leaves no time, or too much").hint("give for example 5m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slippage_is_a_share_of_at_most_a_half_in_millionths() {
        for (text, millionths) in
            [("0.5%", 5000), ("0.005", 5000), ("0", 0), ("50%", 500_000), ("0.0001%", 1)]
        {
            assert_eq!(slippage(text).unwrap(), millionths, "{text}");
        }
        for text in ["51%", "-1%", "0.00001%", "1", "half", ""] {
            assert!(slippage(text).unwrap_err().remedy().is_some(), "{text}");
        }
    }
}
