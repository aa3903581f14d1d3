//! Stable pools: D, the balance that belongs to it, and what a swap gives before and after the fee.

use agora_dex::math::stable::{A_PRECISION, KEPT_UNITS, balance_for, invariant, out_given_in, swap_in};
use ruint::aliases::U256;

use super::common::Random;
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

/// How often swaps give what the convention says: `dy - 1`, less the fee rounded up.
#[derive(Debug, Default)]
struct Tally {
    same: u32,
    less: u32,
    refused: u32,
}

impl Tally {
    /// Counts a swap that is worth `gross` before the fee.
    fn count(&mut self, balances: &[U256], (i, j): (usize, usize), dx: U256, a: u64, fee: u32, gross: U256) {
        let unit = U256::from(1_000_000);
        let wanted = gross - (gross * U256::from(fee)).div_ceil(unit);
        match swap_in(balances, i, j, dx, a, fee) {
            None => self.refused += 1,
            Some(swap) if swap.amount_out == wanted => self.same += 1,
            Some(swap) => {
                self.less += 1;
                let kept = wanted.checked_sub(swap.amount_out).unwrap();
                assert!(KEPT_UNITS.contains(&kept.to()), "{kept} units less than {wanted}");
                let (least, most) = (balances.iter().min().unwrap(), balances.iter().max().unwrap());
                let far = *most / *least >= U256::from(100);
                assert!(fee == 0 || far, "{kept} units less than {wanted} with balances {balances:?}");
            }
        }
    }
}

#[test]
fn with_a_fee_a_swap_gives_the_published_figure_less_the_fee_but_far_out_of_balance() {
    for fee in [100, 400, 3000, 100_000] {
        let mut tally = Tally::default();
        for row in rows(include_str!("data/curve.txt")) {
            let [a, balances, i, j, dx, .., dy] = row.as_slice() else { panic!("{row:?}") };
            let balances: Vec<U256> = balances.split(',').map(number).collect();
            let Ok(dy) = u128::try_from(number::<i128>(dy)) else { continue };
            let a = number::<u64>(a) * A_PRECISION;
            tally.count(&balances, (number(i), number(j)), number(dx), a, fee, U256::from(dy));
        }
        println!("fee {fee}: {tally:?}");
        assert!(tally.less * 50 < tally.same, "fee {fee}: {tally:?}");
        assert!(tally.refused * 10 < tally.same, "fee {fee}: {tally:?}");
    }
}

#[test]
fn in_random_pools_a_swap_with_a_fee_always_keeps_to_the_convention_and_one_without_mostly() {
    let mut random = Random::new(1);
    for (fee, spread) in [(0, 4), (0, 100), (1, 4), (1, 100), (400, 100), (400, 10_000)] {
        let mut tally = Tally::default();
        for _ in 0..20_000 {
            let base = U256::from(random.sized(70)) << 20;
            let others = random.below(3) + 2;
            // From one to `spread` times the base, in hundredths.
            let balances: Vec<U256> = (0..others)
                .map(|_| base / U256::from(100) * U256::from(100 + random.below(spread * 100 - 100)))
                .collect();
            let a = (random.below(5_000) + 1) * A_PRECISION;
            let dx =
                balances[0] / U256::from(1_000_000) * U256::from(random.below(500_000) + 1) + U256::from(1);
            let gross = out_given_in(&balances, 0, 1, dx, a).filter(|gross| !gross.is_zero());
            if let Some(gross) = gross {
                tally.count(&balances, (0, 1), dx, a, fee, gross);
            }
        }
        println!("fee {fee}, balances up to {spread} times apart: {tally:?}");
        assert!(fee == 0 || tally.less == 0, "{tally:?}");
        assert!(tally.less * 20 < tally.same && tally.refused * 20 < tally.same, "{tally:?}");
    }
}
