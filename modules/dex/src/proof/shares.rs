//! Shares for what was not given: an unbalanced join, and a donation before the first deposit.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_proto::cosmos::bank::v1beta1::{MsgSend, MsgSendResponse};

use super::common::{RICH, World, account, coin, coins, kinds};
use super::holds_and_finds;

fn join(id: &str, most: &str) -> wire::MsgJoin {
    wire::MsgJoin {
        sender: account(2).to_string(),
        pool_id: id.to_owned(),
        coins_max: coins(most),
        shares_min: "1".into(),
        deadline: None,
    }
}

/// Joins as account 2 and leaves with all shares; returns what was taken and given back.
fn join_and_leave(world: &mut World, id: &str, most: &str) -> Vec<(u128, u128)> {
    let joined: wire::MsgJoinResponse = world.ok(&join(id, most));
    let exit = wire::MsgExit {
        sender: account(2).to_string(),
        shares: joined.shares,
        coins_min: vec![],
        deadline: None,
    };
    let left: wire::MsgExitResponse = world.ok(&exit);
    let taken = joined.coins_in.iter().map(|c| c.amount.parse().unwrap());
    taken.zip(left.coins_out.iter().map(|c| c.amount.parse().unwrap())).collect()
}

/// Osmosis, June 2022: half as much again of one coin than its proportion was not taken, and counted.
fn an_unbalanced_join_and_an_exit() {
    let mut world = World::new(2, RICH);
    for (kind, id) in kinds(&mut world, 3000) {
        let three = kind != "constant product";
        let most = if three { "6000003aaa,9000001bbb,7000002ccc" } else { "6000003aaa,9000001bbb" };
        for (taken, back) in join_and_leave(&mut world, &id, most) {
            assert!(back <= taken && back + 2 >= taken, "{kind}: {back} of {taken}");
        }
        world.check();
        world.check_exact();
    }
}

#[test]
fn an_unbalanced_join_gives_shares_for_what_it_takes_alone() {
    holds_and_finds(&["join:untaken_counted"], an_unbalanced_join_and_an_exit);
}

/// The first share's inflation: the attacker holds next to all shares and sends coins to the pool's address.
fn a_donation_between_the_first_deposit_and_the_next() {
    for (reserves, kind) in [("1001aaa,1001bbb", 0), ("1000000aaa,1000000bbb", 1), ("600aaa,600bbb", 2)] {
        let mut world = World::new(3, RICH);
        let id = match kind {
            0 => world.constant_product(1, reserves, 0),
            1 => world.weighted(1, reserves, &[("aaa", 500_000), ("bbb", 500_000)], 0),
            _ => world.stable(1, reserves, 100, 0),
        };
        let send = MsgSend {
            from_address: account(1).to_string(),
            to_address: world.pool(&id).address,
            amount: coins("1000000000000aaa,1000000000000bbb"),
        };
        let _: MsgSendResponse = world.ok(&send);
        for (taken, back) in join_and_leave(&mut world, &id, "1000000aaa,1000000bbb") {
            assert!(taken > 990_000 && back <= taken && back + 2 >= taken, "{reserves}: {back} of {taken}");
        }
        // In one coin: as much as if nothing had been sent.
        let single = wire::MsgJoinSingle {
            sender: account(2).to_string(),
            pool_id: id.clone(),
            coin_in: coin("300aaa"),
            shares_min: "1".into(),
            deadline: None,
        };
        let given: u128 = world.ok::<wire::MsgJoinResponse>(&single).shares.unwrap().amount.parse().unwrap();
        assert!(given > 100, "{reserves}: {given}");
        world.check();
    }
}

#[test]
fn a_donation_before_a_deposit_changes_no_share() {
    holds_and_finds(&["pool:donations_counted"], a_donation_between_the_first_deposit_and_the_next);
}
