//! What an operator does with a node: watches it, stops it at a height, takes it back, exports it, prunes it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use agora_tests::process::{Kind, Node, eventually, get, height_of, skip};
use agora_tests::program;
use serde_json::Value;

const API_PORTS: [&str; 6] = ["--grpc-port", "0", "--rest-port", "0", "--faucet-port", "0"];

/// Status and text of an answer.
fn ask(url: &str) -> (u16, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
    let mut answer = config.new_agent().get(url).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// Runs a command on the folder of a node that does not run.
fn offline(node: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.args(["--output", "json"]).args(arguments).arg("--data").arg(node).stdin(Stdio::null());
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn metrics_are_as_prometheus_wants_them_and_health_is_told() {
    let Some(node) = Node::start(Kind::Comet) else { return };
    node.wait_height(3);
    let metrics = node.field("metrics").to_owned();
    let base = metrics.trim_end_matches("/metrics").to_owned();
    let (status, text) = ask(&metrics);
    assert_eq!(status, 200);
    for name in
        ["agora_block_height ", "agora_state_keys ", "agora_abci_call_seconds_bucket{method=\"commit\""]
    {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} in {text}");
    }
    // CometBFT decides with the very facts it proposes with.
    let count =
        |name| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok()).unwrap();
    let (blocks, ahead) = (count("agora_blocks_total "), count("agora_blocks_executed_ahead_total "));
    assert!(ahead <= blocks && ahead * 2.0 > blocks, "{ahead} of {blocks} blocks were executed ahead");
    assert_eq!(ask(&format!("{base}/healthz")).0, 200);
    eventually("the node is ready", || (ask(&format!("{base}/readyz")).0 == 200).then_some(()));
    // With the code of `promtool check metrics`.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/prometheus");
    let mut check = Command::new("go");
    check.args(["run", "."]).current_dir(folder).env("CGO_ENABLED", "0");
    check.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = match check.spawn() {
        Ok(check) => check,
        Err(error) => return skip(&format!("go: {error}")),
    };
    check.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let done = check.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_node_stops_at_its_height_and_stays_down_until_it_is_told_to_go_on() {
    let Some(mut node) = Node::start(Kind::Comet) else { return };
    node.wait_height(2);
    let stop = height_of(&node.rpc("status")) + 20;
    assert!(node.process.terminate().success(), "{}", node.log());
    let height = stop.to_string();
    let mut node =
        Node::start_in(Kind::Comet, node.home, &[&API_PORTS[..], &["--halt-height", &height]].concat());
    let exit = eventually("the node stops", || node.process.exit());
    assert!(exit.success(), "{}", node.log());
    // In the file it says the same, and the state is there already.
    let folder = node.home.path().join("node");
    let file = folder.join("config/app.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("halt-height = 0", &format!("halt-height = {height}"))).unwrap();
    let refused = offline(&folder, &["start", "--rpc-port", "0", "--p2p-port", "0"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains(&format!("the state is at height {height} already")), "{said}");
    std::fs::write(&file, text).unwrap();
    let node = Node::start_in(Kind::Comet, node.home, &API_PORTS);
    node.wait_height(stop + 2);
}

#[test]
fn a_stopped_node_is_rolled_back_exported_and_pruned_and_goes_on() {
    let Some(mut node) = Node::start(Kind::Comet) else { return };
    node.wait_height(12);
    let folder = node.home.path().join("node");
    let running = offline(&folder, &["export"]);
    let said = String::from_utf8_lossy(&running.stderr);
    assert!(!running.status.success() && said.contains("in use"), "{said}");
    let hash = node.rpc("block?height=3")["block_id"]["hash"].clone();
    assert!(node.process.terminate().success(), "{}", node.log());

    let document = json(&offline(&folder, &["export"]));
    let height: u64 = document["initial_height"].as_str().unwrap().parse::<u64>().unwrap() - 1;
    assert!(height >= 12 && document["validators"].as_array().unwrap().len() == 1);
    let file = node.home.path().join("export.json");
    std::fs::write(&file, document.to_string()).unwrap();
    let valid = Command::new(program()).args(["genesis", "validate"]).arg(&file).output().unwrap();
    assert!(valid.status.success(), "{}", String::from_utf8_lossy(&valid.stderr));
    let early = json(&offline(&folder, &["export", "--height", "5"]));
    assert_eq!(early["initial_height"], "6");

    assert_eq!(json(&offline(&folder, &["rollback"]))["height"], (height - 1).to_string());
    let most = offline(&folder, &["rollback", "--blocks", "1000000", "--hard"]);
    assert!(String::from_utf8_lossy(&most.stderr).contains("the earliest that is kept"));

    let pruned = json(&offline(&folder, &["prune", "--keep", "everything"]));
    assert!(pruned["earliest_height"].as_str().unwrap().parse::<u64>().unwrap() > 5, "{pruned}");
    let gone = offline(&folder, &["export", "--height", "5"]);
    assert!(!gone.status.success());

    // The block that was rolled back is still there and is executed again.
    let node = Node::start_in(Kind::Comet, node.home, &API_PORTS);
    node.wait_height(height + 2);
    assert_eq!(node.rpc("block?height=3")["block_id"]["hash"], hash);
    let status = get(&format!("{}/status", node.field("rpc")));
    assert!(height_of(&status["result"]) > height);
}
