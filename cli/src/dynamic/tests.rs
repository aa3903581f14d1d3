//! Arguments become messages.

use std::path::PathBuf;

use clap::Command;
use prost_reflect::DynamicMessage;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::tree::{Group, Purpose, groups};
use super::{Definitions, Resolve, Served, signers};
use crate::amount::{Coin, DenomTable};
use crate::error::{CliError, Result};

const ALICE: &str = "agora10su08g33ut3us653y3gc99fgc4e65rgfwq2pd3";
const BOB: &str = "agora1l7n4cpef2l6hy9480gtwc6ru5x4u2gv702skp0";

/// A wallet that knows alice, bob and AGO.
struct Wallet;

impl Resolve for Wallet {
    fn address(&self, text: &str) -> Result<String> {
        match text {
            "alice" | ALICE => Ok(ALICE.to_owned()),
            "bob" | BOB => Ok(BOB.to_owned()),
            _ => Err(CliError::usage(format!("`{text}` is not known"))),
        }
    }

    fn role_address(&self, text: &str, role: &str) -> Result<String> {
        self.address(text)?.parse::<crate::address::Address>()?.with_prefix(&format!("agora{role}"))
    }

    fn coin(&self, text: &str) -> Result<Coin> {
        DenomTable::builtin().parse(text)
    }

    fn coins(&self, text: &str) -> Result<Vec<Coin>> {
        DenomTable::builtin().parse_all(text)
    }

    fn denom(&self, text: &str) -> Result<String> {
        Ok(self.coin(&format!("0 {text}"))?.denom)
    }

    fn public_key(&self, text: &str) -> Result<Value> {
        serde_json::from_str(text).map_err(|error| CliError::usage(error.to_string()))
    }

    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH
    }
}

fn everything() -> Definitions {
    let pool = agora_proto::descriptor_pool();
    let packages = pool.services().map(|service| service.package_name().to_owned()).collect();
    Definitions::new(pool, Served { packages, ..Served::default() })
}

fn find<'a>(groups: &'a [Group], name: &str) -> &'a Group {
    groups.iter().find(|group| group.name == name).unwrap()
}

/// The message that words after `agora tx` or `agora query` stand for.
fn message(purpose: Purpose, words: &[&str]) -> Result<DynamicMessage> {
    let definitions = everything();
    let groups = groups(&definitions, purpose);
    let group = find(&groups, words[0]);
    let matches = Command::new("root")
        .subcommand(group.command(|leaf| leaf))
        .try_get_matches_from(std::iter::once(&"root").chain(words))
        .map_err(|error| CliError::usage(error.to_string()))?;
    let (_, inner) = matches.subcommand().unwrap();
    let (name, arguments) = inner.subcommand().unwrap();
    group.find(name).unwrap().message(&definitions, arguments, &Wallet, Some(BOB))
}

fn tx(words: &[&str]) -> Value {
    let message = message(Purpose::Tx, words).unwrap_or_else(|error| panic!("{}", error.to_text()));
    everything().json().to_value(&message).unwrap()
}

fn query(words: &[&str]) -> Value {
    let message = message(Purpose::Query, words).unwrap_or_else(|error| panic!("{}", error.to_text()));
    everything().json().to_value(&message).unwrap()
}

fn refused(purpose: Purpose, words: &[&str]) -> String {
    message(purpose, words).unwrap_err().to_text()
}

fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("message.json");
    std::fs::write(&path, content).unwrap();
    (dir, path)
}

#[test]
fn a_send_is_made_of_names_and_display_units_quoted_or_not() {
    let wanted = json!({
        "from_address": ALICE, "to_address": BOB, "amount": [{ "denom": "uago", "amount": "1500000" }],
    });
    assert_eq!(tx(&["bank", "send", "alice", "bob", "1.5 AGO"]), wanted);
    assert_eq!(tx(&["bank", "send", "alice", "bob", "1.5", "AGO"]), wanted);
    assert_eq!(tx(&["bank", "send", ALICE, BOB, "1500000uago"]), wanted);
    let two = tx(&["bank", "send", "alice", "bob", "1.5 AGO, 2ibc/ABC"]);
    assert_eq!(two["amount"][0], json!({ "denom": "ibc/ABC", "amount": "2" }));
}

