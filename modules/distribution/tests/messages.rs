//! What each message does, says and refuses.

mod common;

use agora_framework::{Event, Vote, Voted};
use agora_primitives::module_address;
use agora_proto::cosmos::distribution::v1beta1 as wire;
use common::{AGO, World, account, coin, consensus, create, delegate, undelegate, valoper, withdraw};
use prost::Message;

/// Atoms in a unit.
const ATOMS: u128 = 1_000_000_000_000_000_000;

/// Two validators with 300 and 100 AGO and commissions of a tenth and nothing; somebody delegates 100 AGO to the first.
fn world() -> World {
    let mut world = World::new(9, 1_000_000 * AGO);
    world.does(&create(1, 300 * AGO, 100));
    world.does(&create(2, 100 * AGO, 0));
    world.does(&delegate(3, 1, 100 * AGO));
    world.next_block(0);
    world
}

fn shape(events: &[Event]) -> Vec<String> {
    let keys = |event: &Event| event.attributes.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>();
    events.iter().map(|event| format!("{}:{}", event.kind, keys(event).join(","))).collect()
}

#[test]
fn fees_go_to_the_community_the_operators_and_the_delegators_in_this_order() {
    let mut world = world();
    world.next_block(1000);
    // 2 % to the community; of 980 the first validator has four fifths, of which a tenth is commission.
    assert_eq!(world.community(), 20 * ATOMS);
    assert_eq!(world.commission(1), 784 * ATOMS / 10);
    let rest = 784 * ATOMS - 784 * ATOMS / 10;
    // Rounded down, by an atom at most.
    assert!(rest * 3 / 4 - world.earned(1, 1) <= 1 && rest / 4 - world.earned(3, 1) <= 1);
    assert!(world.commission(2) == 0 && 196 * ATOMS - world.earned(2, 2) <= 1);
    let kinds = shape(&world.events);
    assert_eq!(kinds[4..6], ["commission:amount,validator", "rewards:amount,validator"]);
    let rewards: Vec<_> = world.events.iter().filter(|event| event.kind == "rewards").collect();
    assert_eq!(rewards[0].get("amount").unwrap(), "784.000000000000000000uago");
    assert_eq!(world.events.iter().filter(|e| e.kind == "commission").count(), 2);
}

#[test]
fn a_vote_of_a_stranger_is_the_communitys_and_without_stakers_nothing_is_given_out() {
    let mut world = world();
    let vote = |n, power| Vote { address: consensus(n), power, voted: Voted::Absent };
    world.next_voted(1000, vec![vote(1, 100), vote(77, 100)]);
    assert_eq!(world.community(), 510 * ATOMS);
    world.next_voted(1000, vec![vote(77, 100)]);
    assert_eq!(world.community(), 510 * ATOMS);
    let collector = module_address("fee_collector");
    let held = agora_bank::api::balance(&world.state, &collector, &"uago".parse().unwrap()).unwrap();
    assert_eq!(held, 1000);
}

#[test]
fn withdrawing_pays_whole_units_and_says_what_the_cosmos_sdk_says() {
    let mut world = world();
    world.next_block(1001);
    let before = world.balance(3);
    let earned = world.earned(3, 1);
    let done = world.does(&withdraw(3, 1));
    let answer = wire::MsgWithdrawDelegatorRewardResponse::decode(done.response.as_slice()).unwrap();
    assert_eq!(answer.amount, [coin(earned / ATOMS)]);
    assert_eq!(world.balance(3), before + earned / ATOMS);
    assert_eq!(
        shape(&done.events),
        [
            "coin_spent:spender,amount",
            "coin_received:receiver,amount",
            "transfer:recipient,sender,amount",
            "message:sender",
            "withdraw_rewards:amount,validator,delegator"
        ]
    );
    world.check();
    // Again at once there is nothing.
    let done = world.does(&withdraw(3, 1));
    assert_eq!(done.events.len(), 1);
    assert_eq!(done.events[0].get("amount").unwrap(), "0uago");
    world.refused("staking", 19, &withdraw(4, 1));
    world.refused("staking", 3, &withdraw(4, 4));
}

