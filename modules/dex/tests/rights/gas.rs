//! Where gas or time runs out, nothing is left behind.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::GasMeter;
use agora_primitives::Address;

use super::common::{account, authority, coin, coins, route};
use super::rows::rows;
use super::scene::scene;

/// Who may send it.
fn allowed(may: [bool; 4]) -> Address {
    if may[0] { account(1) } else { authority() }
}

#[test]
fn out_of_gas_at_every_charge_of_every_message_leaves_nothing_behind() {
    for (name, attempt, may) in rows() {
        let (mut scene, sender) = (scene(), allowed(may));
        let before = scene.world.export();
        let (mut limit, mut charges) = (0, 0);
        loop {
            let meter = GasMeter::new(limit);
            match attempt(&mut scene, &sender, &meter) {
                Ok(()) => {
                    assert_eq!(meter.used(), limit, "{name}: what sufficed is what was charged");
                    break;
                }
                Err(error) => {
                    assert_eq!((error.codespace, error.code), ("sdk", 11), "{name} within {limit}: {error}");
                    assert_eq!(scene.world.export(), before, "{name} within {limit}");
                    // The meter counts what went over: with as much, the next charge is the one that fails.
                    assert!(meter.used() > limit);
                    limit = meter.used();
                    charges += 1;
                }
            }
        }
        assert!(charges > 1, "{name}: {charges}");
        scene.world.check();
    }
}

#[test]
fn out_of_gas_at_every_charge_of_a_long_route_leaves_nothing_behind() {
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
    let mut limit = 0;
    loop {
        let meter = GasMeter::new(limit);
        let Err(error) = scene.world.run_watched(&meter, &message, &mut |_| {}) else { break };
        assert_eq!((error.codespace, error.code), ("sdk", 11), "{error}");
        assert_eq!(scene.world.export(), before);
        limit = meter.used();
    }
    assert!(limit > 50_000, "{limit}");
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
