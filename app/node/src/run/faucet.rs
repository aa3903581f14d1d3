//! The faucet of a development network, served.

use std::net::SocketAddr;
use std::sync::Arc;

use agora_genesis::dev_accounts::FAUCET;
use agora_primitives::{Coin, NATIVE_DENOM};
use anyhow::Context;
use tokio::sync::oneshot;

use crate::app::{App, AppQueries};
use crate::chain::Chain;
use crate::faucet::{Faucet, FaucetConfig};

/// A faucet that answers.
pub(super) struct RunningFaucet {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
}

impl RunningFaucet {
    /// Serves the published faucet account at `listen`.
    ///
    /// # Errors
    /// The port is taken.
    pub(super) async fn open(
        app: &App,
        chain: Arc<dyn Chain>,
        chain_id: String,
        listen: SocketAddr,
    ) -> anyhow::Result<Self> {
        let secret_key = FAUCET.secret_key().context("the faucet's published mnemonic is malformed")?;
        let coin = |amount, denom: &str| anyhow::Ok(Coin::new(amount, denom.parse()?));
        let config = FaucetConfig {
            secret_key,
            chain_id,
            credits: vec![
                coin(10_000_000, NATIVE_DENOM)?,
                coin(10_000_000, "uusdc")?,
                coin(1_000_000, "satoshi")?,
            ],
            most: 100,
            fee: coin(5_000, NATIVE_DENOM)?,
        };
        let faucet = Faucet::new(config, chain, Arc::new(AppQueries(app.clone())));
        let faucet = Arc::new(faucet.map_err(anyhow::Error::msg)?);
        let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| {
            format!("the faucet cannot listen on {listen}; choose another port or leave it out")
        })?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(async move {
            let serving = axum::serve(listener, faucet.router()).with_graceful_shutdown(async {
                let _ = stopped.await;
            });
            if let Err(error) = serving.await {
                tracing::error!(%error, "the faucet stopped");
            }
        });
        Ok(Self { address, stop, done })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Finishes the credits under way and ends.
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.done.await;
    }
}
