//! A devnet as a child.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use agora_tests::{Account, program};
use serde_json::Value;
use tendermint_rpc::HttpClient;
use tendermint_rpc::client::CompatMode;

/// Longer than any start may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running devnet; killed when dropped.
pub(crate) struct Network {
    child: Child,
    rpc: String,
    faucet: String,
}

impl Network {
    /// Starts the devnet in `home`, or goes on with it; returns when it greets.
    pub(crate) fn start(home: &Path) -> Self {
        let mut child = Command::new(program())
            .arg("--home")
            .arg(home)
            .args(["devnet", "--block-interval", "0.1"])
            .args(["--rpc-port", "0", "--grpc-port", "0", "--rest-port", "0", "--faucet-port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (lines, greeting) = mpsc::channel();
        // Reads on after the greeting, so that the pipe never fills.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = lines.send(line);
            }
        });
        let mut network = Self { child, rpc: String::new(), faucet: String::new() };
        let until = Instant::now() + PATIENCE;
        while network.rpc.is_empty() || network.faucet.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            let line: String = greeting.recv_timeout(left).expect("the devnet greets");
            match line.trim().split_once(char::is_whitespace) {
                Some(("RPC", url)) => network.rpc = url.trim().to_owned(),
                Some(("Faucet", url)) => network.faucet = url.trim().to_owned(),
                _ => {}
            }
        }
        network
    }

    /// A client of its RPC.
    pub(crate) fn client(&self) -> HttpClient {
        HttpClient::builder(self.rpc.parse().unwrap())
            .compat_mode(CompatMode::V0_38)
            .timeout(PATIENCE)
            .build()
            .unwrap()
    }

    /// The genesis document.
    pub(crate) fn genesis(&self) -> Value {
        let url = format!("{}/genesis", self.rpc.trim_end_matches('/'));
        let answer: Value = ureq::get(&url).call().unwrap().body_mut().read_json().unwrap();
        answer["result"]["genesis"].clone()
    }

    /// Has the faucet fund accounts.
    pub(crate) fn fund(&self, accounts: &[Account]) {
        for account in accounts {
            let body = serde_json::json!({ "address": account.address.to_string(), "denom": "uago" });
            let url = format!("{}/credit", self.faucet.trim_end_matches('/'));
            ureq::post(&url).send_json(body).expect("the faucet gives");
        }
    }

    /// Ends it as a failing machine would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
