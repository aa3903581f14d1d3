//! A devnet of the program itself, and a wallet for it.
#![allow(dead_code)] // Each test file uses a part.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A devnet is up within this time, or something is wrong.
const START: Duration = Duration::from_secs(60);

/// A devnet of its own on free ports, stopped at the end of the test, and a wallet for it.
pub(crate) struct Devnet {
    child: Child,
    home: tempfile::TempDir,
    node: String,
    faucet: String,
}

pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out
    }

    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    #[track_caller]
    pub(crate) fn fails(self, code: i32, part: &str) -> String {
        assert_eq!(self.code, code, "{} {}", self.out, self.err);
        assert!(self.err.contains(part), "expected `{part}` in: {}", self.err);
        self.out
    }
}

fn binary() -> PathBuf {
    match std::env::var_os("AGORA_BIN") {
        Some(path) => path.into(),
        None => assert_cmd::cargo::cargo_bin("agora"),
    }
}

impl Devnet {
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = Command::new(binary())
            .env_clear()
            .env("AGORA_HOME", home.path())
            .args([
                "devnet",
                "--instant",
                "--rpc-port",
                "0",
                "--grpc-port",
                "0",
                "--rest-port",
                "0",
                "--faucet-port",
                "0",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Reading goes on after the greeting: a full pipe would stop the devnet.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let deadline = Instant::now() + START;
        let url = |name: &str| loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = receiver.recv_timeout(left).expect("the devnet greets with its addresses");
            if let Some((found, url)) = line.trim().split_once(char::is_whitespace)
                && found == name
            {
                return url.trim().to_owned();
            }
        };
        let (node, faucet) = (url("RPC"), url("Faucet"));
        Self { child, home, node, faucet }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        let output = Command::new(binary())
            .env_clear()
            .env("AGORA_HOME", self.home.path())
            .env("AGORA_NODE", &self.node)
            .env("AGORA_FAUCET", &self.faucet)
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What an account holds, in base units.
    pub(crate) fn balance(&self, account: &str) -> u128 {
        let answer = self.run(&["query", "bank", "balance", account, "uago", "-o", "json"]).json();
        answer["balance"]["amount"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn store(&self, name: &str, args: &[&str]) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, self.run(args).ok()).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
