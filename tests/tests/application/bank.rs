//! The bank: who may move what, and what clients see of it.

use agora_proto::cosmos::bank::v1beta1 as wire;
use agora_proto::pack;
use agora_tests::harness::{CoinReceived, CoinSpent, FeePaid, MessageDone, Transfer};
use agora_tests::txs::{coins, multi_send, send, wire_coins};
use agora_tests::{Account, TestChain};
use serde_json::json;

use crate::support::{authority, balance_query, decision, fee_collector, governed, stranger, three};

#[test]
fn a_send_moves_coins_and_the_fee_and_nothing_else() {
    let (mut chain, alice, bob, carol) = three();
    let done = chain.tx(&alice).send(&bob, "5uago").fee("500uago").run().expect_ok();
    assert_eq!(done.delta(&alice, "uago"), -505);
    assert_eq!(done.delta(&bob, "uago"), 5);
    assert_eq!(done.delta(&carol, "uago"), 0);
    assert_eq!(done.delta(&fee_collector(), "uago"), 500);
    assert_eq!(balance_query(&chain, &bob, "uago"), "1000000005");
    let responses = done.responses();
    assert_eq!(responses.len(), 1);
    assert_eq!(responses[0].type_url, "/cosmos.bank.v1beta1.MsgSendResponse");
}

#[test]
fn the_events_of_a_send_have_the_shape_clients_know() {
    let (mut chain, alice, bob, _) = three();
    let _ = chain.tx(&alice).send(&bob, "5uago,7uusdc").run().expect_ok();
    let done = chain.tx(&alice).send(&bob, "7uago").fee("500uago").run().expect_ok();
    let (a, b, collector) = (alice.address.to_string(), bob.address.to_string(), fee_collector().to_string());
    assert_eq!(
        done.shape(),
        [
            "coin_spent:spender,amount",
            "coin_received:receiver,amount",
            "transfer:recipient,sender,amount",
            "message:sender",
            "tx:fee,fee_payer",
            "tx:acc_seq",
            "tx:signature",
            "message:action,sender,module,msg_index",
            "coin_spent:spender,amount,msg_index",
            "coin_received:receiver,amount,msg_index",
            "transfer:recipient,sender,amount,msg_index",
            "message:sender,msg_index",
        ]
    );
    let transfers = done.all::<Transfer>();
    assert_eq!(
        transfers[0],
        Transfer { recipient: collector.clone(), sender: a.clone(), amount: "500uago".into() }
    );
    assert_eq!(transfers[1], Transfer { recipient: b.clone(), sender: a.clone(), amount: "7uago".into() });
    assert_eq!(done.all::<CoinSpent>()[1], CoinSpent { spender: a.clone(), amount: "7uago".into() });
    assert_eq!(done.all::<CoinReceived>()[0], CoinReceived { receiver: collector, amount: "500uago".into() });
    assert_eq!(done.only::<FeePaid>(), FeePaid { fee: "500uago".into(), fee_payer: a.clone() });
    let message = done.only::<MessageDone>();
    assert_eq!(
        message,
        MessageDone {
            action: "/cosmos.bank.v1beta1.MsgSend".into(),
            sender: a.clone(),
            module: "bank".into()
        }
    );
    assert!(done.event_lines().contains(&format!("tx(acc_seq={a}/1)")), "{:?}", done.event_lines());
}

#[test]
fn a_failed_send_keeps_the_events_of_the_ante_alone() {
    let (mut chain, alice, bob, _) = three();
    let failed =
        chain.tx(&alice).send(&bob, "1uago").send(&bob, "1000000001uago").run().expect_code("sdk", 5);
    assert!(
        failed.log.starts_with("failed to execute message; message index: 1: spendable balance "),
        "{}",
        failed.log
    );
    assert!(failed.log.ends_with(": insufficient funds"), "{}", failed.log);
    assert_eq!(failed.shape().last().map(String::as_str), Some("tx:signature"));
    assert_eq!(failed.all::<Transfer>().len(), 1, "the fee's");
    assert_eq!(failed.delta(&bob, "uago"), 0, "messages are atomic");
}

#[test]
fn coins_that_are_no_coins_are_refused_with_their_text() {
    let (mut chain, alice, bob, _) = three();
    for amount in [
        "",
        "0uago",
        "-5uago",
        "1uusdc,1uago",
        "1uago,1uago",
        "1x",
        "340282366920938463463374607431768211456uago",
    ] {
        let refused = chain.tx(&alice).send(&bob, amount).run().expect_code("sdk", 10);
        assert!(refused.log.ends_with(&format!("{amount}: invalid coins")), "{}", refused.log);
    }
}

