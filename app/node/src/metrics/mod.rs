//! What a node tells those who watch over it: numbers for Prometheus, and whether it is alive and of use.
//!
//! CometBFT has metrics of its own, of consensus, peers and its mempool (`instrumentation.prometheus` in `config.toml`); these
//! are the application's.

mod abci;
mod blocks;
mod health;
mod server;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use prometheus::{Registry, TextEncoder};

pub use self::health::Health;
pub use self::server::MetricsServer;
use crate::abci::AbciMetrics;
use crate::app::App;

/// The numbers of one node.
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// Watches an application from now on, and the server through which CometBFT reaches it.
    ///
    /// # Errors
    /// Two numbers have one name.
    pub fn new(app: &App, calls: Arc<AbciMetrics>) -> prometheus::Result<Self> {
        let registry = Registry::new();
        blocks::watch(&registry, app)?;
        registry.register(Box::new(state::Collect::new(app)?))?;
        registry.register(Box::new(abci::Collect::new(calls)?))?;
        Ok(Self { registry })
    }

    /// All numbers in the text format of Prometheus.
    ///
    /// # Errors
    /// A number cannot be written.
    pub fn text(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
