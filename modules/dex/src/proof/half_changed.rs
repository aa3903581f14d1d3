//! Read-only reentrancy (2022 and 2023): somebody reads a price or the worth of a share while a pool is in mid-update.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::GasMeter;
use agora_state::StateRead;
use prost::Name;

use super::common::{RICH, World, account, coin, coins, route, swap_in, swap_out};
use super::holds_and_finds;
use crate::pool::{Pool, PoolId};
use crate::state::POOLS;

/// Runs a message and looks at every pool after each of its writes: it is what it was, or what it becomes, never a third.
fn watched(world: &mut World, pools: &[PoolId], message: &impl Name) {
    let read = |state: &dyn StateRead| -> Vec<Pool> {
        pools.iter().map(|id| POOLS.get(state, id).unwrap().unwrap()).collect()
    };
    let before = read(&world.state);
    let mut seen: Vec<Vec<Pool>> = Vec::new();
    let done = world.run_watched(&GasMeter::new(50_000_000), message, &mut |state| seen.push(read(state)));
    done.unwrap_or_else(|error| panic!("{error}"));
    let after = read(&world.state);
    assert!(seen.len() > 2 && after != before, "the message changed pools, and was watched");
    for moment in seen {
        for ((now, before), after) in moment.iter().zip(&before).zip(&after) {
            assert!(
                now == before || now == after,
                "in mid-update: {now:?}\nbefore: {before:?}\nafter: {after:?}"
            );
        }
    }
}

fn every_write_of_every_message() {
    let mut world = World::new(2, RICH);
    let ids = [
        world.constant_product(1, "4000000000aaa,9000000000bbb", 3000),
        world.stable(1, "4000000000aaa,9000000000bbb", 100, 400),
        world.weighted(1, "4000000000aaa,9000000000bbb", &[("aaa", 300_000), ("bbb", 700_000)], 3000),
        world.concentrated(1, 3000),
    ];
    let position = world.open(1, &ids[3], (-600, 600), "1000000000aaa,1000000000bbb").position_id;
    let pools: Vec<PoolId> = ids.iter().map(|id| id.parse().unwrap()).collect();
    let sender = account(1).to_string();
    let long =
        route(&[(&ids[0], "bbb"), (&ids[1], "aaa"), (&ids[2], "bbb"), (&ids[3], "aaa"), (&ids[0], "bbb")]);
    watched(
        &mut world,
        &pools,
        &swap_in(2, "1000000aaa", "bbb", &[long.clone(), route(&[(&ids[2], "bbb")])]),
    );
    watched(&mut world, &pools, &swap_out(2, "100000000aaa", "1000000bbb", &[long]));
    for id in &ids[..3] {
        let shares = coin(&format!("1000000lp/{id}"));
        let (sender, pool_id) = (sender.clone(), id.clone());
        let coins_max = coins("100000000aaa,100000000bbb");
        watched(
            &mut world,
            &pools,
            &wire::MsgJoin {
                sender: sender.clone(),
                pool_id: pool_id.clone(),
                coins_max: coins_max.clone(),
                shares_min: String::new(),
                deadline: None,
            },
        );
        watched(
            &mut world,
            &pools,
            &wire::MsgJoinExactShares {
                sender: sender.clone(),
                shares: shares.clone(),
                coins_max,
                deadline: None,
            },
        );
        watched(
            &mut world,
            &pools,
            &wire::MsgJoinSingle {
                sender: sender.clone(),
                pool_id,
                coin_in: coin("1000000aaa"),
                shares_min: String::new(),
                deadline: None,
            },
        );
        watched(
            &mut world,
            &pools,
            &wire::MsgJoinSingleExactShares {
                sender: sender.clone(),
                shares: shares.clone(),
                coin_in_max: coin("100000000aaa"),
                deadline: None,
            },
        );
        watched(
            &mut world,
            &pools,
            &wire::MsgExit {
                sender: sender.clone(),
                shares: shares.clone(),
                coins_min: vec![],
                deadline: None,
            },
        );
        watched(
            &mut world,
            &pools,
            &wire::MsgExitSingle {
                sender: sender.clone(),
                shares: shares.clone(),
                coin_out_min: coin("1aaa"),
                deadline: None,
            },
        );
        watched(
            &mut world,
            &pools,
            &wire::MsgExitSingleExactOut {
                sender,
                coin_out: coin("1000aaa"),
                shares_max: shares,
                deadline: None,
            },
        );
    }
    let coins_max = coins("1000000aaa,1000000bbb");
    watched(&mut world, &pools, &super::common::open(1, &ids[3], (-60, 60), "1000000aaa,1000000bbb"));
    watched(
        &mut world,
        &pools,
        &wire::MsgIncreasePosition {
            sender: sender.clone(),
            position_id: position.clone(),
            coins_max,
            liquidity_min: String::new(),
            deadline: None,
        },
    );
    watched(
        &mut world,
        &pools,
        &wire::MsgDecreasePosition {
            sender: sender.clone(),
            position_id: position,
            liquidity: "1000000".into(),
            coins_min: vec![],
            deadline: None,
        },
    );
    world.check();
}

#[test]
fn no_price_and_no_share_can_be_read_while_a_pool_is_in_mid_update() {
    holds_and_finds(&["pool:written_twice"], every_write_of_every_message);
}
