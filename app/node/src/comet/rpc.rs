//! One JSON-RPC call to CometBFT over HTTP.

use std::time::Duration;

use serde_json::{Value, json};

use super::parse::{self, Malformed};
use crate::chain::ChainError;

/// The largest answer that is read: a block of 100 MB in base64, and room for its results.
const MAX_ANSWER: u64 = 512 * 1024 * 1024;
/// Connections that were idle for longer are not used again; CometBFT closes them after 10 seconds.
const MAX_IDLE: Duration = Duration::from_secs(5);

/// Why a call gave no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// CometBFT refused; its text.
    #[error("{0}")]
    Refused(String),
    /// CometBFT could not be asked, or its answer not be understood.
    #[error("{0}")]
    Failed(String),
}

impl From<Malformed> for CallError {
    fn from(error: Malformed) -> Self {
        Self::Failed(format!(
            "cometbft answered in a form this node does not know: {error}; use CometBFT v0.38"
        ))
    }
}

impl From<CallError> for ChainError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Failed(text) => Self::Internal(text),
            CallError::Refused(text) => refused(text),
        }
    }
}

/// Tells the refusals apart that callers care about, by CometBFT's texts.
fn refused(text: String) -> ChainError {
    if text.contains("tx already exists in cache") {
        return ChainError::TxInCache;
    }
    if text.starts_with("mempool is full:")
        && let Some([txs, max_txs, bytes, max_bytes]) = numbers(&text)
    {
        return ChainError::MempoolFull { txs, max_txs, bytes, max_bytes };
    }
    // CometBFT's own words have changed case between versions.
    if text.to_ascii_lowercase().starts_with("tx too large")
        && let Some([max, size]) = numbers(&text)
    {
        return ChainError::TxTooLarge { max, size };
    }
    let height = [
        "height must be greater than 0",
        "could not find results for height",
        "could not find validator set",
    ];
    let range =
        ["must be less than or equal to the current blockchain height", "is not available, lowest height is"];
    if height.iter().any(|t| text.starts_with(t)) || range.iter().any(|t| text.contains(t)) {
        return ChainError::Height(text);
    }
    if text.starts_with("offset ") || text.contains("query length") || text.contains("failed to parse query")
    {
        return ChainError::Query(text);
    }
    ChainError::Internal(text)
}

/// The numbers in a text, if there are exactly `N`.
fn numbers<const N: usize>(text: &str) -> Option<[usize; N]> {
    let found: Vec<usize> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    found.try_into().ok()
}

/// Asks CometBFT.
#[derive(Debug)]
pub(super) struct Rpc {
    agent: ureq::Agent,
    url: String,
}

impl Rpc {
    pub(super) fn new(url: &str, timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_idle_age(MAX_IDLE)
            // A proxy of the environment is for the outside world, not for our own CometBFT.
            .proxy(None)
            .build();
        // Operators write addresses as CometBFT's configuration does.
        let url = match url.strip_prefix("tcp://") {
            Some(rest) => format!("http://{rest}"),
            None => url.to_owned(),
        };
        Self { agent: ureq::Agent::new_with_config(config), url }
    }

    /// The result of a call.
    ///
    /// # Errors
    /// If CometBFT refuses, cannot be reached, or does not answer in JSON-RPC.
    pub(super) fn call(&self, method: &str, params: Value) -> Result<Value, CallError> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let answer = self.post(&body).map_err(|e| {
            let url = &self.url;
            CallError::Failed(format!(
                "cannot ask cometbft at {url} for {method}: {e}; check that it runs and answers there"
            ))
        })?;
        let mut answer: Value = serde_json::from_slice(&answer).map_err(|e| {
            let url = &self.url;
            CallError::Failed(format!(
                "{url} did not answer {method} in json ({e}); check that the address is the rpc of cometbft"
            ))
        })?;
        if let Some(error) = answer.get("error").filter(|e| !e.is_null()) {
            return Err(CallError::Refused(parse::error_text(error)));
        }
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(Malformed::missing("result").into()),
        }
    }

    fn post(&self, body: &str) -> Result<Vec<u8>, ureq::Error> {
        let request = self.agent.post(&self.url).header("content-type", "application/json");
        request.send(body)?.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_by_their_texts() {
        let full = "mempool is full: number of txs 5 (max: 6), total txs bytes 7 (max: 8)";
        let cases = [
            ("tx already exists in cache", ChainError::TxInCache),
            (full, ChainError::MempoolFull { txs: 5, max_txs: 6, bytes: 7, max_bytes: 8 }),
            ("Tx too large. Max size is 10, but got 11", ChainError::TxTooLarge { max: 10, size: 11 }),
            (
                "height must be greater than 0, but got 0",
                ChainError::Height("height must be greater than 0, but got 0".into()),
            ),
            ("offset 3: EOF", ChainError::Query("offset 3: EOF".into())),
            ("something else", ChainError::Internal("something else".into())),
            ("mempool is full: who knows", ChainError::Internal("mempool is full: who knows".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(refused(text.to_owned()), expected);
        }
    }
}
