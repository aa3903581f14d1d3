//! What governance sets.

use agora_primitives::math::mul_div_ceil;
use agora_primitives::{Amount, Coin, Denom, MAX_SUPPLY};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::math::FEE_UNIT;

/// The greatest taker fee: 5 %, in millionths.
pub(crate) const MAX_TAKER_FEE: u32 = 50_000;
/// The most pairs with a taker fee of their own.
pub(crate) const MAX_PAIRS: usize = 100;
/// The widest price band: a hundred times, in millionths.
pub(crate) const MAX_BAND: u32 = 100 * FEE_UNIT;
/// The shortest window of the outflow limit, in seconds.
pub(crate) const MIN_WINDOW: u64 = 60;
/// The longest, and the longest time that does not count as standing still.
pub(crate) const WEEK: u64 = 7 * 86_400;
/// The longest recovery, in seconds.
pub(crate) const DAY: u64 = 86_400;

/// The parameters.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Params {
    /// What making a pool costs; nothing if its amount is zero.
    pub(crate) pool_creation_fee: Coin,
    /// What the chain takes of every exchange.
    pub(crate) taker_fee: TakerFee,
    /// What an exchange may do to a pool.
    pub(crate) protection: Protection,
}
agora_state::borsh_value!(Params, 2);

/// The taker fee and whose it is, in millionths.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct TakerFee {
    /// Of pairs without a rate of their own.
    pub(crate) rate: u32,
    /// Pairs with their rates, the lesser denom first; sorted.
    pub(crate) pairs: Vec<(Denom, Denom, u32)>,
    /// The community's share.
    pub(crate) community: u32,
    /// The share of those who stake.
    pub(crate) stakers: u32,
    /// The share that is destroyed.
    pub(crate) burn: u32,
}

/// Limits that hold for every pool; zero turns one off.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Protection {
    /// How far an exchange may take the price from where it was when the block began, in millionths.
    pub(crate) price_band: u32,
    /// The part of a reserve that may leave within the window, in millionths.
    pub(crate) outflow_limit: u32,
    /// The window, in seconds.
    pub(crate) outflow_window: u64,
    /// Seconds between two blocks from which on the chain stood still.
    pub(crate) downtime: u64,
    /// For how many seconds after that nobody may exchange.
    pub(crate) recovery: u64,
}

impl Default for Params {
    fn default() -> Self {
        let taker_fee =
            TakerFee { community: 400_000, stakers: 400_000, burn: 200_000, ..TakerFee::default() };
        Self {
            pool_creation_fee: Coin::new(1_000_000, Denom::native()),
            taker_fee,
            protection: Protection::default(),
        }
    }
}

impl TakerFee {
    /// The rate of exchanges between two coins, in millionths.
    pub(crate) fn rate(&self, a: &Denom, b: &Denom) -> u32 {
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        let found = self.pairs.binary_search_by(|(x, y, _)| (x, y).cmp(&(low, high)));
        found.ok().and_then(|place| self.pairs.get(place)).map_or(self.rate, |(_, _, rate)| *rate)
    }
}

/// What the chain takes of what comes in, rounded up.
pub(crate) fn taken(amount_in: Amount, rate: u32) -> Option<Amount> {
    mul_div_ceil(amount_in, rate.into(), FEE_UNIT.into())
}

/// What must come in so that `net` is left after the fee, rounded up. [`taken`] of it leaves exactly `net`.
pub(crate) fn grossed(net: Amount, rate: u32) -> Option<Amount> {
    let kept = FEE_UNIT.checked_sub(rate)?;
    mul_div_ceil(net, FEE_UNIT.into(), kept.into()).filter(|gross| *gross <= MAX_SUPPLY)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_is_grossed_up_leaves_what_was_wanted_and_a_unit_less_does_not(
            bits in 0u32..127, n in any::<u128>(), rate in 0..=MAX_TAKER_FEE,
        ) {
            let net = (n >> (128 - bits.max(1))).max(1);
            let Some(gross) = grossed(net, rate) else { return Ok(()) };
            prop_assert_eq!(gross - taken(gross, rate).unwrap(), net);
            prop_assert!((gross - 1) - taken(gross - 1, rate).unwrap() < net);
        }
    }

    #[test]
    fn a_pair_has_its_own_rate_either_way() {
        let [a, b, c] = ["aaa", "bbb", "ccc"].map(|text| text.parse::<Denom>().unwrap());
        let fee = TakerFee {
            rate: 5,
            pairs: vec![(a.clone(), b.clone(), 1), (a.clone(), c.clone(), 2)],
            ..TakerFee::default()
        };
        assert_eq!((fee.rate(&a, &b), fee.rate(&b, &a), fee.rate(&c, &a), fee.rate(&b, &c)), (1, 1, 2, 5));
    }
}
