//! Who is in the set, what consensus is told, and what is remembered of it.

mod common;

use agora_framework::{Decided, ValidatorUpdate};
use agora_proto::cosmos::staking::v1beta1 as wire;
use agora_staking::MOST_DUE;
use agora_state::{StateKey, StateWrite, StoreId, Value};
use common::{World, account, create, delegate, key, redelegate, sections, undelegate, valoper};
use serde_json::json;

const AGO: u128 = 1_000_000;

fn powers(world: &World) -> Vec<(u8, u64)> {
    world.comet.iter().map(|(key, power)| (key[0], *power)).collect()
}

fn update(n: u8, power: u64) -> ValidatorUpdate {
    ValidatorUpdate { pub_key: key(n), power }
}

#[test]
fn of_one_candidate_too_many_the_weakest_stays_out_and_the_first_operator_wins_a_tie() {
    let mut world = World::with_params(9, 1000 * AGO, &[("max_validators", json!(3))]);
    for n in [4, 2, 3, 1] {
        world.does(&create(n, 5 * AGO));
    }
    world.next_block(1);
    assert_eq!(powers(&world), [(1, 5), (2, 5), (3, 5)]);
    assert_eq!(world.updates, [update(1, 5), update(2, 5), update(3, 5)]);
    // Less than a unit of power more changes nothing.
    world.does(&delegate(9, 4, AGO - 1));
    world.next_block(1);
    assert_eq!(world.updates, []);
    // One more unit, and the last of the tie goes.
    world.does(&delegate(9, 4, 1));
    world.next_block(1);
    assert_eq!(world.updates, [update(4, 6), update(3, 0)]);
    assert_eq!((world.validator(3).status, world.validator(4).status), (2, 3));
    // It comes back before it is free.
    world.does(&delegate(9, 3, 2 * AGO));
    world.next_block(1);
    assert_eq!(world.updates, [update(3, 7), update(2, 0)]);
    world.next_block(22 * 86_400);
    world.next_block(1);
    assert_eq!((world.validator(3).status, world.validator(2).status), (3, 1));
}

#[test]
fn a_smaller_maximum_drops_the_weakest_and_a_greater_one_takes_them_back() {
    let mut world = World::new(9, 1000 * AGO);
    for n in 1..=4 {
        world.does(&create(n, u128::from(n) * AGO));
    }
    world.next_block(1);
    let found: wire::QueryParamsResponse = world.query("Params", &wire::QueryParamsRequest {}).unwrap();
    let params = found.params.unwrap();
    let maximum = |max_validators| wire::MsgUpdateParams {
        authority: common::authority().to_string(),
        params: Some(wire::Params { max_validators, ..params.clone() }),
    };
    world.does(&maximum(2));
    world.next_block(1);
    assert_eq!(world.updates, [update(1, 0), update(2, 0)]);
    world.does(&maximum(3));
    world.next_block(1);
    assert_eq!(world.updates, [update(2, 2)]);
    assert_eq!(powers(&world), [(2, 2), (3, 3), (4, 4)]);
}

#[test]
fn an_operator_that_leaves_is_forgotten_when_it_is_free_and_its_key_can_be_used_again() {
    let mut world = World::new(9, 1000 * AGO);
    world.does(&create(1, 5 * AGO));
    world.does(&create(2, 5 * AGO));
    world.next_block(1);
    world.does(&undelegate(1, 1, 5 * AGO));
    world.next_block(1);
    assert_eq!((world.updates.as_slice(), world.validator(1).status), ([update(1, 0)].as_slice(), 2));
    world.refused("staking", 4, &create(1, AGO));
    world.next_block(21 * 86_400 + 1);
    world.next_block(1);
    let request = wire::QueryValidatorRequest { validator_addr: valoper(1) };
    let gone = world.query::<_, wire::QueryValidatorResponse>("Validator", &request).unwrap_err();
    assert_eq!((gone.grpc, gone.message), (5, format!("validator {} not found", valoper(1))));
    world.does(&create(1, AGO));
}

#[test]
fn the_last_validator_stays_until_somebody_can_follow_it() {
    let mut world = World::new(9, 1000 * AGO);
    world.does(&create(1, 5 * AGO));
    world.next_block(1);
    world.does(&undelegate(1, 1, 5 * AGO));
    world.next_block(1);
    world.next_block(1);
    assert_eq!(powers(&world), [(1, 5)]);
    world.does(&create(2, 2 * AGO));
    world.next_block(1);
    assert_eq!(world.updates, [update(2, 2), update(1, 0)]);
}

