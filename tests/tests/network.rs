//! Four validators, each a process of its own under the real CometBFT, disturbed under load.
//!
//! One after the other they are killed, paused, cut off, restarted and rolled back; two of four are cut off from the other two. There must be no fork,
//! no acknowledged transaction lost or executed twice, every coin accounted for, and whoever was disturbed must come back to the head.
//! CI disturbs each way once. `AGORA_FAULTS=long` disturbs every 30 seconds for 30 minutes and holds the chain to its times:
//!
//! ```text
//! AGORA_FAULTS=long cargo test --release -p agora-tests --test network -- --nocapture --test-threads 1
//! ```

#[path = "network/home.rs"]
mod home;
#[path = "network/judge.rs"]
mod judge;
#[path = "network/link.rs"]
mod link;
#[path = "network/load.rs"]
mod load;
#[path = "network/node.rs"]
mod node;
#[path = "network/nodes.rs"]
mod nodes;
#[path = "network/twins.rs"]
mod twins;

use std::time::{Duration, Instant};

use agora_tests::process::{eventually, has_comet};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::load::Load;
use crate::nodes::Network;

/// Blocks may be this far apart while three of four validators are up. Checked in the long form, which has its machine alone.
const GAP: Duration = Duration::from_secs(10);
/// Who was disturbed is back at the head so soon; as above.
const BACK: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disturbance {
    /// The node and its CometBFT are killed, and started again.
    Kill,
    /// The processes stand still for a while.
    Pause,
    /// Nobody reaches it, and it reaches nobody, for a while.
    CutOff,
    /// It is stopped in order, and started again.
    Restart,
    /// It is stopped, loses its last three blocks, and is started again.
    Rollback,
}

use Disturbance::{CutOff, Kill, Pause, Restart, Rollback};

fn is_long() -> bool {
    std::env::var("AGORA_FAULTS").is_ok_and(|text| text == "long")
}

fn seed() -> u64 {
    let given = std::env::var("AGORA_FAULTS_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(rand::random);
    println!("again with: AGORA_FAULTS_SEED={seed}");
    seed
}

/// What is done to whom, in turn. The first node is left alone: it answers the load.
fn plan(rng: &mut StdRng) -> Vec<(Disturbance, usize)> {
    let rounds = if is_long() { 12 } else { 1 };
    let mut plan = Vec::new();
    for _ in 0..rounds {
        let mut all = [Kill, Pause, CutOff, Restart, Rollback];
        all.shuffle(rng);
        plan.extend(all.map(|disturbance| (disturbance, rng.gen_range(1..4))));
    }
    plan
}

fn disturb(network: &mut Network, disturbance: Disturbance, node: usize) {
    let pause = Duration::from_secs(if is_long() { 10 } else { 4 });
    match disturbance {
        Kill => {
            network.kill(node);
            network.start(node);
        }
        Restart => {
            network.stop(node);
            network.start(node);
        }
        Rollback => {
            network.stop(node);
            network.roll_back(node, 3);
            network.start(node);
        }
        Pause => {
            network.pause(node);
            std::thread::sleep(pause);
            network.resume(node);
        }
        CutOff => {
            network.cut(&[node]);
            std::thread::sleep(pause);
            network.heal();
        }
    }
}

#[test]
fn disturbed_validators_never_fork_lose_nothing_and_come_back() {
    if !has_comet() {
        return;
    }
    let mut rng = StdRng::seed_from_u64(seed());
    let mut network = Network::start_new(4);
    network.wait_for_all(6);
    let load = Load::start(network.rpc(0), network.faucet(0));
    let begun = network.height(0);
    for (disturbance, node) in plan(&mut rng) {
        let until = Instant::now() + Duration::from_secs(30);
        disturb(&mut network, disturbance, node);
        let head = network.height(0);
        let healed = Instant::now();
        network.wait_for(node, head + 2);
        let back = healed.elapsed();
        println!("{disturbance:?} of node{node}: back at height {} after {back:.1?}", head + 2);
        assert!(!is_long() || back < BACK, "node{node} took {back:?} to come back after {disturbance:?}");
        if is_long() {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
        }
    }
    let acknowledged = load.stop();
    let least = if is_long() { 200 } else { 5 };
    assert!(acknowledged.len() > least, "only {} transactions were acknowledged", acknowledged.len());
    let head = network.height(0);
    network.wait_for_all(head);
    network.require_one_chain(head);
    network.require_included_once(&acknowledged);
    let gap = network.widest_gap(begun, head);
    println!("{head} blocks, at most {gap:.1?} apart; {} transactions acknowledged", acknowledged.len());
    assert!(!is_long() || gap < GAP, "no block for {gap:?} while three validators were up");
    (1..4).for_each(|node| network.require_balanced_books(node));
}

#[test]
fn two_against_two_make_no_block_and_heal() {
    if !has_comet() {
        return;
    }
    let network = Network::start_new(4);
    network.wait_for_all(3);
    network.cut(&[2, 3]);
    // What was decided when the link broke may still come.
    std::thread::sleep(Duration::from_secs(2));
    let before: Vec<u64> = (0..4).map(|node| network.height(node)).collect();
    std::thread::sleep(Duration::from_secs(6));
    let after: Vec<u64> = (0..4).map(|node| network.height(node)).collect();
    assert_eq!(before, after, "half of the power has made a block");
    network.heal();
    let healed = Instant::now();
    let goal = after.iter().max().unwrap() + 3;
    network.wait_for_all(goal);
    println!("healed after {:.1?}", healed.elapsed());
    assert!(!is_long() || healed.elapsed() < Duration::from_secs(30), "{:?}", healed.elapsed());
    network.require_one_chain(goal);
}

#[test]
fn a_fifth_node_joins_by_its_peers_blocks() {
    if !has_comet() {
        return;
    }
    let network = Network::start_new(4);
    network.wait_for_all(4);
    let fifth = network.join();
    let head = network.height(0);
    eventually("the fifth node is at the head", || (fifth.height() >= head).then_some(()));
    assert_eq!(fifth.block_hash(3), network.block_hash(0, 3));
    assert_eq!(fifth.app_hash(head), network.app_hash(0, head));
}
