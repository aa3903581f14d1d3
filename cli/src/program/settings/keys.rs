//! The keys of `app.toml`.

/// A key, with what stands in a new file.
pub(super) struct Key {
    /// The table; empty for the keys above the first one.
    pub(super) section: &'static str,
    pub(super) name: &'static str,
    /// As TOML.
    pub(super) default: &'static str,
    pub(super) about: &'static str,
}

const fn key(section: &'static str, name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { section, name, default, about }
}

/// All keys, in the order of the file.
pub(super) const KEYS: &[Key] = &[
    key(
        "",
        "pruning",
        "\"default\"",
        "Past heights that stay readable: \"default\" (362880), \"nothing\" (keep all), \"everything\" (keep two), or a number.",
    ),
    key("", "halt-height", "0", "Stop when this height is committed; 0 is never."),
    key(
        "",
        "halt-time",
        "\"\"",
        "Stop when a block of this time (RFC 3339) or later is committed; empty is never.",
    ),
    key("grpc", "address", "\"127.0.0.1:9090\"", "Where gRPC listens, or \"off\"."),
    key("rest", "address", "\"127.0.0.1:1317\"", "Where REST listens, or \"off\"."),
    key(
        "faucet",
        "address",
        "\"127.0.0.1:4500\"",
        "Where the faucet listens, or \"off\"; only development chains have one.",
    ),
    key(
        "metrics",
        "address",
        "\"127.0.0.1:26661\"",
        "Where /metrics (Prometheus), /healthz and /readyz are served, or \"off\".",
    ),
    key(
        "state",
        "memory-gib",
        "0",
        "Memory for the state's tree in GiB, about 160 bytes a key; 0 is 3/5 of the machine's.",
    ),
    key(
        "execution",
        "mode",
        "\"parallel\"",
        "How blocks are executed: \"parallel\", \"sequential\", or \"verify\" (both, compared). The results are the same.",
    ),
    key("execution", "threads", "0", "Threads that execute transactions; 0 is as many as the machine has."),
    key("log", "format", "\"text\"", "How the log is written: \"text\" or \"json\"."),
    key(
        "log",
        "level",
        "\"warn\"",
        "What is logged: \"error\", \"warn\", \"info\", \"debug\", or module=level,...",
    ),
];
