//! What an exchange may do to a pool: breaker, price band, outflow limit, and nothing right after the chain stood still.

mod blocks;
mod common;

use agora_dex::proto::agora::dex::v1 as wire;
use common::{Random, World, account, authority, coin, coins, figures, millionths, open, route, swap_in};

const EACH: &str = "1000000000000000aaa,1000000000000000bbb";

fn update(limits: wire::Protection) -> wire::MsgUpdateParams {
    wire::MsgUpdateParams {
        authority: authority().to_string(),
        params: Some(wire::Params {
            pool_creation_fee: coin("0uago"),
            taker_fee: None,
            protection: Some(limits),
        }),
    }
}

fn set(world: &mut World, limits: wire::Protection) {
    world.ok::<wire::MsgUpdateParamsResponse>(&update(limits));
}

fn band(millionth: u128) -> wire::Protection {
    wire::Protection { price_band: millionths(millionth), ..off() }
}

fn off() -> wire::Protection {
    wire::Protection {
        price_band: "0".into(),
        outflow_limit: "0".into(),
        outflow_window: 0,
        downtime: 0,
        recovery: 0,
    }
}

fn outflow(millionth: u128, outflow_window: u64) -> wire::Protection {
    wire::Protection { outflow_limit: millionths(millionth), outflow_window, ..off() }
}

fn swap(pool: &str, token_in: &str, denom_out: &str) -> wire::MsgSwapExactIn {
    swap_in(2, token_in, denom_out, &[route(&[(pool, denom_out)])])
}

fn breaker(pool: &str, halted: bool) -> wire::MsgSetPoolBreaker {
    wire::MsgSetPoolBreaker { authority: authority().to_string(), pool_id: pool.to_owned(), halted }
}

fn join(pool: &str, most: &str) -> wire::MsgJoin {
    wire::MsgJoin {
        sender: account(1).to_string(),
        pool_id: pool.to_owned(),
        coins_max: coins(most),
        shares_min: String::new(),
        deadline: None,
    }
}

fn exit(pool: &str, shares: u64) -> wire::MsgExit {
    wire::MsgExit {
        sender: account(1).to_string(),
        shares: coin(&format!("{shares}lp/{pool}")),
        coins_min: vec![],
        deadline: None,
    }
}

fn join_single(pool: &str, coin_in: &str) -> wire::MsgJoinSingle {
    wire::MsgJoinSingle {
        sender: account(1).to_string(),
        pool_id: pool.to_owned(),
        coin_in: coin(coin_in),
        shares_min: String::new(),
        deadline: None,
    }
}

fn exit_single(pool: &str, shares: u64, denom: &str) -> wire::MsgExitSingle {
    wire::MsgExitSingle {
        sender: account(1).to_string(),
        shares: coin(&format!("{shares}lp/{pool}")),
        coin_out_min: coin(&format!("0{denom}")),
        deadline: None,
    }
}

fn quote(world: &World, message: &wire::MsgSwapExactIn) -> Result<(), String> {
    let request = wire::QueryQuoteSwapExactInRequest {
        token_in: message.token_in.clone(),
        routes: message.routes.clone(),
    };
    let answer = world.query::<_, wire::QueryQuoteSwapExactInResponse>("QuoteSwapExactIn", &request);
    answer.map(|_| ()).map_err(|error| error.message)
}

#[test]
fn a_tripped_breaker_stops_everything_but_leaving_in_proportion_and_only_there() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let other = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let ranges = world.concentrated(1, 3000);
    let position = world.open(1, &ranges, (-600, 600), "1000000aaa,1000000bbb");
    for id in [&pool, &ranges] {
        world.ok::<wire::MsgSetPoolBreakerResponse>(&breaker(id, true));
    }
    assert!(world.pool(&pool).halted);
    let through = swap_in(2, "1000aaa", "bbb", &[route(&[(&other, "bbb"), (&pool, "aaa"), (&other, "bbb")])]);
    for message in [swap(&pool, "1000aaa", "bbb"), swap(&ranges, "1000aaa", "bbb"), through] {
        assert!(world.refused("dex", 12, &message).contains("breaker"));
        assert!(quote(&world, &message).unwrap_err().contains("breaker"));
    }
    world.refused("dex", 12, &join(&pool, "1000aaa,1000bbb"));
    world.refused("dex", 12, &join_single(&pool, "1000aaa"));
    world.refused("dex", 12, &exit_single(&pool, 1000, "aaa"));
    world.refused("dex", 12, &common::open(1, &ranges, (-600, 600), "1000000aaa,1000000bbb"));
    world.ok::<wire::MsgExitResponse>(&exit(&pool, 1000));
    let sender = account(1).to_string();
    let collect = wire::MsgCollectFees { sender: sender.clone(), position_id: position.position_id.clone() };
    world.ok::<wire::MsgCollectFeesResponse>(&collect);
    let withdraw = wire::MsgDecreasePosition {
        sender,
        position_id: position.position_id,
        liquidity: position.liquidity,
        coins_min: vec![],
        deadline: None,
    };
    world.ok::<wire::MsgDecreasePositionResponse>(&withdraw);
    world.swap(2, &other, "1000aaa", "bbb");
    let (bank, dex) = world.export();
    assert!(World::from_genesis(&bank, &dex).pool(&pool).halted);
    world.ok::<wire::MsgSetPoolBreakerResponse>(&breaker(&pool, false));
    world.swap(2, &pool, "1000aaa", "bbb");
}

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

