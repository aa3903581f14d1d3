//! Getting into the mempool: the price rises as it fills, and what fell below the price leaves.

use agora_tests::{Account, TestChain};
use serde_json::json;

/// Gas of each transaction; ten fill a block, and four blocks' worth the pool.
const GAS: u64 = 100_000;

/// A chain with small blocks, and accounts that each send one transaction.
fn crowd(count: usize) -> (TestChain, Vec<Account>) {
    let accounts: Vec<Account> = (0..count).map(|n| Account::new(&format!("sender {n}"))).collect();
    let chain = TestChain::builder()
        .accounts(&accounts)
        .genesis("/feemarket/params/max_block_utilization", json!("1000000"))
        .build();
    (chain, accounts)
}

/// A transfer that offers the base fee `times` over.
fn offering(chain: &TestChain, from: &Account, times: u128) -> Vec<u8> {
    let fee: u128 = chain.fee_for(GAS).trim_end_matches("uago").parse().unwrap();
    chain.draft(from).send(from, "1uago").gas(GAS).fee(&format!("{}uago", fee * times)).bytes()
}

/// Sends until something is refused; gives what was taken and what was said.
fn until_refused(chain: &TestChain, senders: &[Account], times: u128) -> (Vec<Vec<u8>>, (u32, String)) {
    let mut taken = Vec::new();
    for sender in senders {
        let tx = offering(chain, sender, times);
        let outcome = chain.check(&tx);
        if outcome.code != 0 {
            return (taken, (outcome.code, outcome.log));
        }
        taken.push(tx);
    }
    panic!("all {} were taken", senders.len());
}

#[test]
fn as_the_pool_fills_a_higher_fee_is_asked_for_and_who_pays_it_gets_in() {
    let (chain, accounts) = crowd(60);
    let (taken, (code, log)) = until_refused(&chain, &accounts, 1);
    assert_eq!((taken.len(), code), (21, 13), "two blocks' worth are free: {log}");
    assert!(log.contains("got: 250uago required: 373uago while 21 transactions wait"), "{log}");
    let rich = &accounts[30..];
    let (more, (code, log)) = until_refused(&chain, rich, 2);
    assert_eq!(code, 13, "{log}");
    assert!((2..=4).contains(&more.len()), "{}", more.len());
    // Who is refused has not used up a sequence: paying what is asked for is enough.
    let again = offering(&chain, &accounts[21], 3);
    let _ = chain.check(&again).expect_ok();
    let (more, (code, log)) = until_refused(&chain, &rich[more.len()..], 5_000);
    assert_eq!(code, 20, "not for any price: {log}");
    assert!(more.len() < 30, "{}", more.len());
}

#[test]
fn a_block_makes_room_and_the_rest_stays_if_it_is_checked_again() {
    let (mut chain, accounts) = crowd(60);
    let (taken, _) = until_refused(&chain, &accounts, 8);
    let waiting = taken.len();
    assert!(waiting > 25, "{waiting}");
    let _ = chain.block(taken[..10].to_vec());
    for tx in &taken[10..] {
        let _ = chain.recheck(tx).expect_ok();
    }
    let (more, _) = until_refused(&chain, &accounts[40..], 8);
    assert!((8..=10).contains(&more.len()), "as many as the block took: {}", more.len());
}

#[test]
fn what_nobody_checks_again_does_not_take_up_room_for_ever() {
    let (mut chain, accounts) = crowd(60);
    let (taken, _) = until_refused(&chain, &accounts, 1);
    chain.empty_blocks(2);
    // The mempool has dropped all of it without a word.
    let (again, _) = until_refused(&chain, &accounts[30..], 1);
    assert_eq!(again.len(), taken.len());
}

#[test]
fn a_recheck_drops_what_fell_below_the_base_fee_or_below_what_others_pay() {
    let (mut chain, accounts) = crowd(60);
    let cheap: Vec<_> = accounts[..15].iter().map(|from| offering(&chain, from, 1)).collect();
    let dear: Vec<_> = accounts[15..40].iter().map(|from| offering(&chain, from, 500)).collect();
    for tx in cheap.iter().chain(&dear[..10]) {
        let _ = chain.check(tx).expect_ok();
    }
    // A full block raises the base fee by an eighth.
    let _ = chain.block(dear[..10].to_vec());
    for tx in &cheap[..5] {
        let outcome = chain.recheck(tx);
        assert_eq!(outcome.code, 13, "{}", outcome.log);
    }
    // The price falls again, but now others crowd the pool.
    chain.empty_blocks(2);
    for tx in dear[10..].iter().chain(&cheap[5..10]) {
        let outcome = chain.check(tx);
        assert!(outcome.code == 0 || cheap.contains(tx), "{}", outcome.log);
    }
    chain.empty_blocks(1);
    let kept: Vec<_> = dear[10..].iter().filter(|tx| chain.recheck(tx).code == 0).collect();
    assert_eq!(kept.len(), 15, "who pays more stays");
}

#[test]
fn a_transaction_behind_its_time_or_its_price_costs_no_signature_check() {
    let (chain, accounts) = crowd(60);
    let spoiled = |mut tx: Vec<u8>| {
        *tx.last_mut().unwrap() ^= 1;
        tx
    };
    let stale = chain.draft(&accounts[0]).send(&accounts[1], "1uago").gas(GAS).fee("250uago").sequence(7);
    // Its signature is wrong as well, and nobody has looked.
    let _ = chain.check(&spoiled(stale.bytes())).expect_code("sdk", 32);
    let _ = until_refused(&chain, &accounts, 1);
    let _ = chain.check(&spoiled(offering(&chain, &accounts[50], 1))).expect_code("sdk", 13);
    let _ = chain.check(&spoiled(offering(&chain, &accounts[50], 100))).expect_code("sdk", 4);
}
