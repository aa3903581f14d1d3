//! What the server counts. Plain atomics: whoever exports them reads them here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Method;

/// Upper bounds of the latency histogram, in microseconds; a last bucket takes the rest.
pub const LATENCY_BOUNDS: [u64; 10] = [10, 50, 100, 500, 1_000, 5_000, 20_000, 100_000, 500_000, 2_000_000];
const BUCKETS: usize = LATENCY_BOUNDS.len() + 1;

/// Counters of one ABCI server, from its start. Reading them never waits.
#[derive(Debug, Default)]
pub struct AbciMetrics {
    methods: [MethodCounters; Method::ALL.len()],
    pub(super) connections_open: AtomicU64,
    pub(super) connections_total: AtomicU64,
    pub(super) connections_refused: AtomicU64,
    pub(super) bytes_in: AtomicU64,
    pub(super) bytes_out: AtomicU64,
    pub(super) exceptions: AtomicU64,
    pub(super) grammar_violations: AtomicU64,
}

#[derive(Debug, Default)]
struct MethodCounters {
    calls: AtomicU64,
    micros: AtomicU64,
    max_micros: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

/// The counters of one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodStats {
    /// Calls answered.
    pub calls: u64,
    /// Time spent in the application, in microseconds.
    pub total_micros: u64,
    /// The slowest call, in microseconds.
    pub max_micros: u64,
    /// Calls by latency: at most [`LATENCY_BOUNDS`] each, then the rest. Not cumulative.
    pub buckets: [u64; BUCKETS],
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

pub(super) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

impl AbciMetrics {
    /// The counters of `method`.
    pub fn method(&self, method: Method) -> MethodStats {
        self.methods.get(method as usize).map_or(
            MethodStats { calls: 0, total_micros: 0, max_micros: 0, buckets: [0; BUCKETS] },
            |m| MethodStats {
                calls: read(&m.calls),
                total_micros: read(&m.micros),
                max_micros: read(&m.max_micros),
                buckets: std::array::from_fn(|i| m.buckets.get(i).map_or(0, read)),
            },
        )
    }

    /// Calls of all methods: grows while CometBFT works with the application.
    pub fn calls(&self) -> u64 {
        self.methods.iter().map(|m| read(&m.calls)).fold(0, u64::saturating_add)
    }

    /// Connections open now.
    pub fn connections_open(&self) -> u64 {
        read(&self.connections_open)
    }

    /// Connections served since the start.
    pub fn connections_total(&self) -> u64 {
        read(&self.connections_total)
    }

    /// Connections turned away because there were too many.
    pub fn connections_refused(&self) -> u64 {
        read(&self.connections_refused)
    }

    /// Bytes of requests, without their length prefixes.
    pub fn bytes_in(&self) -> u64 {
        read(&self.bytes_in)
    }

    /// Bytes of answers.
    pub fn bytes_out(&self) -> u64 {
        read(&self.bytes_out)
    }

    /// Exceptions answered.
    pub fn exceptions(&self) -> u64 {
        read(&self.exceptions)
    }

    /// Calls that came in an order the ABCI specification does not know.
    pub fn grammar_violations(&self) -> u64 {
        read(&self.grammar_violations)
    }

    pub(crate) fn called(&self, method: Method, took: Duration) {
        let Some(counters) = self.methods.get(method as usize) else { return };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = LATENCY_BOUNDS.iter().position(|bound| micros <= *bound).unwrap_or(LATENCY_BOUNDS.len());
        add(&counters.calls, 1);
        add(&counters.micros, micros);
        counters.max_micros.fetch_max(micros, Ordering::Relaxed);
        if let Some(bucket) = counters.buckets.get(bucket) {
            add(bucket, 1);
        }
    }
}
