//! What the application tells about the blocks it has committed: for metrics, and for a node that is to stop at a height.

use std::collections::BTreeMap;
use std::time::Duration;

use agora_framework::{BlockInfo, PackedText};
use agora_runtime::TxResult;

/// A block that was executed, and then committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockReport {
    /// Its chain, height and time.
    pub block: BlockInfo,
    /// Its transactions, and how many of them failed.
    pub txs: u64,
    /// Those that failed.
    pub failed: u64,
    /// Gas they used.
    pub gas_used: u64,
    /// Messages that took effect, by type URL.
    pub messages: BTreeMap<String, u64>,
    /// Whether it was executed ahead of its decision.
    pub ahead: bool,
    /// Time that `FinalizeBlock` took: of a block that was executed ahead, what was left to wait for.
    pub executed: Duration,
    /// Time of `Commit`.
    pub committed: Duration,
}

impl BlockReport {
    /// The report on a block that was executed; how and when is still to be filled in.
    pub(super) fn of(block: &BlockInfo, results: &[TxResult]) -> Self {
        let mut messages: BTreeMap<&str, u64> = BTreeMap::new();
        for action in results.iter().filter(|result| result.code == 0).flat_map(actions) {
            let count = messages.entry(action).or_default();
            *count = count.saturating_add(1);
        }
        let count = |these: usize| u64::try_from(these).unwrap_or(u64::MAX);
        Self {
            block: block.clone(),
            txs: count(results.len()),
            failed: count(results.iter().filter(|result| result.code != 0).count()),
            gas_used: results.iter().fold(0, |sum, result| sum.saturating_add(result.gas_used)),
            messages: messages.into_iter().map(|(url, count)| (url.to_owned(), count)).collect(),
            ahead: false,
            executed: Duration::ZERO,
            committed: Duration::ZERO,
        }
    }
}

/// The type URLs of a transaction's messages: each begins with an event that names it.
fn actions(result: &TxResult) -> impl Iterator<Item = &str> {
    let named = result.events.iter().filter(|event| event.kind == "message");
    named.flat_map(|event| event.attributes()).filter_map(|attribute| match attribute {
        ("action", PackedText::Shown(url)) => Some(url),
        _ => None,
    })
}

/// Gets the report on every block that was committed, before CometBFT hears of it. It must not wait for the application.
pub type BlockHook = Box<dyn Fn(&BlockReport) + Send + Sync>;

/// Where a node stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Halt {
    /// When this height is committed.
    pub height: Option<u64>,
    /// When a block of this time, in nanoseconds since 1970, or later is committed.
    pub time: Option<u64>,
}

impl Halt {
    /// Whether a chain with this head has come to where the node stops.
    #[must_use]
    pub fn is_reached(&self, head: &BlockInfo) -> bool {
        self.height.is_some_and(|height| head.height >= height)
            || self.time.is_some_and(|time| head.time >= time)
    }
}

#[cfg(test)]
mod tests {
    use agora_framework::Event;

    use super::*;

    #[test]
    fn a_node_stops_at_the_height_or_the_time_and_never_before() {
        let head = |height, time| BlockInfo { chain_id: String::new(), height, time };
        let halt = Halt { height: Some(5), time: Some(100) };
        assert!(!halt.is_reached(&head(4, 99)));
        assert!(
            halt.is_reached(&head(5, 0)) && halt.is_reached(&head(6, 0)) && halt.is_reached(&head(1, 100))
        );
        assert!(!Halt::default().is_reached(&head(u64::MAX, u64::MAX)));
    }

    #[test]
    fn messages_are_counted_by_type_where_they_took_effect() {
        let tx = |code, urls: &[&'static str]| TxResult {
            code,
            gas_used: 10,
            events: urls.iter().map(|url| Event::new("message").with("action", *url)).collect(),
            ..TxResult::default()
        };
        let block = BlockInfo { chain_id: "c".to_owned(), height: 1, time: 2 };
        let results = [tx(0, &["/a", "/b"]), tx(5, &["/a"]), tx(0, &["/a"])];
        let report = BlockReport::of(&block, &results);
        assert_eq!((report.txs, report.failed, report.gas_used), (3, 1, 30));
        assert_eq!(report.messages, BTreeMap::from([("/a".to_owned(), 2), ("/b".to_owned(), 1)]));
    }
}
