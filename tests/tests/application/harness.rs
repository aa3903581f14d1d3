//! The harness itself: it must be quick, and it must see what it claims to see.

use std::time::Instant;

use agora_tests::{Account, TestChain};

use crate::support::three;

#[test]
fn thousands_of_blocks_a_minute_run_in_process() {
    let (mut chain, alice, bob, _) = three();
    let start = Instant::now();
    for _ in 0..200 {
        let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_ok();
    }
    let per_minute = 200.0 * 60.0 / start.elapsed().as_secs_f64();
    // A busy machine must not fail the test; a harness that sleeps or forks must.
    assert!(per_minute > 1000.0, "{per_minute:.0} blocks a minute");
    assert_eq!(chain.height(), 201);
}

#[test]
fn a_restart_forgets_memory_and_keeps_state() {
    let (mut chain, alice, bob, _) = three();
    let _ = chain.tx(&alice).send(&bob, "5uago").run().expect_ok();
    let (hash, held) = (chain.app_hash(), chain.balance(&bob, "uago"));
    chain.restart();
    assert_eq!((chain.app_hash(), chain.balance(&bob, "uago")), (hash, held));
    let _ = chain.tx(&alice).send(&bob, "5uago").run().expect_ok();
    assert_eq!(chain.balance(&bob, "uago"), held + 5);
}

#[test]
fn the_same_blocks_lead_to_the_same_hash_on_two_chains() {
    let (mut one, alice, bob, _) = three();
    let (mut other, ..) = three();
    for amount in ["1uago", "2uago", "3uusdc"] {
        let bytes = one.draft(&alice).send(&bob, amount).bytes();
        let (a, b) = (one.block(vec![bytes.clone()]), other.block(vec![bytes]));
        assert_eq!(a.app_hash, b.app_hash);
        let _ = a.only().expect_ok();
    }
    let _ = other.tx(&alice).send(&bob, "1uago").run().expect_ok();
    assert_ne!(one.app_hash(), other.app_hash(), "another block, another hash");
}

#[test]
fn a_chain_may_start_at_any_height_and_with_any_balances() {
    let rich = Account::new("rich");
    let mut chain = TestChain::builder()
        .chain_id("agora-late-7")
        .initial_height(1_000)
        .balances([(&rich, "170141183460469231731687303715884105727uago")])
        .build();
    assert_eq!((chain.height(), chain.supply("uago")), (1_000, i128::MAX.unsigned_abs()));
    let bob = Account::new("bob");
    let sent = chain.tx(&rich).send(&bob, "100000000000000000000000000000000000000uago").run().expect_ok();
    assert_eq!(sent.delta(&bob, "uago"), 10i128.pow(38));
    chain.check_invariants().unwrap();
}
