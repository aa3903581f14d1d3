//! What can be said about the child, and how it becomes keys of `config.toml`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use toml::Value;

use super::{CometExit, Progress};
use crate::abci::Listen;
use crate::comet::home::Setting;

/// Gets every line CometBFT prints, without its end.
pub type LineHook = Arc<dyn Fn(&str) + Send + Sync>;
/// Gets what happens while CometBFT starts.
pub type ProgressHook = Arc<dyn Fn(&Progress) + Send + Sync>;
/// Gets the end of the child, wanted or not.
pub type ExitHook = Arc<dyn Fn(&CometExit) + Send + Sync>;
/// A number that grows while CometBFT works with the application: `AbciMetrics::calls`. A long replay is not a hang.
pub type SignOfLife = Arc<dyn Fn() -> u64 + Send + Sync>;

/// How CometBFT is configured and watched. `None` leaves a key of `config.toml` as the home has it.
#[derive(Clone)]
pub struct CometOptions {
    /// The program; see [`CometBinary::find`](super::CometBinary::find) for where it is looked for otherwise.
    pub binary: Option<PathBuf>,
    /// Where the application is served; `None` is the unix socket in the home.
    pub abci: Option<Listen>,
    /// The node's name among its peers.
    pub moniker: Option<String>,
    /// `rpc.laddr`, `tcp://host:port`.
    pub rpc_laddr: Option<String>,
    /// `p2p.laddr`, `tcp://host:port`.
    pub p2p_laddr: Option<String>,
    /// Peers kept connected, `id@host:port`.
    pub persistent_peers: Option<Vec<String>>,
    /// Peers on this machine are connected to, too: addresses of the loopback interface, several at one.
    pub loopback_peers: bool,
    /// Web origins that may use RPC; `*` for all.
    pub cors_allowed_origins: Option<Vec<String>>,
    /// The largest RPC request body in bytes.
    pub max_body_bytes: Option<u32>,
    /// Transactions the mempool holds.
    pub mempool_size: Option<u32>,
    /// Transactions the mempool remembers.
    pub mempool_cache_size: Option<u32>,
    /// The largest transaction in bytes.
    pub max_tx_bytes: Option<u32>,
    /// Whether waiting transactions are checked again after each block.
    pub recheck: Option<bool>,
    /// How long one recheck may take.
    pub recheck_timeout: Option<Duration>,
    /// How long a validator waits for a proposal.
    pub timeout_propose: Option<Duration>,
    /// The pause after a block: the block interval, nearly.
    pub timeout_commit: Option<Duration>,
    /// Whether blocks are made without transactions.
    pub create_empty_blocks: Option<bool>,
    /// Address of the Prometheus metrics, `host:port`; empty turns them off.
    pub prometheus: Option<String>,
    /// `debug`, `info`, `error`, `none`, or `module:level,...`.
    pub log_level: Option<String>,
    /// The log file is rotated at this size in bytes; three old ones are kept.
    pub max_log_bytes: u64,
    /// How long CometBFT may show no sign of life before its RPC answers.
    pub ready_timeout: Duration,
    /// Whether starting waits for a block, up to `ready_timeout` after RPC answers. Not for a node that needs peers.
    pub wait_first_block: bool,
    /// Further environment variables of the child.
    pub env: Vec<(String, String)>,
    /// Gets the lines of its log.
    pub on_line: Option<LineHook>,
    /// Told how the start goes.
    pub on_progress: Option<ProgressHook>,
    /// Told when it ends, also when a start fails.
    pub on_exit: Option<ExitHook>,
    /// Grows while it works with the application.
    pub sign_of_life: Option<SignOfLife>,
}

impl Default for CometOptions {
    fn default() -> Self {
        Self {
            binary: None,
            abci: None,
            moniker: None,
            rpc_laddr: None,
            p2p_laddr: None,
            persistent_peers: None,
            loopback_peers: false,
            cors_allowed_origins: None,
            max_body_bytes: None,
            mempool_size: None,
            mempool_cache_size: None,
            max_tx_bytes: None,
            recheck: None,
            recheck_timeout: None,
            timeout_propose: None,
            timeout_commit: None,
            create_empty_blocks: None,
            prometheus: None,
            log_level: None,
            max_log_bytes: 16 << 20,
            ready_timeout: Duration::from_secs(60),
            wait_first_block: false,
            env: Vec::new(),
            on_line: None,
            on_progress: None,
            on_exit: None,
            sign_of_life: None,
        }
    }
}

impl std::fmt::Debug for CometOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CometOptions").field("abci", &self.abci).finish_non_exhaustive()
    }
}

impl CometOptions {
    /// The keys of `config.toml` these options own.
    pub(super) fn settings(&self, abci: &Listen) -> Vec<Setting> {
        let mut settings = vec![
            Setting::new("", "proxy_app", abci.proxy_app()),
            Setting::new("", "abci", "socket"),
            // The only backend of a build without cgo.
            Setting::new("", "db_backend", "goleveldb"),
            // The application serves no InsertTx.
            Setting::new("mempool", "type", "flood"),
        ];
        let mut set = |table, key, value: Option<Value>| {
            settings.extend(value.map(|value| Setting { table, key, value }));
        };
        let text = |value: &Option<String>| value.clone().map(Value::from);
        let number = |value: Option<u32>| value.map(|n| Value::from(i64::from(n)));
        let time = |value: Option<Duration>| value.map(|t| Value::from(go_duration(t)));
        set("", "moniker", text(&self.moniker));
        set("", "log_level", text(&self.log_level));
        set("rpc", "laddr", text(&self.rpc_laddr));
        set("rpc", "cors_allowed_origins", self.cors_allowed_origins.clone().map(Value::from));
        set("rpc", "max_body_bytes", number(self.max_body_bytes));
        set("p2p", "laddr", text(&self.p2p_laddr));
        set(
            "p2p",
            "persistent_peers",
            self.persistent_peers.as_ref().map(|peers| Value::from(peers.join(","))),
        );
        set("p2p", "addr_book_strict", self.loopback_peers.then(|| Value::from(false)));
        set("p2p", "allow_duplicate_ip", self.loopback_peers.then(|| Value::from(true)));
        set("mempool", "size", number(self.mempool_size));
        set("mempool", "cache_size", number(self.mempool_cache_size));
        set("mempool", "max_tx_bytes", number(self.max_tx_bytes));
        set("mempool", "recheck", self.recheck.map(Value::from));
        set("mempool", "recheck_timeout", time(self.recheck_timeout));
        set("consensus", "timeout_propose", time(self.timeout_propose));
        set("consensus", "timeout_commit", time(self.timeout_commit));
        set("consensus", "create_empty_blocks", self.create_empty_blocks.map(Value::from));
        set("instrumentation", "prometheus", self.prometheus.as_ref().map(|a| Value::from(!a.is_empty())));
        let address = self.prometheus.as_ref().filter(|a| !a.is_empty()).cloned();
        set("instrumentation", "prometheus_listen_addr", address.map(Value::from));
        settings
    }
}

/// What a new home differs in from CometBFT's own defaults: room for contract uploads (base64 of a transaction of
/// 1 MiB) and time to recheck a full pool.
pub(super) fn fresh() -> Vec<Setting> {
    vec![
        Setting::new("rpc", "max_body_bytes", 2_000_000_i64),
        Setting::new("mempool", "recheck_timeout", "5s"),
    ]
}

/// A duration as Go reads it.
fn go_duration(time: Duration) -> String {
    match time.as_millis() {
        millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
        millis => format!("{millis}ms"),
    }
}
