//! Listening, the limit on connections, and stopping.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::Request;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::config::RpcConfig;
use super::http::handle;
use super::hub::Hub;
use super::node::Node;
use super::stall::StallGuard;
use crate::chain::Chain;

/// How long calls under way may take to finish when the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// The pause after a failed accept, which most often means that file descriptors are short.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the RPC server could not start.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The address cannot be listened on.
    #[error("cannot listen for rpc on {address}: {source}; choose another address or stop what uses it")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The chain could not be subscribed to.
    #[error("cannot follow the chain for rpc: {0}")]
    Chain(String),
}

/// What one connection holds while it is open: its place among the connections, and the word to stop.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionSlot {
    pub(crate) stop: watch::Receiver<bool>,
    _permit: Arc<OwnedSemaphorePermit>,
}

/// A running RPC server. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct RpcServer {
    local_addr: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: Option<JoinHandle<()>>,
}

impl RpcServer {
    /// Listens on `config.listen` and serves `chain`. Needs a running tokio runtime.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn start(chain: Arc<dyn Chain>, config: RpcConfig) -> Result<Self, RpcError> {
        let address = config.listen;
        let listener =
            TcpListener::bind(address).await.map_err(|source| RpcError::Listen { address, source })?;
        Self::serve(listener, chain, config).await
    }

    /// Serves `chain` on a socket that already listens.
    ///
    /// # Errors
    /// If the socket has no address, or the chain cannot be subscribed to.
    pub async fn serve(
        listener: TcpListener,
        chain: Arc<dyn Chain>,
        config: RpcConfig,
    ) -> Result<Self, RpcError> {
        let address = config.listen;
        let local_addr = listener.local_addr().map_err(|source| RpcError::Listen { address, source })?;
        let (stop, stopped) = watch::channel(false);
        let hub =
            Hub::start(chain.clone(), stopped.clone()).await.map_err(|fault| RpcError::Chain(fault.data))?;
        let node = Arc::new(Node::new(chain, config, hub));
        let accepting = Some(tokio::spawn(accept(listener, node, stopped)));
        Ok(Self { local_addr, stop, accepting })
    }

    /// The address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Takes no more connections, lets the calls under way finish (5 seconds at most), closes everything.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(accepting) = self.accepting.take() {
            // It ends by itself; a panic inside is in the log already.
            let _ = accepting.await;
        }
    }
}

impl Drop for RpcServer {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// Ends when the server is to stop.
pub(crate) async fn stopping(stop: &mut watch::Receiver<bool>) {
    // An error means that the server itself is gone.
    let _ = stop.wait_for(|stopped| *stopped).await;
}

async fn accept(listener: TcpListener, node: Arc<Node>, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(node.config.max_open_connections.max(1)));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let permit = places.clone().acquire_owned().await.ok()?;
            match listener.accept().await {
                Ok((stream, _)) => Some((stream, permit)),
                Err(e) => {
                    tracing::warn!(error = %e, "cannot accept an RPC connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    None
                }
            }
        };
        tokio::select! {
            accepted = next => {
                if let Some((stream, permit)) = accepted {
                    let slot = ConnectionSlot { stop: stop.clone(), _permit: Arc::new(permit) };
                    connections.spawn(connection(stream, node.clone(), slot));
                }
            }
            Some(_) = connections.join_next() => {}
            () = stopping(&mut stop) => break,
        }
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_PATIENCE, finish).await.is_err() {
        tracing::warn!("RPC calls did not finish in time and were cut off");
    }
}

async fn connection(stream: TcpStream, node: Arc<Node>, slot: ConnectionSlot) {
    // Answers are small and one write each: waiting to fill a packet only adds delay.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(StallGuard::new(stream, node.config.write_timeout));
    let read_timeout = node.config.read_timeout;
    let mut stop = slot.stop.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (node, slot) = (node.clone(), slot.clone());
        async move { Ok::<_, Infallible>(handle(node, slot, request.map(Body::new)).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(read_timeout)
        .serve_connection(io, service)
        .with_upgrades();
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopping(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(e) = ended {
        tracing::debug!(error = %e, "an RPC connection ended early");
    }
}
