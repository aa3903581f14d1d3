//! What a search may cost, and what it says when there is nothing to find.

use std::cell::Cell;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::QueryCtx;
use agora_state::{Entries, KeyRange, StateError, StateKey, StateRead, Value};
use prost::Message;

use super::common::World;
use super::{RICH, end_block, exact_out, find, pools, request};

/// A state that counts what is read from it.
struct Counting<'a> {
    state: &'a dyn StateRead,
    reads: Cell<usize>,
}

impl StateRead for Counting<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Value>, StateError> {
        self.reads.set(self.reads.get() + 1);
        self.state.get(key)
    }

    fn range(&self, range: &KeyRange) -> Result<Entries, StateError> {
        let entries = self.state.range(range)?;
        self.reads.set(self.reads.get() + 1 + entries.len());
        Ok(entries)
    }
}

#[test]
fn worthless_pools_neither_hide_the_good_one_nor_cost_more_than_the_bound() {
    let mut world = World::new(1, RICH);
    for _ in 0..1500 {
        world.constant_product(1, "2000aaa,2000bbb", 3000);
        world.constant_product(1, "2000aaa,2000ccc", 3000);
    }
    let direct = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let first = world.constant_product(1, "1000000000aaa,1000000000ddd", 3000);
    let second = world.constant_product(1, "1000000000ddd,1000000000uago", 3000);
    end_block(&mut world);
    let counting = Counting { state: &world.state, reads: Cell::new(0) };
    let ctx = QueryCtx::new(&counting, &world.block, &world.registry);
    for (denom, way) in [("bbb", vec![direct.as_str()]), ("uago", vec![first.as_str(), second.as_str()])] {
        counting.reads.set(0);
        let request = wire::QueryFindRouteRequest { max_routes: 1, ..request("1000000aaa", denom) };
        let answer = world.registry.answer(&ctx, "/agora.dex.v1.Query/FindRoute", &request.encode_to_vec());
        let found = wire::QueryFindRouteResponse::decode(answer.unwrap().as_slice()).unwrap();
        assert_eq!(pools(&found), [way]);
        assert!(counting.reads.get() < 25_000, "{} reads", counting.reads.get());
    }
}

#[test]
fn what_cannot_be_found_is_refused_with_the_reason() {
    let mut world = World::new(1, RICH);
    world.weighted(1, "1000000000aaa,1000000000bbb", &[("aaa", 500_000), ("bbb", 500_000)], 3000);
    end_block(&mut world);
    let refusal = |request: &wire::QueryFindRouteRequest| {
        let error = find(&world, request).unwrap_err();
        (error.grpc, error.message)
    };
    let (code, message) = refusal(&request("400000000aaa", "bbb"));
    assert_eq!(code, 5);
    assert!(message.contains("no route from aaa to bbb takes 400000000aaa: pool"), "{message}");
    assert!(refusal(&exact_out("400000000bbb", "aaa")).1.contains("gives 400000000bbb: pool"));
    assert!(refusal(&request("99000000000000aaa", "bbb")).1.contains("takes 99000000000000aaa: pool"));
    assert!(refusal(&request("1aaa", "ccc")).1.contains("no route of at most 4 pools leads from aaa to ccc"));
    assert!(refusal(&request("5aaa", "aaa")).1.contains("aaa is exchanged for itself"));
    assert!(refusal(&request("0aaa", "bbb")).1.contains("is nothing"));
    assert_eq!(refusal(&request("5aaa", "!")).0, 3);
    for (max_hops, max_routes) in [(7, 0), (0, 4), (u32::MAX, 0)] {
        let (code, message) =
            refusal(&wire::QueryFindRouteRequest { max_hops, max_routes, ..request("5aaa", "bbb") });
        assert_eq!(code, 3, "{message}");
    }
    assert_eq!(refusal(&wire::QueryFindRouteRequest { denom: "bbb".into(), ..Default::default() }).0, 2);
}

#[test]
fn the_pools_of_a_pair_are_listed_the_deepest_first_and_no_others() {
    let mut world = World::new(1, RICH);
    let small = world.constant_product(1, "1000000aaa,1000000bbb", 3000);
    let weights = [("aaa", 300_000), ("bbb", 300_000), ("ccc", 400_000)];
    let large = world.weighted(1, "9000000000aaa,10000000bbb,10000000ccc", &weights, 3000);
    world.constant_product(1, "5000000000aaa,1000000ddd", 3000);
    end_block(&mut world);
    let list = |base: &str, quote: &str| -> Vec<String> {
        let request = wire::QueryPairPoolsRequest { base: base.into(), quote: quote.into() };
        let answer: wire::QueryPairPoolsResponse = world.query("PairPools", &request).unwrap();
        answer.pools.into_iter().map(|pool| pool.id).collect()
    };
    assert_eq!(list("aaa", "bbb"), [large.clone(), small.clone()]);
    assert_eq!(list("bbb", "aaa"), [large.clone(), small]);
    assert_eq!(list("ccc", "bbb"), [large]);
    assert_eq!(list("ccc", "ddd"), Vec::<String>::new());
}
