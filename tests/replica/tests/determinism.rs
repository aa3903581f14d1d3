//! The same blocks give the same hashes, whatever surrounds them.
//!
//! Short: one random seed, 2,000 blocks. Long, by `AGORA_DETERMINISM=long`: several seeds and more surroundings.
//! `AGORA_DETERMINISM_SEED` repeats a run.

mod surroundings;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use agora_replica::{BlockHashes, Settings, Summary, run};
use agora_store::{Options, Pruning, Tuning};
use anyhow::Result;
use surroundings::{Surroundings, debug_program};

const BLOCKS: u64 = 2000;

fn is_long() -> bool {
    std::env::var("AGORA_DETERMINISM").is_ok_and(|form| form == "long")
}

/// The seeds of this run, with the hashes of their blocks in plain surroundings: a release build with one thread, in memory.
fn references() -> &'static [(u64, Vec<String>)] {
    static REFERENCES: OnceLock<Vec<(u64, Vec<String>)>> = OnceLock::new();
    REFERENCES.get_or_init(|| {
        let given = std::env::var("AGORA_DETERMINISM_SEED").ok().and_then(|seed| seed.parse().ok());
        let first: u64 = given.unwrap_or_else(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_nanos().into())
        });
        println!("AGORA_DETERMINISM_SEED={first}");
        let seeds = if is_long() { 5 } else { 1 };
        (first..first + seeds)
            .map(|seed| {
                let lines = Surroundings::plain().lines(seed, BLOCKS).expect("a plain run");
                (seed, lines)
            })
            .collect()
    })
}

/// Where two runs part, if they do.
fn compare(seed: u64, expected: &[String], found: &[String]) -> Result<(), String> {
    match expected.iter().zip(found).find(|(expected, found)| expected != found) {
        Some((expected, found)) => Err(format!(
            "the chains part (repeat with AGORA_DETERMINISM_SEED={seed}):\nexpected {expected}\nfound    {found}"
        )),
        None if expected.len() == found.len() => Ok(()),
        None => Err(format!("{} blocks were expected, {} came", expected.len(), found.len())),
    }
}

/// Runs every seed in these surroundings and compares.
fn same_in(surroundings: &Surroundings) {
    for (seed, expected) in references() {
        let found = surroundings.lines(*seed, BLOCKS).expect("a run");
        compare(*seed, expected, &found).unwrap_or_else(|parted| panic!("{surroundings:?}: {parted}"));
    }
}

/// Runs every seed in this process with settings changed, perhaps in the folder given, and compares.
fn same_with(change: impl Fn(&mut Settings, &Path)) -> Vec<Summary> {
    let mut summaries = Vec::new();
    for (seed, expected) in references() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = Settings::memory(*seed, BLOCKS);
        change(&mut settings, folder.path());
        let mut found = Vec::new();
        let summary = run(&settings, |block: &BlockHashes| found.push(block.to_string())).expect("a run");
        let expected = &expected[..usize::try_from(settings.blocks).expect("a length")];
        compare(*seed, expected, &found).unwrap_or_else(|parted| panic!("{settings:?}: {parted}"));
        summaries.push(summary);
    }
    summaries
}

#[test]
fn the_blocks_are_full_of_everything() {
    for (seed, lines) in references() {
        assert_eq!(lines.len() as u64, BLOCKS);
        let app_hashes: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(app_hashes.len(), lines.len(), "every block changes something");
        let summary = run(&Settings::memory(*seed, 500), |_| {}).expect("a run");
        let count = |code: u32| summary.codes.get(&code).copied().unwrap_or_default();
        let all: u64 = summary.codes.values().sum();
        assert!(count(0) * 2 > all && all > 1500, "seed {seed}: {:?}", summary.codes);
        // Undecodable, wrong signature, too little money, out of gas, fee too low, unordered refused, wrong sequence.
        for code in [2, 4, 5, 11, 13, 18, 32] {
            assert!(count(code) > 0, "seed {seed}: nothing fails with code {code}: {:?}", summary.codes);
        }
    }
}

#[test]
fn two_threads_give_the_same_chain() {
    same_in(&Surroundings::plain().threads(2));
    if is_long() {
        same_in(&Surroundings::plain().threads(3));
        same_in(&Surroundings::plain().threads(8));
    }
}

#[test]
fn another_time_zone_language_and_home_give_the_same_chain() {
    same_in(&Surroundings::elsewhere());
}

#[test]
fn a_debug_build_gives_the_same_chain() {
    same_in(&Surroundings::plain().program(debug_program()));
}

/// Tables as they are, merged by one thread, and hardly any of them in memory.
const UNCOMPRESSED: Tuning = Tuning {
    write_buffer_bytes: 1 << 20,
    log_bytes: 4 << 20,
    block_cache_bytes: 1 << 20,
    compression: false,
    background_jobs: 1,
};

/// How many tables and logs a database in this folder has begun: each has a number.
fn files_begun(folder: &Path) -> u64 {
    let names = std::fs::read_dir(folder.join("db")).expect("a database");
    let number = |name: &str| name.split_once('.').and_then(|(number, _)| number.parse().ok());
    names.flatten().filter_map(|entry| number(&entry.file_name().to_string_lossy())).max().unwrap_or(0)
}

