//! What can go wrong, and what to do about it.

use agora_state::StateError;

/// Why the store refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The backend failed: disk, permissions, a damaged file.
    #[error("storage failed: {0}; check the disk, then start again")]
    Backend(String),
    /// Another process holds the database.
    #[error("the database at {path} is in use by {holder}; stop that process or choose another home")]
    Locked {
        /// Where the database lies.
        path: String,
        /// Who holds it, as far as it can be told.
        holder: String,
    },
    /// The database was written by a newer release.
    #[error("the database has format {found}, this release knows up to {supported}; use the newer release")]
    NewerFormat {
        /// The format found.
        found: u32,
        /// The newest format this release reads.
        supported: u32,
    },
    /// The stores of the database are not the stores of this release.
    #[error(
        "the stores differ: the database lacks [{missing}] and has in excess [{extra}]; use the release that wrote it"
    )]
    StoresDiffer {
        /// Stores this release has and the database lacks.
        missing: String,
        /// Stores the database has and this release lacks.
        extra: String,
    },
    /// The tree rebuilt from the values is not the one that was committed.
    #[error(
        "the values at height {height} hash to {rebuilt}, committed was {committed}; the database is damaged, restore it"
    )]
    RootMismatch {
        /// The height of the head.
        height: u64,
        /// The application hash on record.
        committed: String,
        /// The application hash of the values found.
        rebuilt: String,
    },
    /// Stored bytes cannot be decoded.
    #[error("a record of the database cannot be decoded: {0}; the database is damaged, restore it")]
    Corrupt(String),
    /// A value names a store that was not declared.
    #[error("store {0} is not declared; declare it when the database is opened")]
    UnknownStore(String),
    /// A block was offered at a height that is not the next one.
    #[error("height {height} cannot follow, the next height is {expected}")]
    WrongHeight {
        /// The height offered.
        height: u64,
        /// The height that must come next.
        expected: u64,
    },
    /// A staged block builds on a state that is not the head any more.
    #[error(
        "the block staged for height {height} builds on a state that is no longer the head; stage it again"
    )]
    Stale {
        /// The height of the staged block.
        height: u64,
    },
    /// An earlier write failed, so what is on disk is unknown until the database is opened again.
    #[error("an earlier write failed ({0}); start again to find out what was stored")]
    Failed(String),
    /// The trees do not fit the memory they may take.
    #[error(
        "the state has {keys} keys, whose tree needs about {} MiB of memory; it may take {} MiB: use a machine with more memory, or raise the limit if it has more",
        needed >> 20, limit >> 20
    )]
    TreeMemory {
        /// Keys in the state.
        keys: u64,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// No proof can be given for that height.
    #[error("no proof for height {height}: this node proves heights {earliest} to {latest}")]
    NoProof {
        /// The height asked for.
        height: u64,
        /// The earliest height that can be proven.
        earliest: u64,
        /// The latest height that can be proven.
        latest: u64,
    },
    /// The key lies outside the tree, or is empty.
    #[error("{0} is not part of the application hash, so there is no proof of it")]
    NotProvable(String),
    /// The height asked for in a rollback cannot be reached.
    #[error("cannot roll back to height {height}: possible are {earliest} to {latest}")]
    RollbackRange {
        /// The height asked for.
        height: u64,
        /// The earliest height that can be reached.
        earliest: u64,
        /// The present height.
        latest: u64,
    },
    /// An error of the state seam: unknown height, empty value and the like.
    #[error(transparent)]
    State(#[from] StateError),
    /// A fail point fired (tests only).
    #[error("fail point {0} fired")]
    FailPoint(String),
}

impl From<StoreError> for StateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::State(inner) => inner,
            StoreError::Corrupt(reason) => Self::Corrupt { key: "a record".to_owned(), reason },
            StoreError::Backend(reason) => Self::Backend(reason),
            other => Self::Backend(other.to_string()),
        }
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
