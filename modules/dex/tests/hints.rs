//! What messages say beforehand of what they touch: the engine places transactions by it.

mod common;

use std::collections::BTreeMap;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::{Access, AccessHint};
use agora_state::StateKey;
use common::{World, account, coin, coins, route, swap_in, swap_out};
use prost::Name;

const RICH: &str = "1000000000000aaa,1000000000000bbb,1000000000000ccc";

fn hints<M: Name>(world: &World, message: &M) -> BTreeMap<StateKey, Access> {
    let any = prost_types::Any { type_url: agora_proto::type_url::<M>(), value: message.encode_to_vec() };
    let mut hint = AccessHint::default();
    world.registry.decode(&any).unwrap().access(&mut hint);
    hint.keys().iter().cloned().collect()
}

/// Runs a message and compares what it touched with what it said.
#[track_caller]
fn covered<M: Name>(world: &mut World, message: &M) {
    let said = hints(world, message);
    let done = world.run(message).unwrap_or_else(|error| panic!("{error}"));
    for key in &done.written {
        assert_eq!(said.get(key), Some(&Access::Write), "{key:?} is written");
    }
    for key in &done.added {
        assert!(said.contains_key(key), "{key:?} is added to");
    }
}

#[test]
fn a_swap_says_every_key_it_touches() {
    let mut world = World::new(2, RICH);
    let a = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let b = world.stable(1, "1000000000bbb,1000000000ccc", 100, 400);
    let routes = [route(&[(&a, "bbb"), (&b, "ccc")])];
    covered(&mut world, &swap_in(2, "1000000aaa", "ccc", &routes));
    covered(&mut world, &swap_out(2, "2000000aaa", "1000000ccc", &routes));
}

#[test]
fn swaps_of_two_traders_on_two_pools_write_nothing_in_common_and_on_one_pool_only_the_pool() {
    let mut world = World::new(3, RICH);
    let a = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let b = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let written = |world: &World, who: u8, pool: &str| -> Vec<StateKey> {
        let said = hints(world, &swap_in(who, "1000aaa", "bbb", &[route(&[(pool, "bbb")])]));
        said.into_iter().filter(|(_, access)| *access == Access::Write).map(|(key, _)| key).collect()
    };
    let (one, other, same) = (written(&world, 2, &a), written(&world, 3, &b), written(&world, 3, &a));
    assert!(one.iter().all(|key| !other.contains(key)));
    assert_eq!(one.iter().filter(|key| same.contains(key)).count(), 1);
    // What a swap really writes is the pool alone: every balance is added to.
    let done =
        world.run(&swap_in(2, "1000aaa", "bbb", &[route(&[(&a, "bbb")])])).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(done.written.len(), 1, "{:?}", done.written);
}

#[test]
fn joins_exits_and_positions_say_the_pool_or_position_they_write() {
    let mut world = World::new(2, RICH);
    let id = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let sender = account(1).to_string();
    let pools = |said: BTreeMap<StateKey, Access>| {
        said.into_iter().filter(|(key, access)| key.store.name() == "dex" && *access == Access::Write).count()
    };
    let join = wire::MsgJoin {
        sender: sender.clone(),
        pool_id: id.clone(),
        coins_max: coins("1000aaa,1000bbb"),
        shares_min: String::new(),
        deadline: None,
    };
    let exit = wire::MsgExit {
        sender: sender.clone(),
        shares: coin(&format!("5lp/{id}")),
        coins_min: vec![],
        deadline: None,
    };
    let collect = wire::MsgCollectFees { sender, position_id: "5".into() };
    assert_eq!(
        (pools(hints(&world, &join)), pools(hints(&world, &exit)), pools(hints(&world, &collect))),
        (1, 1, 1)
    );
}

#[test]
fn hints_of_malformed_messages_are_made_without_harm() {
    let world = World::new(1, RICH);
    let mut bad = swap_in(1, "1aaa", "bbb", &vec![route(&[("x", "b"), ("", "")]); 100]);
    bad.routes[0].hops = vec![bad.routes[0].hops[0].clone(); 1000];
    bad.sender = "nobody".into();
    assert!(hints(&world, &bad).is_empty());
    bad.sender = account(1).to_string();
    assert!(hints(&world, &bad).len() <= 2);
    let exit =
        wire::MsgExit { sender: String::new(), shares: coin("5lp/xyz"), coins_min: vec![], deadline: None };
    assert!(hints(&world, &exit).is_empty());
}
