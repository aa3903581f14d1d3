//! The competitor: `jmt` with its nodes and values on RocksDB.

use std::path::Path;
use std::time::{Duration, Instant};

use borsh::{BorshDeserialize, to_vec};
use jmt::storage::{LeafNode, Node, NodeBatch, NodeKey, TreeReader, TreeWriter};
use jmt::{KeyHash, OwnedValue, RootHash, Sha256Jmt, Version};
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, Direction,
    IteratorMode, Options, WriteBatch, WriteOptions,
};
use sha2::Sha256;

use crate::report::progress;
use crate::workload::{self, Update};

const NODES: &str = "nodes";
const VALUES: &str = "values";

/// As much memory as the store has for its cache of values and RocksDB's blocks together.
const BLOCK_CACHE_BYTES: usize = 576 << 20;

/// Accounts loaded in one batch.
const LOADED_AT_ONCE: u64 = 10_000;

/// A `jmt` tree on RocksDB: one column family of nodes by version and path, one of values by key and version.
pub struct JmtRocks {
    db: DB,
    version: Version,
}

impl std::fmt::Debug for JmtRocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JmtRocks").field("version", &self.version).finish_non_exhaustive()
    }
}

impl JmtRocks {
    /// An empty tree in a new database.
    ///
    /// # Errors
    /// The disk fails.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let mut database = Options::default();
        database.create_if_missing(true);
        database.create_missing_column_families(true);
        database.set_max_background_jobs(2);
        let cache = Cache::new_lru_cache(BLOCK_CACHE_BYTES);
        let families = [NODES, VALUES].map(|name| {
            let mut table = BlockBasedOptions::default();
            table.set_block_cache(&cache);
            table.set_format_version(5);
            table.set_bloom_filter(10.0, false);
            let mut options = Options::default();
            options.set_block_based_table_factory(&table);
            options.set_compression_type(DBCompressionType::Lz4);
            options.set_write_buffer_size(64 << 20);
            ColumnFamilyDescriptor::new(name, options)
        });
        Ok(Self { db: DB::open_cf_descriptors(&database, path, families)?, version: 0 })
    }

    /// Puts the accounts in with their first values, batch by batch as a chain would have grown.
    ///
    /// # Errors
    /// The disk fails.
    pub fn fill(&mut self, accounts: u64) -> anyhow::Result<()> {
        progress(format_args!("filling jmt with {accounts} accounts"));
        for first in (0..accounts).step_by(LOADED_AT_ONCE as usize) {
            let batch = (first..accounts.min(first + LOADED_AT_ONCE))
                .map(|i| (key_hash(&workload::key(i)), workload::first_value(i).to_vec()))
                .collect();
            // The cheaper call, which knows no deletions, makes the same nodes.
            let (_, update) = Sha256Jmt::new(self).batch_put_value_sets(vec![batch], None, self.version)?;
            self.write(&update.node_batch, false)?;
            self.version += 1;
        }
        self.settle()
    }

    /// A block: `put_value_set`, then one synced batch of its nodes and values. What becomes stale is not noted, which a
    /// chain that prunes would have to do as well.
    ///
    /// # Errors
    /// The disk fails.
    pub fn commit(&mut self, updates: &[Update]) -> anyhow::Result<[u8; 32]> {
        let values = updates.iter().map(|update| (key_hash(&update.key), Some(update.value.to_vec())));
        let (RootHash(root), update) = Sha256Jmt::new(self).put_value_set(values, self.version)?;
        self.write(&update.node_batch, true)?;
        self.version += 1;
        Ok(root)
    }

    /// Waits until nothing is flushed or compacted, so that it is charged to nobody.
    ///
    /// # Errors
    /// RocksDB fails.
    pub fn settle(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        let busy = |property: &str| -> anyhow::Result<bool> {
            Ok(self.db.property_int_value(property)?.is_some_and(|count| count > 0))
        };
        while start.elapsed() < Duration::from_secs(60) {
            if !busy("rocksdb.num-running-compactions")? && !busy("rocksdb.num-running-flushes")? {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn family(&self, name: &str) -> anyhow::Result<&ColumnFamily> {
        self.db.cf_handle(name).ok_or_else(|| anyhow::anyhow!("the column family {name} is missing"))
    }

    fn write(&self, nodes: &NodeBatch, sync: bool) -> anyhow::Result<()> {
        let mut puts = Vec::with_capacity(nodes.nodes().len());
        for (key, node) in nodes.nodes() {
            puts.push((node_key(key)?, to_vec(node)?));
        }
        // Sorted writes cost RocksDB less than half of unsorted ones.
        puts.sort_unstable();
        let (node_family, value_family) = (self.family(NODES)?, self.family(VALUES)?);
        let mut batch = WriteBatch::default();
        puts.iter().for_each(|(key, node)| batch.put_cf(node_family, key, node));
        let mut puts = Vec::with_capacity(nodes.values().len());
        for ((version, hash), value) in nodes.values() {
            puts.push((value_key(hash, *version), to_vec(value)?));
        }
        puts.sort_unstable();
        puts.iter().for_each(|(key, value)| batch.put_cf(value_family, key, value));
        let mut options = WriteOptions::default();
        options.set_sync(sync);
        Ok(self.db.write_opt(batch, &options)?)
    }
}

fn key_hash(key: &[u8]) -> KeyHash {
    KeyHash::with::<Sha256>(key)
}

/// The version first, and upright, so that the nodes of a block lie together.
fn node_key(key: &NodeKey) -> anyhow::Result<Vec<u8>> {
    let mut bytes = key.version().to_be_bytes().to_vec();
    bytes.extend(to_vec(key.nibble_path())?);
    Ok(bytes)
}

fn value_key(hash: &KeyHash, version: Version) -> Vec<u8> {
    [hash.0.as_slice(), &version.to_be_bytes()].concat()
}

impl TreeReader for JmtRocks {
    fn get_node_option(&self, key: &NodeKey) -> anyhow::Result<Option<Node>> {
        let found = self.db.get_pinned_cf(self.family(NODES)?, node_key(key)?)?;
        Ok(found.map(|bytes| Node::try_from_slice(&bytes)).transpose()?)
    }

    fn get_value_option(&self, newest: Version, hash: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        let from = value_key(&hash, newest);
        let mode = IteratorMode::From(&from, Direction::Reverse);
        match self.db.iterator_cf(self.family(VALUES)?, mode).next().transpose()? {
            Some((key, value)) if key.starts_with(&hash.0) => Ok(Option::try_from_slice(&value)?),
            _ => Ok(None),
        }
    }

    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        anyhow::bail!("the rightmost leaf is asked for only while a tree is restored, which no part does")
    }
}

impl TreeWriter for JmtRocks {
    fn write_node_batch(&self, nodes: &NodeBatch) -> anyhow::Result<()> {
        self.write(nodes, true)
    }
}
