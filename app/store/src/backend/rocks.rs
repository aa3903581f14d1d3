//! RocksDB: one database, a column family per column, one synced batch per block.

use std::path::{Path, PathBuf};
use std::time::Duration;

use agora_state::Value;
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, DBRawIterator,
    ErrorKind, Options, WriteBatch, WriteOptions,
};

use super::{Backend, Batch, Column, Cursor, Durability};
use crate::error::StoreError;
use crate::planted::planted;
use crate::tuning::Tuning;

const BLOOM_BITS: f64 = 10.0;

/// How long a write waits before it is tried again while RocksDB takes none.
const STALL_PAUSE: Duration = Duration::from_millis(1);

/// A backend on RocksDB, in the folder `db` below the path given; the process that holds it is named in `holder`.
pub struct RocksBackend {
    db: DB,
    path: PathBuf,
}

impl std::fmt::Debug for RocksBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RocksBackend").field("path", &self.path).finish_non_exhaustive()
    }
}

impl RocksBackend {
    /// Opens the database below `path`, making it when there is none.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it open; [`StoreError::Backend`] otherwise.
    pub fn open(path: &Path, tuning: &Tuning) -> Result<Self, StoreError> {
        std::fs::create_dir_all(path)
            .map_err(|e| StoreError::Backend(format!("cannot make the folder {}: {e}", path.display())))?;
        check_logs(path)?;
        let families = Column::ALL
            .map(|column| ColumnFamilyDescriptor::new(column.name(), family_options(column, tuning)));
        let db = DB::open_cf_descriptors(&database_options(tuning), path.join("db"), families)
            .map_err(|e| opening_failed(path, &e))?;
        sync_names(path).map_err(|e| {
            StoreError::Backend(format!("cannot bring the folder {} to the disk: {e}", path.display()))
        })?;
        // Only helps the message of the next process that finds the database locked, so a failure is no reason to stop.
        if let Err(e) = std::fs::write(path.join("holder"), std::process::id().to_string()) {
            tracing::debug!(error = %e, "the holder of the database could not be noted");
        }
        Ok(Self { db, path: path.to_owned() })
    }

    fn family(&self, column: Column) -> Result<&ColumnFamily, StoreError> {
        self.db
            .cf_handle(column.name())
            .ok_or_else(|| StoreError::Backend(format!("the column family {} is missing", column.name())))
    }
}

impl RocksBackend {
    /// The batch as RocksDB takes it, in the order of columns and keys.
    fn sorted(&self, batch: &mut Batch) -> Result<WriteBatch, StoreError> {
        let mut sorted = WriteBatch::default();
        let families = Column::ALL.map(|column| self.family(column));
        batch.in_order(|column, key, value| {
            let family = families.iter().zip(Column::ALL).find(|(_, named)| *named == column);
            match (family, value) {
                (Some((Ok(family), _)), Some(value)) => sorted.put_cf(family, key, value),
                (Some((Ok(family), _)), None) => sorted.delete_cf(family, key),
                _ => return self.family(column).map(|_| ()),
            }
            Ok(())
        })?;
        Ok(sorted)
    }

    fn property(&self, name: &str) -> u64 {
        self.db.property_int_value(name).ok().flatten().unwrap_or_default()
    }

    /// Refuses to write on when what was written cannot be brought into tables.
    fn require_good_background(&self) -> Result<(), StoreError> {
        match self.property("rocksdb.background-errors") {
            0 => Ok(()),
            errors => Err(StoreError::Backend(format!(
                "the database has stopped writing after {errors} errors in the background: the disk is full or fails; make room, \
                 or see the file db/LOG in {}",
                self.path.display()
            ))),
        }
    }
}

/// Refuses logs that RocksDB would read without end.
fn check_logs(path: &Path) -> Result<(), StoreError> {
    let db = path.join("db");
    match super::framing::endless_log(&db) {
        Ok(None) => Ok(()),
        Ok(Some(name)) => Err(StoreError::Corrupt(format!("{name} in {}", db.display()))),
        Err(e) => Err(StoreError::Backend(format!("cannot read {}: {e}", db.display()))),
    }
}

/// Brings the names `db` and `path` to the disk. RocksDB does so with the names of its files, but a synced file in a folder
/// that is gone after a loss of power is gone.
fn sync_names(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()?;
    let parent = path.parent().map(|parent| if parent == Path::new("") { Path::new(".") } else { parent });
    match parent.map_or(Ok(()), |parent| std::fs::File::open(parent)?.sync_all()) {
        // Then it was not this process that made the folder.
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
        outcome => outcome,
    }
}

/// Without it RocksDB tries again by itself, for ever, after an error in the background, and closing waits for that: a node on a
/// full disk would neither go on nor end. The setting has no function of its own in the crate.
const GIVE_UP: &str = "max_bgerror_resume_count=0";

fn database_options(tuning: &Tuning) -> Options {
    let mut options = Options::default();
    match options.get_options_from_string(GIVE_UP) {
        Ok(giving_up) => options = giving_up,
        Err(e) => tracing::warn!(error = %e, "RocksDB does not take the option {GIVE_UP}"),
    }
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_max_background_jobs(tuning.background_jobs.max(1).into());
    options.set_keep_log_file_num(4);
    options.set_max_total_wal_size(tuning.log_bytes);
    options.set_bytes_per_sync(1 << 20);
    // One thread writes, in the order of keys. The memtable remembers where it inserted last only without concurrency.
    options.set_allow_concurrent_memtable_write(false);
    options
}

