//! Delegating, moving and taking back.

use super::*;

#[test]
fn delegating_says_what_the_cosmos_sdk_says() {
    let mut world = staked(&[5]);
    let done = world.does(&delegate(2, 1, 100));
    assert_eq!(
        shape(&done.events),
        [
            "coin_spent:spender,amount",
            "coin_received:receiver,amount",
            "delegate:validator,delegator,amount,new_shares"
        ]
    );
    assert_eq!(done.events[2].get("new_shares").unwrap(), "100.000000000000000000");
}

#[test]
fn delegations_are_refused_in_the_words_of_the_cosmos_sdk() {
    let mut world = staked(&[5]);
    let refused = |world: &mut World, code: (&str, u32), message: &wire::MsgDelegate| {
        world.refused(code.0, code.1, message)
    };
    assert_eq!(refused(&mut world, ("staking", 3), &delegate(2, 3, 1)), "validator does not exist");
    let mut message = delegate(2, 1, 1);
    message.amount.as_mut().unwrap().denom = "ufoo".into();
    let log = refused(&mut world, ("sdk", 18), &message);
    assert_eq!(log, "invalid coin denomination: got ufoo, expected uago: invalid request");
    let log = refused(&mut world, ("sdk", 18), &delegate(2, 1, 0));
    assert_eq!(log, "invalid delegation amount: invalid request");
    let log = refused(&mut world, ("sdk", 5), &delegate(2, 1, 2_000_000 * AGO));
    assert_eq!(
        log,
        "failed to delegate; 1000000000000uago is smaller than 2000000000000uago: insufficient funds"
    );
    let mut message = delegate(2, 1, 1);
    message.validator_address = account(1).to_string();
    let log = refused(&mut world, ("sdk", 7), &message);
    assert_eq!(
        log,
        "invalid validator address: hrp does not match bech32 prefix: expected 'agoravaloper' got 'agora': internal logic error: invalid address"
    );
    assert_eq!(
        world.refused("sdk", 18, &undelegate(1, 1, 5 * AGO + 1)),
        "invalid shares amount: invalid request"
    );
    world.refused("staking", 19, &undelegate(2, 1, 1));
    world.does(&undelegate(1, 1, 1));
    world.refused("sdk", 38, &cancel(1, 1, 1, 99));
}

#[test]
fn delegators_of_one_validator_do_not_wait_for_each_other_until_it_is_slashed() {
    let mut world = staked(&[5]);
    let hot =
        |key: &agora_state::StateKey| key.store.name() == "staking" && matches!(key.key.first(), Some(3 | 4));
    let done = world.does(&delegate(2, 1, 100));
    assert!(!done.read.iter().chain(&done.written).any(hot), "tokens and shares are only added to");
    assert_eq!(done.added.iter().filter(|key| hot(key)).count(), 2);
    assert!(!world.does(&undelegate(2, 1, 40)).read.iter().any(hot));
    world.next_block(5);
    world.slash(1, 2, 5, 100);
    assert_eq!(world.does(&delegate(2, 1, 100)).read.iter().filter(|key| hot(key)).count(), 2);
}

#[test]
fn what_is_undelegated_arrives_when_the_time_is_over() {
    let mut world = staked(&[5]);
    let before = world.balance(&account(1));
    let done = world.does(&undelegate(1, 1, AGO));
    let answer = wire::MsgUndelegateResponse::decode(done.response.as_slice()).unwrap();
    assert_eq!(answer.amount, coin(AGO));
    let text = done.events.last().unwrap().get("completion_time").unwrap();
    assert_eq!(text, "1970-02-02T13:46:45Z");
    assert_eq!(shape(&done.events).last().unwrap(), "unbond:validator,delegator,amount,completion_time");
    let due = 21 * 86_400;
    world.next_block(due - 1);
    world.next_block(1);
    assert_eq!(world.balance(&account(1)), before);
    world.next_block(1);
    assert_eq!(world.balance(&account(1)), before + AGO);
    assert_eq!(
        shape(&world.events),
        [
            "coin_spent:spender,amount",
            "coin_received:receiver,amount",
            "complete_unbonding:amount,validator,delegator"
        ]
    );
}

#[test]
fn seven_unbondings_are_on_their_way_at_most_and_those_of_one_block_are_one() {
    let mut world = staked(&[50]);
    for _ in 0..7 {
        world.does(&undelegate(1, 1, 1));
        world.does(&undelegate(1, 1, 2));
        world.next_block(1);
    }
    world.refused("staking", 27, &undelegate(1, 1, 1));
    let request = wire::QueryUnbondingDelegationRequest {
        delegator_addr: account(1).to_string(),
        validator_addr: valoper(1),
    };
    let found: wire::QueryUnbondingDelegationResponse = world.query("UnbondingDelegation", &request).unwrap();
    let entries = found.unbond.unwrap().entries;
    assert!(entries.len() == 7 && entries.iter().all(|entry| entry.balance == "3"));
    let ids: std::collections::BTreeSet<u64> = entries.iter().map(|entry| entry.unbonding_id).collect();
    assert!(ids.len() == 7 && ids.iter().all(|id| *id < 1 << 53));
    world.does(&cancel(1, 1, 3, 2));
    world.does(&undelegate(1, 1, 1));
}

#[test]
fn what_came_by_redelegation_moves_on_only_when_it_is_free() {
    let mut world = staked(&[5, 5, 5]);
    world.does(&delegate(9, 1, AGO));
    let done = world.does(&redelegate(9, 1, 2, AGO));
    assert_eq!(
        shape(&done.events),
        ["redelegate:source_validator,destination_validator,delegator,amount,completion_time"]
    );
    world.refused("staking", 32, &redelegate(9, 2, 3, AGO));
    world.refused("staking", 29, &redelegate(9, 2, 2, 1));
    world.refused("staking", 31, &redelegate(9, 2, 7, 1));
    world.next_block(21 * 86_400 + 1);
    world.next_block(1);
    assert_eq!(
        shape(&world.events),
        ["complete_redelegation:amount,delegator,source_validator,destination_validator"]
    );
    world.does(&redelegate(9, 2, 3, AGO));
}

#[test]
fn seven_redelegations_are_on_their_way_at_most() {
    let mut world = staked(&[5, 5]);
    world.does(&delegate(9, 1, AGO));
    for _ in 0..7 {
        world.does(&redelegate(9, 1, 2, 10));
        world.next_block(1);
    }
    world.refused("staking", 33, &redelegate(9, 1, 2, 10));
}

#[test]
fn a_validator_that_was_slashed_to_nothing_takes_and_gives_no_more() {
    let mut world = staked(&[5, 5]);
    world.does(&undelegate(1, 1, 10));
    world.next_block(1);
    let height = world.block.height;
    assert_eq!(world.slash(1, height, 5, 1000), 5 * AGO - 10);
    assert_eq!(world.delegated(1, 1), 0);
    world.refused("staking", 34, &delegate(9, 1, 5));
    world.refused("staking", 24, &undelegate(1, 1, 1));
    world.refused("staking", 34, &cancel(1, 1, 10, 2));
    world.next_block(1);
    assert_eq!(world.comet.len(), 1);
}
