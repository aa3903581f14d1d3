//! What this machine can do at best: the measures that every ratio is taken against.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use anyhow::Context;
use secp256k1::ecdsa::Signature;
use secp256k1::{Message, PublicKey, SECP256K1, SecretKey};
use sha2::{Digest, Sha256};

use crate::report::Table;
use crate::rounds::{median, timed};
use crate::sha_floor::{Padded, repeat};

/// Samples of each measure; their median counts.
const ROUNDS: usize = 7;

/// Bytes of the synced write: what a block of some thousand transfers leaves.
const SYNCED_BYTES: usize = 1 << 20;

/// Bytes walked at random: far beyond the caches of a core.
const WALKED_BYTES: usize = 256 << 20;

/// Seconds one operation takes a thread.
#[derive(Clone, Copy, Debug)]
pub struct PerOp {
    /// With the other threads idle.
    pub one: f64,
    /// With all threads at the same work.
    pub all: f64,
}

/// The measures, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Calibration {
    /// How many threads "all" are.
    pub threads: usize,
    /// A secp256k1 check with the key as the wire has it: 33 bytes to be parsed.
    pub verify: PerOp,
    /// The same with a parsed key.
    pub verify_parsed: PerOp,
    /// SHA-256 of 32 bytes: one compression.
    pub sha32: PerOp,
    /// SHA-256 of 64 bytes: two compressions.
    pub sha64: PerOp,
    /// SHA-256 of 80 bytes, an inner node: two compressions.
    pub sha80: PerOp,
    /// One compression within a long message.
    pub compression: PerOp,
    /// Writing 1 MiB and `fdatasync`, in the folder of the data.
    pub sync: f64,
    /// A dependent read somewhere in 256 MiB.
    pub memory: f64,
}

impl Calibration {
    /// Measures the machine with `threads` threads and the disk under `folder`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn measure(threads: usize, folder: &Path) -> anyhow::Result<Self> {
        let Checks(checks) = Checks::default();
        let verify = |i: usize| assert!(black_box(&checks[i % checks.len()]).parse_and_verify());
        let verify_parsed = |i: usize| assert!(black_box(&checks[i % checks.len()]).verify());
        let sha = |len: usize, times: u64| {
            let each = per_op(threads, 40, |_| repeat(&mut Padded::new(len), times));
            PerOp { one: each.one / times as f64, all: each.all / times as f64 }
        };
        let many = sha(64 * 1024 - 9, 1);
        Ok(Self {
            threads,
            verify: per_op(threads, 400, verify),
            verify_parsed: per_op(threads, 400, verify_parsed),
            sha32: sha(32, 2_500),
            sha64: sha(64, 2_500),
            sha80: sha(80, 2_500),
            compression: PerOp { one: many.one / 1024.0, all: many.all / 1024.0 },
            sync: sync(folder)?,
            memory: memory(),
        })
    }

    /// The measures as a table.
    #[must_use]
    pub fn table(&self) -> Table {
        let all = format!("{} threads busy", self.threads);
        let mut table = Table::new("Calibration", &["operation", "one thread", &all]);
        let scaled = |per_op: PerOp, scale: f64, unit: &str| {
            [format!("{:.1} {unit}", per_op.one * scale), format!("{:.1} {unit}", per_op.all * scale)]
        };
        for (name, per_op, scale, unit) in [
            ("secp256k1 check, key of 33 bytes parsed", self.verify, 1e6, "us"),
            ("secp256k1 check, parsed key", self.verify_parsed, 1e6, "us"),
            ("SHA-256 of 32 bytes", self.sha32, 1e9, "ns"),
            ("SHA-256 of 64 bytes", self.sha64, 1e9, "ns"),
            ("SHA-256 of 80 bytes", self.sha80, 1e9, "ns"),
            ("SHA-256, one compression of many", self.compression, 1e9, "ns"),
        ] {
            let [one, all] = scaled(per_op, scale, unit);
            table.row([name.to_owned(), one, all]);
        }
        table.row(["write of 1 MiB and fdatasync", &format!("{:.1} ms", self.sync * 1e3), ""]);
        table.row(["dependent read in 256 MiB", &format!("{:.0} ns", self.memory * 1e9), ""]);
        table
    }
}

/// Signature checks and nothing else: the least of that many transfers.
#[derive(Debug)]
pub struct Checks(Vec<Check>);

impl Default for Checks {
    fn default() -> Self {
        Self((1..=64).map(Check::new).collect())
    }
}

