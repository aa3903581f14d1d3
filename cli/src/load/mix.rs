//! How many of which kind.

use std::fmt;
use std::str::FromStr;

use super::kind::Kind;
use crate::error::{CliError, Result, nearest};

/// Kinds with their weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix {
    parts: Vec<(Kind, u64)>,
    total: u64,
    /// Visits every residue of `total` once and jumps far each time, so that kinds alternate.
    stride: u64,
}

impl Mix {
    fn new(parts: Vec<(Kind, u64)>) -> Self {
        let total: u64 = parts.iter().map(|(_, weight)| weight).sum();
        let around = total * 618 / 1000;
        let stride = (around..=total).find(|stride| gcd(*stride, total) == 1).unwrap_or(1);
        Self { parts, total, stride }
    }

    /// The kinds, in the order given.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.parts.iter().map(|(kind, _)| *kind)
    }

    /// The kind of the transaction number `n`. Of any `total` in a row each kind has exactly its weight.
    #[must_use]
    pub fn kind(&self, n: u64) -> Kind {
        let mut place = (n % self.total) * self.stride % self.total;
        for (kind, weight) in &self.parts {
            match place.checked_sub(*weight) {
                Some(rest) => place = rest,
                None => return *kind,
            }
        }
        Kind::Send
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl FromStr for Mix {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        let example = "write kinds with weights, for example send=90,multisend=10";
        let mut parts: Vec<(Kind, u64)> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
            let name = name.trim();
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
                let names = Kind::ALL.map(Kind::name);
                CliError::usage(format!("there is no kind of transactions called `{name}`")).hint(
                    match nearest(name, names) {
                        Some(known) => format!("did you mean `{known}`?"),
                        None => format!("kinds are {}", names.join(", ")),
                    },
                )
            })?;
            let weight = weight.trim().parse().ok().filter(|weight| (1..=10_000).contains(weight));
            let weight = weight.ok_or_else(|| {
                CliError::usage(format!("the weight in `{part}` is not a number from 1 to 10000"))
                    .hint(example)
            })?;
            if parts.iter().any(|(known, _)| *known == kind) {
                return Err(CliError::usage(format!("the mix names `{name}` twice")).hint(example));
            }
            parts.push((kind, weight));
        }
        if parts.is_empty() {
            return Err(CliError::usage("the mix is empty").hint(example));
        }
        Ok(Self::new(parts))
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> =
            self.parts.iter().map(|(kind, weight)| format!("{}={weight}", kind.name())).collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_weight_in_every_round_and_kinds_alternate() {
        for text in ["send=90,multisend=10", "send=1", "send=2,invalid=3,minimum=7"] {
            let mix: Mix = text.parse().unwrap();
            assert_eq!(mix.to_string(), text);
            let total = mix.total;
            for first in [0, 5, total * 3 + 1] {
                for (kind, weight) in &mix.parts {
                    let found = (first..first + total).filter(|n| mix.kind(*n) == *kind).count();
                    assert_eq!(found as u64, *weight, "{text} from {first}");
                }
            }
        }
        let mix: Mix = "send=90,multisend=10".parse().unwrap();
        let first = (0..100).filter(|n| mix.kind(*n) == Kind::Multisend).collect::<Vec<_>>();
        assert!(first.windows(2).all(|pair| pair[1] - pair[0] > 1), "{first:?}");
    }

    #[test]
    fn a_wrong_mix_says_what_is_wrong() {
        let why = |text: &str| text.parse::<Mix>().unwrap_err().to_text();
        assert!(why("sned=1").contains("did you mean `send`?"));
        assert!(why("send=0").contains("number from 1"));
        assert!(why("send=1,send=2").contains("twice"));
        assert!(why(" , ").contains("empty"));
    }
}
