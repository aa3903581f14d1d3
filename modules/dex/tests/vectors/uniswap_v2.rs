//! Constant product, fee 0.3 %.

use agora_dex::math::constant_product::{in_given_out, out_given_in};

use super::{number, rows};

const FEE: u32 = 3000;
const E18: u128 = 1_000_000_000_000_000_000;

#[test]
fn amounts_out_and_in_are_those_of_the_library() {
    for row in rows(include_str!("data/uniswap_v2.txt")) {
        let [x, y, amount_in, out, amount_out, cost] = row.as_slice() else { panic!("{row:?}") };
        let (x, y) = (number(x), number(y));
        assert_eq!(out_given_in(x, y, number(amount_in), FEE), Some(number(out)), "{row:?}");
        let cost = (*cost != "refused").then(|| number::<u128>(cost));
        let ours = in_given_out(x, y, number(amount_out), FEE);
        // The library always adds a unit; ours only where the division leaves a rest.
        match (ours, cost) {
            (Some(ours), Some(cost)) => assert!(ours == cost || ours + 1 == cost, "{row:?}: {ours}"),
            (ours, cost) => assert_eq!(ours, cost, "{row:?}"),
        }
        if let Some(ours) = ours.filter(|ours| x.checked_add(*ours).is_some()) {
            let bought = out_given_in(x, y, ours, FEE).unwrap();
            assert!(bought >= number(amount_out), "{row:?}: {ours} buys {bought}");
        }
    }
}

#[test]
fn swaps_of_the_pair_and_router_tests_are_reproduced() {
    // Uniswap/v2-core: test/UniswapV2Pair.spec.ts; Uniswap/v2-periphery: test/UniswapV2Router01.spec.ts, test/UniswapV2Router02.spec.ts.
    for (amount_in, x, y, out) in [
        (1, 5, 10, 1_662_497_915_624_478_906),
        (1, 10, 5, 453_305_446_940_074_565),
        (2, 5, 10, 2_851_015_155_847_869_602),
        (2, 10, 5, 831_248_957_812_239_453),
        (1, 10, 10, 906_610_893_880_149_131),
        (1, 100, 100, 987_158_034_397_061_298),
        (1, 1000, 1000, 996_006_981_039_903_216),
    ] {
        assert_eq!(out_given_in(x * E18, y * E18, amount_in * E18, FEE), Some(out));
    }
    assert_eq!(in_given_out(5 * E18, 10 * E18, E18, FEE), Some(557_227_237_267_357_629));
    assert_eq!((out_given_in(100, 100, 2, FEE), in_given_out(100, 100, 1, FEE)), (Some(1), Some(2)));
}
