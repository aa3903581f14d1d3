//! A network of real processes goes from one release to the next.

#[path = "upgrade/wallet.rs"]
mod wallet;

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use agora_runtime::APP_VERSION;
use agora_tests::process::{Running, eventually, get, guarded, has_comet, height_of};
use agora_tests::{next, program};
use serde_json::{Value, json};
use tempfile::TempDir;
use wallet::Wallet;

/// How many blocks after its proposal an upgrade comes, which are never quicker than two in a second: it has to be voted by then.
const BLOCKS: u64 = 80;

/// Seconds for the votes, of which there is one from each validator, and to carry out what they decide.
const VOTING: u64 = 15;

/// The first block of the next release where the genesis plans it.
const PLANNED: u64 = 20;

const VALIDATORS: usize = 4;

/// Ports are found free when a network is laid out and taken when it starts: nobody else may look in between.
static ONE_NETWORK: Mutex<()> = Mutex::new(());

/// The program of the next release.
fn next_program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_agora-next"))
}

/// A node's process, and what it said when it was ready.
struct Node {
    process: Running,
    home: PathBuf,
}

impl Node {
    fn start(program: &Path, home: &Path) -> Self {
        let mut command = guarded(program);
        command.args(["--output", "json", "start", "--data"]).arg(home).stdin(Stdio::null());
        command.stdout(File::create(home.join("out")).unwrap());
        // Only of this start.
        let log = OpenOptions::new().create(true).write(true).truncate(true).open(home.join("log")).unwrap();
        command.stderr(log);
        Self { process: Running::spawn(&mut command), home: home.to_owned() }
    }

    fn log(&self) -> String {
        // As people read it: within JSON there are quotes within quotes.
        fs::read_to_string(self.home.join("log")).unwrap_or_default().replace("\\\"", "\"")
    }

    /// What it says when it is ready; the test ends if it ends before.
    fn greeting(&mut self) -> Value {
        eventually("the node starts", || {
            if let Some(exit) = self.process.exit() {
                panic!("{} ended ({exit}): {}", self.home.display(), self.log());
            }
            serde_json::from_str(&fs::read_to_string(self.home.join("out")).ok()?).ok()
        })
    }

    /// Waits for its end, which must be a failure; gives its log.
    fn failure(mut self) -> String {
        let exit = eventually("the node ends", || self.process.exit());
        assert!(!exit.success(), "{}", self.log());
        self.log()
    }
}

fn status(greeting: &Value) -> Value {
    get(&format!("{}/status", greeting["rpc"].as_str().unwrap()))["result"].take()
}

fn rpc(greeting: &Value, path: &str) -> Value {
    get(&format!("{}/{path}", greeting["rpc"].as_str().unwrap()))["result"].take()
}

fn rest(greeting: &Value, path: &str) -> Value {
    get(&format!("{}/{path}", greeting["rest"].as_str().unwrap()))
}

/// What the plan says to people.
const INFO: &str = "take agora-next";

/// Homes of a network, with a change of its genesis.
fn lay_out(change: impl Fn(&mut Value)) -> (TempDir, Vec<PathBuf>) {
    let root = tempfile::tempdir().unwrap();
    let done = Command::new(program())
        .args(["testnet", "--layout-only", "--any-ports", "--block-interval", "0.5", "--validators"])
        .arg(VALIDATORS.to_string())
        .arg("--data")
        .arg(root.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let homes: Vec<PathBuf> = (0..VALIDATORS).map(|index| root.path().join(format!("node{index}"))).collect();
    for home in &homes {
        let path = home.join("config/genesis.json");
        let mut genesis: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut genesis["app_state"]);
        fs::write(path, genesis.to_string()).unwrap();
    }
    (root, homes)
}

fn wait_for(greeting: &Value, height: u64) {
    eventually("the node comes to the height", || (height_of(&status(greeting)) >= height).then_some(()));
}

