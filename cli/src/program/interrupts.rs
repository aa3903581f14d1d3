//! The ways a person or a service manager ends a program.

use crate::error::{CliError, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C and the request to terminate.
pub(crate) struct Interrupts {
    terminate: Signal,
}

impl Interrupts {
    pub(crate) fn new() -> Result<Self> {
        let terminate = signal(SignalKind::terminate())
            .map_err(|e| CliError::usage("signals cannot be received").because(e))?;
        Ok(Self { terminate })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
