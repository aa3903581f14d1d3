//! The README's promise: every command of its tour works as printed, and so do those a devnet greets with.
//!
//! The commands run against a devnet on free ports; the printed ports are the defaults, so settings come from the
//! environment and URLs are rewritten. Passwords come from the environment, too, because nobody is at a terminal.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use agora_tests::program;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The longest a command may take, and the start and the stop of the network.
const PATIENCE: Duration = Duration::from_secs(60);

/// The section of the README that is run.
const TOUR: &str = "## Five minutes";

/// What a command has to print: its beginning, and a part of its output. Each must match at least one command.
const EXPECTED: &[(&str, &str)] = &[
    ("agora status", "agora-dev-1"),
    ("agora keys create savings", "mnemonic"),
    ("agora keys list", "savings"),
    ("agora tx faucet savings", "AGO"),
    ("agora query bank balances savings", "10 AGO"),
    ("agora tx bank send alice bob \"1.5 AGO\" --dry-run", "+1.5 AGO"),
    ("agora tx bank send alice bob \"1.5 AGO\" --yes", "success"),
    ("agora query bank balances bob", "1000001.5 AGO"),
    ("agora query txs", "MsgSend"),
    ("agora query bank balance bob uago --output json", "\"1000001500000\""),
    ("curl -s http://127.0.0.1:1317", "\"1000001500000\""),
    ("curl -s http://127.0.0.1:26657", "\"agora-dev-1\""),
    ("agora keys multisig create treasury", "2 of 3"),
    ("agora tx show tx.json", "not signed"),
    ("agora tx broadcast signed.json", "success"),
    ("agora query bank balances treasury", "14.9"),
    ("agora query dex pools", "concentrated"),
    ("agora tx dex swap \"10 AGO\" USDC --from alice --dry-run", "price impact"),
    ("agora tx dex swap \"10 AGO\" USDC --from alice --yes", "success"),
    ("agora tx dex swap \"0.01 BTC\"", "+0.01 BTC"),
    ("agora tx dex create-pool", "success"),
    ("agora query dex pair AGO USDT", "1 AGO = 5 USDT"),
    ("agora tx dex provide", "success"),
    ("agora tx dex swap \"2000 AGO\"", "success"),
    ("agora query dex positions carol", "AGO"),
    ("agora query dex chart", "price"),
    ("agora tx distribution fund-community-pool", "success"),
    ("agora tx gov submit-proposal", "success"),
    ("agora tx gov vote", "success"),
    ("agora query gov proposals", "PROPOSAL_STATUS_PASSED"),
    ("agora query distribution params", "0.05"),
    ("agora query gov proposal 2", "PROPOSAL_STATUS_PASSED"),
    ("agora query gov proposal 3", "community pool does not have sufficient coins"),
    ("agora load", "throughput"),
    ("agora doctor", "ok"),
];

/// A devnet of the real program on free ports.
struct Network {
    child: Child,
    greeting: Vec<String>,
}

