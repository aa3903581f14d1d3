//! Against every way there is, in markets made at random.

use agora_dex::proto::agora::dex::v1 as wire;

use super::common::{Random, World, account, coin, route, swap_in, swap_out};
use super::{RICH, amount, end_block, exact_out, find, pools, request, text};

const DENOMS: [&str; 6] = ["aaa", "bbb", "ccc", "ddd", "eee", "uago"];

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
fn the_same_question_has_the_same_answer() {
    let mut random = Random::new(99);
    let mut world = World::new(1, RICH);
    market(&mut random, &mut world, 20);
    for given in ["1000aaa", "7654321aaa", "300000000aaa"] {
        let request = request(given, "eee");
        assert_eq!(find(&world, &request), find(&world, &request));
    }
}
