use super::*;

#[test]
fn a_restarted_devnet_goes_on_from_disk() {
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    let devnet = start(home.path(), &app);
    let height = include(&devnet, "a=1");
    let (block, id) = (devnet.block(None).expect("known"), devnet.status().expect("lives").node_id);
    devnet.stop().expect("stops cleanly");
    let app = app.restarted();
    let devnet = Devnet::start(manual(home.path()), app.clone(), None).expect("starts");
    assert_eq!(devnet.block(None).expect("known"), block);
    assert_eq!(devnet.status().expect("lives").node_id, id);
    assert_eq!(devnet.tx(&hashes::sha256(b"a=1")).expect("known").map(|tx| tx.height), Some(height));
    assert_eq!(include(&devnet, "b=2"), height + 1);
    assert_eq!(app.finalized.load(Ordering::SeqCst), 1, "nothing had to be executed again");
}

#[test]
fn a_process_that_dies_anywhere_in_a_block_loses_nothing() {
    for step in [
        Step::BlockBuilt,
        Step::BlockStored,
        Step::Executed,
        Step::ResultsStored,
        Step::Committed,
        Step::StateStored,
    ] {
        let home = tempfile::tempdir().expect("a folder");
        let app = App::default();
        let devnet = Devnet::start_with(manual(home.path()), app.clone(), Some(GENESIS), Some((3, step)))
            .expect("starts");
        assert_eq!(include(&devnet, "a=1"), 2);
        let second = devnet.block(None).expect("known");
        devnet.broadcast(b"b=2".to_vec()).expect("taken");
        assert!(devnet.mine(1).is_err(), "{step:?}");
        drop(devnet);
        let app = app.restarted();
        let devnet = start(home.path(), &app);
        assert_eq!(devnet.block(Some(2)).expect("known"), second, "{step:?}");
        // Once it is stored, the block counts.
        let head = devnet.status().expect("lives").latest.expect("a head");
        let expected = if step == Step::BlockBuilt { 2 } else { 3 };
        assert_eq!(head.block.header.as_ref().expect("a header").height, expected, "{step:?}");
        let executed = usize::from(matches!(step, Step::BlockStored | Step::Executed | Step::ResultsStored));
        assert_eq!(app.finalized.load(Ordering::SeqCst), executed, "{step:?}");
        let value = app.disk.lock().pairs.get("b").cloned();
        assert_eq!(value.is_some(), expected == 3, "{step:?}");
        let next = include(&devnet, "c=3");
        let info = devnet.commit(Some(next - 1)).expect("known");
        assert_eq!(devnet.block(Some(next)).expect("known").block.last_commit, Some(info.commit), "{step:?}");
        devnet.stop().expect("stops cleanly");
    }
}

#[test]
fn an_application_without_data_is_brought_up_to_the_head() {
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    let devnet = start(home.path(), &app);
    include(&devnet, "a=1");
    include(&devnet, "power=20");
    let last = devnet.mine(2).expect("mined");
    devnet.stop().expect("stops cleanly");
    let fresh = App::default();
    let devnet = start(home.path(), &fresh);
    assert_eq!(*fresh.disk.lock(), *app.disk.lock());
    assert_eq!(fresh.finalized.load(Ordering::SeqCst) as u64, last);
    assert_eq!(devnet.mine(1).expect("mined"), last + 1);
}

#[test]
fn an_application_that_is_ahead_or_different_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let app = App::default();
    start(home.path(), &app).stop().expect("stops cleanly");
    let ahead = app.restarted();
    ahead.disk.lock().height = 9;
    let error = Devnet::start(manual(home.path()), ahead, None).expect_err("ahead");
    assert_eq!(error, DevnetError::Ahead { app: 9, store: 1 });
    assert!(error.to_string().contains("application is ahead"));
    app.disk.lock().height = 1;
    let other = app.restarted();
    other.disk.lock().pairs.insert("x".into(), "y".into());
    let error = Devnet::start(manual(home.path()), other, None).expect_err("different").to_string();
    assert!(error.contains("app hash at height 1"), "{error}");
}

#[test]
fn homes_and_geneses_that_do_not_fit_are_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let fails = |genesis: Option<&str>| {
        Devnet::start(manual(home.path()), App::default(), genesis).expect_err("refused").to_string()
    };
    assert!(fails(None).contains("a new home needs a genesis"));
    assert!(fails(Some("{")).contains("not JSON"));
    assert!(fails(Some(r#"{"chain_id":"x","genesis_time":"now"}"#)).contains("genesis_time"));
    let extended = GENESIS.replace(
        "\"app_state\"",
        r#""consensus_params":{"abci":{"vote_extensions_enable_height":"5"}},"app_state""#,
    );
    assert!(fails(Some(&extended)).contains("vote extensions"));
    let devnet = start(home.path(), &App::default());
    assert!(fails(Some(GENESIS)).contains("in use by another process"));
    devnet.stop().expect("stops cleanly");
    assert!(fails(Some(&GENESIS.replace("test-1", "test-2"))).contains("belongs to chain test-1"));
    std::fs::write(home.path().join("config/priv_validator_key.json"), "{}").expect("written");
    assert!(fails(None).contains("not an ed25519 key"));
}

#[test]
fn the_home_is_laid_out_as_cometbft_lays_it_out() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(home.path().join(name)).expect("there")).expect("JSON")
    };
    let key = read("config/priv_validator_key.json");
    assert_eq!(key["pub_key"]["type"], "tendermint/PubKeyEd25519");
    assert_eq!(key["address"], hex::encode_upper(devnet.home().validator_address()));
    let genesis = read("config/genesis.json");
    assert_eq!(genesis["validators"][0]["pub_key"], key["pub_key"]);
    assert_eq!(genesis["validators"][0]["power"], "10");
    assert_eq!(read("data/priv_validator_state.json")["height"], "0");
    assert_eq!(read("config/node_key.json")["priv_key"]["type"], "tendermint/PrivKeyEd25519");
    let mode =
        std::fs::metadata(home.path().join("config/priv_validator_key.json")).expect("there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn a_reset_home_begins_another_chain_with_the_same_keys() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    include(&devnet, "a=1");
    let address = devnet.home().validator_address();
    assert!(Home::reset(home.path()).expect_err("runs").to_string().contains("in use"));
    devnet.stop().expect("stops cleanly");
    Home::reset(home.path()).expect("resets");
    let genesis = GENESIS.replace("test-1", "test-2");
    let devnet = Devnet::start(manual(home.path()), App::default(), Some(&genesis)).expect("starts");
    let status = devnet.status().expect("lives");
    assert_eq!((status.network.as_str(), status.validator.address), ("test-2", address.to_vec()));
    assert_eq!(devnet.mine(1).expect("mined"), 2);
    assert_eq!(devnet.tx(&hashes::sha256(b"a=1")).expect("known"), None);
}
