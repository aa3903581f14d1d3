//! Amounts of denominations.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::denom::{Denom, DenomError};

/// An amount in base units.
pub type Amount = u128;

/// The most base units of one denom that may exist: 2^127 - 1, so that differences fit an `i128`.
pub const MAX_SUPPLY: Amount = i128::MAX as u128;

/// The most denominations in one set of coins.
pub const MAX_COINS: usize = 256;

/// Why a set of coins is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoinError {
    /// A denom is malformed.
    #[error(transparent)]
    Denom(#[from] DenomError),
    /// An amount is not a decimal number of base units up to 2^127 - 1.
    #[error("invalid coin amount: {0:?}")]
    Amount(String),
    /// An amount is zero.
    #[error("coin {0} amount is not positive")]
    Zero(Denom),
    /// Not sorted by denom.
    #[error("denomination {0} is not sorted")]
    Unsorted(Denom),
    /// A denom twice.
    #[error("duplicate denomination {0}")]
    Duplicate(Denom),
    /// More than [`MAX_COINS`].
    #[error("{0} denominations, at most {MAX_COINS} are allowed")]
    TooMany(usize),
    /// A sum exceeds 2^127 - 1.
    #[error("the sum of {0} exceeds 2^127-1")]
    Overflow(Denom),
    /// Less is there than is taken.
    #[error("{have}{denom} is smaller than {want}{denom}")]
    Insufficient {
        /// Whose amount is short.
        denom: Denom,
        /// What is there.
        have: Amount,
        /// What is wanted.
        want: Amount,
    },
}

/// An amount of one denomination.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Coin {
    /// The denomination.
    pub denom: Denom,
    /// Base units.
    pub amount: Amount,
}

impl Coin {
    /// A coin.
    #[must_use]
    pub const fn new(amount: Amount, denom: Denom) -> Self {
        Self { denom, amount }
    }

    /// Parses the two strings of the wire's `Coin`: the amount in plain decimal digits, at most [`MAX_SUPPLY`].
    ///
    /// # Errors
    /// [`CoinError::Denom`] or [`CoinError::Amount`].
    pub fn parse(denom: &str, amount: &str) -> Result<Self, CoinError> {
        Ok(Self { denom: denom.parse()?, amount: parse_amount(amount)? })
    }
}

/// Parses base units in plain decimal digits.
fn parse_amount(text: &str) -> Result<Amount, CoinError> {
    let bad = || CoinError::Amount(text.chars().take(64).collect());
    if text.is_empty() || text.len() > 39 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    match text.parse::<Amount>() {
        Ok(amount) if amount <= MAX_SUPPLY => Ok(amount),
        _ => Err(bad()),
    }
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

impl fmt::Debug for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A set of coins: sorted by denom, no zero, no duplicate. May be empty.
#[derive(Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Coins(Vec<Coin>);

impl Coins {
    /// Checks that `coins` are sorted, positive and distinct, as the wire wants them.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn new(coins: Vec<Coin>) -> Result<Self, CoinError> {
        if coins.len() > MAX_COINS {
            return Err(CoinError::TooMany(coins.len()));
        }
        let mut before: Option<&Denom> = None;
        for coin in &coins {
            match before {
                Some(before) if *before == coin.denom => {
                    return Err(CoinError::Duplicate(coin.denom.clone()));
                }
                Some(before) if *before > coin.denom => return Err(CoinError::Unsorted(coin.denom.clone())),
                _ if coin.amount == 0 => return Err(CoinError::Zero(coin.denom.clone())),
                _ => before = Some(&coin.denom),
            }
        }
        Ok(Self(coins))
    }

    /// One coin; the empty set when its amount is zero.
    #[must_use]
    pub fn one(coin: Coin) -> Self {
        if coin.amount == 0 { Self::default() } else { Self(vec![coin]) }
    }

    /// The coins in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Coin> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many denominations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Base units of `denom`.
    #[must_use]
    pub fn amount_of(&self, denom: &Denom) -> Amount {
        self.0
            .binary_search_by(|c| c.denom.cmp(denom))
            .ok()
            .and_then(|i| self.0.get(i))
            .map_or(0, |c| c.amount)
    }

    /// Adds a coin.
    ///
    /// # Errors
    /// [`CoinError::Overflow`] above 2^127 - 1.
    pub fn add(&mut self, coin: &Coin) -> Result<(), CoinError> {
        if coin.amount == 0 {
            return Ok(());
        }
        match self.0.binary_search_by(|c| c.denom.cmp(&coin.denom)) {
            Ok(i) => {
                if let Some(own) = self.0.get_mut(i) {
                    own.amount = own
                        .amount
                        .checked_add(coin.amount)
                        .filter(|sum| *sum <= MAX_SUPPLY)
                        .ok_or_else(|| CoinError::Overflow(coin.denom.clone()))?;
                }
            }
            Err(i) => self.0.insert(i, coin.clone()),
        }
        Ok(())
    }

    /// Takes a coin away.
    ///
    /// # Errors
    /// [`CoinError::Insufficient`] when less is there.
    pub fn sub(&mut self, coin: &Coin) -> Result<(), CoinError> {
        let have = self.amount_of(&coin.denom);
        let rest = have.checked_sub(coin.amount).ok_or_else(|| CoinError::Insufficient {
            denom: coin.denom.clone(),
            have,
            want: coin.amount,
        })?;
        if let Ok(i) = self.0.binary_search_by(|c| c.denom.cmp(&coin.denom)) {
            if rest == 0 {
                self.0.remove(i);
            } else if let Some(own) = self.0.get_mut(i) {
                own.amount = rest;
            }
        }
        Ok(())
    }
}

impl IntoIterator for Coins {
    type Item = Coin;
    type IntoIter = std::vec::IntoIter<Coin>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Coins {
    type Item = &'a Coin;
    type IntoIter = std::slice::Iter<'a, Coin>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, coin) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{coin}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn coin(text: &str) -> Coin {
        let at = text.find(|c: char| !c.is_ascii_digit()).unwrap();
        Coin::parse(&text[at..], &text[..at]).unwrap()
    }

    #[test]
    fn a_set_is_sorted_positive_and_distinct() {
        assert!(Coins::new(vec![coin("1abc"), coin("2abd")]).is_ok());
        assert!(matches!(Coins::new(vec![coin("2abd"), coin("1abc")]), Err(CoinError::Unsorted(_))));
        assert!(matches!(Coins::new(vec![coin("2abc"), coin("1abc")]), Err(CoinError::Duplicate(_))));
        assert!(matches!(Coins::new(vec![coin("0abc")]), Err(CoinError::Zero(_))));
    }

    #[test]
    fn an_amount_is_plain_digits_up_to_the_greatest_supply() {
        assert_eq!(
            Coin::parse("uago", "170141183460469231731687303715884105727").unwrap().amount,
            MAX_SUPPLY
        );
        for bad in ["", "-1", "+1", "1.0", "0x1", " 1", "170141183460469231731687303715884105728"] {
            assert!(matches!(Coin::parse("uago", bad), Err(CoinError::Amount(_))), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn adding_then_taking_away_restores_the_set(a in 1u128..1 << 100, b in 1u128..1 << 100, other in any::<bool>()) {
            let mut coins = Coins::one(Coin::new(a, Denom::native()));
            let before = coins.clone();
            let second = Coin::new(b, if other { "abc".parse().unwrap() } else { Denom::native() });
            coins.add(&second).unwrap();
            prop_assert!(Coins::new(coins.clone().0).is_ok());
            coins.sub(&second).unwrap();
            prop_assert_eq!(coins, before);
        }
    }
}