#[test]
fn what_is_wrong_is_named_with_its_argument() {
    let text = refused(Purpose::Tx, &["bank", "send", "alice", "mallory", "1 AGO"]);
    assert!(text.contains("TO_ADDRESS cannot be used") && text.contains("`mallory`"), "{text}");
    let text = refused(Purpose::Tx, &["bank", "send", "alice", "bob", "1 AOG"]);
    assert!(text.contains("AMOUNT cannot be used") && text.contains("did you mean `AGO`?"), "{text}");
    assert!(refused(Purpose::Tx, &["bank", "send", "alice"]).contains("required"));
    let text = refused(Purpose::Query, &["comet", "block-by-height", "minus"]);
    assert!(text.contains("height"), "{text}");
}

#[test]
fn the_signer_is_filled_in_unless_it_is_given() {
    let unjail = |words: &[&str]| tx(words)["proposer"].clone();
    let words = ["gov", "cancel-proposal", "7"];
    assert_eq!(unjail(&words), BOB, "the signer passed in");
    assert_eq!(unjail(&["gov", "cancel-proposal", "7", "--proposer", "alice"]), ALICE);
}

#[test]
fn fields_of_every_kind_are_read() {
    let create = tx(&[
        "staking",
        "create-validator",
        "--description",
        r#"{"moniker":"a"}"#,
        "--commission",
        r#"{"rate":"0.1","max_rate":"0.2","max_change_rate":"0.01"}"#,
        "--min-self-delegation",
        "1",
        "--pubkey",
        r#"{"@type":"/cosmos.crypto.ed25519.PubKey","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#,
        "--value",
        "2 AGO",
        "--validator-address",
        "alice",
    ]);
    assert_eq!(create["value"]["amount"], "2000000");
    assert_eq!(create["commission"]["rate"], "0.100000000000000000");
    assert!(create["validator_address"].as_str().unwrap().starts_with("agoravaloper1"));
    let vote = tx(&["gov", "vote", "7", "yes"]);
    assert_eq!((&vote["proposal_id"], &vote["option"]), (&json!("7"), &json!("VOTE_OPTION_YES")));
    assert!(refused(Purpose::Tx, &["gov", "vote", "7", "yse"]).contains("did you mean `yes`?"));
}

