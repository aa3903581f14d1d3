//! A block of signed transfers, one thread, stage by stage.

use std::collections::BTreeMap;
use std::hint::black_box;

use agora_executor::Sequential;
use agora_runtime::{BlockOutcome, Runtime};
use agora_state::{Space, StoreId, WriteSet};
use anyhow::ensure;

use crate::calibrate::{Checks, SyncedLog};
use crate::cli::Setting;
use crate::report::{Report, Table, progress};
use crate::rounds::{Rounds, Spread};
use crate::sha_floor::{Hashing, Paths};
use crate::summary::{Figure, shown};
use crate::transfers::Chain;

/// Bytes a signer's document has beyond the transaction without its signature: chain id, tags and lengths, about.
const DOCUMENT_EXTRA: isize = 16 - 66;

struct Size {
    accounts: u64,
    signers: u64,
    transfers: usize,
    rounds: usize,
}

/// The stages in their order, with what each is.
const STAGES: [(&str, &str); 5] = [
    ("decode", "bytes to transactions, strictly"),
    ("verify", "sign bytes and signatures"),
    ("execute", "ante, messages, events, hooks, reads"),
    ("root", "trees and application hash"),
    ("persist", "one synced batch"),
];

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    let size = if setting.quick {
        Size { accounts: 20_000, signers: 2_000, transfers: 500, rounds: 5 }
    } else {
        Size { accounts: 1_000_000, signers: 50_000, transfers: 5_000, rounds: 11 }
    };
    let mut chain = Chain::create(&setting.folder, "block-stages", size.accounts, size.signers)?;
    let mut paths = all_paths(&chain)?;
    let mut rng = setting.rng("block-stages");
    // Sequential is the specification: one thread for everything, the hashing of the store included.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut rounds = Rounds::default();
    let (checks, mut log) = (Checks::default(), SyncedLog::create(setting.folder.path())?);
    progress(format_args!("{} blocks of {} transfers", size.rounds, size.transfers));
    for round in 0..=size.rounds {
        let txs = chain.transfers(&mut rng, size.transfers)?;
        let mut this = Rounds::default();
        let writes = pool.install(|| stages(&chain, &txs, &mut this))?;
        let hashing = hashing(&txs, &writes, &mut paths);
        // In the same round and on the same thread, so that what disturbs the block disturbs its limit as well.
        this.time("least verify", || checks.run(txs.len()));
        this.time("least root", || pool.install(|| hashing.run()));
        this.time("least persist", || log.append())?;
        this.sum("limit", &["least verify", "least root", "least persist"]);
        if round > 0 {
            rounds.append(&this);
        }
    }
    chain.close()?;
    Ok(report(&size, &rounds))
}

/// Runs a block through the entry points of the runtime and the store, and commits it. Gives what it wrote.
///
/// Executing is pure, so the block is executed three times on the same state: as a node does, which has yet to read and to check;
/// by another runtime, which has yet to check; and by the first again, which knows the transactions. The second less the
/// third is what decoding and the checks take. The first less the checks and decoding is what the rest takes, reading included.
fn stages(chain: &Chain, txs: &[Vec<u8>], rounds: &mut Rounds) -> anyhow::Result<WriteSet> {
    let (block, state) = (chain.next_block(), chain.store.execution_view()?);
    let finalize = |runtime: &Runtime| {
        runtime
            .finalize(&Sequential, &state, &block, txs)
            .map_err(|e| anyhow::anyhow!("the block failed: {e}"))
    };
    let decoded = rounds.time("decode", || {
        txs.iter().map(|bytes| black_box(chain.runtime.decode(bytes)).is_ok()).filter(|good| *good).count()
    });
    let outcome = rounds.time("finalize", || finalize(&chain.runtime))?;
    let unchecked = rounds.time("unchecked", || finalize(&chain.other))?;
    let checked = rounds.time("checked", || finalize(&chain.runtime))?;
    ensure!(decoded == txs.len() && all_good(&outcome), "a transfer failed: {:?}", first_failure(&outcome));
    ensure!(
        outcome.writes == unchecked.writes && outcome.writes == checked.writes,
        "two executions of one block differ"
    );
    let staged = rounds.time("root", || chain.store.stage_on(&state, block.height, outcome.writes))?;
    rounds.time("persist", || chain.store.commit(staged))?;
    let verify = rounds.last("unchecked") - rounds.last("checked") - rounds.last("decode");
    rounds.add("verify", verify);
    rounds.add("execute", rounds.last("finalize") - verify - rounds.last("decode"));
    rounds.sum("whole", &["finalize", "root", "persist"]);
    Ok(checked.writes)
}

