//! Prices, fees and price impact of what was found.

use agora_dex::proto::agora::dex::v1 as wire;

use super::common::{World, account, swap_in, swap_out};
use super::{RICH, amount, end_block, exact_out, find, request, text};

#[test]
fn fees_and_price_impact_are_told_apart() {
    let mut world = World::new(1, RICH);
    world.constant_product(1, "1000000000aaa,2000000000bbb", 3000);
    world.constant_product(1, "2000000000bbb,500000000ccc", 10_000);
    end_block(&mut world);
    let found = find(&world, &request("10000000aaa", "bbb")).unwrap();
    assert_eq!(found.spot_price, "2000000000000000000", "two for one");
    assert_eq!(found.fee_share, 3000);
    // 9,970,000 more in 1,000,000,000 give 1 / 1.00997 of the spot price: 9871.6 millionths less.
    assert_eq!(found.price_impact, 9872);
    let chain = find(&world, &request("1000aaa", "ccc")).unwrap();
    assert_eq!(chain.spot_price, "500000000000000000");
    // 1 - 0.997 * 0.99, and the units lost to rounding.
    assert!((12_970..=14_000).contains(&chain.fee_share), "{}", chain.fee_share);
    let back = find(&world, &exact_out("10000000bbb", "aaa")).unwrap();
    assert_eq!(back.spot_price, "2000000000000000000");
    assert!((5000..5100).contains(&back.price_impact), "{}", back.price_impact);
}

#[test]
fn the_taker_fee_is_part_of_the_fees_and_of_what_is_given() {
    let (bank, mut dex) = World::new(1, RICH).export();
    dex["params"]["taker_fee"]["rate"] = "0.01".into();
    let mut world = World::from_genesis(&bank, &dex);
    world.constant_product(1, "1000000000aaa,2000000000bbb", 3000);
    world.constant_product(1, "2000000000bbb,500000000ccc", 0);
    end_block(&mut world);
    let found = find(&world, &request("10000000aaa", "bbb")).unwrap();
    assert_eq!(
        (found.spot_price.as_str(), text(found.token_in.as_ref())),
        ("2000000000000000000", "10000000aaa".into())
    );
    // 1 - 0.99 * 0.997
    assert_eq!(found.fee_share, 12_970);
    let mut swap = swap_in(1, "10000000aaa", "bbb", &found.routes);
    swap.token_out_min = found.token_out;
    world.ok::<wire::MsgSwapExactInResponse>(&swap);
    end_block(&mut world);
    let found = find(&world, &exact_out("1000000ccc", "aaa")).unwrap();
    let before = world.balance(&account(1), "aaa");
    let swap = swap_out(1, &text(found.token_in.as_ref()), "1000000ccc", &found.routes);
    world.ok::<wire::MsgSwapExactOutResponse>(&swap);
    assert_eq!(before - world.balance(&account(1), "aaa"), amount(found.token_in.as_ref()));
    // 1 - 0.99 * 0.997 * 0.99
    assert!((22_840..22_850).contains(&found.fee_share), "{}", found.fee_share);
}

#[test]
fn the_spot_price_of_every_kind_of_pool_is_that_of_a_small_swap() {
    let mut world = World::new(1, RICH);
    let concentrated = world.concentrated(1, 100);
    world.open(1, &concentrated, (-60, 90), "1000000000000aaa,1000000000000bbb");
    world.stable(1, "9000000000000bbb,1000000000000ccc", 100, 0);
    let weights = [("ccc", 200_000), ("ddd", 500_000), ("uago", 300_000)];
    world.weighted(1, "5000000000000ccc,3000000000000ddd,8000000000000uago", &weights, 0);
    end_block(&mut world);
    for (from, to) in
        [("aaa", "bbb"), ("bbb", "aaa"), ("bbb", "ccc"), ("ccc", "bbb"), ("ddd", "ccc"), ("uago", "ddd")]
    {
        let found = find(
            &world,
            &wire::QueryFindRouteRequest { max_hops: 1, ..request(&format!("10000000{from}"), to) },
        )
        .unwrap();
        let spot: u128 = found.spot_price.parse().unwrap();
        let got = amount(found.token_out.as_ref()) * 10u128.pow(18) / 10_000_000;
        let after_fee = spot - spot * u128::from(found.fee_share) / 1_000_000;
        // The swap is a hundred-thousandth of the reserves.
        assert!(
            got <= after_fee + after_fee / 1_000_000 && got > after_fee - after_fee / 20_000,
            "{from} to {to}: {got} of {spot}"
        );
    }
}
