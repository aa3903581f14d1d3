//! Positions: liquidity in ranges of prices, the fees it earns, and how it ends.

mod common;

use agora_dex::proto::agora::dex::v1 as wire;
use common::{RICHER, World, account, coins, curve, open};

#[test]
fn a_position_earns_the_fees_of_its_range_and_nothing_more() {
    let mut world = World::new(4, RICHER);
    let id = world.concentrated(1, 3000);
    let near = world.open(1, &id, (-600, 600), "1000000000aaa,1000000000bbb");
    let far = world.open(2, &id, (-60_000, 60_000), "1000000000aaa,1000000000bbb");
    let above = world.open(3, &id, (6000, 12_000), "1000000000aaa");
    assert_eq!(above.coins_in, coins("1000000000aaa"));
    let mut paid = 0;
    for _ in 0..20 {
        let out = world.swap(4, &id, "1000000aaa", "bbb");
        world.swap(4, &id, &format!("{out}bbb"), "aaa");
        paid += 3000;
    }
    world.check();
    world.check_exact();
    let collect = |world: &mut World, who: u8, position: &str| -> Vec<_> {
        let message =
            wire::MsgCollectFees { sender: account(who).to_string(), position_id: position.to_owned() };
        world.ok::<wire::MsgCollectFeesResponse>(&message).fees
    };
    let earned = |fees: &[agora_proto::cosmos::base::v1beta1::Coin], denom: &str| -> u128 {
        fees.iter().find(|c| c.denom == denom).map_or(0, |c| c.amount.parse().unwrap())
    };
    let (first, second) =
        (collect(&mut world, 1, &near.position_id), collect(&mut world, 2, &far.position_id));
    assert_eq!(collect(&mut world, 3, &above.position_id), []);
    let sum = earned(&first, "aaa") + earned(&second, "aaa");
    assert!(sum <= paid && sum + 4 * 20 >= paid, "{sum} of {paid}");
    assert!(earned(&first, "aaa") > 20 * earned(&second, "aaa"), "the narrow range earns more");
    // Nothing is earned twice.
    assert_eq!(collect(&mut world, 1, &near.position_id), []);
    world.check();
    world.check_exact();
}

#[test]
fn all_of_a_position_comes_back_less_a_unit_and_it_ends() {
    let mut world = World::new(2, RICHER);
    let id = world.concentrated(1, 3000);
    let opened = world.open(2, &id, (-600, 600), "1000000aaa,2000000bbb");
    assert_eq!(opened.coins_in, coins("1000000aaa,1000000bbb"), "the rest is not taken");
    let decrease = |liquidity: String, least: &str| wire::MsgDecreasePosition {
        sender: account(2).to_string(),
        position_id: opened.position_id.clone(),
        liquidity,
        coins_min: coins(least),
        deadline: None,
    };
    let whole: u128 = opened.liquidity.parse().unwrap();
    world.refused("dex", 6, &decrease((whole + 1).to_string(), ""));
    world.refused("dex", 3, &decrease(opened.liquidity.clone(), "1000000aaa"));
    world.refused("dex", 6, &decrease("0".into(), ""));
    let half: wire::MsgDecreasePositionResponse = world.ok(&decrease((whole / 2).to_string(), ""));
    assert_eq!(half.coins_out, coins("499999aaa,499999bbb"));
    let view: wire::QueryPositionResponse = world
        .query("Position", &wire::QueryPositionRequest { position_id: opened.position_id.clone() })
        .unwrap();
    let view = view.position.unwrap();
    assert!(view.in_range);
    assert_eq!(view.position.unwrap().deposited, coins("500001aaa,500001bbb"), "rounded up");
    world.check();
    let _: wire::MsgDecreasePositionResponse = world.ok(&decrease((whole - whole / 2).to_string(), ""));
    world.refused("dex", 9, &decrease("1".into(), ""));
    assert_eq!(curve(&world, &id).liquidity, "0");
    let ticks: wire::QueryTicksResponse =
        world.query("Ticks", &wire::QueryTicksRequest { pool_id: id.clone(), pagination: None }).unwrap();
    assert!(ticks.ticks.is_empty());
    assert!(world.reserve(&id, "aaa") <= 2, "a unit of rounding stays");
    world.check();
    world.check_exact();
}

#[test]
fn a_position_is_handed_on_with_its_fees() {
    let mut world = World::new(3, RICHER);
    let id = world.concentrated(1, 3000);
    let opened = world.open(2, &id, (-600, 600), "1000000aaa,1000000bbb");
    world.swap(3, &id, "10000aaa", "bbb");
    let hand_on = |from: u8, to: String| wire::MsgTransferPosition {
        sender: account(from).to_string(),
        position_id: opened.position_id.clone(),
        recipient: to,
    };
    world.refused("sdk", 4, &hand_on(3, account(3).to_string()));
    world.refused("sdk", 4, &hand_on(2, agora_primitives::module_address("dex").to_string()));
    let _: wire::MsgTransferPositionResponse = world.ok(&hand_on(2, account(3).to_string()));
    let of = |world: &World, who: u8| {
        let request = wire::QueryPositionsRequest { owner: account(who).to_string(), pagination: None };
        world.query::<_, wire::QueryPositionsResponse>("Positions", &request).unwrap().positions.len()
    };
    assert_eq!((of(&world, 2), of(&world, 3)), (0, 1));
    let collect = |who: u8| wire::MsgCollectFees {
        sender: account(who).to_string(),
        position_id: opened.position_id.clone(),
    };
    world.refused("sdk", 4, &collect(2));
    let fees: wire::MsgCollectFeesResponse = world.ok(&collect(3));
    assert_eq!(fees.fees, coins("29aaa"));
    world.check();
}

#[test]
fn ranges_off_the_grid_beyond_the_prices_or_empty_are_refused() {
    let mut world = World::new(2, RICHER);
    let id = world.concentrated(1, 3000);
    for range in [(-61, 60), (0, 0), (60, -60), (-887_280, 0), (0, 887_280), (i32::MIN, i32::MAX)] {
        world.refused("dex", 10, &open(2, &id, range, "1000aaa,1000bbb"));
    }
    world.refused("dex", 6, &open(2, &id, (60, 120), "1000bbb"));
    world.refused("dex", 5, &open(2, &id, (60, 120), "1000ccc"));
    world.refused("dex", 2, &open(2, "1", (60, 120), "1000aaa"));
    let shares = world.constant_product(1, "1000000aaa,1000000bbb", 0);
    world.refused("dex", 8, &open(2, &shares, (60, 120), "1000aaa"));
    let join = wire::MsgJoin {
        sender: account(2).to_string(),
        pool_id: id.clone(),
        coins_max: coins("1aaa,1bbb"),
        shares_min: String::new(),
        deadline: None,
    };
    world.refused("dex", 8, &join);
}
