//! The nodes of a network, and what each says of its chain.

use std::fs::{self, File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use agora_tests::process::{Running, eventually, get, guarded, height_of};
use agora_tests::program;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tendermint::Hash;

use crate::link::Link;

/// A node and what it said when it was ready.
pub(crate) struct Node {
    // Dropped first.
    process: Running,
    greeting: Value,
}

impl Node {
    fn start(home: &Path, more: &[&str]) -> Self {
        Starting::new(home, more).ready()
    }

    fn field(&self, name: &str) -> String {
        self.greeting[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.greeting)).to_owned()
    }

    fn comet(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.greeting["cometbft_pid"].as_i64().unwrap()).unwrap())
    }

    fn own(&self) -> Pid {
        Pid::from_raw(self.process.pid())
    }

    fn rpc(&self, path: &str) -> Value {
        get(&format!("{}/{path}", self.field("rpc")))["result"].take()
    }

    pub(crate) fn height(&self) -> u64 {
        height_of(&self.rpc("status"))
    }

    pub(crate) fn block_hash(&self, height: u64) -> Value {
        self.rpc(&format!("block?height={height}"))["block_id"]["hash"].take()
    }

    pub(crate) fn app_hash(&self, height: u64) -> Value {
        self.rpc(&format!("block?height={height}"))["block"]["header"]["app_hash"].take()
    }
}

/// A node that was started and has not said that it is ready.
struct Starting {
    process: Running,
    home: PathBuf,
}

impl Starting {
    // The system ends a guarded process with the thread that has started it, so that has to be the test's own.
    fn new(home: &Path, more: &[&str]) -> Self {
        let mut command = guarded(&program());
        command.args(["--output", "json", "start", "--data"]).arg(home).args(more).stdin(Stdio::null());
        command.stdout(File::create(home.join("out")).unwrap());
        command.stderr(OpenOptions::new().create(true).append(true).open(home.join("log")).unwrap());
        Self { process: Running::spawn(&mut command), home: home.to_owned() }
    }

    fn ready(self) -> Node {
        let Self { mut process, home } = self;
        let greeting = eventually("the node starts", || {
            if let Some(exit) = process.exit() {
                let log = fs::read_to_string(home.join("log")).unwrap();
                panic!("{} ended ({exit}): {log}", home.display());
            }
            serde_json::from_str(&fs::read_to_string(home.join("out")).ok()?).ok()
        });
        Node { process, greeting }
    }
}

/// A network on this machine whose connections between nodes all go over links.
pub(crate) struct Network {
    nodes: Vec<Option<Node>>,
    /// From whom, to whom.
    links: Vec<(usize, usize, Link)>,
    root: TempDir,
}

