//! Price bands.

use super::*;

#[test]
fn within_a_block_the_price_stays_in_its_band_whoever_swaps_how_often() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    set(&mut world, band(100_000));
    // A pool made in this block has no price at its beginning.
    world.swap(2, &pool, "1000000000aaa", "bbb");
    world.swap(2, &pool, "500000000bbb", "aaa");
    blocks::next(&mut world, 5000);
    // The square root of 1.1 is 1.0488: with 4.88 % more of one coin the price is a tenth off.
    let first = swap(&pool, "25000000aaa", "bbb");
    let second = swap(&pool, "24000000aaa", "bbb");
    assert!(world.refused("dex", 13, &swap(&pool, "49000000aaa", "bbb")).contains("100000 millionths"));
    world.ok::<wire::MsgSwapExactInResponse>(&first);
    assert!(quote(&world, &second).unwrap_err().contains("swap less"), "the second half is too much");
    world.refused("dex", 13, &second);
    world.ok::<wire::MsgSwapExactInResponse>(&swap(&pool, "23000000aaa", "bbb"));
    // The same distance the other way is twice as much from here.
    world.ok::<wire::MsgSwapExactInResponse>(&swap(&pool, "90000000bbb", "aaa"));
    world.refused("dex", 13, &swap(&pool, "10000000bbb", "aaa"));
    blocks::next(&mut world, 5000);
    world.ok::<wire::MsgSwapExactInResponse>(&swap(&pool, "10000000bbb", "aaa"));
    // A single coin moves the price as well, a proportion does not.
    world.refused("dex", 13, &join_single(&pool, "200000000bbb"));
    world.refused("dex", 13, &exit_single(&pool, 200_000_000, "aaa"));
    world.ok::<wire::MsgJoinResponse>(&join(&pool, "900000000aaa,900000000bbb"));
    world.ok::<wire::MsgExitResponse>(&exit(&pool, 1_500_000_000));
}

#[test]
fn bands_hold_for_every_kind_of_pool_and_for_the_whole_of_a_route() {
    let mut world = World::new(2, EACH);
    let ranges = world.concentrated(1, 3000);
    world.open(1, &ranges, (-60_000, 60_000), "1000000000aaa,1000000000bbb");
    let wide = "1000000000aaa,1000000000bbb";
    let pools = [
        world.constant_product(1, wide, 3000),
        world.weighted(1, wide, &[("aaa", 200_000), ("bbb", 800_000)], 3000),
        world.stable(1, wide, 10, 400),
        ranges,
    ];
    set(&mut world, band(50_000));
    blocks::next(&mut world, 5000);
    let mut random = Random::new(21);
    for pool in &pools {
        let price = |world: &World| {
            let request = wire::QuerySpotPriceRequest {
                pool_id: pool.clone(),
                base: "aaa".into(),
                quote: "bbb".into(),
            };
            let answer: wire::QuerySpotPriceResponse = world.query("SpotPrice", &request).unwrap();
            answer.price.parse::<f64>().unwrap() / 1e18
        };
        let began = price(&world);
        let (mut done, mut refused) = (0, 0);
        for _ in 0..200 {
            let (from, to) = if random.below(2) == 0 { ("aaa", "bbb") } else { ("bbb", "aaa") };
            let most = if random.below(2) == 0 { 10_000_000 } else { 400_000_000 };
            let message = swap(pool, &format!("{}{from}", 1 + random.below(most)), to);
            let quoted = quote(&world, &message);
            let before = price(&world);
            match world.run(&message) {
                Ok(_) => {
                    assert!(quoted.is_ok());
                    done += 1;
                }
                Err(error) => {
                    assert!(matches!(error.code, 13 | 6), "{error}");
                    assert!(quoted.is_err());
                    assert_eq!(price(&world), before);
                    refused += usize::from(error.code == 13);
                }
            }
            let now = price(&world);
            assert!(now <= began * 1.050_001 && began <= now * 1.050_001, "{began} became {now}");
        }
        assert!(done > 5 && refused > 5, "{done} and {refused}");
    }
    // There and back within one message ends where it began.
    let pool = &pools[0];
    blocks::next(&mut world, 5000);
    let out = 300_000_000u64;
    let there =
        swap_in(2, &format!("{out}aaa"), "bbb", &[route(&[(pool, "bbb"), (pool, "aaa"), (pool, "bbb")])]);
    world.refused("dex", 13, &there);
}

#[test]
fn a_price_beyond_its_band_may_come_back() {
    let mut world = World::new(2, EACH);
    let pool = world.stable(1, "1000000000000aaa,1000000000000bbb", 10, 400);
    blocks::next(&mut world, 5000);
    // Without limits the price leaves; then they come, within the same block.
    world.swap(2, &pool, "900000000000aaa", "bbb");
    set(&mut world, band(1000));
    world.refused("dex", 13, &swap(&pool, "1000000aaa", "bbb"));
    world.swap(2, &pool, "100000000000bbb", "aaa");
    world.refused("dex", 13, &swap(&pool, "1000000aaa", "bbb"));
}
