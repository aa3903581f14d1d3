//! What disks and power do to a database, done on purpose to real processes.
//!
//! The test program starts itself as a *worker* that lives on a database in a folder and notes what it acknowledged; it is
//! killed, starved of disk, cut from power. What is left is compared with a chain computed in memory, undisturbed. Each
//! check is also shown to find a bug planted for it.
//!
//! `AGORA_FAULTS=long` runs every check at full length, `AGORA_FAULTS_SEED=n` with the seed printed by a failure. The moment
//! of a kill and the order of threads are the machine's, so a seed replays the blocks and the choices, not the race.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

mod bytes;
mod chain;
mod disk;
mod io;
mod journal;
mod kill;
mod notes;
mod points;
mod power;
mod process;
mod rot;
mod verify;
mod worker;

/// `short` in every run, `long` when asked for.
fn times(short: usize, long: usize) -> usize {
    if std::env::var("AGORA_FAULTS").is_ok_and(|text| text == "long") { long } else { short }
}

/// The seed of a check: from the environment, or a new one. Printed, and so shown when the check fails.
fn seed() -> u64 {
    let given = std::env::var("AGORA_FAULTS_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    println!("again with: AGORA_FAULTS_SEED={seed}");
    seed
}

/// How many lives go on at a time: they mostly wait for the disk.
const TOGETHER: usize = 4;

/// Does `one` for each of `items`, several at a time; the results in their order.
fn each<T: Sync, R: Send>(items: &[T], one: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, R>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(|| {
                while let Some((index, item)) = Some(next.fetch_add(1, Ordering::SeqCst))
                    .and_then(|index| Some((index, items.get(index)?)))
                {
                    let result = one(item);
                    results.lock().insert(index, result);
                }
            });
        }
    });
    results.into_inner().into_values().collect()
}

/// A folder for what is only looked at: in memory where the system has a place for that.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
