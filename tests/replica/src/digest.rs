//! What two runs are compared by.

use agora_framework::Events;
use agora_runtime::BlockOutcome;
use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// What a block came to, in three hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockHashes {
    /// The height.
    pub height: u64,
    /// The application hash.
    pub app: Hash,
    /// Codes, data, gas and events of the transactions, events of the hooks, changes of the validators.
    pub results: Hash,
    /// The transactions' logs: no part of consensus, but they should not differ between nodes either.
    pub logs: Hash,
}

impl std::fmt::Display for BlockHashes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [app, results, logs] = [self.app, self.results, self.logs].map(hex::encode);
        write!(f, "{} {app} {results} {logs}", self.height)
    }
}

/// Feeds a hash with values so that no two lists of them feed it the same bytes.
#[derive(Default)]
struct Feed(Sha256);

impl Feed {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    fn events(&mut self, events: &Events) {
        self.number(events.len() as u64);
        for event in events.iter() {
            self.bytes(event.kind.as_bytes());
            self.number(event.attributes().count() as u64);
            for (key, value) in event.attributes() {
                self.bytes(key.as_bytes());
                self.bytes(value.to_string().as_bytes());
            }
        }
    }
}

/// The hash of everything other nodes must agree on beside the state.
#[must_use]
pub(crate) fn results(outcome: &BlockOutcome) -> Hash {
    let mut feed = Feed::default();
    feed.number(outcome.results.len() as u64);
    for result in &outcome.results {
        feed.number(result.code.into());
        feed.bytes(result.codespace.as_bytes());
        feed.bytes(&result.data);
        feed.number(result.gas_wanted);
        feed.number(result.gas_used);
        feed.events(&result.events);
    }
    feed.events(&outcome.events);
    feed.number(outcome.validator_updates.len() as u64);
    for update in &outcome.validator_updates {
        feed.bytes(&update.pub_key);
        feed.number(update.power);
    }
    feed.0.finalize().into()
}

/// The hash of the logs.
#[must_use]
pub(crate) fn logs(outcome: &BlockOutcome) -> Hash {
    let mut feed = Feed::default();
    for result in &outcome.results {
        feed.bytes(result.log.as_bytes());
    }
    feed.0.finalize().into()
}

#[cfg(test)]
mod tests {
    use agora_framework::Event;
    use agora_runtime::TxResult;

    use super::*;

    #[test]
    fn every_part_of_a_result_counts_and_logs_count_apart() {
        let plain = BlockOutcome { results: vec![TxResult::default()], ..BlockOutcome::default() };
        let changes: [fn(&mut BlockOutcome); 9] = [
            |o| o.results[0].code = 1,
            |o| o.results[0].codespace = "sdk".into(),
            |o| o.results[0].data = vec![0],
            |o| o.results[0].gas_wanted = 1,
            |o| o.results[0].gas_used = 1,
            |o| o.results[0].events.push(&Event::new("a")),
            |o| o.events.push(&Event::new("a")),
            |o| o.results.push(TxResult::default()),
            |o| {
                let update = agora_framework::ValidatorUpdate { pub_key: [0; 32], power: 0 };
                o.validator_updates.push(update);
            },
        ];
        let mut seen = vec![results(&plain)];
        for change in changes {
            let mut outcome = plain.clone();
            change(&mut outcome);
            assert!(!seen.contains(&results(&outcome)), "a part does not count");
            seen.push(results(&outcome));
        }
        let mut logged = plain.clone();
        logged.results[0].log = "why".into();
        assert_eq!(results(&logged), results(&plain));
        assert_ne!(logs(&logged), logs(&plain));
    }
}
