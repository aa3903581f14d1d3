//! The ante: limits, time-outs, fees and payers, sequences.

use agora_primitives::Address;
use agora_proto::cosmos::auth::v1beta1 as auth;
use agora_proto::pack;
use agora_tests::harness::FeePaid;
use agora_tests::txs::{Draft, SignMode, send};
use agora_tests::{Account, TestChain};
use serde_json::json;

use crate::support::{authority, decision, fee_collector, governed, stranger, three};

#[test]
fn a_memo_may_be_as_long_as_the_parameters_say() {
    let (mut chain, alice, bob, _) = three();
    let _ = chain.tx(&alice).send(&bob, "1uago").memo("m".repeat(256)).run().expect_ok();
    let refused = chain.tx(&alice).send(&bob, "1uago").memo("m".repeat(257)).run().expect_code("sdk", 12);
    assert!(refused.log.contains("maximum number of characters is 256 but received 257"), "{}", refused.log);
    assert_eq!(refused.delta(&alice, "uago"), 0, "a failed ante costs nothing");
    assert_eq!(refused.gas_used, 0);
    assert!(refused.events.is_empty());
}

#[test]
fn a_transaction_is_good_up_to_its_timeout_height_and_not_beyond() {
    let (mut chain, alice, bob, _) = three();
    let next = chain.height() + 1;
    let _ = chain.tx(&alice).send(&bob, "1uago").timeout_height(next).run().expect_ok();
    let refused = chain.tx(&alice).send(&bob, "1uago").timeout_height(next).run().expect_code("sdk", 30);
    assert!(
        refused.log.contains(&format!("block height: {}, timeout height: {next}", next + 1)),
        "{}",
        refused.log
    );
}

#[test]
fn a_transaction_is_good_up_to_its_timeout_and_not_beyond() {
    let (mut chain, alice, bob, _) = three();
    let next = chain.next_time();
    let _ = chain.tx(&alice).send(&bob, "1uago").timeout(next).run().expect_ok();
    let _ = chain.tx(&alice).send(&bob, "1uago").timeout(next).run().expect_code("sdk", 42);
    let past_2554 = |draft: &mut Draft<_>| {
        draft.body.timeout_timestamp = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
    };
    let _ = chain.tx(&alice).send(&bob, "1uago").with(past_2554).run().expect_code("sdk", 18);
}

#[test]
fn a_fee_payer_pays_and_signs_and_uses_a_sequence() {
    let (mut chain, alice, bob, carol) = three();
    let done = chain.tx(&alice).send(&bob, "5uago").fee("700uago").fee_payer(&carol, 0).run().expect_ok();
    assert_eq!(done.delta(&alice, "uago"), -5);
    assert_eq!(done.delta(&carol, "uago"), -700);
    assert_eq!(done.only::<FeePaid>().fee_payer, carol.address.to_string());
    assert_eq!((chain.sequence(&alice), chain.sequence(&carol)), (1, 1));
    // Named, but not asked.
    let payer = carol.address.to_string();
    let _ = chain
        .tx(&alice)
        .send(&bob, "5uago")
        .with(|draft| draft.fee.payer = payer)
        .run()
        .expect_code("sdk", 4)
        .saying("wrong number of signers");
    assert_eq!(chain.balance(&carol, "uago"), 1_000_000_000 - 700);
}

#[test]
fn extensions_are_refused() {
    let (mut chain, alice, bob, _) = three();
    let extension = prost_types::Any { type_url: "/cosmos.bank.v1beta1.MsgSend".into(), value: vec![] };
    let again = extension.clone();
    let _ = chain
        .tx(&alice)
        .send(&bob, "1uago")
        .with(|draft| draft.body.extension_options.push(extension))
        .run()
        .expect_code("sdk", 2);
    let _ = chain
        .tx(&alice)
        .send(&bob, "1uago")
        .with(|draft| draft.body.non_critical_extension_options.push(again))
        .run()
        .expect_code("sdk", 2);
}

#[test]
fn an_account_that_holds_nothing_and_was_never_seen_does_not_exist() {
    let (mut chain, alice, _, _) = three();
    let nobody = stranger();
    let refused = chain.tx(&nobody).send(&alice, "1uago").run().expect_code("sdk", 9);
    assert!(refused.log.contains(&format!("{} does not exist", nobody.address)), "{}", refused.log);
    // A credit makes it one, without a transaction of its own.
    let _ = chain.tx(&alice).send(&nobody, "5000uago").run().expect_ok();
    let _ = chain.tx(&nobody).send(&alice, "1uago").run().expect_ok();
    // Spent to the last unit, it is still known, and can be asked to pay.
    let rest = format!("{}uago", chain.balance(&nobody, "uago") - 500);
    let _ = chain.tx(&nobody).send(&alice, &rest).run().expect_ok();
    assert_eq!(chain.balance(&nobody, "uago"), 0);
    let _ = chain.tx(&nobody).send(&alice, "1uago").run().expect_code("sdk", 5);
}

