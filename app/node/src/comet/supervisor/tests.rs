//! The supervisor with the real CometBFT.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{CometBinary, CometError, CometHandle, CometNode, CometOptions, INSTALL_LINE};
use crate::abci::tests::app::KvApp;
use crate::abci::{AbciHandle, AbciOptions, AbciServer, Listen};
use crate::comet::home::{CometHome, HomeError};

const SOON: Duration = Duration::from_secs(60);

/// The program; without it a test says so and is skipped, in CI it fails.
pub(crate) fn comet() -> Option<CometBinary> {
    match CometBinary::find(None) {
        Ok(binary) => Some(binary),
        Err(error) if std::env::var_os("CI").is_some_and(|ci| ci == "true") => panic!("{error}"),
        Err(error) => {
            // Not `eprintln!`, whose words the test harness keeps from everybody when the test passes.
            let _ = writeln!(std::io::stderr(), "\n*** SKIPPED, CometBFT is missing: {error} ***\n");
            None
        }
    }
}

fn free_address() -> String {
    format!("tcp://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

fn options() -> CometOptions {
    CometOptions {
        rpc_laddr: Some(free_address()),
        p2p_laddr: Some(free_address()),
        timeout_commit: Some(Duration::from_millis(100)),
        wait_first_block: true,
        ..CometOptions::default()
    }
}

/// A home with one validator: its own.
fn node(root: &Path, binary: CometBinary, options: CometOptions) -> Result<CometNode, CometError> {
    let home = CometHome::open(root)?;
    CometNode::init(&home, &binary)?;
    let genesis = genesis(&home, "kv-1");
    CometNode::prepare(home, binary, Some(&genesis), options)
}

fn genesis(home: &CometHome, chain_id: &str) -> String {
    let key = home.validator_key().unwrap();
    json!({
        "genesis_time": "2026-01-01T00:00:00Z",
        "chain_id": chain_id,
        "initial_height": "1",
        "validators": [{
            "address": hex::encode_upper(key.address),
            "pub_key": { "type": "tendermint/PubKeyEd25519", "value": BASE64.encode(key.public_key) },
            "power": "10",
            "name": "",
        }],
        "app_hash": "",
    })
    .to_string()
}

fn serve(node: &CometNode, app: &KvApp) -> AbciHandle {
    let options = AbciOptions { fault: app.fault(), ..AbciOptions::default() };
    AbciServer::bind(&node.listen(), app.clone(), options).unwrap()
}

fn rpc(handle: &CometHandle, path: &str) -> Value {
    let url = format!("{}/{path}", handle.rpc_url());
    let agent = ureq::Agent::config_builder().timeout_global(Some(SOON)).build().new_agent();
    agent.get(&url).call().unwrap().body_mut().read_json::<Value>().unwrap()["result"].take()
}

fn hash_of_header(handle: &CometHandle, height: i64) -> String {
    rpc(handle, &format!("block?height={height}"))["block"]["header"]["app_hash"].as_str().unwrap().to_owned()
}

/// Sends a transaction and waits for its block.
#[track_caller]
fn commit(handle: &CometHandle, tx: &str) -> i64 {
    let result = rpc(handle, &format!("broadcast_tx_commit?tx=%22{tx}%22"));
    assert_eq!(result["check_tx"]["code"], 0, "{result}");
    assert_eq!(result["tx_result"]["code"], 0, "{result}");
    result["height"].as_str().unwrap().parse().unwrap()
}

fn wait_height(app: &KvApp, height: i64) {
    let begun = Instant::now();
    while app.0.committed.lock().height < height {
        assert!(begun.elapsed() < SOON, "no block {height}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn alive(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn cometbft_makes_blocks_survives_kill_9_and_goes_on_with_the_same_state() {
    let Some(binary) = comet() else { return };
    let folder = tempfile::tempdir().unwrap();
    let app = KvApp::default();
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let on_progress = Some(Arc::new(move |p: &_| hook.lock().push(format!("{p}"))) as _);
    let node = node(folder.path(), binary, CometOptions { on_progress, ..options() }).unwrap();
    let server = serve(&node, &app);

    let first = node.start().unwrap();
    assert!(told.lock().last().unwrap().contains("is made"), "{:?}", told.lock());
    let height = commit(&first, "a=1");
    assert!(matches!(node.start(), Err(CometError::Running { pid }) if pid == first.pid()));
    assert_eq!(rpc(&first, "abci_query?data=%22a%22")["response"]["value"], BASE64.encode("1"));
    wait_height(&app, height + 1);
    assert_eq!(hash_of_header(&first, height + 1), hex::encode_upper(&app.0.roots.lock()[&height]));

    kill(Pid::from_raw(first.pid()), Signal::SIGKILL).unwrap();
    let exit = first.wait_exit(SOON).unwrap();
    assert_eq!((exit.signal, exit.requested), (Some(9), false));
    assert!(exit.to_string().contains("was ended by signal 9") && exit.last_lines.len() > 3, "{exit}");
    assert!(server.is_running() && server.fatal().is_none());
    let before = app.0.committed.lock().clone();

    let second = node.start().unwrap();
    let height = commit(&second, "b=2");
    assert!(height > before.height);
    let pairs = app.0.committed.lock().pairs.clone();
    assert_eq!(
        pairs.into_iter().collect::<Vec<_>>(),
        [(b"a".into(), b"1".into()), (b"b".into(), b"2".into())]
    );
    wait_height(&app, height + 1);
    let roots = app.0.roots.lock().clone();
    for height in [before.height, height] {
        assert_eq!(hash_of_header(&second, height + 1), hex::encode_upper(&roots[&height]));
    }
    assert_eq!(server.metrics().grammar_violations(), 0);
    assert_eq!(server.metrics().exceptions(), 0);

    let exit = second.stop(Duration::from_secs(20)).unwrap();
    assert_eq!((exit.signal, exit.requested), (None, true), "{:?}", exit);
    server.stop(Duration::from_secs(5)).unwrap();
    assert!(!node.home().socket_path().exists() && !node.home().pid_path().exists());
}

/// CometBFT's own fail points: each ends it at another step between a decided block and its stored state.
#[test]
fn cometbft_recovers_from_a_crash_at_each_step_of_a_block() {
    let Some(binary) = comet() else { return };
    let folder = tempfile::tempdir().unwrap();
    let app = KvApp::default();
    let mut server = None;
    for index in 0..10 {
        let env = vec![("FAIL_TEST_INDEX".to_owned(), index.to_string())];
        let node = node(folder.path(), binary.clone(), CometOptions { env, ..options() }).unwrap();
        server.get_or_insert_with(|| serve(&node, &app));
        let exit = match node.start() {
            Ok(handle) => handle.wait_exit(SOON).unwrap(),
            Err(CometError::Exited(exit)) => exit,
            Err(error) => panic!("{error}"),
        };
        assert_eq!((exit.code, exit.requested), (Some(1), false), "fail point {index}: {exit}");
    }
    let before = app.0.committed.lock().height;
    let node = node(folder.path(), binary, options()).unwrap();
    let handle = node.start().unwrap();
    let height = commit(&handle, "after=all");
    assert!(height > before);
    wait_height(&app, height + 1);
    let roots = app.0.roots.lock().clone();
    for (height, root) in roots.range(..=height) {
        assert_eq!(hash_of_header(&handle, height + 1), hex::encode_upper(root));
    }
    let server = server.unwrap();
    assert_eq!((server.metrics().grammar_violations(), server.fatal()), (0, None));
}

#[test]
fn the_application_can_be_served_over_tcp() {
    let Some(binary) = comet() else { return };
    let folder = tempfile::tempdir().unwrap();
    let app = KvApp::default();
    let address = free_address().trim_start_matches("tcp://").parse().unwrap();
    let node =
        node(folder.path(), binary, CometOptions { abci: Some(Listen::Tcp(address)), ..options() }).unwrap();
    let _server = serve(&node, &app);
    let handle = node.start().unwrap();
    commit(&handle, "over=tcp");
    assert_eq!(handle.stop(Duration::from_secs(20)).unwrap().signal, None);
}

#[test]
fn a_panic_of_the_application_ends_both_and_both_say_why() {
    let Some(binary) = comet() else { return };
    let folder = tempfile::tempdir().unwrap();
    let app = KvApp::default();
    let node = node(folder.path(), binary, options()).unwrap();
    let server = serve(&node, &app);
    let handle = node.start().unwrap();
    rpc(&handle, "broadcast_tx_sync?tx=%22panic=1%22");
    let fatal = server.wait_fatal(SOON).unwrap();
    assert_eq!(fatal.reason, "the application panicked in finalize_block: a block panicked");
    let exit = handle.wait_exit(SOON).unwrap();
    assert!(!exit.requested);
    assert!(exit.last_lines.iter().any(|line| line.contains("a block panicked")), "{exit}");
}

#[test]
fn a_start_that_fails_says_what_cometbft_said() {
    let Some(binary) = comet() else { return };
    let folder = tempfile::tempdir().unwrap();
    let app = KvApp::default();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let rpc_laddr = Some(format!("tcp://{}", taken.local_addr().unwrap()));
    let node = node(folder.path(), binary, CometOptions { rpc_laddr, ..options() }).unwrap();
    let _server = serve(&node, &app);
    let error = node.start().unwrap_err();
    assert!(matches!(error, CometError::Exited(_)), "{error}");
    assert!(error.to_string().contains("address already in use"), "{error}");
}

#[test]
fn a_home_belongs_to_one_process_and_one_chain_and_keeps_its_owners_settings() {
    let Some(binary) = comet() else { return };
    let folder = tempfile::tempdir().unwrap();
    let first = node(folder.path(), binary.clone(), options()).unwrap();
    let key = first.home().validator_key().unwrap();
    let node_id = first.home().node_id().unwrap();
    match CometHome::open(folder.path()) {
        Err(error @ HomeError::InUse { .. }) => {
            assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        }
        other => panic!("{other:?}"),
    }
    drop(first);

    let config = folder.path().join("config/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains("proxy_app = \"unix://") && text.contains("# A custom human readable name"));
    let text = text
        .replace("send_rate = 5120000", "send_rate = 1000 # slow line")
        .replace("moniker = ", "moniker  =");
    std::fs::write(&config, &text).unwrap();
    let timeout_commit = Some(Duration::from_millis(1_500));
    let again =
        node(folder.path(), binary.clone(), CometOptions { timeout_commit, ..CometOptions::default() })
            .unwrap();
    let expected = text.replace("timeout_commit = \"100ms\"", "timeout_commit = \"1500ms\"");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), expected);
    assert_eq!(again.home().validator_key().unwrap(), key);
    assert_eq!(again.home().node_id().unwrap(), node_id);

    // A home whose keys come from elsewhere, the embedded devnet say, gets what is missing.
    std::fs::remove_file(&config).unwrap();
    CometNode::init(again.home(), &binary).unwrap();
    assert!(std::fs::read_to_string(&config).unwrap().contains("max_body_bytes = 2000000"));
    assert_eq!(again.home().validator_key().unwrap(), key);

    // Before there is a chain its genesis may change, after that not.
    let other = genesis(again.home(), "other-1");
    again.home().install_genesis(&other).unwrap();
    std::fs::create_dir(folder.path().join("data/state.db")).unwrap();
    let error = again.home().install_genesis(&genesis(again.home(), "kv-1")).unwrap_err();
    assert!(error.to_string().contains("(chain id other-1, given kv-1)"), "{error}");
    again.home().install_genesis(&other).unwrap();
}

#[test]
fn a_missing_or_wrong_program_is_answered_with_the_line_that_installs_it() {
    let folder = tempfile::tempdir().unwrap();
    for program in [folder.path().join("missing"), "/bin/true".into()] {
        let error = CometBinary::find(Some(&program)).unwrap_err().to_string();
        assert!(error.contains(INSTALL_LINE) && error.contains(program.to_str().unwrap()), "{error}");
    }
}

/// Not a test: the process that the next one kills.
#[test]
#[ignore = "started by another test"]
fn a_node_that_is_about_to_be_killed() {
    let Some(root) = std::env::var_os("AGORA_TEST_VICTIM") else { return };
    let app = KvApp::default();
    let node = node(Path::new(&root), comet().unwrap(), options()).unwrap();
    let _server = serve(&node, &app);
    let handle = node.start().unwrap();
    std::fs::write(Path::new(&root).join("ready"), handle.pid().to_string()).unwrap();
    std::thread::sleep(SOON);
}

#[test]
fn killing_the_node_leaves_no_orphan() {
    if comet().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let name = format!("{}::a_node_that_is_about_to_be_killed", module_path!().split_once("::").unwrap().1);
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--ignored"])
        .env("AGORA_TEST_VICTIM", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let pid: i32 = loop {
        if let Some(pid) =
            std::fs::read_to_string(folder.path().join("ready")).ok().and_then(|t| t.parse().ok())
        {
            break pid;
        }
        assert_eq!(victim.try_wait().unwrap(), None, "the node ended early");
        assert!(begun.elapsed() < SOON);
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(alive(pid));
    victim.kill().unwrap();
    victim.wait().unwrap();
    let begun = Instant::now();
    while alive(pid) {
        assert!(begun.elapsed() < Duration::from_secs(10), "cometbft outlives its node");
        std::thread::sleep(Duration::from_millis(10));
    }
    // The home is free again.
    CometHome::open(folder.path()).unwrap();
}
