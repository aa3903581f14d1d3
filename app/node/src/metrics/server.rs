//! `/metrics`, `/healthz` and `/readyz`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::oneshot;

use super::{Health, Metrics};

/// Metrics and health, served.
pub struct MetricsServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
}

#[derive(Clone)]
struct Served {
    metrics: Arc<Metrics>,
    health: Health,
}

impl MetricsServer {
    /// Serves at `listen`.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn open(listen: SocketAddr, metrics: Metrics, health: Health) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| {
            format!("metrics cannot be served on {listen}; choose another address in app.toml, or \"off\"")
        })?;
        let address = listener.local_addr()?;
        let served = Served { metrics: Arc::new(metrics), health };
        let router = Router::new()
            .route("/metrics", get(text))
            .route("/healthz", get(alive))
            .route("/readyz", get(ready))
            .with_state(served);
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(async {
                let _ = stopped.await;
            });
            if let Err(error) = serving.await {
                tracing::error!(%error, "metrics are no longer served");
            }
        });
        Ok(Self { address, stop, done })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops after the request under way.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.done.await;
    }
}

async fn text(State(served): State<Served>) -> Response {
    // The size of the database is asked of the file system.
    let text = tokio::task::spawn_blocking(move || served.metrics.text().map_err(|e| e.to_string())).await;
    match text {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn alive(State(served): State<Served>) -> Response {
    answer(move || served.health.alive()).await
}

async fn ready(State(served): State<Served>) -> Response {
    answer(move || served.health.ready()).await
}

async fn answer(ask: impl FnOnce() -> Result<String, String> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(ask).await {
        Ok(Ok(good)) => (StatusCode::OK, format!("{good}\n")).into_response(),
        Ok(Err(bad)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{bad}\n")).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}