impl Network {
    /// Lays out a network and starts all nodes.
    pub(crate) fn start_new(validators: usize) -> Self {
        let root = tempfile::tempdir().unwrap();
        let done = Command::new(program())
            .args(["testnet", "--layout-only", "--any-ports", "--block-interval", "0.5", "--validators"])
            .arg(validators.to_string())
            .arg("--data")
            .arg(root.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let home = |index: usize| root.path().join(format!("node{index}"));
        let mut links = Vec::new();
        let addresses: Vec<SocketAddr> = (0..validators).map(|index| p2p_address(&home(index))).collect();
        let ids: Vec<String> = (0..validators).map(|index| node_id(&home(index))).collect();
        for from in 0..validators {
            let mut peers = Vec::new();
            for to in (0..validators).filter(|to| *to != from) {
                let link = Link::to(addresses[to]);
                peers.push(format!("{}@{}", ids[to], link.address()));
                links.push((from, to, link));
            }
            set(&home(from), "persistent_peers", &format!("\"{}\"", peers.join(",")));
            // Or they would tell each other where they are without the links.
            set(&home(from), "pex", "false");
        }
        // All at once: none has a block before the others are there.
        let starting: Vec<Starting> = (0..validators).map(|index| Starting::new(&home(index), &[])).collect();
        let nodes = starting.into_iter().map(|node| Some(node.ready())).collect();
        Self { nodes, links, root }
    }

    fn home(&self, index: usize) -> PathBuf {
        self.root.path().join(format!("node{index}"))
    }

    fn node(&self, index: usize) -> &Node {
        self.nodes[index].as_ref().expect("the node runs")
    }

    pub(crate) fn start(&mut self, index: usize) {
        self.nodes[index] = Some(Node::start(&self.home(index), &[]));
    }

    /// Ends node and CometBFT as a failing machine would.
    pub(crate) fn kill(&mut self, index: usize) {
        let mut node = self.nodes[index].take().expect("the node runs");
        let _ = kill(node.comet(), Signal::SIGKILL);
        let _ = kill(node.own(), Signal::SIGKILL);
        eventually("the node is gone", || node.process.exit());
    }

    pub(crate) fn stop(&mut self, index: usize) {
        let mut node = self.nodes[index].take().expect("the node runs");
        assert!(node.process.terminate().success(), "{}", self.log(index));
    }

    /// Takes a stopped node back by some blocks.
    pub(crate) fn roll_back(&self, index: usize, blocks: u32) {
        let done = Command::new(program())
            .args(["rollback", "--hard", "--blocks", &blocks.to_string(), "--data"])
            .arg(self.home(index))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn log(&self, index: usize) -> String {
        fs::read_to_string(self.home(index).join("log")).unwrap_or_default()
    }

    pub(crate) fn pause(&self, index: usize) {
        self.signal(index, Signal::SIGSTOP);
    }

    pub(crate) fn resume(&self, index: usize) {
        self.signal(index, Signal::SIGCONT);
    }

    fn signal(&self, index: usize, signal: Signal) {
        let node = self.node(index);
        kill(node.comet(), signal).unwrap();
        kill(node.own(), signal).unwrap();
    }

    /// Cuts these nodes off from all others.
    pub(crate) fn cut(&self, nodes: &[usize]) {
        for (from, to, link) in &self.links {
            if nodes.contains(from) != nodes.contains(to) {
                link.cut();
            }
        }
    }

    pub(crate) fn heal(&self) {
        self.links.iter().for_each(|(_, _, link)| link.heal());
    }

    /// A node that is no validator and knows the first one only.
    pub(crate) fn join(&self) -> Node {
        let home = self.root.path().join("joined");
        let id = self.node(0).rpc("status")["node_info"]["id"].take();
        let peer = format!("{}@{}", id.as_str().unwrap(), p2p_address(&self.home(0)));
        let done = Command::new(program())
            .args(["init", "fifth", "--peers", &peer, "--data"])
            .arg(&home)
            .arg("--genesis")
            .arg(self.home(0).join("config/genesis.json"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        set(&home, "addr_book_strict", "false");
        let ports =
            ["--rpc-port", "--p2p-port", "--grpc-port", "--rest-port", "--faucet-port", "--metrics-port"];
        let ports: Vec<&str> = ports.iter().flat_map(|port| [*port, "0"]).collect();
        Node::start(&home, &ports)
    }

    pub(crate) fn rpc(&self, index: usize) -> String {
        self.node(index).field("rpc")
    }

    pub(crate) fn faucet(&self, index: usize) -> String {
        self.node(index).field("faucet")
    }

    pub(crate) fn height(&self, index: usize) -> u64 {
        self.node(index).height()
    }

    pub(crate) fn block_hash(&self, index: usize, height: u64) -> Value {
        self.node(index).block_hash(height)
    }

    pub(crate) fn app_hash(&self, index: usize, height: u64) -> Value {
        self.node(index).app_hash(height)
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, index: usize, height: u64) {
        eventually("the node comes to the height", || (self.height(index) >= height).then_some(()));
    }

    #[track_caller]
    pub(crate) fn wait_for_all(&self, height: u64) {
        (0..self.nodes.len()).for_each(|index| self.wait_for(index, height));
    }

    /// Everybody has the same blocks, which name the same states.
    pub(crate) fn require_one_chain(&self, head: u64) {
        for height in 1..=head {
            let expected = self.block_hash(0, height);
            assert!(expected.is_string(), "node0 has no block {height}");
            for index in 1..self.nodes.len() {
                assert_eq!(self.block_hash(index, height), expected, "node{index} forks at height {height}");
            }
        }
    }

    /// Every transaction is in one block of the chain that all have, and has taken effect. The first node is asked: CometBFT's index
    /// of a node that was killed may lack what its chain has.
    pub(crate) fn require_included_once(&self, hashes: &[Hash]) {
        for hash in hashes {
            let found = self.node(0).rpc(&format!("tx?hash=0x{hash}"));
            assert_eq!(found["tx_result"]["code"], 0, "{hash}");
            let search = format!("tx_search?query=%22tx.hash='{hash}'%22");
            assert_eq!(self.node(0).rpc(&search)["total_count"], "1", "{hash}");
        }
    }

    /// Stops the node; what it exports is a good genesis: balances add up to the supply, pools and stakes to what they hold.
    pub(crate) fn require_balanced_books(&mut self, index: usize) {
        self.stop(index);
        let run = |arguments: &[&str]| {
            let done = Command::new(program()).args(["--output", "json"]).args(arguments).output().unwrap();
            assert!(done.status.success(), "node{index}: {}", String::from_utf8_lossy(&done.stderr));
            done.stdout
        };
        let document = run(&["export", "--data", self.home(index).to_str().unwrap()]);
        let file = self.root.path().join("export.json");
        fs::write(&file, document).unwrap();
        run(&["genesis", "validate", file.to_str().unwrap()]);
    }

    /// The longest time between two blocks, by their own times.
    pub(crate) fn widest_gap(&self, from: u64, to: u64) -> Duration {
        let time = |height: u64| {
            let block = self.node(0).rpc(&format!("block?height={height}"));
            let time = block["block"]["header"]["time"].as_str().unwrap().to_owned();
            time::OffsetDateTime::parse(&time, &time::format_description::well_known::Rfc3339).unwrap()
        };
        let times: Vec<_> = (from..=to).map(time).collect();
        let gaps = times.windows(2).map(|pair| (pair[1] - pair[0]).unsigned_abs());
        gaps.max().unwrap_or_default()
    }
}

/// A key of a home's `config.toml`.
fn config(home: &Path) -> (PathBuf, String) {
    let path = home.join("config/config.toml");
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

fn set(home: &Path, key: &str, value: &str) {
    let (path, text) = config(home);
    let is_it = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    assert_eq!(text.lines().filter(|line| is_it(line)).count(), 1, "{key}");
    let lines: Vec<String> = text
        .lines()
        .map(|line| if is_it(line) { format!("{key} = {value}") } else { line.to_owned() })
        .collect();
    fs::write(path, lines.join("\n")).unwrap();
}

fn p2p_address(home: &Path) -> SocketAddr {
    let (_, text) = config(home);
    let section = text.split("[p2p]").nth(1).unwrap();
    let line = section.lines().find(|line| line.starts_with("laddr")).unwrap();
    line.split('"').nth(1).unwrap().trim_start_matches("tcp://").parse().unwrap()
}

fn node_id(home: &Path) -> String {
    agora_node::comet::home::CometHome::open(home).unwrap().node_id().unwrap()
}
