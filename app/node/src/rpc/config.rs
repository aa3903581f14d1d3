//! The limits of the RPC server.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How the RPC server listens and what it lets clients do. The defaults are CometBFT's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcConfig {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Origins whose pages may call from a browser: `*`, an exact origin, or one with a single `*` in it. Empty: none.
    pub cors_allowed_origins: Vec<String>,
    /// The largest request body and WebSocket message in bytes.
    pub max_body_bytes: usize,
    /// Connections at a time; more wait.
    pub max_open_connections: usize,
    /// Requests in a batch.
    pub max_batch: usize,
    /// Clients that may have subscriptions at a time, and calls of `broadcast_tx_commit` that may wait.
    pub max_subscription_clients: usize,
    /// Subscriptions of one client.
    pub max_subscriptions_per_client: usize,
    /// Calls that may work on the chain at a time; more wait.
    pub max_concurrent_calls: usize,
    /// How long `broadcast_tx_commit` waits for the block.
    pub timeout_broadcast_tx_commit: Duration,
    /// How long a client may take for the head of a request, and again for its body; also how long an idle
    /// connection stays open.
    pub read_timeout: Duration,
    /// How long a client may take nothing of what it is sent.
    pub write_timeout: Duration,
    /// How often a WebSocket is asked for a sign of life; twice this without one closes it.
    pub ping_interval: Duration,
}

impl Default for RpcConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 26657)),
            cors_allowed_origins: Vec::new(),
            max_body_bytes: 1_000_000,
            max_open_connections: 900,
            max_batch: 10,
            max_subscription_clients: 100,
            max_subscriptions_per_client: 5,
            max_concurrent_calls: 64,
            timeout_broadcast_tx_commit: Duration::from_secs(10),
            read_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(27),
        }
    }
}
