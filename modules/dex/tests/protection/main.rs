//! What an exchange may do to a pool: breaker, price band, outflow limit, and nothing right after the chain stood still.

mod band;
#[path = "../blocks/mod.rs"]
mod blocks;
#[path = "../common/mod.rs"]
mod common;
mod halt;
mod outflow;

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