impl Checks {
    /// Does `count` checks with the key parsed each time, on this thread.
    ///
    /// # Panics
    /// Never: the signatures are good.
    pub fn run(&self, count: usize) {
        self.0.iter().cycle().take(count).for_each(|check| assert!(black_box(check).parse_and_verify()));
    }
}

/// Hashes 64 bytes `count` times on this thread.
pub fn sha64(count: u64) {
    repeat(&mut Padded::new(64), count);
}

/// A message with key and signature.
#[derive(Debug)]
struct Check {
    digest: [u8; 32],
    key: [u8; 33],
    parsed: PublicKey,
    signature: Signature,
}

impl Check {
    fn new(seed: u8) -> Self {
        let secret = SecretKey::from_byte_array([seed; 32]).expect("a small number is a key");
        let digest: [u8; 32] = Sha256::digest([seed]).into();
        let parsed = PublicKey::from_secret_key(SECP256K1, &secret);
        let signature = SECP256K1.sign_ecdsa(Message::from_digest(digest), &secret);
        Self { digest, key: parsed.serialize(), parsed, signature }
    }

    fn verify(&self) -> bool {
        SECP256K1.verify_ecdsa(Message::from_digest(self.digest), &self.signature, &self.parsed).is_ok()
    }

    fn parse_and_verify(&self) -> bool {
        PublicKey::from_slice(&self.key).is_ok_and(|key| {
            SECP256K1.verify_ecdsa(Message::from_digest(self.digest), &self.signature, &key).is_ok()
        })
    }
}

fn per_op(threads: usize, count: usize, op: impl Fn(usize) + Sync) -> PerOp {
    let (mut one, mut all) = (Vec::new(), Vec::new());
    (0..count).for_each(&op);
    for _ in 0..ROUNDS {
        one.push(on_threads(1, count, &op));
        all.push(on_threads(threads, count, &op));
    }
    PerOp { one: median(&one), all: median(&all) }
}

/// Seconds per operation with that many threads at it, each `count` times.
fn on_threads(threads: usize, count: usize, op: &(impl Fn(usize) + Sync)) -> f64 {
    let start = Barrier::new(threads);
    let run = || {
        start.wait();
        timed(|| (0..count).for_each(op)).1 / count as f64
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let seconds: Vec<f64> =
            running.into_iter().map(|thread| thread.join().expect("the operation does not panic")).collect();
        seconds.iter().sum::<f64>() / threads as f64
    })
}

/// A file that grows by synced writes, as the log of a database does.
#[derive(Debug)]
pub struct SyncedLog {
    file: File,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl SyncedLog {
    /// A new file in `folder`, removed in the end.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn create(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("synced-log");
        let file = File::create(&path).with_context(|| {
            format!("cannot write {}; choose another folder with --folder", path.display())
        })?;
        Ok(Self { file, path, bytes: vec![0x5a; SYNCED_BYTES] })
    }

    /// Appends 1 MiB and waits until it is on the disk.
    ///
    /// # Errors
    /// The disk fails.
    pub fn append(&mut self) -> anyhow::Result<()> {
        let failed = || format!("cannot write {}", self.path.display());
        self.file.write_all(&self.bytes).and_then(|()| self.file.sync_data()).with_context(failed)
    }
}

impl Drop for SyncedLog {
    fn drop(&mut self) {
        // What is left over goes with the folder.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn sync(folder: &Path) -> anyhow::Result<f64> {
    let mut log = SyncedLog::create(folder)?;
    let mut samples = Vec::new();
    for _ in 0..4 * ROUNDS {
        let (done, seconds) = timed(|| log.append());
        done?;
        samples.push(seconds);
    }
    Ok(median(&samples))
}

/// Follows a chain of places that visits all of them, each on a cache line of its own.
fn memory() -> f64 {
    const LINE: usize = 16;
    let places = WALKED_BYTES / 64;
    let mut next = vec![0_u32; places * LINE];
    // A congruential sequence of full period: one cycle through all places.
    let mut at = 0_usize;
    for _ in 0..places {
        let to = (at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)) % places;
        next[at * LINE] = to as u32;
        at = to;
    }
    let steps = 1_000_000;
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        let (end, seconds) = timed(|| (0..steps).fold(at, |at, _| next[at * LINE] as usize));
        at = black_box(end);
        samples.push(seconds / steps as f64);
    }
    median(&samples)
}
