//! Nothing that was executed can be executed again.

use std::time::Duration;

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

#[test]
fn a_replay_survives_neither_export_nor_import() {
    let (mut chain, alice, bob, _) = three();
    let bytes = chain.draft(&alice).send(&bob, "1uago").bytes();
    let _ = chain.block(vec![bytes.clone()]).only().expect_ok();
    let mut next = TestChain::builder().chain_id(chain.chain_id()).app_state(chain.export()).build();
    let _ = next.block(vec![bytes]).only().expect_code("sdk", 32);
}
