//! Prices at ticks: `sqrt(1.0001 ^ tick)` in Q64.96 (Uniswap v3 core paper, section 6.1), to the unit its `TickMath`.

use ruint::aliases::U256;

/// The lowest tick.
pub const MIN_TICK: i32 = -887_272;
/// The highest tick.
pub const MAX_TICK: i32 = 887_272;
/// The price at [`MIN_TICK`].
pub const MIN_SQRT_PRICE: U256 = U256::from_limbs([4_295_128_739, 0, 0, 0]);
/// The price at [`MAX_TICK`].
pub const MAX_SQRT_PRICE: U256 =
    U256::from_limbs([0x5d95_1d52_6398_8d26, 0xefd1_fc6a_5064_8849, 0xfffd_8963, 0]);

/// `1.0001 ^ (-2^i / 2)` in Q0.128, rounded to the nearest, for each bit of a tick.
const FACTORS: [u128; 20] = [
    0xfffc_b933_bd6f_ad37_aa2d_162d_1a59_4001,
    0xfff9_7272_373d_4132_59a4_6990_580e_213a,
    0xfff2_e50f_5f65_6932_ef12_357c_f3c7_fdcc,
    0xffe5_caca_7e10_e4e6_1c36_24ea_a094_1cd0,
    0xffcb_9843_d60f_6159_c9db_5883_5c92_6644,
    0xff97_3b41_fa98_c081_472e_6896_dfb2_54c0,
    0xff2e_a164_66c9_6a38_43ec_78b3_26b5_2861,
    0xfe5d_ee04_6a99_a2a8_11c4_61f1_969c_3053,
    0xfcbe_86c7_900a_88ae_dcff_c83b_479a_a3a4,
    0xf987_a725_3ac4_1317_6f2b_074c_f781_5e54,
    0xf339_2b08_22b7_0005_940c_7a39_8e4b_70f3,
    0xe715_9475_a2c2_9b74_43b2_9c7f_a6e8_89d9,
    0xd097_f3bd_fd20_22b8_845a_d8f7_92aa_5825,
    0xa9f7_4646_2d87_0fdf_8a65_dc1f_90e0_61e5,
    0x70d8_69a1_56d2_a1b8_90bb_3df6_2baf_32f7,
    0x31be_135f_97d0_8fd9_8123_1505_542f_cfa6,
    0x09aa_508b_5b7a_84e1_c677_de54_f3e9_9bc9,
    0x005d_6af8_dedb_8119_6699_c329_225e_e604,
    0x0000_2216_e584_f5fa_1ea9_2604_1bed_fe98,
    0x0000_0000_048a_1703_91f7_dc42_444e_8fa2,
];

/// The root of the price at a tick, rounded up. `None` outside [`MIN_TICK`] to [`MAX_TICK`].
#[must_use]
pub fn sqrt_price_at(tick: i32) -> Option<U256> {
    if !(MIN_TICK..=MAX_TICK).contains(&tick) {
        return None;
    }
    let bits = tick.unsigned_abs();
    let mut ratio = U256::from_limbs([0, 0, 1, 0]);
    for (i, factor) in FACTORS.iter().enumerate() {
        if bits.wrapping_shr(u32::try_from(i).ok()?) & 1 == 1 {
            ratio = ratio.checked_mul(U256::from(*factor))?.wrapping_shr(128);
        }
    }
    if tick > 0 {
        ratio = U256::MAX.checked_div(ratio)?;
    }
    let floor = ratio.wrapping_shr(32);
    let exact = ratio.as_limbs().first().is_some_and(|limb| limb.trailing_zeros() >= 32);
    if exact { Some(floor) } else { floor.checked_add(U256::from(1u8)) }
}

/// The greatest tick whose price is at most `sqrt_price`. `None` below [`MIN_SQRT_PRICE`] or from [`MAX_SQRT_PRICE`] on.
#[must_use]
pub fn tick_at(sqrt_price: U256) -> Option<i32> {
    if sqrt_price < MIN_SQRT_PRICE || sqrt_price >= MAX_SQRT_PRICE {
        return None;
    }
    let mut tick = estimate(sqrt_price)?.clamp(MIN_TICK, MAX_TICK);
    // The estimate is off by one at the most; what counts is the definition.
    while sqrt_price_at(tick)? > sqrt_price {
        tick = tick.checked_sub(1)?;
    }
    while tick < MAX_TICK && sqrt_price_at(tick.checked_add(1)?)? <= sqrt_price {
        tick = tick.checked_add(1)?;
    }
    Some(tick)
}

