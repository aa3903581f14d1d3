//! What an operator may choose about the API servers.

use std::net::SocketAddr;
use std::time::Duration;

/// The configuration of the gRPC and REST servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiConfig {
    /// Where gRPC (and grpc-web) listens; `None`: not served. Port 0 picks a free one.
    pub grpc_listen: Option<SocketAddr>,
    /// Where REST (and grpc-web) listens; `None`: not served. Port 0 picks a free one.
    pub rest_listen: Option<SocketAddr>,
    /// Which web pages of other origins may read the answers.
    pub cors: Cors,
    /// What one client, or all of them, may use.
    pub limits: Limits,
}

impl Default for ApiConfig {
    /// The usual Cosmos ports on the loopback interface, no cross-origin access.
    fn default() -> Self {
        Self {
            grpc_listen: Some(SocketAddr::from(([127, 0, 0, 1], 9090))),
            rest_listen: Some(SocketAddr::from(([127, 0, 0, 1], 1317))),
            cors: Cors::Off,
            limits: Limits::default(),
        }
    }
}

/// The cross-origin policy, for browsers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cors {
    /// No header is sent: browsers keep answers from pages of other origins.
    #[default]
    Off,
    /// Every origin may read.
    Any,
    /// Only these origins (`https://wallet.example`), compared exactly.
    Origins(Vec<String>),
}

/// Bounds that keep one client from starving the others. All of them must be above zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections held at once on each port; more wait to be accepted.
    pub max_connections: usize,
    /// Queries that run at once, over both ports; more wait for their turn within the request timeout.
    pub max_queries: usize,
    /// Streams open at once on one HTTP/2 connection.
    pub max_streams: u32,
    /// The largest gRPC message taken or given, in bytes.
    pub max_message_bytes: usize,
    /// The largest REST request body, in bytes.
    pub max_body_bytes: usize,
    /// From the first byte of a request to its answer.
    pub request_timeout: Duration,
    /// How long the head of an HTTP/1 request may take to arrive.
    pub header_timeout: Duration,
    /// How long a connection may neither send nor take a byte.
    pub idle_timeout: Duration,
    /// How long requests in flight may still run once a stop is asked for.
    pub stop_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1_000,
            max_queries: 64,
            max_streams: 128,
            max_message_bytes: 10 << 20,
            max_body_bytes: 5 << 20,
            request_timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(120),
            stop_grace: Duration::from_secs(5),
        }
    }
}
