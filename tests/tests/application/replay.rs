//! Nothing that was executed can be executed again.

use std::time::Duration;

use agora_tests::harness::Block;
use agora_tests::{Account, TestChain};

use crate::support::three;

#[test]
fn a_transaction_for_another_chain_is_refused() {
    let (mut chain, alice, bob, _) = three();
    for other in ["agora-test-2", "agora-test-", "AGORA-TEST-1", "", "cosmoshub-4"] {
        let refused = chain.tx(&alice).send(&bob, "1uago").chain_id(other).run().expect_code("sdk", 4);
        assert!(refused.log.contains("chain-id (agora-test-1)"), "{}", refused.log);
        let _ = chain.tx(&alice).send(&bob, "1uago").chain_id(other).check().expect_code("sdk", 4);
    }
    let numbered = chain.tx(&alice).send(&bob, "1uago").with(|draft| draft.account_number = 1);
    let _ = numbered.run().expect_code("sdk", 4);
}

#[test]
fn a_transaction_that_passed_elsewhere_does_not_pass_here() {
    let (mut chain, alice, bob, _) = three();
    let mut other = TestChain::builder().chain_id("agora-test-2").accounts([&alice, &bob]).build();
    let bytes = chain.draft(&alice).send(&bob, "1uago").bytes();
    let _ = chain.block(vec![bytes.clone()]).only().expect_ok();
    let _ = other.check(&bytes).expect_code("sdk", 4);
    let _ = other.block(vec![bytes]).only().expect_code("sdk", 4);
}

#[test]
fn every_sequence_but_the_next_is_refused() {
    let (mut chain, alice, bob, _) = three();
    for _ in 0..3 {
        let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_ok();
    }
    for wrong in [0, 2, 4, 5, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
        let refused = chain.tx(&alice).send(&bob, "1uago").sequence(wrong).run().expect_code("sdk", 32);
        assert!(refused.log.contains(&format!("expected 3, got {wrong}")), "{}", refused.log);
        let _ = chain.tx(&alice).send(&bob, "1uago").sequence(wrong).check().expect_code("sdk", 32);
    }
    let _ = chain.tx(&alice).send(&bob, "1uago").sequence(3).run().expect_ok();
}

#[test]
fn the_last_sequence_cannot_be_used() {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let account = serde_json::json!([{
        "@type": "/cosmos.auth.v1beta1.BaseAccount",
        "address": alice.address.to_string(),
        "sequence": u64::MAX.to_string(),
    }]);
    let mut chain = TestChain::builder().accounts([&alice]).genesis("/auth/accounts", account).build();
    // It would have no successor, and the first sequence would come again.
    let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_code("sdk", 3);
    assert_eq!(chain.sequence(&alice), u64::MAX);
}

#[test]
fn the_same_bytes_pass_once() {
    let (mut chain, alice, bob, _) = three();
    let bytes = chain.draft(&alice).send(&bob, "1uago").bytes();
    let block = chain.block(vec![bytes.clone(), bytes.clone(), bytes.clone()]);
    let verdicts: Vec<u32> = block.outcomes.iter().map(|o| o.code).collect();
    assert_eq!(verdicts, [0, 32, 32], "in the same block");
    let _ = chain.check(&bytes).expect_code("sdk", 32);
    let _ = chain.block(vec![bytes.clone()]).only().expect_code("sdk", 32);
    chain.restart();
    let _ = chain.check(&bytes).expect_code("sdk", 32);
    let _ = chain.block(vec![bytes.clone()]).only().expect_code("sdk", 32);
    assert!(chain.propose(vec![bytes.clone()]).is_empty());
    assert!(!chain.accepts(vec![bytes]));
    assert_eq!(chain.balance(&bob, "uago"), 1_000_000_001);
}

#[test]
fn a_failed_transaction_cannot_be_tried_again_by_others() {
    let (mut chain, alice, bob, carol) = three();
    let bytes = chain.draft(&alice).send(&bob, "1000000001uago").bytes();
    let _ = chain.block(vec![bytes.clone()]).only().expect_code("sdk", 5);
    let _ = chain.tx(&carol).send(&alice, "500000000uago").run().expect_ok();
    let _ = chain.block(vec![bytes]).only().expect_code("sdk", 32);
}

#[test]
fn the_same_unordered_bytes_pass_once() {
    let (mut chain, alice, bob, _) = three();
    let timeout = chain.next_time() + 60_000_000_000;
    let bytes = chain.draft(&alice).send(&bob, "1uago").unordered(timeout).bytes();
    let block = chain.block(vec![bytes.clone(), bytes.clone()]);
    assert_eq!(block.outcomes.iter().map(|o| o.code).collect::<Vec<_>>(), [0, 18], "in the same block");
    let _ = chain.check(&bytes).expect_code("sdk", 18);
    let _ = chain.block(vec![bytes.clone()]).only().expect_code("sdk", 18);
    chain.restart();
    let _ = chain.check(&bytes).expect_code("sdk", 18);
    let _ = chain.block(vec![bytes.clone()]).only().expect_code("sdk", 18);
    chain.advance(Duration::from_secs(120));
    let _ = chain.block(vec![bytes.clone()]).only().expect_code("sdk", 42);
    chain.restart();
    let _ = chain.block(vec![bytes]).only().expect_code("sdk", 42);
    assert_eq!(chain.balance(&bob, "uago"), 1_000_000_001);
}

/// Two blocks, in each an ordinary transaction and an unordered one; one more of each that was never executed.
struct Past {
    early: [Vec<u8>; 2],
    late: [Vec<u8>; 2],
    never: [Vec<u8>; 2],
    /// The height of the first block.
    height: u64,
}

