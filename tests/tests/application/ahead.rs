//! A proposal is executed ahead of its decision. Whatever is decided then, nothing but the time it takes may show that.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agora_framework::errors::sdk;
use agora_framework::{AppError, BlockCtx, Module, Registry};
use agora_tests::{Account, TestChain};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// Two chains in one state: the first hears of proposals, the second of decisions alone.
struct Pair {
    accounts: Vec<Account>,
    chains: [TestChain; 2],
    /// Of each block of the first, whether it was executed ahead.
    ahead: Arc<Mutex<Vec<bool>>>,
}

impl Pair {
    fn new() -> Self {
        let accounts: Vec<Account> = (0..6).map(|n| Account::new(&format!("account {n}"))).collect();
        let chains = [(); 2]
            .map(|()| TestChain::builder().accounts(&accounts).validator(&accounts[0]).recorded().build());
        let mut pair = Self { accounts, chains, ahead: Arc::default() };
        pair.watch();
        pair
    }

    fn watch(&mut self) {
        let ahead = Arc::clone(&self.ahead);
        self.chains[0].app().on_block(Box::new(move |report| ahead.lock().unwrap().push(report.ahead)));
    }

    /// Transfers of some of the accounts.
    fn transfers(&self, rng: &mut StdRng) -> Vec<Vec<u8>> {
        let chain = &self.chains[0];
        let some = rng.gen_range(0..=self.accounts.len());
        let senders = self.accounts.choose_multiple(rng, some);
        let to: Vec<&Account> = (0..some).filter_map(|_| self.accounts.choose(rng)).collect();
        senders.zip(to).map(|(from, to)| chain.draft(from).send(to, "3uago").bytes()).collect()
    }

    fn accept(&self, txs: &[Vec<u8>]) {
        assert!(self.chains[0].accepts(txs.to_vec()), "an honest proposal is refused");
    }

    /// Decides a block and says whether it was executed ahead.
    fn decide(&mut self, txs: &[Vec<u8>]) -> bool {
        let [hash, expected] = self.chains.each_mut().map(|chain| chain.block(txs.to_vec()).app_hash);
        assert_eq!(hash, expected, "another hash");
        let [found, expected] = self.chains.each_ref().map(|chain| chain.recording().blocks.last());
        assert!(found == expected, "another answer:\n{found:#?}\nagainst\n{expected:#?}");
        self.ahead.lock().unwrap().pop().expect("a report")
    }

    fn each(&mut self, what: impl Fn(&mut TestChain)) {
        self.chains.iter_mut().for_each(what);
    }
}

fn rng() -> StdRng {
    let seed = rand::random();
    println!("seed {seed}");
    StdRng::seed_from_u64(seed)
}

#[test]
fn what_is_decided_was_executed_ahead() {
    let (mut pair, mut rng) = (Pair::new(), rng());
    for _ in 0..5 {
        let txs = pair.transfers(&mut rng);
        pair.accept(&txs);
        assert!(pair.decide(&txs), "a block that was accepted is executed again");
        assert!(!pair.decide(&[]), "nobody has proposed this one");
    }
}

#[test]
fn what_is_not_decided_leaves_no_trace() {
    let (mut pair, mut rng) = (Pair::new(), rng());
    for _ in 0..40 {
        let proposals: Vec<_> = (0..rng.gen_range(1..4)).map(|_| pair.transfers(&mut rng)).collect();
        proposals.iter().for_each(|txs| pair.accept(txs));
        let decided = match rng.gen_range(0..3) {
            0 => pair.transfers(&mut rng),
            _ => proposals.choose(&mut rng).unwrap().clone(),
        };
        assert_eq!(pair.decide(&decided), proposals.last() == Some(&decided));
        pair.chains[0].check_invariants().unwrap();
    }
}

#[test]
fn a_block_with_the_same_transactions_and_other_votes_time_or_faults_is_another() {
    let mut pair = Pair::new();
    let txs = vec![pair.chains[0].draft(&pair.accounts[0]).send(&pair.accounts[1], "3uago").bytes()];
    pair.accept(&txs);
    pair.each(|chain| {
        let first = *chain.validators().set().keys().next().unwrap();
        chain.validators().silence(first, true);
    });
    assert!(!pair.decide(&txs), "other votes");
    pair.accept(&[]);
    pair.each(|chain| chain.advance(Duration::from_secs(9)));
    assert!(!pair.decide(&[]), "another time");
    pair.accept(&[]);
    pair.each(|chain| {
        let (key, power) =
            chain.validators().set().iter().map(|(key, power)| (*key, *power)).next_back().unwrap();
        let (height, time) = (chain.height(), chain.time());
        chain.validators().sign_twice(key, power, height, time);
    });
    assert!(!pair.decide(&[]), "a fault");
    pair.accept(&[]);
    assert!(pair.decide(&[]));
}

#[test]
fn a_node_that_ends_between_proposal_and_decision_executes_the_block_in_its_turn() {
    let (mut pair, mut rng) = (Pair::new(), rng());
    for _ in 0..3 {
        let txs = pair.transfers(&mut rng);
        pair.accept(&txs);
        pair.chains[0].restart();
        pair.watch();
        assert!(!pair.decide(&txs));
    }
}

/// A module whose blocks fail as often as it is told.
#[derive(Default)]
struct Failing {
    panics: AtomicU32,
    errors: AtomicU32,
}

impl Module for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn register(&self, _: &mut Registry) {}

    fn end_block(&self, _: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let due = |count: &AtomicU32| {
            count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
        };
        assert!(!due(&self.panics), "the planted panic of a test");
        if due(&self.errors) { Err(sdk::LOGIC.wrap("the planted error of a test")) } else { Ok(()) }
    }
}

#[test]
fn what_goes_wrong_ahead_stops_nobody() {
    let alice = Account::new("alice");
    let failing = Arc::new(Failing::default());
    let mut chain = TestChain::builder().module(failing.clone()).accounts([&alice]).build();
    let before = chain.height();
    for count in [&failing.panics, &failing.errors] {
        count.store(1, Ordering::SeqCst);
        assert!(chain.accepts(Vec::new()));
        // Dropping a proposal waits for it, so the failure is spent when another one is accepted.
        assert!(chain.accepts(Vec::new()));
        assert_eq!(count.load(Ordering::SeqCst), 0, "the block was executed ahead");
        chain.empty_blocks(1);
    }
    assert_eq!(chain.height(), before + 2);
}
