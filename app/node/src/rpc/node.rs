//! What all connections share: the chain, the limits, and the way a method is run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::config::RpcConfig;
use super::cors::Cors;
use super::hub::Hub;
use super::jsonrpc::{Fault, Outcome};
use super::methods::broadcast_commit;
use super::params::Args;
use super::routes::{Method, Run};
use crate::chain::Chain;

/// The state of the server.
pub(crate) struct Node {
    pub(crate) chain: Arc<dyn Chain>,
    pub(crate) config: RpcConfig,
    pub(crate) cors: Cors,
    pub(crate) hub: Hub,
    /// WebSockets that have subscriptions.
    pub(crate) subscribers: Arc<Slots>,
    calls: Semaphore,
    commits: Arc<Slots>,
}

impl Node {
    pub(crate) fn new(chain: Arc<dyn Chain>, config: RpcConfig, hub: Hub) -> Self {
        Self {
            chain,
            cors: Cors::new(&config.cors_allowed_origins),
            hub,
            subscribers: Arc::new(Slots::new(config.max_subscription_clients)),
            calls: Semaphore::new(config.max_concurrent_calls.max(1)),
            commits: Arc::new(Slots::new(config.max_subscription_clients)),
            config,
        }
    }

    /// Runs a method that needs no WebSocket.
    pub(crate) async fn call(&self, method: &'static Method, args: Args) -> Outcome {
        match method.run {
            Run::Call(run) => {
                let _permit = self.calls.acquire().await.map_err(Fault::internal)?;
                let chain = self.chain.clone();
                blocking(move || run(chain.as_ref(), &args)).await?
            }
            Run::BroadcastCommit => {
                let Some(_slot) = Slots::take(&self.commits) else {
                    let limit = self.config.max_subscription_clients;
                    return Err(Fault::internal(format!("max_subscription_clients {limit} reached")));
                };
                let patience = self.config.timeout_broadcast_tx_commit;
                broadcast_commit::run(self.chain.clone(), args.bytes("tx").to_vec(), patience).await
            }
            Run::Socket(_) => Err(Fault::method_not_found()),
        }
    }
}

/// Runs what may block on a thread that may block.
///
/// # Errors
/// An internal fault if it panics.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|e| {
        tracing::error!(error = %e, "an RPC call did not finish");
        Fault::internal("the node could not finish the call; its log says why")
    })
}

/// A number of places, of which each holder has one until it drops it.
#[derive(Debug)]
pub(crate) struct Slots {
    free: AtomicUsize,
}

impl Slots {
    pub(crate) fn new(size: usize) -> Self {
        Self { free: AtomicUsize::new(size) }
    }

    /// A place, unless all are taken.
    pub(crate) fn take(slots: &Arc<Self>) -> Option<Slot> {
        slots
            .free
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |free| free.checked_sub(1))
            .ok()
            .map(|_| Slot(slots.clone()))
    }
}

/// A place taken.
#[derive(Debug)]
pub(crate) struct Slot(Arc<Slots>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Ordering::AcqRel);
    }
}
