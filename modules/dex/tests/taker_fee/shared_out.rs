//! What becomes of what was collected.

use super::*;

#[test]
fn what_was_collected_is_shared_out_at_the_end_of_the_block_to_the_unit() {
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000bbb,1000000000uago", 0);
    set(&mut world, 1000, &[], [400_000, 350_000, 250_000]);
    blocks::next(&mut world, 1000);
    let (ago, bbb) = (supply(&world, "uago"), supply(&world, "bbb"));
    world.swap(2, &pool, "1000001uago", "bbb");
    world.swap(2, &pool, "2000000bbb", "uago");
    assert_eq!((held(&world, "uago"), held(&world, "bbb")), (1001, 2000));
    world.check();
    let done = blocks::next(&mut world, 1000);
    let stakers = |denom| world.balance(&module_address("fee_collector"), denom);
    // 400.4, 350.35 and 250.25 of 1001: the unit left goes to the largest remainder.
    assert_eq!((held(&world, "uago"), stakers("uago"), ago - supply(&world, "uago")), (401, 350, 250));
    // Only the native coin is destroyed; of others the community has that share.
    assert_eq!((held(&world, "bbb"), stakers("bbb"), bbb - supply(&world, "bbb")), (1300, 700, 0));
    assert_eq!(done.events.iter().filter(|event| event.kind == "taker_fees_shared_out").count(), 2);
    world.check();
    let quiet = blocks::next(&mut world, 1000);
    assert!(quiet.events.is_empty() && quiet.added.is_empty(), "nothing is due any more");
}

#[test]
fn shares_of_a_pool_paid_as_a_fee_are_never_destroyed() {
    let mut world = World::new(2, EACH);
    let inner = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    let shares = format!("lp/{inner}");
    let pool = world.constant_product(1, &format!("1000000000bbb,100000000{shares}"), 0);
    set(&mut world, 50_000, &[], [0, 0, 1_000_000]);
    world.swap(1, &pool, &format!("1000000{shares}"), "bbb");
    blocks::next(&mut world, 1000);
    assert_eq!(held(&world, &shares), 50_000);
    world.check();
}

#[test]
fn more_denoms_than_a_block_hands_on_are_carried_over_and_survive_an_export() {
    let coins: Vec<String> = (0..40).map(|n| format!("1000000000x{n:03}")).collect();
    let mut world = World::new(1, &format!("1000000000000uago,{}", coins.join(",")));
    set(&mut world, 10_000, &[], [500_000, 500_000, 0]);
    for n in 0..40 {
        let denom = format!("x{n:03}");
        let pool = world.constant_product(1, &format!("1000000uago,1000000{denom}"), 0);
        world.swap(1, &pool, &format!("10000{denom}"), "uago");
    }
    let handed = |world: &World| {
        let collector = module_address("fee_collector");
        (0..40).filter(|n| world.balance(&collector, &format!("x{n:03}")) == 50).count()
    };
    blocks::next(&mut world, 1000);
    assert_eq!(handed(&world), 32);
    let (bank, dex) = world.export();
    assert_eq!(dex["taker_fees"].as_array().unwrap().len(), 8);
    let mut again = World::from_genesis(&bank, &dex);
    again.block = world.block.clone();
    blocks::next(&mut again, 1000);
    assert_eq!(handed(&again), 40);
    again.check();
    let mut torn = dex;
    torn["taker_fees"][0]["amount"] = "101".into();
    let error = World::try_from_genesis(&bank, &torn).err().unwrap();
    assert!(error.log.contains("are held"), "{error}");
}