#[test]
fn a_payer_must_hold_the_fee() {
    let (alice, bob, poor) = (Account::new("alice"), Account::new("bob"), Account::new("poor"));
    let mut chain = TestChain::builder().accounts([&alice]).balances([(&poor, "499uago")]).build();
    let refused = chain.tx(&poor).send(&bob, "1uago").run().expect_code("sdk", 5);
    assert_eq!((chain.sequence(&poor), refused.delta(&poor, "uago")), (0, 0), "nothing happened");
    let _ = chain.tx(&poor).send(&bob, "1uago").gas(199_600).fee("499uago").run().expect_code("sdk", 5);
    assert_eq!(
        (chain.sequence(&poor), chain.balance(&poor, "uago")),
        (1, 0),
        "the fee was there, the coin was not"
    );
}

#[test]
fn the_price_is_asked_for_in_the_fee_denom() {
    let (mut chain, alice, bob, _) = three();
    for (fee, gas) in [
        ("499uago", 200_000),
        ("500uusdc", 200_000),
        ("", 200_000),
        ("500uago,1uusdc", 200_000),
        ("500uago", 200_001),
    ] {
        let refused = chain.tx(&alice).send(&bob, "1uago").gas(gas).fee(fee).run().expect_code("sdk", 13);
        assert!(refused.log.contains("insufficient fees; got: "), "{}", refused.log);
    }
    let _ = chain.tx(&alice).send(&bob, "1uago").fee("501uago").run().expect_ok();
    assert_eq!(chain.balance(&fee_collector(), "uago"), 501);
}

#[test]
fn a_malformed_fee_is_refused() {
    let (mut chain, alice, bob, _) = three();
    for fee in ["500uago,500uago", "-500uago", "500x"] {
        let _ = chain.tx(&alice).send(&bob, "1uago").fee(fee).run().expect_code("sdk", 10);
    }
}

#[test]
fn no_transaction_may_want_more_gas_than_a_block_has() {
    let (mut chain, alice, bob, _) = three();
    let most = 300_000_000;
    let _ = chain.tx(&alice).send(&bob, "1uago").gas_and_fee(most).run().expect_ok();
    let _ = chain.tx(&alice).send(&bob, "1uago").gas_and_fee(most + 1).run().expect_code("sdk", 41);
    let _ = chain.tx(&alice).send(&bob, "1uago").gas(u64::MAX).fee("1000uago").run().expect_code("sdk", 41);
}

#[test]
fn signers_are_those_the_messages_name_in_their_order() {
    let (mut chain, alice, bob, carol) = three();
    let from_bob = send(&bob.address, &carol.address, "2uago");
    let (c, m) = (carol.clone(), from_bob.clone());
    fn same<F: for<'a> Fn(Draft<&'a mut TestChain>) -> Draft<&'a mut TestChain>>(f: F) -> F {
        f
    }
    let both = same(move |draft| draft.send(&c, "1uago").msg(&m));
    let _ = both(chain.tx(&alice)).run().expect_code("sdk", 4).saying("expected 2, got 1");
    let done = both(chain.tx(&alice)).and_signer(&bob, 0).run().expect_ok();
    assert_eq!(
        (done.delta(&carol, "uago"), done.delta(&bob, "uago")),
        (3, -2),
        "the first signer pays the fee"
    );
    let swapped = both(chain.tx(&alice)).and_signer(&bob, 1).with(|draft| draft.signers.swap(0, 1));
    let _ = swapped.run().expect_code("sdk", 8);
    let third = both(chain.tx(&alice)).and_signer(&bob, 1).and_signer(&carol, 0);
    let _ = third.run().expect_code("sdk", 4).saying("expected 2, got 3");
}

#[test]
fn too_many_signatures_are_refused() {
    let accounts: Vec<Account> = (0..8).map(|i| Account::new(&format!("signer {i}"))).collect();
    let to = Account::new("bob");
    let mut chain = TestChain::builder().accounts(&accounts).build();
    let sign = |chain: &mut TestChain, count: usize| {
        let mut draft = chain.draft(&accounts[0]);
        for account in &accounts[..count] {
            draft = draft.msg(&send(&account.address, &to.address, "1uago"));
        }
        for account in &accounts[1..count] {
            draft = draft.and_signer(account, chain.sequence(account));
        }
        let bytes = draft.bytes();
        chain.block(vec![bytes]).only()
    };
    let _ = sign(&mut chain, 8).expect_code("sdk", 14);
    let _ = sign(&mut chain, 7).expect_ok();
}

#[test]
fn a_transaction_needs_messages_and_not_too_many() {
    let (mut chain, alice, bob, _) = three();
    let _ = chain.tx(&alice).run().expect_code("sdk", 18);
    let many = (0..257).fold(chain.draft(&alice), |draft, _| draft.send(&bob, "1uago"));
    let _ = chain.block(vec![many.bytes()]).only().expect_code("sdk", 18);
    let _ = chain.block(vec![Vec::new()]).only().expect_code("sdk", 18);
}

