//! One step of a swap within constant liquidity (Uniswap v3, `SwapMath`).

use ruint::aliases::U256;

use super::FEE_UNIT;
use super::sqrt_price::{Round, after_input, after_output, amount0, amount1};
use super::wide::{mul_div_ceil, mul_div_floor};

/// What is left of a swap's amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Still to come in, fees included.
    In(U256),
    /// Still to go out.
    Out(U256),
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The root price after it.
    pub sqrt_price: U256,
    /// What came in, without the fee.
    pub amount_in: U256,
    /// What went out.
    pub amount_out: U256,
    /// The fee, on top of `amount_in`.
    pub fee: U256,
}

/// An amount between two prices.
type Amount = fn(U256, U256, u128, Round) -> Option<U256>;

/// Moves the price from `current` toward `target` as far as the amount left allows. `fee` is in millionths of what comes in.
///
/// `None` where a number leaves its range.
#[must_use]
pub fn step(current: U256, target: U256, liquidity: u128, left: Left, fee: u32) -> Option<Step> {
    let zero_for_one = current >= target;
    let (coming, going): (Amount, Amount) =
        if zero_for_one { (amount0, amount1) } else { (amount1, amount0) };
    let kept = U256::from(FEE_UNIT.checked_sub(fee)?);
    let (sqrt_price, exact) = match left {
        Left::In(left) => {
            let net = mul_div_floor(left, kept, U256::from(FEE_UNIT))?;
            let whole = coming(current, target, liquidity, Round::Ceil)?;
            if net >= whole {
                (target, Some(whole))
            } else {
                (after_input(current, liquidity, net, zero_for_one)?, None)
            }
        }
        Left::Out(left) => {
            let whole = going(current, target, liquidity, Round::Floor)?;
            if left >= whole {
                (target, Some(whole))
            } else {
                (after_output(current, liquidity, left, zero_for_one)?, None)
            }
        }
    };
    let reached = sqrt_price == target;
    let (amount_in, amount_out) = match left {
        Left::In(_) => (
            exact
                .filter(|_| reached)
                .map_or_else(|| coming(current, sqrt_price, liquidity, Round::Ceil), Some)?,
            going(current, sqrt_price, liquidity, Round::Floor)?,
        ),
        Left::Out(left) => {
            let out = exact
                .filter(|_| reached)
                .map_or_else(|| going(current, sqrt_price, liquidity, Round::Floor), Some)?;
            (coming(current, sqrt_price, liquidity, Round::Ceil)?, out.min(left))
        }
    };
    let fee = match left {
        // The rest of an input that does not reach the target is fee: it would not move the price.
        Left::In(left) if !reached => left.checked_sub(amount_in)?,
        _ => mul_div_ceil(amount_in, U256::from(fee), kept)?,
    };
    Some(Step { sqrt_price, amount_in, amount_out, fee })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sqrt_price::Q96;
    use super::super::tick::{MAX_TICK, MIN_TICK, sqrt_price_at};
    use super::*;

    fn n(text: &str) -> U256 {
        text.parse().unwrap()
    }

    #[test]
    fn the_steps_of_uniswap_are_reproduced() {
        let e18 = U256::from(10u128.pow(18));
        let two = U256::from(2 * 10u128.pow(18));
        let liquidity = two.to::<u128>();
        // Exact in, capped at the target.
        let near = n("79623317895830914510639640423");
        let got = step(Q96, near, liquidity, Left::In(e18), 600).unwrap();
        let want = (n("9975124224178055"), n("9925619580021728"), n("5988667735148"), near);
        assert_eq!((got.amount_in, got.amount_out, got.fee, got.sqrt_price), want);
        // Exact out, capped at the target.
        let got = step(Q96, near, liquidity, Left::Out(e18), 600).unwrap();
        assert_eq!((got.amount_in, got.amount_out, got.fee, got.sqrt_price), want);
        // Exact in, spent before the target.
        let far = n("250541448375047931186413801569");
        let got = step(Q96, far, liquidity, Left::In(e18), 600).unwrap();
        assert_eq!(
            (got.amount_in, got.amount_out, got.fee),
            (n("999400000000000000"), n("666399946655997866"), n("600000000000000"))
        );
        // Exact out, received before the target.
        let got = step(Q96, n("792281625142643375935439503360"), liquidity, Left::Out(e18), 600).unwrap();
        assert_eq!(
            (got.amount_in, got.amount_out, got.fee),
            (n("2000000000000000000"), e18, n("1200720432259356"))
        );
        // One unit out.
        let got = step(
            n("417332158212080721273783715441582"),
            n("1452870262520218020823638996"),
            159_344_665_391_607_089_467_575_320_103,
            Left::Out(U256::from(1)),
            1,
        )
        .unwrap();
        assert_eq!(got.sqrt_price, n("417332158212080721273783715441581"));
        assert_eq!((got.amount_in, got.amount_out, got.fee), (U256::from(1), U256::from(1), U256::from(1)));
        // All of the input is fee.
        let got = step(
            U256::from(2413),
            n("79887613182836312"),
            1_985_041_575_832_132_834_610_021_537_970,
            Left::In(U256::from(10)),
            1872,
        )
        .unwrap();
        assert_eq!((got.amount_in, got.amount_out, got.fee), (U256::ZERO, U256::ZERO, U256::from(10)));
        assert_eq!(got.sqrt_price, U256::from(2413));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_step_stays_within_its_target_and_its_amount(
            a in MIN_TICK..=MAX_TICK, b in MIN_TICK..=MAX_TICK, liquidity in 1u128..1 << 118,
            amount in 1u128..1 << 126, fee in 0u32..100_001, exact_in in any::<bool>(),
        ) {
            let (current, target) = (sqrt_price_at(a).unwrap(), sqrt_price_at(b).unwrap());
            let amount = U256::from(amount);
            let left = if exact_in { Left::In(amount) } else { Left::Out(amount) };
            let Some(done) = step(current, target, liquidity, left, fee) else { return Ok(()) };
            let (low, high) = (current.min(target), current.max(target));
            prop_assert!(done.sqrt_price >= low && done.sqrt_price <= high);
            if exact_in {
                prop_assert!(done.amount_in + done.fee <= amount);
            } else {
                prop_assert!(done.amount_out <= amount);
            }
            if done.sqrt_price != target {
                // Not there yet: then the amount is used up.
                let used = if exact_in { done.amount_in + done.fee } else { done.amount_out };
                prop_assert_eq!(used, amount);
            }
            let (coming, going): (Amount, Amount) = if current >= target { (amount0, amount1) } else { (amount1, amount0) };
            prop_assert!(done.amount_in >= coming(current, done.sqrt_price, liquidity, Round::Floor).unwrap());
            prop_assert!(done.amount_out <= going(current, done.sqrt_price, liquidity, Round::Ceil).unwrap());
        }
    }
}
