//! Disks that fail and disks that fill.

use rand::Rng;
use rand::seq::SliceRandom;

use super::bytes::Unsynced;
use super::chain::{Chain, random};
use super::journal::{self, Op};
use super::notes::Bounds;
use super::power;
use super::process::Site;
use super::verify::{copy, verify};
use super::{each, scratch, seed, times};

/// Heights of a chain.
const END: u64 = 30;

/// What came of a life on a bad disk.
#[derive(Debug)]
struct Outcome {
    /// Whether the fault happened.
    struck: bool,
    /// Whether the worker reached its last height nevertheless.
    finished: bool,
}

/// One life under a fault, given as variables for the library; what is left is compared, and lived on.
fn suffer(chain: &Chain, fault: &[(&str, &str)]) -> Result<Outcome, String> {
    let mut site = Site::new(chain.seed, chain.end());
    site.odds = [40, 0, 60];
    let wrong = |what: String| format!("{fault:?}: {what}");
    let ended = site.start_faulty(fault).wait();
    let finished = ended.finished().map_err(wrong)?;
    let ops = journal::read(&site.beside("journal"));
    let struck = ops.contains(&Op::Struck);
    if !finished && !struck {
        return Err(wrong(format!("failed without a fault: {}", ended.said)));
    }
    let bounds = site.bounds(chain).map_err(wrong)?;
    // As the process has left it, on a disk that works again.
    let left = scratch();
    copy(&site.home(), left.path());
    verify(left.path(), chain, bounds).map_err(|fault| wrong(format!("{fault:?}")))?;
    // And as the machine has, when it goes down right after.
    power::cut(&ops, chain, 0, Unsynced::Lost).map_err(wrong)?;
    power::cut(&ops, chain, 1, Unsynced::InOrder).map_err(wrong)?;
    // The same program goes on where it was.
    let ended = site.start(&[]).wait();
    if !ended.finished().map_err(wrong)? {
        return Err(wrong(format!("did not resume: {}", ended.said)));
    }
    let reached = Bounds::after(&site.notes(), chain).map_err(wrong)?.lowest;
    if reached == chain.end() {
        Ok(Outcome { struck, finished })
    } else {
        Err(wrong(format!("only {reached}")))
    }
}

/// How many operations concern a mode in an undisturbed life.
fn operations(chain: &Chain, mode: &str) -> usize {
    let mut site = Site::new(chain.seed, chain.end());
    site.odds = [40, 0, 60];
    assert_eq!(site.start_faulty(&[]).wait().finished(), Ok(true));
    let ops = journal::read(&site.beside("journal"));
    ops.iter()
        .filter(|op| match mode {
            "short" | "torn" => matches!(op, Op::Write(..)),
            "fsync" => matches!(op, Op::Sync(_)),
            "enospc" => !matches!(op, Op::Sync(_) | Op::Unlink(_) | Op::Note(_)),
            _ => !matches!(op, Op::Note(_)),
        })
        .count()
}

/// Faults of one mode at moments spread over the whole life, or at each of the first 500; most must strike.
fn at_any_operation(mode: &str) {
    let seed = seed();
    let chain = Chain::new(seed, END);
    let all = operations(&chain, mode);
    let faults = faults(mode, all, seed);
    let (mut struck, mut finished) = (0, 0);
    for outcome in each(&faults, |fault| suffer(&chain, &[("AGORA_IO_FAIL", fault)])) {
        let outcome = outcome.unwrap_or_else(|wrong| panic!("{wrong}"));
        struck += usize::from(outcome.struck);
        finished += usize::from(outcome.finished);
    }
    println!("{mode}: {all} operations, {struck} faults struck, {finished} lives went on to the end");
    assert!(struck * 2 >= faults.len(), "only {struck} faults struck in {} lives", faults.len());
}

/// The faults of one mode to be tried in a life of `all` operations: each twice when there is time.
fn faults(mode: &str, all: usize, seed: u64) -> Vec<String> {
    if times(0, 1) == 1 {
        let each =
            (1..=all.min(500)).flat_map(|nth| ["once", "forever"].map(|how| format!("{mode}:{nth}:{how}")));
        return each.collect();
    }
    let part = |part: usize| {
        let nth = random(seed, part as u64).gen_range(all * part / 6..all * (part + 1) / 6) + 1;
        format!("{mode}:{nth}:{}", if part.is_multiple_of(2) { "once" } else { "forever" })
    };
    (0..6).map(part).collect()
}

#[test]
fn an_io_error_at_any_operation_stops_the_store_and_loses_nothing() {
    at_any_operation("eio");
}

#[test]
fn a_write_that_fails_half_way_stops_the_store_and_loses_nothing() {
    at_any_operation("torn");
}

#[test]
fn short_writes_are_finished() {
    at_any_operation("short");
}

#[test]
fn a_failed_sync_is_not_taken_for_success() {
    at_any_operation("fsync");
}

#[test]
fn a_disk_without_space_stops_the_store_and_loses_nothing() {
    at_any_operation("enospc");
}

#[test]
fn a_read_error_stops_the_store_and_loses_nothing() {
    let seed = seed();
    let chain = Chain::new(seed, END);
    // How much is read depends on what is cached, so how often is not asked before.
    for outcome in
        each(&faults("read", times(60, 500), seed), |fault| suffer(&chain, &[("AGORA_IO_FAIL", fault)]))
    {
        outcome.unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

#[test]
fn a_disk_that_fills_stops_the_store_and_loses_nothing() {
    let seed = seed();
    let chain = Chain::new(seed, END);
    let mut rng = random(seed, 1 << 43);
    let quotas: Vec<String> =
        (0..times(5, 50)).map(|_| rng.gen_range(1_000..1_500_000).to_string()).collect();
    let mut full = 0;
    for outcome in each(&quotas, |quota| suffer(&chain, &[("AGORA_IO_QUOTA", quota)])) {
        full += usize::from(outcome.unwrap_or_else(|wrong| panic!("{wrong}")).struck);
    }
    assert!(full > 0, "no disk was full");
}

/// A bug that must be found by a fault of `mode`, at some moment.
fn finds(mode: &str, bug: &str, sign: &str) {
    let seed = seed();
    let chain = Chain::new(seed, END);
    let mut moments: Vec<usize> = (1..=operations(&chain, mode)).collect();
    moments.shuffle(&mut random(seed, 1 << 44));
    let found = moments.iter().take(100).any(|nth| {
        let fault = format!("{mode}:{nth}");
        let outcome = suffer(&chain, &[("AGORA_IO_FAIL", &fault), ("AGORA_PLANTED", bug)]);
        outcome.is_err_and(|wrong| wrong.contains(sign))
    });
    assert!(found, "{bug} is not found");
}

#[test]
fn failing_disks_find_a_failed_write_that_is_ignored() {
    finds("torn", "commit:failure_ignored", "possible was");
}

#[test]
fn failing_syncs_find_one_that_is_tried_again() {
    finds("fsync", "commit:sync_retried", "possible was");
}
