//! Spot prices, and what may see them.

use super::*;

#[test]
fn the_spot_price_is_the_ratio_that_each_curve_defines() {
    let mut world = World::new(2, EACH);
    let product = world.constant_product(1, "1000000007aaa,3000000001bbb", 3000);
    let weights = [("aaa", 800_000), ("bbb", 200_000)];
    let weighted = world.weighted(1, "1000000007aaa,3000000001bbb", &weights, 3000);
    let ratio = |a: u64, b: u64| (BigUint::from(a) << 128) / b;
    assert_eq!(spot(&world, &product, "aaa", "bbb").unwrap(), ratio(3_000_000_001, 1_000_000_007));
    assert_eq!(spot(&world, &product, "bbb", "aaa").unwrap(), ratio(1_000_000_007, 3_000_000_001));
    // (y / 0.2) / (x / 0.8).
    assert_eq!(spot(&world, &weighted, "aaa", "bbb").unwrap(), ratio(3_000_000_001 * 4, 1_000_000_007));
    let concentrated = world.concentrated(1, 3000);
    assert!(spot(&world, &concentrated, "aaa", "bbb").unwrap_err().message.contains("no liquidity"));
    world.open(1, &concentrated, (-6000, 6000), "1000000000aaa,1000000000bbb");
    assert_eq!(spot(&world, &concentrated, "aaa", "bbb").unwrap(), BigUint::from(1u8) << 128);
    world.swap(2, &concentrated, "100000000aaa", "bbb");
    let wire::pool::Curve::Concentrated(curve) = world.pool(&concentrated).curve.unwrap() else { panic!() };
    let root: BigUint = curve.sqrt_price.parse().unwrap();
    let price = spot(&world, &concentrated, "aaa", "bbb").unwrap();
    assert_eq!(price, (&root * &root) >> 64);
    let one: BigUint = BigUint::from(1u8) << 320;
    let inverse: BigUint = one / (&root * &root);
    let turned = spot(&world, &concentrated, "bbb", "aaa").unwrap();
    assert!(inverse >= turned);
    let gap: BigUint = inverse.clone() - turned;
    assert!(gap < (inverse >> 80) + 2u8);
}

#[test]
fn the_spot_price_of_every_kind_is_what_a_small_swap_pays_without_its_fee() {
    let mut world = World::new(2, "1000000000000000000000000aaa,1000000000000000000000000bbb");
    let wide = "100000000000000000000aaa,290000000000000000000bbb";
    let pools = [
        (world.constant_product(1, wide, 0), 1e-6),
        (world.weighted(1, wide, &[("aaa", 700_000), ("bbb", 300_000)], 0), 1e-6),
        (world.stable(1, wide, 40, 0), 1e-6),
    ];
    for (pool, part) in &pools {
        for (base, quote) in [("aaa", "bbb"), ("bbb", "aaa")] {
            let price = as_float(&spot(&world, pool, base, quote).unwrap());
            let amount = 10_000_000_000_000u128;
            let request = wire::QueryQuoteSwapExactInRequest {
                token_in: coin(&format!("{amount}{base}")),
                routes: vec![route(&[(pool, quote)])],
            };
            let quoted: wire::QueryQuoteSwapExactInResponse =
                world.query("QuoteSwapExactIn", &request).unwrap();
            let out: f64 = quoted.token_out.unwrap().amount.parse().unwrap();
            near(out / 1e13, price, *part);
        }
    }
    // Rates of a stable pool count: a coin worth 1.01 of the other costs as much more.
    let stable = &pools[2].0;
    let before = as_float(&spot(&world, stable, "aaa", "bbb").unwrap());
    world.advance(1);
    let rates = wire::MsgSetRates {
        sender: account(1).to_string(),
        pool_id: stable.clone(),
        rates: common::figures(&[("aaa", 1_010_000)]),
    };
    world.ok::<wire::MsgSetRatesResponse>(&rates);
    assert!(as_float(&spot(&world, stable, "aaa", "bbb").unwrap()) > before * 1.005);
}

#[test]
fn no_price_can_be_read_in_the_middle_of_an_update() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    blocks::next(&mut world, 5000);
    let id = pool.parse().unwrap();
    let (aaa, bbb) = ("aaa".parse().unwrap(), "bbb".parse().unwrap());
    let swap = swap_in(2, "900000000aaa", "bbb", &[route(&[(&pool, "bbb")])]);
    let any = prost_types::Any {
        type_url: agora_proto::type_url::<wire::MsgSwapExactIn>(),
        value: swap.encode_to_vec(),
    };
    let message = world.registry.decode(&any).unwrap();
    let info = TxInfo { hash: [0; 32], signers: vec![account(2)], sequence: 0, msg_index: 0 };
    let meter = GasMeter::new(10_000_000);
    let mut view = TrackedView::new(&world.state);
    let mut ctx = ExecCtx::new(&mut view, &meter, &world.block, info, &world.registry);
    let ask = |ctx: &ExecCtx<'_>| -> [Price; 3] {
        let block = ctx.block();
        [
            api::recorded_price(ctx, id, &aaa, &bbb).unwrap(),
            api::arithmetic_twap(ctx, block, id, &aaa, &bbb, 5 * SECOND).unwrap(),
            api::geometric_twap(ctx, block, id, &aaa, &bbb, 5 * SECOND).unwrap(),
        ]
    };
    let before = ask(&ctx);
    message.execute(&mut ctx).unwrap();
    // The pool has another price now, and another module that runs next in the same transaction sees none of it.
    assert_eq!(ask(&ctx), before);
    assert_eq!(before[0].worth_floor(1_000), Some(1_000));
}
