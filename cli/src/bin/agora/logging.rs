//! Logs of a node in this process: warnings and worse, unless `AGORA_LOG` says otherwise.

use tracing_subscriber::EnvFilter;

/// Sends logs to standard error. Later calls change nothing.
pub(crate) fn init() {
    let filter = EnvFilter::try_from_env("AGORA_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
