//! The scripts of `tests/clients`, each against a node of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use agora_genesis::dev_accounts::DEV_ACCOUNTS;

use agora_tests::process::{Kind, Node, Running, guarded, skip};

/// How long a script may take; it bounds each of its checks itself.
const LIMIT: Duration = Duration::from_secs(300);
/// The oldest Node.js that the packages run on.
const NODE_MAJOR: u32 = 20;

fn folder() -> PathBuf {
    agora_tests::folder().join("clients")
}

/// Whether the scripts can run: Node.js is there, and their packages, which are installed if they are missing.
fn can_run() -> bool {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let version = Command::new("node").arg("--version").output().ok();
    let version =
        version.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR) {
        skip(&format!("Node.js {NODE_MAJOR} or newer is needed, found {version:?}; run: make prerequisites"));
        return false;
    }
    // Another test may have panicked meanwhile: what counts is what is there.
    let _one = INSTALLING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if folder().join("node_modules/.package-lock.json").exists() {
        return true;
    }
    let install = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder())
        .stdin(Stdio::null())
        .output();
    match install {
        Ok(done) if done.status.success() => true,
        Ok(done) => {
            skip(&format!("npm ci failed in tests/clients: {}", String::from_utf8_lossy(&done.stderr)));
            false
        }
        Err(error) => {
            skip(&format!("npm is needed for tests/clients: {error}"));
            false
        }
    }
}

/// Runs the scripts against `node`, one after the other; fails with what they printed.
#[track_caller]
fn run(node: &Node, clients: &[&str]) {
    for client in clients {
        let out = node.home.path().join(format!("{client}.tap"));
        let mut command = guarded(Path::new("node"));
        command.arg("run.mjs").current_dir(folder().join(client)).stdin(Stdio::null());
        let file = File::create(&out).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        for name in ["AGORA_SKIP", "AGORA_ONLY", "AGORA_DENOM", "AGORA_PREFIX", "AGORA_GAS_PRICE"] {
            command.env_remove(name);
        }
        for (name, field) in [
            ("AGORA_RPC", "rpc"),
            ("AGORA_REST", "rest"),
            ("AGORA_GRPC", "grpc"),
            ("AGORA_FAUCET", "faucet"),
            ("AGORA_CHAIN_ID", "chain_id"),
        ] {
            command.env(name, node.field(field));
        }
        for account in &DEV_ACCOUNTS {
            command.env(format!("AGORA_MNEMONIC_{}", account.name.to_uppercase()), account.mnemonic);
        }
        let mut script = Running::spawn(&mut command);
        let begun = Instant::now();
        let exit = loop {
            match script.exit() {
                None if begun.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(50)),
                exit => break exit,
            }
        };
        let printed = fs::read_to_string(&out).unwrap_or_default();
        let passed = exit.is_some_and(|exit| exit.success());
        let how = exit.map_or_else(|| format!("did not end within {LIMIT:?}"), |exit| exit.to_string());
        assert!(passed, "{client} failed: {how}\n{printed}\nthe node's log:\n{}", node.log());
        // What passed must have been checked: the plan is the last but one line.
        assert!(
            printed.contains("\nok 2 - ") && printed.contains("\n1.."),
            "{client} checked nothing:\n{printed}"
        );
    }
}

#[test]
fn cosmjs_works_with_a_devnet() {
    if can_run()
        && let Some(node) = Node::start(Kind::Devnet)
    {
        run(&node, &["cosmjs-0.39", "cosmjs-0.32"]);
    }
}

#[test]
fn cosmjs_works_with_a_node_under_cometbft() {
    if can_run()
        && let Some(node) = Node::start(Kind::Comet)
    {
        run(&node, &["cosmjs-0.39", "cosmjs-0.32"]);
    }
}

#[test]
fn keplr_interchainjs_and_grpc_clients_work_with_a_devnet() {
    if can_run()
        && let Some(node) = Node::start(Kind::Devnet)
    {
        run(&node, &["keplr", "interchain", "grpc"]);
    }
}

#[test]
fn keplr_interchainjs_and_grpc_clients_work_with_a_node_under_cometbft() {
    if can_run()
        && let Some(node) = Node::start(Kind::Comet)
    {
        run(&node, &["keplr", "interchain", "grpc"]);
    }
}

/// Both ways: what the package says of its messages holds, and what it forbids is refused.
#[test]
fn the_types_of_the_client_package_pass_the_strict_compiler_and_refuse_what_is_wrong() {
    if !can_run() {
        return;
    }
    let compiler = folder().join("node_modules/typescript/bin/tsc");
    if !compiler.exists() {
        return skip("the TypeScript compiler is missing; run: cd tests/clients && npm ci --ignore-scripts");
    }
    for project in ["tsconfig.json", "tsconfig.cosmjs.json"] {
        let mut command = Command::new("node");
        command
            .arg(&compiler)
            .args(["--noEmit", "--strict", "--project"])
            .arg(folder().join("types").join(project));
        let done = command.stdin(Stdio::null()).output().unwrap();
        assert!(done.status.success(), "{project}:\n{}", String::from_utf8_lossy(&done.stdout));
    }
}
