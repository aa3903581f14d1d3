//! RocksDB and nothing else: what the entries of a block cost it.

use std::path::Path;

use rocksdb::{ColumnFamilyDescriptor, DB, DBCompressionType, Options, WriteBatch, WriteOptions};

use crate::workload::{BANK, KEY_LEN, Update};

const FAMILIES: [&str; 2] = ["latest", "history"];

/// A database of two column families, as the store has for values.
pub struct PlainRocks {
    db: DB,
}

/// Keys and values, by family, sorted.
#[derive(Debug)]
pub struct Entries([Vec<(Vec<u8>, Vec<u8>)>; 2]);

impl Entries {
    /// As many entries, of the same sizes, as the store writes for a block: new values, previous ones, the list of keys.
    #[must_use]
    pub fn of(block: &[Update], height: u64) -> Self {
        let mut entries = [Vec::new(), Vec::new()];
        let [latest, history] = &mut entries;
        for update in block {
            let key = [BANK.name().as_bytes(), &[0, 0], &update.key].concat();
            let record = [b"v".as_slice(), &key, &[0, 0, 0, 1], &height.to_be_bytes()].concat();
            history.push((record, [&[1], update.value.as_slice()].concat()));
            latest.push((key, update.value.to_vec()));
        }
        history
            .push(([b"c".as_slice(), &height.to_be_bytes()].concat(), vec![1; block.len() * (KEY_LEN + 10)]));
        entries.iter_mut().for_each(|entries| entries.sort_unstable());
        Self(entries)
    }
}

impl PlainRocks {
    /// A new database.
    ///
    /// # Errors
    /// The disk fails.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_compression_type(DBCompressionType::Lz4);
        let families = FAMILIES.map(|name| ColumnFamilyDescriptor::new(name, options.clone()));
        Ok(Self { db: DB::open_cf_descriptors(&options, path, families)? })
    }

    /// Writes the entries in one synced batch.
    ///
    /// # Errors
    /// The disk fails.
    pub fn write(&self, Entries(entries): &Entries) -> anyhow::Result<()> {
        let mut batch = WriteBatch::default();
        for (name, entries) in FAMILIES.iter().zip(entries) {
            let family = self.db.cf_handle(name).ok_or_else(|| anyhow::anyhow!("no family {name}"))?;
            entries.iter().for_each(|(key, value)| batch.put_cf(family, key, value));
        }
        let mut options = WriteOptions::default();
        options.set_sync(true);
        Ok(self.db.write_opt(batch, &options)?)
    }
}
