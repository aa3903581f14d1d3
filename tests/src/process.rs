//! The `agora` program as a child that is gone when its test is.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use agora_node::comet::supervisor::CometBinary;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::program;

/// How long a program may take to start, or to stop.
const SOON: Duration = Duration::from_secs(90);
/// Blocks come quickly, so that nobody waits.
const BLOCK_SECONDS: &str = "0.25";
/// Free ports for what both commands serve.
const PORTS: [&str; 8] = ["--rpc-port", "0", "--grpc-port", "0", "--rest-port", "0", "--faucet-port", "0"];

/// Says why a test does not run.
///
/// # Panics
/// Where everything has to run.
pub fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "cannot be skipped with CI=true: {why}");
    // Not `eprintln!`, whose words the test harness keeps from everybody when the test passes.
    let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: {why} ***\n");
}

/// Whether there is a CometBFT; says so if not.
#[must_use]
pub fn has_comet() -> bool {
    CometBinary::find(None).map_err(|error| skip(&error.to_string())).is_ok()
}

/// Waits until `done` gives something.
///
/// # Panics
/// It takes too long.
#[track_caller]
pub fn eventually<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(begun.elapsed() < SOON, "{what}: not so after {SOON:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A command whose process the system ends when this one dies, where there is a tool for that.
#[must_use]
pub fn guarded(program: &Path) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    if !cfg!(target_os = "linux") || !setpriv.exists() {
        return Command::new(program);
    }
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "TERM"]).arg(program);
    command
}

/// A child that is killed when dropped, so also when its test panics.
pub struct Running(Child);

impl Running {
    /// Starts a command.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn spawn(command: &mut Command) -> Self {
        Self(command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}")))
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.0.id().cast_signed()
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// The system does not say.
    pub fn exit(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Asks it to end and waits.
    ///
    /// # Panics
    /// It does not end.
    pub fn terminate(&mut self) -> ExitStatus {
        if self.exit().is_none() {
            kill(Pid::from_raw(self.pid()), Signal::SIGTERM).unwrap();
        }
        eventually("the program ends when asked", || self.exit())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            // Asked first: a killed node could not stop its CometBFT.
            let _ = kill(Pid::from_raw(self.pid()), Signal::SIGTERM);
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(30) && matches!(self.0.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Who makes the blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `agora devnet`.
    Devnet,
    /// `agora start`, with CometBFT.
    Comet,
}

/// A node that has ended before it was ready.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub exit: ExitStatus,
    /// Its home.
    pub home: TempDir,
}

/// A running node and what it said about itself. The fields are dropped in this order: the process first.
pub struct Node {
    /// The program.
    pub process: Running,
    /// What it printed when it was ready.
    pub greeting: Value,
    /// Its home.
    pub home: TempDir,
}

impl Node {
    /// A new chain. `None`, said aloud, where CometBFT is needed and missing.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start(kind: Kind) -> Option<Self> {
        if kind == Kind::Comet && !has_comet() {
            return None;
        }
        Some(Self::start_in(kind, tempfile::tempdir().unwrap(), &PORTS))
    }

    /// A chain in `home`, which goes on if there is one.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start_in(kind: Kind, home: TempDir, more: &[&str]) -> Self {
        Self::try_start_in(kind, home, more, &[]).unwrap_or_else(|ended| {
            let log = fs::read_to_string(ended.home.path().join("log")).unwrap_or_default();
            panic!("{kind:?} ended ({}): {log}", ended.exit);
        })
    }

    /// The same with more environment, where the program may end before it is ready.
    ///
    /// # Errors
    /// It has ended.
    ///
    /// # Panics
    /// It neither becomes ready nor ends.
    pub fn try_start_in(
        kind: Kind,
        home: TempDir,
        more: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, Ended> {
        let (out, log) = (home.path().join("out"), home.path().join("log"));
        let mut command = guarded(&program());
        command.arg("--home").arg(home.path()).args(["--output", "json"]);
        match kind {
            Kind::Devnet => command.arg("devnet"),
            Kind::Comet => command.args(["start", "--p2p-port", "0", "--metrics-port", "0"]),
        };
        command.args(["--block-interval", BLOCK_SECONDS]).args(more);
        for name in ["AGORA_CHAIN_ID", "AGORA_HOME", "AGORA_PROFILE", "AGORA_NODE", "AGORA_OUTPUT"] {
            command.env_remove(name);
        }
        command.envs(environment.iter().copied()).stdin(Stdio::null());
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&log).unwrap());
        let mut process = Running::spawn(&mut command);
        let ready = eventually("the node starts", || {
            if let Some(exit) = process.exit() {
                return Some(Err(exit));
            }
            serde_json::from_str(&fs::read_to_string(&out).ok()?).ok().map(Ok)
        });
        match ready {
            Ok(greeting) => Ok(Self { process, greeting, home }),
            Err(exit) => Err(Ended { exit, home }),
        }
    }

    /// A field of the greeting, such as `rpc`.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    #[track_caller]
    pub fn field(&self, name: &str) -> &str {
        self.greeting
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{name} in {}", self.greeting))
    }

    /// What it wrote to standard error.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// The result of a call of RPC.
    ///
    /// # Panics
    /// It fails.
    #[must_use]
    #[track_caller]
    pub fn rpc(&self, path: &str) -> Value {
        get(&format!("{}/{path}", self.field("rpc")))["result"].take()
    }

    /// Waits until there is a block of `height`.
    ///
    /// # Panics
    /// There is none soon.
    #[track_caller]
    pub fn wait_height(&self, height: u64) {
        eventually("blocks are made", || (height_of(&self.rpc("status")) >= height).then_some(()));
    }
}

/// The height of the head in an answer of `status`.
///
/// # Panics
/// It is none.
#[must_use]
pub fn height_of(status: &Value) -> u64 {
    status["sync_info"]["latest_block_height"].as_str().unwrap().parse().unwrap()
}

/// JSON by HTTP.
///
/// # Panics
/// There is no answer.
#[must_use]
#[track_caller]
pub fn get(url: &str) -> Value {
    let config = ureq::Agent::config_builder().timeout_global(Some(SOON)).proxy(None).build();
    let mut answer = config.new_agent().get(url).call().unwrap_or_else(|e| panic!("{url}: {e}"));
    answer.body_mut().read_json().unwrap_or_else(|e| panic!("{url}: {e}"))
}
