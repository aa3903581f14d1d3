//! Means over windows.

use super::*;

#[test]
fn the_arithmetic_mean_over_any_window_is_the_sum_of_the_prices_at_the_ends_of_blocks() {
    let mut random = Random::new(7);
    let mut world = World::new(2, EACH);
    let pools = every_kind(&mut world);
    let mut models: Vec<Model> = pools.iter().map(|_| Model { ends: vec![] }).collect();
    let first = millis(&world);
    for _ in 0..120 {
        for (pool, model) in pools.iter().zip(&mut models) {
            for _ in 0..random.below(4) {
                let (from, to) = if random.below(2) == 0 { ("aaa", "bbb") } else { ("bbb", "aaa") };
                let amount = 1 + random.below(20_000_000);
                let message = swap_in(2, &format!("{amount}{from}"), to, &[route(&[(pool, to)])]);
                world.run(&message).unwrap_or_else(|error| panic!("{error}"));
            }
            let price = |base, quote| spot(&world, pool, base, quote).unwrap();
            model.ends.push((millis(&world), [price("aaa", "bbb"), price("bbb", "aaa")]));
        }
        let pause = 1 + random.below(30_000);
        blocks::next(&mut world, pause);
    }
    let now = millis(&world);
    for _ in 0..2000 {
        let (a, b) = (first + random.below(now - first), first + random.below(now - first));
        let (start, end) = if random.below(10) == 0 { (a, now) } else { (a.min(b), a.max(b)) };
        if start == end {
            continue;
        }
        let which = usize::try_from(random.below(4)).unwrap();
        for (side, pair) in [("aaa", "bbb"), ("bbb", "aaa")].into_iter().enumerate() {
            let mean = twap(&world, "Twap", &pools[which], pair, (start, end)).unwrap();
            assert_eq!(mean, models[which].mean(side, start, end), "pool {which} from {start} to {end}");
        }
    }
}

#[test]
fn the_geometric_mean_follows_the_logarithms_and_its_inverse_is_that_of_the_inverse() {
    let mut random = Random::new(8);
    let mut world = World::new(2, EACH);
    let pools = every_kind(&mut world);
    let start = millis(&world);
    let mut sums = vec![0f64; pools.len()];
    for _ in 0..80 {
        for pool in &pools {
            let (from, to) = if random.below(2) == 0 { ("aaa", "bbb") } else { ("bbb", "aaa") };
            world.swap(2, pool, &format!("{}{from}", 1 + random.below(50_000_000)), to);
        }
        let pause = 1 + random.below(10_000);
        for (pool, sum) in pools.iter().zip(&mut sums) {
            *sum += as_float(&spot(&world, pool, "aaa", "bbb").unwrap()).ln() * pause as f64;
        }
        blocks::next(&mut world, pause);
    }
    let end = millis(&world);
    for (pool, sum) in pools.iter().zip(sums) {
        let mean = twap(&world, "GeometricTwap", pool, ("aaa", "bbb"), (start, end)).unwrap();
        near(as_float(&mean), (sum / (end - start) as f64).exp(), 1e-12);
        let inverse = twap(&world, "GeometricTwap", pool, ("bbb", "aaa"), (start, end)).unwrap();
        // Their product is one, less what both rounded: at most 2^-62 of it.
        let product = (&mean * &inverse) >> 128u8;
        let one = BigUint::from(1u8) << 128;
        let gap = if product > one { product - &one } else { &one - product };
        assert!(gap < BigUint::from(1u8) << 67, "{gap}");
    }
}

#[test]
fn what_is_pushed_and_put_back_within_a_block_leaves_no_trace() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    let other = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    let start = millis(&world);
    blocks::next(&mut world, 5000);
    let out = world.swap(2, &pool, "900000000aaa", "bbb");
    world.swap(2, &pool, &format!("{out}bbb"), "aaa");
    blocks::next(&mut world, 5000);
    let window = (start, millis(&world));
    for which in ["Twap", "GeometricTwap"] {
        let pushed = as_float(&twap(&world, which, &pool, ("aaa", "bbb"), window).unwrap());
        let left = as_float(&twap(&world, which, &other, ("aaa", "bbb"), window).unwrap());
        // Rounding leaves a unit in the pool.
        near(pushed, left, 1e-8);
    }
}