#[test]
fn what_is_due_in_one_block_is_capped_and_the_rest_comes_in_the_next() {
    let accounts = u16::try_from(MOST_DUE + 500).unwrap();
    let who = |n: u16| {
        let mut bytes = [7; 20];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        agora_primitives::Address::from_20(bytes)
    };
    let (mut bank, staking) = sections(2, 1000 * AGO);
    let balances = bank["balances"].as_array_mut().unwrap();
    for n in 0..accounts {
        balances.push(json!({"address": who(n).to_string(), "coins": [{"denom": "uago", "amount": "100"}]}));
    }
    let mut world = World::from_genesis(&bank, &staking, &[]).unwrap();
    world.does(&create(1, 5 * AGO));
    world.next_block(1);
    for n in 0..accounts {
        world.does(&wire::MsgDelegate { delegator_address: who(n).to_string(), ..delegate(1, 1, 100) });
        world.does(&wire::MsgUndelegate { delegator_address: who(n).to_string(), ..undelegate(1, 1, 60) });
    }
    world.next_block(21 * 86_400 + 1);
    let paid = |world: &World| (0..accounts).filter(|n| world.balance(&who(*n)) == 60).count();
    assert_eq!(paid(&world), 0);
    world.next_block(1);
    assert_eq!(paid(&world), MOST_DUE);
    world.next_block(1);
    assert_eq!(paid(&world), usize::from(accounts));
}

#[test]
fn headers_are_kept_as_long_as_the_parameters_say_and_know_their_validators() {
    let mut world = World::with_params(9, 1000 * AGO, &[("historical_entries", json!(3))]);
    world.next_block(1);
    let info = |world: &World, height: u64| {
        let request = wire::QueryHistoricalInfoRequest { height: i64::try_from(height).unwrap() };
        world.query::<_, wire::QueryHistoricalInfoResponse>("HistoricalInfo", &request)
    };
    assert_eq!(info(&world, 2).unwrap_err().grpc, 5, "without validators there is nothing to keep");
    world.does(&create(1, 5 * AGO));
    let decided = Decided {
        proposer: Some(account(1)),
        app_hash: vec![1, 2, 3],
        next_validators_hash: vec![4, 5],
        ..Decided::default()
    };
    for _ in 0..3 {
        world.next_decided(1, &decided);
    }
    world.does(&create(2, 6 * AGO));
    world.next_decided(1, &decided);
    let head = world.block.height;
    let found = info(&world, head - 1).unwrap().hist.unwrap();
    let header = found.header.unwrap();
    assert_eq!((header.app_hash, header.next_validators_hash), (vec![1, 2, 3], vec![4, 5]));
    assert_eq!(header.time.unwrap().seconds, 1_000_004);
    assert_eq!(found.valset.len(), 1);
    let found = info(&world, head).unwrap().hist.unwrap();
    assert_eq!(found.valset.iter().map(|v| v.tokens.as_str()).collect::<Vec<_>>(), ["5000000", "6000000"]);
    assert_eq!(info(&world, head - 3).unwrap_err().grpc, 5);
    assert_eq!(info(&world, head - 2).unwrap().hist.unwrap().valset.len(), 1);
    // Old sets go with their headers.
    for _ in 0..20 {
        world.does(&delegate(9, 1, AGO));
        world.next_decided(1, &decided);
    }
    let (_, staking) = world.export();
    assert_eq!(staking["history"]["headers"].as_array().unwrap().len(), 3);
    assert_eq!(staking["history"]["sets"].as_array().unwrap().len(), 3);
}

#[test]
fn the_validator_of_the_genesis_document_is_staked_for() {
    let (bank, mut staking) = sections(2, 1000 * AGO);
    staking["operator"] = account(1).to_string().into();
    let mut world = World::from_genesis(&bank, &staking, &[update(9, 10)]).unwrap();
    assert_eq!(powers(&world), [(9, 10)]);
    world.check();
    let shown = world.validator(1);
    assert_eq!((shown.tokens.as_str(), shown.status), ("10000000", 3));
    assert_eq!(world.balance(&account(1)), 990 * AGO);
    assert_eq!(world.supply(), 2000 * AGO);
    world.does(&delegate(2, 1, AGO));
    world.next_block(1);
    assert_eq!(world.updates, [update(9, 11)]);
    // An export names all by itself, and agrees with the document.
    let (bank, staking) = world.export();
    World::from_genesis(&bank, &staking, &[update(9, 11)]).unwrap().check();
    let refused = |validators: &[ValidatorUpdate]| match World::from_genesis(&bank, &staking, validators) {
        Ok(_) => panic!("it begins"),
        Err(error) => error.log,
    };
    assert!(refused(&[update(9, 10)]).contains("keys and powers"));
    assert!(refused(&[update(8, 11)]).contains("keys and powers"));
}

