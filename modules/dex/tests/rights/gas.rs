//! Where gas or time runs out, nothing is left behind.

use agora_dex::proto::agora::dex::v1 as wire;

use super::common::{World, account, coin, coins, route};
use super::scene::scene;

#[test]
fn out_of_gas_anywhere_leaves_nothing_behind_and_is_never_passed_over() {
    let mut scene = scene();
    let message = wire::MsgSwapExactIn {
        sender: account(1).to_string(),
        token_in: coin("100000aaa"),
        token_out_min: coin("1bbb"),
        routes: vec![
            route(&[(&scene.product, "bbb"), (&scene.stable, "aaa"), (&scene.concentrated, "bbb")]),
            route(&[(&scene.stable, "bbb")]),
        ],
        deadline: None,
    };
    let before = scene.world.export();
    let used = {
        // On a copy, to learn what it takes.
        let (bank, dex) = scene.world.export();
        let mut copy = World::from_genesis(&bank, &dex);
        copy.block = scene.world.block.clone();
        copy.run(&message).unwrap().gas
    };
    for limit in (0..used).step_by(97) {
        let error = scene
            .world
            .run_within(limit, &message)
            .err()
            .unwrap_or_else(|| panic!("{limit} of {used} sufficed"));
        assert_eq!((error.codespace, error.code), ("sdk", 11), "{error}");
    }
    assert_eq!(scene.world.export(), before);
    assert!(scene.world.run_within(used, &message).is_ok());
    scene.world.check();
}

#[test]
fn what_is_late_is_refused() {
    let mut scene = scene();
    let late = Some(prost_types::Timestamp { seconds: 999_999, nanos: 0 });
    let now = Some(prost_types::Timestamp { seconds: 1_000_010, nanos: 0 });
    let join = |deadline| wire::MsgJoin {
        sender: account(1).to_string(),
        pool_id: scene.product.clone(),
        coins_max: coins("1000aaa,1000bbb"),
        shares_min: String::new(),
        deadline,
    };
    let (late, now) = (join(late), join(now));
    scene.world.refused("dex", 4, &late);
    let _: wire::MsgJoinResponse = scene.world.ok(&now);
}
