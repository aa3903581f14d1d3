//! How costs grow with the number of keys.

use std::path::Path;
use std::process::Command;

use agora_state::{StateKey, StateRead};
use agora_store::{Options, Store};
use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::state_commit::{changes, floor_of, full_tree};
use crate::cli::Setting;
use crate::report::{Report, Table, progress};
use crate::rounds::{Rounds, median, timed};
use crate::sha_floor::{Hashing, Paths};
use crate::summary::{Figure, shown};
use crate::workload::{self, KEY_LEN, Update, VALUE_LEN};
use crate::{folder, machine};

/// What opening a store took, told by a process that did nothing else.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Opened {
    seconds: f64,
    /// By how many bytes the process grew.
    memory: u64,
    /// What the store says its trees take.
    tree_bytes: u64,
    keys: u64,
}

/// What one size came to.
struct Measured {
    accounts: u64,
    updates: usize,
    rounds: Rounds,
    hashes_per_update: f64,
    rebuilt: Opened,
    from_checkpoint: Opened,
    /// Seconds in which all threads hash all keys and values.
    hashing: f64,
    /// Bytes of the trees for each key, when as many heights are kept for proofs as ever are.
    under_load: f64,
    grown_per_update: f64,
    written_per_update: f64,
}

impl Measured {
    fn bytes_per_key(&self) -> f64 {
        self.rebuilt.tree_bytes as f64 / self.rebuilt.keys as f64
    }
}

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    let sizes: &[u64] = if setting.quick { &[10_000, 50_000] } else { &[100_000, 1_000_000, 5_000_000] };
    let (updates, rounds) = if setting.quick { (1_000, 5) } else { (10_000, 11) };
    let all = sizes
        .iter()
        .map(|accounts| measure(setting, *accounts, updates, rounds))
        .collect::<anyhow::Result<Vec<_>>>()?;
    report(&all, rounds)
}

fn measure(setting: &Setting, accounts: u64, updates: usize, rounds: usize) -> anyhow::Result<Measured> {
    let path = setting.filled(accounts)?;
    // What filling left in the log is taken into tables by this, so the disk is compared from one opening to the next.
    let rebuilt = open_elsewhere(&path, true, setting.threads)?;
    ensure!(rebuilt.keys == accounts, "the store has {} keys instead of {accounts}", rebuilt.keys);
    let mut hashing = Hashing::default();
    hashing.add(KEY_LEN, accounts);
    hashing.add(VALUE_LEN, accounts);
    let hashing = median(&[(); 3].map(|()| timed(|| hashing.run()).1));
    let before = folder::size(&path.join("db"))?;

    let paths = Paths::new((0..accounts).map(|i| Paths::of(&workload::key(i))).collect());
    let mut tree = full_tree(accounts);
    let store = Store::open(options(&path, false))?;
    store.checkpoint()?;
    let mut rng = setting.rng("state-sizes");
    let (mut measured, mut hashes) = (Rounds::default(), 0);
    let written = machine::written();
    progress(format_args!("{rounds} rounds of {updates} updates on {accounts} accounts"));
    for round in 0..=rounds {
        let block = workload::updates(&mut rng, accounts, updates);
        let floor = floor_of(&paths, &block);
        let mut this = Rounds::default();
        commit_read(&store, &block, &mut this)?;
        tree = this.time("tree", || tree.update(&changes(&block)));
        this.time("floor", || floor.run());
        hashes += floor.count();
        if round > 0 {
            measured.append(&this);
        }
    }
    let committed = (updates * (rounds + 1)) as f64;
    let written_per_update = machine::written().saturating_sub(written) as f64 / committed;
    store.close()?;
    drop(tree);
    let from_checkpoint = open_elsewhere(&path, false, setting.threads)?;
    let grown_per_update = (folder::size(&path.join("db"))? as f64 - before as f64) / committed;
    let under_load = under_load(&path, accounts, updates, &mut rng)?;
    Ok(Measured {
        accounts,
        updates,
        rounds: measured,
        hashes_per_update: hashes as f64 / committed,
        rebuilt,
        from_checkpoint,
        hashing,
        under_load,
        grown_per_update,
        written_per_update,
    })
}

/// Commits a block that was executed: `read` is what execution takes for the values that are overwritten, on all threads; then `root` and `durable` and their sum `both`, and `all` is the sum of everything.
fn commit_read(store: &Store, block: &[Update], rounds: &mut Rounds) -> anyhow::Result<()> {
    let (height, writes, view) =
        (workload::next_height(store), workload::writes(block), store.execution_view()?);
    let keys: Vec<StateKey> = writes.keys().cloned().collect();
    rounds.time("read", || keys.par_iter().with_min_len(64).try_for_each(|key| view.get(key).map(|_| ())))?;
    let staged = rounds.time("root", || store.stage_on(&view, height, writes))?;
    rounds.time("durable", || store.commit(staged))?;
    rounds.sum("both", &["root", "durable"]);
    rounds.sum("all", &["read", "both"]);
    Ok(())
}

/// Bytes of the trees for each key after so many blocks that all heights kept for proofs are in memory.
fn under_load(path: &Path, accounts: u64, updates: usize, rng: &mut StdRng) -> anyhow::Result<f64> {
    let options = options(path, false);
    progress(format_args!("blocks until {} heights are kept for proofs", options.proofs));
    let kept = options.proofs;
    let store = Store::open(options)?;
    for _ in 0..=kept {
        let block = workload::updates(rng, accounts, updates);
        store.commit(store.stage(workload::next_height(&store), workload::writes(&block))?)?;
    }
    let bytes = store.tree_bytes() as f64 / store.keys() as f64;
    store.close()?;
    Ok(bytes)
}

