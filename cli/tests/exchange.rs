//! The wallet as a trader uses it, against a living devnet with its sample pools.

mod common;

use common::Devnet;
use serde_json::Value;

/// What an account holds of a denom, in base units.
fn held(net: &Devnet, account: &str, denom: &str) -> u128 {
    let answer = net.run(&["query", "bank", "balance", account, denom, "-o", "json"]).json();
    answer["balance"]["amount"].as_str().unwrap().parse().unwrap()
}

fn amount(value: &Value) -> u128 {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn a_swap_shows_its_worst_case_and_gives_what_the_rehearsal_promised() {
    let net = Devnet::start();
    let before = held(&net, "alice", "uusdc");
    let shown = net.run(&["tx", "dex", "swap", "10 AGO", "USDC", "--from", "alice", "--dry-run"]).ok();
    for part in ["give", "10 AGO", "at least", "slippage 0.5%", "price impact", "fees", "> pool "] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    assert_eq!(held(&net, "alice", "uusdc"), before, "a rehearsal changes nothing");

    let plan = net
        .run(&["tx", "dex", "swap", "10 AGO", "USDC", "--from", "alice", "--dry-run", "-o", "json"])
        .json();
    let promised = amount(&plan["plan"]["token_out"]["amount"]);
    let least = amount(&plan["plan"]["token_out_min"]["amount"]);
    assert!(least < promised && least > promised - promised / 199, "{least} of {promised}");
    let sent =
        net.run(&["tx", "dex", "swap", "10 AGO", "USDC", "--from", "alice", "--yes", "-o", "json"]).json();
    assert_eq!(sent["code"], 0);
    let message = &sent["tx"]["body"]["messages"][0];
    assert_eq!(message["@type"], "/agora.dex.v1.MsgSwapExactIn");
    assert_eq!(amount(&message["token_out_min"]["amount"]), least);
    assert!(message["deadline"].is_string());
    assert_eq!(held(&net, "alice", "uusdc") - before, promised);

    let before = held(&net, "bob", "satoshi");
    let exact = ["tx", "dex", "swap", "0.001 BTC", "USDT", "--exact-out", "--from", "bob", "--yes"];
    let answer = net.run(&exact);
    assert!(answer.err.contains("at most"), "what is signed is shown first: {}", answer.err);
    answer.ok();
    assert_eq!(held(&net, "bob", "satoshi") - before, 100_000);
}

#[test]
fn a_swap_that_would_lose_much_needs_a_consent_of_its_own() {
    let net = Devnet::start();
    let much = ["tx", "dex", "swap", "50000 AGO", "USDC", "--from", "alice"];
    let before = held(&net, "alice", "uusdc");
    net.run(&[&much[..], &["--yes"]].concat()).fails(1, "--accept-impact");
    assert_eq!(held(&net, "alice", "uusdc"), before);
    // Looking is free, but says the same.
    let shown = net.run(&[&much[..], &["--dry-run"]].concat());
    assert!(shown.ok().contains("price impact"));
    net.run(&[&much[..], &["--accept-impact"]].concat()).fails(1, "--yes");
    net.run(&[&much[..], &["--yes", "--accept-impact"]].concat()).ok();
    assert!(held(&net, "alice", "uusdc") > before);
}

#[test]
fn what_cannot_be_swapped_is_refused_with_the_reason() {
    let net = Devnet::start();
    let swap = |arguments: &[&str]| {
        net.run(&[&["tx", "dex", "swap"], arguments, &["--from", "alice", "--yes"]].concat())
    };
    swap(&["10 AGO", "lp/1"]).fails(1, "no route of at most 4 pools leads from uago to lp/1");
    swap(&["100000 BTC", "USDT"]).fails(1, "no route from satoshi to uusdt takes");
    swap(&["10 AGO", "AGO"]).fails(1, "exchanged for itself");
    swap(&["10", "USDC"]).fails(1, "has no unit");
    swap(&["10 AGO", "USDC", "--slippage", "60%"]).fails(1, "no slippage");
    swap(&["10 AGO", "USDC", "--deadline", "0s"]).fails(1, "--deadline");
    swap(&["10 AGO", "USDC", "--max-hops", "9"]).fails(1, "--max-hops");
    swap(&["10 AGO", "USDC", "--offline"]).fails(1, "cannot ask for a route");
    // More than the account has: the route is there, the coins are not.
    net.run(&["tx", "bank", "send", "alice", "bob", "999999 USDC", "--yes"]).ok();
    swap(&["100 USDC", "AGO"]).fails(2, "insufficient funds");
}

#[test]
fn pools_and_positions_are_shown_with_prices_and_values() {
    let net = Devnet::start();
    let pools = net.run(&["query", "dex", "pools"]).ok();
    for part in ["constant product", "weighted", "stable", "concentrated", "1 AGO = 5 USDC", "2000000 USDC"] {
        assert!(pools.contains(part), "{part} is missing in\n{pools}");
    }
    let provide = [
        "tx",
        "dex",
        "provide",
        "4",
        "1 BTC, 12000 AGO",
        "--low",
        "9000",
        "--high",
        "16000",
        "--from",
        "carol",
    ];
    let rehearsed = net.run(&[&provide[..], &["--dry-run"]].concat()).ok();
    for part in ["4 (BTC/AGO, 0.3%)", "AGO for 1 BTC", "in the range", "put in", "slippage 0.5%"] {
        assert!(rehearsed.contains(part), "{part} is missing in\n{rehearsed}");
    }
    net.run(&["tx", "dex", "provide", "1", "1 AGO, 5 USDC", "--full", "--from", "carol", "--yes"])
        .fails(1, "join");
    let opened = net.run(&[&provide[..], &["--yes", "-o", "json"]].concat());
    let events = opened.json()["events"].clone();
    let attributes = events
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["type"] == "position_opened")
        .and_then(|event| event["attributes"].as_array())
        .unwrap();
    let id = attributes.iter().find(|one| one["key"] == "position_id").unwrap()["value"].as_str().unwrap();
    for trade in ["3000 AGO", "1500 AGO"] {
        let swap = [
            "tx",
            "dex",
            "swap",
            trade,
            "BTC",
            "--from",
            "bob",
            "--yes",
            "--max-hops",
            "1",
            "--max-routes",
            "1",
        ];
        net.run(&swap).ok();
    }
    let shown = net.run(&["query", "dex", "position", id]).ok();
    for part in ["carol", "BTC/AGO", "AGO for 1 BTC", "in range", "value if kept", "divergence", "with fees"]
    {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    let list = net.run(&["query", "dex", "positions", "carol"]).ok();
    assert!(list.contains(id) && list.contains("divergence"), "{list}");
    assert!(net.run(&["query", "dex", "find-route", "10 AGO", "BTC"]).ok().contains("price impact"));
}
