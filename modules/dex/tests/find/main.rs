//! Finding routes: what is found is what a swap gives, nothing better is overlooked, and the search is bounded.

mod best;
mod bounds;
#[path = "../common/mod.rs"]
mod common;
mod figures;

use agora_dex::Dex;
use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::{Module, QueryError};
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_state::{Changes, KeyRange, Space, StateKey, StateRead, StoreId, WriteSet};
use common::{World, coin, swap_in, swap_out};

/// Plenty of each coin.
pub(crate) const RICH: &str = "100000000000000aaa,100000000000000bbb,100000000000000ccc,100000000000000ddd,100000000000000eee,\
                    100000000000000fff,100000000000000uago";

/// What the end of a block does: the index follows the pools.
pub(crate) fn end_block(world: &mut World) {
    let all = KeyRange {
        store: StoreId::new("dex"),
        space: Space::Tree,
        start: Vec::new(),
        end: None,
        reverse: false,
        limit: usize::MAX,
    };
    let mut derived = WriteSet::new();
    for (key, value) in world.state.range(&all).unwrap() {
        let key = StateKey { store: all.store, space: all.space, key: key.into() };
        Dex.derive(&key, Some(&value), &mut derived);
    }
    world.state.apply(Changes { writes: derived.into_iter().collect(), ..Changes::default() }).unwrap();
}

/// `FindRoute` of an exact amount in.
pub(crate) fn request(token: &str, denom: &str) -> wire::QueryFindRouteRequest {
    wire::QueryFindRouteRequest { token: coin(token), denom: denom.into(), ..Default::default() }
}

/// `FindRoute` of an exact amount out.
pub(crate) fn exact_out(token: &str, denom: &str) -> wire::QueryFindRouteRequest {
    wire::QueryFindRouteRequest { exact_out: true, ..request(token, denom) }
}

/// Asks.
pub(crate) fn find(
    world: &World,
    request: &wire::QueryFindRouteRequest,
) -> Result<wire::QueryFindRouteResponse, QueryError> {
    world.query("FindRoute", request)
}

/// The amount of a coin.
pub(crate) fn amount(coin: Option<&Coin>) -> u128 {
    coin.unwrap().amount.parse().unwrap()
}

/// A coin as people write it.
pub(crate) fn text(coin: Option<&Coin>) -> String {
    let coin = coin.unwrap();
    format!("{}{}", coin.amount, coin.denom)
}

/// Pools by route, in order.
pub(crate) fn pools(found: &wire::QueryFindRouteResponse) -> Vec<Vec<&str>> {
    found.routes.iter().map(|route| route.hops.iter().map(|hop| hop.pool_id.as_str()).collect()).collect()
}

#[test]
fn equal_pools_share_the_amount_equally_and_a_tenth_as_deep_one_gets_a_tenth() {
    let mut world = World::new(1, RICH);
    let a = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let b = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    end_block(&mut world);
    let found = find(&world, &request("100000000aaa", "bbb")).unwrap();
    let mut used = pools(&found).concat();
    used.sort_unstable();
    let mut both = vec![a.as_str(), b.as_str()];
    both.sort_unstable();
    assert_eq!(used, both);
    assert_eq!(found.routes.iter().map(|route| route.weight).collect::<Vec<_>>(), [10, 10]);
    let single =
        find(&world, &wire::QueryFindRouteRequest { max_routes: 1, ..request("100000000aaa", "bbb") })
            .unwrap();
    // Half the amount in each pool moves each price by half as much.
    assert_eq!(amount(single.token_out.as_ref()), 90_661_089);
    assert_eq!(amount(found.token_out.as_ref()), 94_965_946);

    world.constant_product(1, "222222222aaa,222222222bbb", 3000);
    end_block(&mut world);
    let found = find(&world, &request("100000000aaa", "bbb")).unwrap();
    let mut weights: Vec<u64> = found.routes.iter().map(|route| route.weight).collect();
    weights.sort_unstable();
    assert_eq!(weights, [2, 9, 9]);
}

