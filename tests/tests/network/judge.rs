//! What must be so of a network, whatever happened to it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use agora_tests::program;
use tendermint::Hash;

use crate::nodes::Network;

impl Network {
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
