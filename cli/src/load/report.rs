//! What a load came to.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::kind::Kind;
use super::watch::SeenBlock;
use crate::terminal::Table;

/// Why transactions were refused: code space, code, and what was said, numbers left out.
type Reason = (String, u32, String);

/// What connections count while they send.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Transactions handed in, those handed in again included.
    pub(super) sent: u64,
    /// Transactions taken by the node.
    pub(super) accepted: BTreeMap<Kind, u64>,
    /// Transactions taken a second time, after the pool had dropped them.
    pub(super) again: u64,
    refused: BTreeMap<Reason, u64>,
}

impl Tally {
    pub(super) fn accept(&mut self, kind: Kind, first: bool) {
        if first {
            *self.accepted.entry(kind).or_default() += 1;
        } else {
            self.again += 1;
        }
    }

    pub(super) fn refuse(&mut self, codespace: &str, code: u32, log: &str, count: u64) {
        *self.refused.entry((codespace.to_owned(), code, gist(log))).or_default() += count;
    }

    pub(super) fn taken(&self) -> u64 {
        self.accepted.values().sum()
    }

    pub(super) fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// The part of a log that is the same for all transactions with the same fault.
fn gist(log: &str) -> String {
    let digits = |word: &&str| word.chars().any(|c| c.is_ascii_digit());
    let words = log.split_whitespace().map(|word| if digits(&word) { "_" } else { word });
    words.collect::<Vec<_>>().join(" ").chars().take(100).collect()
}

/// A reason with how often it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures {
    /// Whose code it is; empty for the node's own.
    pub codespace: String,
    /// The code; 0 for the node's own.
    pub code: u32,
    /// What was said, words with digits replaced by `_`.
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// What a load came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// The chain.
    pub chain_id: String,
    /// The mix.
    pub mix: String,
    /// Transactions signed.
    pub signed: u64,
    /// Transactions handed in, those handed in again after a refusal included.
    pub sent: u64,
    /// Transactions the node took, each once.
    pub accepted: u64,
    /// Transactions that were dropped by the pool and taken again.
    pub accepted_again: u64,
    /// Transactions in blocks, also those that failed there.
    pub committed: u64,
    /// Transactions taken that no block held when the load ended.
    pub not_included: u64,
    /// What the node or its application refused.
    pub refused: Vec<Failures>,
    /// What failed in blocks.
    pub failed: Vec<Failures>,
    /// Seconds from the first transaction handed in to the last.
    pub sending_seconds: f64,
    /// Seconds from the first transaction handed in to the last one seen in a block.
    pub seconds: f64,
    /// Milliseconds from handing in to seeing the block, sorted.
    pub latencies: Vec<f64>,
    /// Blocks committed meanwhile.
    pub blocks: u64,
    /// The most transactions in a block, of anybody.
    pub largest_block: u64,
    /// Transactions in blocks, by kind.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// Whether it was ended before its time.
    pub interrupted: bool,
}

