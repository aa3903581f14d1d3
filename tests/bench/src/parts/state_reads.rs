//! Reads and proofs: one at a time, alone and while blocks are committed.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use agora_state::{StateKey, StateRead};
use agora_store::{Options, Store};
use anyhow::Context;
use rand::rngs::StdRng;

use crate::calibrate::sha64;
use crate::cli::Setting;
use crate::report::{Report, Table, progress};
use crate::rounds::{Rounds, Sample, timed};
use crate::summary::{Figure, shown};
use crate::workload::{self, BANK};

/// Reads of one view, as a query or a transaction makes some and is done.
const VIEW: usize = 256;

/// How far back past heights are read.
const BACK: u64 = 20;

struct Size {
    accounts: u64,
    updates: usize,
    reads: usize,
    proofs: usize,
    rounds: usize,
}

/// An operation measured: its series alone and beside commits.
const OPERATIONS: [(&str, &str, &str); 4] = [
    ("hot", "hot beside", "hot read, from the cache"),
    ("cold", "cold beside", "cold read, from RocksDB"),
    ("past", "past beside", "read 20 heights back"),
    ("proof", "proof beside", "proof of membership, two steps"),
];

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    let size = if setting.quick {
        Size { accounts: 50_000, updates: 1_000, reads: 4_096, proofs: 512, rounds: 5 }
    } else {
        Size { accounts: 1_000_000, updates: 10_000, reads: 16_384, proofs: 2_048, rounds: 11 }
    };
    let mut rng = setting.rng("state-reads");
    let path = setting.filled(size.accounts)?;
    let mut rounds = Rounds::default();
    // Without a cache every read goes to RocksDB; with one, what was committed last is in it.
    for cold in [true, false] {
        let mut options = workload::options(&path);
        if cold {
            options = Options { cache_bytes: 0, ..options };
        }
        let store = Store::open(options)?;
        for _ in 0..=BACK {
            commit_once(&store, &mut rng, &size)?;
        }
        progress(format_args!(
            "{} rounds of reads {} a cache",
            size.rounds,
            if cold { "without" } else { "with" }
        ));
        for _ in 0..size.rounds {
            measure(&store, &mut rng, &size, cold, setting.threads, &mut rounds)?;
        }
        store.close()?;
    }
    Ok(report(&size, &rounds))
}

fn commit_once(store: &Store, rng: &mut StdRng, size: &Size) -> anyhow::Result<Vec<StateKey>> {
    let block = workload::updates(rng, size.accounts, size.updates);
    store.commit(store.stage(workload::next_height(store), workload::writes(&block))?)?;
    Ok(block.iter().map(|update| workload::state_key(&update.key)).collect())
}

/// One round of every operation, alone and beside commits.
fn measure(
    store: &Store,
    rng: &mut StdRng,
    size: &Size,
    cold: bool,
    threads: usize,
    rounds: &mut Rounds,
) -> anyhow::Result<()> {
    let hot_keys = commit_once(store, rng, size)?;
    let hot_keys: Vec<StateKey> = hot_keys.into_iter().cycle().take(size.reads).collect();
    let keys = workload::some_keys(rng, size.accounts, size.reads);
    let operations = |rounds: &mut Rounds, beside: bool| -> anyhow::Result<()> {
        let name = |i: usize| if beside { OPERATIONS[i].1 } else { OPERATIONS[i].0 };
        if cold {
            rounds.add(name(1), Sample::wall(read(store, &keys, 0)?));
            return Ok(());
        }
        rounds.add(name(0), Sample::wall(read(store, &hot_keys, 0)?));
        rounds.add(name(2), Sample::wall(read(store, &keys, BACK)?));
        rounds.add(name(3), Sample::wall(prove(store, &keys[..size.proofs])?));
        Ok(())
    };
    operations(rounds, false)?;
    if !cold {
        let hashes = 50_000_u32;
        let (_, seconds) = timed(|| sha64(hashes.into()));
        rounds.add("sha", Sample::wall(seconds / f64::from(hashes)));
    }
    let (stop, committed) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut writer_rng = rng.clone();
    // One thread less than there are, so that the reader has one for itself.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.saturating_sub(1).max(1)).build()?;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| -> anyhow::Result<()> {
            while !stop.load(Ordering::Relaxed) {
                pool.install(|| commit_once(store, &mut writer_rng, size))?;
                committed.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
        // The first block is under way before anything is timed.
        while committed.load(Ordering::Relaxed) == 0 && !writer.is_finished() {
            std::thread::yield_now();
        }
        let read = operations(rounds, true);
        stop.store(true, Ordering::Relaxed);
        writer.join().map_err(|_| anyhow::anyhow!("the committing thread panicked"))??;
        read
    })
}

/// Seconds per read, `back` heights behind the head. What is read must be there.
fn read(store: &Store, keys: &[StateKey], back: u64) -> anyhow::Result<f64> {
    let (read, seconds) = timed(|| -> anyhow::Result<()> {
        for keys in keys.chunks(VIEW) {
            let height = workload::next_height(store) - 1 - back;
            // The head is whatever it is when the view is taken; a past height may have to be named.
            let view = store.snapshot((back > 0).then_some(height))?;
            for key in keys {
                black_box(view.get(key)?).with_context(|| format!("{key:?} is missing"))?;
            }
        }
        Ok(())
    });
    read.map(|()| seconds / keys.len() as f64)
}

/// Seconds per proof at the head.
fn prove(store: &Store, keys: &[StateKey]) -> anyhow::Result<f64> {
    let (proven, seconds) = timed(|| -> anyhow::Result<()> {
        for key in keys {
            black_box(store.prove(None, key)?.value).with_context(|| format!("{key:?} is missing"))?;
        }
        Ok(())
    });
    proven.map(|()| seconds / keys.len() as f64)
}

fn report(size: &Size, rounds: &Rounds) -> Report {
    let mut report = Report::new(format!(
        "state-reads: {} accounts in store {BANK}, blocks of {} updates, {} rounds",
        size.accounts, size.updates, size.rounds
    ));
    let vs = |name: &str, other: &str| rounds.ratio(name, other).median;
    let us = |name: &str| rounds.median(name) * 1e6;
    let mut table = Table::new(
        "Cost of one operation",
        &["operation", "SHA-256 of 64 bytes", "hot reads", "while a block is committed"],
    );
    for (alone, beside, what) in OPERATIONS {
        table.row([
            what.to_owned(),
            format!("{} x", shown(vs(alone, "sha"))),
            format!("{} x", shown(vs(alone, "hot"))),
            format!("{} x", shown(vs(beside, alone))),
        ]);
        report.times.push(format!("{what}: {:.2} us alone, {:.2} us beside commits", us(alone), us(beside)));
    }
    report.tables.push(table);
    report.figures = vec![
        Figure::new("read_hot_vs_sha64", "hot read against a SHA-256 of 64 bytes", vs("hot", "sha"), "x"),
        Figure::new("read_cold_vs_hot", "cold read against a hot one", vs("cold", "hot"), "x"),
        Figure::new("read_past_vs_hot", "read at a past height against a hot one", vs("past", "hot"), "x"),
        Figure::new("proof_vs_sha64", "proof against a SHA-256 of 64 bytes", vs("proof", "sha"), "x"),
        Figure::new(
            "read_hot_beside_commit",
            "hot read while blocks are committed, against alone",
            vs("hot beside", "hot"),
            "x",
        ),
        Figure::new(
            "proof_beside_commit",
            "proof while blocks are committed, against alone",
            vs("proof beside", "proof"),
            "x",
        ),
    ];
    report
}
