//! Looking at a node from outside.

use anyhow::Context;
use serde_json::Value;

/// Bytes of memory a process holds.
///
/// # Errors
/// It has ended, or the system does not say.
pub fn resident(pid: i32) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

/// The result of a call of RPC.
pub(super) fn call(rpc: &str, path: &str) -> anyhow::Result<Value> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(std::time::Duration::from_secs(30)))
        .proxy(None)
        .build();
    let mut answer = config.new_agent().get(format!("{rpc}/{path}")).call()?;
    let mut answer: Value = answer.body_mut().read_json()?;
    Ok(answer["result"].take())
}

/// How many transactions wait.
pub(super) fn waiting(rpc: &str) -> anyhow::Result<u64> {
    number(&call(rpc, "num_unconfirmed_txs")?["total"])
}

/// The height of the last block the application has committed.
pub(super) fn height(rpc: &str) -> anyhow::Result<u64> {
    number(&call(rpc, "abci_info")?["response"]["last_block_height"])
}

/// A 64-bit number, which travels as text.
pub(super) fn number(value: &Value) -> anyhow::Result<u64> {
    value.as_str().and_then(|text| text.parse().ok()).with_context(|| format!("{value} is no number"))
}
