//! Gas: out of it, a transaction leaves its fee and its sequence behind, and nothing else.

use agora_tests::{Account, TestChain};

fn chain() -> (TestChain, Account, Account) {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    (TestChain::builder().accounts([&alice, &bob]).build(), alice, bob)
}

/// The figure after `gasUsed: `.
fn used(log: &str) -> u64 {
    let rest = log.split("gasUsed: ").nth(1).unwrap_or_else(|| panic!("no gas in {log:?}"));
    rest.split(':').next().unwrap().parse().unwrap()
}

#[test]
fn running_out_at_any_charge_leaves_nothing_but_fee_and_sequence() {
    // What is left when the ante passed and the messages failed for another reason.
    let (mut control, alice, bob) = chain();
    let _ = control.tx(&alice).send(&bob, "2000000000uago,1uusdc").run().expect_code("sdk", 5);
    let fee_and_sequence = control.export();

    let (mut limit, mut in_ante, mut in_messages) = (0, 0, 0);
    loop {
        let (mut chain, ..) = chain();
        let before = chain.export();
        let outcome = chain.tx(&alice).send(&bob, "3uago,1uusdc").gas(limit).run();
        if outcome.code == 0 {
            let done = outcome.expect_ok();
            assert_eq!(u64::try_from(done.gas_used).unwrap(), limit, "the last limit is just enough");
            break;
        }
        let failed = outcome.expect_code("sdk", 11);
        let needed = used(&failed.log);
        assert!(needed > limit, "{}", failed.log);
        if chain.sequence(&alice) == 0 {
            assert_eq!(chain.export(), before, "the ante failed at {limit}: nothing happened");
            assert_eq!((failed.gas_used, failed.events.len()), (0, 0));
            in_ante += 1;
        } else {
            assert_eq!(chain.export(), fee_and_sequence, "a message failed at {limit}");
            assert_eq!(u64::try_from(failed.gas_used).unwrap(), needed);
            assert_eq!(failed.shape().last().map(String::as_str), Some("tx:signature"));
            in_messages += 1;
        }
        chain.check_invariants().unwrap();
        // The next charge point is the one that did not fit.
        limit = needed;
    }
    assert!(
        in_ante >= 10 && in_messages >= 8,
        "{in_ante} charges in the ante, {in_messages} in the messages"
    );
}

#[test]
fn the_same_transaction_uses_the_same_gas_wherever_it_stands() {
    let (mut alone, alice, bob) = chain();
    let carol = Account::new("carol");
    let bytes = alone.draft(&alice).send(&bob, "3uago").bytes();
    let used_alone = alone.block(vec![bytes.clone()]).only().expect_ok().gas_used;
    let (mut crowded, ..) = chain();
    let others: Vec<Vec<u8>> =
        (0..20).map(|i| crowded.draft(&bob).sequence(i).send(&carol, "1uago").bytes()).collect();
    let _ = crowded.check(&bytes).expect_ok();
    let mut txs = others;
    txs.push(bytes);
    let block = crowded.block(txs);
    assert_eq!(block.outcomes.last().unwrap().gas_used, used_alone);
}

#[test]
fn what_a_simulation_used_with_the_usual_margin_is_enough_for_the_transaction() {
    use agora_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
    let (mut chain, alice, bob) = chain();
    let draft = chain.draft(&alice).send(&bob, "3uago").fee("");
    let mut raw = draft.signed();
    raw.signatures = vec![Vec::new()];
    #[allow(deprecated)]
    let request = SimulateRequest { tx: None, tx_bytes: prost::Message::encode_to_vec(&raw) };
    let answer: SimulateResponse =
        chain.query("/cosmos.tx.v1beta1.Service/Simulate", &request).expect("a simulation");
    let gas = answer.gas_info.unwrap().gas_used;
    // Wallets add 30 to 50 %.
    let done = chain.tx(&alice).send(&bob, "3uago").gas_and_fee(gas * 13 / 10).run().expect_ok();
    let real = u64::try_from(done.gas_used).unwrap();
    assert!(gas.abs_diff(real) <= real / 10, "simulated {gas}, used {real}");
}
