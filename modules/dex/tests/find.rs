//! Finding routes: what is found is what a swap gives, nothing better is overlooked, and the search is bounded.

mod common;

use std::cell::Cell;

use agora_dex::Dex;
use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::{Module, QueryCtx, QueryError};
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_state::{
    Changes, Entries, KeyRange, Space, StateError, StateKey, StateRead, StoreId, Value, WriteSet,
};
use common::{Random, World, account, coin, route, swap_in, swap_out};
use prost::Message;

const RICH: &str = "100000000000000aaa,100000000000000bbb,100000000000000ccc,100000000000000ddd,100000000000000eee,\
                    100000000000000fff,100000000000000uago";
const DENOMS: [&str; 6] = ["aaa", "bbb", "ccc", "ddd", "eee", "uago"];

/// What the end of a block does: the index follows the pools.
fn end_block(world: &mut World) {
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

fn request(token: &str, denom: &str) -> wire::QueryFindRouteRequest {
    wire::QueryFindRouteRequest { token: coin(token), denom: denom.into(), ..Default::default() }
}

fn exact_out(token: &str, denom: &str) -> wire::QueryFindRouteRequest {
    wire::QueryFindRouteRequest { exact_out: true, ..request(token, denom) }
}

fn find(
    world: &World,
    request: &wire::QueryFindRouteRequest,
) -> Result<wire::QueryFindRouteResponse, QueryError> {
    world.query("FindRoute", request)
}

fn amount(coin: Option<&Coin>) -> u128 {
    coin.unwrap().amount.parse().unwrap()
}

fn text(coin: Option<&Coin>) -> String {
    let coin = coin.unwrap();
    format!("{}{}", coin.amount, coin.denom)
}

/// Pools by route, in order.
fn pools(found: &wire::QueryFindRouteResponse) -> Vec<Vec<&str>> {
    found.routes.iter().map(|route| route.hops.iter().map(|hop| hop.pool_id.as_str()).collect()).collect()
}

/// A market of pools of all kinds whose prices about agree, so that no circle of pools earns anything worth a detour.
fn market(random: &mut Random, world: &mut World, count: u64) {
    for _ in 0..count {
        let first = random.below(6) as usize;
        let second = (first + 1 + random.below(5) as usize) % 6;
        let (low, high) = (first.min(second), first.max(second));
        let depth = 10_000_000 + u128::from(random.below(10_000_000_000));
        // A coin is worth its place.
        let reserve = |index: usize| format!("{}{}", depth / (index as u128 + 1), DENOMS[index]);
        let both = format!("{},{}", reserve(low), reserve(high));
        let fee = u128::from(random.below(10_000));
        match random.below(3) {
            0 => {
                let weights = [(DENOMS[low], 500_000), (DENOMS[high], 500_000)];
                world.weighted(1, &both, &weights, fee);
            }
            1 if high - low == 1 => {
                let third = (high + 1) % 6;
                let mut coins = [low, high, third];
                coins.sort_unstable();
                let reserves = coins.map(reserve).join(",");
                let weights =
                    coins.map(|index| (DENOMS[index], if index == third { 400_000 } else { 300_000 }));
                // The weights do not change what agrees: reserves to weight are what counts.
                let scaled = reserves.split(',').zip(weights).map(|(reserve, (denom, weight))| {
                    let amount: u128 = reserve.trim_end_matches(char::is_alphabetic).parse().unwrap();
                    format!("{}{denom}", amount * weight / 300_000)
                });
                let scaled: Vec<String> = scaled.collect();
                world.weighted(1, &scaled.join(","), &weights, fee);
            }
            _ => {
                world.constant_product(1, &both, fee);
            }
        }
    }
    end_block(world);
}

#[test]
fn what_is_found_is_what_the_swap_gives_both_ways() {
    let mut random = Random::new(0xf1d);
    for _ in 0..12 {
        let mut world = World::new(2, RICH);
        market(&mut random, &mut world, 8);
        let sought = 1_000 + random.below(200_000_000);
        let Ok(found) = find(&world, &request(&format!("{sought}aaa"), "eee")) else { continue };
        let mut swap = swap_in(2, &text(found.token_in.as_ref()), "eee", &found.routes);
        swap.token_out_min = found.token_out.clone();
        let before = world.balance(&account(2), "eee");
        world.ok::<wire::MsgSwapExactInResponse>(&swap);
        assert_eq!(world.balance(&account(2), "eee") - before, amount(found.token_out.as_ref()));

        let found = find(&world, &exact_out(&format!("{}eee", sought / 9 + 1), "aaa")).unwrap();
        let most = text(found.token_in.as_ref());
        let swap = swap_out(2, &most, &text(found.token_out.as_ref()), &found.routes);
        let before = world.balance(&account(2), "aaa");
        world.ok::<wire::MsgSwapExactOutResponse>(&swap);
        assert_eq!(before - world.balance(&account(2), "aaa"), amount(found.token_in.as_ref()));
        world.check();
    }
}

/// Every way of at most `hops` pools that passes no coin and no pool twice.
fn every_route(world: &World, from: &str, to: &str, hops: usize) -> Vec<wire::Route> {
    let all: wire::QueryPoolsResponse = world.query("Pools", &wire::QueryPoolsRequest::default()).unwrap();
    let mut complete = Vec::new();
    let mut open: Vec<Vec<(String, String)>> = vec![Vec::new()];
    while let Some(path) = open.pop() {
        let at = path.last().map_or(from, |(_, denom)| denom.as_str()).to_owned();
        for pool in &all.pools {
            if !pool.reserves.iter().any(|coin| coin.denom == at) || path.iter().any(|(id, _)| *id == pool.id)
            {
                continue;
            }
            for next in pool.reserves.iter().map(|coin| coin.denom.as_str()) {
                if next == at || next == from || path.iter().any(|(_, denom)| denom == next) {
                    continue;
                }
                let mut longer = path.clone();
                longer.push((pool.id.clone(), next.to_owned()));
                if next == to {
                    let hops: Vec<(&str, &str)> =
                        longer.iter().map(|(id, denom)| (id.as_str(), denom.as_str())).collect();
                    complete.push(route(&hops));
                } else if longer.len() < hops {
                    open.push(longer);
                }
            }
        }
    }
    complete
}

#[test]
fn no_single_route_is_better_and_several_are_never_worse() {
    let mut random = Random::new(7);
    let (mut compared, mut split) = (0, 0);
    for _ in 0..25 {
        let mut world = World::new(1, RICH);
        market(&mut random, &mut world, 9);
        let given = format!("{}aaa", 10_000 + random.below(50_000_000));
        let routes = every_route(&world, "aaa", "eee", 4);
        let quote = |route: &wire::Route| {
            let request =
                wire::QueryQuoteSwapExactInRequest { token_in: coin(&given), routes: vec![route.clone()] };
            let answer: Result<wire::QueryQuoteSwapExactInResponse, _> =
                world.query("QuoteSwapExactIn", &request);
            answer.map(|answer| amount(answer.token_out.as_ref())).unwrap_or_default()
        };
        let best = routes.iter().map(quote).max().unwrap_or_default();
        let one = find(&world, &wire::QueryFindRouteRequest { max_routes: 1, ..request(&given, "eee") });
        match one {
            Ok(one) => {
                assert_eq!(amount(one.token_out.as_ref()), best, "{given}: {:?}", pools(&one));
                let several = find(&world, &request(&given, "eee")).unwrap();
                assert!(amount(several.token_out.as_ref()) >= best);
                split += usize::from(several.routes.len() > 1);
            }
            Err(_) => assert_eq!(best, 0, "{given}: {} routes", routes.len()),
        }
        compared += usize::from(best > 0);

        let wanted = format!("{}eee", 10_000 + random.below(1_000_000));
        let quote = |route: &wire::Route| {
            let request = wire::QueryQuoteSwapExactOutRequest {
                denom_in: "aaa".into(),
                token_out: coin(&wanted),
                routes: vec![route.clone()],
            };
            let answer: Result<wire::QueryQuoteSwapExactOutResponse, _> =
                world.query("QuoteSwapExactOut", &request);
            answer.map_or(u128::MAX, |answer| amount(answer.token_in.as_ref()))
        };
        let best = routes.iter().map(quote).min().unwrap_or(u128::MAX);
        match find(&world, &wire::QueryFindRouteRequest { max_routes: 1, ..exact_out(&wanted, "aaa") }) {
            Ok(one) => {
                assert_eq!(amount(one.token_in.as_ref()), best, "{wanted}: {:?}", pools(&one));
                let several = find(&world, &exact_out(&wanted, "aaa")).unwrap();
                assert!(amount(several.token_in.as_ref()) <= best);
            }
            Err(_) => assert_eq!(best, u128::MAX, "{wanted}"),
        }
    }
    assert!(
        compared > 15 && split > 3,
        "{compared} compared, {split} split: the markets are too thin to prove anything"
    );
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
fn fees_and_price_impact_are_told_apart() {
    let mut world = World::new(1, RICH);
    world.constant_product(1, "1000000000aaa,2000000000bbb", 3000);
    world.constant_product(1, "2000000000bbb,500000000ccc", 10_000);
    end_block(&mut world);
    let found = find(&world, &request("10000000aaa", "bbb")).unwrap();
    assert_eq!(found.spot_price, "2000000000000000000", "two for one");
    assert_eq!(found.fee_share, 3000);
    // 9,970,000 more in 1,000,000,000 give 1 / 1.00997 of the spot price: 9871.6 millionths less.
    assert_eq!(found.price_impact, 9872);
    let chain = find(&world, &request("1000aaa", "ccc")).unwrap();
    assert_eq!(chain.spot_price, "500000000000000000");
    // 1 - 0.997 * 0.99, and the units lost to rounding.
    assert!((12_970..=14_000).contains(&chain.fee_share), "{}", chain.fee_share);
    let back = find(&world, &exact_out("10000000bbb", "aaa")).unwrap();
    assert_eq!(back.spot_price, "2000000000000000000");
    assert!((5000..5100).contains(&back.price_impact), "{}", back.price_impact);
}

#[test]
fn the_taker_fee_is_part_of_the_fees_and_of_what_is_given() {
    let (bank, mut dex) = World::new(1, RICH).export();
    dex["params"]["taker_fee"]["rate"] = "0.01".into();
    let mut world = World::from_genesis(&bank, &dex);
    world.constant_product(1, "1000000000aaa,2000000000bbb", 3000);
    world.constant_product(1, "2000000000bbb,500000000ccc", 0);
    end_block(&mut world);
    let found = find(&world, &request("10000000aaa", "bbb")).unwrap();
    assert_eq!(
        (found.spot_price.as_str(), text(found.token_in.as_ref())),
        ("2000000000000000000", "10000000aaa".into())
    );
    // 1 - 0.99 * 0.997
    assert_eq!(found.fee_share, 12_970);
    let mut swap = swap_in(1, "10000000aaa", "bbb", &found.routes);
    swap.token_out_min = found.token_out;
    world.ok::<wire::MsgSwapExactInResponse>(&swap);
    end_block(&mut world);
    let found = find(&world, &exact_out("1000000ccc", "aaa")).unwrap();
    let before = world.balance(&account(1), "aaa");
    let swap = swap_out(1, &text(found.token_in.as_ref()), "1000000ccc", &found.routes);
    world.ok::<wire::MsgSwapExactOutResponse>(&swap);
    assert_eq!(before - world.balance(&account(1), "aaa"), amount(found.token_in.as_ref()));
    // 1 - 0.99 * 0.997 * 0.99
    assert!((22_840..22_850).contains(&found.fee_share), "{}", found.fee_share);
}

#[test]
fn the_spot_price_of_every_kind_of_pool_is_that_of_a_small_swap() {
    let mut world = World::new(1, RICH);
    let concentrated = world.concentrated(1, 100);
    world.open(1, &concentrated, (-60, 90), "1000000000000aaa,1000000000000bbb");
    world.stable(1, "9000000000000bbb,1000000000000ccc", 100, 0);
    let weights = [("ccc", 200_000), ("ddd", 500_000), ("uago", 300_000)];
    world.weighted(1, "5000000000000ccc,3000000000000ddd,8000000000000uago", &weights, 0);
    end_block(&mut world);
    for (from, to) in
        [("aaa", "bbb"), ("bbb", "aaa"), ("bbb", "ccc"), ("ccc", "bbb"), ("ddd", "ccc"), ("uago", "ddd")]
    {
        let found = find(
            &world,
            &wire::QueryFindRouteRequest { max_hops: 1, ..request(&format!("10000000{from}"), to) },
        )
        .unwrap();
        let spot: u128 = found.spot_price.parse().unwrap();
        let got = amount(found.token_out.as_ref()) * 10u128.pow(18) / 10_000_000;
        let after_fee = spot - spot * u128::from(found.fee_share) / 1_000_000;
        // The swap is a hundred-thousandth of the reserves.
        assert!(
            got <= after_fee + after_fee / 1_000_000 && got > after_fee - after_fee / 20_000,
            "{from} to {to}: {got} of {spot}"
        );
    }
}

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

#[test]
fn the_same_question_has_the_same_answer() {
    let mut random = Random::new(99);
    let mut world = World::new(1, RICH);
    market(&mut random, &mut world, 20);
    for given in ["1000aaa", "7654321aaa", "300000000aaa"] {
        let request = request(given, "eee");
        assert_eq!(find(&world, &request), find(&world, &request));
    }
}
