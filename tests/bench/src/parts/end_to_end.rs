//! Transfers through RPC, mempool and consensus, against the application alone; and a node under a flood.

use std::process::{Command, Stdio};
use std::time::Duration;

use agora_executor::Parallel;
use agora_tests::flood::{self, Findings, Plan};
use agora_tests::process::{Kind, Node, has_comet};
use agora_tests::program;
use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use serde_json::Value;

use crate::cli::Setting;
use crate::report::{Report, Table, progress};
use crate::rounds::{Rounds, Sample, sampled};
use crate::summary::{Figure, shown};
use crate::transfers::Chain;

struct Size {
    transfers: usize,
    /// Transfers of a block of the application alone.
    block: usize,
    accounts: u64,
    rounds: usize,
    flood: Plan,
}

/// Who makes the blocks, with the names of its series, its figure, and what it is.
const NODES: [(Kind, &str, &str, &str); 2] = [
    (
        Kind::Devnet,
        "devnet",
        "end_to_end_devnet_vs_app",
        "transfers a second through a devnet, against the application alone",
    ),
    (
        Kind::Comet,
        "comet",
        "end_to_end_comet_vs_app",
        "transfers a second through CometBFT, against the application alone",
    ),
];

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    let size = if setting.quick {
        let flood = Plan { duration: Duration::from_secs(8), rate: 1_500, probes: 5 };
        Size { transfers: 2_000, block: 500, accounts: 500, rounds: 1, flood }
    } else {
        let flood = Plan { duration: Duration::from_secs(20), rate: 2_000, probes: 20 };
        Size { transfers: 20_000, block: 4_000, accounts: 2_000, rounds: 3, flood }
    };
    let kinds: Vec<_> = NODES.into_iter().filter(|(kind, ..)| *kind == Kind::Devnet || has_comet()).collect();
    let mut rng = setting.rng("end-to-end");
    let mut rounds = Rounds::default();
    let mut latencies: Vec<(&str, Value)> = Vec::new();
    // As many who send as who are paid.
    let mut chain = Chain::create(&setting.folder, "end-to-end", size.accounts * 2, size.accounts)?;
    let executor = Parallel::new(setting.threads).map_err(anyhow::Error::msg)?;
    for round in 1..=size.rounds {
        progress(format_args!("round {round} of {}: {} transfers", size.rounds, size.transfers));
        rounds.add("app", application(&mut chain, &executor, &mut rng, &size)?);
        for (kind, name, ..) in &kinds {
            let report = through(*kind, &size)?;
            rounds.add(name, Sample::wall(report["seconds"].as_f64().context("no seconds")?));
            latencies.retain(|(known, _)| known != name);
            latencies.push((name, report));
        }
    }
    chain.close()?;
    let mut floods = Vec::new();
    for (kind, name, ..) in &kinds {
        progress(format_args!("flooding {name}"));
        let node = Node::start(*kind).context("the node does not start")?;
        floods.push((*name, flood::run(&node, size.flood)?));
    }
    Ok(report(&size, &rounds, &kinds, &latencies, &floods))
}

/// The same number of transfers by the runtime and the store alone: decoded, verified, executed, committed.
fn application(
    chain: &mut Chain,
    executor: &Parallel,
    rng: &mut StdRng,
    size: &Size,
) -> anyhow::Result<Sample> {
    let mut taken = Sample::default();
    let mut left = size.transfers;
    while left > 0 {
        let count = left.min(size.block);
        left -= count;
        let txs = chain.transfers(rng, count)?;
        let (block, state) = (chain.next_block(), chain.store.execution_view()?);
        let (outcome, sample) = sampled(|| -> anyhow::Result<_> {
            let outcome = chain.runtime.finalize(executor, &state, &block, &txs);
            let mut outcome = outcome.map_err(|e| anyhow::anyhow!("the block failed: {e}"))?;
            let writes = std::mem::take(&mut outcome.writes);
            chain.commit(executor, &state, block.height, writes)?;
            Ok(outcome)
        });
        ensure!(outcome?.results.iter().all(agora_runtime::TxResult::is_ok), "a transfer failed");
        taken = taken + sample;
    }
    Ok(taken)
}

