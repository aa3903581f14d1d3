//! Pools with shares: each kind joined and left.

mod common;

use agora_dex::math::constant_product;
use agora_dex::proto::agora::dex::v1 as wire;
use common::{RICH, Random, World, account, amount, coin, coins, kinds};

#[test]
fn joining_and_leaving_in_proportion_never_profits_and_needs_every_coin() {
    let mut world = World::new(2, RICH);
    for (kind, id) in kinds(&mut world, 3000) {
        let three = kind != "constant product";
        let join = |most: &str, least: u128| wire::MsgJoin {
            sender: account(2).to_string(),
            pool_id: id.clone(),
            coins_max: coins(most),
            shares_min: least.to_string(),
            deadline: None,
        };
        // Half as much again of one coin than its proportion: June 2022.
        let most = if three { "6000003aaa,9000001bbb,7000002ccc" } else { "6000003aaa,9000001bbb" };
        world.refused("dex", 5, &join("6000003aaa", 0));
        world.refused("dex", 3, &join(most, u128::MAX >> 1));
        let joined: wire::MsgJoinResponse = world.ok(&join(most, 1));
        let taken: u128 = joined.coins_in[0].amount.parse().unwrap();
        assert!(
            (4_000_000..=4_000_002).contains(&taken),
            "{kind}: only the proportion is taken, not {taken}"
        );
        let shares = joined.shares.unwrap();
        let exit = |amount: u128, least: &str| wire::MsgExit {
            sender: account(2).to_string(),
            shares: coin(&format!("{amount}{}", shares.denom)),
            coins_min: coins(least),
            deadline: None,
        };
        let given: u128 = shares.amount.parse().unwrap();
        world.refused("sdk", 5, &exit(given + 1, ""));
        world.refused("dex", 3, &exit(given, "6000000aaa"));
        let left: wire::MsgExitResponse = world.ok(&exit(given, ""));
        for (back, taken) in left.coins_out.iter().zip(&joined.coins_in) {
            let (back, taken): (u128, u128) = (back.amount.parse().unwrap(), taken.amount.parse().unwrap());
            assert!(back <= taken && back + 2 >= taken, "{kind}: {back} of {taken}");
        }
        world.check();
        world.check_exact();
    }
}

#[test]
fn an_exact_number_of_shares_costs_no_more_than_allowed() {
    let mut world = World::new(2, RICH);
    for (kind, id) in kinds(&mut world, 0) {
        let join = |most: &str| wire::MsgJoinExactShares {
            sender: account(2).to_string(),
            shares: coin(&format!("1000000lp/{id}")),
            coins_max: coins(most),
            deadline: None,
        };
        world.refused("dex", 3, &join("1aaa,1bbb,1ccc"));
        let joined: wire::MsgJoinResponse = world.ok(&join("100000000aaa,100000000bbb,100000000ccc"));
        assert_eq!(joined.shares.unwrap().amount, "1000000", "{kind}");
        assert_eq!(world.balance(&account(2), &format!("lp/{id}")), 1_000_000);
        world.check();
        world.check_exact();
    }
    let foreign = wire::MsgJoinExactShares {
        sender: account(2).to_string(),
        shares: coin("5aaa"),
        coins_max: coins("5aaa"),
        deadline: None,
    };
    world.refused("dex", 5, &foreign);
}

#[test]
fn one_coin_alone_joins_and_leaves_within_bounds_and_never_profits() {
    let mut world = World::new(2, RICH);
    for fee in [0, 3000] {
        for (kind, id) in kinds(&mut world, fee) {
            let mut random = Random::new(7);
            for _ in 0..50 {
                let given = 1000 + u128::from(random.below(500_000_000));
                let join = wire::MsgJoinSingle {
                    sender: account(2).to_string(),
                    pool_id: id.clone(),
                    coin_in: coin(&format!("{given}aaa")),
                    shares_min: "1".into(),
                    deadline: None,
                };
                let joined: wire::MsgJoinResponse = world.ok(&join);
                let exit = wire::MsgExitSingle {
                    sender: account(2).to_string(),
                    shares: joined.shares,
                    coin_out_min: coin("1aaa"),
                    deadline: None,
                };
                let left: wire::MsgExitResponse = world.ok(&exit);
                let back: u128 = left.coins_out[0].amount.parse().unwrap();
                assert!(back <= given, "{kind}, fee {fee}: {back} for {given}");
                world.check();
            }
            let far = wire::MsgJoinSingle {
                sender: account(2).to_string(),
                pool_id: id.clone(),
                coin_in: coin("400000000000000aaa"),
                shares_min: "1".into(),
                deadline: None,
            };
            world.refused("dex", 6, &far);
        }
    }
    world.check_exact();
}

/// `MsgJoinSingleExactShares` and `MsgExitSingleExactOut` of account 2.
fn join_exactly(id: &str, shares: u128, most: &str) -> wire::MsgJoinSingleExactShares {
    wire::MsgJoinSingleExactShares {
        sender: account(2).to_string(),
        shares: coin(&format!("{shares}lp/{id}")),
        coin_in_max: coin(most),
        deadline: None,
    }
}

fn exit_exactly(id: &str, out: &str, most: u128) -> wire::MsgExitSingleExactOut {
    wire::MsgExitSingleExactOut {
        sender: account(2).to_string(),
        coin_out: coin(out),
        shares_max: coin(&format!("{most}lp/{id}")),
        deadline: None,
    }
}

