//! How RocksDB works, which no result depends on.

/// Sizes and habits of the database on disk; a state in memory has none. They weigh memory, processor and disk against each other
/// and never show in a value, a hash or a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Bytes of recent writes a column family keeps in memory before they go into a table. RocksDB takes 64 KiB at least.
    pub write_buffer_bytes: usize,
    /// Bytes of write-ahead log beyond which the oldest recent writes go into tables, and their log away.
    pub log_bytes: u64,
    /// Bytes of memory for blocks of tables, for each of the three column families.
    pub block_cache_bytes: usize,
    /// Whether tables are compressed (LZ4).
    pub compression: bool,
    /// Threads that write and merge tables, at least one.
    pub background_jobs: u16,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            write_buffer_bytes: 64 << 20,
            log_bytes: 256 << 20,
            block_cache_bytes: 64 << 20,
            compression: true,
            background_jobs: 2,
        }
    }
}

impl Tuning {
    /// As little memory as there can be: tables are written and merged all the time.
    #[must_use]
    pub const fn tiny() -> Self {
        Self {
            write_buffer_bytes: 64 << 10,
            log_bytes: 256 << 10,
            block_cache_bytes: 64 << 10,
            compression: true,
            background_jobs: 1,
        }
    }
}
