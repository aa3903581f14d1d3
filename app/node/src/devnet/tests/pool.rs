use super::*;

fn limited(home: &Path, mempool: MempoolConfig) -> Arc<Devnet<App>> {
    let config = DevnetConfig { mempool, ..manual(home) };
    Devnet::start(config, App::default(), Some(GENESIS)).expect("starts")
}

fn send(devnet: &Devnet<App>, tx: &str) -> Result<u32, ChainError> {
    devnet.broadcast(tx.as_bytes().to_vec()).map(|response| response.code)
}

#[test]
fn the_limits_of_the_mempool_have_cometbfts_errors() {
    let home = tempfile::tempdir().expect("a folder");
    let small = MempoolConfig { max_txs: 2, max_bytes: 20, max_tx_bytes: 12, cache_size: 100 };
    let devnet = limited(home.path(), small);
    assert_eq!(send(&devnet, "a=1"), Ok(0));
    assert_eq!(send(&devnet, "a=1").expect_err("seen").to_string(), "tx already exists in cache");
    assert_eq!(
        send(&devnet, "b=0123456789x").expect_err("large").to_string(),
        "tx too large. Max size is 12, but got 13"
    );
    assert_eq!(send(&devnet, "b=2"), Ok(0));
    assert_eq!(
        send(&devnet, "c=3").expect_err("full").to_string(),
        "mempool is full: number of txs 2 (max: 2), total txs bytes 6 (max: 20)"
    );
    devnet.mine(1).expect("mined");
    // Refused ones may come again; included ones not.
    assert_eq!(send(&devnet, "c=3"), Ok(0));
    assert_eq!(send(&devnet, "a=1"), Err(ChainError::TxInCache));
    assert_eq!(devnet.unconfirmed(30).expect("lives"), (vec![b"c=3".to_vec()], 1, 3));
}

#[test]
fn a_block_holds_the_transactions_in_the_order_they_came() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    let sent: Vec<String> = (0..50).map(|i| format!("k{i}=v")).collect();
    for tx in &sent {
        assert_eq!(send(&devnet, tx), Ok(0));
    }
    devnet.mine(1).expect("mined");
    let txs = devnet.block(None).expect("known").block.data.clone().expect("data").txs;
    assert_eq!(txs, sent.iter().map(|tx| tx.as_bytes().to_vec()).collect::<Vec<_>>());
    assert_eq!(devnet.unconfirmed(30).expect("lives").1, 0);
}

#[test]
fn refused_and_failed_transactions_can_be_sent_again() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    assert_eq!(send(&devnet, "bad"), Ok(5));
    assert_eq!(send(&devnet, "bad"), Ok(5));
    include(&devnet, "fail=1");
    assert_eq!(devnet.block_results(None).expect("known").1.tx_results[0].code, 7);
    assert_eq!(send(&devnet, "fail=1"), Ok(0));
}

#[test]
fn what_a_block_made_worthless_is_dropped_by_the_recheck() {
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    let devnet = start(home.path(), &app);
    for tx in ["once-a=1", "later=1"] {
        assert_eq!(send(&devnet, tx), Ok(0));
    }
    devnet.mine(1).expect("mined");
    assert_eq!(app.rechecked.load(Ordering::SeqCst), 1);
    assert_eq!(devnet.unconfirmed(30).expect("lives").0, [b"later=1".to_vec()]);
    assert_eq!(send(&devnet, "once-a=2"), Ok(5));
}

#[test]
fn checks_do_not_wait_for_the_execution_of_a_block() {
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    let devnet = start(home.path(), &app);
    let gate = app.gate.lock();
    let miner = Arc::clone(&devnet);
    let thread = std::thread::spawn(move || miner.mine(1));
    wait_for("the block to be stored", || devnet.core.store.last_block() == Some(2));
    assert_eq!(send(&devnet, "a=1"), Ok(0));
    drop(gate);
    assert_eq!(thread.join().expect("no panic").expect("mined"), 2);
    assert_eq!(devnet.unconfirmed(30).expect("lives").1, 1);
}

#[test]
fn a_block_with_limits_takes_what_fits() {
    let home = tempfile::tempdir().expect("a folder");
    let genesis = GENESIS.replace(
        "\"app_state\"",
        r#""consensus_params":{"block":{"max_bytes":"2000","max_gas":"25"}},"app_state""#,
    );
    let devnet = Devnet::start(manual(home.path()), App::default(), Some(&genesis)).expect("starts");
    for tx in ["a=1", "b=2", "c=3"] {
        assert_eq!(send(&devnet, tx), Ok(0));
    }
    assert!(matches!(send(&devnet, &"x".repeat(1_500)), Err(ChainError::TxTooLarge { max: 1_158, .. })));
    let in_block = || devnet.block(None).expect("known").block.data.clone().expect("data").txs.len();
    devnet.mine(1).expect("mined");
    assert_eq!(in_block(), 2, "each wants 10 gas of 25");
    devnet.mine(1).expect("mined");
    assert_eq!(in_block(), 1);
}

#[test]
fn transactions_sent_from_many_threads_are_each_included_once() {
    let home = tempfile::tempdir().expect("a folder");
    let mode = BlockMode::Instant { idle: None };
    let config = DevnetConfig { mode, ..DevnetConfig::new(home.path()) };
    let devnet = Devnet::start(config, App::default(), Some(GENESIS)).expect("starts");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let devnet = &devnet;
            scope.spawn(move || {
                for i in 0..25 {
                    assert_eq!(send(devnet, &format!("t{thread}i{i}=v")), Ok(0));
                }
            });
        }
    });
    wait_for("all of them", || devnet.unconfirmed(1).expect("lives").1 == 0);
    devnet.mine(1).expect("mined");
    let found = devnet.tx_search("tx.height>0", 1, 1_000, Order::Ascending).expect("found");
    let distinct: std::collections::BTreeSet<_> = found.items.iter().map(|tx| tx.hash).collect();
    assert_eq!((found.total, distinct.len()), (200, 200));
}

#[test]
fn transactions_wait_in_the_order_in_which_they_were_checked() {
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    let devnet = start(home.path(), &app);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let devnet = &devnet;
            scope.spawn(move || {
                for i in 0..25 {
                    assert_eq!(send(devnet, &format!("t{thread}={i}")), Ok(0));
                }
            });
        }
    });
    assert_eq!(devnet.unconfirmed(100).expect("lives").0, *app.checked.lock());
}
