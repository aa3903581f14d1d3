//! `agora start`: the node and its CometBFT begin, go on and end together.

use std::process::{Command, Stdio};

use agora_tests::program;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use agora_tests::process::{Kind, Node, Running, eventually, get, guarded, has_comet, height_of};

/// The ports of a home that has them in `config.toml` already.
const API_PORTS: [&str; 6] = ["--grpc-port", "0", "--rest-port", "0", "--faucet-port", "0"];

fn is_alive(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn comet_pid(node: &Node) -> i32 {
    i32::try_from(node.greeting["cometbft_pid"].as_i64().unwrap()).unwrap()
}

#[test]
fn a_stopped_node_goes_on_where_it_was_with_the_same_keys_and_ports() {
    let Some(mut node) = Node::start(Kind::Comet) else { return };
    node.wait_height(3);
    let (rpc, id) = (node.field("rpc").to_owned(), node.rpc("status")["node_info"]["id"].clone());
    let first = node.rpc("block?height=1")["block_id"].clone();
    let comet = comet_pid(&node);
    assert!(node.process.terminate().success(), "{}", node.log());
    assert!(!is_alive(comet), "cometbft outlives its node");
    assert!(!node.home.path().join("node/data/abci.sock").exists());

    let mut node = Node::start_in(Kind::Comet, node.home, &API_PORTS);
    assert_eq!(node.field("rpc"), rpc);
    assert!(node.field("height").parse::<u64>().unwrap() >= 3, "{}", node.greeting);
    assert_eq!(node.rpc("block?height=1")["block_id"], first);
    assert_eq!(node.rpc("status")["node_info"]["id"], id);
    let height = height_of(&node.rpc("status"));
    node.wait_height(height + 2);
    // REST and RPC speak of the same chain.
    let block = get(&format!("{}/cosmos/base/tendermint/v1beta1/blocks/2", node.field("rest")));
    assert_eq!(block["block"]["header"]["chain_id"], node.field("chain_id"));
    assert!(node.process.terminate().success(), "{}", node.log());
}

#[test]
fn the_node_ends_with_the_reason_when_cometbft_dies_and_goes_on_afterwards() {
    let Some(mut node) = Node::start(Kind::Comet) else { return };
    node.wait_height(2);
    kill(Pid::from_raw(comet_pid(&node)), Signal::SIGKILL).unwrap();
    let exit = eventually("the node ends", || node.process.exit());
    let said = node.log();
    assert_eq!(exit.code(), Some(1), "{said}");
    assert!(said.contains("was ended by signal 9; last lines of its log:"), "{said}");
    let node = Node::start_in(Kind::Comet, node.home, &API_PORTS);
    let height = height_of(&node.rpc("status"));
    node.wait_height(height + 2);
}

#[test]
fn killing_the_node_leaves_no_cometbft_behind_and_loses_no_block() {
    let Some(mut node) = Node::start(Kind::Comet) else { return };
    node.wait_height(3);
    let comet = comet_pid(&node);
    let hash = node.rpc("block?height=3")["block_id"]["hash"].clone();
    kill(Pid::from_raw(node.process.pid()), Signal::SIGKILL).unwrap();
    eventually("the node is gone", || node.process.exit());
    eventually("cometbft is gone", || (!is_alive(comet)).then_some(()));
    let node = Node::start_in(Kind::Comet, node.home, &API_PORTS);
    assert_eq!(node.rpc("block?height=3")["block_id"]["hash"], hash);
    let height = height_of(&node.rpc("status"));
    node.wait_height(height + 2);
}

/// Runs `agora start` where it has to fail; what it says.
fn refused(home: &std::path::Path, arguments: &[&str], edit: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new(program());
    command.arg("--home").arg(home).arg("start").args(API_PORTS).args(arguments).stdin(Stdio::null());
    edit(&mut command);
    let done = command.output().unwrap();
    assert!(!done.status.success());
    String::from_utf8(done.stderr).unwrap()
}

#[test]
fn without_cometbft_the_line_that_installs_it_is_shown_and_nothing_is_made() {
    let home = tempfile::tempdir().unwrap();
    let missing = home.path().join("no-such-program");
    let said = refused(home.path(), &["--cometbft", missing.to_str().unwrap()], |_| {});
    assert!(said.contains("go install github.com/cometbft/cometbft/cmd/cometbft@v0.38"), "{said}");
    assert!(!home.path().join("node").exists());
}

#[test]
fn a_home_of_another_chain_is_refused_with_the_remedy() {
    if !has_comet() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let said = refused(home.path(), &["--chain-id", "agora-1"], |_| {});
    assert!(
        said.contains("there is no genesis of agora-1; put the genesis.json of that network at"),
        "{said}"
    );
    let config = home.path().join("node/config");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("genesis.json"), r#"{"chain_id": "agora-1", "app_state": {}}"#).unwrap();
    let said = refused(home.path(), &["--chain-id", "agora-2"], |_| {});
    assert!(said.contains("is of chain agora-1, not agora-2"), "{said}");
    // A devnet's blocks are not CometBFT's.
    let devnet = home.path().join("devnet");
    let mut node = Node::start(Kind::Devnet).unwrap();
    node.wait_height(2);
    assert!(node.process.terminate().success(), "{}", node.log());
    std::fs::rename(node.home.path().join("devnet"), &devnet).unwrap();
    let said = refused(home.path(), &["--data", devnet.to_str().unwrap()], |_| {});
    assert!(said.contains("none of cometbft's blocks") && said.contains("choose another home"), "{said}");
}

#[test]
fn the_application_alone_is_served_to_a_cometbft_that_somebody_else_runs() {
    let Some(first) = Node::start(Kind::Comet) else { return };
    // A prepared home whose CometBFT is then run by hand.
    let (rpc, home) = (first.field("rpc").to_owned(), first.home.path().join("node"));
    let mut first = first;
    first.wait_height(2);
    assert!(first.process.terminate().success(), "{}", first.log());
    let log = std::fs::File::create(first.home.path().join("alone.log")).unwrap();
    let mut served = guarded(&program());
    served
        .arg("--home")
        .arg(first.home.path())
        .args(["-o", "json", "start", "--abci-only"])
        .stdin(Stdio::null());
    let mut served = Running::spawn(served.stdout(Stdio::null()).stderr(log));
    eventually("the application is served", || home.join("data/abci.sock").exists().then_some(()));
    let comet = agora_node::comet::supervisor::CometBinary::find(None).unwrap();
    let mut by_hand = guarded(comet.path());
    by_hand.args(["start", "--home"]).arg(&home).current_dir(&home).stdin(Stdio::null());
    let mut by_hand = Running::spawn(by_hand.stdout(Stdio::null()).stderr(Stdio::null()));
    eventually("cometbft answers", || ureq::get(format!("{rpc}/health")).call().ok());
    let status = || get(&format!("{rpc}/status"))["result"].take();
    let height = height_of(&status());
    eventually("blocks are made", || (height_of(&status()) > height + 1).then_some(()));
    by_hand.terminate();
    assert!(served.terminate().success());
    assert!(!home.join("data/abci.sock").exists());
}
