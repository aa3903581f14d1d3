//! The life of a worker: blocks, pruning in the background, now and then a rollback, a clearing, a restart.

use std::path::PathBuf;

use rand::Rng;

use super::chain::{Chain, KEEP, STORES, block, random};
use super::notes::{Bounds, Notes};
use super::verify::{Fault, verify};
use crate::planted::planted;
use crate::{Options, Pruning, Store, StoreError, Tuning};

/// How a worker ends that met an error and said so.
pub(super) const REFUSED: i32 = 3;

/// What a worker is started with, in its environment.
pub(super) struct Settings {
    pub(super) home: PathBuf,
    pub(super) notes: PathBuf,
    pub(super) seed: u64,
    /// Distinguishes the lives on one database.
    pub(super) run: u64,
    pub(super) end: u64,
    /// In thousandths: how often the next step is a rollback, a clearing, a restart.
    pub(super) odds: [u32; 3],
}

impl Settings {
    /// The variables that stand for these settings.
    pub(super) fn to_environment(&self) -> [(&'static str, String); 6] {
        let [rollback, clear, restart] = self.odds;
        [
            ("AGORA_WORKER_HOME", self.home.display().to_string()),
            ("AGORA_WORKER_NOTES", self.notes.display().to_string()),
            ("AGORA_WORKER_SEED", self.seed.to_string()),
            ("AGORA_WORKER_RUN", self.run.to_string()),
            ("AGORA_WORKER_END", self.end.to_string()),
            ("AGORA_WORKER_ODDS", format!("{rollback},{clear},{restart}")),
        ]
    }

    fn from_environment() -> Option<Self> {
        let text = |name: &str| std::env::var(name).ok();
        let number = |name: &str| text(name)?.parse().ok();
        let odds: Vec<u32> =
            text("AGORA_WORKER_ODDS")?.split(',').filter_map(|odds| odds.parse().ok()).collect();
        Some(Self {
            home: text("AGORA_WORKER_HOME")?.into(),
            notes: text("AGORA_WORKER_NOTES")?.into(),
            seed: number("AGORA_WORKER_SEED")?,
            run: number("AGORA_WORKER_RUN")?,
            end: number("AGORA_WORKER_END")?,
            odds: odds.try_into().ok()?,
        })
    }

    /// The options of a database in these checks.
    pub(super) fn options(home: impl Into<PathBuf>) -> Options {
        // A checkpoint every few blocks, and tables after little: hundreds of blocks need not be megabytes each.
        let options = Options {
            cache_bytes: 1 << 20,
            checkpoint_every: Some(400),
            tuning: Tuning { block_cache_bytes: 1 << 20, background_jobs: 2, ..Tuning::tiny() },
            ..Options::disk(home, STORES.to_vec())
        };
        options.pruning(Pruning::Custom(KEEP))
    }
}

/// Lives until the last height is reached.
fn live(settings: &Settings) -> Result<(), StoreError> {
    let mut notes = Notes::open(&settings.notes);
    let mut rng = random(settings.seed, 1 << 40 | settings.run);
    let mut store = Store::open(Settings::options(&settings.home))?;
    notes.found(store.latest());
    loop {
        let height = store.latest().map_or(0, |latest| latest.height);
        if height >= settings.end {
            return store.close();
        }
        let [rollback, clear, restart] = settings.odds;
        let roll = rng.gen_range(0..1000);
        let lowest = store.earliest_height().unwrap_or(0);
        if roll < rollback && height > lowest {
            let target = rng.gen_range(lowest.max(height.saturating_sub(4))..height);
            notes.write("undo", target, None);
            let committed = store.rollback(target)?;
            notes.write("undone", target, Some(committed.app_hash));
        } else if (rollback..rollback + clear).contains(&roll) && height > 0 {
            notes.write("undo", 0, None);
            store.clear()?;
            notes.write("undone", 0, None);
        } else if (rollback + clear..rollback + clear + restart).contains(&roll) {
            store.close()?;
            store = Store::open(Settings::options(&settings.home))?;
            notes.found(store.latest());
        } else {
            let staged = store.stage(height + 1, block(settings.seed, height + 1))?;
            if planted("ack:early") {
                notes.write("ack", height + 1, Some(staged.app_hash()));
            }
            let committed = store.commit(staged)?;
            notes.write("ack", committed.height, Some(committed.app_hash));
        }
    }
}

#[test]
#[ignore = "started by other tests"]
fn verifies() {
    let Some(settings) = Settings::from_environment() else { return };
    let chain = Chain::new(settings.seed, settings.end);
    match verify(&settings.home, &chain, Bounds { lowest: 0, highest: settings.end }) {
        Ok(height) => {
            let hash = chain.hash(height).filter(|_| height > 0);
            Notes::open(&settings.notes).write("ack", height, hash);
        }
        Err(Fault::Refused(error)) => {
            eprintln!("the worker ends: {error}");
            std::process::exit(REFUSED);
        }
        Err(Fault::Wrong(what)) => panic!("{what}"),
    }
}

#[test]
#[ignore = "started by other tests"]
fn lives() {
    let Some(settings) = Settings::from_environment() else { return };
    if let Err(error) = live(&settings) {
        eprintln!("the worker ends: {error}");
        std::process::exit(REFUSED);
    }
}