#[test]
fn a_message_nobody_handles_is_an_unknown_request() {
    let (mut chain, alice, bob, _) = three();
    let vesting = agora_proto::cosmos::vesting::v1beta1::MsgCreateVestingAccount {
        from_address: alice.address.to_string(),
        to_address: bob.address.to_string(),
        ..Default::default()
    };
    let _ = chain.tx(&alice).send(&bob, "1uago").msg(&vesting).run().expect_code("sdk", 6);
    let unknown = prost_types::Any { type_url: "/agora.nothing.v1.MsgNothing".into(), value: vec![] };
    let _ = chain.tx(&alice).any(unknown).run().expect_code("sdk", 2);
}

#[test]
fn several_transactions_of_one_sender_fit_into_a_block_in_order() {
    let (mut chain, alice, bob, _) = three();
    let txs: Vec<Vec<u8>> =
        (0..5).map(|i| chain.draft(&alice).sequence(i).send(&bob, "1uago").bytes()).collect();
    for tx in &txs {
        let _ = chain.check(tx).expect_ok();
    }
    let mut shuffled = txs.clone();
    shuffled.swap(1, 3);
    assert_eq!(
        chain.propose(shuffled.clone()),
        txs,
        "each behind the one before, in whatever order they came"
    );
    assert!(!chain.accepts(shuffled), "an honest proposer would not");
    let block = chain.mine(txs);
    assert_eq!(block.outcomes.len(), 5);
    for outcome in block.outcomes {
        let _ = outcome.expect_ok();
    }
    assert_eq!(chain.balance(&bob, "uago"), 1_000_000_005);
}

#[test]
fn limits_follow_the_parameters_of_genesis() {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let mut chain = TestChain::builder()
        .accounts([&alice])
        .genesis("/auth/params/max_memo_characters", json!("3"))
        .genesis("/auth/params/tx_size_cost_per_byte", json!("1000"))
        .build();
    let _ =
        chain.tx(&alice).send(&bob, "1uago").memo("four").gas_and_fee(1_000_000).run().expect_code("sdk", 12);
    let _ = chain.tx(&alice).send(&bob, "1uago").memo("tre").run().expect_code("sdk", 11);
    let done = chain.tx(&alice).send(&bob, "1uago").memo("tre").gas_and_fee(1_000_000).run().expect_ok();
    assert!(done.gas_used > 250_000, "{}", done.gas_used);
}

#[test]
fn the_mempool_checks_a_transaction_behind_those_that_wait() {
    let (mut chain, alice, bob, _) = three();
    let first = chain.draft(&alice).send(&bob, "1uago").bytes();
    let second = chain.draft(&alice).sequence(1).send(&bob, "1uago").bytes();
    let _ = chain.check(&second).expect_code("sdk", 32);
    let _ = chain.check(&first).expect_ok();
    let _ = chain.check(&second).expect_ok();
    let _ = chain.check(&first).expect_code("sdk", 32);
    let _ = chain.block(vec![first.clone()]).only().expect_ok();
    let _ = chain.recheck(&first).expect_code("sdk", 32);
    let _ = chain.recheck(&second).expect_ok();
}

#[test]
fn a_sign_mode_left_out_is_refused() {
    let (mut chain, alice, bob, _) = three();
    let _ = chain.tx(&alice).send(&bob, "1uago").mode(SignMode::Other(0)).run().expect_code("sdk", 4);
}

#[test]
fn only_the_authority_changes_the_limits() {
    let (mut chain, alice, bob) = governed();
    let params = auth::Params {
        max_memo_characters: 3,
        tx_sig_limit: 7,
        tx_size_cost_per_byte: 10,
        sig_verify_cost_ed25519: 590,
        sig_verify_cost_secp256k1: 1000,
        ..auth::Params::default()
    };
    let update = |authority: &Address, params: &auth::Params| auth::MsgUpdateParams {
        authority: authority.to_string(),
        params: Some(*params),
    };
    let _ = chain.tx(&alice).msg(&update(&alice.address, &params)).run().expect_code("sdk", 4);
    let zero = auth::Params { tx_size_cost_per_byte: 0, ..params };
    let senseless = decision(&alice, pack(&update(&authority(), &zero)));
    let _ = chain.tx(&alice).msg(&senseless).run().expect_code("sdk", 18);
    let _ = chain.tx(&alice).send(&bob, "1uago").memo("four").run().expect_ok();
    let good = decision(&alice, pack(&update(&authority(), &params)));
    let _ = chain.tx(&alice).msg(&good).run().expect_ok();
    let _ = chain.tx(&alice).send(&bob, "1uago").memo("four").run().expect_code("sdk", 12);
}