/// `agora load` against a new node; gives its report.
fn through(kind: Kind, size: &Size) -> anyhow::Result<Value> {
    let node = Node::start(kind).context("the node does not start")?;
    let mut command = Command::new(program());
    command.arg("--home").arg(node.home.path()).args([
        "--output",
        "json",
        "--node",
        node.field("rpc"),
        "load",
    ]);
    command.args(["--rate", "max", "--count", &size.transfers.to_string()]);
    command.args(["--accounts", &size.accounts.to_string()]).stdin(Stdio::null());
    let output = command.output().context("agora load cannot be started")?;
    ensure!(output.status.success(), "agora load: {}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(
        report["committed"].as_u64() == Some(size.transfers as u64)
            && report["failed"] == serde_json::json!([]),
        "not every transfer came into a block: {report}"
    );
    Ok(report)
}

fn report(
    size: &Size,
    rounds: &Rounds,
    kinds: &[(Kind, &'static str, &'static str, &'static str)],
    reports: &[(&str, Value)],
    floods: &[(&str, Findings)],
) -> Report {
    let mut report = Report::new(format!(
        "end-to-end: {} transfers by `agora load` on the same machine, {} rounds, blocks every 0.25 s",
        size.transfers, size.rounds
    ));
    let mut table = Table::new(
        "Throughput against the application alone",
        &["", "share", "middle half", "latency over its median: 90 %", "99 %"],
    );
    table.row(["application alone", "1.00 x", "", "", ""]);
    for (_, name, figure, meaning) in kinds {
        let ratio = rounds.ratio("app", name);
        let latency =
            reports.iter().find(|(known, _)| known == name).map(|(_, report)| &report["latency_ms"]);
        let over = |at: &str| {
            let of = |at: &str| latency.and_then(|latency| latency[at].as_f64());
            of(at).zip(of("p50")).map_or_else(String::new, |(at, median)| format!("{} x", shown(at / median)))
        };
        table.row([
            (*name).to_owned(),
            format!("{} x", shown(ratio.median)),
            format!("{} to {}", shown(ratio.low), shown(ratio.high)),
            over("p90"),
            over("p99"),
        ]);
        report.figures.push(Figure::new(*figure, meaning, ratio.median, "x"));
    }
    report.tables.push(table);
    let mut table = Table::new(
        "A flood of cheap, invalid and repeated transactions",
        &[
            "",
            "handed in over taken",
            "blocks waited, worst",
            "mean",
            "most waiting, in blocks",
            "memory over before",
        ],
    );
    for (name, found) in floods {
        let (before, peak) = found.memory;
        table.row([
            (*name).to_owned(),
            format!("{} x", shown(found.saturation())),
            found.worst().to_string(),
            shown(found.mean()),
            shown(found.most_waiting as f64 / flood::PER_BLOCK as f64),
            format!("{} x", shown(peak as f64 / before as f64)),
        ]);
        report.times.push(format!(
            "{name}: recovered {:.1} s after the flood, {} MiB of memory at most",
            found.recovery.as_secs_f64(),
            peak >> 20
        ));
    }
    report.tables.push(table);
    let worst = floods.iter().map(|(_, found)| found.worst()).max().unwrap_or_default();
    report.figures.push(
        Figure::new(
            "flood_blocks_until_included",
            "blocks that a transaction with a better fee waits in a flood, the worst of all",
            worst as f64,
            "blocks",
        )
        .bars(1.0, 3.0),
    );
    for (name, report_of) in reports {
        let rate = report_of["committed_per_second"].as_f64().unwrap_or(f64::NAN);
        report.times.push(format!("{name}: {rate:.0} transfers a second, {}", report_of["latency_ms"]));
    }
    let rate = size.transfers as f64 / rounds.median("app");
    report.times.push(format!("application alone: {rate:.0} transfers a second"));
    report
}