#[test]
fn one_coin_alone_joins_for_exact_shares_and_leaves_exactly_and_never_profits() {
    for fee in [0, 3000, 100_000] {
        let mut world = World::new(2, RICH);
        for (kind, id) in kinds(&mut world, fee) {
            let mut random = Random::new(7);
            let lp = format!("lp/{id}");
            for _ in 0..50 {
                let shares = 1000 + u128::from(random.below(500_000_000));
                let before = world.balance(&account(2), "aaa");
                let joined: wire::MsgJoinResponse = world.ok(&join_exactly(&id, shares, "100000000000aaa"));
                let given = amount(joined.coins_in.into_iter().next());
                assert_eq!(before - world.balance(&account(2), "aaa"), given);
                assert_eq!(world.balance(&account(2), &lp), shares, "{kind}");
                // What went in cannot come out for these shares, but next to it can.
                let log = world.refused("dex", 3, &exit_exactly(&id, &format!("{}aaa", given + 1), shares));
                assert!(log.contains("at most"), "{log}");
                let part = given * 7 / 10;
                let left: wire::MsgExitSingleExactOutResponse =
                    world.ok(&exit_exactly(&id, &format!("{part}aaa"), shares));
                let spent = amount(left.shares);
                assert_eq!(world.balance(&account(2), &lp), shares - spent, "{kind}");
                assert_eq!(before - world.balance(&account(2), "aaa"), given - part);
                // The rest of the shares is worth no more than the rest of the coins.
                if shares > spent {
                    let exit = wire::MsgExitSingle {
                        sender: account(2).to_string(),
                        shares: coin(&format!("{}{lp}", shares - spent)),
                        coin_out_min: coin("0aaa"),
                        deadline: None,
                    };
                    let out: wire::MsgExitResponse = world.ok(&exit);
                    assert!(amount(out.coins_out.into_iter().next()) <= given - part, "{kind}");
                }
                world.check();
            }
            world.refused("dex", 3, &join_exactly(&id, 1_000_000, "1aaa"));
            world.refused("dex", 5, &join_exactly(&id, 1_000_000, "1ddd"));
            let supply = amount(world.pool(&id).shares);
            world.refused("dex", 6, &join_exactly(&id, supply * 2 + 1, &format!("{}aaa", u128::MAX >> 1)));
            let reserve = world.reserve(&id, "aaa");
            for out in [reserve - 1, reserve, reserve + 1] {
                world.refused("dex", 6, &exit_exactly(&id, &format!("{out}aaa"), supply));
            }
        }
        world.check_exact();
    }
}

#[test]
fn exact_shares_cost_what_gives_them_and_exact_coins_cost_what_is_worth_them() {
    let mut world = World::new(2, RICH);
    for (kind, id) in kinds(&mut world, 3000) {
        let joined: wire::MsgJoinResponse = world.ok(&join_exactly(&id, 10_000_000, "100000000000aaa"));
        let cost = amount(joined.coins_in.into_iter().next());
        // The same pool, asked the other way round.
        let mut again = World::new(2, RICH);
        let same = kinds(&mut again, 3000).into_iter().find(|(other, _)| *other == kind).unwrap().1;
        let join = wire::MsgJoinSingle {
            sender: account(2).to_string(),
            pool_id: same.clone(),
            coin_in: coin(&format!("{cost}aaa")),
            shares_min: String::new(),
            deadline: None,
        };
        let given = amount(again.ok::<wire::MsgJoinResponse>(&join).shares);
        assert!((10_000_000..10_000_100).contains(&given), "{kind}: {given}");
        let left: wire::MsgExitSingleExactOutResponse =
            world.ok(&exit_exactly(&id, &format!("{}aaa", cost / 2), 10_000_000));
        let spent = amount(left.shares);
        let exit = wire::MsgExitSingle {
            sender: account(2).to_string(),
            shares: coin(&format!("{spent}lp/{same}")),
            coin_out_min: coin("0aaa"),
            deadline: None,
        };
        let out = amount(again.ok::<wire::MsgExitResponse>(&exit).coins_out.into_iter().next());
        assert!(out.abs_diff(cost / 2) < 100, "{kind}: {out}");
    }
}

#[test]
fn a_pool_of_almost_nothing_keeps_its_locked_shares() {
    let mut world = World::new(2, RICH);
    let id = world.constant_product(1, "1001aaa,1001bbb", 0);
    assert_eq!(world.balance(&account(1), &format!("lp/{id}")), 1);
    let exit = |n: u128| wire::MsgExit {
        sender: account(1).to_string(),
        shares: coin(&format!("{n}lp/{id}")),
        coins_min: vec![],
        deadline: None,
    };
    world.refused("dex", 6, &exit(1001));
    let _: wire::MsgExitResponse = world.ok(&exit(1));
    assert_eq!(world.pool(&id).shares.unwrap().amount, "1000");
    world.check_exact();
}

#[test]
fn a_constant_product_pool_is_that_of_uniswap_from_first_deposit_to_last_share() {
    let mut world = World::new(2, RICH);
    let e18 = 10u128.pow(18);
    let id = world.constant_product(1, &format!("{e18}aaa,{}bbb", 4 * e18), 3000);
    assert_eq!(world.balance(&account(1), &format!("lp/{id}")), 2 * e18 - constant_product::MINIMUM_SHARES);
    let exit = wire::MsgExit {
        sender: account(1).to_string(),
        shares: coin(&format!("{}lp/{id}", 2 * e18 - 1000)),
        coins_min: vec![],
        deadline: None,
    };
    let left: wire::MsgExitResponse = world.ok(&exit);
    assert_eq!(left.coins_out, coins(&format!("{}aaa,{}bbb", e18 - 500, 4 * e18 - 2000)));
    world.check();
    world.check_exact();
}
