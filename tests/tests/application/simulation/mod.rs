//! Random but plausible lives over all modules, with every invariant checked after every block.
//!
//! A life has 2,500 operations; at its end the chain goes on from its export. 50,000 operations by default:
//!
//! ```text
//! AGORA_SIM_OPERATIONS=1000000 cargo test --release -p agora-tests --test application simulation -- --nocapture
//! AGORA_SIM_SEED=7 AGORA_SIM_OPERATIONS=2500 cargo test ...   # the life of one seed again
//! ```

mod allowances;
mod authz;
mod bank;
mod blocks;
mod dex;
mod distribution;
mod done;
mod feegrant;
mod gov;
mod hostile;
mod life;
mod mint;
mod parts;
mod proposals;
mod rights;
mod slashing;
mod staking;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use agora_tests::Account;
use agora_tests::faults::proto::agora::faults::v1::{MsgConjure, MsgForget};
use agora_tests::txs::wire_coins;

use self::life::Life;

/// Operations of a life.
const LIFE: u64 = 2_500;

/// A figure from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn random_lives_break_no_invariant_and_survive_export() {
    let seed = setting("AGORA_SIM_SEED", rand::random::<u32>().into());
    let operations = setting("AGORA_SIM_OPERATIONS", 50_000);
    println!("AGORA_SIM_SEED={seed} AGORA_SIM_OPERATIONS={operations}");
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names = Vec::new();
    for life in 0..operations.div_ceil(LIFE) {
        let again = format!("again with: AGORA_SIM_SEED={} AGORA_SIM_OPERATIONS={LIFE}", seed + life);
        let lived = catch_unwind(AssertUnwindSafe(|| {
            let mut life = Life::new(seed + life);
            let mut done = 0;
            while done < LIFE {
                done += u64::try_from(life.block().unwrap_or_else(|broken| panic!("{broken}"))).unwrap();
            }
            life.require_export_is_whole();
            life
        }));
        let lived = lived.unwrap_or_else(|payload| {
            println!("{again}");
            resume_unwind(payload)
        });
        names = lived.names().collect();
        lived.seen().for_each(|(what, times)| *seen.entry(what).or_default() += times);
        for (name, (passed, failed)) in lived.counts {
            let sum = counts.entry(name).or_default();
            *sum = (sum.0 + passed, sum.1 + failed);
        }
    }
    println!("passed and failed: {counts:?}\nseen: {seen:?}");
    let missing: Vec<_> = seen.iter().filter(|(_, times)| **times == 0).collect();
    assert!(missing.is_empty() || operations < 20_000, "never seen: {missing:?}");
    for name in names {
        let (passed, _) = counts.get(name).copied().unwrap_or_default();
        assert!(passed > 0 || operations < 20_000, "nothing of {name} has passed: {counts:?}");
    }
    let (passed, failed) = counts.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    assert!(passed > failed / 2 && failed > passed / 20, "the mix tests nothing: {counts:?}");
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let run = || {
        let mut life = Life::new(7);
        for _ in 0..30 {
            life.block().unwrap();
        }
        life.world.chain.app_hash()
    };
    assert_eq!(run(), run());
}

#[test]
fn coins_out_of_nothing_are_found() {
    let mut life = Life::new(1);
    life.block().unwrap();
    let thief = life.world.pick();
    let coin = Some(wire_coins("1uusdc").remove(0));
    let planted = MsgConjure { signer: thief.address.to_string(), coin };
    let _ = life.world.chain.tx(&thief).msg(&planted).run().expect_ok();
    let broken = life.world.chain.check_invariants().unwrap_err();
    assert!(
        broken.contains("the balances of a denom add up to its supply") && broken.contains("uusdc"),
        "{broken}"
    );
}

#[test]
fn an_index_that_forgets_is_found() {
    let mut life = Life::new(1);
    life.block().unwrap();
    let holds = |account: &&Account| life.world.chain.balance(*account, "uusdc") > 0;
    let victim = life.world.accounts.iter().find(holds).expect("somebody holds the coin").clone();
    let planted = MsgForget { signer: victim.address.to_string(), denom: "uusdc".to_owned() };
    let _ = life.world.chain.tx(&victim).msg(&planted).run().expect_ok();
    let broken = life.world.chain.check_invariants().unwrap_err();
    assert!(broken.contains("the holders of a denom are those with a balance"), "{broken}");
}