/// What an ordinary and an unordered transaction answer when they come again.
const REFUSED: [u32; 2] = [32, 18];

fn codes(block: Block) -> Vec<u32> {
    block.outcomes.iter().map(|outcome| outcome.code).collect()
}

fn past(chain: &mut TestChain, from: &Account, to: &Account) -> Past {
    let timeout = chain.next_time() + 60_000_000_000;
    let pair = |chain: &TestChain, sequence: u64, nonce: u64| {
        let ordinary = chain.draft(from).send(to, "1uago").sequence(sequence);
        [ordinary.bytes(), chain.draft(from).send(to, "1uago").unordered(timeout + nonce).bytes()]
    };
    let first = chain.sequence(from);
    let (early, late, never) = (pair(chain, first, 0), pair(chain, first + 1, 1), pair(chain, first + 2, 2));
    assert_eq!(codes(chain.block(early.to_vec())), [0, 0]);
    let height = chain.height();
    assert_eq!(codes(chain.block(late.to_vec())), [0, 0]);
    Past { early, late, never, height }
}

fn refuses_again(chain: &mut TestChain, txs: &[Vec<u8>; 2]) {
    for (tx, code) in txs.iter().zip(REFUSED) {
        let _ = chain.check(tx).expect_code("sdk", code);
        assert!(chain.propose(vec![tx.clone()]).is_empty());
        assert!(!chain.accepts(vec![tx.clone()]));
    }
    assert_eq!(codes(chain.block(txs.to_vec())), REFUSED);
}

#[test]
fn what_was_executed_is_refused_after_a_restart_and_what_was_not_is_taken() {
    let (mut chain, alice, bob, _) = three();
    let past = past(&mut chain, &alice, &bob);
    chain.restart();
    refuses_again(&mut chain, &past.early);
    refuses_again(&mut chain, &past.late);
    assert_eq!(codes(chain.block(past.never.to_vec())), [0, 0]);
    assert_eq!(chain.balance(&bob, "uago"), 1_000_000_006);
}

#[test]
fn after_a_rollback_what_is_still_executed_is_refused_and_what_was_undone_passes_once_more() {
    let (mut chain, alice, bob, _) = three();
    let past = past(&mut chain, &alice, &bob);
    let (hash, height) = (chain.app_hash(), chain.height());
    chain.rollback(past.height);
    assert_eq!(chain.balance(&bob, "uago"), 1_000_000_002);
    // The same block again gives the same state: the chain goes on as if nothing had been.
    assert_eq!(codes(chain.block(past.late.to_vec())), [0, 0]);
    assert_eq!((chain.app_hash(), chain.height()), (hash, height));

    chain.rollback(past.height);
    refuses_again(&mut chain, &past.early);
    assert_eq!(codes(chain.block(past.late.to_vec())), [0, 0], "what was undone may come again");
    refuses_again(&mut chain, &past.late);
    refuses_again(&mut chain, &past.early);
    assert_eq!(chain.balance(&bob, "uago"), 1_000_000_004, "nothing was paid twice");
    chain.rollback(past.height - 1);
    assert_eq!(chain.balance(&bob, "uago"), 1_000_000_000);
    assert_eq!(codes(chain.block(past.early.to_vec())), [0, 0]);
    refuses_again(&mut chain, &past.early);
}

#[test]
fn after_export_and_import_into_the_same_chain_what_was_executed_is_refused() {
    let (mut chain, alice, bob, _) = three();
    let past = past(&mut chain, &alice, &bob);
    let mut next = TestChain::builder().continuing(&chain).build();
    refuses_again(&mut next, &past.early);
    refuses_again(&mut next, &past.late);
    assert_eq!(codes(next.block(past.never.to_vec())), [0, 0]);
    assert_eq!(next.balance(&bob, "uago"), 1_000_000_006);
    // And once more: a document made of a document.
    let mut last = TestChain::builder().continuing(&next).build();
    for txs in [&past.early, &past.late, &past.never] {
        refuses_again(&mut last, txs);
    }
}

#[test]
fn nonces_that_are_not_exported_let_a_replay_through() {
    let (mut chain, alice, bob, _) = three();
    let past = past(&mut chain, &alice, &bob);
    let mut export = chain.export();
    let nonces = export["auth"].as_object_mut().unwrap().remove("unordered_nonces").unwrap();
    assert_eq!(nonces.as_array().map(Vec::len), Some(2));
    let mut next = TestChain::builder().continuing(&chain).app_state(export).build();
    // The planted hole: what the tests above would have found.
    assert_eq!(codes(next.block(past.early.to_vec())), [32, 0]);
}

#[test]
fn an_imported_nonce_is_forgotten_when_its_time_is_over() {
    let (mut chain, alice, bob, _) = three();
    let past = past(&mut chain, &alice, &bob);
    let mut next = TestChain::builder().continuing(&chain).build();
    next.advance(Duration::from_secs(120));
    assert_eq!(codes(next.block(past.early.to_vec())), [32, 42]);
    assert_eq!(next.export()["auth"].get("unordered_nonces"), None);
}

#[test]
fn a_genesis_time_before_the_export_is_refused_while_nonces_are_in_use() {
    let (mut chain, alice, bob, _) = three();
    let genesis = chain.time();
    let timeout = chain.next_time() + 600_000_000_000;
    let _ = chain.tx(&alice).send(&bob, "1uago").unordered(timeout).run().expect_ok();
    let early = TestChain::builder().continuing(&chain).genesis_time(genesis);
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| early.build())).err().unwrap();
    let text = refused.downcast_ref::<String>().unwrap();
    assert!(text.contains("ten minutes after the genesis time"), "{text}");
}
