//! Measures memory per key, the root, the durable commit, reads and proofs; prints one line each.
//!
//! `cargo run --release -p agora-store --example measure -- [keys] [folder]`; without a folder everything stays in memory.

use std::time::{Duration, Instant};

use agora_state::{Space, StateKey, StateRead, StoreId, Value, WriteSet};
use agora_store::{Options, Store, StoreError};

const BANK: StoreId = StoreId::new("bank");
const UPDATES: u64 = 10_000;

/// An address-like key of 21 bytes.
fn key(i: u64) -> StateKey {
    let mut key = vec![1_u8; 21];
    key.splice(1..9, i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    StateKey { store: BANK, space: Space::Tree, key }
}

fn value(i: u64) -> Value {
    Value::from([i.to_be_bytes(); 8].as_flattened())
}

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn per(time: Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1e6 / count as f64
}

fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1);
    let keys: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let options = match arguments.next() {
        #[cfg(feature = "rocksdb")]
        Some(folder) => Options::disk(folder, vec![BANK]),
        _ => Options::memory(vec![BANK]),
    };
    // No cache while memory is measured: what is left is the tree (and the values, in the backend in memory).
    let bare = Options { cache_bytes: 0, ..options.clone() };
    let store = Store::open(bare)?;
    let mut height = store.latest().map_or(0, |latest| latest.height);
    for first in (0..keys).step_by(100_000) {
        height += 1;
        let block: WriteSet = (first..keys.min(first + 100_000)).map(|i| (key(i), Some(value(i)))).collect();
        store.commit(store.stage(height, block)?)?;
    }
    store.close()?;
    let before = resident();
    let start = Instant::now();
    let store = Store::open(Options { cache_bytes: 0, ..options.clone() })?;
    let rebuild = start.elapsed();
    let bytes = resident().saturating_sub(before) / keys;
    println!("rebuild {:.2} s, {bytes} bytes of memory per key (resident set)", rebuild.as_secs_f64());
    store.close()?;

    let store = Store::open(options)?;
    let (mut staging, mut committing) = (Vec::new(), Vec::new());
    for round in 1..=10_u64 {
        height += 1;
        let block: WriteSet =
            (0..UPDATES).map(|i| (key((i * 7919 + round * 104_729) % keys), Some(value(i + round)))).collect();
        let start = Instant::now();
        let staged = store.stage(height, block)?;
        staging.push(start.elapsed());
        let start = Instant::now();
        store.commit(staged)?;
        committing.push(start.elapsed());
    }
    staging.sort();
    committing.sort();
    println!("stage {UPDATES} updates: median {:.1} ms", staging[5].as_secs_f64() * 1e3);
    println!("commit {UPDATES} updates: median {:.1} ms", committing[5].as_secs_f64() * 1e3);

    let past = store.snapshot(Some(height - 5))?;
    let now = store.snapshot(None)?;
    let start = Instant::now();
    for i in 0..UPDATES {
        now.get(&key((i * 7919 + 10 * 104_729) % keys))?;
    }
    println!("read of a value just committed: {:.2} us", per(start.elapsed(), UPDATES));
    let start = Instant::now();
    for i in 0..UPDATES {
        past.get(&key((i * 7919 + 104_729) % keys))?;
    }
    println!("read five heights back: {:.2} us", per(start.elapsed(), UPDATES));
    let start = Instant::now();
    for i in 0..UPDATES / 10 {
        store.prove(None, &key(i % keys))?;
    }
    println!("proof: {:.1} us", per(start.elapsed(), UPDATES / 10));
    println!("{} bytes stored", store.size()?);
    Ok(())
}
