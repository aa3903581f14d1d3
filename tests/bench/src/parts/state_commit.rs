//! Root and durable commit of a block of random updates: the store, `jmt` on RocksDB, and the hashes alone, in turns.

use agora_store::Store;
use agora_store::tree::{Change, Tree};
use anyhow::ensure;
use rayon::prelude::*;

use crate::calibrate::SyncedLog;
use crate::cli::Setting;
use crate::jmt_rocks::JmtRocks;
use crate::plain_rocks::{Entries, PlainRocks};
use crate::report::{Report, Table, progress};
use crate::rounds::{Rounds, Spread};
use crate::sha_floor::{Hashing, Paths};
use crate::summary::{Figure, shown};
use crate::workload::{self, BANK, KEY_LEN, Update, VALUE_LEN};

/// What the part is run with.
struct Size {
    accounts: u64,
    updates: usize,
    rounds: usize,
}

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    let size = if setting.quick {
        Size { accounts: 50_000, updates: 2_000, rounds: 5 }
    } else {
        Size { accounts: 1_000_000, updates: 10_000, rounds: 15 }
    };
    let path = setting.folder.join("state-commit");
    workload::fill(&path, size.accounts)?;
    let store = Store::open(workload::options(&path))?;
    let mut jmt = JmtRocks::create(&setting.folder.join("state-commit-jmt"))?;
    jmt.fill(size.accounts)?;
    let plain = PlainRocks::create(&setting.folder.join("state-commit-plain"))?;
    let mut tree = full_tree(size.accounts);
    let paths = Paths::new((0..size.accounts).map(|i| Paths::of(&workload::key(i))).collect());

    let (mut rng, mut log) = (setting.rng("state-commit"), SyncedLog::create(setting.folder.path())?);
    let (mut rounds, mut needed) = (Rounds::default(), 0);
    progress(format_args!("{} rounds of {} updates", size.rounds, size.updates));
    // One round more, which is not counted: it fills the caches of both.
    for round in 0..=size.rounds {
        let block = workload::updates(&mut rng, size.accounts, size.updates);
        let floor = floor_of(&paths, &block);
        needed = floor.count();
        let mut this = Rounds::default();
        let ours = commit(&store, &block, &mut this)?;
        let changes = this.time("entries", || changes(&block));
        let next = this.time("nodes", || tree.update(&changes));
        this.sum("tree", &["entries", "nodes"]);
        ensure!(next.root() == ours, "the tree alone has another root than the store in round {round}");
        tree = next;
        this.time("floor", || floor.run());
        this.time("sync", || log.append())?;
        let entries = Entries::of(&block, round as u64);
        this.time("batch", || plain.write(&entries))?;
        let theirs = this.time("jmt", || jmt.commit(&block))?;
        ensure!(
            ours == theirs,
            "the roots differ in round {round} (seed {}): ours {ours:02x?}, jmt {theirs:02x?}",
            setting.seed
        );
        jmt.settle()?;
        if round > 0 {
            rounds.append(&this);
        }
    }
    store.close()?;
    std::fs::remove_dir_all(&path)?;
    Ok(report(&size, &rounds, needed, setting))
}

/// The tree of all accounts without a store around it.
pub(super) fn full_tree(accounts: u64) -> Tree {
    let all: Vec<Change<'_>> = (0..accounts)
        .into_par_iter()
        .map(|i| Change::new(workload::key(i).to_vec(), Some(&workload::first_value(i))))
        .collect();
    Tree::empty().update(&all)
}

/// Updates with their keys and values hashed, as the store does it.
pub(super) fn changes(block: &[Update]) -> Vec<Change<'_>> {
    block
        .par_iter()
        .with_min_len(64)
        .map(|update| Change::new(update.key.as_slice(), Some(&update.value)))
        .collect()
}

/// The hashes that new values for some accounts take.
pub(super) fn floor_of(paths: &Paths, block: &[Update]) -> Hashing {
    let mut hashing = Hashing::default();
    for _ in block {
        hashing.add_entry(KEY_LEN, VALUE_LEN);
    }
    hashing.add_inner(paths.inner_above(block.iter().map(|update| Paths::of(&update.key)).collect()));
    hashing
}

/// Commits a block; adds `root`, `durable` and their sum `both`. Gives the root of the accounts' tree.
pub(super) fn commit(store: &Store, block: &[Update], rounds: &mut Rounds) -> anyhow::Result<[u8; 32]> {
    let (height, writes) = (workload::next_height(store), workload::writes(block));
    let staged = rounds.time("root", || store.stage(height, writes))?;
    let root = staged.store_root(BANK).ok_or_else(|| anyhow::anyhow!("the store {BANK} has no root"))?;
    rounds.time("durable", || store.commit(staged))?;
    rounds.sum("both", &["root", "durable"]);
    Ok(root)
}

fn report(size: &Size, rounds: &Rounds, needed: u64, setting: &Setting) -> Report {
    let Size { accounts, updates, .. } = size;
    let mut report = Report::new(format!(
        "state-commit: {updates} random updates on {accounts} accounts, {} rounds",
        size.rounds
    ));
    let mut table =
        Table::new("Root and commit", &["what", "against", "median", "middle half", "in processor time"]);
    for (what, against, numerator, denominator) in [
        ("jmt put_value_set and synced write", "root and durable commit", "jmt", "both"),
        ("root", "its hashes alone, on all threads", "tree", "floor"),
        ("of it hashing keys, values and leaves", "the root alone", "entries", "tree"),
        ("staging (reads what is overwritten, root)", "the root alone", "root", "tree"),
        ("durable commit", "RocksDB alone, as many entries in a synced batch", "durable", "batch"),
        ("durable commit", "a synced write of 1 MiB", "durable", "sync"),
    ] {
        let Spread { low, median, high } = rounds.ratio(numerator, denominator);
        table.row([
            what.to_owned(),
            against.to_owned(),
            format!("{} x", shown(median)),
            format!("{} to {}", shown(low), shown(high)),
            format!("{} x", shown(rounds.processor_ratio(numerator, denominator).median)),
        ]);
    }
    report.tables.push(table);
    let ms = |name| format!("{:.1} ms", rounds.median(name) * 1e3);
    report.times.push(format!(
        "medians: staging {}, root alone {}, durable commit {}, plain batch {}, jmt {}, the {needed} hashes needed {} on {} threads",
        ms("root"),
        ms("tree"),
        ms("durable"),
        ms("batch"),
        ms("jmt"),
        ms("floor"),
        setting.threads
    ));
    report.figures = vec![
        Figure::new(
            "root_commit_vs_jmt",
            "jmt put_value_set on RocksDB against root and durable commit",
            rounds.ratio("jmt", "both").median,
            "x",
        )
        .bars(12.0, 8.0),
        Figure::new(
            "root_vs_sha_floor",
            "root against its hashes alone",
            rounds.ratio("tree", "floor").median,
            "x",
        )
        .bars(2.0, 3.0),
    ];
    report
}
