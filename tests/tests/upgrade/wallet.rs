//! The wallet of this release, as a person uses it at a terminal.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use agora_genesis::dev_accounts::{VALIDATOR, operator};
use agora_tests::program;
use serde_json::Value;

/// Keys in a folder, and the node that is asked.
pub(crate) struct Wallet {
    folder: PathBuf,
    rpc: String,
    rest: String,
}

impl Wallet {
    /// The wallet in `folder`, over this node.
    pub(crate) fn new(folder: &Path, rpc: &str, rest: &str) -> Self {
        Self { folder: folder.to_owned(), rpc: rpc.to_owned(), rest: rest.to_owned() }
    }

    /// Runs a command that has to succeed; gives what it printed.
    fn run(&self, args: &[&str], input: &str) -> Value {
        let mut child = Command::new(program())
            .args(args)
            .current_dir(&self.folder)
            .env_clear()
            .env("HOME", &self.folder)
            .env("AGORA_NODE", &self.rpc)
            .env("AGORA_REST", &self.rest)
            .env("AGORA_OUTPUT", "json")
            .env("AGORA_KEYRING_BACKEND", "test")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "agora {args:?} ended with {}\n{out}\n{err}", output.status);
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("agora {args:?}: {e}: {out}"))
    }

    /// Adds the key of the account that operates a validator; gives its name.
    pub(crate) fn recover_operator(&self, index: usize) -> String {
        let name = format!("operator{index}");
        let key = self.run(&["keys", "recover", &name, "--index", &index.to_string()], VALIDATOR.mnemonic);
        assert_eq!(key["address"], operator(index).unwrap().to_string());
        name
    }

    /// Writes a file that commands name with `@`.
    pub(crate) fn write(&self, name: &str, json: &Value) {
        fs::write(self.folder.join(name), json.to_string()).unwrap();
    }

    /// Sends a transaction and waits for the block that has it.
    pub(crate) fn send(&self, from: &str, command: &[&str]) {
        let mut args = vec!["tx"];
        args.extend(command);
        args.extend(["--from", from, "--yes"]);
        let sent = self.run(&args, "");
        assert_eq!(sent["code"], 0, "{args:?}: {sent}");
    }
}