#[test]
fn no_more_than_the_limit_leaves_a_pool_within_a_window_and_it_says_when_more_can() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    set(&mut world, outflow(100_000, 3600));
    // A tenth of the reserve is 100,000,000 bbb, which 111,111,111 aaa buy.
    world.swap(2, &pool, "60000000aaa", "bbb");
    let more = swap(&pool, "55000000aaa", "bbb");
    let log = world.refused("dex", 14, &more);
    assert!(log.contains("within 3600 s"), "{log}");
    assert!(quote(&world, &more).unwrap_err().contains("can leave in"));
    // What comes in counts against it.
    world.swap(2, &pool, "20000000bbb", "aaa");
    world.ok::<wire::MsgSwapExactInResponse>(&more);
    // It frees up exactly when it said.
    let again = swap(&pool, "30000000aaa", "bbb");
    let log = world.refused("dex", 14, &again);
    let (_, after) = log.split_once("can leave in ").unwrap();
    let seconds: u64 = after.split_once(' ').unwrap().0.parse().unwrap();
    assert!((1..=7200).contains(&seconds), "{log}");
    world.advance(seconds - 1);
    world.refused("dex", 14, &again);
    world.advance(1);
    world.ok::<wire::MsgSwapExactInResponse>(&again);
    // More than the limit at once never can.
    let log = world.refused("dex", 14, &swap(&pool, "900000000aaa", "bbb"));
    assert!(log.contains("swap less at once"), "{log}");
    world.check();
}

#[test]
fn random_flows_never_take_out_more_than_twice_the_limit_within_any_window_nor_the_limit_within_a_fixed_one()
{
    let mut random = Random::new(31);
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    set(&mut world, outflow(100_000, 600));
    let mut levels: Vec<(u64, u128)> = vec![];
    let (mut done, mut refused) = (0, 0);
    for _ in 0..3000 {
        world.advance(random.below(30));
        let message = swap(&pool, &format!("{}aaa", 1 + random.below(30_000_000)), "bbb");
        let message = if random.below(3) == 0 {
            swap(&pool, &format!("{}bbb", 1 + random.below(20_000_000)), "aaa")
        } else {
            message
        };
        match world.run(&message) {
            Ok(_) => done += 1,
            Err(error) => {
                assert_eq!(error.code, 14, "{error}");
                refused += 1;
            }
        }
        levels.push((world.block.time / common::SECOND, world.reserve(&pool, "bbb")));
    }
    assert!(done > 500 && refused > 100, "{done} and {refused}");
    for (index, (time, level)) in levels.iter().enumerate() {
        for (later, after) in levels[index..].iter().take_while(|(later, _)| later - time <= 600) {
            // Two windows may lie side by side; each takes a tenth at most.
            assert!(*after * 100 >= *level * 80, "{level} at {time} is {after} at {later}");
        }
    }
}

#[test]
fn liquidity_that_comes_and_goes_is_no_outflow_and_scales_what_was_counted() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    set(&mut world, outflow(100_000, 3600));
    world.swap(2, &pool, "80000000aaa", "bbb");
    // Nine tenths of the liquidity leave in proportion: always possible, and what may still leave is as large a part as before.
    let part = |world: &World| {
        let flows = world.pool(&pool).outflows.unwrap();
        flows.present[1].parse::<f64>().unwrap() / world.reserve(&pool, "bbb") as f64
    };
    let before = part(&world);
    world.ok::<wire::MsgExitResponse>(&exit(&pool, 900_000_000));
    assert!((part(&world) / before - 1.0).abs() < 1e-6);
    world.swap(2, &pool, "1000000aaa", "bbb");
    world.refused("dex", 14, &swap(&pool, "9000000aaa", "bbb"));
    world.ok::<wire::MsgJoinResponse>(&join(&pool, "9000000000aaa,9000000000bbb"));
    world.swap(2, &pool, "9000000aaa", "bbb");
    // One coin alone is in effect an exchange and counts.
    let much = exit_single(&pool, 200_000_000, "bbb");
    world.refused("dex", 14, &much);
    let (bank, dex) = world.export();
    assert_eq!(World::from_genesis(&bank, &dex).export(), (bank, dex));
    world.check();
}