#[test]
fn routes_that_begin_in_one_pool_part_behind_it() {
    let mut world = World::new(1, RICH);
    let gate = world.constant_product(1, "90000000000aaa,90000000000bbb", 100);
    let left = world.constant_product(1, "1000000000bbb,1000000000ccc", 3000);
    let right = world.constant_product(1, "1000000000bbb,1000000000ccc", 3000);
    end_block(&mut world);
    for request in [request("100000000aaa", "ccc"), exact_out("90000000ccc", "aaa")] {
        let found = find(&world, &request).unwrap();
        let mut ways = pools(&found);
        ways.sort_unstable();
        let mut wanted = [[gate.as_str(), left.as_str()], [gate.as_str(), right.as_str()]];
        wanted.sort_unstable();
        assert_eq!(ways, wanted);
        // The second route meets the gate as the first one leaves it, in the search as in the swap.
        if request.exact_out {
            let swap = swap_out(1, &text(found.token_in.as_ref()), "90000000ccc", &found.routes);
            world.ok::<wire::MsgSwapExactOutResponse>(&swap);
        } else {
            let mut swap = swap_in(1, "100000000aaa", "ccc", &found.routes);
            swap.token_out_min = found.token_out;
            world.ok::<wire::MsgSwapExactInResponse>(&swap);
        }
    }
}

#[test]
fn a_way_through_other_coins_is_taken_where_it_gives_more() {
    let mut world = World::new(1, RICH);
    let direct = world.constant_product(1, "1000000000aaa,500000000bbb", 3000);
    let first = world.constant_product(1, "1000000000aaa,1000000000uago", 3000);
    let second = world.constant_product(1, "1000000000bbb,1000000000uago", 3000);
    end_block(&mut world);
    let one = |hops: u32, token: &str| {
        let request = wire::QueryFindRouteRequest { max_hops: hops, max_routes: 1, ..request(token, "bbb") };
        find(&world, &request).unwrap()
    };
    assert_eq!(pools(&one(4, "1000000aaa")), [[first.as_str(), second.as_str()]]);
    assert_eq!(pools(&one(1, "1000000aaa")), [[direct.as_str()]]);
    let back = wire::QueryFindRouteRequest { max_routes: 1, ..exact_out("1000000bbb", "aaa") };
    let found = find(&world, &back).unwrap();
    assert_eq!(pools(&found), [[first.as_str(), second.as_str()]]);
    assert_eq!(
        found.routes[0].hops.iter().map(|hop| hop.denom_out.as_str()).collect::<Vec<_>>(),
        ["uago", "bbb"]
    );
}

#[test]
fn a_chain_of_coins_is_followed_as_far_as_the_request_allows() {
    let mut world = World::new(1, RICH);
    let names = ["aaa", "bbb", "ccc", "ddd", "eee", "fff", "uago"];
    let chain: Vec<String> = names
        .windows(2)
        .map(|pair| world.constant_product(1, &format!("1000000000{},1000000000{}", pair[0], pair[1]), 1000))
        .collect();
    end_block(&mut world);
    for (hops, to) in [(1, "bbb"), (2, "ccc"), (3, "ddd"), (4, "eee"), (5, "fff"), (6, "uago")] {
        let asked = wire::QueryFindRouteRequest { max_hops: hops, ..request("1000000aaa", to) };
        assert_eq!(pools(&find(&world, &asked).unwrap()), [&chain[..hops as usize]], "{to}");
        if hops > 1 {
            let fewer = wire::QueryFindRouteRequest { max_hops: hops - 1, ..request("1000000aaa", to) };
            let refused = find(&world, &fewer).unwrap_err();
            assert_eq!(refused.grpc, 5);
            assert!(refused.message.contains("no route of at most"), "{}", refused.message);
        }
    }
}
