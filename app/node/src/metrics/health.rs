//! Whether a node is alive, and whether it is of use.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::app::App;
use crate::chain::Chain;

/// A head older than this is behind, whatever CometBFT says.
const FRESH: Duration = Duration::from_secs(60);

/// What is looked at.
#[derive(Clone)]
pub struct Health {
    app: App,
    chain: Option<Arc<dyn Chain>>,
}

impl Health {
    /// Of an application, and of the chain it is a part of, where that can be asked.
    #[must_use]
    pub fn new(app: &App, chain: Option<Arc<dyn Chain>>) -> Self {
        Self { app: app.clone(), chain }
    }

    /// Whether the process works: its state can be read. The text says what is not as it should be.
    ///
    /// # Errors
    /// It does not; with the cause.
    pub fn alive(&self) -> Result<String, String> {
        let head = self.app.store().latest().map_or(0, |head| head.height);
        self.app.store().snapshot(None).map_err(|error| format!("the state cannot be read: {error}"))?;
        Ok(format!("alive at height {head}"))
    }

    /// Whether the node is at the head of its chain: what it answers is current. Blocks.
    ///
    /// # Errors
    /// It is not; with the cause.
    pub fn ready(&self) -> Result<String, String> {
        let Some(chain) = &self.chain else { return self.alive() };
        let status = chain.status().map_err(|error| format!("the chain does not answer: {error}"))?;
        let Some(latest) = status.latest else { return Err("there is no block yet".to_owned()) };
        let height = latest.block.header.as_ref().map_or(0, |header| header.height);
        if status.catching_up {
            return Err(format!("catching up, at height {height}"));
        }
        let time =
            latest.block.header.as_ref().and_then(|header| header.time.as_ref()).map_or(0, |t| t.seconds);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let age = now.saturating_sub(Duration::from_secs(u64::try_from(time).unwrap_or(0)));
        if age > FRESH {
            return Err(format!("the last block, at height {height}, is {} seconds old", age.as_secs()));
        }
        Ok(format!("ready at height {height}"))
    }
}
