//! Which units exist and how many decimals each has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Coin;
use crate::error::{CliError, Result, nearest};

/// One way of counting a denom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenomUnit {
    /// The name people write, for example `AGO`.
    pub denom: String,
    /// How many digits of base units one of it has: 6 for `AGO`, 0 for `uago`.
    #[serde(default)]
    pub exponent: u32,
    /// Other names of the same unit.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// What a denom is called and how it is shown; reads the JSON of `cosmos.bank.v1beta1.Metadata`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenomInfo {
    /// The denom of the chain's ledger.
    pub base: String,
    /// The unit to show amounts in; empty means `base`.
    #[serde(default)]
    pub display: String,
    /// The ticker, which names the display unit as well when it is not empty.
    #[serde(default)]
    pub symbol: String,
    /// All units, `base` among them or not.
    #[serde(default)]
    pub denom_units: Vec<DenomUnit>,
}

/// A unit of the table: which denom it counts, and with how many decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) base: String,
    pub(super) exponent: u32,
}

/// All units the wallet knows; always holds AGO.
#[derive(Clone, Debug)]
pub struct DenomTable {
    units: BTreeMap<String, Unit>,
    display: BTreeMap<String, (String, u32)>,
    unknown_base: bool,
}

/// The largest exponent that makes sense: 10^38 is the last power of ten below 2^128.
const MAX_EXPONENT: u32 = 38;

impl Default for DenomTable {
    fn default() -> Self {
        Self::builtin()
    }
}

impl DenomTable {
    /// The native token only: `uago`, shown as `AGO` with six decimals.
    pub fn builtin() -> Self {
        let mut table = Self { units: BTreeMap::new(), display: BTreeMap::new(), unknown_base: false };
        for (name, exponent) in [("uago", 0), ("AGO", 6)] {
            table.units.insert(name.to_owned(), Unit { base: "uago".to_owned(), exponent });
        }
        table.display.insert("uago".to_owned(), ("AGO".to_owned(), 6));
        table
    }

    /// Whether words outside the table count as base denoms in [`DenomTable::parse`].
    ///
    /// Off by default, so that a typing error is an error. Denoms with a slash (`ibc/...`, `factory/...`) are always
    /// taken as they are.
    pub fn accept_unknown_base(mut self, accept: bool) -> Self {
        self.unknown_base = accept;
        self
    }

    /// Adds a denom. Names already taken by another denom are refused: a token must not pass for AGO.
    pub fn add(&mut self, info: &DenomInfo) -> Result<()> {
        let bad =
            |what: String| CliError::usage(format!("the metadata of `{}` cannot be used: {what}", info.base));
        if !is_base_denom(&info.base) {
            return Err(bad("its base denom is not a valid denom".to_owned()));
        }
        let shown = if info.display.is_empty() { info.base.as_str() } else { info.display.as_str() };
        let mut units = BTreeMap::from([(info.base.clone(), 0)]);
        for unit in &info.denom_units {
            if unit.exponent > MAX_EXPONENT {
                return Err(bad(format!(
                    "unit `{}` has exponent {}, above {MAX_EXPONENT}",
                    unit.denom, unit.exponent
                )));
            }
            for name in std::iter::once(&unit.denom).chain(&unit.aliases) {
                if !is_unit_name(name) {
                    return Err(bad(format!("`{}` cannot be the name of a unit", name.escape_default())));
                }
                if units.insert(name.clone(), unit.exponent).is_some_and(|before| before != unit.exponent) {
                    return Err(bad(format!("unit `{name}` has two exponents")));
                }
            }
        }
        let Some(exponent) = units.get(shown).copied() else {
            return Err(bad(format!("its display unit `{shown}` is not among its units")));
        };
        let mut name = shown.to_owned();
        if !info.symbol.is_empty()
            && is_unit_name(&info.symbol)
            && units.get(&info.symbol).is_none_or(|e| *e == exponent)
        {
            name = info.symbol.clone();
            units.insert(name.clone(), exponent);
        }
        for unit in units.keys() {
            if let Some(owner) = self.units.get(unit).filter(|owner| owner.base != info.base) {
                return Err(bad(format!("`{unit}` already counts `{}`", owner.base)));
            }
        }
        self.units.retain(|_, unit| unit.base != info.base);
        for (unit, exponent) in units {
            self.units.insert(unit, Unit { base: info.base.clone(), exponent });
        }
        self.display.insert(info.base.clone(), (name, exponent));
        Ok(())
    }

    /// Adds denoms from JSON: a list of `cosmos.bank.v1beta1.Metadata`, or a REST answer holding one as `metadatas`.
    pub fn add_json(&mut self, json: &str) -> Result<()> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Document {
            List(Vec<DenomInfo>),
            Answer { metadatas: Vec<DenomInfo> },
        }
        let document: Document = serde_json::from_str(json).map_err(|error| {
            CliError::usage("cannot read denom metadata")
                .because(error)
                .hint("give a JSON list of bank metadata")
        })?;
        let (Document::List(infos) | Document::Answer { metadatas: infos }) = document;
        infos.iter().try_for_each(|info| self.add(info))
    }

    /// The display unit of a denom and its decimals; the denom itself with 0 where nothing is known.
    pub fn display_unit<'a>(&'a self, denom: &'a str) -> (&'a str, u32) {
        self.display.get(denom).map_or((denom, 0), |(name, exponent)| (name.as_str(), *exponent))
    }

    /// The amount in display units with its unit: `1.5 AGO`.
    pub fn format(&self, coin: &Coin) -> String {
        let (unit, exponent) = self.display_unit(&coin.denom);
        format!("{} {unit}", format_units(coin.amount, exponent))
    }

    /// Several coins in display units, separated by commas; `0` for none.
    pub fn format_all<'a>(&self, coins: impl IntoIterator<Item = &'a Coin>) -> String {
        let parts: Vec<String> = coins.into_iter().map(|coin| self.format(coin)).collect();
        if parts.is_empty() { "0".to_owned() } else { parts.join(", ") }
    }

    /// The unit of this name, or why there is none.
    pub(super) fn unit(&self, name: &str) -> Result<Unit> {
        if let Some(unit) = self.units.get(name) {
            return Ok(unit.clone());
        }
        if is_base_denom(name) && (name.contains('/') || self.unknown_base) {
            return Ok(Unit { base: name.to_owned(), exponent: 0 });
        }
        let error = CliError::usage(format!("unknown unit `{name}`"));
        Err(match nearest(name, self.units.keys().map(String::as_str)) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!(
                "known units: {}; others need denom metadata in denoms.json",
                self.units.keys().cloned().collect::<Vec<_>>().join(", ")
            )),
        })
    }
}

/// Base units as a decimal number with up to `exponent` decimals, without needless zeros.
pub(crate) fn format_units(amount: u128, exponent: u32) -> String {
    let exponent = usize::try_from(exponent).unwrap_or(0);
    let digits = format!("{amount:0>width$}", width = exponent.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(exponent));
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// The rule of Cosmos for denoms: a letter, then 2 to 127 letters, digits or `/:._-`.
pub(super) fn is_base_denom(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && (3..=128).contains(&text.len())
        && letters.all(|c| c.is_ascii_alphanumeric() || "/:._-".contains(c))
}

/// Unit names must survive between a number and the end of the text, and must not be able to imitate other text.
fn is_unit_name(text: &str) -> bool {
    text.len() <= 128
        && text.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/:._-".contains(c))
}
