//! A block of signed transfers on all threads, from bytes to the disk, against the limit of the machine.

use agora_executor::Parallel;
use agora_runtime::Runtime;
use agora_state::WriteSet;
use anyhow::ensure;
use rayon::prelude::*;

use super::block_stages::{all_good, all_paths, first_failure, hashing};
use crate::calibrate::{Checks, SyncedLog};
use crate::cli::Setting;
use crate::node;
use crate::report::{Report, Table, progress};
use crate::rounds::{Rounds, Sample, sampled};
use crate::summary::{Figure, shown};
use crate::transfers::Chain;

struct Size {
    accounts: u64,
    signers: u64,
    transfers: usize,
    rounds: usize,
}

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    let size = if setting.quick {
        Size { accounts: 20_000, signers: 2_000, transfers: 500, rounds: 5 }
    } else {
        Size { accounts: 1_000_000, signers: 50_000, transfers: 5_000, rounds: 15 }
    };
    let mut chain = Chain::create(&setting.folder, "block-parallel", size.accounts, size.signers)?;
    let mut paths = all_paths(&chain)?;
    let mut rng = setting.rng("block-parallel");
    let executor = Parallel::new(setting.threads).map_err(anyhow::Error::msg)?;
    let app = node::open(&chain, setting.threads)?;
    let (checks, mut log) = (Checks::default(), SyncedLog::create(setting.folder.path())?);
    let mut rounds = Rounds::default();
    progress(format_args!("{} times three blocks of {} transfers", size.rounds, size.transfers));
    for round in 0..=size.rounds {
        let mut this = Rounds::default();
        // A block nobody has seen before.
        let txs = chain.transfers(&mut rng, size.transfers)?;
        let writes = block(&chain, &chain.other, &executor, &txs, "signed", &mut this)?;
        let least = hashing(&txs, &writes, &mut paths);
        // In the same round and on as many threads, so that what disturbs the block disturbs its limit as well.
        let share = txs.len().div_ceil(setting.threads);
        this.time("least verify", || (0..setting.threads).into_par_iter().for_each(|_| checks.run(share)));
        this.time("least root", || least.run());
        this.time("least persist", || log.append())?;
        this.sum("limit", &["least verify", "least root", "least persist"]);
        // A block that was proposed before it is decided, as every block of a network is.
        let txs = chain.transfers(&mut rng, size.transfers)?;
        let state = chain.store.snapshot(None)?;
        let accepted = chain.runtime.accept(&executor, &state, &chain.next_block(), &txs)?;
        ensure!(accepted, "a proposal was not accepted");
        drop(state);
        let writes = block(&chain, &chain.runtime, &executor, &txs, "known", &mut this)?;
        // Its hashes are not asked for, but its keys are there from now on.
        drop(hashing(&txs, &writes, &mut paths));
        // A block that was proposed and voted on, by the application as a node runs it. It is rehearsed for the keys it adds.
        let txs = chain.transfers(&mut rng, size.transfers)?;
        let state = chain.store.snapshot(None)?;
        let rehearsed = chain.runtime.finalize(&executor, &state, &chain.next_block(), &txs);
        let writes = rehearsed.map_err(|e| anyhow::anyhow!("the block failed: {e}"))?.writes;
        drop((state, hashing(&txs, &writes, &mut paths)));
        this.add("decided", node::decide(&app, &chain.next_block(), &txs)?);
        if round > 0 {
            rounds.append(&this);
        }
    }
    drop(app);
    chain.close()?;
    Ok(report(setting, &size, &rounds))
}

/// FinalizeBlock and Commit.
fn block(
    chain: &Chain,
    runtime: &Runtime,
    executor: &Parallel,
    txs: &[Vec<u8>],
    name: &'static str,
    rounds: &mut Rounds,
) -> anyhow::Result<WriteSet> {
    let block = chain.next_block();
    let (outcome, sample) = sampled(|| -> anyhow::Result<_> {
        let state = chain.store.execution_view()?;
        let mut outcome = runtime
            .finalize(executor, &state, &block, txs)
            .map_err(|e| anyhow::anyhow!("the block failed: {e}"))?;
        let writes = std::mem::take(&mut outcome.writes);
        let kept = writes.clone();
        chain.commit(executor, &state, block.height, writes)?;
        Ok((outcome, kept))
    });
    let (outcome, writes) = outcome?;
    ensure!(all_good(&outcome), "a transfer failed: {:?}", first_failure(&outcome));
    // The copy of the writes is for the limit, not for the block.
    let (copy, copying) = sampled(|| writes.clone());
    drop(copy);
    rounds.add(
        name,
        Sample { wall: sample.wall - copying.wall, processor: sample.processor - copying.processor },
    );
    Ok(writes)
}

fn report(setting: &Setting, size: &Size, rounds: &Rounds) -> Report {
    let Size { accounts, transfers, .. } = size;
    let mut report = Report::new(format!(
        "block-parallel: {transfers} signed transfers on {accounts} accounts, {} threads, {} blocks of each kind",
        setting.threads, size.rounds
    ));
    let mut table = Table::new(
        "FinalizeBlock and Commit",
        &["block", "against the limit", "middle half", "processor seconds per 1,000 transactions"],
    );
    let per_thousand = |name: &str| {
        let seconds: Vec<f64> = rounds.samples(name).iter().map(|sample| sample.processor).collect();
        crate::rounds::median(&seconds) / (*transfers as f64 / 1_000.0)
    };
    for (name, title) in [
        ("signed", "nothing known of it"),
        ("known", "proposed before"),
        ("decided", "executed while voted on"),
    ] {
        let ratio = rounds.ratio(name, "limit");
        table.row([
            title.to_owned(),
            format!("{} x", shown(ratio.median)),
            format!("{} to {}", shown(ratio.low), shown(ratio.high)),
            format!("{:.3}", per_thousand(name)),
        ]);
    }
    report.tables.push(table);
    let share = rounds.ratio("limit", "signed").median * 100.0;
    let meaning = "signature checks, hashes and synced write alone, in the time of a block";
    report.figures.push(Figure::new("signed_share_of_limit", meaning, share, "%").bars(75.0, 60.0));
    let ratio = rounds.ratio("signed", "known").median;
    let meaning = "a block nobody has seen before against one that was proposed before";
    report.figures.push(Figure::new("preverified_over_signed", meaning, ratio, "x").bars(4.0, 4.0));
    let ratio = rounds.ratio("signed", "decided").median;
    let meaning = "a block nobody has seen before against one that was executed while it was voted on";
    report.figures.push(Figure::new("decided_over_signed", meaning, ratio, "x").bars(4.0, 4.0));
    let meaning = "processor time of a block nobody has seen before, all threads together";
    let seconds = per_thousand("signed");
    report.figures.push(Figure::new("cpu_seconds_per_1000_tx", meaning, seconds, "s"));
    report
}
