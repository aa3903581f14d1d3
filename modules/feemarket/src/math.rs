//! The rule of the price, pure.

use agora_primitives::Dec;

use crate::state::Params;

/// The next price after a block that wanted `gas`: EIP-1559's rule.
///
/// price * (1 + rate * (gas - target) / target), rounded down, where the target is half of what a block can take. At least
/// the minimum; a rise is at least the smallest step, so that a full block is always felt.
pub(crate) fn next_price(price: Dec, gas: u64, params: &Params) -> Dec {
    let target = u128::from(params.max_block_utilization / 2).max(1);
    let gas = u128::from(gas).min(u128::from(params.max_block_utilization));
    let step = |distance: u128| {
        params
            .learning_rate
            .scale_floor(price.atomics(), Dec::ONE.atomics())
            .and_then(|s| s.scale_floor(distance, target))
    };
    let next = match gas.checked_sub(target) {
        Some(0) => price,
        Some(above) => {
            let step = step(above).unwrap_or_default().max(Dec::from_atomics(1));
            price.checked_add(step).unwrap_or(price)
        }
        None => price.saturating_sub(step(target.saturating_sub(gas)).unwrap_or_default()),
    };
    next.max(params.min_base_gas_price)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_block_raises_the_price_by_an_eighth_and_an_empty_one_lowers_it_by_one() {
        let params = Params::default();
        let price = Dec::from_atomics(8_000_000_000_000_000);
        assert_eq!(next_price(price, u64::MAX, &params), Dec::from_atomics(9_000_000_000_000_000));
        assert_eq!(next_price(price, 0, &params), Dec::from_atomics(7_000_000_000_000_000));
        assert_eq!(next_price(price, params.max_block_utilization / 2, &params), price);
    }

    proptest! {
        #[test]
        fn the_price_follows_load_within_its_rate_and_never_below_the_minimum(
            atomics in 2_500_000_000_000_000u128..1 << 100, gas: u64,
        ) {
            let params = Params::default();
            let price = Dec::from_atomics(atomics);
            let next = next_price(price, gas, &params);
            prop_assert!(next >= params.min_base_gas_price);
            prop_assert!(next.atomics() <= atomics + atomics / 8 + 1);
            prop_assert!(next.atomics() >= atomics - atomics / 8 - 1 || next == params.min_base_gas_price);
            if gas > params.max_block_utilization / 2 {
                prop_assert!(next > price);
            }
        }
    }
}