#[test]
fn names_and_amounts_inside_json_are_resolved() {
    let inputs = r#"{"address":"alice","coins":"1.5 AGO"}"#;
    let outputs = r#"[{"address":"bob","coins":["1 AGO"]},{"address":"alice","coins":[{"denom":"uago","amount":"5"}]}]"#;
    let multi = tx(&["bank", "multi-send", "--inputs", inputs, "--outputs", outputs]);
    assert_eq!(multi["inputs"][0]["address"], ALICE);
    assert_eq!(multi["inputs"][0]["coins"][0]["amount"], "1500000");
    assert_eq!(multi["outputs"][0]["coins"][0], json!({ "denom": "uago", "amount": "1000000" }));
    assert_eq!(multi["outputs"][1]["coins"][0]["amount"], "5");
    assert!(
        refused(Purpose::Tx, &["bank", "multi-send", "--inputs", r#"{"adress":"alice"}"#]).contains("adress")
    );
    assert!(refused(Purpose::Tx, &["bank", "multi-send", "--inputs", "{"]).contains("not JSON"));
    let deep = format!("{}1{}", r#"{"a":"#.repeat(500), "}".repeat(500));
    assert!(refused(Purpose::Tx, &["bank", "multi-send", "--inputs", &deep]).contains("--inputs"));
}

#[test]
fn a_message_from_a_file_may_be_changed_by_arguments() {
    let (_dir, path) = file(
        r#"{"@type":"/cosmos.bank.v1beta1.MsgSend","from_address":"alice","toAddress":"alice","amount":["1 AGO"]}"#,
    );
    let path = path.to_str().unwrap();
    let sent = tx(&["bank", "send", "--json", path]);
    assert_eq!((&sent["from_address"], &sent["to_address"]), (&json!(ALICE), &json!(ALICE)));
    let sent = tx(&["bank", "send", "alice", "bob", "2 AGO", "--json", path]);
    assert_eq!((&sent["to_address"], &sent["amount"][0]["amount"]), (&json!(BOB), &json!("2000000")));
    assert!(refused(Purpose::Tx, &["bank", "multi-send", "--json", path]).contains("MsgSend"));
    assert!(refused(Purpose::Tx, &["bank", "send", "--json", "/nowhere"]).contains("/nowhere"));
}

#[test]
fn page_flags_become_a_page_request() {
    let all = query(&["bank", "balances", "alice"]);
    assert_eq!(all["pagination"], Value::Null);
    let page = query(&[
        "bank",
        "balances",
        "alice",
        "--limit",
        "5",
        "--page-key",
        "AAE=",
        "--reverse",
        "--count-total",
    ]);
    assert_eq!(
        page["pagination"],
        json!({ "key": "AAE=", "offset": "0", "limit": "5", "count_total": true, "reverse": true })
    );
    assert!(
        refused(Purpose::Query, &["bank", "balances", "alice", "--page-key", "AAE=", "--offset", "1"])
            .contains("--offset")
    );
    assert!(refused(Purpose::Query, &["bank", "balances", "alice", "--page-key", "!"]).contains("base64"));
}

#[test]
fn fields_that_were_superseded_do_not_take_flags_from_their_successors() {
    let search = query(&["tx", "search", "tx.height>5", "--limit", "3", "--page", "2"]);
    assert_eq!(
        (&search["query"], &search["limit"], &search["page"]),
        (&json!("tx.height>5"), &json!("3"), &json!("2"))
    );
    assert_eq!(search["pagination"], Value::Null);
    assert!(refused(Purpose::Query, &["tx", "search", "x", "--events", "y"]).contains("--events"));
}

#[test]
fn a_denom_may_be_given_by_its_symbol() {
    assert_eq!(query(&["bank", "balance", "alice", "AGO"])["denom"], "uago");
}

#[test]
fn every_example_of_the_definitions_is_a_command_line_that_parses() {
    let definitions = everything();
    let mut tried = 0;
    for purpose in [Purpose::Query, Purpose::Tx] {
        for group in groups(&definitions, purpose) {
            for leaf in &group.leaves {
                let example = agora_proto::options::cli_command(leaf.method()).example;
                if example.is_empty() {
                    continue;
                }
                let mut words = vec!["root".to_owned(), group.name.clone(), leaf.name().to_owned()];
                words.extend(split(&example));
                let command = Command::new("root").subcommand(group.command(|leaf| {
                    // What all transactions take may be part of an example.
                    leaf.arg(clap::Arg::new("from").long("from"))
                }));
                if let Err(error) = command.try_get_matches_from(&words) {
                    panic!("{words:?}: {error}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

/// Words as a shell splits them, for single and double quotes.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    for c in text.chars() {
        match (quote, c) {
            (None, '\'' | '"') => (quote, any) = (Some(c), true),
            (Some(open), c) if c == open => quote = None,
            (None, c) if c.is_whitespace() => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (_, c) => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}

#[test]
fn the_signers_of_a_message_follow_from_its_definition() {
    let of = |words: &[&str]| signers::signers_of(&message(Purpose::Tx, words).unwrap()).unwrap();
    assert_eq!(of(&["bank", "send", "alice", "bob", "1 AGO"]), [ALICE]);
    let inputs = r#"[{"address":"alice","coins":["1 AGO"]},{"address":"bob","coins":[]},{"address":"alice","coins":[]}]"#;
    assert_eq!(of(&["bank", "multi-send", "--inputs", inputs]), [ALICE, BOB]);
    let request = message(Purpose::Query, &["bank", "balances", "alice"]).unwrap();
    assert!(signers::signers_of(&request).unwrap_err().to_string().contains("not a message"));
}
