//! Bits that flip, and records that someone has changed.

use std::path::{Path, PathBuf};

use agora_state::{Space, Value};
use rand::Rng;

use super::chain::{Chain, STORES, random};
use super::notes::Bounds;
use super::process::{self, Site};
use super::verify::{Fault, copy, verify};
use super::worker::Settings;
use super::{each, scratch, seed, times};
use crate::planted::plant;
use crate::{Backend, Batch, Column, Durability, RocksBackend, StoreError, Tuning, keys};

/// Heights of a chain, and how many of them are in the database.
const END: u64 = 64;
const THERE: u64 = 60;

/// A database with a past.
fn grown(seed: u64) -> Site {
    let mut site = Site::new(seed, THERE);
    site.odds = [40, 0, 40];
    assert_eq!(site.start(&[]).wait().finished(), Ok(true));
    site
}

/// All files below `folder`, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

/// Flips one bit in each of `flips` copies and has each read by a process of its own; what was wrong.
fn flipped(seed: u64, flips: usize, planted: &[(&str, &str)]) -> Result<[usize; 3], String> {
    let chain = Chain::new(seed, END);
    let site = grown(seed);
    let named = |name: &str| files(&site.home()).iter().any(|path| path.to_string_lossy().contains(name));
    assert!([".sst", ".log", "MANIFEST", "CURRENT"].into_iter().all(named), "{:?}", files(&site.home()));
    let all: Vec<u64> = (0..flips as u64).collect();
    let mut counts = [0; 3];
    for some in all.chunks(40) {
        for outcome in each(some, |&flip| flipped_once(&site, &chain, flip, planted)) {
            counts[outcome? as usize] += 1;
        }
    }
    Ok(counts)
}

/// What a process made of a flipped bit.
#[derive(Clone, Copy, Debug)]
enum Detected {
    Refused,
    Earlier,
    Harmless,
}

/// Flips one bit in a copy of the database of `site`.
fn flipped_once(site: &Site, chain: &Chain, flip: u64, planted: &[(&str, &str)]) -> Result<Detected, String> {
    let mut rng = random(site.seed, 1 << 45 | flip);
    let rotten = Site::new_in(scratch(), site.seed, END);
    copy(&site.home(), &rotten.home());
    // Small files as often as large ones; the log for people is not read.
    let mut files = files(&rotten.home());
    files.retain(|path| path.metadata().unwrap().len() > 0 && !path.ends_with("db/LOG"));
    let file = &files[rng.gen_range(0..files.len())];
    let mut bytes = std::fs::read(file).unwrap();
    let (at, bit) = (rng.gen_range(0..bytes.len()), rng.gen_range(0..8));
    bytes[at] ^= 1 << bit;
    std::fs::write(file, bytes).unwrap();
    let settings = Settings {
        home: rotten.home(),
        notes: rotten.beside("notes"),
        seed: site.seed,
        run: 0,
        end: END,
        odds: [0; 3],
    };
    let ended = process::start("verifies", &settings, &rotten.beside("stderr"), planted).wait();
    match ended.finished() {
        Ok(true) if Bounds::after(&rotten.notes(), chain)?.lowest < THERE => Ok(Detected::Earlier),
        Ok(true) => Ok(Detected::Harmless),
        Ok(false) => Ok(Detected::Refused),
        Err(wrong) => {
            let name = file.file_name().unwrap().display();
            Err(format!("bit {bit} of byte {at} of {name}: {wrong}"))
        }
    }
}

#[test]
fn a_flipped_bit_is_detected_or_harmless() {
    let seed = seed();
    let [refused, earlier, harmless] =
        flipped(seed, times(60, 500), &[]).unwrap_or_else(|wrong| panic!("{wrong}"));
    println!("{refused} refused, {earlier} opened at an earlier height, {harmless} harmless");
    assert!(refused > 0 && harmless > 0);
}

#[test]
fn a_log_that_is_never_read_to_its_end_is_refused() {
    let site = grown(seed());
    for path in files(&site.home()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        if !(name.starts_with("MANIFEST") || name.ends_with(".log")) || bytes.len() < 7 {
            continue;
        }
        // The kind of the second record, which says now that the log is a recycled one.
        let second = 7 + usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
        if bytes.len() <= second + 7 {
            continue;
        }
        let home = scratch();
        copy(&site.home(), home.path());
        let mut bytes = bytes;
        bytes[second + 6] ^= if bytes[second + 6] == 4 { 1 } else { 4 };
        std::fs::write(home.path().join("db").join(&name), bytes).unwrap();
        let refused = RocksBackend::open(home.path(), &Tuning::default()).unwrap_err();
        assert!(matches!(&refused, StoreError::Corrupt(what) if what.contains(&name)), "{refused}");
    }
}

#[test]
fn flipped_bits_find_a_damaged_table_taken_for_a_short_one() {
    let planted = [("AGORA_PLANTED", "cursor:failure_ignored,open:root_unchecked")];
    let wrong = flipped(seed(), 300, &planted).unwrap_err();
    assert!(wrong.contains("other values"), "{wrong}");
}

/// Changes one record of the database in `home`, as no disk does by itself.
fn tamper(home: &Path, column: Column, key: Vec<u8>, value: Option<Value>) {
    let backend = RocksBackend::open(home, &Tuning::default()).unwrap();
    let mut batch = Batch::default();
    match value {
        Some(value) => batch.put(column, &key, &value),
        None => batch.delete(column, &key),
    }
    backend.write(batch, Durability::Synced).unwrap();
    // Trees kept beside the values would be believed; what is looked at here is the check of the values.
    let _ = std::fs::remove_file(home.join("checkpoint"));
}

/// What a store says to each way of tampering with a copy of a database.
fn tampered(seed: u64) -> Vec<Result<u64, Fault>> {
    let chain = Chain::new(seed, END);
    let site = grown(seed);
    let bounds = Bounds { lowest: THERE, highest: THERE };
    let (key, value) = chain.model(THERE).iter().find(|(key, _)| key.space == Space::Tree).unwrap();
    let latest = keys::latest(key.store, key.space, &key.key);
    let strange = keys::latest(STORES[0], Space::Tree, b"\x01stranger");
    let changed: Value = value.iter().map(|byte| byte ^ 1).collect();
    let head = |hash: [u8; 32]| Some(Value::from(keys::encode_head(THERE, &hash)));
    [
        (Column::Latest, latest.clone(), Some(changed)),
        (Column::Latest, latest, None),
        (Column::Latest, strange, Some(Value::from(b"x".as_slice()))),
        (Column::Meta, keys::META_HEAD.to_vec(), head(chain.hash(THERE - 1).unwrap())),
        (Column::Meta, keys::META_HEAD.to_vec(), head([7; 32])),
    ]
    .into_iter()
    .map(|(column, key, value)| {
        let home = scratch();
        copy(&site.home(), home.path());
        tamper(home.path(), column, key, value);
        verify(home.path(), &chain, bounds)
    })
    .collect()
}

#[test]
fn a_value_or_hash_that_was_changed_is_found_when_the_store_is_opened() {
    for outcome in tampered(seed()) {
        assert!(matches!(outcome, Err(Fault::Refused(StoreError::RootMismatch { .. }))), "{outcome:?}");
    }
}

#[test]
fn tampering_finds_a_root_that_is_not_compared() {
    plant(Some("open:root_unchecked"));
    let outcomes = tampered(seed());
    plant(None);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(Fault::Wrong(_)))), "{outcomes:?}");
}
