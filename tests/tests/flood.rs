//! A node flooded with invalid, repeated and cheap transactions at five times what its blocks take.
//!
//! Somebody with a better fee is served within three blocks, memory stays bounded, and afterwards the price asked for is enough again.
//! CI floods a devnet for some seconds. `AGORA_FLOOD=long` floods a devnet and a node under CometBFT for a minute each:
//!
//! ```text
//! AGORA_FLOOD=long cargo test --release -p agora-tests --test flood -- --nocapture --test-threads 1
//! ```

use std::time::Duration;

use agora_tests::flood::{self, Findings, Plan};
use agora_tests::process::{Kind, Node};

/// The most blocks a transaction with a better fee may wait.
const BLOCKS: u64 = 3;
/// Bytes a flood may add to the memory of a node: pool, caches and what is in flight.
const MEMORY: u64 = 256 << 20;
/// How soon after the flood the price asked for must be enough.
const RECOVERY: Duration = Duration::from_secs(10);

fn is_long() -> bool {
    std::env::var("AGORA_FLOOD").is_ok_and(|text| text == "long")
}

fn flooded(kind: Kind) -> Option<Findings> {
    let node = Node::start(kind)?;
    let plan = match is_long() {
        true => Plan { duration: Duration::from_secs(60), rate: 2_500, probes: 60 },
        false => Plan { duration: Duration::from_secs(10), rate: 2_000, probes: 8 },
    };
    let found = flood::run(&node, plan).unwrap_or_else(|error| panic!("{error:#}\n{}", node.log()));
    println!("{kind:?}: {found:?}, {:.1} times what blocks took", found.saturation());
    Some(found)
}

fn judge(found: &Findings) {
    assert!(found.refused > 0 && found.committed > 0, "{found:?}");
    assert!(found.worst() <= BLOCKS, "{found:?}");
    let (before, peak) = found.memory;
    assert!(peak.saturating_sub(before) < MEMORY, "{found:?}");
    assert!(found.recovery < RECOVERY, "{found:?}");
}

#[test]
fn a_flooded_devnet_serves_who_pays_more_and_recovers() {
    judge(&flooded(Kind::Devnet).expect("a devnet needs nothing"));
}

#[test]
fn a_flooded_node_under_cometbft_serves_who_pays_more_and_recovers() {
    if !is_long() {
        println!("only with AGORA_FLOOD=long");
        return;
    }
    if let Some(found) = flooded(Kind::Comet) {
        judge(&found);
    }
}
