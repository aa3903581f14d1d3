//! The breaker, and the time after the chain stood still.

use super::*;

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
