//! Stable pools: D, the balance that belongs to it, and what a swap gives before the fee.

use agora_dex::math::stable::{A_PRECISION, balance_for, invariant, out_given_in};
use ruint::aliases::U256;

use super::{number, rows};

#[test]
fn the_invariant_and_swaps_are_those_of_the_python_model() {
    for row in rows(include_str!("data/curve.txt")) {
        let [a, balances, i, j, dx, d, y, dy] = row.as_slice() else { panic!("{row:?}") };
        let a = number::<u64>(a) * A_PRECISION;
        let balances: Vec<U256> = balances.split(',').map(number).collect();
        let (i, j, dx, d): (usize, usize, U256, U256) = (number(i), number(j), number(dx), number(d));
        assert_eq!(invariant(&balances, a), Some(d), "{row:?}");
        let mut after = balances.clone();
        after[i] += dx;
        assert_eq!(balance_for(&after, j, a, d), Some(number(y)), "{row:?}");
        let dy = number::<i128>(dy);
        // A swap of next to nothing may be worth less than the unit kept.
        let dy = u128::try_from(dy).ok().map(U256::from);
        assert_eq!(out_given_in(&balances, i, j, dx, a), dy, "{row:?}");
    }
}
