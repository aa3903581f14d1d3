//! The executor alone: cheap and usual transactions on accounts in memory, side by side against one after the other.

mod work;

use agora_executor::{BlockExecutor, Parallel, Sequential};
use agora_state::Overlay;
use anyhow::ensure;
use rand::rngs::StdRng;

use self::work::{INDEPENDENT, Mix, Totals, Work};
use crate::cli::Setting;
use crate::picture::{Curve, Picture};
use crate::report::{Report, Table, progress};
use crate::rounds::{Rounds, Sample, median, sampled};
use crate::summary::{Figure, shown};

/// What a cheap and a usual transaction should take in sequence, in seconds.
const WORTH: [f64; 2] = [2e-6, 12e-6];

/// A kind of block.
struct Case {
    name: &'static str,
    title: &'static str,
    mix: Mix,
    /// How many times as fast it must be on two threads, where something must.
    bar: Option<f64>,
}

const CASES: [Case; 6] = [
    Case { name: "exec_independent", title: "independent transfers", mix: INDEPENDENT, bar: Some(1.75) },
    Case {
        name: "exec_half_hot",
        title: "half of the transfers to one account",
        mix: Mix { to_hot: 50, ..INDEPENDENT },
        bar: Some(1.6),
    },
    Case {
        name: "exec_ten_hot",
        title: "a tenth of the transfers to ten accounts",
        mix: Mix { to_hot: 10, hot: 10, ..INDEPENDENT },
        bar: Some(1.7),
    },
    Case {
        name: "exec_fifty_pools",
        title: "all transactions in one of fifty pools",
        mix: Mix { in_pool: 100, pools: 50, ..INDEPENDENT },
        bar: None,
    },
    Case {
        name: "exec_hot_pool",
        title: "90 % of the transactions in one pool",
        mix: Mix { in_pool: 90, ..INDEPENDENT },
        bar: None,
    },
    Case {
        name: "exec_all_conflict",
        title: "all transactions in one pool",
        mix: Mix { in_pool: 100, ..INDEPENDENT },
        bar: None,
    },
];

struct Bench {
    /// How many accounts there are.
    count: u64,
    transfers: usize,
    rounds: usize,
    /// Rounds of arithmetic that make a transaction worth what it should be.
    arithmetic: [u32; 2],
}

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    let (count, transfers, rounds) = if setting.quick { (20_000, 1_000, 5) } else { (1_000_000, 5_000, 31) };
    let mut bench = Bench { count, transfers, rounds, arithmetic: [0; 2] };
    let mut rng = setting.rng("execution");
    bench.calibrate(&mut rng)?;
    let mut report =
        Report::new(format!("execution: {transfers} transactions among {count} accounts, {rounds} rounds"));
    bench.mixes(setting, &mut rng, &mut report)?;
    bench.totals(setting, &mut rng, &mut report)?;
    bench.small(setting, &mut rng, &mut report)?;
    bench.curves(setting, &mut rng, &mut report)?;
    Ok(report)
}

impl Bench {
    /// Finds how much arithmetic makes a transaction in sequence worth [`WORTH`].
    fn calibrate(&mut self, rng: &mut StdRng) -> anyhow::Result<()> {
        let mut per_tx = |arithmetic: u32| -> anyhow::Result<f64> {
            let mut samples = Vec::new();
            for _ in 0..9 {
                let work = Work::new(INDEPENDENT.block(rng, self.count, self.transfers), arithmetic);
                samples.push(self.execute(&Sequential, &work)?.1.wall / self.transfers as f64);
            }
            Ok(median(&samples))
        };
        let (bare, worked) = (per_tx(0)?, per_tx(1_000)?);
        self.arithmetic = WORTH.map(|worth| ((worth - bare).max(0.0) / (worked - bare) * 1_000.0) as u32);
        progress(format_args!(
            "a bare transaction takes {:.2} us, one round {:.2} ns",
            bare * 1e6,
            (worked - bare) * 1e6
        ));
        Ok(())
    }

    fn execute(&self, executor: &impl BlockExecutor, work: &Work) -> anyhow::Result<(Vec<u64>, Sample)> {
        // What a block is likely to touch is read ahead of its execution, so that is what execution finds.
        let ahead = work.read_ahead()?;
        let mut state = Overlay::new(&ahead);
        let (outputs, sample) = sampled(|| executor.execute(&mut state, work));
        Ok((outputs.map_err(|e| anyhow::anyhow!("a block failed: {e}"))?, sample))
    }

    /// Blocks of a mix, in sequence and side by side by turns.
    fn compare(
        &self,
        rng: &mut StdRng,
        mix: Mix,
        executor: &impl BlockExecutor,
        arithmetic: u32,
    ) -> anyhow::Result<Rounds> {
        let mut rounds = Rounds::default();
        for round in 0..=self.rounds {
            let work = Work::new(mix.block(rng, self.count, self.transfers), arithmetic);
            // Whoever comes second finds the accounts in the caches of the processor.
            let parallel_first = (round % 2 == 1).then(|| self.execute(executor, &work)).transpose()?;
            let (expected, sequential) = self.execute(&Sequential, &work)?;
            let (found, parallel) = match parallel_first {
                Some(first) => first,
                None => self.execute(executor, &work)?,
            };
            ensure!(expected == found, "side by side comes to something else");
            if round > 0 {
                rounds.add("sequential", sequential);
                rounds.add("parallel", parallel);
            }
        }
        Ok(rounds)
    }

