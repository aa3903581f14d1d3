//! A handler that panics fails its transaction, and nothing else.

use agora_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use agora_tests::faults::proto::agora::faults::v1::MsgPanic;
use agora_tests::faults::{Faults, has_last_words};
use agora_tests::{Account, TestChain};

fn chain() -> (TestChain, Account, Account) {
    let (alice, bob) = (Account::new("alice"), Account::new("bob"));
    let faults = std::sync::Arc::new(Faults);
    (TestChain::builder().module(faults).accounts([&alice, &bob]).build(), alice, bob)
}

fn panic_of(account: &Account) -> MsgPanic {
    MsgPanic { signer: account.address.to_string(), last_words: "the planted panic of a test".to_owned() }
}

#[test]
fn a_panic_fails_its_transaction_which_pays_for_it() {
    let (mut chain, alice, bob) = chain();
    let failed =
        chain.tx(&alice).send(&bob, "5uago").msg(&panic_of(&alice)).run().expect_code("sdk", 111_222).saying(
            "failed to execute message; message index: 1: recovered: the planted panic of a test: panic",
        );
    assert_eq!((failed.delta(&alice, "uago"), failed.delta(&bob, "uago")), (-500, 0));
    assert_eq!(chain.sequence(&alice), 1);
    assert!(failed.gas_used > 0);
    assert!(failed.of("last_words").is_empty());
    assert!(!has_last_words(&chain.state(), &alice.address), "what it wrote is gone");
}

#[test]
fn the_block_and_the_chain_go_on() {
    let (mut chain, alice, bob) = chain();
    let txs = vec![
        chain.draft(&alice).msg(&panic_of(&alice)).bytes(),
        chain.draft(&alice).sequence(1).send(&bob, "5uago").bytes(),
        chain.draft(&bob).msg(&panic_of(&bob)).bytes(),
        chain.draft(&bob).sequence(1).send(&alice, "7uago").bytes(),
    ];
    let block = chain.mine(txs);
    assert_eq!(block.outcomes.iter().map(|o| o.code).collect::<Vec<_>>(), [111_222, 0, 111_222, 0]);
    let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_ok();
    chain.restart();
    let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_ok();
    chain.check_invariants().unwrap();
}

#[test]
fn a_simulated_panic_is_an_answer() {
    let (chain, alice, _) = chain();
    let tx_bytes = chain.draft(&alice).msg(&panic_of(&alice)).bytes();
    #[allow(deprecated)]
    let request = SimulateRequest { tx: None, tx_bytes };
    let refused =
        chain.query::<_, SimulateResponse>("/cosmos.tx.v1beta1.Service/Simulate", &request).unwrap_err();
    assert!(refused.contains("the planted panic of a test"), "{refused}");
}
