//! From text to coins.

use super::{Coin, DenomTable};
use crate::error::{CliError, Result};

impl DenomTable {
    /// Reads one amount with its unit. Zero is allowed; whoever needs more says so.
    pub fn parse(&self, text: &str) -> Result<Coin> {
        let text = text.trim();
        let (number, unit) = split(text)?;
        if unit.is_empty() {
            return Err(CliError::usage(format!("the amount `{text}` has no unit"))
                .hint(format!("write `{number} AGO`, or `{number}uago` for millionths")));
        }
        let (whole, fraction) = decimal(number, text)?;
        let unit_name = unit;
        let unit = self.unit(unit_name)?;
        let decimals = usize::try_from(unit.exponent).unwrap_or(0);
        if fraction.len() > decimals {
            let error = CliError::usage(format!(
                "`{text}` has {} decimals, but {unit_name} has {}",
                fraction.len(),
                if decimals == 0 { "none".to_owned() } else { format!("only {decimals}") }
            ));
            return Err(match (decimals, self.display_unit(&unit.base)) {
                (0, (shown, exponent)) if exponent > 0 => {
                    error.hint(format!("{unit_name} is the smallest unit; did you mean {shown}?"))
                }
                (0, _) => error.hint(format!("{unit_name} is the smallest unit; give a whole number")),
                _ => error.hint(format!(
                    "the smallest amount is {} {unit_name}",
                    super::denoms::format_units(1, unit.exponent)
                )),
            });
        }
        let digits = format!("{whole}{fraction:0<decimals$}");
        let digits = digits.trim_start_matches('0');
        let amount = if digits.is_empty() { Ok(0) } else { digits.parse::<u128>() };
        match amount {
            Ok(amount) => Ok(Coin { denom: unit.base, amount }),
            Err(_) => Err(CliError::usage(format!("`{text}` is too large")).hint(format!(
                "an amount is at most {}{}",
                u128::MAX,
                unit.base
            ))),
        }
    }

    /// Reads several amounts separated by commas, each denom once; sorted by denom as the chain wants them.
    pub fn parse_all(&self, text: &str) -> Result<Vec<Coin>> {
        let mut coins: Vec<Coin> = Vec::new();
        for part in text.split(',') {
            if part.trim().is_empty() {
                return Err(CliError::usage(format!("`{text}` has an empty amount"))
                    .hint("write for example `1.5 AGO, 20uusd`"));
            }
            let unitless = part.trim().chars().all(|c| c.is_ascii_digit() || c == '.');
            let coin = self
                .parse(part)
                .map_err(|error| if unitless && text.contains(',') { comma(text) } else { error })?;
            if coins.iter().any(|other| other.denom == coin.denom) {
                return Err(
                    CliError::usage(format!("`{text}` names {} twice", coin.denom)).hint("give the sum")
                );
            }
            coins.push(coin);
        }
        coins.sort_by(|a, b| a.denom.cmp(&b.denom));
        Ok(coins)
    }
}

fn comma(text: &str) -> CliError {
    CliError::usage(format!("`{text}` is not clear: a comma separates coins, not thousands or decimals"))
        .hint("write `1000.25 AGO` or `1_000.25 AGO`")
}

/// Takes the number and the unit apart; a comma inside the number is explained.
fn split(text: &str) -> Result<(&str, &str)> {
    if text.is_empty() {
        return Err(CliError::usage("the amount is empty").hint("write for example `1.5 AGO`"));
    }
    if text.starts_with('-') {
        return Err(CliError::usage(format!("`{text}` is negative")).hint("amounts are zero or more"));
    }
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_' || c == ',')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    if number.contains(',') {
        return Err(comma(text));
    }
    if number.is_empty() {
        return Err(CliError::usage(format!("`{text}` does not start with a number"))
            .hint("write for example `1.5 AGO`"));
    }
    Ok((number, unit.trim_start()))
}