/// Plans an upgrade as validators do: a proposal by wallet, a deposit that completes its minimum, and votes. Gives the height.
fn vote_for_an_upgrade(root: &Path, greetings: &[Value]) -> u64 {
    let wallet = |index: usize| {
        let greeting = &greetings[index];
        Wallet::new(root, greeting["rpc"].as_str().unwrap(), greeting["rest"].as_str().unwrap())
    };
    let anybody = wallet(0);
    let operators: Vec<String> = (0..VALIDATORS).map(|index| anybody.recover_operator(index)).collect();

    let height = height_of(&status(&greetings[0])) + BLOCKS;
    let plan = json!({
        "@type": "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade",
        "authority": agora_primitives::module_address("gov").to_string(),
        "plan": { "name": next::NAME, "height": height.to_string(), "info": INFO },
    });
    anybody.write("plan.json", &plan);
    let text = ["--title", "The next release", "--summary", "Marks for everybody"];
    let mut propose = vec!["gov", "submit-proposal", "@plan.json", "--initial-deposit", "4 AGO"];
    propose.extend(text);
    anybody.send("alice", &propose);
    let proposal = |field: &str| rest(&greetings[0], "cosmos/gov/v1/proposals/1")["proposal"][field].take();
    assert_eq!(proposal("status"), "PROPOSAL_STATUS_DEPOSIT_PERIOD");
    anybody.send("bob", &["gov", "deposit", "1", "6 AGO"]);
    assert_eq!(proposal("status"), "PROPOSAL_STATUS_VOTING_PERIOD");
    thread::scope(|all| {
        for (index, operator) in operators.iter().enumerate() {
            // One of them is against it.
            let option = if index == 1 { "no" } else { "yes" };
            all.spawn(move || wallet(index).send(operator, &["gov", "vote", "1", option]));
        }
    });
    eventually("the proposal passes", || (proposal("status") == "PROPOSAL_STATUS_PASSED").then_some(()));
    let tally = proposal("final_tally_result");
    let count = |option: &str| tally[option].as_str().unwrap().parse::<u64>().unwrap();
    assert!(count("no_count") > 0 && count("yes_count") == 3 * count("no_count"), "{tally}");
    let planned = rest(&greetings[0], "cosmos/upgrade/v1beta1/current_plan")["plan"].take();
    assert_eq!((&planned["name"], &planned["height"]), (&next::NAME.into(), &height.to_string().into()));
    height
}

