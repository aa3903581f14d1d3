//! The wallet against a living devnet, both the same binary: what a person does in the first minutes.

mod common;

use std::time::{Duration, Instant};

use common::Devnet;
use serde_json::Value;

#[test]
fn a_send_moves_coins_and_the_exit_code_is_that_of_the_execution() {
    let net = Devnet::start();
    let (alice, bob) = (net.balance("alice"), net.balance("bob"));
    let rehearsed =
        net.run(&["tx", "bank", "send", "alice", "bob", "1.5 AGO", "--dry-run", "-o", "json"]).json();
    assert_eq!(net.balance("bob"), bob, "a rehearsal changes nothing");
    assert_eq!(rehearsed["balance_changes"][1]["changes"][0]["change"], "1500000");

    for mode in ["direct", "amino"] {
        let sent = net
            .run(&[
                "tx",
                "bank",
                "send",
                "alice",
                "bob",
                "1.5 AGO",
                "--yes",
                "--sign-mode",
                mode,
                "-o",
                "json",
            ])
            .json();
        assert_eq!(sent["code"], 0);
        let shown = net.run(&["tx", "show", sent["txhash"].as_str().unwrap()]).ok();
        for part in ["success", "alice", "bob", "+1.5 AGO", "AGO fee"] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }
    assert_eq!(net.balance("bob"), bob + 3_000_000);
    assert!(net.balance("alice") < alice - 3_000_000, "the fee was paid");

    let much = "9999999999 AGO";
    net.run(&["tx", "bank", "send", "alice", "bob", much, "--yes"]).fails(2, "insufficient funds");
    let out = net
        .run(&["tx", "bank", "send", "alice", "bob", much, "--yes", "--gas", "100000"])
        .fails(2, "code: 5 in sdk");
    assert!(out.contains("failed"), "{out}");
    net.run(&["tx", "bank", "send", "alice", "bob", "1 AGO", "--yes", "--fees", "1uago", "--gas", "100000"])
        .fails(2, "code: 13");
    net.run(&["tx", "bank", "send", "alice", "bob", "1 AGO", "--yes", "--sequence", "99", "--gas", "100000"])
        .fails(2, "code: 32");
    net.run(&["tx", "bank", "send", "alice", "bob", "1 AGO"]).fails(1, "--yes");
    net.run(&["--chain-id", "agora-dev-9", "tx", "bank", "send", "alice", "bob", "1 AGO", "--yes"])
        .fails(1, "agora-dev-1");
}

#[test]
fn commands_of_one_account_do_not_wait_for_each_others_blocks() {
    let net = Devnet::start();
    let before = net.balance("bob");
    let mut hashes = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let sent = net.run(&["tx", "bank", "send", "alice", "bob", "1uago", "--yes", "--async"]).ok();
        hashes.insert(sent.trim().to_owned());
    }
    assert_eq!(hashes.len(), 4, "four transactions, not one sent four times");
    let unordered = net
        .run(&["tx", "bank", "send", "alice", "bob", "1uago", "--yes", "--unordered", "-o", "json"])
        .json();
    assert_eq!(unordered["tx"]["body"]["unordered"], true);
    let deadline = Instant::now() + Duration::from_secs(20);
    while net.balance("bob") != before + 5 {
        assert!(Instant::now() < deadline, "{} of 5 arrived", net.balance("bob") - before);
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_multisig_spends_what_the_faucet_gave_it_by_files_and_at_once() {
    let net = Devnet::start();
    net.run(&["keys", "multisig", "create", "treasury", "--threshold", "2", "alice", "bob", "carol"]).ok();
    net.run(&["tx", "bank", "send", "treasury", "dave", "1 AGO", "--yes"]).fails(1, "never received coins");
    net.run(&["tx", "faucet", "treasury"]).ok();
    let before = net.balance("dave");
    let unsigned =
        net.store("tx.json", &["tx", "bank", "send", "treasury", "dave", "1 AGO", "--generate-only"]);
    let sign = |member: &str| {
        net.store(
            &format!("{member}.json"),
            &["tx", "sign", &unsigned, "--from", member, "--multisig", "treasury"],
        )
    };
    let (alice, carol) = (sign("alice"), sign("carol"));
    let signed = net.store("signed.json", &["tx", "multisign", &unsigned, "treasury", &alice, &carol]);
    let sent = net.run(&["tx", "broadcast", &signed, "-o", "json"]).json();
    assert_eq!(sent["code"], 0, "{sent}");
    assert_eq!(net.balance("dave"), before + 1_000_000);
    let again = net.run(&["tx", "broadcast", &signed]);
    assert_eq!(net.balance("dave"), before + 1_000_000, "the same file pays once: {}", again.err);
    net.run(&["tx", "bank", "send", "treasury", "dave", "1 AGO", "--yes"]).ok();
    assert_eq!(net.balance("dave"), before + 2_000_000);
    // Someone else pays the fee, and signs.
    let treasury = net.balance("treasury");
    net.run(&["tx", "bank", "send", "alice", "dave", "1 AGO", "--fee-payer", "carol", "--yes"]).ok();
    assert_eq!(net.balance("treasury"), treasury);
}

#[test]
fn the_chain_can_be_looked_at() {
    let net = Devnet::start();
    let sent = net.run(&["tx", "bank", "send", "alice", "bob", "1 AGO", "--yes", "-o", "json"]).json();
    let (hash, height) = (sent["txhash"].as_str().unwrap(), sent["height"].as_str().unwrap());
    assert_eq!(net.run(&["query", "tx", hash, "-o", "json"]).json()["txhash"], hash);
    assert!(net.run(&["query", "block", height]).ok().contains(hash));
    let found = net.run(&["query", "txs", &format!("tx.height={height}"), "-o", "json"]).json();
    assert_eq!(found["tx_responses"][0]["txhash"], hash);
    let status = net.run(&["status", "-o", "json"]).json();
    assert_eq!(
        (&status["chain_id"], &status["catching_up"]),
        (&Value::from("agora-dev-1"), &Value::from(false))
    );
    let checks = net.run(&["doctor", "-o", "json"]).json();
    assert!(checks.as_array().unwrap().iter().all(|check| check["verdict"] != "fail"), "{checks}");
    // Prices are decimals of 18 digits in JSON, and read as such.
    let prices = net.run(&["query", "feemarket", "gas-prices", "-o", "json"]).json();
    assert!(prices["prices"][0]["amount"].as_str().unwrap().contains('.'), "{prices}");
    let page = net.run(&["query", "bank", "denom-owners", "AGO", "--limit", "1", "-o", "json"]).json();
    let key = page["pagination"]["next_key"].as_str().unwrap();
    let next = net
        .run(&["query", "bank", "denom-owners", "AGO", "--limit", "1", "--page-key", key, "-o", "json"])
        .json();
    assert_ne!(page["denom_owners"], next["denom_owners"]);
    net.run(&["query", "auth", "account", &format!("agora1{}", "q".repeat(38))]).fails(1, "not an address");
    net.run(&["query", "tx", &"00".repeat(32)]).fails(1, "no block holds");
    net.run(&["query", "block", "999999"]).fails(1, "does not exist yet");
}
