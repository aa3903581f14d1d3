use std::time::Duration;

use agora_runtime::Runtime;
use agora_store::{Options, Store};
use tendermint_abci::Application as _;
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::{RequestFinalizeBlock, RequestInitChain};

use super::*;

/// An application with one block whose only transaction fails.
fn app() -> App {
    let runtime = Arc::new(Runtime::standard().unwrap());
    let store = Store::open(Options::memory(runtime.registry().stores().to_vec())).unwrap();
    let genesis =
        agora_genesis::devnet(&runtime, "agora-dev-1", "2026-01-01T00:00:00Z", &[]).unwrap().to_json();
    let app = App::new(runtime, Arc::new(store)).unwrap();
    let time = Some(Timestamp { seconds: 1_767_225_600, nanos: 0 });
    app.init_chain(RequestInitChain {
        chain_id: "agora-dev-1".to_owned(),
        time,
        initial_height: 1,
        app_state_bytes: genesis["app_state"].to_string().into_bytes().into(),
        ..Default::default()
    });
    app
}

fn block(app: &App) {
    let time = Some(Timestamp { seconds: 1_767_225_601, nanos: 0 });
    let txs = vec![b"no transaction".to_vec().into()];
    app.finalize_block(RequestFinalizeBlock { height: 1, time, txs, ..Default::default() });
    app.commit();
}

/// The value of a sample by name and labels.
fn value(text: &str, sample: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.trim().parse().ok())
}

#[test]
fn blocks_state_and_calls_are_counted() {
    let app = app();
    let calls = Arc::new(AbciMetrics::default());
    let metrics = Metrics::new(&app, Arc::clone(&calls)).unwrap();
    assert_eq!(value(&metrics.text().unwrap(), "agora_blocks_total "), Some(0.0));
    block(&app);
    calls.called(crate::abci::Method::Commit, Duration::from_micros(60));
    let text = metrics.text().unwrap();
    for (sample, expected) in [
        ("agora_blocks_total ", 1.0),
        ("agora_blocks_executed_ahead_total ", 0.0),
        ("agora_block_height ", 1.0),
        ("agora_block_time_seconds ", 1_767_225_601.0),
        ("agora_transactions_total{result=\"failed\"} ", 1.0),
        ("agora_transactions_total{result=\"ok\"} ", 0.0),
        ("agora_block_execution_seconds_count ", 1.0),
        ("agora_mempool_transactions ", 0.0),
        ("agora_abci_call_seconds_count{method=\"commit\"} ", 1.0),
        ("agora_abci_call_seconds_bucket{method=\"commit\",le=\"0.00005\"} ", 0.0),
        ("agora_abci_call_seconds_bucket{method=\"commit\",le=\"0.0001\"} ", 1.0),
        ("agora_abci_call_seconds_bucket{method=\"commit\",le=\"+Inf\"} ", 1.0),
    ] {
        assert_eq!(value(&text, sample), Some(expected), "{sample} in\n{text}");
    }
    assert!(value(&text, "agora_state_keys ").unwrap() > 0.0);
}

#[test]
fn a_node_is_alive_with_its_state_and_ready_only_at_the_head_of_a_chain() {
    let app = app();
    let alone = Health::new(&app, None);
    assert_eq!(alone.alive().unwrap(), "alive at height 0");
    block(&app);
    assert_eq!(alone.ready().unwrap(), "alive at height 1");
    // Nobody answers there.
    let nobody = crate::comet::CometConfig { url: "http://127.0.0.1:1".to_owned(), ..Default::default() };
    let chain = crate::comet::CometChain::with_application(&nobody, app.clone());
    let cut_off = Health::new(&app, Some(Arc::new(chain)));
    assert_eq!(cut_off.alive().unwrap(), "alive at height 1");
    assert!(cut_off.ready().unwrap_err().starts_with("the chain does not answer"));
}
