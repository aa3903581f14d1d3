//! Sequences of calls, drawn from the grammar that CometBFT publishes: starts, recoveries from every point, rounds.
//!
//! Whatever the sequence, the application never fails, and every block has the results and the hash it had on a chain that nothing
//! disturbed. `AGORA_GRAMMAR=5000` runs as many sequences; `AGORA_GRAMMAR_SEED` repeats them:
//!
//! ```text
//! AGORA_GRAMMAR=5000 cargo test --release -p agora-tests --test application grammar -- --nocapture
//! ```

mod comet;
mod line;
mod place;
mod rounds;
mod sequence;

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_framework::Module;
use agora_tests::faults::{Forgotten, Memory};
use agora_tests::harness::{Modules, Recording};
use agora_tests::{Account, TestChain};
use bytes::Bytes;
use serde_json::json;

use self::comet::Point;
use self::sequence::Sequences;

const SECOND_KEY: [u8; 32] = [2; 32];

/// A chain that nothing disturbed: transfers, stakes, failures, a validator that joins, falls silent and signs twice.
fn undisturbed(modules: &Modules) -> (Recording, Vec<Bytes>) {
    let accounts: Vec<Account> = (0..6).map(|n| Account::new(&format!("grammar {n}"))).collect();
    let [alice, bob, carol, ..] = accounts.as_slice() else { unreachable!() };
    let all = modules.clone();
    let mut chain = TestChain::builder()
        .modules(move || all())
        .accounts(&accounts)
        .validator(alice)
        .genesis("/slashing/params/signed_blocks_window", json!("4"))
        .initial_height(3)
        .recorded()
        .build();
    for round in 0..9_u64 {
        let fee = chain.fee_for(600_000);
        let draft = |who: &Account| chain.draft(who).gas(600_000).fee(&fee);
        let mut txs = vec![
            draft(&accounts[3]).send(bob, "5uago").memo(format!("{round}")).bytes(),
            draft(&accounts[4]).send(carol, "999999999999uago").bytes(),
            draft(&accounts[5]).send(alice, "1uusdc").unordered(chain.next_time() + 1_000_000_000).bytes(),
        ];
        match round {
            1 => txs.push(draft(bob).msg(&super::staking::create(bob, SECOND_KEY, 5_000_000)).bytes()),
            2 => txs.push(draft(carol).msg(&super::staking::delegate(carol, bob, 3_000_000)).bytes()),
            4 => chain.validators().silence(SECOND_KEY, true),
            7 => {
                let (height, time) = (chain.height(), chain.time());
                chain.validators().sign_twice(SECOND_KEY, 5, height - 5, time);
            }
            _ => {}
        }
        let block = chain.mine(txs);
        assert!(!block.outcomes.is_empty(), "the blocks are empty");
    }
    let recording = chain.recording().clone();
    let updates: usize = recording.blocks.iter().map(|(_, block)| block.validator_updates.len()).sum();
    assert!(updates > 1, "the set of validators does not change");
    let mut waiting: Vec<Bytes> = recording.blocks.iter().flat_map(|(block, _)| block.txs.clone()).collect();
    // One that is never included, one that cannot be decoded.
    waiting.push(chain.draft(alice).send(bob, "7uago").bytes().into());
    waiting.push(Bytes::from_static(b"no transaction"));
    (recording, waiting)
}

fn with(forgotten: Forgotten) -> Modules {
    Arc::new(move || {
        let mut modules: Vec<Arc<dyn Module>> = agora_runtime::modules();
        modules.push(Arc::new(Memory::new(forgotten)));
        modules
    })
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

#[test]
fn every_sequence_of_the_grammar_leads_to_the_blocks_of_the_undisturbed_chain() {
    let seed = setting("AGORA_GRAMMAR_SEED").unwrap_or_else(|| rand::random::<u32>().into());
    let count = setting("AGORA_GRAMMAR").unwrap_or(300);
    println!("AGORA_GRAMMAR_SEED={seed} AGORA_GRAMMAR={count}");
    let modules = with(Forgotten::Nothing);
    let (recording, waiting) = undisturbed(&modules);
    let sequences = Sequences { modules: &modules, recording: &recording, waiting: &waiting };
    let mut points: BTreeMap<Point, usize> = BTreeMap::new();
    let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
    for index in 0..count {
        let (crashes, counts) = sequences
            .run(seed, index)
            .unwrap_or_else(|why| panic!("sequence {index} of AGORA_GRAMMAR_SEED={seed}: {why}"));
        crashes.into_iter().for_each(|point| *points.entry(point).or_default() += 1);
        counts.into_iter().for_each(|(name, times)| *calls.entry(name).or_default() += times);
    }
    println!("calls: {calls:?}\nends of processes: {points:?}");
    if count >= 300 {
        for point in Point::ALL {
            assert!(points.contains_key(&point), "no process has ended at {point:?}");
        }
        assert_eq!(calls.len(), 15, "all methods but Flush are called: {calls:?}");
    }
}

#[test]
fn sequences_find_what_is_kept_in_memory_and_belongs_into_the_state() {
    for (forgotten, sign) in [
        (Forgotten::ThatBlocksComeAgain, "another "),
        (Forgotten::ThatBlocksMayComeAgain, "a block was begun already"),
    ] {
        // The chain itself shows nothing: each of its blocks is executed by one process.
        let modules = with(forgotten);
        let (recording, waiting) = undisturbed(&modules);
        let sequences = Sequences { modules: &modules, recording: &recording, waiting: &waiting };
        let found = (0..40).find_map(|index| sequences.run(1, index).err());
        let found = found.unwrap_or_else(|| panic!("{forgotten:?} was not found"));
        assert!(found.contains(sign), "{forgotten:?}: {found}");
    }
}