/// The tick by the logarithm: `log2(price) / log2(sqrt(1.0001))`, with 16 binary places of the logarithm.
fn estimate(sqrt_price: U256) -> Option<i32> {
    /// `2^32 / log2(sqrt(1.0001))`, rounded down.
    const TICKS_PER_OCTAVE: i128 = 59_543_866_431_248;
    const PLACES: u32 = 16;
    let top = sqrt_price.bit_len().checked_sub(1)?;
    // The mantissa in Q1.63, squared once for each binary place.
    let mut mantissa = if top >= 63 {
        sqrt_price.wrapping_shr(top.checked_sub(63)?)
    } else {
        sqrt_price.wrapping_shl(63usize.checked_sub(top)?)
    };
    let mut log = i128::try_from(top).ok()?.checked_sub(96)?;
    for _ in 0..PLACES {
        mantissa = mantissa.checked_mul(mantissa)?.wrapping_shr(63);
        let carry = mantissa.bit_len() > 64;
        log = log.wrapping_shl(1) | i128::from(carry);
        if carry {
            mantissa = mantissa.wrapping_shr(1);
        }
    }
    let tick = log.checked_mul(TICKS_PER_OCTAVE)?.wrapping_shr(PLACES.wrapping_add(32));
    i32::try_from(tick).ok()
}

/// The most liquidity that a tick may carry, so that the sum over all ticks fits 128 bits.
#[must_use]
pub fn max_liquidity_per_tick(spacing: i32) -> Option<u128> {
    let last = MAX_TICK.checked_div(spacing)?;
    let ticks = last.checked_mul(2)?.checked_add(1)?;
    u128::MAX.checked_div(u128::try_from(ticks).ok()?)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_and_landmarks_are_those_of_uniswap() {
        assert_eq!(sqrt_price_at(MIN_TICK), Some(MIN_SQRT_PRICE));
        assert_eq!(sqrt_price_at(MAX_TICK), Some(MAX_SQRT_PRICE));
        assert_eq!(MAX_SQRT_PRICE.to_string(), "1461446703485210103287273052203988822378723970342");
        let at = |tick| sqrt_price_at(tick).unwrap().to_string();
        assert_eq!(at(MIN_TICK + 1), "4295343490");
        assert_eq!(at(MAX_TICK - 1), "1461373636630004318706518188784493106690254656249");
        assert_eq!(at(0), "79228162514264337593543950336");
        for (tick, price) in [
            (50, "79426470787362580746886972461"),
            (100, "79625275426524748796330556128"),
            (250, "80224679980005306637834519095"),
            (500, "81233731461783161732293370115"),
            (1000, "83290069058676223003182343270"),
            (2500, "89776708723587163891445672585"),
            (3000, "92049301871182272007977902845"),
            (4000, "96768528593268422080558758223"),
            (5000, "101729702841318637793976746270"),
            (50000, "965075977353221155028623082916"),
            (150000, "143194173941309278083010301478497"),
            (250000, "21246587762933397357449903968194344"),
            (500000, "5697689776495288729098254600827762987878"),
            (738203, "847134979253254120489401328389043031315994541"),
            (-50, "79030349367926598376800521322"),
            (-1000, "75364347830767020784054125655"),
            (-150000, "43836292794701720435367485"),
            (-738203, "7409801140451"),
        ] {
            assert_eq!(at(tick), price, "{tick}");
        }
        assert_eq!((sqrt_price_at(MIN_TICK - 1), sqrt_price_at(MAX_TICK + 1)), (None, None));
        assert_eq!(tick_at(MIN_SQRT_PRICE), Some(MIN_TICK));
        assert_eq!(tick_at(MAX_SQRT_PRICE - U256::from(1)), Some(MAX_TICK - 1));
        assert_eq!((tick_at(MIN_SQRT_PRICE - U256::from(1)), tick_at(MAX_SQRT_PRICE)), (None, None));
    }

    #[test]
    fn liquidity_per_tick_is_that_of_the_fee_tiers() {
        assert_eq!(max_liquidity_per_tick(10), Some(1_917_569_901_783_203_986_719_870_431_555_990));
        assert_eq!(max_liquidity_per_tick(60), Some(11_505_743_598_341_114_571_880_798_222_544_994));
        assert_eq!(max_liquidity_per_tick(200), Some(38_350_317_471_085_141_830_651_933_667_504_588));
        assert_eq!(max_liquidity_per_tick(0), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn a_tick_is_found_from_every_price_within_it(tick in MIN_TICK..MAX_TICK, part in 0u32..1001) {
            let (low, high) = (sqrt_price_at(tick).unwrap(), sqrt_price_at(tick + 1).unwrap());
            prop_assert!(low < high);
            let price = low + (high - low - U256::from(1)) * U256::from(part) / U256::from(1000);
            prop_assert_eq!(tick_at(price), Some(tick));
        }

        #[test]
        fn prices_are_close_to_the_exact_power(tick in 0i32..20_000) {
            // price^2 * 10000^tick against 2^192 * 10001^tick, in exact integers.
            let price = BigUint::from_bytes_be(&sqrt_price_at(tick).unwrap().to_be_bytes::<32>());
            let bits = u32::try_from(tick).unwrap();
            let ours = &price * &price * BigUint::from(10_000u32).pow(bits);
            let exact = (BigUint::from(1u8) << 192u32) * BigUint::from(10_001u32).pow(bits);
            let apart = if ours > exact { &ours - &exact } else { &exact - &ours };
            prop_assert!(apart << 90u32 < exact, "off by more than 2^-90 at {}", tick);
        }
    }
}
