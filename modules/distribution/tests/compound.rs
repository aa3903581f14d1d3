//! Rewards that are staked again, when asked for and by themselves.

mod common;

use agora_distribution::compound::{LEAST, MOST, PERIOD};
use agora_distribution::proto::agora::distribution::v1 as own;
use agora_proto::cosmos::distribution::v1beta1 as wire;
use common::{AGO, World, account, create, delegate, undelegate, valoper};
use prost::Message;

/// A validator without commission; somebody delegates as much as it has.
fn world() -> World {
    let mut world = World::new(9, 1_000_000 * AGO);
    world.does(&create(1, 100 * AGO, 0));
    world.does(&delegate(3, 1, 100 * AGO));
    world.next_block(0);
    world
}

fn compound(who: u8, at: u8) -> own::MsgCompound {
    own::MsgCompound { delegator_address: account(who).to_string(), validator_address: valoper(at) }
}

fn auto(who: u8, at: u8, enabled: bool) -> own::MsgSetAutoCompound {
    own::MsgSetAutoCompound {
        delegator_address: account(who).to_string(),
        validator_address: valoper(at),
        enabled,
    }
}

fn staked(world: &World, who: u8) -> u128 {
    let shares = agora_staking::api::delegation(&world.state, &account(who), &account(1)).unwrap();
    agora_staking::api::value(&world.state, &account(1), shares).unwrap()
}

/// A day later, in which the chain earned `fees`.
fn day(world: &mut World, fees: u128) {
    world.next_block(fees);
    world.block.time += PERIOD;
    world.next_block(0);
}

fn ended(world: &World) -> Option<String> {
    world.events.iter().find(|event| event.kind == "auto_compound_ended")?.get("reason")
}

#[test]
fn what_was_earned_is_delegated() {
    let mut world = world();
    let held = world.balance(3);
    world.next_block(10_000);
    let done = world.does(&compound(3, 1));
    // Half of 98 % of the fees, an atom less by rounding: 4899.999... units.
    let amount = own::MsgCompoundResponse::decode(done.response.as_slice()).unwrap().amount.unwrap();
    assert_eq!((amount.amount.as_str(), amount.denom.as_str()), ("4899", "uago"));
    assert_eq!((world.balance(3), staked(&world, 3)), (held, 100 * AGO + 4899));
    let kinds: Vec<&str> = done.events.iter().map(|event| &*event.kind).collect();
    assert!(kinds.contains(&"withdraw_rewards") && kinds.contains(&"delegate"), "{kinds:?}");
    assert!(world.refused("sdk", 18, &compound(3, 1)).contains("no uago among the rewards yet"));
    world.next_block(0);
}

#[test]
fn rewards_that_go_elsewhere_are_not_compounded() {
    let mut world = world();
    world.does(&wire::MsgSetWithdrawAddress {
        delegator_address: account(3).to_string(),
        withdraw_address: account(4).to_string(),
    });
    world.next_block(10_000);
    assert!(world.refused("sdk", 18, &compound(3, 1)).contains("set the withdraw address"));
    world.refused("staking", 19, &compound(4, 1));
}

#[test]
fn a_delegation_compounds_every_day_until_it_is_told_not_to() {
    let mut world = world();
    world.does(&auto(3, 1, true));
    world.does(&auto(3, 1, true));
    world.next_block(10_000);
    assert_eq!(staked(&world, 3), 100 * AGO, "not before a day is over");
    day(&mut world, 10_000);
    assert_eq!(staked(&world, 3), 100 * AGO + 9799);
    day(&mut world, 20_000);
    assert!(staked(&world, 3) > 100 * AGO + 19_000);
    let before = staked(&world, 3);
    world.does(&auto(3, 1, false));
    day(&mut world, 20_000);
    assert_eq!(staked(&world, 3), before);
    world.does(&auto(3, 1, false));
}

#[test]
fn a_delegation_that_earns_too_little_or_is_gone_is_taken_off() {
    let mut world = world();
    world.does(&auto(3, 1, true));
    day(&mut world, LEAST);
    assert!(ended(&world).unwrap().contains("less than 1000uago"));
    day(&mut world, 100_000);
    assert_eq!(staked(&world, 3), 100 * AGO, "it is not tried again");
    world.does(&auto(3, 1, true));
    world.does(&undelegate(3, 1, 100 * AGO));
    day(&mut world, 100_000);
    assert!(ended(&world).is_some());
    assert!(world.refused("staking", 19, &auto(3, 1, true)).contains("no delegation"));
}

#[test]
fn a_failure_is_an_event_and_changes_nothing() {
    let mut world = world();
    world.does(&auto(3, 1, true));
    world.does(&wire::MsgSetWithdrawAddress {
        delegator_address: account(3).to_string(),
        withdraw_address: account(4).to_string(),
    });
    let (held, elsewhere) = (world.balance(3), world.balance(4));
    day(&mut world, 100_000);
    assert!(ended(&world).unwrap().contains("set the withdraw address"));
    assert_eq!((world.balance(3), world.balance(4), staked(&world, 3)), (held, elsewhere, 100 * AGO));
}

#[test]
fn a_block_compounds_so_many_and_leaves_the_rest_to_the_next() {
    let accounts = u8::try_from(MOST).unwrap() + 5;
    let mut world = World::new(accounts, 1000 * AGO);
    world.does(&create(1, 100 * AGO, 0));
    for who in 2..=accounts {
        world.does(&delegate(who, 1, 100 * AGO));
        world.does(&auto(who, 1, true));
    }
    world.next_block(10_000_000);
    world.block.time += PERIOD;
    let compounded = |world: &World| (2..=accounts).filter(|who| staked(world, *who) > 100 * AGO).count();
    world.next_block(0);
    assert_eq!(compounded(&world), MOST);
    world.next_block(0);
    assert_eq!(compounded(&world), usize::from(accounts) - 1);
}

#[test]
fn what_compounds_is_listed_and_outlives_an_export() {
    let mut world = world();
    world.does(&auto(3, 1, true));
    world.next_block(10_000);
    let request =
        own::QueryAutoCompoundsRequest { delegator_address: account(3).to_string(), pagination: None };
    let path = "/agora.distribution.v1.Query/AutoCompounds";
    let found: own::QueryAutoCompoundsResponse = world.ask(path, &request).unwrap();
    assert_eq!(found.auto_compounds.len(), 1);
    assert_eq!(found.auto_compounds[0].validator_address, valoper(1));
    let sections = world.sections();
    let mut again = World::from_genesis(&sections);
    assert_eq!(again.sections(), sections);
    again.block = world.block.clone();
    again.block.time += PERIOD;
    again.next_block(0);
    assert_eq!(staked(&again, 3), 100 * AGO + 4899);
}
