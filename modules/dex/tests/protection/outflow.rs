//! Outflow limits.

use super::*;

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