/// With or without checkpoints; none is written unless it is asked for.
fn options(path: &Path, rebuild: bool) -> Options {
    Options { checkpoint_every: (!rebuild).then_some(u64::MAX), ..workload::options(path) }
}

/// Opens the store in a process of its own, whose memory nothing else has touched.
fn open_elsewhere(path: &Path, rebuild: bool, threads: usize) -> anyhow::Result<Opened> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot find itself")?);
    command.arg("open").arg(path).args(rebuild.then_some("--rebuild"));
    command.arg("--threads").arg(threads.to_string());
    let output = command.output().context("this program cannot start itself")?;
    ensure!(output.status.success(), "opening a store failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Opens the store at `path`, from its checkpoint or by hashing everything, and prints what that took, as JSON.
pub(crate) fn open_and_tell(path: &Path, rebuild: bool) -> anyhow::Result<()> {
    // Without a cache of values, what memory grows by is the trees and what RocksDB keeps.
    let options = Options { cache_bytes: 0, ..options(path, rebuild) };
    let before = machine::resident();
    let (store, seconds) = timed(|| Store::open(options));
    let memory = machine::resident().saturating_sub(before);
    let store = store?;
    let opened = Opened { seconds, memory, tree_bytes: store.tree_bytes(), keys: store.keys() };
    store.close()?;
    println!("{}", serde_json::to_string(&opened)?);
    Ok(())
}

fn report(all: &[Measured], rounds: usize) -> anyhow::Result<Report> {
    let (Some(first), Some(last)) = (all.first(), all.last()) else { anyhow::bail!("there are no sizes") };
    let mut report =
        Report::new(format!("state-sizes: {} random updates a block, {rounds} rounds", first.updates));
    let log = |m: &Measured| (m.accounts as f64).log2() / (first.accounts as f64).log2();
    let needed = |m: &Measured| m.hashes_per_update / first.hashes_per_update;
    let relative = |m: &Measured, name: &str| m.rounds.median(name) / first.rounds.median(name);
    let vs_floor = |m: &Measured| m.rounds.ratio("tree", "floor").median;
    let mut costs = Table::new(
        "Cost of an update, against that of the first row",
        &[
            "keys",
            "log n",
            "hashes needed",
            "root",
            "root and commit",
            "with reading",
            "root against its hashes",
        ],
    );
    let mut sizes = Table::new(
        "Memory and disk, in bytes",
        &[
            "keys",
            "trees, a key",
            "process, a key",
            "with 100 heights, a key",
            "disk, an update",
            "written, an update",
        ],
    );
    let mut starts = Table::new(
        "Opening, against hashing all keys and values",
        &["keys", "rebuilding", "from a checkpoint", "heights since", "changes since"],
    );
    let times = |value: f64| format!("{} x", shown(value));
    for m in all {
        costs.row([
            m.accounts.to_string(),
            times(log(m)),
            format!("{} ({})", times(needed(m)), shown(m.hashes_per_update)),
            times(relative(m, "tree")),
            times(relative(m, "both")),
            times(relative(m, "all")),
            times(vs_floor(m)),
        ]);
        sizes.row([
            m.accounts.to_string(),
            shown(m.bytes_per_key()),
            shown(m.rebuilt.memory as f64 / m.accounts as f64),
            shown(m.under_load),
            shown(m.grown_per_update),
            shown(m.written_per_update),
        ]);
        starts.row([
            m.accounts.to_string(),
            times(m.rebuilt.seconds / m.hashing),
            times(m.from_checkpoint.seconds / m.hashing),
            (rounds + 1).to_string(),
            ((rounds + 1) * m.updates).to_string(),
        ]);
        let ms = |name| m.rounds.median(name) * 1e3;
        report.times.push(format!(
            "{} keys: root {:.1} ms, reading {:.1} ms, staging {:.1} ms, durable commit {:.1} ms; open {:.2} s, from a checkpoint {:.2} s",
            m.accounts, ms("tree"), ms("read"), ms("root"), ms("durable"), m.rebuilt.seconds, m.from_checkpoint.seconds
        ));
    }
    report.tables = vec![costs, sizes, starts];
    let figure = Figure::new;
    report.figures = vec![
        figure(
            "root_growth_vs_hashes",
            "root per hash needed, largest against smallest state",
            vs_floor(last) / vs_floor(first),
            "x",
        )
        .bars(1.0, 1.25),
        figure(
            "commit_growth_vs_hashes",
            "root and commit, growth against that of the hashes needed",
            relative(last, "both") / needed(last),
            "x",
        )
        .bars(1.0, 1.25),
        figure(
            "read_commit_growth_vs_hashes",
            "the same with what execution takes to read the values",
            relative(last, "all") / needed(last),
            "x",
        ),
        figure("memory_bytes_per_key", "memory of the trees", last.bytes_per_key(), "bytes/key")
            .bars(170.0, 255.0),
        figure(
            "memory_bytes_per_key_under_load",
            "the same with the heights kept for proofs",
            last.under_load,
            "bytes/key",
        ),
        figure("disk_bytes_per_update", "growth of the database", last.grown_per_update, "bytes/update"),
        figure(
            "open_rebuild_vs_hashing",
            "opening by rebuilding, against hashing all keys and values",
            last.rebuilt.seconds / last.hashing,
            "x",
        ),
        figure(
            "open_checkpoint_vs_hashing",
            "opening from a checkpoint, against the same",
            last.from_checkpoint.seconds / last.hashing,
            "x",
        ),
    ];
    Ok(report)
}
