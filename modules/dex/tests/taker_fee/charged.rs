//! What exchanges are charged.

use super::*;

#[test]
fn an_exact_input_gives_what_the_pool_gives_for_what_the_fee_leaves() {
    let mut world = World::new(2, EACH);
    let taxed = world.constant_product(1, "1000000000aaa,3000000000bbb", 3000);
    let free = world.constant_product(1, "1000000000aaa,3000000000bbb", 3000);
    let plain = world.swap(2, &free, "999000aaa", "bbb");
    set(&mut world, 1000, &[], [1_000_000, 0, 0]);
    let before = world.balance(&account(2), "aaa");
    assert_eq!(world.swap(2, &taxed, "1000000aaa", "bbb"), plain, "a thousandth is taken first");
    assert_eq!(before - world.balance(&account(2), "aaa"), 1_000_000);
    assert_eq!((held(&world, "aaa"), world.reserve(&taxed, "aaa")), (1000, 1_000_999_000));
    // A unit at least: the fee is rounded up.
    world.swap(2, &taxed, "12aaa", "bbb");
    assert_eq!(held(&world, "aaa"), 1001);
    let only = swap_in(2, "1aaa", "bbb", &[route(&[(&taxed, "bbb")])]);
    assert!(world.refused("dex", 6, &only).contains("taker fee"));
    world.check();
    world.check_exact();
}

#[test]
fn an_exact_output_costs_what_leaves_the_pool_its_due_after_the_fee_and_both_ways_agree() {
    let mut random = Random::new(11);
    let mut world = World::new(2, EACH);
    let pool = world.constant_product(1, "1000000000aaa,3000000000bbb", 3000);
    for _ in 0..300 {
        let rate = u128::from(random.below(50_001));
        set(&mut world, rate, &[], [0, 1_000_000, 0]);
        let out = 1 + random.below(100_000_000);
        let way = [route(&[(&pool, "bbb")])];
        let quote: wire::QueryQuoteSwapExactOutResponse = world
            .query(
                "QuoteSwapExactOut",
                &wire::QueryQuoteSwapExactOutRequest {
                    denom_in: "aaa".into(),
                    token_out: coin(&format!("{out}bbb")),
                    routes: way.to_vec(),
                },
            )
            .unwrap();
        let cost: u128 = quote.token_in.unwrap().amount.parse().unwrap();
        let amount = |coin: &Option<agora_proto::cosmos::base::v1beta1::Coin>| -> u128 {
            coin.as_ref().unwrap().amount.parse().unwrap()
        };
        let part = &quote.exchanges[0];
        let (net, fee) = (amount(&part.token_in), amount(&part.taker_fee));
        assert_eq!((net + fee, fee), (cost, (cost * rate).div_ceil(1_000_000)));
        // Given as an exact input, the cost buys at least the output.
        let forward: wire::QueryQuoteSwapExactInResponse = world
            .query(
                "QuoteSwapExactIn",
                &wire::QueryQuoteSwapExactInRequest {
                    token_in: coin(&format!("{cost}aaa")),
                    routes: way.to_vec(),
                },
            )
            .unwrap();
        assert!(amount(&forward.token_out) >= u128::from(out));
        let (before, collected) = (world.balance(&account(2), "aaa"), held(&world, "aaa"));
        let message = swap_out(2, &format!("{cost}aaa"), &format!("{out}bbb"), &way);
        world.ok::<wire::MsgSwapExactOutResponse>(&message);
        assert_eq!(before - world.balance(&account(2), "aaa"), cost, "as quoted");
        assert_eq!(held(&world, "aaa") - collected, fee);
        // The limit of a hop counts the fee.
        let mut tight = swap_out(2, "1000000000aaa", &format!("{out}bbb"), &way);
        let again = world.run(&tight).unwrap();
        let again = wire::MsgSwapExactOutResponse::decode(again.response.as_slice()).unwrap();
        tight.routes[0].hops[0].limit = (amount(&again.token_in) - 1).to_string();
        world.refused("dex", 3, &tight);
        world.swap(2, &pool, &format!("{}bbb", 1 + 2 * out), "aaa");
    }
    world.check();
}

#[test]
fn each_exchange_of_a_route_is_charged_in_the_coin_that_goes_into_it() {
    let mut world = World::new(2, EACH);
    let first = world.constant_product(1, "1000000000aaa,1000000000bbb", 0);
    let second = world.constant_product(1, "1000000000bbb,1000000000ccc", 0);
    set(&mut world, 1000, &[("ccc", "bbb", 20_000)], [400_000, 400_000, 200_000]);
    let way = [route(&[(&first, "bbb"), (&second, "ccc"), (&second, "bbb"), (&first, "aaa")])];
    let message = swap_in(2, "1000000aaa", "aaa", &way);
    assert!(world.run(&message).is_err(), "a coin for itself");
    let way = [route(&[(&first, "bbb"), (&second, "ccc"), (&second, "bbb")])];
    let before = world.balance(&account(2), "bbb");
    let out = swapped(&mut world, &swap_in(2, "1000000aaa", "bbb", &way));
    assert_eq!(world.balance(&account(2), "bbb") - before, out);
    // 1000 of 1,000,000 aaa; 2 % of the 998,002 bbb that the first pool gives for 999,000, rounded up; 2 % of the ccc for those.
    assert_eq!(held(&world, "aaa"), 1000);
    assert_eq!(held(&world, "bbb"), 19_961);
    assert!(held(&world, "ccc") > 19_000);
    world.check();
    world.check_exact();
}

#[test]
fn collecting_writes_nothing_and_every_key_is_said_beforehand() {
    let mut world = World::new(2, EACH);
    let first = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let second = world.constant_product(1, "1000000000bbb,1000000000ccc", 3000);
    set(&mut world, 1000, &[], [1_000_000, 0, 0]);
    let message = swap_in(2, "1000000aaa", "ccc", &[route(&[(&first, "bbb"), (&second, "ccc")])]);
    let any = prost_types::Any {
        type_url: format!("/{}", wire::MsgSwapExactIn::full_name()),
        value: message.encode_to_vec(),
    };
    let mut hint = AccessHint::default();
    world.registry.decode(&any).unwrap().access(&mut hint);
    let said: BTreeSet<StateKey> = hint.keys().iter().map(|(key, _)| key.clone()).collect();
    let done = world.run(&message).unwrap();
    assert_eq!(done.written.len(), 2, "the two pools");
    assert!(done.added.iter().chain(&done.written).all(|key| said.contains(key)));
    // Two balances of the trader, three of the pools that change, two fees with their sums, two marks.
    assert_eq!(done.added.len(), 12, "{:?}", done.added);
}