#[test]
fn after_the_chain_stood_still_nobody_exchanges_for_a_while_but_everybody_can_leave() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    set(&mut world, wire::Protection { downtime: 600, recovery: 120, ..off() });
    blocks::next(&mut world, 5000);
    // A pause that is not longer than allowed is none.
    blocks::next(&mut world, 600_000);
    world.swap(2, &pool, "1000aaa", "bbb");
    blocks::next(&mut world, 660_001);
    let message = swap(&pool, "1000aaa", "bbb");
    for left in [120, 110] {
        let why = format!("what depends on prices goes on in {left} s");
        assert!(world.refused("dex", 12, &message).contains(&why));
        assert!(quote(&world, &message).unwrap_err().contains(&why));
        world.refused("dex", 12, &join_single(&pool, "1000aaa"));
        world.refused("dex", 12, &exit_single(&pool, 1000, "aaa"));
        world.ok::<wire::MsgExitResponse>(&exit(&pool, 1000));
        world.ok::<wire::MsgJoinResponse>(&join(&pool, "1000aaa,1000bbb"));
        blocks::next(&mut world, 10_000);
    }
    let (bank, dex) = world.export();
    let mut again = World::from_genesis(&bank, &dex);
    again.block = world.block.clone();
    again.refused("dex", 12, &message);
    blocks::next(&mut world, 100_000);
    world.ok::<wire::MsgSwapExactInResponse>(&message);
    // A chain that goes on from an export stood still, too.
    again.block.time += 3_600 * common::SECOND;
    blocks::next(&mut again, 0);
    blocks::next(&mut again, 5000);
    again.refused("dex", 12, &message);
}

#[test]
fn after_the_chain_stood_still_positions_neither_open_nor_grow_but_shrink_and_are_paid() {
    let mut world = World::new(2, EACH);
    let pool = world.concentrated(1, 3000);
    let opened = world.open(1, &pool, (-600, 600), "1000000aaa,1000000bbb");
    let (position, liquidity) = (opened.position_id, opened.liquidity.parse::<u128>().unwrap());
    set(&mut world, wire::Protection { downtime: 600, recovery: 120, ..off() });
    blocks::next(&mut world, 5000);
    blocks::next(&mut world, 660_001);
    // Whether the range lies around the price or beside it.
    let opening =
        [(-600, 600), (600, 1200), (-1200, -600)].map(|range| open(2, &pool, range, "1000aaa,1000bbb"));
    let growing = wire::MsgIncreasePosition {
        sender: account(1).to_string(),
        position_id: position.clone(),
        coins_max: coins("1000aaa,1000bbb"),
        liquidity_min: "0".into(),
        deadline: None,
    };
    for opening in &opening {
        assert!(world.refused("dex", 12, opening).contains("what depends on prices goes on in 120 s"));
    }
    world.refused("dex", 12, &growing);
    let sender = account(1).to_string();
    world.ok::<wire::MsgDecreasePositionResponse>(&wire::MsgDecreasePosition {
        sender: sender.clone(),
        position_id: position.clone(),
        liquidity: (liquidity / 2).to_string(),
        coins_min: vec![],
        deadline: None,
    });
    world.ok::<wire::MsgCollectFeesResponse>(&wire::MsgCollectFees { sender, position_id: position });
    blocks::next(&mut world, 120_000);
    for opening in &opening {
        world.ok::<wire::MsgOpenPositionResponse>(opening);
    }
    world.ok::<wire::MsgIncreasePositionResponse>(&growing);
}

#[test]
fn a_chain_that_looks_out_for_standing_still_writes_nothing_in_most_blocks() {
    let mut world = World::new(1, EACH);
    set(&mut world, wire::Protection { downtime: 600, recovery: 120, ..off() });
    let mut seen = vec![];
    for _ in 0..60 {
        blocks::next(&mut world, 5000);
        seen.push(world.export().1["last_block"].to_string());
    }
    seen.dedup();
    assert_eq!(seen.len(), 5, "every minute of five: {seen:?}");
}

#[test]
fn without_limits_nothing_is_read_or_kept_for_them() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let begun = blocks::next(&mut world, 999_000_000);
    assert_eq!(begun.written.len(), 1, "the record of the pool");
    world.swap(2, &pool, "900000000aaa", "bbb");
    assert!(world.pool(&pool).outflows.is_none());
    let (_, dex) = world.export();
    assert_eq!((dex["last_block"].as_str(), dex["recovered"].as_str()), (Some("0"), Some("0")));
}

#[test]
fn limits_out_of_their_bounds_are_refused() {
    let mut world = World::new(1, EACH);
    let week = 7 * 86_400;
    for bad in [
        wire::Protection { price_band: millionths(100_000_001), ..off() },
        wire::Protection { price_band: "1".into(), ..off() },
        wire::Protection { price_band: "x".into(), ..off() },
        outflow(1_000_000, 600),
        outflow(1, 59),
        outflow(1, week + 1),
        outflow(1, 0),
        wire::Protection { downtime: week + 1, ..off() },
        wire::Protection { recovery: 86_401, ..off() },
        wire::Protection { outflow_window: u64::MAX, ..off() },
    ] {
        world.refused("sdk", 18, &update(bad));
    }
    set(&mut world, wire::Protection { downtime: week, recovery: 86_400, ..outflow(999_999, week) });
    let rates = figures(&[("aaa", 1_000_000)]);
    assert_eq!(rates.len(), 1);
}