#[test]
fn a_delegation_is_paid_before_it_changes() {
    let mut world = world();
    world.next_block(1000);
    let earned = world.earned(3, 1) / ATOMS;
    let before = world.balance(3);
    let done = world.does(&delegate(3, 1, 5));
    assert_eq!(world.balance(3), before + earned - 5);
    assert_eq!(done.events[4].kind, "withdraw_rewards");
    assert_eq!(done.events.last().unwrap().kind, "delegate");
    world.next_block(1000);
    let done = world.does(&undelegate(3, 1, 100 * AGO + 5));
    assert_eq!(done.events[4].kind, "withdraw_rewards");
    world.next_block(1000);
    world.refused("staking", 19, &withdraw(3, 1));
    // A newcomer earns nothing of what was before.
    world.does(&delegate(4, 1, 100 * AGO));
    assert_eq!(world.earned(4, 1), 0);
    world.next_block(0);
}

#[test]
fn delegators_of_one_validator_are_paid_without_waiting_for_each_other() {
    let mut world = world();
    world.next_block(1000);
    let done = world.does(&withdraw(3, 1));
    let own = |key: &agora_state::StateKey| key.store.name() == "distribution";
    // Only where it was paid last is written, and of sums nothing is read.
    let written: Vec<u8> = done.written.iter().filter(|key| own(key)).map(|key| key.key[0]).collect();
    assert_eq!(written, [3]);
    assert!(!done.read.iter().any(|key| own(key) && [4, 5, 6].contains(&key.key[0])));
}

#[test]
fn commission_is_paid_in_whole_units_and_its_fraction_stays() {
    let mut world = world();
    world.refused("distribution", 7, &wire::MsgWithdrawValidatorCommission { validator_address: valoper(1) });
    world.next_block(1001);
    let commission = world.commission(1);
    let before = world.balance(1);
    let done = world.does(&wire::MsgWithdrawValidatorCommission { validator_address: valoper(1) });
    assert_eq!(done.events.last().unwrap().kind, "withdraw_commission");
    assert_eq!(world.balance(1), before + commission / ATOMS);
    assert_eq!(world.commission(1), commission % ATOMS);
    assert_ne!(commission % ATOMS, 0);
    world.check();
}

#[test]
fn rewards_go_where_the_delegator_says() {
    let mut world = world();
    let set = |who: u8, to: agora_primitives::Address| wire::MsgSetWithdrawAddress {
        delegator_address: account(who).to_string(),
        withdraw_address: to.to_string(),
    };
    let log = world.refused("sdk", 4, &set(3, module_address("distribution")));
    assert!(log.ends_with("is not allowed to receive external funds: unauthorized"), "{log}");
    world.does(&set(3, account(7)));
    world.next_block(1000);
    let (own, other) = (world.balance(3), world.balance(7));
    world.does(&withdraw(3, 1));
    assert!(world.balance(3) == own && world.balance(7) > other);
    let request = wire::QueryDelegatorWithdrawAddressRequest { delegator_address: account(3).to_string() };
    let found: wire::QueryDelegatorWithdrawAddressResponse =
        world.query("DelegatorWithdrawAddress", &request).unwrap();
    assert_eq!(found.withdraw_address, account(7).to_string());
    let params = wire::Params { community_tax: "0".into(), ..Default::default() };
    let update = |who: agora_primitives::Address| wire::MsgUpdateParams {
        authority: who.to_string(),
        params: Some(params.clone()),
    };
    world.refused("sdk", 4, &update(account(1)));
    world.does(&update(module_address("gov")));
    world.refused("distribution", 8, &set(3, account(3)));
}

#[test]
fn the_community_takes_gifts_and_pays_by_authority_alone() {
    let mut world = world();
    world.does(&wire::MsgFundCommunityPool { amount: vec![coin(500)], depositor: account(3).to_string() });
    assert_eq!(world.community(), 500 * ATOMS);
    let spend = |who: agora_primitives::Address, amount| wire::MsgCommunityPoolSpend {
        authority: who.to_string(),
        recipient: account(8).to_string(),
        amount: vec![coin(amount)],
    };
    world.refused("sdk", 4, &spend(account(3), 1));
    world.refused("distribution", 9, &spend(module_address("gov"), 501));
    let before = world.balance(8);
    world.does(&spend(module_address("gov"), 500));
    assert_eq!((world.balance(8), world.community()), (before + 500, 0));
    world.check();
}

