//! The API servers: gRPC (with reflection and grpc-web) and the REST gateway, both made from the descriptors.
//!
//! Nothing here knows a single route. A method that some [`QueryService`] answers is callable over gRPC, listed by
//! reflection, and has the REST routes its `google.api.http` rules name.

mod backend;
mod config;
mod cors;
mod grpc;
mod idle;
mod listen;
mod reflection;
mod rest;
mod services;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use prost_reflect::DescriptorPool;
use tokio::sync::watch;

pub use self::backend::HeadHeight;
pub use self::config::{ApiConfig, Cors, Limits};
pub use self::services::{NodeConfig, NodeServices, Services};
use crate::query::QueryService;

/// Why the API servers could not start.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A port cannot be opened.
    #[error("cannot listen on {address}: {cause}; stop what uses it or choose another address")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A definition has an HTTP rule that cannot be served.
    #[error("{0}")]
    Route(String),
}

/// The running servers. Dropping them stops them without waiting.
pub struct ApiServers {
    grpc: Option<listen::Port>,
    rest: Option<listen::Port>,
    stop: watch::Sender<bool>,
}

impl ApiServers {
    /// Opens the ports of `config` and serves what `service` answers of the methods in `pool`. `head` is asked for
    /// the height to name beside refused queries. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`ApiError::Listen`] if a port is taken, [`ApiError::Route`] if a definition's HTTP rule makes no sense.
    pub async fn start(
        config: ApiConfig,
        pool: DescriptorPool,
        service: Arc<dyn QueryService>,
        head: HeadHeight,
    ) -> Result<Self, ApiError> {
        let backend = backend::Backend::new(service, pool, head, config.limits.clone());
        let grpc = grpc::Grpc::new(Arc::clone(&backend));
        let (stop, stopped) = watch::channel(false);
        let mut servers = Self { grpc: None, rest: None, stop };
        if let Some(address) = config.grpc_listen {
            let handler = grpc::GrpcPort { grpc: grpc.clone(), cors: config.cors.clone() };
            let port = listen::Port::open(address, handler, config.limits.clone(), stopped.clone()).await;
            servers.grpc = Some(port.map_err(|cause| ApiError::Listen { address, cause })?);
        }
        if let Some(address) = config.rest_listen {
            let handler = rest::RestPort::new(backend, grpc, config.cors).map_err(ApiError::Route)?;
            let port = listen::Port::open(address, handler, config.limits, stopped).await;
            servers.rest = Some(port.map_err(|cause| ApiError::Listen { address, cause })?);
        }
        Ok(servers)
    }

    /// Where gRPC listens.
    pub fn grpc_address(&self) -> Option<SocketAddr> {
        self.grpc.as_ref().map(listen::Port::address)
    }

    /// Where REST listens.
    pub fn rest_address(&self) -> Option<SocketAddr> {
        self.rest.as_ref().map(listen::Port::address)
    }

    /// Takes no more connections, lets requests in flight finish within the grace time, and returns when all is over.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for port in [self.grpc, self.rest].into_iter().flatten() {
            port.closed().await;
        }
    }
}
