//! Measures memory per key, the root, the durable commit, reads and proofs; prints one line each.
//!
//! `cargo run --release -p agora-store --example measure -- folder [keys]`. The first run fills the folder; the second one
//! starts with clean memory and measures.

use std::time::Instant;

use agora_state::{Space, StateKey, StateRead, StoreId, Value, WriteSet};
use agora_store::{Options, Store, StoreError};

const BANK: StoreId = StoreId::new("bank");
const UPDATES: u64 = 10_000;
const ROUNDS: usize = 11;

/// An address-like key of 21 bytes.
fn key(i: u64) -> StateKey {
    let mut key = vec![1_u8; 21];
    key.splice(1..9, i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    StateKey { store: BANK, space: Space::Tree, key }
}

fn value(i: u64) -> Value {
    Value::from([i.to_be_bytes(); 8].as_flattened())
}

/// Bytes of memory in use.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// Processor time of the process so far, in milliseconds (of ticks of ten).
fn cpu_ms() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>()
        * 10
}

fn fill(options: Options, keys: u64) -> Result<(), StoreError> {
    let store = Store::open(options)?;
    for (height, first) in (1_u64..).zip((0..keys).step_by(100_000)) {
        let block: WriteSet = (first..keys.min(first + 100_000)).map(|i| (key(i), Some(value(i)))).collect();
        store.commit(store.stage(height, block)?)?;
    }
    store.close()
}

fn measure(options: Options, keys: u64) -> Result<(), StoreError> {
    // Without a cache, what memory grows by is the trees (and the little that RocksDB takes).
    let (before, cpu, start) = (resident(), cpu_ms(), Instant::now());
    let store = Store::open(Options { cache_bytes: 0, ..options.clone() })?;
    println!(
        "rebuild of {keys} keys: {:.2} s, {} ms of processor",
        start.elapsed().as_secs_f64(),
        cpu_ms() - cpu
    );
    println!("memory: {} bytes per key", resident().saturating_sub(before) / keys);
    store.close()?;

    let store = Store::open(options)?;
    let mut height = store.latest().map_or(0, |latest| latest.height);
    let (mut staging, mut committing, cpu) = (Vec::new(), Vec::new(), cpu_ms());
    for round in 0..ROUNDS as u64 {
        height += 1;
        let picked = |i| (i * 7919 + round * 104_729) % keys;
        let block: WriteSet =
            (0..UPDATES).map(|i| (key(picked(i)), Some(value(i + round + height)))).collect();
        let start = Instant::now();
        let staged = store.stage(height, block)?;
        staging.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        store.commit(staged)?;
        committing.push(start.elapsed().as_secs_f64() * 1e3);
    }
    for (name, times) in [("stage", &mut staging), ("commit", &mut committing)] {
        times.sort_by(f64::total_cmp);
        println!("{name} of {UPDATES} updates: best {:.1} ms, median {:.1} ms", times[0], times[ROUNDS / 2]);
    }
    println!("both: {} ms of processor a block", (cpu_ms() - cpu) / ROUNDS as u64);

    let reads: Vec<StateKey> = (0..UPDATES).map(|i| key(i * 7919 % keys)).collect();
    for (name, at) in [("at the head", height), ("five heights back", height - 5)] {
        let snapshot = store.snapshot(Some(at))?;
        let start = Instant::now();
        for key in &reads {
            snapshot.get(key)?;
        }
        println!("read {name}: {:.2} us", start.elapsed().as_secs_f64() * 1e6 / UPDATES as f64);
    }
    let start = Instant::now();
    for key in reads.iter().take(1000) {
        store.prove(None, key)?;
    }
    println!("proof: {:.1} us", start.elapsed().as_secs_f64() * 1e3);
    println!("on disk: {} bytes", store.size()?);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder")?;
    let keys: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let filled = std::path::Path::new(&folder).exists();
    let options = Options::disk(folder, vec![BANK]);
    if !filled {
        fill(options, keys)?;
        println!("filled; run again to measure");
    } else {
        measure(options, keys)?;
    }
    Ok(())
}