#[test]
fn a_genesis_that_contradicts_itself_is_refused() {
    let mut world = World::new(5, 1000 * AGO);
    world.does(&create(1, 5 * AGO));
    world.does(&create(2, 6 * AGO));
    world.does(&delegate(3, 1, AGO));
    world.next_block(1);
    world.does(&undelegate(3, 1, 10));
    world.does(&redelegate(3, 1, 2, 10));
    world.next_block(1);
    let (bank, staking) = world.export();
    World::from_genesis(&bank, &staking, &[]).unwrap().check();
    let changes: [(&str, serde_json::Value, &str); 9] = [
        ("/validators/0/tokens", json!("7000000"), ""),
        ("/validators/0/status", json!("BOND_STATUS_UNBONDED"), "not bonded"),
        ("/validators/0/jailed", json!(true), "greatest powers"),
        ("/validators/1/operator_address", json!(valoper(1)), "listed twice"),
        ("/delegations/0/shares", json!("1.0"), "shares"),
        ("/unbonding_delegations/0/entries/0/balance", json!("9"), "holds"),
        ("/unbonding_delegations/0/entries", json!([]), "empty"),
        ("/redelegations/0/entries", json!([]), "empty"),
        ("/last_validator_powers/0/power", json!("8"), "greatest powers"),
    ];
    for (pointer, value, why) in changes {
        let mut changed = staking.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}: {staking:#}")) = value;
        match World::from_genesis(&bank, &changed, &[]) {
            Ok(_) => panic!("{pointer} can be anything"),
            Err(error) => assert!(
                error.log.contains("genesis section staking") && error.log.contains(why),
                "{pointer}: {}",
                error.log
            ),
        }
    }
}

#[test]
fn every_invariant_finds_what_it_is_for() {
    const STORE: StoreId = StoreId::new("staking");
    let mut world = World::new(5, 1000 * AGO);
    world.does(&create(1, 5 * AGO));
    world.does(&create(2, 6 * AGO));
    world.does(&delegate(3, 1, AGO));
    world.next_block(1);
    world.does(&undelegate(3, 1, 10));
    world.does(&redelegate(3, 1, 2, 10));
    world.next_block(1);
    let at = |id: u8, space, parts: &[u8]| {
        let address = |n: &u8| [vec![20], vec![*n; 20]].concat();
        let key = [vec![id], parts.iter().flat_map(address).collect()].concat();
        StateKey { store: STORE, space, key: key.into() }
    };
    use agora_state::Space::{Derived, Tree};
    let gone = None;
    let one: Option<Value> = Some(Value::from([1u8].as_slice()));
    let doubled: Option<Value> = Some(Value::from([[1u8].as_slice(), &2u64.to_le_bytes()].concat()));
    for (key, value, invariant) in [
        (at(6, Tree, &[3, 1]), gone.clone(), "the shares of a validator are those of its delegations"),
        (at(15, Tree, &[1]), one.clone(), "candidates are listed by their power"),
        (at(18, Tree, &[1]), doubled, "the set is that of the validators that are bonded"),
        (at(8, Tree, &[1, 3]), gone.clone(), "whatever comes to an end stands in its queue"),
        (at(11, Tree, &[1, 3, 2]), gone.clone(), "whatever comes to an end stands in its queue"),
        (at(12, Tree, &[3, 2, 1]), gone.clone(), "whatever comes to an end stands in its queue"),
        (at(23, Derived, &[1, 3]), gone.clone(), "the delegators of a validator are listed"),
        (at(7, Tree, &[3, 1]), gone, "the pools hold the tokens of validators and what leaves them"),
    ] {
        let broken = world.broken_by(|view| match &value {
            Some(value) => view.set(&key, value.clone()).unwrap(),
            None => view.delete(&key).unwrap(),
        });
        assert!(broken.contains(&invariant), "{key:?} breaks {broken:?}, not {invariant:?}");
    }
}
