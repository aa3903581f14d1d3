//! Settings of pools: bounds when one is made, rates and the amplification afterwards.

mod common;

use agora_dex::proto::agora::dex::v1 as wire;
use common::{RICH, World, account, amount, coin, coins, figures, millionths, route};

#[test]
fn rates_move_the_price_of_a_stable_pool_by_its_provider_alone() {
    let mut world = World::new(2, RICH);
    let id = world.stable(1, "1000000000aaa,1000000000bbb", 100, 0);
    let set = |who: u8, rate: u128| wire::MsgSetRates {
        sender: account(who).to_string(),
        pool_id: id.clone(),
        rates: figures(&[("aaa", rate)]),
    };
    world.refused("dex", 8, &set(1, 1_001_000)); // Made in this block.
    world.advance(5);
    world.refused("sdk", 4, &set(2, 1_001_000));
    world.refused("dex", 8, &set(1, 1_011_000));
    let _: wire::MsgSetRatesResponse = world.ok(&set(1, 1_010_000));
    world.refused("dex", 8, &set(1, 1_010_001));
    assert!(world.swap(2, &id, "1000000aaa", "bbb") > 1_009_000);
    world.check();
}

#[test]
fn the_amplification_ramps_by_the_authority_over_days_and_in_bounds() {
    let mut world = World::new(2, RICH);
    let id = world.stable(1, "1000000000aaa,100000000bbb", 100, 0);
    let now = i64::try_from(world.block.time / common::SECOND).unwrap();
    let ramp = |who: String, a: u64, days: i64| wire::MsgRampAmplification {
        authority: who,
        pool_id: id.clone(),
        amplification: a,
        until: Some(prost_types::Timestamp { seconds: now + days * 86_400, nanos: 0 }),
    };
    world.refused("sdk", 4, &ramp(account(1).to_string(), 200, 2));
    let gov = common::authority().to_string();
    world.refused("dex", 8, &ramp(gov.clone(), 1001, 2));
    world.refused("dex", 8, &ramp(gov.clone(), 9, 2));
    world.refused("dex", 8, &ramp(gov.clone(), 0, 2));
    world.refused("dex", 8, &ramp(gov.clone(), 200, 0));
    let quote = |world: &World| {
        let request = wire::QueryQuoteSwapExactInRequest {
            token_in: coin("1000000bbb"),
            routes: vec![route(&[(&id, "aaa")])],
        };
        amount(
            world
                .query::<_, wire::QueryQuoteSwapExactInResponse>("QuoteSwapExactIn", &request)
                .unwrap()
                .token_out,
        )
    };
    let before = quote(&world);
    let _: wire::MsgRampAmplificationResponse = world.ok(&ramp(gov, 1000, 2));
    assert_eq!(quote(&world), before, "a ramp begins where it is");
    world.advance(86_400);
    let between = quote(&world);
    world.advance(86_400);
    let after = quote(&world);
    // The scarce coin is worth less the flatter the curve.
    assert!(before > between && between > after, "{before} {between} {after}");
    world.advance(86_400);
    assert_eq!(quote(&world), after);
}

#[test]
fn settings_out_of_bounds_make_no_pool() {
    let mut world = World::new(1, RICH);
    let sender = account(1).to_string();
    let good = wire::MsgCreateWeightedPool {
        sender: sender.clone(),
        coins: coins("10000000aaa,10000000bbb"),
        weights: figures(&[("aaa", 500_000), ("bbb", 500_000)]),
        swap_fee: millionths(3000),
    };
    for weights in [
        figures(&[("aaa", 500_000)]),
        figures(&[("aaa", 500_000), ("bbb", 400_000)]),
        figures(&[("aaa", 995_000), ("bbb", 5_000)]),
        figures(&[("aaa", 500_000), ("ccc", 500_000)]),
        figures(&[("aaa", 250_000), ("aaa", 250_000), ("bbb", 500_000)]),
    ] {
        world.refused("dex", 8, &wire::MsgCreateWeightedPool { weights, ..good.clone() });
    }
    world.refused(
        "dex",
        8,
        &wire::MsgCreateWeightedPool { coins: coins("999999aaa,10000000bbb"), ..good.clone() },
    );
    let good = wire::MsgCreateStablePool {
        sender,
        coins: coins("10000000aaa,10000000bbb"),
        amplification: 100,
        swap_fee: millionths(3000),
        rates: vec![],
        rate_provider: String::new(),
    };
    for amplification in [0, 1_000_001, u64::MAX] {
        world.refused("dex", 8, &wire::MsgCreateStablePool { amplification, ..good.clone() });
    }
    world.refused(
        "dex",
        8,
        &wire::MsgCreateStablePool { coins: coins("10000aaa,1000000000bbb"), ..good.clone() },
    );
    world.refused("dex", 8, &wire::MsgCreateStablePool { rates: figures(&[("ccc", 1)]), ..good.clone() });
    world.refused("dex", 8, &wire::MsgCreateStablePool { rates: figures(&[("aaa", 0)]), ..good.clone() });
    world.refused("dex", 8, &wire::MsgCreateStablePool { swap_fee: millionths(100_001), ..good });
}
