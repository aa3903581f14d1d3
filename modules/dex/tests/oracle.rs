//! Prices over time: what was at the ends of blocks counts, and nothing else.

mod blocks;
mod common;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_dex::{Price, api};
use agora_framework::{ExecCtx, GasMeter, QueryError, TxInfo};
use agora_state::TrackedView;
use common::{Random, SECOND, World, account, coin, coins, route, swap_in};
use num_bigint::BigUint;
use prost::Message as _;
use prost_types::Timestamp;

const EACH: &str = "1000000000000000aaa,1000000000000000bbb,1000000000000000ccc";
const HOUR: u64 = 3_600_000;

fn stamp(nanos: u64) -> Option<Timestamp> {
    Some(Timestamp {
        seconds: i64::try_from(nanos / SECOND).unwrap(),
        nanos: i32::try_from(nanos % SECOND).unwrap(),
    })
}

/// The mean price times 2^128 of the first coin in the second, from and to milliseconds.
fn twap(
    world: &World,
    which: &str,
    pool: &str,
    (base, quote): (&str, &str),
    (start, end): (u64, u64),
) -> Result<BigUint, QueryError> {
    let request = wire::QueryTwapRequest {
        pool_id: pool.to_owned(),
        base: base.to_owned(),
        quote: quote.to_owned(),
        start: stamp(start * 1_000_000),
        end: stamp(end * 1_000_000),
    };
    let answer: wire::QueryTwapResponse = world.query(which, &request)?;
    let price: BigUint = answer.price_x128.parse().unwrap();
    let shown: BigUint = answer.price.parse().unwrap();
    assert_eq!(shown, (&price * BigUint::from(10u8).pow(18)) >> 128, "the decimal is the price rounded down");
    Ok(price)
}

fn spot(world: &World, pool: &str, base: &str, quote: &str) -> Result<BigUint, QueryError> {
    let request = wire::QuerySpotPriceRequest {
        pool_id: pool.to_owned(),
        base: base.to_owned(),
        quote: quote.to_owned(),
    };
    let answer: wire::QuerySpotPriceResponse = world.query("SpotPrice", &request)?;
    Ok(answer.price_x128.parse().unwrap())
}

fn millis(world: &World) -> u64 {
    world.block.time / 1_000_000
}

/// The records kept of a pool, the last included.
fn records(world: &World, pool: &str) -> usize {
    let (_, dex) = world.export();
    dex["price_records"].as_array().unwrap().iter().filter(|record| record["pool_id"] == pool).count()
}

fn as_float(price: &BigUint) -> f64 {
    price.to_string().parse::<f64>().unwrap() / 2f64.powi(128)
}

#[track_caller]
fn near(a: f64, b: f64, part: f64) {
    assert!((a / b - 1.0).abs() < part, "{a} against {b}");
}

/// Pools of every kind, with the two coins to look at.
fn every_kind(world: &mut World) -> Vec<String> {
    let thirds = [("aaa", 500_000), ("bbb", 300_000), ("ccc", 200_000)];
    let concentrated = world.concentrated(1, 3000);
    world.open(1, &concentrated, (-60_000, 60_000), "1000000000aaa,1000000000bbb");
    vec![
        world.constant_product(1, "1000000000aaa,3000000000bbb", 3000),
        world.weighted(1, "1000000000aaa,3000000000bbb,2000000000ccc", &thirds, 1000),
        world.stable(1, "1000000000aaa,1100000000bbb,900000000ccc", 85, 400),
        concentrated,
    ]
}

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

/// Prices at the ends of blocks, kept in a list: the sum over any window is added up one by one.
struct Model {
    ends: Vec<(u64, [BigUint; 2])>,
}

impl Model {
    fn mean(&self, side: usize, start: u64, end: u64) -> BigUint {
        let mut sum = BigUint::from(0u8);
        for (index, (time, prices)) in self.ends.iter().enumerate() {
            let until = self.ends.get(index + 1).map_or(u64::MAX, |(time, _)| *time).min(end);
            sum += &prices[side] * until.saturating_sub(start.max(*time));
        }
        sum / (end - start)
    }
}

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

#[test]
fn records_older_than_48_hours_are_pruned_and_every_window_within_them_stays_exact() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let mut model = Model { ends: vec![] };
    let mut random = Random::new(9);
    let (mut most, mut steps) = (0, 0);
    for round in 0..300 {
        let (from, to) = if random.below(2) == 0 { ("aaa", "bbb") } else { ("bbb", "aaa") };
        world.swap(2, &pool, &format!("{}{from}", 1 + random.below(9_000_000)), to);
        let price = |base, quote| spot(&world, &pool, base, quote).unwrap();
        model.ends.push((millis(&world), [price("aaa", "bbb"), price("bbb", "aaa")]));
        // A record costs the pool's own mark, itself, the one before, and at most two that go.
        let done = blocks::next(&mut world, HOUR);
        assert!(done.written.len() <= 4, "{:?}", done.written);
        most = most.max(records(&world, &pool));
        if round >= 60 {
            let now = millis(&world);
            let start = now - 1 - random.below(48 * HOUR);
            let mean = twap(&world, "Twap", &pool, ("aaa", "bbb"), (start, now)).unwrap();
            assert_eq!(mean, model.mean(0, start, now));
            steps += 1;
        }
    }
    assert_eq!((most, steps), (49, 240), "48 hours of hourly records and the one in force before");
}

