//! Transactions without a node: made, signed, combined, shown, encoded. The accounts are those of the development
//! network, so signatures are the same every time.

use std::fs;
use std::net::TcpListener;

use assert_cmd::Command;
use serde_json::Value;

/// A wallet with a home of its own and a clean environment; its node is an address where nobody listens.
struct Wallet {
    home: tempfile::TempDir,
    node: String,
}

struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl Answer {
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out
    }

    #[track_caller]
    fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    #[track_caller]
    fn fails(self, code: i32, part: &str) {
        assert_eq!(self.code, code, "{} {}", self.out, self.err);
        assert!(self.err.contains(part), "expected `{part}` in: {}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}

impl Wallet {
    fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { home: tempfile::tempdir().unwrap(), node: format!("http://127.0.0.1:{port}") }
    }

    fn run_with(&self, args: &[&str], stdin: &str) -> Answer {
        let mut command = Command::cargo_bin("agora").unwrap();
        command.env_clear().env("AGORA_HOME", self.home.path()).env("AGORA_NODE", &self.node);
        let output = command.args(args).write_stdin(stdin).output().unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn run(&self, args: &[&str]) -> Answer {
        self.run_with(args, "")
    }

    /// Runs a command, stores what it prints, and gives the file's path.
    fn store(&self, name: &str, args: &[&str]) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, self.run(args).ok()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn send(&self, from: &str, more: &[&str]) -> Vec<String> {
        let mut args =
            vec!["tx", "bank", "send", from, "bob", "1.5 AGO", "--gas", "200000", "--fees", "0.01 AGO"];
        args.extend(more);
        args.into_iter().map(str::to_owned).collect()
    }
}

fn words(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

#[test]
fn an_offline_transaction_is_signed_with_the_given_sequence_and_shown_for_people() {
    let wallet = Wallet::new();
    let file = wallet.store("signed.json", &words(&wallet.send("alice", &["--offline", "--sequence", "7"])));
    let tx: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(tx["auth_info"]["signer_infos"][0]["sequence"], "7");
    assert_eq!(tx["body"]["messages"][0]["amount"][0]["amount"], "1500000");
    assert_eq!(tx["auth_info"]["fee"]["amount"][0]["amount"], "10000");
    let shown = wallet.run(&["tx", "show", &file]).ok();
    for part in [
        "alice (agora1",
        "signed, sequence 7",
        "1.5 AGO",
        "0.01 AGO",
        "cosmos.bank.v1beta1.MsgSend",
        "bob (agora1",
    ] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
}

#[test]
fn signing_a_generated_file_gives_the_same_transaction_as_signing_at_once() {
    let wallet = Wallet::new();
    let unsigned = wallet.store("unsigned.json", &words(&wallet.send("alice", &["--generate-only"])));
    for mode in ["direct", "amino"] {
        let at_once = wallet
            .run(&words(&wallet.send("alice", &["--offline", "--sequence", "3", "--sign-mode", mode])))
            .json();
        let later = wallet
            .run(&[
                "tx",
                "sign",
                &unsigned,
                "--from",
                "alice",
                "--offline",
                "--sequence",
                "3",
                "--sign-mode",
                mode,
            ])
            .json();
        assert_eq!(at_once, later, "{mode}");
    }
    wallet
        .run(&["tx", "sign", &unsigned, "--from", "bob", "--offline", "--sequence", "3"])
        .fails(1, "alice must");
    wallet.run(&["tx", "sign", &unsigned, "--from", "alice", "--offline"]).fails(1, "--sequence");
    wallet.run(&["tx", "broadcast", &unsigned]).fails(1, "not signed by all");
}

#[test]
fn members_of_a_multisig_sign_apart_and_their_signatures_combine() {
    let wallet = Wallet::new();
    wallet.run(&["keys", "multisig", "create", "treasury", "--threshold", "2", "alice", "bob", "carol"]).ok();
    let unsigned = wallet.store("unsigned.json", &words(&wallet.send("treasury", &["--generate-only"])));
    let sign = |member: &str, sequence: &str| {
        let args = [
            "tx",
            "sign",
            &unsigned,
            "--from",
            member,
            "--multisig",
            "treasury",
            "--offline",
            "--sequence",
            sequence,
        ];
        wallet.store(&format!("{member}-{sequence}.json"), &args)
    };
    let (alice, carol, late) = (sign("alice", "0"), sign("carol", "0"), sign("carol", "1"));
    let combined = wallet.run(&["tx", "multisign", &unsigned, "treasury", &alice, &carol]).json();
    // All three keys are here, so the wallet can also do it alone; it takes the first members in key order.
    let alone = wallet.run(&words(&wallet.send("treasury", &["--offline", "--sequence", "0"]))).json();
    assert_eq!(alone["body"], combined["body"]);
    assert_eq!(
        alone["auth_info"]["signer_infos"][0]["public_key"],
        combined["auth_info"]["signer_infos"][0]["public_key"]
    );
    wallet.run(&["tx", "multisign", &unsigned, "treasury", &alice]).fails(1, "1 of 2");
    wallet.run(&["tx", "multisign", &unsigned, "treasury", &alice, &late]).fails(1, "sequence");
    wallet
        .run(&[
            "tx",
            "sign",
            &unsigned,
            "--from",
            "dave",
            "--multisig",
            "treasury",
            "--offline",
            "--sequence",
            "0",
        ])
        .fails(1, "not a member");
    // A signature of another transaction does not fit this one.
    let other =
        wallet.store("other.json", &words(&wallet.send("treasury", &["--generate-only", "--note", "x"])));
    wallet.run(&["tx", "multisign", &other, "treasury", &alice, &carol]).fails(1, "does not fit");
}

#[test]
fn a_fee_payer_signs_the_file_after_the_sender() {
    let wallet = Wallet::new();
    let unsigned = wallet
        .store("unsigned.json", &words(&wallet.send("alice", &["--generate-only", "--fee-payer", "carol"])));
    let sign = |file: &str, from: &str| {
        wallet.run(&["tx", "sign", file, "--from", from, "--offline", "--sequence", "0"])
    };
    let half = wallet
        .store("half.json", &["tx", "sign", &unsigned, "--from", "alice", "--offline", "--sequence", "0"]);
    assert!(wallet.run(&["tx", "show", &half]).ok().contains("not signed"));
    wallet.run(&["tx", "broadcast", &half]).fails(1, "not signed by all");
    let whole = sign(&half, "carol").json();
    assert_eq!(whole["signatures"].as_array().unwrap().len(), 2);
    // The other way round it is the same.
    let other = wallet
        .store("other.json", &["tx", "sign", &unsigned, "--from", "carol", "--offline", "--sequence", "0"]);
    assert_eq!(sign(&other, "alice").json(), whole);
}

#[test]
fn bytes_and_json_of_a_transaction_are_the_same_thing() {
    let wallet = Wallet::new();
    let file = wallet.store("signed.json", &words(&wallet.send("alice", &["--offline", "--sequence", "7"])));
    let json: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let base64 = wallet.run(&["tx", "encode", &file]).ok();
    let hex = wallet.run(&["tx", "encode", &file, "--hex"]).ok();
    assert_eq!(wallet.run(&["tx", "decode", base64.trim()]).json(), json);
    assert_eq!(wallet.run(&["tx", "decode", hex.trim()]).json(), json);
    assert_eq!(wallet.run_with(&["tx", "decode", "-"], &base64).json(), json);
    assert!(wallet.run(&["tx", "show", base64.trim()]).ok().contains("1.5 AGO"));
    for bad in ["AAAA", "0xzz", "{}", "hello"] {
        wallet.run(&["tx", "decode", bad]).fails(1, "error:");
    }
}

#[test]
fn several_messages_from_a_file_become_one_transaction() {
    let wallet = Wallet::new();
    let messages = r#"[{"@type":"/cosmos.bank.v1beta1.MsgSend","from_address":"alice","to_address":"bob","amount":"1 AGO"},
                       {"@type":"/cosmos.bank.v1beta1.MsgSend","from_address":"alice","to_address":"carol","amount":["2 AGO"]}]"#;
    let args = ["tx", "messages", "-", "--generate-only", "--gas", "1", "--fees", "1uago"];
    let tx = wallet.run_with(&args, messages).json();
    assert_eq!(tx["body"]["messages"].as_array().unwrap().len(), 2);
    assert_eq!(tx["body"]["messages"][1]["amount"][0]["amount"], "2000000");
    wallet.run_with(&args, "[]").fails(1, "no message");
    wallet.run_with(&args, r#"{"amount":"1 AGO"}"#).fails(1, "@type");
    wallet.run_with(&args, r#"{"@type":"/cosmos.bank.v1beta1.MsgSteal"}"#).fails(1, "MsgSteal");
}

#[test]
fn what_needs_a_node_says_so_with_exit_code_3() {
    let wallet = Wallet::new();
    let hash = "AB".repeat(32);
    for args in [
        vec!["status"],
        vec!["query", "bank", "balances", "alice"],
        vec!["query", "block"],
        vec!["tx", "show", &hash],
        vec!["tx", "bank", "send", "alice", "bob", "1 AGO", "--yes"],
        vec!["tx", "faucet", "alice"],
    ] {
        wallet.run(&args).fails(3, "cannot reach the node");
    }
    let error = wallet.run(&["status", "-o", "json"]);
    assert_eq!(error.code, 3);
    let json: Value = serde_json::from_str(&error.err).unwrap();
    assert_eq!(json["error"]["kind"], "unreachable");
    assert!(json["error"]["hint"].as_str().unwrap().contains("agora devnet"));
}

#[test]
fn doctor_checks_what_it_can_without_a_node_and_names_remedies() {
    let wallet = Wallet::new();
    let answer = wallet.run(&["doctor", "-o", "json"]);
    assert_eq!(answer.code, 3);
    let findings: Vec<Value> = serde_json::from_str(&answer.out).unwrap();
    let verdict = |check: &str| findings.iter().find(|one| one["check"] == check).unwrap()["verdict"].clone();
    assert_eq!(verdict("configuration"), "ok");
    assert_eq!(verdict("keyring"), "ok");
    assert_eq!(verdict("default key"), "warn");
    assert_eq!(verdict("node"), "fail");
    for finding in &findings {
        assert!(finding["verdict"] == "ok" || finding["remedy"].is_string(), "{finding}");
    }
}

#[test]
fn mistakes_on_the_command_line_are_explained() {
    let wallet = Wallet::new();
    wallet.run(&["tx", "bank", "send", "alice"]).fails(1, "<TO_ADDRESS>");
    wallet.run(&["tx", "bank", "sent"]).fails(1, "send");
    wallet.run(&words(&wallet.send("nobody", &["--generate-only"]))).fails(1, "nobody");
    wallet
        .run(&words(&wallet.send("alice", &["--generate-only", "--from", "bob"])))
        .fails(1, "`alice` must sign");
    wallet
        .run(&["tx", "bank", "send", "alice", "bob", "1 AOG", "--generate-only", "--gas", "1"])
        .fails(1, "did you mean `AGO`?");
    wallet
        .run(&["tx", "bank", "send", "alice", "bob", "1 AGO", "--offline", "--sequence", "0"])
        .fails(1, "--gas");
    wallet
        .run(&["tx", "bank", "send", "alice", "bob", "1 AGO", "--offline", "--sequence", "0", "--gas", "1"])
        .fails(1, "--fees");
    wallet.run(&["tx", "show", "nothing"]).fails(1, "no hash, no file");
    wallet.run(&["--chain-id", "agora-1", "tx", "faucet", "alice", "--faucet", "ftp://x"]).fails(1, "faucet");
}

#[test]
fn completions_and_manual_pages_cover_the_commands_of_modules() {
    let wallet = Wallet::new();
    let script = wallet.run(&["completions", "bash"]).ok();
    assert!(
        script.contains("bank") && script.contains("--gas-adjustment") && script.contains("denom-owners")
    );
    let pages = wallet.home.path().join("man");
    wallet.run(&["man", pages.to_str().unwrap()]).ok();
    for page in ["agora.1", "agora-tx-bank-send.1", "agora-query-bank-balances.1", "agora-doctor.1"] {
        assert!(pages.join(page).exists(), "{page}");
    }
}
