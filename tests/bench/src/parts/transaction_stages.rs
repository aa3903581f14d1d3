//! One signed transfer on one thread, from bytes to result, against one signature check.

use std::hint::black_box;

use agora_executor::Sequential;
use agora_runtime::{BlockOutcome, Runtime};
use anyhow::{Context, ensure};

use crate::calibrate::Checks;
use crate::cli::Setting;
use crate::memory::Memory;
use crate::report::{Report, Table, progress};
use crate::rounds::{Rounds, Spread};
use crate::summary::{Figure, shown};
use crate::transfers::{self, Senders};

/// The stages in their order, with what each is.
const STAGES: [(&str, &str, &str); 5] = [
    ("decode", "decode", "bytes to a transaction, strictly"),
    ("verify", "verify", "sign bytes and signature"),
    ("block of known ones, first", "first", "executing an account's first"),
    ("block of known ones, later", "later", "executing a later one"),
    ("block of new ones", "whole", "decoding, checking and executing a later one"),
];

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    let (count, rounds) = if setting.quick { (500, 5) } else { (2_000, 21) };
    let runtime = Runtime::standard()?;
    let mut senders = Senders::new(count);
    let mut state = Memory(senders.first_state(&runtime)?);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let (mut taken, checks) = (Rounds::default(), Checks::default());
    progress(format_args!("{rounds} times {count} transfers"));
    let first = senders.round(&runtime, &state)?;
    let after = Memory(state.0.clone());
    let outcome = finalize(&runtime, &after, 2, &first)?;
    state.0.extend(outcome.writes);
    let later = senders.round(&runtime, &state)?;
    for round in 0..=rounds {
        let other = Runtime::standard()?;
        let mut this = Rounds::default();
        pool.install(|| {
            this.time("check", || checks.run(later.len()));
            this.time("decode", || later.iter().for_each(|bytes| drop(black_box(runtime.decode(bytes)))));
            let new = this.time("whole", || finalize(&other, &state, 3, &later))?;
            let known = this.time("later", || finalize(&other, &state, 3, &later))?;
            ensure!(new.writes == known.writes && new.results == known.results, "two executions differ");
            finalize(&other, &after, 2, &first)?;
            this.time("first", || finalize(&other, &after, 2, &first))?;
            Ok(())
        })?;
        let verify = this.last("whole") - this.last("later");
        this.add("verify", verify);
        if round > 0 {
            taken.append(&this);
        }
    }
    Ok(report(count, rounds, &taken))
}

/// Runs a block of which every transaction must succeed.
fn finalize(runtime: &Runtime, state: &Memory, height: u64, txs: &[Vec<u8>]) -> anyhow::Result<BlockOutcome> {
    let block = transfers::block(height);
    let outcome = runtime.finalize(&Sequential, state, &block, txs).map_err(|e| anyhow::anyhow!("{e}"))?;
    let failed = outcome.results.iter().find(|result| !result.is_ok());
    ensure!(failed.is_none(), "a transfer failed: {}", failed.context("none")?.log);
    Ok(outcome)
}

fn report(count: usize, rounds: usize, taken: &Rounds) -> Report {
    let mut report =
        Report::new(format!("transaction-stages: {count} transfers on one thread, {rounds} rounds"));
    let mut table =
        Table::new("One transfer against one signature check", &["stage", "ratio", "middle half", ""]);
    for (stage, name, what) in STAGES {
        let Spread { low, median, high } = taken.ratio(name, "check");
        table.row([
            stage.to_owned(),
            format!("{} x", shown(median)),
            format!("{} to {}", shown(low), shown(high)),
            what.to_owned(),
        ]);
        let meaning = "a stage of one transfer against one signature check";
        report.figures.push(Figure::new(format!("transfer_{name}_vs_check"), meaning, median, "x"));
    }
    report.tables.push(table);
    let us = |name| taken.median(name) * 1e6 / count as f64;
    report.times.push(format!(
        "medians, a transfer: check {:.1} us, decode {:.1} us, verify {:.1} us, first {:.1} us, later {:.1} us",
        us("check"), us("decode"), us("verify"), us("first"), us("later")
    ));
    report
}