impl Network {
    fn start(home: &Path) -> Self {
        let mut child = Command::new(program())
            .arg("--home")
            .arg(home)
            .args(["devnet", "--block-interval", "0.2"])
            .args(["--rpc-port", "0", "--grpc-port", "0", "--rest-port", "0", "--faucet-port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (lines, greeted) = mpsc::channel();
        // Reads on after the greeting, so that the pipe never fills.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = lines.send(line);
            }
        });
        let mut network = Self { child, greeting: Vec::new() };
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = greeted.recv_timeout(left).expect("the devnet greets");
            let last = line.contains("Ctrl-C stops");
            network.greeting.push(line);
            if last {
                return network;
            }
        }
    }

    /// The address behind a label of the greeting, without a scheme.
    fn address(&self, label: &str) -> &str {
        let line = self.greeting.iter().find_map(|line| line.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in {:#?}", self.greeting))
            .trim()
            .trim_start_matches("http://")
    }

    /// The commands it proposes to try.
    fn proposals(&self) -> Vec<String> {
        let after = self.greeting.iter().skip_while(|line| !line.starts_with("Try"));
        after.filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
    }

    /// Stops it as Ctrl-C does; says whether it ended well.
    fn stop(&mut self) -> bool {
        let _ = kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGINT);
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.success();
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A newcomer's second terminal.
struct Terminal<'a> {
    network: &'a Network,
    folder: PathBuf,
}

impl Terminal<'_> {
    /// Runs one line in a shell, bounded in time.
    fn run(&self, line: &str) -> Output {
        let address = |label| self.network.address(label).to_owned();
        let script = line
            .replace("127.0.0.1:1317", self.network.address("REST"))
            .replace("127.0.0.1:26657", self.network.address("RPC"));
        if script.starts_with("curl ") && Command::new("curl").arg("--version").output().is_err() {
            return fetch(script.split(' ').next_back().unwrap());
        }
        let folder = program().parent().unwrap().to_owned();
        let path = std::env::var("PATH").unwrap_or_default();
        let child = Command::new("sh")
            .args(["-eu", "-c", &script])
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("HOME", &self.folder)
            .env("AGORA_NODE", format!("http://{}", address("RPC")))
            .env("AGORA_REST", format!("http://{}", address("REST")))
            .env("AGORA_GRPC", format!("http://{}", address("gRPC")))
            .env("AGORA_FAUCET", format!("http://{}", address("Faucet")))
            .env("AGORA_PASSWORD", "a password of the tour")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (done, ended) = mpsc::channel();
        thread::spawn(move || done.send(child.wait_with_output()));
        ended.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("`{line}` took too long")).unwrap()
    }

    /// Runs a line that has to succeed; gives what it printed.
    fn succeed(&self, line: &str) -> String {
        let output = self.run(line);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "`{line}` ended with {}\n{out}\n{err}", output.status);
        out.into_owned()
    }
}

/// What `curl` would print, where there is none.
fn fetch(url: &str) -> Output {
    let body = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
    Output { status: Default::default(), stdout: body.into_bytes(), stderr: Vec::new() }
}

/// The lines of the tour's shell blocks.
fn tour() -> Vec<String> {
    let readme = agora_tests::folder().join("../README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let section = text.split_once(TOUR).expect("the README has a tour").1;
    let section = section.split("\n## ").next().unwrap();
    let mut lines = Vec::new();
    let mut inside = false;
    for line in section.lines() {
        match line {
            "```sh" => inside = true,
            _ if line.starts_with("```") => inside = false,
            "" => {}
            _ if inside => lines.push(line.to_owned()),
            _ => {}
        }
    }
    lines
}

#[test]
fn every_command_of_the_tour_works_as_printed() {
    let home = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::start(home.path());
    let lines = tour();
    let mut missed: Vec<_> = EXPECTED.to_vec();
    let terminal = Terminal { network: &network, folder: folder.path().to_owned() };
    for line in &lines {
        let printed = terminal.succeed(line);
        if let Some(&(_, part)) = EXPECTED.iter().find(|(start, _)| line.starts_with(start)) {
            assert!(printed.contains(part), "`{line}` does not print {part:?}:\n{printed}");
        }
        missed.retain(|(start, _)| !line.starts_with(start));
    }
    assert!(missed.is_empty(), "the tour has no command that begins so: {missed:?}");
    assert!(network.stop(), "the network does not end well when it is interrupted");
}

#[test]
fn the_commands_a_devnet_greets_with_work() {
    let home = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let network = Network::start(home.path());
    let terminal = Terminal { network: &network, folder: folder.path().to_owned() };
    let proposals = network.proposals();
    assert!(proposals.len() >= 3, "{:#?}", network.greeting);
    for line in proposals {
        // Nobody is there to answer the question.
        let line = if line.starts_with("agora tx ") { format!("{line} --yes") } else { line };
        terminal.succeed(&line);
    }
}