    fn mixes(&self, setting: &Setting, rng: &mut StdRng, report: &mut Report) -> anyhow::Result<()> {
        for (arithmetic, worth, suffix) in
            [(self.arithmetic[0], "about 2 us", ""), (self.arithmetic[1], "about 12 us", "_usual")]
        {
            let mut table = Table::new(
                &format!("Transactions of {worth}: in sequence against {} threads", setting.threads),
                &["block", "times as fast", "middle half", "processor time, of that in sequence"],
            );
            for Case { name, title, mix, bar } in CASES {
                progress(format_args!("{title}, {worth}"));
                let executor = Parallel::new(setting.threads).map_err(anyhow::Error::msg)?;
                let rounds = self.compare(rng, mix, &executor, arithmetic)?;
                let ratio = rounds.ratio("sequential", "parallel");
                table.row([
                    title.to_owned(),
                    format!("{} x", shown(ratio.median)),
                    format!("{} to {}", shown(ratio.low), shown(ratio.high)),
                    shown(rounds.processor_ratio("parallel", "sequential").median),
                ]);
                let mut figure =
                    Figure::new(format!("{name}{suffix}_x{}", setting.threads), title, ratio.median, "x");
                if let Some(bar) = bar {
                    figure = figure.bars(bar, bar);
                }
                report.figures.push(figure);
                if name == "exec_all_conflict" && suffix.is_empty() {
                    let overhead = (rounds.ratio("parallel", "sequential").median - 1.0) * 100.0;
                    let meaning = "what a block in which everything conflicts costs more than in sequence";
                    report
                        .figures
                        .push(Figure::new("all_conflict_overhead", meaning, overhead, "%").bars(0.0, 5.0));
                }
            }
            report.tables.push(table);
        }
        Ok(())
    }

    /// Sums that every transaction adds to, against sums of its own.
    fn totals(&self, setting: &Setting, rng: &mut StdRng, report: &mut Report) -> anyhow::Result<()> {
        progress("sums that everybody adds to");
        let [_, usual] = self.arithmetic;
        let executor = Parallel::new(setting.threads).map_err(anyhow::Error::msg)?;
        let mut rounds = Rounds::default();
        for round in 0..=self.rounds {
            for (name, totals) in [("own", Totals::Own), ("everybody's", Totals::Everybodys)] {
                let block = Mix { totals, ..INDEPENDENT }.block(rng, self.count, self.transfers);
                let sample = self.execute(&executor, &Work::new(block, usual))?.1;
                if round > 0 {
                    rounds.add(name, sample);
                }
            }
        }
        let overhead = (rounds.ratio("everybody's", "own").median - 1.0) * 100.0;
        let meaning = "two sums that every transaction adds to, against two of its own";
        report.figures.push(Figure::new("hot_totals_overhead", meaning, overhead, "%").bars(0.0, 3.0));
        Ok(())
    }

    /// Blocks too small to be worth a second thread.
    fn small(&self, setting: &Setting, rng: &mut StdRng, report: &mut Report) -> anyhow::Result<()> {
        progress("small blocks");
        let executor = Parallel::new(setting.threads).map_err(anyhow::Error::msg)?;
        let mut table = Table::new("Small blocks", &["transactions", "times as fast"]);
        let mut rounds = Rounds::default();
        for transfers in [20, 100, 199] {
            let mut these = Rounds::default();
            for _ in 0..self.rounds {
                // Many blocks a sample: one alone takes less than the clock is good for.
                let block = INDEPENDENT.block(rng, self.count, transfers);
                let work = Work::new(block, self.arithmetic[0]);
                let mut sums = [Sample::default(); 2];
                for turn in 0..20 {
                    for half in [turn % 2, (turn + 1) % 2] {
                        let sample = match half {
                            0 => self.execute(&Sequential, &work)?.1,
                            _ => self.execute(&executor, &work)?.1,
                        };
                        sums[half] = sums[half] + sample;
                    }
                }
                these.add("sequential", sums[0]);
                these.add("parallel", sums[1]);
            }
            let ratio = these.ratio("sequential", "parallel").median;
            table.row([transfers.to_string(), format!("{} x", shown(ratio))]);
            rounds.append(&these);
        }
        report.tables.push(table);
        let overhead = (rounds.ratio("parallel", "sequential").median - 1.0) * 100.0;
        let meaning = "what blocks under 200 cheap transactions cost more than in sequence";
        report.figures.push(Figure::new("small_block_overhead", meaning, overhead, "%"));
        Ok(())
    }

    /// Shares of conflicts and numbers of threads.
    fn curves(&self, setting: &Setting, rng: &mut StdRng, report: &mut Report) -> anyhow::Result<()> {
        let threads: Vec<usize> = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
            .into_iter()
            .filter(|threads| *threads <= setting.threads)
            .collect();
        let head: Vec<String> = threads.iter().map(|threads| format!("{threads} threads")).collect();
        let head: Vec<&str> = std::iter::once("in one pool").chain(head.iter().map(String::as_str)).collect();
        let mut table = Table::new("Transactions of about 12 us: times as fast as in sequence", &head);
        let mut curves = Vec::new();
        for in_pool in [0, 10, 50, 90] {
            progress(format_args!("{in_pool} % conflicts"));
            let (mut row, mut points) = (vec![format!("{in_pool} %")], Vec::new());
            for threads in &threads {
                let executor = Parallel::new(*threads).map_err(anyhow::Error::msg)?;
                let mix = Mix { in_pool, ..INDEPENDENT };
                let ratio =
                    self.compare(rng, mix, &executor, self.arithmetic[1])?.ratio("sequential", "parallel");
                row.push(format!("{} x", shown(ratio.median)));
                points.push((*threads as f64, ratio.median));
            }
            table.row(row);
            curves.push(Curve { name: format!("{in_pool} % in one pool"), points });
        }
        report.tables.push(table);
        report.pictures.push(Picture {
            file: "execution-threads.svg",
            title: "Times as fast as sequential execution",
            x: "threads",
            y: "times as fast",
            curves,
        });
        Ok(())
    }
}