/// Where the keys of each store lie in its tree.
pub(super) type AllPaths = BTreeMap<StoreId, Paths>;

pub(super) fn all_paths(chain: &Chain) -> anyhow::Result<AllPaths> {
    let mut paths: BTreeMap<StoreId, Vec<u128>> = BTreeMap::new();
    for key in chain.keys()? {
        paths.entry(key.store).or_default().push(Paths::of(&key.key));
    }
    Ok(paths.into_iter().map(|(store, paths)| (store, Paths::new(paths))).collect())
}

pub(super) fn all_good(outcome: &BlockOutcome) -> bool {
    outcome.results.iter().all(agora_runtime::TxResult::is_ok)
}

pub(super) fn first_failure(outcome: &BlockOutcome) -> Option<&str> {
    outcome.results.iter().find(|result| !result.is_ok()).map(|result| result.log.as_str())
}

/// The hashes a block cannot do without: of the transactions, of what was signed, of the trees.
pub(super) fn hashing(txs: &[Vec<u8>], writes: &WriteSet, paths: &mut AllPaths) -> Hashing {
    let mut hashing = Hashing::default();
    for tx in txs {
        hashing.add(tx.len(), 1);
        hashing.add(tx.len().saturating_add_signed(DOCUMENT_EXTRA), 1);
    }
    let mut changed: BTreeMap<StoreId, Vec<u128>> = BTreeMap::new();
    for (key, value) in writes.iter().filter(|(key, _)| key.space == Space::Tree) {
        if let Some(value) = value {
            hashing.add_entry(key.key.len(), value.len());
            changed.entry(key.store).or_default().push(Paths::of(&key.key));
        }
    }
    for (store, changed) in changed {
        let paths = paths.entry(store).or_default();
        paths.extend(changed.iter().copied());
        hashing.add_inner(paths.inner_above(changed));
    }
    hashing
}

fn report(size: &Size, rounds: &Rounds) -> Report {
    let Size { accounts, transfers, .. } = size;
    let mut report = Report::new(format!(
        "block-stages: {transfers} signed transfers on {accounts} accounts, one thread, {} blocks",
        size.rounds
    ));
    let mut table = Table::new(
        "Where the time goes",
        &["stage", "share", "middle half", "of processor time", "the limit's share", ""],
    );
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    for (stage, what) in STAGES {
        let Spread { low, median, high } = rounds.ratio(stage, "whole");
        let least = match stage {
            "verify" => percent(rounds.ratio("least verify", "limit").median),
            "root" => percent(rounds.ratio("least root", "limit").median),
            "persist" => percent(rounds.ratio("least persist", "limit").median),
            _ => String::new(),
        };
        let half = format!("{} to {}", percent(low), percent(high));
        let processor = percent(rounds.processor_ratio(stage, "whole").median);
        table.row([stage.to_owned(), percent(median), half, processor, least, what.to_owned()]);
        report.figures.push(Figure::new(
            format!("block_share_{stage}"),
            "share of the time of a sequential block",
            median * 100.0,
            "%",
        ));
    }
    report.tables.push(table);
    let ms = |name| rounds.median(name) * 1e3;
    report.times.push(format!(
        "medians: decode {:.1} ms, verify {:.1} ms, execute {:.1} ms, root {:.1} ms, persist {:.1} ms, whole {:.1} ms; limit {:.1} ms",
        ms("decode"), ms("verify"), ms("execute"), ms("root"), ms("persist"), ms("whole"), ms("limit")
    ));
    let whole = rounds.ratio("whole", "limit").median;
    report.figures.push(Figure::new(
        "block_sequential_vs_limit",
        "a sequential block against signatures, hashes and synced write alone",
        whole,
        "x",
    ));
    let processor = rounds.processor_ratio("whole", "limit").median;
    let mut table = Table::new("Against the limit of one thread", &["", "ratio"]);
    table.row(["wall time".to_owned(), format!("{} x", shown(whole))]);
    table.row(["processor time".to_owned(), format!("{} x", shown(processor))]);
    report.tables.push(table);
    report
}
