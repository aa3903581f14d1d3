//! Numbers of the state and the mempool, read when they are asked for.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, Opts};

use crate::app::App;

/// What one number is.
struct Number {
    gauge: IntGauge,
    read: fn(&App) -> Option<u64>,
}

/// Name, help and where it comes from.
type Definition = (&'static str, &'static str, fn(&App) -> Option<u64>);

const NUMBERS: [Definition; 7] = [
    ("agora_state_keys", "Keys in the state's trees", |app| Some(app.store().keys())),
    ("agora_state_tree_bytes", "Memory of the state's trees", |app| Some(app.store().tree_bytes())),
    ("agora_state_disk_bytes", "Size of the state's database on disk", |app| app.store().size().ok()),
    ("agora_state_earliest_height", "The earliest height that can be read", |app| {
        app.store().earliest_height()
    }),
    ("agora_state_earliest_proof_height", "The earliest height that can be proven", |app| {
        app.store().earliest_proof()
    }),
    ("agora_mempool_transactions", "Transactions admitted that are in no block yet", |app| {
        u64::try_from(app.waiting()).ok()
    }),
    ("agora_app_version", "The application's protocol version", |app| Some(app.runtime().app_version())),
];

pub(super) struct Collect {
    app: App,
    numbers: Vec<Number>,
}

impl Collect {
    pub(super) fn new(app: &App) -> prometheus::Result<Self> {
        let number = |(name, help, read): Definition| {
            Ok(Number { gauge: IntGauge::with_opts(Opts::new(name, help))?, read })
        };
        let numbers = NUMBERS.into_iter().map(number).collect::<prometheus::Result<_>>()?;
        Ok(Self { app: app.clone(), numbers })
    }
}

impl Collector for Collect {
    fn desc(&self) -> Vec<&Desc> {
        self.numbers.iter().flat_map(|number| number.gauge.desc()).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let known = self.numbers.iter().filter_map(|number| Some((&number.gauge, (number.read)(&self.app)?)));
        known
            .flat_map(|(gauge, value)| {
                gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
                gauge.collect()
            })
            .collect()
    }
}
