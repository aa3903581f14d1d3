//! Numbers of the calls by which CometBFT reaches the application.

use std::sync::Arc;
use std::time::Duration;

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{IntCounter, IntGauge};

use crate::abci::{AbciMetrics, LATENCY_BOUNDS, Method};

const CALLS: &str = "agora_abci_call_seconds";
const CALLS_HELP: &str = "Time in the application by ABCI method";

/// Where a number comes from.
type Read = fn(&AbciMetrics) -> u64;

/// Name, help and where it comes from.
type Definition = (&'static str, &'static str, Read);

const COUNTERS: [Definition; 5] = [
    ("agora_abci_connections_refused_total", "Connections turned away because there were too many", |m| {
        m.connections_refused()
    }),
    ("agora_abci_received_bytes_total", "Bytes of requests", AbciMetrics::bytes_in),
    ("agora_abci_sent_bytes_total", "Bytes of answers", AbciMetrics::bytes_out),
    ("agora_abci_exceptions_total", "Exceptions answered", AbciMetrics::exceptions),
    ("agora_abci_unexpected_calls_total", "Calls in an order the specification does not know", |m| {
        m.grammar_violations()
    }),
];

pub(super) struct Collect {
    calls: Arc<AbciMetrics>,
    by_method: Desc,
    open: IntGauge,
    counters: Vec<(IntCounter, Read)>,
}

impl Collect {
    pub(super) fn new(calls: Arc<AbciMetrics>) -> prometheus::Result<Self> {
        let counter = |(name, help, read): Definition| Ok((IntCounter::new(name, help)?, read));
        Ok(Self {
            calls,
            by_method: Desc::new(
                CALLS.to_owned(),
                CALLS_HELP.to_owned(),
                vec!["method".to_owned()],
                Default::default(),
            )?,
            open: IntGauge::new("agora_abci_connections", "Connections open")?,
            counters: COUNTERS.into_iter().map(counter).collect::<prometheus::Result<_>>()?,
        })
    }

    /// The histogram of a method's calls.
    fn method(&self, method: Method) -> Metric {
        let stats = self.calls.method(method);
        let mut below = 0u64;
        let buckets = LATENCY_BOUNDS.iter().zip(stats.buckets).map(|(bound, count)| {
            below = below.saturating_add(count);
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(Duration::from_micros(*bound).as_secs_f64());
            bucket.set_cumulative_count(below);
            bucket
        });
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(stats.calls);
        histogram.set_sample_sum(Duration::from_micros(stats.total_micros).as_secs_f64());
        let mut label = LabelPair::default();
        label.set_name("method".to_owned());
        label.set_value(method.label().to_owned());
        let mut metric = Metric::from_label(vec![label]);
        metric.set_histogram(histogram);
        metric
    }
}

impl Collector for Collect {
    fn desc(&self) -> Vec<&Desc> {
        let counters = self.counters.iter().flat_map(|(counter, _)| counter.desc());
        [&self.by_method].into_iter().chain(self.open.desc()).chain(counters).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut family = MetricFamily::default();
        family.set_name(CALLS.to_owned());
        family.set_help(CALLS_HELP.to_owned());
        family.set_field_type(MetricType::HISTOGRAM);
        family.set_metric(Method::ALL.into_iter().map(|method| self.method(method)).collect());
        self.open.set(i64::try_from(self.calls.connections_open()).unwrap_or(i64::MAX));
        let mut all = vec![family];
        all.extend(self.open.collect());
        for (counter, read) in &self.counters {
            let new = read(&self.calls).saturating_sub(counter.get());
            counter.inc_by(new);
            all.extend(counter.collect());
        }
        all
    }
}