#[test]
fn a_database_without_cache_and_history_gives_the_same_chain() {
    let summaries = same_with(|settings, folder| {
        settings.options = Options {
            cache_bytes: 0,
            pruning: Pruning::Everything,
            proofs: 2,
            tuning: UNCOMPRESSED,
            ..Options::disk(folder, Vec::new())
        };
    });
    assert!(!summaries.is_empty());
}

#[test]
fn a_database_that_keeps_everything_and_is_often_closed_gives_the_same_chain() {
    let summaries = same_with(|settings, folder| {
        settings.options = Options {
            cache_bytes: 1 << 16,
            pruning: Pruning::Nothing,
            background_pruning: false,
            tuning: Tuning { compression: true, background_jobs: 4, ..UNCOMPRESSED },
            ..Options::disk(folder, Vec::new())
        };
        settings.restart_every = 97;
    });
    assert!(!summaries.is_empty());
}

#[test]
fn a_database_that_merges_its_tables_all_the_time_gives_the_same_chain() {
    let folders = RefCell::new(Vec::new());
    same_with(|settings, folder| {
        // A folder of its own, which is looked at afterwards.
        let own = tempfile::tempdir_in(folder.parent().expect("a folder")).expect("a folder");
        settings.options = Options { tuning: Tuning::tiny(), ..Options::disk(own.path(), Vec::new()) };
        folders.borrow_mut().push(own);
    });
    let begun = folders.borrow().iter().map(|folder| files_begun(folder.path())).min().unwrap_or(0);
    assert!(begun > BLOCKS / 20, "only {begun} files were begun: the settings do nothing");
}

/// What readers must have done in so many blocks for the run to count.
fn read_enough(summaries: &[Summary], blocks: u64) {
    for summary in summaries {
        println!("{}", summary.reads);
        assert!(summary.reads.least() > blocks / 8, "some kind of read is rare: {}", summary.reads);
        assert!(summary.reads.confirmed > 20, "{}", summary.reads);
    }
}

#[test]
fn sixteen_readers_see_one_height_at_a_time_and_change_nothing() {
    let summaries = same_with(|settings, folder| {
        settings.options = Options::disk(folder, Vec::new());
        settings.readers = 16;
    });
    read_enough(&summaries, BLOCKS);
}

#[test]
fn sixteen_readers_see_one_height_at_a_time_while_history_is_pruned() {
    let blocks = if is_long() { BLOCKS } else { 500 };
    let summaries = same_with(|settings, folder| {
        settings.options =
            if is_long() { Options::disk(folder, Vec::new()) } else { settings.options.clone() };
        settings.options.pruning = Pruning::Custom(40);
        settings.blocks = blocks;
        settings.readers = 16;
    });
    read_enough(&summaries, blocks);
}

/// With a bug planted the two surroundings part: the comparison finds it.
fn found(plant: &str, one: Surroundings, other: Surroundings, blocks: u64) {
    let [one, other] = [one, other].map(|surroundings| surroundings.plant(plant).printed(7, blocks));
    assert!(!one.is_empty() && !other.is_empty(), "{plant}: nothing was run");
    let parted = compare(7, &one, &other[..other.len().min(one.len())]);
    assert!(parted.is_err(), "the bug {plant} was not found");
}

/// The bug alone does not make them part: it is the surroundings that do.
fn not_found(plant: &str, one: Surroundings, other: Surroundings, blocks: u64) {
    let [one, other] =
        [one, other].map(|surroundings| surroundings.plant(plant).lines(7, blocks).expect("a run"));
    assert_eq!(compare(7, &one, &other), Ok(()), "{plant}");
}

#[test]
fn the_order_of_a_hash_map_in_a_result_is_found() {
    found("map-order", Surroundings::plain(), Surroundings::plain(), 5);
}

#[test]
fn the_clock_in_a_value_is_found() {
    found("clock", Surroundings::plain(), Surroundings::plain(), 5);
}

#[test]
fn the_number_of_threads_in_a_value_is_found() {
    found("threads", Surroundings::plain(), Surroundings::plain().threads(2), 5);
    not_found("threads", Surroundings::plain(), Surroundings::plain(), 5);
}

#[test]
fn the_environment_in_a_result_is_found() {
    found("environment", Surroundings::plain(), Surroundings::elsewhere(), 5);
    not_found("environment", Surroundings::elsewhere(), Surroundings::elsewhere(), 5);
}

#[test]
fn the_kind_of_build_in_a_value_is_found() {
    found("build", Surroundings::plain(), Surroundings::plain().program(debug_program()), 5);
}

#[test]
fn the_options_of_the_database_in_a_result_are_found() {
    found("options", Surroundings::plain(), Surroundings::plain().arguments(&["--cache-bytes", "0"]), 5);
    not_found("options", Surroundings::plain(), Surroundings::plain(), 5);
}

#[test]
fn a_query_that_writes_into_what_execution_reads_is_found() {
    let reading = Surroundings::plain().threads(2).arguments(&["--readers", "16"]);
    found("stale-cache", Surroundings::plain(), reading, 300);
    not_found("stale-cache", Surroundings::plain(), Surroundings::plain().threads(2), 300);
}
