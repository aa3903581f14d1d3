//! Power lost at random moments of a recorded life.

use rand::Rng;

use super::bytes::Unsynced;
use super::chain::{Chain, random};
use super::disk::Disk;
use super::journal::{self, Op};
use super::notes::Bounds;
use super::process::Site;
use super::verify::{Fault, copy, verify};
use super::{each, scratch, seed, times};
use crate::StoreError;

/// Heights of a chain.
const END: u64 = 60;

/// Records a life on an empty disk.
fn record(seed: u64, planted: &[(&str, &str)]) -> Vec<Op> {
    let mut site = Site::new(seed, END);
    let ended = site.start_faulty(planted).wait();
    assert_eq!(ended.finished(), Ok(true), "{ended:?}");
    journal::read(&site.beside("journal"))
}

/// The notes taken up to a moment.
pub(super) fn notes(ops: &[Op]) -> String {
    ops.iter()
        .filter_map(|op| match op {
            Op::Note(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// Cuts the power after `ops` and compares what is left; the height found.
pub(super) fn cut(ops: &[Op], chain: &Chain, choice: u64, unsynced: Unsynced) -> Result<Option<u64>, String> {
    let bounds = Bounds::after(&notes(ops), chain)?;
    examine(&Disk::new().after(ops), chain, bounds, choice, unsynced)
        .map_err(|wrong| format!("power lost after operation {}: {wrong}", ops.len()))
}

/// Compares what a loss of power leaves of `disk`. `None` where the database is refused with good reason: RocksDB does not recover
/// from a manifest whose last record has a hole.
fn examine(
    disk: &Disk<'_>,
    chain: &Chain,
    bounds: Bounds,
    choice: u64,
    unsynced: Unsynced,
) -> Result<Option<u64>, String> {
    let left = scratch();
    disk.lose_power(left.path(), &mut random(chain.seed, choice), unsynced);
    match verify(&left.path().join("data"), chain, bounds) {
        Ok(height) => Ok(Some(height)),
        Err(Fault::Refused(StoreError::Backend(why)))
            if unsynced == Unsynced::InAnyOrder && why.contains("MANIFEST") =>
        {
            Ok(None)
        }
        Err(fault) => Err(format!("choice {choice}, {unsynced:?}: {fault:?}")),
    }
}

/// What becomes of the unsynced in one of many cuts.
fn unsynced(choice: u64) -> Unsynced {
    match choice % 5 {
        0 => Unsynced::Lost,
        1 => Unsynced::InAnyOrder,
        _ => Unsynced::InOrder,
    }
}

/// Cuts the power in a life that begins with what an earlier cut after `ops` has left: while the database recovers, mostly.
fn cut_again(ops: &[Op], chain: &Chain, choice: u64) -> Result<(), String> {
    let mut rng = random(chain.seed, choice);
    let mut site = Site::new(chain.seed, chain.end());
    Disk::new().after(ops).lose_power(&site.watched(), &mut rng, Unsynced::InOrder);
    // A copy, because the worker goes on with the folder itself.
    let before = scratch();
    copy(&site.watched(), before.path());
    let wrong = |wrong| format!("power lost after operation {} and again: {wrong}", ops.len());
    let ended = site.start_faulty(&[]).wait();
    if !ended.finished().map_err(wrong)? {
        return Err(wrong(ended.said));
    }
    let again = journal::read(&site.beside("journal"));
    for choice in 0..5 {
        let at = rng.gen_range(0..again.len().min(120));
        let bounds = Bounds::after(&(notes(ops) + &notes(&again[..at])), chain).map_err(wrong)?;
        let disk = Disk::holding(before.path()).after(&again[..at]);
        examine(&disk, chain, bounds, 1 << 46 | choice, unsynced(choice))
            .map_err(|what| wrong(format!("after operation {at}: {what}")))?;
    }
    Ok(())
}

/// Cuts the power `cuts` times.
fn cut_often(seed: u64, cuts: usize, planted: &[(&str, &str)]) -> Result<(), String> {
    let chain = Chain::new(seed, END);
    let ops = record(seed, planted);
    let acknowledged: Vec<usize> = (1..=ops.len()).filter(|at| matches!(ops[at - 1], Op::Note(_))).collect();
    let choices: Vec<u64> = (0..cuts as u64).collect();
    let heights: Result<Vec<Option<u64>>, String> = each(&choices, |&choice| {
        let mut rng = random(seed, 1 << 41 | choice);
        // Right after a promise is when it is easiest broken.
        let at = match choice % 2 {
            0 => acknowledged[rng.gen_range(0..acknowledged.len())],
            _ => rng.gen_range(0..=ops.len()),
        };
        cut(&ops[..at], &chain, 1 << 42 | choice, unsynced(choice))
    })
    .into_iter()
    .collect();
    let (found, refused): (Vec<_>, Vec<_>) = heights?.into_iter().partition(Option::is_some);
    let heights: Vec<u64> = found.into_iter().flatten().collect();
    println!("{} operations, heights found: {heights:?}, {} refused", ops.len(), refused.len());
    Ok(())
}

#[test]
fn a_loss_of_power_loses_no_acknowledged_height() {
    let seed = seed();
    // Several lives, when there is time for it: flushes and compactions fall differently.
    for life in 0..times(1, 6) as u64 {
        assert_eq!(cut_often(seed + life, times(20, 50), &[]), Ok(()));
    }
}

#[test]
fn a_second_loss_of_power_while_recovering_loses_no_acknowledged_height() {
    let seed = seed();
    let chain = Chain::new(seed, END);
    let ops = record(seed, &[]);
    let choices: Vec<u64> = (0..times(4, 60) as u64).collect();
    for outcome in each(&choices, |choice| {
        let at = random(seed, 1 << 47 | choice).gen_range(0..=ops.len());
        cut_again(&ops[..at], &chain, 1 << 48 | choice)
    }) {
        assert_eq!(outcome, Ok(()));
    }
}

#[test]
fn losses_of_power_find_a_commit_that_is_not_synced() {
    let wrong = cut_often(seed(), 100, &[("AGORA_PLANTED", "commit:unsynced")]).unwrap_err();
    assert!(wrong.contains("possible was"), "{wrong}");
}

#[test]
fn losses_of_power_find_a_head_written_apart_from_its_values() {
    let wrong = cut_often(seed(), 100, &[("AGORA_PLANTED", "commit:head_first")]).unwrap_err();
    assert!(wrong.contains("RootMismatch"), "{wrong}");
}
