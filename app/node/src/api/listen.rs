//! One listening port: accepts connections within bounds, serves HTTP/1 and HTTP/2 on each, stops gracefully.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tonic::body::Body;

use super::config::Limits;
use super::idle::Idle;

/// What a port does with a request.
pub(super) trait Handler: Send + Sync + 'static {
    /// Answers `request`; failures are answers too.
    fn handle(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send;
}

/// A port being served.
pub(super) struct Port {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Port {
    /// Binds `address` and serves it until `stop` becomes true or its sender is dropped.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(super) async fn open<H: Handler>(
        address: SocketAddr,
        handler: H,
        limits: Limits,
        stop: watch::Receiver<bool>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(serve(listener, Arc::new(handler), limits, stop));
        Ok(Self { address, task })
    }

    /// Where it really listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the port is closed and its last request answered or given up.
    pub(super) async fn closed(self) {
        let _ = self.task.await;
    }
}

async fn serve<H: Handler>(
    listener: TcpListener,
    handler: Arc<H>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(limits.max_connections.max(1)));
    let graceful = GracefulShutdown::new();
    let mut connections = tokio::task::JoinSet::new();
    let builder = Arc::new(builder(&limits));
    loop {
        // Reap what has ended, or a long life would collect one entry per connection.
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { break };
        let io = TokioIo::new(Box::pin(Idle::new(stream, limits.idle_timeout)));
        let handler = Arc::clone(&handler);
        let service = service_fn(move |request| {
            let handler = Arc::clone(&handler);
            async move { Ok::<_, Infallible>(handler.handle(request).await) }
        });
        let watcher = graceful.watcher();
        let builder = Arc::clone(&builder);
        connections.spawn(async move {
            let connection = builder.serve_connection(io, service);
            if let Err(error) = watcher.watch(connection.into_owned()).await {
                tracing::debug!(%error, "an api connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.stop_grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("api requests were still running when the time to stop was over; they are dropped");
    }
    connections.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers must not wait for the peer's delayed acknowledgement.
                let _ = stream.set_nodelay(true);
                return Some((stream, place));
            }
            Err(error) => {
                // Out of file descriptors, or a peer that left at once: neither ends the server.
                tracing::warn!(%error, "an api connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_streams)
        .max_header_list_size(32 << 10)
        // Ours never push more than the peer's window allows; larger windows only help large requests in.
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .keep_alive_interval(limits.idle_timeout / 3)
        .keep_alive_timeout(limits.idle_timeout / 3);
    builder
}
