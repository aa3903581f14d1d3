//! The nodes of a network: laid out, started, disturbed.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use agora_tests::process::eventually;
use agora_tests::program;
use nix::sys::signal::{Signal, kill};
use serde_json::Value;
use tempfile::TempDir;

use crate::home::{node_id, p2p_address, set};
use crate::link::Link;
use crate::node::{Node, Starting};

/// A network on this machine whose connections between nodes all go over links.
pub(crate) struct Network {
    pub(crate) nodes: Vec<Option<Node>>,
    /// From whom, to whom.
    links: Vec<(usize, usize, Link)>,
    pub(crate) root: TempDir,
}

impl Network {
    /// Lays out a network and starts all nodes.
    pub(crate) fn start_new(validators: usize) -> Self {
        Self::start_apart(validators, Duration::ZERO)
    }

    /// The same, where what a node says takes `delay` to reach another.
    pub(crate) fn start_apart(validators: usize, delay: Duration) -> Self {
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
                let link = Link::to(addresses[to], delay);
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

    pub(crate) fn home(&self, index: usize) -> PathBuf {
        self.root.path().join(format!("node{index}"))
    }

    pub(crate) fn node(&self, index: usize) -> &Node {
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
        let home = self.newcomer("joined", &[(self.id(0), p2p_address(&self.home(0)))]);
        start_anywhere(&home)
    }

    /// A node that signs with the key of another, and does not know what that one has signed. It knows all but that one.
    pub(crate) fn twin(&mut self, of: usize, delay: Duration) -> Node {
        let new = self.nodes.len();
        let mut peers = Vec::new();
        for to in (0..new).filter(|to| *to != of) {
            let link = Link::to(p2p_address(&self.home(to)), delay);
            peers.push((self.id(to), link.address()));
            self.links.push((new, to, link));
        }
        let home = self.newcomer("twin", &peers);
        // As quick as the others: it would only hear of their votes.
        set(&home, "timeout_commit", "\"500ms\"");
        let key = "config/priv_validator_key.json";
        fs::copy(self.home(of).join(key), home.join(key)).unwrap();
        start_anywhere(&home)
    }

    /// What a running node is called among its peers.
    fn id(&self, index: usize) -> String {
        self.node(index).rpc("status")["node_info"]["id"].as_str().unwrap().to_owned()
    }

    /// The home of a node that knows these others.
    fn newcomer(&self, name: &str, peers: &[(String, SocketAddr)]) -> PathBuf {
        let home = self.root.path().join(name);
        let peers: Vec<String> = peers.iter().map(|(id, address)| format!("{id}@{address}")).collect();
        let done = Command::new(program())
            .args(["init", name, "--peers", &peers.join(","), "--data"])
            .arg(&home)
            .arg("--genesis")
            .arg(self.home(0).join("config/genesis.json"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        set(&home, "addr_book_strict", "false");
        home
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
}

/// Starts a node on free ports.
fn start_anywhere(home: &Path) -> Node {
    let ports = ["--rpc-port", "--p2p-port", "--grpc-port", "--rest-port", "--faucet-port", "--metrics-port"];
    let ports: Vec<&str> = ports.iter().flat_map(|port| [*port, "0"]).collect();
    Node::start(home, &ports)
}