/// The digits before and after the point, underscores and trailing zeros of the fraction removed.
pub(super) fn decimal(number: &str, text: &str) -> Result<(String, String)> {
    let bad = |hint: &str| CliError::usage(format!("`{text}` is not a number")).hint(hint.to_owned());
    let (whole, fraction) =
        number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let tidy = |digits: &str| {
        !digits.is_empty()
            && !digits.starts_with('_')
            && !digits.ends_with('_')
            && !digits.contains("__")
            && digits.chars().all(|c| c.is_ascii_digit() || c == '_')
    };
    if !tidy(whole) {
        return Err(bad("write digits before the point, for example 0.5"));
    }
    if let Some(fraction) = fraction
        && !tidy(fraction)
    {
        return Err(bad("write digits and one point at most, for example 1.5"));
    }
    let fraction = fraction.unwrap_or_default().replace('_', "");
    Ok((whole.replace('_', ""), fraction.trim_end_matches('0').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::DenomInfo;

    fn parse(text: &str) -> Result<Coin> {
        DenomTable::builtin().parse(text)
    }

    fn error(text: &str) -> String {
        parse(text).unwrap_err().to_text()
    }

    #[test]
    fn the_same_amount_can_be_written_in_several_ways() {
        for text in
            ["1.5 AGO", "1.5AGO", "1500000uago", " 1_500_000 uago ", "1.500000 AGO", "01.50000000 AGO"]
        {
            assert_eq!(parse(text).unwrap(), Coin::new(1_500_000, "uago"), "{text}");
        }
        assert_eq!(parse("0 AGO").unwrap().amount, 0);
        assert_eq!(parse("0.000001 AGO").unwrap().amount, 1);
    }

    #[test]
    fn amounts_are_exact_up_to_the_last_unit_of_128_bits() {
        assert_eq!(parse(&format!("{}uago", u128::MAX)).unwrap().amount, u128::MAX);
        let text = DenomTable::builtin().format(&Coin::new(u128::MAX, "uago"));
        assert_eq!(text, "340282366920938463463374607431768.211455 AGO");
        assert_eq!(parse(&text).unwrap().amount, u128::MAX);
        assert!(error("340282366920938463463374607431768.211456 AGO").contains("too large"));
        assert!(error(&format!("{} AGO", "9".repeat(500))).contains("too large"));
    }

    #[test]
    fn whatever_is_formatted_reads_back_as_the_same_amount() {
        let table = DenomTable::builtin();
        let mut amount: u128 = 1;
        for step in 0..400u128 {
            let coin = Coin::new(amount, if step % 2 == 0 { "uago" } else { "factory/agora1xyz/gold" });
            assert_eq!(table.parse(&table.format(&coin)).unwrap(), coin);
            amount = amount.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step) >> (step % 97);
        }
    }

    #[test]
    fn too_many_decimals_are_refused_not_rounded() {
        assert!(error("0.0000001 AGO").contains("has 7 decimals, but AGO has only 6"));
        let text = error("1.5uago");
        assert!(text.contains("uago has none") && text.contains("did you mean AGO?"), "{text}");
    }

    #[test]
    fn unknown_units_are_refused_with_the_nearest_known_one() {
        assert!(error("5 AOG").contains("did you mean `AGO`?"));
        assert!(error("5 ago").contains("did you mean `AGO`?"));
        assert!(error("5 doubloons").contains("known units: AGO, uago"));
        assert_eq!(parse("5 ibc/27394FB092D2ECCD56123C74F36E4C1F").unwrap().amount, 5);
        let open = DenomTable::builtin().accept_unknown_base(true);
        assert_eq!(open.parse("5stake").unwrap(), Coin::new(5, "stake"));
    }

    #[test]
    fn what_is_not_an_amount_is_explained() {
        assert!(error("").contains("empty"));
        assert!(error("AGO").contains("does not start with a number"));
        assert!(error("1.5").contains("has no unit"));
        assert!(error("-1 AGO").contains("negative"));
        assert!(error("1,000.25 AGO").contains("comma separates coins"));
        for text in [".5 AGO", "5. AGO", "1.2.3 AGO", "1__0 AGO", "_1 AGO", "1_ AGO"] {
            assert!(error(text).contains("is not a number"), "{text}");
        }
        assert!(error("1e6 AGO").contains("unknown unit"));
        assert!(error("\u{661} AGO").contains("does not start with a number"));
    }

    #[test]
    fn several_coins_are_sorted_and_named_once() {
        let table = DenomTable::builtin();
        let coins = table.parse_all("1.5 AGO, 2ibc/ABC").unwrap();
        assert_eq!(coins, [Coin::new(2, "ibc/ABC"), Coin::new(1_500_000, "uago")]);
        assert!(table.parse_all("1 AGO,2uago").unwrap_err().to_text().contains("twice"));
        assert!(table.parse_all("1 AGO,").unwrap_err().to_text().contains("empty"));
        assert!(table.parse_all("1,000.25 AGO").unwrap_err().to_text().contains("comma"));
        assert_eq!(table.format_all(&coins), "2 ibc/ABC, 1.5 AGO");
    }

    #[test]
    fn metadata_adds_units_but_cannot_impersonate_the_native_token() {
        let mut table = DenomTable::builtin();
        let wei = r#"[{"base":"awei","display":"eth","symbol":"ETH","denom_units":[
            {"denom":"awei","exponent":0},{"denom":"gwei","exponent":9},{"denom":"eth","exponent":18,"aliases":["ether"]}]}]"#;
        table.add_json(wei).unwrap();
        assert_eq!(table.parse("1.5 ether").unwrap(), Coin::new(1_500_000_000_000_000_000, "awei"));
        assert_eq!(table.format(&Coin::new(1, "awei")), "0.000000000000000001 ETH");
        let fake = r#"{"metadatas":[{"base":"factory/x/fake","display":"AGO","denom_units":[{"denom":"AGO","exponent":6}]}]}"#;
        assert!(table.add_json(fake).unwrap_err().to_text().contains("already counts `uago`"));
        let info: DenomInfo = serde_json::from_str(r#"{"base":"utoken","display":"token"}"#).unwrap();
        assert!(table.add(&info).unwrap_err().to_text().contains("not among its units"));
    }

    #[test]
    fn no_text_makes_the_parser_panic() {
        let pieces = [
            "1",
            "0",
            "9999999999999999999",
            ".",
            ",",
            "_",
            " ",
            "-",
            "+",
            "e",
            "AGO",
            "uago",
            "ibc/",
            "é",
            "\0",
            "\u{661}",
        ];
        let table = DenomTable::builtin().accept_unknown_base(true);
        let mut state: u64 = 1;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..state % 9 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            if let Ok(coin) = table.parse(&text) {
                assert_eq!(table.parse(&table.format(&coin)).unwrap(), coin, "{text}");
            }
            let _ = (
                table.parse_all(&text),
                crate::amount::GasPrice::parse(&text),
                crate::address::Address::parse(&text),
            );
            state = state.wrapping_add(1);
        }
    }
}