#[test]
fn a_network_halts_at_the_height_that_was_voted_and_the_next_release_goes_on() {
    let _alone = ONE_NETWORK.lock().unwrap_or_else(PoisonError::into_inner);
    if !has_comet() {
        return;
    }
    let (root, homes) = lay_out(|genesis| {
        genesis["gov"]["params"]["voting_period"] = format!("{VOTING}s").into();
        genesis["gov"]["params"]["expedited_voting_period"] = format!("{}s", VOTING / 2).into();
    });
    let mut nodes: Vec<Node> = homes.iter().map(|home| Node::start(&program(), home)).collect();
    let greetings: Vec<Value> = nodes.iter_mut().map(Node::greeting).collect();
    wait_for(&greetings[0], 3);
    let height = vote_for_an_upgrade(root.path(), &greetings);

    // Too early: refused at start, and the release before goes on. Nobody comes to the height meanwhile.
    for node in &mut nodes {
        assert!(node.process.terminate().success(), "{}", node.log());
    }
    let early = Node::start(&next_program(), &homes[0]).failure();
    assert!(early.contains("BINARY UPDATED BEFORE TRIGGER! UPGRADE \"next\""), "{early}");
    let nodes: Vec<Node> = homes.iter().map(|home| Node::start(&program(), home)).collect();

    // Exactly there, each of them, and each leaves the plan behind.
    let line = format!("UPGRADE \"next\" NEEDED at height: {height}: {INFO}");
    for node in nodes {
        let home = node.home.clone();
        let log = node.failure();
        assert!(log.contains(&line), "{log}");
        let info = fs::read_to_string(home.join("data/upgrade-info.json")).unwrap();
        let expected = json!({ "name": "next", "height": height, "info": INFO });
        assert_eq!(serde_json::from_str::<Value>(&info).unwrap(), expected);
    }
    // Again: the block is decided, and still not for this release.
    let again = Node::start(&program(), &homes[1]).failure();
    assert!(again.contains("NEEDED at height"), "{again}");

    let mut nodes: Vec<Node> = homes.iter().map(|home| Node::start(&next_program(), home)).collect();
    let greetings: Vec<Value> = nodes.iter_mut().map(Node::greeting).collect();
    greetings.iter().for_each(|greeting| wait_for(greeting, height + 3));
    let header = |index: usize, height: u64| {
        rpc(&greetings[index], &format!("block?height={height}"))["block"]["header"].take()
    };
    for at in 1..=height + 3 {
        let hash = header(0, at)["app_hash"].take();
        assert!((1..VALIDATORS).all(|index| header(index, at)["app_hash"] == hash), "height {at}");
    }
    let version = |height| header(0, height)["version"]["app"].as_str().unwrap().to_owned();
    assert_eq!(version(height), APP_VERSION.to_string());
    assert_eq!(version(height + 1), (APP_VERSION + 1).to_string());

    let applied = rest(&greetings[0], "cosmos/upgrade/v1beta1/applied_plan/next");
    assert_eq!(applied["height"], height.to_string());
    assert_eq!(rest(&greetings[0], "cosmos/upgrade/v1beta1/current_plan")["plan"], Value::Null);
    let versions = rest(&greetings[0], "cosmos/upgrade/v1beta1/module_versions");
    let version_of = |name: &str| {
        let all = versions["module_versions"].as_array().unwrap();
        all.iter().find(|module| module["name"] == name).unwrap()["version"].clone()
    };
    let (migrated, to) = next::MIGRATED;
    assert_eq!((version_of(migrated), version_of(next::ADDED)), (to.to_string().into(), "1".into()));
    // The migration's work, and that of the new module in its new store.
    let witness = rest(&greetings[1], &format!("cosmos/auth/v1beta1/accounts/{}", next::witness()));
    assert_eq!(witness["account"]["sequence"], next::SEQUENCE.to_string());
    let stored = rpc(&greetings[2], &format!("abci_query?path=%22/store/{}/key%22&data=0x01", next::ADDED));
    assert!(stored["response"]["value"].is_string(), "{stored}");

    // Too old.
    let mut last = nodes.pop().unwrap();
    assert!(last.process.terminate().success(), "{}", last.log());
    let old = Node::start(&program(), &homes[VALIDATORS - 1]).failure();
    assert!(old.contains("has in excess [marks]") && old.contains("use the release that wrote it"), "{old}");
}

#[test]
fn validators_that_skip_the_height_go_on_with_their_release() {
    let _alone = ONE_NETWORK.lock().unwrap_or_else(PoisonError::into_inner);
    if !has_comet() {
        return;
    }
    let (_root, homes) = lay_out(|genesis| {
        genesis["upgrade"]["plan"] =
            json!({ "name": next::NAME, "height": PLANNED.to_string(), "info": INFO });
    });
    let skip = |home: &Path| {
        let mut command = guarded(&program());
        command.args(["--output", "json", "start", "--unsafe-skip-upgrades", &PLANNED.to_string(), "--data"]);
        command.arg(home).stdin(Stdio::null()).stdout(File::create(home.join("out")).unwrap());
        command.stderr(File::create(home.join("log")).unwrap());
        Node { process: Running::spawn(&mut command), home: home.to_owned() }
    };
    let mut nodes: Vec<Node> = homes.iter().map(|home| skip(home)).collect();
    let greetings: Vec<Value> = nodes.iter_mut().map(Node::greeting).collect();
    greetings.iter().for_each(|greeting| wait_for(greeting, PLANNED + 2));
    assert_eq!(rest(&greetings[0], "cosmos/upgrade/v1beta1/current_plan")["plan"], Value::Null);
    assert_eq!(rest(&greetings[0], "cosmos/upgrade/v1beta1/applied_plan/next")["height"], "0");
}
