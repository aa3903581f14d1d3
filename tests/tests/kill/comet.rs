//! A node under CometBFT whose halves are killed where it hurts: CometBFT at each of its own fail points, the application at
//! its writes.
//!
//! What was seen of the chain before is there after each restart, and at the end every block, executed again by an application
//! that was never killed, leads to the hash that was published. `AGORA_FAULTS=long` goes through four blocks of fail points and through
//! every write of a start and of the blocks after it:
//!
//! ```text
//! AGORA_FAULTS=long cargo test --release -p agora-tests --test kill fail -- --nocapture --test-threads 1
//! ```

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use agora_tests::Account;
use agora_tests::process::{Kind, Node, eventually, has_comet, height_of};
use serde_json::Value;
use tempfile::TempDir;
use tendermint_rpc::HttpClient;
use tendermint_rpc::client::CompatMode;

use super::Known;
use super::replay::Evidence;

const PORTS: [&str; 8] = ["--rpc-port", "0", "--grpc-port", "0", "--rest-port", "0", "--faucet-port", "0"];

/// Calls of CometBFT's `fail.Fail` in a block: before each of its own two votes, and nine on the way from the decision to the
/// saved state.
const POINTS: usize = 11;

fn is_long() -> bool {
    std::env::var("AGORA_FAULTS").is_ok_and(|text| text == "long")
}

/// Names of blocks and of the states before them, by height.
type Seen = BTreeMap<u64, (Value, Value)>;

/// A home whose node is killed again and again.
struct Patient {
    home: Option<TempDir>,
    seen: Seen,
    /// Lives that were ended and had made blocks.
    fruitful: usize,
}

impl Patient {
    fn new() -> Self {
        Self { home: Some(tempfile::tempdir().unwrap()), seen: Seen::new(), fruitful: 0 }
    }

    /// Starts it to end by itself; how it ended and what it said.
    fn fail(&mut self, environment: &[(&str, &str)]) -> (ExitStatus, String) {
        let home = self.home.take().unwrap();
        let (exit, home) = match Node::try_start_in(Kind::Comet, home, &PORTS, environment) {
            Err(ended) => (ended.exit, ended.home),
            Ok(mut node) => {
                let exit = eventually("the node ends", || node.process.exit());
                (exit, node.home)
            }
        };
        let said = std::fs::read_to_string(home.path().join("log")).unwrap_or_default();
        self.home = Some(home);
        (exit, said)
    }

    /// Starts it in health: it has what was seen and goes on. It is stopped again.
    fn recover(&mut self, check: impl FnOnce(&Node)) {
        let mut node = Node::start_in(Kind::Comet, self.home.take().unwrap(), &PORTS);
        let known = self.seen.last_key_value().map_or(0, |(height, _)| *height);
        let begun = height_of(&node.rpc("status"));
        assert!(begun >= known, "height {begun} after {known}");
        self.fruitful += usize::from(begun > known);
        fund(&node);
        node.wait_height(begun + 2);
        let head = height_of(&node.rpc("status"));
        for height in 1..=head {
            let block = node.rpc(&format!("block?height={height}"));
            let names = (block["block_id"]["hash"].clone(), block["block"]["header"]["app_hash"].clone());
            assert!(names.0.is_string() && names.1.is_string(), "no block {height}: {block}");
            let before = self.seen.entry(height).or_insert_with(|| names.clone());
            assert_eq!(*before, names, "another block at height {height}");
        }
        check(&node);
        assert!(node.process.terminate().success(), "{}", node.log());
        self.home = Some(node.home);
    }

    /// As [`Patient::recover`]; and the whole chain is what an application makes of it that nobody has killed.
    fn judge(mut self) {
        self.recover(|node| {
            let rpc = node.field("rpc").to_owned();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = HttpClient::builder(rpc.parse().unwrap()).compat_mode(CompatMode::V0_38);
                let genesis = node.rpc("genesis")["genesis"].take();
                let evidence = Evidence::collect(&client.build().unwrap(), genesis).await;
                assert_eq!(evidence.judge(&Known::default()), Ok(()));
            });
        });
    }
}

/// A transfer, so that blocks are not all alike.
fn fund(node: &Node) {
    let account = Account::new(&format!("funded at {}", node.rpc("status")["sync_info"]));
    let body = serde_json::json!({ "address": account.address.to_string(), "denom": "uago" });
    ureq::post(format!("{}/credit", node.field("faucet"))).send_json(body).expect("the faucet gives");
}

#[test]
fn cometbft_that_fails_at_any_of_its_points_goes_on_with_the_same_blocks() {
    if !has_comet() {
        return;
    }
    let mut patient = Patient::new();
    patient.recover(|_| {});
    let points = if is_long() { 4 * POINTS } else { POINTS };
    for point in 0..points {
        let (exit, said) = patient.fail(&[("FAIL_TEST_INDEX", &point.to_string())]);
        assert_eq!(exit.code(), Some(1), "at point {point}: {said}");
        assert!(said.contains(&format!("*** fail-test {point} ***")), "at point {point}: {said}");
        patient.recover(|_| {});
    }
    println!("{points} points, {} blocks", patient.seen.len());
    patient.judge();
}

/// The library of disk faults, which lies with the other results of the build; built when it is not there.
fn library() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let library = folder.join("libagora_iofault.so");
    if !library.is_file() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--release", "--package", "agora-iofault"]).current_dir(agora_tests::folder());
        let built = build.status().is_ok_and(|status| status.success()) && library.is_file();
        assert!(built, "cargo build --release --package agora-iofault");
    }
    library
}

#[test]
fn an_application_that_is_killed_at_a_write_fails_no_block() {
    if !has_comet() {
        return;
    }
    let library = library();
    let mut patient = Patient::new();
    let watched = patient.home.as_ref().unwrap().path().canonicalize().unwrap().join("node/data/state");
    // The first writes make the database, then those that open it, then those of blocks.
    let writes: Vec<u32> = if is_long() {
        (1..=140).collect()
    } else {
        vec![1, 2, 5, 11, 23, 41, 52, 58, 64, 71, 80, 93, 110, 131]
    };
    for write in &writes {
        let fault = format!("kill:{write}");
        let environment = [
            ("LD_PRELOAD", library.to_str().unwrap()),
            ("AGORA_IO_DIR", watched.to_str().unwrap()),
            ("AGORA_IO_FAIL", &fault),
        ];
        let (exit, said) = patient.fail(&environment);
        assert_eq!(exit.signal(), Some(9), "at write {write}: {exit}: {said}");
        // Until then each start begins with an empty database, which has the writes of all.
        if *write > 5 {
            patient.recover(|_| {});
        }
    }
    println!(
        "{} writes, {} of them after blocks; {} blocks",
        writes.len(),
        patient.fruitful,
        patient.seen.len()
    );
    assert!(patient.fruitful >= 3, "only {} lives had made blocks when they ended", patient.fruitful);
    patient.judge();
}
