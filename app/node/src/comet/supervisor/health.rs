//! Waiting until CometBFT answers.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{CometError, CometHandle, CometOptions};

/// How often it is asked.
const POLL: Duration = Duration::from_millis(50);
/// How often waiting is reported.
const REPORT: Duration = Duration::from_secs(2);

/// How a start goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The process runs.
    Started {
        /// Its process id.
        pid: i32,
    },
    /// It does not answer yet.
    Waiting {
        /// Since the process was started.
        seconds: u64,
        /// The last line of its log.
        last_line: String,
    },
    /// RPC answers.
    Answering {
        /// The height of its last block, 0 before the first.
        height: u64,
        /// Whether it is behind its peers.
        catching_up: bool,
    },
    /// There is a block.
    FirstBlock {
        /// Its height.
        height: u64,
    },
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Started { pid } => write!(f, "cometbft started (process {pid})"),
            Self::Waiting { seconds, last_line } => {
                write!(f, "waiting for cometbft ({seconds} s): {last_line}")
            }
            Self::Answering { height, catching_up: true } => {
                write!(f, "cometbft answers at height {height}, catching up")
            }
            Self::Answering { height, .. } => write!(f, "cometbft answers at height {height}"),
            Self::FirstBlock { height } => write!(f, "block {height} is made"),
        }
    }
}

/// The address of an RPC listener as a client on this machine writes it.
pub(super) fn http_url(laddr: &str) -> Option<String> {
    let address = laddr.strip_prefix("tcp://").or_else(|| laddr.strip_prefix("http://"))?;
    let (host, port) = address.rsplit_once(':')?;
    let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
    let host = match host {
        "" | "0.0.0.0" => "127.0.0.1",
        "[::]" => "[::1]",
        host => host,
    };
    Some(format!("http://{host}:{port}"))
}

/// What `/status` says.
struct Status {
    node_id: String,
    height: u64,
    catching_up: bool,
}

fn status(agent: &ureq::Agent, url: &str) -> Option<Status> {
    let answer: Value = agent.get(format!("{url}/status")).call().ok()?.body_mut().read_json().ok()?;
    let result = answer.get("result")?;
    let sync = result.get("sync_info")?;
    Some(Status {
        node_id: result.pointer("/node_info/id")?.as_str()?.to_owned(),
        height: sync.get("latest_block_height")?.as_str()?.parse().ok()?,
        catching_up: sync.get("catching_up")?.as_bool()?,
    })
}

/// Waits until `handle` answers as the node `node_id`, and for a block if asked for.
pub(super) fn wait_ready(
    handle: &CometHandle,
    node_id: &str,
    options: &CometOptions,
) -> Result<(), CometError> {
    let report = |progress: Progress| {
        tracing::info!(%progress, "cometbft");
        if let Some(hook) = &options.on_progress {
            hook(&progress);
        }
    };
    let agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(2))).build().new_agent();
    let alive = || (handle.lines(), options.sign_of_life.as_ref().map(|count| count()));
    let begun = Instant::now();
    let (mut seen, mut since, mut reported) = (alive(), begun, begun);
    let mut answered = false;
    report(Progress::Started { pid: handle.pid() });
    loop {
        if let Some(status) = status(&agent, handle.rpc_url()) {
            if !status.node_id.eq_ignore_ascii_case(node_id) {
                let rpc = handle.rpc_url().to_owned();
                return Err(CometError::OtherNode { rpc, found: status.node_id });
            }
            if !answered {
                answered = true;
                since = Instant::now();
                report(Progress::Answering { height: status.height, catching_up: status.catching_up });
            }
            if !options.wait_first_block {
                return Ok(());
            }
            if status.height > 0 {
                report(Progress::FirstBlock { height: status.height });
                return Ok(());
            }
        }
        if let Some(exit) = handle.wait_exit(POLL) {
            return Err(CometError::Exited(exit));
        }
        let now = alive();
        if now != seen && !answered {
            (seen, since) = (now, Instant::now());
        }
        let waited = since.elapsed();
        if waited >= options.ready_timeout {
            let last_lines = handle.last_lines().join("\n  ");
            return Err(CometError::NotReady { rpc: handle.rpc_url().to_owned(), waited, last_lines });
        }
        if reported.elapsed() >= REPORT {
            reported = Instant::now();
            let last_line = handle.last_lines().pop().unwrap_or_default();
            report(Progress::Waiting { seconds: begun.elapsed().as_secs(), last_line });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::http_url;

    #[test]
    fn a_listener_on_every_address_is_asked_on_loopback() {
        assert_eq!(http_url("tcp://0.0.0.0:26657").unwrap(), "http://127.0.0.1:26657");
        assert_eq!(http_url("tcp://10.0.0.1:1").unwrap(), "http://10.0.0.1:1");
        assert_eq!(http_url("tcp://[::]:26657").unwrap(), "http://[::1]:26657");
        assert_eq!(http_url("tcp://:26657").unwrap(), "http://127.0.0.1:26657");
    }

    #[test]
    fn an_address_without_a_port_of_its_own_is_refused() {
        for laddr in ["", "unix:///x", "tcp://127.0.0.1", "tcp://127.0.0.1:0", "tcp://127.0.0.1:99999"] {
            assert_eq!(http_url(laddr), None, "{laddr}");
        }
    }
}