#[test]
fn of_more_than_an_hour_ago_about_a_record_a_minute_is_left_and_sums_stay_true() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let mut model = Model { ends: vec![] };
    let mut random = Random::new(10);
    let first = millis(&world);
    // Three hours and a half at a block every four seconds, but for a silent quarter of an hour.
    for round in 0..3000 {
        let (from, to) = if random.below(2) == 0 { ("aaa", "bbb") } else { ("bbb", "aaa") };
        world.swap(2, &pool, &format!("{}{from}", 1 + random.below(9_000_000)), to);
        let price = |base, quote| spot(&world, &pool, base, quote).unwrap();
        model.ends.push((millis(&world), [price("aaa", "bbb"), price("bbb", "aaa")]));
        let done = blocks::next(&mut world, if round == 700 { HOUR / 4 } else { 2000 + random.below(4000) });
        assert!(done.written.len() <= 6, "{:?}", done.written);
    }
    let (now, hour) = (millis(&world), millis(&world) - HOUR);
    let left = records(&world, &pool);
    let recent = model.ends.iter().filter(|(time, _)| *time >= hour).count();
    let minutes = usize::try_from((hour - first) / 60_000).unwrap();
    assert!(left < recent + 2 * minutes && left > recent + minutes / 2, "{left}, {recent} and {minutes}");
    // A sum is only ever estimated within a minute.
    let wild = |time: u64, side: usize| {
        let near: Vec<f64> = model
            .ends
            .iter()
            .filter(|(end, _)| end.abs_diff(time) <= 70_000)
            .map(|(_, prices)| as_float(&prices[side]))
            .collect();
        near.iter().fold(0.0, |most: f64, a| near.iter().fold(most, |most, b| most.max(a - b)))
    };
    let mut exact = 0;
    for _ in 0..600 {
        let (a, b) = (first + random.below(now - first), first + random.below(now - first));
        let (start, end) = (a.min(b), a.max(b));
        if start == end {
            continue;
        }
        for (side, pair) in [("aaa", "bbb"), ("bbb", "aaa")].into_iter().enumerate() {
            let mean = twap(&world, "Twap", &pool, pair, (start, end)).unwrap();
            let truth = model.mean(side, start, end);
            if start >= hour {
                assert_eq!(mean, truth);
                exact += 1;
                continue;
            }
            let off = (as_float(&mean) - as_float(&truth)).abs() * (end - start) as f64;
            let most = 60_000.0 * (wild(start, side) + wild(end, side));
            assert!(off <= most, "{off} against {most} from {start} to {end}");
        }
    }
    assert!(exact > 50, "{exact}");
    let whole = twap(&world, "GeometricTwap", &pool, ("aaa", "bbb"), (first, now)).unwrap();
    let logs: f64 = model
        .ends
        .iter()
        .enumerate()
        .map(|(index, (time, prices))| {
            let until = model.ends.get(index + 1).map_or(now, |(time, _)| *time);
            as_float(&prices[0]).ln() * (until - time) as f64
        })
        .sum();
    near(as_float(&whole), (logs / (now - first) as f64).exp(), 1e-12);
    let (bank, dex) = world.export();
    assert_eq!(World::from_genesis(&bank, &dex).export(), (bank, dex));
}

#[test]
fn a_backlog_of_old_records_shrinks_with_each_record() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    for _ in 0..40 {
        world.swap(2, &pool, "1000aaa", "bbb");
        blocks::next(&mut world, 60_000);
    }
    assert_eq!(records(&world, &pool), 40);
    blocks::next(&mut world, 100 * HOUR);
    assert_eq!(records(&world, &pool), 40, "nobody touches it, nothing is done for it");
    for left in [39, 38, 37] {
        world.swap(2, &pool, "1000aaa", "bbb");
        blocks::next(&mut world, 1000);
        assert_eq!(records(&world, &pool), left, "one comes, two go");
    }
}

#[test]
fn the_end_of_a_block_costs_what_was_touched_however_many_pools_there_are() {
    let mut world = World::new(2, EACH);
    let pools: Vec<String> =
        (0..50).map(|_| world.constant_product(1, "1000000aaa,1000000bbb", 3000)).collect();
    assert_eq!(blocks::next(&mut world, 5000).written.len(), 50, "each has its first record");
    let quiet = blocks::next(&mut world, 5000);
    assert!(quiet.written.is_empty() && quiet.added.is_empty());
    for _ in 0..10 {
        world.swap(2, &pools[3], "1000aaa", "bbb");
        world.swap(2, &pools[7], "1000aaa", "bbb");
    }
    let done = blocks::next(&mut world, 5000);
    assert_eq!(done.written.len(), 4, "the last record and the one before of two pools");
    assert_eq!(done.added.len(), 2);
}