#[test]
fn malformed_addresses_are_refused_by_role() {
    let (mut chain, alice, bob, _) = three();
    let mut message = send(&alice.address, &bob.address, "1uago");
    message.to_address = bob.address.to_bech32("cosmos");
    let _ = chain.tx(&alice).msg(&message).run().expect_code("sdk", 7).saying("invalid to address");
    message.to_address = String::new();
    let _ = chain.tx(&alice).msg(&message).run().expect_code("sdk", 7);
    message.from_address = "agora1qqqq".to_owned();
    let before = chain.sequence(&alice);
    let _ = chain.tx(&alice).msg(&message).run().expect_code("sdk", 7);
    assert_eq!(chain.sequence(&alice), before, "without a signer there is no ante");
}

#[test]
fn a_multi_send_takes_the_sum_once_and_pays_each_output() {
    let (mut chain, alice, bob, carol) = three();
    let done = chain
        .tx(&alice)
        .multi_send(&[(&bob, "3uago"), (&carol, "4uago"), (&bob, "1uusdc")])
        .run()
        .expect_ok();
    assert_eq!(done.delta(&bob, "uago"), 3);
    assert_eq!(done.delta(&bob, "uusdc"), 1);
    assert_eq!(done.delta(&carol, "uago"), 4);
    let spent = done.all::<CoinSpent>();
    assert_eq!(spent.len(), 2, "the fee, and the sum once");
    assert_eq!(spent[1].amount, "7uago,1uusdc");
    assert_eq!(done.all::<Transfer>().len(), 4, "the fee and three outputs");
}

#[test]
fn a_multi_send_must_have_one_input_that_equals_its_outputs() {
    let (mut chain, alice, bob, _) = three();
    let good = multi_send(&alice.address, &[(bob.address, "5uago")]);
    let mut cases = Vec::new();
    let mut message = good.clone();
    message.outputs.clear();
    cases.push((message, "bank", 3));
    let mut message = good.clone();
    message.inputs[0].coins = wire_coins("6uago");
    cases.push((message, "bank", 4));
    let mut message = good.clone();
    message.inputs.push(message.inputs[0].clone());
    cases.push((message, "bank", 9));
    let mut message = good.clone();
    message.outputs[0].coins = wire_coins("0uago");
    cases.push((message, "sdk", 10));
    for (message, codespace, code) in cases {
        let refused = chain.tx(&alice).msg(&message).run().expect_code(codespace, code);
        assert_eq!(refused.delta(&bob, "uago"), 0);
    }
    let no_input = wire::MsgMultiSend { inputs: vec![], ..good };
    let _ = chain.tx(&alice).msg(&no_input).run().expect_code("sdk", 4);
}

#[test]
fn accounts_of_modules_that_take_no_coins_are_blocked() {
    let (mut chain, alice, bob, _) = three();
    for blocked in [fee_collector(), authority()] {
        let refused = chain.tx(&alice).send(&blocked, "1uago").run().expect_code("sdk", 4);
        assert!(
            refused.log.contains(&format!("{blocked} is not allowed to receive funds")),
            "{}",
            refused.log
        );
        let both = multi_send(&alice.address, &[(bob.address, "1uago"), (blocked, "1uago")]);
        let refused = chain.tx(&alice).msg(&both).run().expect_code("sdk", 4);
        assert_eq!(refused.delta(&bob, "uago"), 0);
    }
}

#[test]
fn a_denom_that_is_switched_off_cannot_be_sent_but_pays_fees() {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let off = json!([{"denom": "uusdc", "enabled": false}, {"denom": "uago", "enabled": false}]);
    let mut chain = TestChain::builder().accounts([&alice, &bob]).genesis("/bank/send_enabled", off).build();
    for denom in ["uusdc", "uago"] {
        let refused = chain.tx(&alice).send(&bob, &format!("1{denom}")).run().expect_code("bank", 5);
        assert!(
            refused.log.contains(&format!("{denom} transfers are currently disabled")),
            "{}",
            refused.log
        );
        let _ = chain.tx(&alice).multi_send(&[(&bob, &format!("1{denom}"))]).run().expect_code("bank", 5);
    }
    assert_eq!(chain.sequence(&alice), 4, "the fees were paid");
}

#[test]
fn the_default_decides_for_denoms_without_a_switch_of_their_own() {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let mut chain = TestChain::builder()
        .accounts([&alice])
        .genesis("/bank/params/default_send_enabled", json!(false))
        .genesis("/bank/send_enabled", json!([{"denom": "uusdc", "enabled": true}]))
        .build();
    let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_code("bank", 5);
    let _ = chain.tx(&alice).send(&bob, "1uusdc").run().expect_ok();
    let request =
        wire::QuerySendEnabledRequest { denoms: vec!["uusdc".into(), "uago".into()], pagination: None };
    let answer: wire::QuerySendEnabledResponse =
        chain.query("/cosmos.bank.v1beta1.Query/SendEnabled", &request).unwrap();
    assert_eq!(answer.send_enabled, [wire::SendEnabled { denom: "uusdc".into(), enabled: true }]);
}

