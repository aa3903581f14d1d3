//! A node of a network: a process, and what it says of its chain.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use agora_tests::process::{Running, eventually, get, guarded, height_of};
use agora_tests::program;
use nix::unistd::Pid;
use serde_json::Value;

/// A node and what it said when it was ready.
pub(crate) struct Node {
    // Dropped first.
    pub(crate) process: Running,
    greeting: Value,
}

impl Node {
    pub(crate) fn start(home: &Path, more: &[&str]) -> Self {
        Starting::new(home, more).ready()
    }

    pub(crate) fn field(&self, name: &str) -> String {
        self.greeting[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.greeting)).to_owned()
    }

    pub(crate) fn comet(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.greeting["cometbft_pid"].as_i64().unwrap()).unwrap())
    }

    pub(crate) fn own(&self) -> Pid {
        Pid::from_raw(self.process.pid())
    }

    pub(crate) fn rpc(&self, path: &str) -> Value {
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
pub(crate) struct Starting {
    process: Running,
    home: PathBuf,
}

impl Starting {
    // The system ends a guarded process with the thread that has started it, so that has to be the test's own.
    pub(crate) fn new(home: &Path, more: &[&str]) -> Self {
        let mut command = guarded(&program());
        command.args(["--output", "json", "start", "--data"]).arg(home).args(more).stdin(Stdio::null());
        command.stdout(File::create(home.join("out")).unwrap());
        command.stderr(OpenOptions::new().create(true).append(true).open(home.join("log")).unwrap());
        Self { process: Running::spawn(&mut command), home: home.to_owned() }
    }

    pub(crate) fn ready(self) -> Node {
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
