//! Records at the ends of blocks.

use super::*;

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