fn family_options(column: Column, tuning: &Tuning) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&Cache::new_lru_cache(tuning.block_cache_bytes));
    table.set_format_version(5);
    if column == Column::Latest {
        // A transfer to a new account asks for what is absent.
        table.set_bloom_filter(BLOOM_BITS, false);
    }
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_compression_type(if tuning.compression {
        DBCompressionType::Lz4
    } else {
        DBCompressionType::None
    });
    options.set_write_buffer_size(tuning.write_buffer_bytes);
    options
}

fn opening_failed(path: &Path, error: &rocksdb::Error) -> StoreError {
    let text = error.to_string();
    let locked = error.kind() == ErrorKind::IOError && text.contains("lock");
    if !locked {
        return StoreError::Backend(format!("cannot open the database at {}: {text}", path.display()));
    }
    let holder = match std::fs::read_to_string(path.join("holder")) {
        Ok(id) if id == std::process::id().to_string() => "this process".to_owned(),
        Ok(id) => format!("process {id}"),
        Err(_) => "another process".to_owned(),
    };
    StoreError::Locked { path: path.display().to_string(), holder }
}

fn failed(error: &rocksdb::Error) -> StoreError {
    StoreError::Backend(error.to_string())
}

impl Backend for RocksBackend {
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Value>, StoreError> {
        let found = self.db.get_pinned_cf(self.family(column)?, key).map_err(|e| failed(&e))?;
        Ok(found.map(|value| Value::from(value.as_ref())))
    }

    fn get_many(&self, column: Column, keys: &[Vec<u8>]) -> Result<Vec<Option<Value>>, StoreError> {
        self.db
            .batched_multi_get_cf(self.family(column)?, keys, false)
            .into_iter()
            .map(|found| {
                found.map(|value| value.map(|value| Value::from(value.as_ref()))).map_err(|e| failed(&e))
            })
            .collect()
    }

    fn cursor(&self, column: Column) -> Box<dyn Cursor + '_> {
        match self.family(column) {
            Ok(family) => Box::new(RocksCursor { iterator: self.db.raw_iterator_cf(family) }),
            Err(error) => Box::new(FailedCursor(error)),
        }
    }

    fn write(&self, mut batch: Batch, durability: Durability) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_sync(durability == Durability::Synced);
        // RocksDB would have a write wait until it can flush again, which on a full disk is never.
        options.set_no_slowdown(true);
        loop {
            match self.db.write_opt(self.sorted(&mut batch)?, &options) {
                Err(error) if error.kind() == ErrorKind::Incomplete => {
                    self.require_good_background()?;
                    // Writes that are only slowed down may wait: they come through.
                    options.set_no_slowdown(self.property("rocksdb.is-write-stopped") > 0);
                    std::thread::sleep(STALL_PAUSE);
                }
                done => return done.map_err(|e| failed(&e)),
            }
        }
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.db.flush_wal(true).map_err(|e| failed(&e))
    }

    fn compact(&self) -> Result<(), StoreError> {
        for column in Column::ALL {
            self.db.compact_range_cf(self.family(column)?, None::<&[u8]>, None::<&[u8]>);
        }
        self.require_good_background()
    }

    fn size(&self) -> Result<u64, StoreError> {
        let mut size = 0_u64;
        let db = self.path.join("db");
        let entries = std::fs::read_dir(&db).map_err(|e| StoreError::Backend(e.to_string()))?;
        // A file may be removed by a compaction while the folder is read.
        for entry in entries.flatten() {
            size = size.saturating_add(entry.metadata().map_or(0, |meta| meta.len()));
        }
        Ok(size)
    }
}

struct RocksCursor<'a> {
    iterator: DBRawIterator<'a>,
}

impl RocksCursor<'_> {
    fn checked(&self) -> Result<(), StoreError> {
        // An iterator that failed looks like one that ended.
        if planted("cursor:failure_ignored") {
            return Ok(());
        }
        self.iterator.status().map_err(|e| failed(&e))
    }
}

impl Cursor for RocksCursor<'_> {
    fn seek(&mut self, key: &[u8]) -> Result<(), StoreError> {
        self.iterator.seek(key);
        self.checked()
    }

    fn seek_back(&mut self, key: &[u8]) -> Result<(), StoreError> {
        self.iterator.seek_for_prev(key);
        self.checked()
    }

    fn next(&mut self) -> Result<(), StoreError> {
        if self.iterator.valid() {
            self.iterator.next();
        }
        self.checked()
    }

    fn prev(&mut self) -> Result<(), StoreError> {
        if self.iterator.valid() {
            self.iterator.prev();
        }
        self.checked()
    }

    fn entry(&self) -> Option<(&[u8], &[u8])> {
        self.iterator.item()
    }
}

/// Stands for a cursor that could not be made; every movement says why.
struct FailedCursor(StoreError);

impl Cursor for FailedCursor {
    fn seek(&mut self, _: &[u8]) -> Result<(), StoreError> {
        Err(self.0.clone())
    }

    fn seek_back(&mut self, _: &[u8]) -> Result<(), StoreError> {
        Err(self.0.clone())
    }

    fn next(&mut self) -> Result<(), StoreError> {
        Err(self.0.clone())
    }

    fn prev(&mut self) -> Result<(), StoreError> {
        Err(self.0.clone())
    }

    fn entry(&self) -> Option<(&[u8], &[u8])> {
        None
    }
}