#[test]
fn more_pools_than_a_block_records_are_carried_over_to_the_next() {
    let mut world = World::new(1, EACH);
    for _ in 0..10_003 {
        world.constant_product(1, "2000aaa,2000bbb", 3000);
    }
    assert_eq!(blocks::next(&mut world, 5000).written.len(), 10_000);
    assert_eq!(blocks::next(&mut world, 5000).written.len(), 3);
    assert!(blocks::next(&mut world, 5000).written.is_empty());
}

#[test]
fn records_survive_export_and_import() {
    let mut world = World::new(2, EACH);
    let pools = every_kind(&mut world);
    for _ in 0..5 {
        world.swap(2, &pools[0], "1000000aaa", "bbb");
        world.swap(2, &pools[3], "90000000aaa", "bbb");
        blocks::next(&mut world, 7000);
    }
    // A jump that the next record will not have caught up with.
    world.swap(2, &pools[0], "900000000000aaa", "bbb");
    blocks::next(&mut world, 7000);
    let (bank, dex) = world.export();
    assert_eq!(dex["due_pools"].as_array().unwrap().len(), 1);
    let mut again = World::from_genesis(&bank, &dex);
    assert_eq!(again.export(), (bank.clone(), dex.clone()));
    again.block = world.block.clone();
    for _ in 0..3 {
        blocks::next(&mut world, 7000);
        blocks::next(&mut again, 7000);
        assert_eq!(world.export(), again.export());
    }
    let own = dex["price_records"].as_array().unwrap().iter().position(|r| r["pool_id"] == pools[0]).unwrap();
    let mut torn = dex.clone();
    torn["price_records"].as_array_mut().unwrap().remove(own + 5);
    let error = World::try_from_genesis(&bank, &torn).err().unwrap();
    assert!(error.log.contains("the last record"), "{error}");
    let mut torn = dex;
    torn["price_records"].as_array_mut().unwrap().remove(own + 1);
    let error = World::try_from_genesis(&bank, &torn).err().unwrap();
    assert!(error.log.contains("where the one before ends"), "{error}");
}

#[test]
fn a_history_has_the_points_asked_for_and_the_prices_in_force_then() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let mut ends = vec![];
    for _ in 0..20 {
        world.swap(2, &pool, "10000000aaa", "bbb");
        ends.push((millis(&world), spot(&world, &pool, "aaa", "bbb").unwrap()));
        blocks::next(&mut world, 6000);
    }
    let ask = |points, from: Option<u64>| {
        let request = wire::QueryPriceHistoryRequest {
            pool_id: pool.clone(),
            base: "aaa".into(),
            quote: "bbb".into(),
            from: from.and_then(|from| stamp(from * 1_000_000)),
            to: None,
            points,
        };
        world.query::<_, wire::QueryPriceHistoryResponse>("PriceHistory", &request).map(|r| r.points)
    };
    let points = ask(200, None).unwrap();
    assert_eq!((points.len(), ask(0, None).unwrap().len()), (200, 60));
    for point in &points {
        let time = point.time.unwrap();
        let at = u64::try_from(time.seconds).unwrap() * 1000 + u64::try_from(time.nanos).unwrap() / 1_000_000;
        let (_, price) = ends.iter().rev().find(|(end, _)| *end <= at).unwrap();
        assert_eq!(point.price_x128, price.to_string());
    }
    for bad in [1, 201] {
        assert!(ask(bad, None).unwrap_err().message.contains("2 to 200"));
    }
    assert!(ask(10, Some(millis(&world) + 1)).is_err());
}

#[test]
fn a_block_within_the_same_millisecond_replaces_the_record_of_the_one_before() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let start = millis(&world);
    blocks::next(&mut world, 0);
    world.swap(2, &pool, "100000000aaa", "bbb");
    blocks::next(&mut world, 1000);
    assert_eq!(records(&world, &pool), 1);
    let now = millis(&world);
    let mean = twap(&world, "Twap", &pool, ("aaa", "bbb"), (start, now)).unwrap();
    assert_eq!(mean, spot(&world, &pool, "aaa", "bbb").unwrap());
}

#[test]
fn a_join_asks_for_a_record_too() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    blocks::next(&mut world, 5000);
    let join = wire::MsgJoin {
        sender: account(1).to_string(),
        pool_id: pool.clone(),
        coins_max: coins("1000aaa,1000bbb"),
        shares_min: String::new(),
        deadline: None,
    };
    world.ok::<wire::MsgJoinResponse>(&join);
    assert_eq!(blocks::next(&mut world, 5000).added.len(), 1);
}
