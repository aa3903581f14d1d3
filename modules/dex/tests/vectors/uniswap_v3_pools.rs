//! Concentrated pools, driven by messages: every swap of the original's pool tests that has no price limit.

use agora_dex::math::sqrt_price::{Round, amounts_for};
use agora_dex::math::tick::sqrt_price_at;
use agora_dex::proto::agora::dex::v1 as wire;
use ruint::aliases::U256;

use super::common::{World, account, coins, curve, millionths, open, route, swap_in, swap_out};
use super::{number, rows};

/// Half of the greatest supply each.
const EACH: &str = "85070591730234615865843651857942052863aaa,85070591730234615865843651857942052863bbb";

/// A pool of the table with its positions.
fn pool(row: &[&str]) -> (World, String) {
    let ["pool", fee, price, tick, balance0, balance1, positions @ ..] = row else { panic!("{row:?}") };
    let mut world = World::new(2, EACH);
    let message = wire::MsgCreateConcentratedPool {
        sender: account(1).to_string(),
        denom_0: "aaa".into(),
        denom_1: "bbb".into(),
        swap_fee: millionths(number(fee)),
        price: String::new(),
        sqrt_price: (*price).to_owned(),
    };
    let id = world.ok::<wire::MsgCreateConcentratedPoolResponse>(&message).pool_id;
    for position in positions {
        let fields: Vec<&str> = position.split(',').collect();
        let (lower, upper, liquidity): (i32, i32, u128) =
            (number(fields[0]), number(fields[1]), number(fields[2]));
        let (low, high) = (sqrt_price_at(lower).unwrap(), sqrt_price_at(upper).unwrap());
        let (x, y) = amounts_for(number(price), low, high, liquidity, Round::Ceil).unwrap();
        let most: Vec<String> = [(x, "aaa"), (y, "bbb")]
            .iter()
            .filter(|(n, _)| !n.is_zero())
            .map(|(n, d)| format!("{n}{d}"))
            .collect();
        let opened: wire::MsgOpenPositionResponse = world.ok(&open(1, &id, (lower, upper), &most.join(",")));
        settle_at(&mut world, opened, liquidity, (x, y));
    }
    assert_eq!(curve(&world, &id).tick, number::<i32>(tick), "{row:?}");
    // A second deposit rounds up once more.
    for (denom, balance) in [("aaa", number::<u128>(balance0)), ("bbb", number(balance1))] {
        let reserve = world.reserve(&id, denom);
        assert!(reserve == balance || reserve == balance + 1, "{row:?}: {reserve}{denom}");
    }
    (world, id)
}

/// Amounts in whole units buy a little more liquidity in a narrow range, and a unit less at the lowest price: the position
/// gets exactly what the original has.
fn settle_at(
    world: &mut World,
    opened: wire::MsgOpenPositionResponse,
    liquidity: u128,
    (x, y): (U256, U256),
) {
    let sender = account(1).to_string();
    let position_id = opened.position_id;
    let mut now: u128 = number(&opened.liquidity);
    if now < liquidity {
        let increase = wire::MsgIncreasePosition {
            sender: sender.clone(),
            position_id: position_id.clone(),
            coins_max: coins(&format!("{}aaa,{}bbb", (x >> 60) + U256::from(1), (y >> 60) + U256::from(1))),
            liquidity_min: String::new(),
            deadline: None,
        };
        now += number::<u128>(&world.ok::<wire::MsgIncreasePositionResponse>(&increase).liquidity);
    }
    if now > liquidity {
        let liquidity = (now - liquidity).to_string();
        let decrease =
            wire::MsgDecreasePosition { sender, position_id, liquidity, coins_min: vec![], deadline: None };
        let _: wire::MsgDecreasePositionResponse = world.ok(&decrease);
    }
}

#[test]
fn swaps_in_pools_of_every_shape_give_the_same_amounts_fees_and_ticks() {
    let mut current: Vec<&str> = Vec::new();
    let mut compared = 0;
    for row in rows(include_str!("data/uniswap_v3_pools.txt")) {
        if row[0] == "pool" {
            current = row;
            continue;
        }
        let (mut world, id) = pool(&current);
        let (zero_for_one, exact_in) = (row[0].starts_with('0'), row[0].ends_with("in"));
        let (give, take) = if zero_for_one { ("aaa", "bbb") } else { ("bbb", "aaa") };
        let way = [route(&[(&id, take)])];
        let before = (world.reserve(&id, "aaa"), world.reserve(&id, "bbb"));
        let done = if exact_in {
            world.run(&swap_in(2, &format!("{}{give}", row[1]), take, &way)).map(|_| ())
        } else {
            let most = format!("85070591730234615865843651857942052863{give}");
            world.run(&swap_out(2, &most, &format!("{}{take}", row[1]), &way)).map(|_| ())
        };
        let [_, amount, delta0, delta1, growth0, growth1, tick] = row.as_slice() else {
            assert!(done.is_err() && row[2] == "refused", "{current:?} {row:?}");
            continue;
        };
        let (delta0, delta1): (i128, i128) = (number(delta0), number(delta1));
        let (paid, got) = if zero_for_one { (delta0, delta1) } else { (delta1, delta0) };
        let exact = if exact_in { paid } else { -got };
        if exact != number(amount) || paid == 0 || got == 0 {
            // The original stops half way, or takes coins and gives none. Here neither is a swap.
            assert_eq!(done.unwrap_err().code, 6, "{current:?} {row:?}");
            continue;
        }
        done.unwrap_or_else(|error| panic!("{current:?} {row:?}: {error}"));
        let change =
            |before: u128, denom: &str| world.reserve(&id, denom).cast_signed() - before.cast_signed();
        assert_eq!(
            (change(before.0, "aaa"), change(before.1, "bbb")),
            (delta0, delta1),
            "{current:?} {row:?}"
        );
        let after = curve(&world, &id);
        assert_eq!(
            (after.fee_growth_0.as_str(), after.fee_growth_1.as_str()),
            (*growth0, *growth1),
            "{current:?} {row:?}"
        );
        assert_eq!(after.tick, number::<i32>(tick), "{current:?} {row:?}");
        world.check();
        world.check_exact();
        compared += 1;
    }
    assert!(compared > 80, "{compared}");
}

#[test]
fn a_pool_begins_at_any_price_but_the_ends() {
    for (price, tick) in [
        ("4295128739", Some(-887_272)),
        ("4295128738", None),
        ("1461446703485210103287273052203988822378723970342", None),
    ] {
        let mut world = World::new(1, EACH);
        let message = wire::MsgCreateConcentratedPool {
            sender: account(1).to_string(),
            denom_0: "aaa".into(),
            denom_1: "bbb".into(),
            swap_fee: millionths(3000),
            price: String::new(),
            sqrt_price: price.into(),
        };
        match tick {
            Some(tick) => {
                assert_eq!(world.ok::<wire::MsgCreateConcentratedPoolResponse>(&message).tick, tick)
            }
            None => assert!(world.run(&message).is_err(), "{price}"),
        }
        let _: U256 = number(price);
    }
}