#[test]
fn only_the_authority_changes_parameters_and_switches() {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let mut chain = TestChain::builder().accounts([&alice]).balance(&authority(), "1000000uago").build();
    let params = wire::Params { default_send_enabled: false, ..Default::default() };
    let mine = alice.address.to_string();
    let update = wire::MsgUpdateParams { authority: mine.clone(), params: Some(params.clone()) };
    let refused = chain.tx(&alice).msg(&update).run().expect_code("sdk", 4);
    assert!(refused.log.contains(&format!("expected {}, got {mine}", authority())), "{}", refused.log);
    let switch = wire::MsgSetSendEnabled {
        authority: mine,
        send_enabled: vec![wire::SendEnabled { denom: "uago".into(), enabled: false }],
        use_default_for: vec![],
    };
    let _ = chain.tx(&alice).msg(&switch).run().expect_code("sdk", 4);
    // The authority's name alone does not do: it would have to sign.
    let update = wire::MsgUpdateParams { authority: authority().to_string(), params: Some(params) };
    let _ = chain.tx(&alice).msg(&update).run().expect_code("sdk", 8);
    let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_ok();
}

#[test]
fn the_authority_switches_denoms_and_changes_the_default() {
    let (mut chain, alice, bob) = governed();
    let decide = |chain: &mut TestChain, message| {
        let _ = chain.tx(&alice).msg(&decision(&alice, message)).run().expect_ok();
    };
    let switch = |entries: &[(&str, bool)], use_default_for: &[&str]| {
        pack(&wire::MsgSetSendEnabled {
            authority: authority().to_string(),
            send_enabled: entries
                .iter()
                .map(|(denom, enabled)| wire::SendEnabled { denom: (*denom).to_owned(), enabled: *enabled })
                .collect(),
            use_default_for: use_default_for.iter().map(ToString::to_string).collect(),
        })
    };
    let default = |enabled| {
        let params = wire::Params { default_send_enabled: enabled, ..Default::default() };
        pack(&wire::MsgUpdateParams { authority: authority().to_string(), params: Some(params) })
    };
    decide(&mut chain, switch(&[("uago", false)], &[]));
    let _ = chain.tx(&bob).send(&alice, "1uago").run().expect_code("bank", 5);
    let _ = chain.tx(&bob).send(&alice, "1uusdc").run().expect_ok();
    decide(&mut chain, default(false));
    let _ = chain.tx(&bob).send(&alice, "1uusdc").run().expect_code("bank", 5);
    decide(&mut chain, switch(&[("uusdc", true)], &["uago"]));
    let _ = chain.tx(&bob).send(&alice, "1uusdc").run().expect_ok();
    let _ = chain.tx(&bob).send(&alice, "1uago").run().expect_code("bank", 5);
    decide(&mut chain, default(true));
    let _ = chain.tx(&bob).send(&alice, "1uago").run().expect_ok();
    let twice = switch(&[("uago", true)], &["uago"]);
    let _ = chain.tx(&alice).msg(&decision(&alice, twice)).run().expect_code("bank", 8);
}

#[test]
fn transfers_leave_the_supply_as_it_is() {
    let (mut chain, alice, bob, carol) = three();
    let before = (chain.supply("uago"), chain.supply("uusdc"));
    let _ = chain.tx(&alice).send(&bob, "5uago").run().expect_ok();
    let _ = chain.tx(&bob).multi_send(&[(&carol, "9uusdc"), (&stranger(), "1uago")]).run().expect_ok();
    assert_eq!((chain.supply("uago"), chain.supply("uusdc")), before);
    assert_eq!(before.0, 3_000_000_000);
    let answer: wire::QueryTotalSupplyResponse = chain
        .query("/cosmos.bank.v1beta1.Query/TotalSupply", &wire::QueryTotalSupplyRequest { pagination: None })
        .unwrap();
    assert_eq!(answer.supply, wire_coins("3000000000uago,3000000uusdc"));
    chain.check_invariants().unwrap();
}

#[test]
fn holders_of_a_denom_come_and_go_with_their_balances() {
    let (mut chain, alice, _, _) = three();
    let newcomer = stranger();
    let owners = |chain: &TestChain| {
        let request = wire::QueryDenomOwnersRequest { denom: "uusdc".into(), pagination: None };
        let answer: wire::QueryDenomOwnersResponse =
            chain.query("/cosmos.bank.v1beta1.Query/DenomOwners", &request).unwrap();
        answer.denom_owners.into_iter().map(|owner| owner.address).collect::<Vec<_>>()
    };
    assert_eq!(owners(&chain).len(), 3);
    let _ = chain.tx(&alice).send(&newcomer, "1000000uago,1000000uusdc").run().expect_ok();
    let now = owners(&chain);
    assert!(
        now.contains(&newcomer.address.to_string()) && !now.contains(&alice.address.to_string()),
        "{now:?}"
    );
    assert_eq!(coins("1000000uusdc").to_string(), format!("{}uusdc", chain.balance(&newcomer, "uusdc")));
}