#[test]
fn a_spike_moves_the_geometric_mean_by_a_bounded_factor_and_a_lasting_change_is_caught_up_with() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000aaa,1000000bbb", 0);
    blocks::next(&mut world, 5000);
    // The price falls to a millionth within one block.
    world.swap(2, &pool, "999000000aaa", "bbb");
    let spiked = millis(&world);
    blocks::next(&mut world, 5000);
    let during = (spiked, spiked + 5000);
    let mean = as_float(&twap(&world, "GeometricTwap", &pool, ("aaa", "bbb"), during).unwrap());
    near(mean, 1.0001f64.powi(-9116), 1e-12);
    let exact = as_float(&twap(&world, "Twap", &pool, ("aaa", "bbb"), during).unwrap());
    near(exact, as_float(&spot(&world, &pool, "aaa", "bbb").unwrap()), 1e-12);
    // Nobody touches the pool any more; sixteen records are needed for ln(10^6) at 0.9116 each.
    let mut written = 0;
    for _ in 0..30 {
        written += usize::from(!blocks::next(&mut world, 5000).written.is_empty());
    }
    assert_eq!(written, 15);
    let now = millis(&world);
    let mean = as_float(&twap(&world, "GeometricTwap", &pool, ("aaa", "bbb"), (now - 10_000, now)).unwrap());
    near(mean, exact, 1e-12);
}

#[test]
fn a_time_without_a_price_makes_every_window_over_it_fail_and_no_other() {
    let mut world = World::new(2, EACH);
    let pool = world.concentrated(1, 3000);
    let position = world.open(1, &pool, (-6000, 6000), "1000000000aaa,1000000000bbb");
    let start = millis(&world);
    blocks::next(&mut world, 10_000);
    let withdraw = wire::MsgDecreasePosition {
        sender: account(1).to_string(),
        position_id: position.position_id,
        liquidity: position.liquidity,
        coins_min: vec![],
        deadline: None,
    };
    world.ok::<wire::MsgDecreasePositionResponse>(&withdraw);
    let lost = millis(&world);
    blocks::next(&mut world, 10_000);
    blocks::next(&mut world, 10_000);
    world.open(1, &pool, (-6000, 6000), "1000000000aaa,1000000000bbb");
    let found = millis(&world);
    blocks::next(&mut world, 10_000);
    blocks::next(&mut world, 10_000);
    let now = millis(&world);
    let ask = |which, window| twap(&world, which, &pool, ("aaa", "bbb"), window);
    for which in ["Twap", "GeometricTwap"] {
        for good in [(start, lost - 1), (lost - 5000, lost - 1), (found + 1, now), (now - 1, now)] {
            assert_eq!(ask(which, good).unwrap(), BigUint::from(1u8) << 128, "{good:?}");
        }
        for bad in [(start, now), (start, lost), (lost, lost + 1), (lost + 1, found - 1), (found - 1, now)] {
            let error = ask(which, bad).unwrap_err();
            assert!(error.message.contains("could not be computed"), "{bad:?}: {}", error.message);
        }
    }
    let request = wire::QueryPriceHistoryRequest {
        pool_id: pool.clone(),
        base: "aaa".into(),
        quote: "bbb".into(),
        from: None,
        to: None,
        points: 5,
    };
    let history: wire::QueryPriceHistoryResponse = world.query("PriceHistory", &request).unwrap();
    let priced: Vec<bool> = history.points.iter().map(|point| !point.price.is_empty()).collect();
    assert_eq!(priced, [true, false, false, true, true], "a chart has a gap there");
}

#[test]
fn a_window_outside_the_records_is_refused_and_says_why() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000aaa,1000000bbb", 0);
    let start = millis(&world);
    let ask = |world: &World, window| twap(world, "Twap", &pool, ("aaa", "bbb"), window);
    assert!(ask(&world, (start, start)).unwrap_err().message.contains("before its first block has ended"));
    blocks::next(&mut world, 5000);
    let now = millis(&world);
    for (window, why) in [
        ((start - 1, now), "before the first record"),
        ((start, now + 1), "in the future"),
        ((now, start), "before it begins"),
    ] {
        let error = ask(&world, window).unwrap_err();
        assert!(error.message.contains(why), "{}", error.message);
    }
    // A window of no length is the price in force.
    assert_eq!(ask(&world, (start, start)).unwrap(), BigUint::from(1u8) << 128);
    assert_eq!(ask(&world, (now, now)).unwrap(), BigUint::from(1u8) << 128);
    blocks::next(&mut world, 48 * HOUR);
    let now = millis(&world);
    assert!(ask(&world, (now - 48 * HOUR - 1, now)).unwrap_err().message.contains("48 hours"));
    assert!(ask(&world, (now - 48 * HOUR, now)).is_ok());
    let itself = twap(&world, "Twap", &pool, ("aaa", "aaa"), (now, now)).unwrap_err();
    assert!(itself.message.contains("no price in itself"), "{}", itself.message);
}
