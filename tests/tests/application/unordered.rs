//! Transactions without a sequence.

use std::time::Duration;

use agora_tests::TestChain;
use agora_tests::txs::SignMode;

use crate::support::three;

const SECOND: u64 = 1_000_000_000;

fn in_a_minute(chain: &TestChain) -> u64 {
    chain.next_time() + 60 * SECOND
}

#[test]
fn unordered_transactions_use_no_sequence_and_come_in_any_order() {
    let (mut chain, alice, bob, _) = three();
    let timeout = in_a_minute(&chain);
    let mut txs: Vec<Vec<u8>> =
        (0..5).map(|i| chain.draft(&alice).send(&bob, "1uago").unordered(timeout + i).bytes()).collect();
    txs.reverse();
    for outcome in chain.mine(txs).outcomes {
        let done = outcome.expect_ok();
        assert!(!done.event_lines().iter().any(|line| line.contains("acc_seq")), "{:?}", done.event_lines());
    }
    assert_eq!((chain.balance(&bob, "uago"), chain.sequence(&alice)), (1_000_000_005, 0));
    let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_ok();
}

#[test]
fn unordered_transactions_are_signed_in_amino_too() {
    let (mut chain, alice, bob, _) = three();
    let timeout = in_a_minute(&chain);
    let _ = chain.tx(&alice).send(&bob, "1uago").unordered(timeout).mode(SignMode::Amino).run().expect_ok();
}

#[test]
fn a_timeout_is_used_once_by_an_account() {
    let (mut chain, alice, bob, carol) = three();
    let timeout = in_a_minute(&chain);
    let _ = chain.tx(&alice).send(&bob, "1uago").unordered(timeout).run().expect_ok();
    let refused = chain.tx(&alice).send(&carol, "2uago").unordered(timeout).run().expect_code("sdk", 18);
    assert!(refused.log.contains("already used timeout"), "{}", refused.log);
    assert_eq!(refused.delta(&alice, "uago"), 0);
    let _ = chain.tx(&carol).send(&bob, "1uago").unordered(timeout).run().expect_ok();
    let _ = chain.tx(&alice).send(&carol, "2uago").unordered(timeout + 1).run().expect_ok();
}

#[test]
fn a_failed_message_uses_up_the_nonce_and_a_failed_ante_does_not() {
    let (mut chain, alice, bob, _) = three();
    let timeout = in_a_minute(&chain);
    let _ = chain.tx(&alice).send(&bob, "1uago").fee("1uago").unordered(timeout).run().expect_code("sdk", 13);
    let _ = chain.tx(&alice).send(&bob, "2000000000uago").unordered(timeout).run().expect_code("sdk", 5);
    let _ = chain.tx(&alice).send(&bob, "1uago").unordered(timeout).run().expect_code("sdk", 18);
}

#[test]
fn nonces_are_forgotten_when_their_time_is_over_and_not_before() {
    let (mut chain, alice, bob, _) = three();
    let timeout = in_a_minute(&chain);
    let tx = chain.draft(&alice).send(&bob, "1uago").unordered(timeout).bytes();
    let _ = chain.block(vec![tx.clone()]).only().expect_ok();
    chain.advance(Duration::from_secs(59));
    // The last block at which it could still be included.
    let _ = chain.block(vec![tx.clone()]).only().expect_code("sdk", 18);
    assert_eq!(chain.time(), timeout);
    let _ = chain.block(vec![tx.clone()]).only().expect_code("sdk", 42);
    chain.empty_blocks(2);
    let _ = chain.block(vec![tx]).only().expect_code("sdk", 42);
    assert_eq!(chain.balance(&bob, "uago"), 1_000_000_001, "paid once");
}

#[test]
fn an_unordered_transaction_needs_a_timeout_within_ten_minutes_and_no_sequence() {
    let (mut chain, alice, bob, _) = three();
    let limit = chain.next_time() + 600 * SECOND;
    let _ =
        chain.tx(&alice).send(&bob, "1uago").unordered(limit + 1).run().expect_code("sdk", 18).saying("ttl");
    let limit = chain.next_time() + 600 * SECOND;
    let _ = chain.tx(&alice).send(&bob, "1uago").unordered(limit).run().expect_ok();
    let past = chain.next_time() - 1;
    let _ = chain.tx(&alice).send(&bob, "1uago").unordered(past).run().expect_code("sdk", 42);
    let bare = chain.tx(&alice).send(&bob, "1uago").with(|draft| draft.body.unordered = true);
    let _ = bare.run().expect_code("sdk", 18).saying("must have timeout_timestamp");
    let timeout = in_a_minute(&chain);
    let _ = chain.tx(&alice).send(&bob, "1uago").unordered(timeout).sequence(1).run().expect_code("sdk", 18);
}