impl Report {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        chain_id: &str,
        mix: String,
        signed: u64,
        tally: &Tally,
        blocks: &[SeenBlock],
        not_included: u64,
        begun: Instant,
        sending: Duration,
    ) -> Self {
        let ours = || blocks.iter().flat_map(|block| &block.ours);
        let mut latencies: Vec<f64> = ours().map(|one| one.latency.as_secs_f64() * 1e3).collect();
        latencies.sort_by(f64::total_cmp);
        let mut by_kind = BTreeMap::new();
        ours().for_each(|one| *by_kind.entry(one.kind.name()).or_default() += 1);
        let last = blocks.iter().rev().find(|block| !block.ours.is_empty());
        let refused = tally.refused.iter().map(|((codespace, code, reason), count)| Failures {
            codespace: codespace.clone(),
            code: *code,
            reason: reason.clone(),
            count: *count,
        });
        Self {
            chain_id: chain_id.to_owned(),
            mix,
            signed,
            sent: tally.sent,
            accepted: tally.taken(),
            accepted_again: tally.again,
            committed: latencies.len() as u64,
            not_included,
            refused: refused.collect(),
            failed: Vec::new(),
            sending_seconds: sending.as_secs_f64(),
            seconds: last.map_or(0.0, |block| block.seen.saturating_duration_since(begun).as_secs_f64()),
            latencies,
            blocks: blocks.len() as u64,
            largest_block: blocks.iter().map(|block| block.txs as u64).max().unwrap_or_default(),
            by_kind,
            interrupted: false,
        }
    }

    /// Adds what failed in a block.
    pub(super) fn fail(&mut self, codespace: &str, code: u32, log: &str) {
        let reason = gist(log);
        let same = |known: &&mut Failures| {
            (known.codespace.as_str(), known.code, known.reason.as_str())
                == (codespace, code, reason.as_str())
        };
        match self.failed.iter_mut().find(same) {
            Some(known) => known.count += 1,
            None => self.failed.push(Failures { codespace: codespace.to_owned(), code, reason, count: 1 }),
        }
    }

    /// Transactions committed a second, from the first handed in to the last seen in a block.
    #[must_use]
    pub fn throughput(&self) -> f64 {
        if self.seconds > 0.0 { self.committed as f64 / self.seconds } else { 0.0 }
    }

    /// The latency in milliseconds below which the share `at` of the transactions lies; none without any.
    #[must_use]
    pub fn latency(&self, at: f64) -> Option<f64> {
        let rank = (at * self.latencies.len() as f64).ceil() as usize;
        self.latencies.get(rank.saturating_sub(1)).copied()
    }

    /// As programs read it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let list = |all: &[Failures]| -> Vec<Value> {
            let one = |f: &Failures| json!({ "codespace": f.codespace, "code": f.code, "reason": f.reason, "count": f.count });
            all.iter().map(one).collect()
        };
        let round = |value: f64| (value * 1000.0).round() / 1000.0;
        let latency = |at| self.latency(at).map(round);
        json!({
            "chain_id": self.chain_id,
            "mix": self.mix,
            "signed": self.signed,
            "sent": self.sent,
            "accepted": self.accepted,
            "accepted_again": self.accepted_again,
            "committed": self.committed,
            "not_included": self.not_included,
            "refused": list(&self.refused),
            "failed": list(&self.failed),
            "sending_seconds": round(self.sending_seconds),
            "seconds": round(self.seconds),
            "committed_per_second": round(self.throughput()),
            "latency_ms": { "p50": latency(0.5), "p90": latency(0.9), "p99": latency(0.99), "max": latency(1.0) },
            "blocks": self.blocks,
            "largest_block": self.largest_block,
            "committed_by_kind": self.by_kind,
            "interrupted": self.interrupted,
        })
    }

    /// As people read it.
    #[must_use]
    pub fn to_table(&self) -> Table {
        let mut table = Table::fields();
        let mut row = |name: &str, value: String| {
            table.row([name.to_owned(), value]);
        };
        let sent = if self.sending_seconds > 0.0 { self.sent as f64 / self.sending_seconds } else { 0.0 };
        row("handed in", format!("{} in {:.1} s, {sent:.0} a second", self.sent, self.sending_seconds));
        row("taken", self.accepted.to_string());
        row(
            "in blocks",
            format!("{} in {} blocks, {} at most", self.committed, self.blocks, self.largest_block),
        );
        row("throughput", format!("{:.0} a second over {:.1} s", self.throughput(), self.seconds));
        if let (Some(p50), Some(p90), Some(p99), Some(max)) =
            (self.latency(0.5), self.latency(0.9), self.latency(0.99), self.latency(1.0))
        {
            row("latency", format!("half {p50:.0} ms, 90 % {p90:.0} ms, 99 % {p99:.0} ms, all {max:.0} ms"));
        }
        if self.by_kind.len() > 1 {
            let kinds: Vec<String> = self.by_kind.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
            row("by kind", kinds.join(", "));
        }
        for (what, all) in [("refused", &self.refused), ("failed", &self.failed)] {
            for f in all {
                let whose = match f.codespace.as_str() {
                    "" => "the node".to_owned(),
                    codespace => format!("{codespace} {}", f.code),
                };
                row(what, format!("{} by {whose}: {}", f.count, f.reason));
            }
        }
        if self.accepted_again > 0 {
            row("dropped", format!("{} by the pool, and taken again", self.accepted_again));
        }
        if self.not_included > 0 {
            row("not included", self.not_included.to_string());
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::watch::Included;

    #[test]
    fn percentiles_rates_and_reasons_come_out_right() {
        let begun = Instant::now();
        let mut tally = Tally { sent: 12, ..Tally::default() };
        (0..10).for_each(|_| tally.accept(Kind::Send, true));
        tally.refuse("sdk", 13, "insufficient fees; got: 3uago required: 5uago", 1);
        tally.refuse("sdk", 13, "insufficient fees; got: 4uago required: 9uago", 1);
        let included =
            |n: u64| Included { kind: Kind::Send, index: 0, latency: Duration::from_millis(n * 100) };
        let seen = begun + Duration::from_secs(2);
        let blocks = [SeenBlock { height: 5, seen, txs: 11, ours: (1..=10).map(included).collect() }];
        let mut report =
            Report::new("c", "send=1".into(), 12, &tally, &blocks, 0, begun, Duration::from_secs(1));
        report.fail("bank", 4, "x");
        let json = report.to_json();
        assert_eq!(json["committed_per_second"], 5.0);
        assert_eq!(json["latency_ms"], json!({ "p50": 500.0, "p90": 900.0, "p99": 1000.0, "max": 1000.0 }));
        assert_eq!(json["refused"][0]["count"], 2);
        assert_eq!(json["refused"][0]["reason"], "insufficient fees; got: _ required: _");
        assert_eq!(json["failed"][0]["codespace"], "bank");
        assert_eq!(json["committed_by_kind"]["send"], 10);
    }
}
