//! What each message does, says and refuses.

mod common;

use agora_framework::Event;
use agora_proto::cosmos::staking::v1beta1 as wire;
use agora_staking::KEEP;
use common::{
    World, account, authority, cancel, coin, create, delegate, key, redelegate, thousandths, undelegate,
    valoper,
};
use prost::Message;

const AGO: u128 = 1_000_000;

fn world() -> World {
    World::new(9, 1_000_000 * AGO)
}

/// A world whose first accounts are validators with so many AGO each.
fn staked(ago: &[u128]) -> World {
    let mut world = world();
    for (n, stake) in (1..).zip(ago) {
        world.does(&create(n, stake * AGO));
    }
    world.next_block(5);
    world
}

fn shape(events: &[Event]) -> Vec<String> {
    let keys = |event: &Event| event.attributes.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>();
    events.iter().map(|event| format!("{}:{}", event.kind, keys(event).join(","))).collect()
}

fn edit(n: u8) -> wire::MsgEditValidator {
    let keep = || KEEP.to_owned();
    wire::MsgEditValidator {
        description: Some(wire::Description {
            moniker: keep(),
            identity: keep(),
            website: keep(),
            security_contact: keep(),
            details: keep(),
        }),
        validator_address: valoper(n),
        commission_rate: String::new(),
        min_self_delegation: String::new(),
    }
}

#[test]
fn a_new_validator_is_signed_for_by_its_operator_and_enters_the_set_when_the_block_ends() {
    let mut world = world();
    let message = create(1, 7 * AGO);
    let any = prost_types::Any {
        type_url: "/cosmos.staking.v1beta1.MsgCreateValidator".into(),
        value: message.encode_to_vec(),
    };
    assert_eq!(world.registry.decode(&any).unwrap().signers().unwrap(), [account(1)]);
    let done = world.does(&message);
    assert_eq!(
        shape(&done.events),
        ["coin_spent:spender,amount", "coin_received:receiver,amount", "create_validator:validator,amount"]
    );
    assert_eq!(world.validator(1).status, 1);
    world.next_block(5);
    assert_eq!(world.validator(1).status, 3);
    assert_eq!(world.comet[&key(1)], 7);
    // The pools changed places in one transfer.
    assert_eq!(
        shape(&world.events),
        [
            "coin_spent:spender,amount",
            "coin_received:receiver,amount",
            "transfer:recipient,sender,amount",
            "message:sender"
        ]
    );
}

#[test]
fn a_validator_that_contradicts_itself_is_refused() {
    let mut world = staked(&[5]);
    world.refused("staking", 4, &create(1, AGO));
    let mut copied = create(2, AGO);
    copied.pubkey = create(1, AGO).pubkey;
    world.refused("staking", 5, &copied);
    let mut message = create(2, AGO);
    message.pubkey.as_mut().unwrap().type_url = "/cosmos.crypto.secp256k1.PubKey".into();
    world.refused("staking", 6, &message);
    for (rates, code) in [((300, 200, 10), 11), ((50, 1001, 10), 10), ((50, 200, 201), 14)] {
        let mut message = create(2, AGO);
        message.commission = Some(wire::CommissionRates {
            rate: thousandths(rates.0),
            max_rate: thousandths(rates.1),
            max_change_rate: thousandths(rates.2),
        });
        world.refused("staking", code, &message);
    }
    let mut message = create(2, AGO);
    message.min_self_delegation = (AGO + 1).to_string();
    world.refused("staking", 16, &message);
    message.min_self_delegation = "0".into();
    world.refused("sdk", 18, &message);
    let mut message = create(2, AGO);
    message.description.as_mut().unwrap().moniker.clear();
    world.refused("sdk", 18, &message);
    message.description.as_mut().unwrap().moniker = "x".repeat(71);
    let log = world.refused("sdk", 18, &message);
    assert_eq!(log, "invalid moniker length; got: 71, max: 70: invalid request");
    let mut message = create(2, AGO);
    message.validator_address = account(2).to_string();
    let any = prost_types::Any {
        type_url: "/cosmos.staking.v1beta1.MsgCreateValidator".into(),
        value: message.encode_to_vec(),
    };
    assert_eq!(world.registry.decode(&any).unwrap().signers().unwrap_err().code, 7);
}

#[test]
fn a_commission_moves_once_a_day_within_its_step_up_and_freely_down() {
    let mut world = staked(&[5]);
    let rate = |n| wire::MsgEditValidator { commission_rate: thousandths(n), ..edit(1) };
    world.refused("staking", 12, &rate(55));
    world.next_block(86_400);
    world.refused("staking", 11, &rate(201));
    world.refused("staking", 15, &rate(61));
    let done = world.does(&rate(60));
    let text = done.events[0].get("commission_rate").unwrap();
    assert_eq!(
        text,
        "commission_rates:<rate:\"60000000000000000\" max_rate:\"200000000000000000\" \
         max_change_rate:\"10000000000000000\" > update_time:<seconds:1086405 > "
    );
    world.next_block(86_400);
    world.does(&rate(0));
}

#[test]
fn words_are_kept_and_the_minimum_of_the_own_delegation_only_rises() {
    let mut world = staked(&[5]);
    let mut message = edit(1);
    message.description.as_mut().unwrap().details = "edited & \"quoted\"".into();
    world.does(&message);
    let shown = world.validator(1).description.unwrap();
    assert_eq!((shown.moniker.as_str(), shown.details.as_str()), ("validator 1", "edited & \"quoted\""));
    let least = |n: u128| wire::MsgEditValidator { min_self_delegation: n.to_string(), ..edit(1) };
    world.does(&least(5 * AGO));
    world.refused("staking", 17, &least(5 * AGO));
    world.refused("staking", 16, &least(5 * AGO + 1));
    world.refused("staking", 3, &edit(2));
    // Below it the validator is jailed and leaves the set; but the only one stays.
    world.does(&undelegate(1, 1, 1));
    assert!(world.validator(1).jailed);
    world.next_block(5);
    assert_eq!((world.validator(1).status, world.comet.len()), (3, 1));
}

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

#[test]
fn parameters_change_by_the_authority_alone_and_the_staked_coin_never() {
    let mut world = staked(&[5]);
    let found: wire::QueryParamsResponse = world.query("Params", &wire::QueryParamsRequest {}).unwrap();
    let params = found.params.unwrap();
    let update = |who: agora_primitives::Address, change: &dyn Fn(&mut wire::Params)| {
        let mut params = params.clone();
        change(&mut params);
        wire::MsgUpdateParams { authority: who.to_string(), params: Some(params) }
    };
    world.refused("sdk", 4, &update(account(1), &|_| {}));
    let changes: [&dyn Fn(&mut wire::Params); 6] = [
        &|p| p.max_validators = 0,
        &|p| p.max_validators = 1001,
        &|p| p.max_entries = 0,
        &|p| p.unbonding_time = None,
        &|p| p.min_commission_rate = thousandths(1001),
        &|p| p.bond_denom = "uusdc".into(),
    ];
    for change in changes {
        world.refused("sdk", 18, &update(authority(), change));
    }
    world.does(&update(authority(), &|p| p.min_commission_rate = thousandths(60)));
    world.refused("staking", 40, &create(2, AGO));
}
