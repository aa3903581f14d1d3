//! Swaps through the runtime: on many pools at once against one after the other, and of each kind against a transfer.

use agora_executor::{BlockExecutor, Parallel, Sequential};
use agora_runtime::BlockOutcome;
use anyhow::ensure;
use rand::rngs::StdRng;

use crate::cli::Setting;
use crate::market::{Market, Pool, Timed};
use crate::report::{Report, Table, progress};
use crate::rounds::Rounds;
use crate::summary::{Figure, shown};

/// Pools of the block that is executed side by side.
const POOLS: usize = 50;
/// Threads it is executed on.
const THREADS: usize = 2;

/// The kinds, with what each is.
const KINDS: [(&str, &str); 4] = [
    ("constant_product", "two coins, x * y = k"),
    ("weighted", "three coins with weights"),
    ("stable", "two coins, amplification 200"),
    ("concentrated", "41 positions, a tick passed now and then"),
];

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    // A block of fewer than 200 is not executed side by side.
    let (swaps, rounds) = if setting.quick { (250, 5) } else { (1_000, 31) };
    let market = Market::open(swaps, POOLS)?;
    let mut rng = setting.rng("swaps");
    let mut report = Report::new(format!("swaps: {swaps} in a block, {rounds} rounds"));
    side_by_side(&market, &mut rng, (swaps, rounds), &mut report)?;
    kinds(&market, &mut rng, (swaps, rounds), &mut report)?;
    Ok(report)
}

/// Executes a block and adds what the executor took of it, and the whole.
fn timed(
    market: &Market,
    executor: &impl BlockExecutor,
    txs: &[Vec<u8>],
    [alone, whole]: [&'static str; 2],
    rounds: &mut Rounds,
) -> anyhow::Result<BlockOutcome> {
    let executor = Timed::new(executor);
    let outcome = rounds.time(whole, || market.execute(&executor, txs))?;
    rounds.add(alone, executor.taken());
    Ok(outcome)
}

/// Swaps on many pools, in sequence and side by side by turns. Signatures are known in either case.
fn side_by_side(
    market: &Market,
    rng: &mut StdRng,
    (swaps, count): (usize, usize),
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut table = Table::new(
        &format!("A block of swaps: in sequence against {THREADS} threads"),
        &[
            "pools",
            "times as fast",
            "middle half",
            "processor time, of that in sequence",
            "with hooks",
            "run again",
        ],
    );
    for pools in [POOLS, 1] {
        progress(format_args!("{count} times {swaps} swaps on {pools} pools"));
        let executor = Parallel::new(THREADS).map_err(anyhow::Error::msg)?;
        let mut rounds = Rounds::default();
        for round in 0..=count {
            let txs = market.swaps(rng, swaps, &market.pools[..pools])?;
            let expected = market.execute(&Sequential, &txs)?;
            let mut this = Rounds::default();
            // Whoever comes second finds the state in the caches of the processor.
            for turn in [round % 2, (round + 1) % 2] {
                let outcome = match turn {
                    0 => timed(market, &Sequential, &txs, ["sequential", "in sequence"], &mut this)?,
                    _ => timed(market, &executor, &txs, ["parallel", "side by side"], &mut this)?,
                };
                let same = outcome.writes == expected.writes && outcome.results == expected.results;
                ensure!(same, "side by side comes to something else");
            }
            if round > 0 {
                rounds.append(&this);
            }
        }
        let ratio = rounds.ratio("sequential", "parallel");
        table.row([
            pools.to_string(),
            format!("{} x", shown(ratio.median)),
            format!("{} to {}", shown(ratio.low), shown(ratio.high)),
            shown(rounds.processor_ratio("parallel", "sequential").median),
            format!("{} x", shown(rounds.ratio("in sequence", "side by side").median)),
            executor.stats().again.to_string(),
        ]);
        if pools == POOLS {
            let meaning = "swaps on fifty pools, in sequence against two threads";
            let name = format!("swaps_{POOLS}_pools_x{THREADS}");
            report.figures.push(Figure::new(name, meaning, ratio.median, "x").bars(1.6, 1.4));
        }
    }
    report.tables.push(table);
    Ok(())
}

/// One swap of each kind against one transfer, both executed with known signatures on one thread.
fn kinds(
    market: &Market,
    rng: &mut StdRng,
    (swaps, count): (usize, usize),
    report: &mut Report,
) -> anyhow::Result<()> {
    progress(format_args!("{count} times {swaps} swaps of each kind"));
    let [first, ..] = market.pools.as_slice() else { anyhow::bail!("there are no pools") };
    let pools: [&Pool; 4] = [first, &market.weighted, &market.stable, &market.concentrated];
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let (mut rounds, mut gas) = (Rounds::default(), [0.0; 5]);
    for round in 0..=count {
        let mut this = Rounds::default();
        let mut blocks = vec![("transfer", market.transfers(swaps, 1)?)];
        for ((kind, _), pool) in KINDS.iter().zip(pools) {
            blocks.push((*kind, market.swaps(rng, swaps, std::slice::from_ref(pool))?));
        }
        for ((name, txs), gas) in blocks.iter().zip(&mut gas) {
            market.execute(&Sequential, txs)?;
            let outcome = pool.install(|| this.time(name, || market.execute(&Sequential, txs)))?;
            *gas = outcome.results.iter().map(|result| result.gas_used as f64).sum();
        }
        if round > 0 {
            rounds.append(&this);
        }
    }
    let mut table = Table::new(
        "One swap against one transfer, on one thread",
        &["kind", "time", "middle half", "gas", ""],
    );
    let meaning = "executing a swap, ante included, against executing a transfer";
    for ((kind, what), used) in KINDS.iter().zip(&gas[1..]) {
        let ratio = rounds.ratio(kind, "transfer");
        table.row([
            kind.replace('_', " "),
            format!("{} x", shown(ratio.median)),
            format!("{} to {}", shown(ratio.low), shown(ratio.high)),
            format!("{} x", shown(used / gas[0])),
            (*what).to_owned(),
        ]);
        let name = format!("swap_{kind}_per_transfer");
        report.figures.push(Figure::new(name, meaning, ratio.median, "x").bars(2.0, 3.0));
    }
    report.tables.push(table);
    let us = |name| format!("{name} {:.1} us", rounds.median(name) * 1e6 / swaps as f64);
    let names: Vec<String> = ["transfer"].into_iter().chain(KINDS.map(|(kind, _)| kind)).map(us).collect();
    report.times.push(format!("medians, executing one: {}", names.join(", ")));
    Ok(())
}
