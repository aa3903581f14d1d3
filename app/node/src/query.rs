//! The seam between the servers and whatever answers a gRPC path: the application's modules, or the node's own
//! services (transactions, blocks, node information).

/// A refused or failed query, as gRPC sees it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryStatus {
    /// The gRPC status code: 2 unknown, 3 invalid argument, 5 not found, 12 unimplemented, 13 internal, ...
    pub code: u32,
    /// What went wrong.
    pub message: String,
}

/// An answered query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryAnswer {
    /// The encoded response message.
    pub value: Vec<u8>,
    /// The height of the state it was read from.
    pub height: u64,
}

/// Answers gRPC methods given by path (`/cosmos.bank.v1beta1.Query/Balance`) with protobuf bytes in and out.
///
/// Calls may block; asynchronous servers use `spawn_blocking`.
pub trait QueryService: Send + Sync + 'static {
    /// Whether this service has the method `path`.
    fn has(&self, path: &str) -> bool;

    /// Answers `path` from the state at `height` (`None`: the latest).
    ///
    /// # Errors
    /// Code 12 for an unknown path, otherwise what the method says.
    fn query(&self, path: &str, request: &[u8], height: Option<u64>) -> Result<QueryAnswer, QueryStatus>;
}
