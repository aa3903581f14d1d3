//! Numbers of the blocks that were committed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};

use crate::app::{App, BlockReport};

struct Blocks {
    height: IntGauge,
    time: Gauge,
    behind: Gauge,
    blocks: IntCounter,
    ahead: IntCounter,
    txs: IntCounterVec,
    messages: IntCounterVec,
    gas: IntCounter,
    executed: Histogram,
    committed: Histogram,
}

/// Has the application report its blocks to numbers in `registry`.
pub(super) fn watch(registry: &Registry, app: &App) -> prometheus::Result<()> {
    let blocks = Blocks::new(registry)?;
    app.on_block(Box::new(move |report| blocks.add(report)));
    Ok(())
}

impl Blocks {
    fn new(registry: &Registry) -> prometheus::Result<Self> {
        // From 1 ms to half a minute.
        let buckets = exponential_buckets(0.001, 2.0, 16)?;
        let histogram =
            |name, help| Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.clone()));
        let all = Self {
            height: IntGauge::new("agora_block_height", "Height of the last block committed")?,
            time: Gauge::new("agora_block_time_seconds", "Time of the last block committed, since 1970")?,
            behind: Gauge::new(
                "agora_block_age_seconds",
                "How old the last block was by this machine's clock when it was committed",
            )?,
            blocks: IntCounter::new("agora_blocks_total", "Blocks committed since the start")?,
            ahead: IntCounter::new(
                "agora_blocks_executed_ahead_total",
                "Of these, blocks that were executed while they were voted on",
            )?,
            txs: IntCounterVec::new(
                Opts::new("agora_transactions_total", "Transactions in blocks since the start"),
                &["result"],
            )?,
            messages: IntCounterVec::new(
                Opts::new("agora_messages_total", "Messages that took effect since the start"),
                &["type"],
            )?,
            gas: IntCounter::new(
                "agora_gas_used_total",
                "Gas used by transactions in blocks since the start",
            )?,
            executed: histogram("agora_block_execution_seconds", "Time of FinalizeBlock")?,
            committed: histogram("agora_block_commit_seconds", "Time of Commit")?,
        };
        registry.register(Box::new(all.height.clone()))?;
        registry.register(Box::new(all.time.clone()))?;
        registry.register(Box::new(all.behind.clone()))?;
        registry.register(Box::new(all.blocks.clone()))?;
        registry.register(Box::new(all.ahead.clone()))?;
        registry.register(Box::new(all.txs.clone()))?;
        registry.register(Box::new(all.messages.clone()))?;
        registry.register(Box::new(all.gas.clone()))?;
        registry.register(Box::new(all.executed.clone()))?;
        registry.register(Box::new(all.committed.clone()))?;
        Ok(all)
    }

    fn add(&self, report: &BlockReport) {
        self.height.set(i64::try_from(report.block.height).unwrap_or(i64::MAX));
        let time = Duration::from_nanos(report.block.time);
        self.time.set(time.as_secs_f64());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.behind.set(now.saturating_sub(time).as_secs_f64());
        self.blocks.inc();
        self.ahead.inc_by(report.ahead.into());
        self.txs.with_label_values(&["ok"]).inc_by(report.txs.saturating_sub(report.failed));
        self.txs.with_label_values(&["failed"]).inc_by(report.failed);
        for (message, count) in &report.messages {
            self.messages.with_label_values(&[message.as_str()]).inc_by(*count);
        }
        self.gas.inc_by(report.gas_used);
        self.executed.observe(report.executed.as_secs_f64());
        self.committed.observe(report.committed.as_secs_f64());
    }
}