#[test]
fn gifts_to_a_validator_are_shared_like_fees() {
    let mut world = world();
    let gift = wire::MsgDepositValidatorRewardsPool {
        depositor: account(200).to_string(),
        validator_address: valoper(1),
        amount: vec![
            coin(1000),
            agora_proto::cosmos::base::v1beta1::Coin { denom: "uusdc".into(), amount: "40".into() },
        ],
    };
    let done = world.does(&gift);
    assert_eq!(
        done.events.last().unwrap().get("amount").unwrap(),
        "1000.000000000000000000uago,40.000000000000000000uusdc"
    );
    assert!(world.commission(1) == 100 * ATOMS && 225 * ATOMS - world.earned(3, 1) <= 1);
    let request = wire::QueryDelegationTotalRewardsRequest { delegator_address: account(3).to_string() };
    let found: wire::QueryDelegationTotalRewardsResponse =
        world.query("DelegationTotalRewards", &request).unwrap();
    assert!(9 * ATOMS - found.total[1].amount.parse::<u128>().unwrap() <= 1);
    world.check();
}

#[test]
fn a_slash_changes_nobodys_part_and_is_remembered() {
    let mut world = world();
    world.next_block(1000);
    let before = (world.earned(1, 1), world.earned(3, 1));
    world.slash(1, 400, 250);
    assert_eq!((world.earned(1, 1), world.earned(3, 1)), before);
    let request = wire::QueryValidatorSlashesRequest {
        validator_address: valoper(1),
        starting_height: 1,
        ending_height: 100,
        pagination: None,
    };
    let found: wire::QueryValidatorSlashesResponse = world.query("ValidatorSlashes", &request).unwrap();
    assert_eq!(found.slashes.iter().map(|s| s.fraction.as_str()).collect::<Vec<_>>(), ["250000000000000000"]);
    world.next_block(1000);
    let (own, other) = (world.earned(1, 1) - before.0, world.earned(3, 1) - before.1);
    assert!(own.abs_diff(other * 3) <= 3);
}

#[test]
fn what_a_validator_leaves_is_paid_and_the_rest_is_the_communitys() {
    let mut world = world();
    world.next_block(1003);
    world.does(&undelegate(3, 1, 100 * AGO));
    world.does(&undelegate(1, 1, 300 * AGO));
    let (commission, before) = (world.commission(1), world.balance(1));
    world.next_block(0);
    world.block.time += 22 * 86_400 * 1_000_000_000;
    world.next_block(0);
    world.next_block(0);
    assert!(agora_staking::api::validator(&world.state, &account(1)).unwrap().is_none());
    // Its own stake comes back with the commission.
    assert_eq!(world.balance(1), before + 300 * AGO + commission / ATOMS);
    world.check();
}

#[test]
fn every_invariant_finds_what_it_is_for() {
    use agora_framework::Module;
    use agora_state::{Space, StateKey, StateWrite, StoreId, TrackedView};
    let mut world = world();
    world.next_block(1000);
    let place = |id: u8, who: u8, denom: &str| {
        let key = [vec![id, 20], vec![who; 20], denom.as_bytes().to_vec()].concat();
        StateKey { store: StoreId::new("distribution"), space: Space::Tree, key: key.into() }
    };
    for (key, delta, broken) in [
        (place(4, 1, "uago"), 1, 0),
        (place(4, 1, "uago"), -300_000_000_000_000_000_000, 1),
        (place(5, 1, "uago"), 784_000_000_000_000_000_000, 1),
    ] {
        let mut fork = world.state.fork();
        let mut view = TrackedView::new(&fork);
        view.add(&key, delta, None).unwrap();
        let (changes, _) = view.finish();
        fork.apply(changes).unwrap();
        let invariant = agora_distribution::Distribution.invariants()[broken];
        assert!((invariant.check)(&fork).is_err(), "{key:?} by {delta} goes unseen by {:?}", invariant.name);
    }
    // A delegation that is to be compounded and stands in no queue.
    let mut fork = world.state.fork();
    let mut view = TrackedView::new(&fork);
    let key = [vec![9, 20], vec![3; 20], vec![20], vec![1; 20]].concat();
    let key = StateKey { store: StoreId::new("distribution"), space: Space::Tree, key: key.into() };
    view.set(&key, [1u64.to_le_bytes().as_slice()].concat().into()).unwrap();
    let (changes, _) = view.finish();
    fork.apply(changes).unwrap();
    assert!((agora_distribution::Distribution.invariants()[2].check)(&fork).is_err());
}
