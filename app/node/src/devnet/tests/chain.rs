use super::*;

fn time(devnet: &Devnet<App>, height: u64) -> i128 {
    let header = devnet.block(Some(height)).expect("known").block.header.clone().expect("a header");
    clock::nanos(header.time.expect("a time"))
}

#[test]
fn time_travel_shows_in_the_very_next_block_and_survives_a_restart() {
    const DAY: i128 = 86_400 * 1_000_000_000;
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    let devnet = start(home.path(), &app);
    let before = devnet.mine(1).expect("mined");
    devnet.advance_time(Duration::from_secs(86_400)).expect("moved");
    let after = devnet.mine(1).expect("mined");
    let passed = time(&devnet, after) - time(&devnet, before);
    assert!((DAY..DAY + DAY / 24).contains(&passed), "{passed}");
    assert!(time(&devnet, devnet.mine(1).expect("mined")) > time(&devnet, after));
    assert!(devnet.advance_time(Duration::from_secs(u64::MAX)).is_err());
    devnet.stop().expect("stops cleanly");
    let devnet = start(home.path(), &app.restarted());
    let later = devnet.mine(1).expect("mined");
    assert!(time(&devnet, later) - time(&devnet, after) < DAY / 24);
    assert!(time(&devnet, later) - clock::now() > DAY / 2);
}

#[test]
fn blocks_come_at_their_interval_and_subscribers_hear_of_them() {
    let home = tempfile::tempdir().expect("a folder");
    let every = Duration::from_millis(20);
    let mode = BlockMode::Interval { every, empty_blocks: true };
    let config = DevnetConfig { mode, ..DevnetConfig::new(home.path()) };
    let devnet = Devnet::start(config, App::default(), Some(GENESIS)).expect("starts");
    let mut events = devnet.subscribe();
    devnet.broadcast(b"a=1".to_vec()).expect("taken");
    let mut heights = Vec::new();
    let mut txs = 0;
    while heights.len() < 5 {
        let event = events.blocking_recv().expect("an event");
        heights.push(event.block.block.header.as_ref().expect("a header").height);
        txs += event.results.tx_results.len();
        // What is announced can be asked for.
        assert!(devnet.height_by_hash(&event.block.block_id.hash).expect("known").is_some());
    }
    assert!(heights.windows(2).all(|pair| pair[1] == pair[0] + 1));
    assert_eq!(txs, 1);
    devnet.stop().expect("stops cleanly");
}

#[test]
fn without_empty_blocks_one_empty_block_follows_each_with_transactions() {
    let home = tempfile::tempdir().expect("a folder");
    let mode = BlockMode::Interval { every: Duration::from_millis(10), empty_blocks: false };
    let config = DevnetConfig { mode, ..DevnetConfig::new(home.path()) };
    let devnet = Devnet::start(config, App::default(), Some(GENESIS)).expect("starts");
    devnet.broadcast(b"a=1".to_vec()).expect("taken");
    wait_for("the block after", || devnet.core.head.read().state.height == 3);
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(devnet.core.head.read().state.height, 3);
}

#[test]
fn instant_mining_makes_a_block_per_transaction_and_does_not_spin_on_what_is_left_out() {
    let home = tempfile::tempdir().expect("a folder");
    let config = DevnetConfig { mode: BlockMode::Instant { idle: None }, ..DevnetConfig::new(home.path()) };
    let devnet = Devnet::start(config, App::default(), Some(GENESIS)).expect("starts");
    for (tx, height) in [("a=1", 2), ("b=2", 3)] {
        devnet.broadcast(tx.as_bytes().to_vec()).expect("taken");
        wait_for("its block", || devnet.tx(&hashes::sha256(tx.as_bytes())).expect("known").is_some());
        assert_eq!(devnet.core.head.read().state.height, height);
    }
    devnet.broadcast(b"later=1".to_vec()).expect("taken");
    std::thread::sleep(Duration::from_millis(100));
    assert!(devnet.core.head.read().state.height <= 5);
    assert_eq!(devnet.unconfirmed(10).expect("lives").1, 1);
}

#[test]
fn a_failing_application_stops_everything_with_its_reason() {
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    let devnet = start(home.path(), &app);
    devnet.broadcast(b"panic=1".to_vec()).expect("taken");
    let error = devnet.mine(1).expect_err("fails").to_string();
    assert!(error.contains("the application failed in FinalizeBlock: told to panic"), "{error}");
    for refused in [
        devnet.status().map(drop),
        devnet.broadcast(b"a=1".to_vec()).map(drop),
        devnet.abci_query(Default::default()).map(drop),
    ] {
        assert!(refused.expect_err("refused").to_string().contains("told to panic"));
    }
    assert!(devnet.mine(1).is_err());
    assert_eq!(devnet.stop().expect_err("failed").to_string(), error);
}

#[test]
fn a_failing_query_fails_alone() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    include(&devnet, "a=1");
    let ask = |key: &str| {
        devnet.abci_query(RequestQuery { data: key.as_bytes().to_vec().into(), ..Default::default() })
    };
    assert!(ask("panic").expect_err("fails").to_string().contains("told to panic"));
    assert_eq!(ask("a").expect("answers").value, "1");
    devnet.mine(1).expect("mined");
}

#[test]
fn heights_out_of_range_are_refused_in_cometbfts_words() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    devnet.mine(4).expect("mined");
    let error = |height| devnet.block(Some(height)).expect_err("refused").to_string();
    assert_eq!(error(0), "height must be greater than 0, but got 0");
    assert_eq!(error(99), "height 99 must be less than or equal to the current blockchain height 5");
    // Validators and parameters are known for the block being made.
    assert_eq!(devnet.validators(None).expect("known").0, 6);
    assert_eq!(devnet.consensus_params(Some(6)).expect("known").1.block.expect("set").max_gas, -1);
    assert_eq!(
        devnet.validators(Some(7)).expect_err("refused").to_string(),
        "height 7 must be less than or equal to the current blockchain height 6"
    );
    assert_eq!(devnet.block_results(None).expect("known").0, 5);
    assert!(devnet.genesis().expect("known").contains("test-1"));
}

#[test]
fn a_chain_may_begin_at_another_height() {
    let home = tempfile::tempdir().expect("a folder");
    let genesis = GENESIS.replace("\"app_state\"", "\"initial_height\":\"100\",\"app_state\"");
    let app = App::default();
    let devnet = Devnet::start(manual(home.path()), app.clone(), Some(&genesis)).expect("starts");
    assert_eq!(include(&devnet, "a=1"), 101);
    assert_eq!(
        devnet.block(Some(99)).expect_err("refused").to_string(),
        "height 99 is not available, lowest height is 100"
    );
    devnet.stop().expect("stops cleanly");
    let devnet = Devnet::start(manual(home.path()), app.restarted(), None).expect("starts");
    assert_eq!(devnet.mine(1).expect("mined"), 102);
    assert_eq!(devnet.tx_search("tx.height>=100", 1, 30, Order::Ascending).expect("found").total, 1);
}

#[test]
fn times_grow_even_when_the_clock_is_behind_the_genesis() {
    let home = tempfile::tempdir().expect("a folder");
    let genesis = GENESIS.replace("2024-", "2199-");
    let devnet = Devnet::start(manual(home.path()), App::default(), Some(&genesis)).expect("starts");
    let last = devnet.mine(3).expect("mined");
    for height in 2..=last {
        assert_eq!(time(&devnet, height) - time(&devnet, height - 1), clock::TICK);
    }
}
