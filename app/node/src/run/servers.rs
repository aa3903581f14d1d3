//! The servers of a node.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::api::{ApiConfig, ApiServers, Cors, HeadHeight, NodeConfig, NodeServices, Services};
use crate::app::{App, AppQueries};
use crate::chain::Chain;
use crate::query::QueryService;

/// Where the servers listen. `None` leaves one out, port 0 takes a free one.
#[derive(Clone, Debug)]
pub struct Listen {
    /// CometBFT's RPC.
    pub rpc: SocketAddr,
    /// gRPC.
    pub grpc: Option<SocketAddr>,
    /// REST.
    pub rest: Option<SocketAddr>,
    /// The faucet.
    pub faucet: Option<SocketAddr>,
}

impl Default for Listen {
    /// The usual Cosmos ports, on the loopback interface.
    fn default() -> Self {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self {
            rpc: local(26657),
            grpc: Some(local(9090)),
            rest: Some(local(1317)),
            faucet: Some(local(4500)),
        }
    }
}

impl Listen {
    /// Free ports for everything: for tests.
    #[must_use]
    pub fn anywhere() -> Self {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { rpc: free, grpc: Some(free), rest: Some(free), faucet: Some(free) }
    }
}

/// The services of a node over its chain, made known to the application's own queries.
pub(super) fn services(app: &App, chain: Arc<dyn Chain>, config: NodeConfig) -> Arc<dyn QueryService> {
    let node = Arc::new(NodeServices::new(chain, app.runtime().registry().pool(), config));
    app.set_services(node.clone());
    Arc::new(Services(vec![Arc::new(AppQueries(app.clone())), node]))
}

/// Opens gRPC and REST.
pub(super) async fn open_api(
    app: &App,
    services: Arc<dyn QueryService>,
    listen: &Listen,
    cors: Cors,
) -> anyhow::Result<ApiServers> {
    let store = Arc::clone(app.store());
    let head: HeadHeight = Arc::new(move || store.latest().map(|c| c.height));
    let config =
        ApiConfig { grpc_listen: listen.grpc, rest_listen: listen.rest, cors, ..ApiConfig::default() };
    Ok(ApiServers::start(config, app.runtime().registry().pool().clone(), services, head).await?)
}
