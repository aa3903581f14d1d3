//! Error codes are documented and unique; signers are those the definitions name.

use std::collections::{BTreeMap, BTreeSet};

use agora_framework::errors::sdk;
use agora_proto::options;
use agora_tests::TestChain;
use agora_tests::harness::Outcome;
use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

/// A line of the page of error codes.
struct Line {
    text: String,
    transactions: bool,
}

/// The page of error codes: what is documented of each codespace and code.
fn page() -> BTreeMap<(String, u32), Line> {
    let path = agora_tests::folder().join("../app/docs/error-codes.md");
    let text = std::fs::read_to_string(path).expect("the page of error codes");
    let mut lines = BTreeMap::new();
    for row in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| codespace")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [codespace, code, text, _, transactions] = cells[..] else { panic!("not five cells: {row}") };
        let line = Line { text: text.to_owned(), transactions: transactions == "yes" };
        let code = code.parse().expect("a code");
        assert!(lines.insert((codespace.to_owned(), code), line).is_none(), "{row} is there twice");
    }
    lines
}

/// Codespace and code of everything a transaction may answer: success, and what the page says of transactions.
pub(crate) fn of_transactions() -> BTreeSet<(String, u32)> {
    let documented = page().into_iter().filter(|(_, line)| line.transactions).map(|(code, _)| code);
    documented.chain([(String::new(), 0)]).collect()
}

/// Asserts that an outcome has a code a transaction may have, and a log that ends in its text.
#[track_caller]
pub(crate) fn assert_documented(outcome: &Outcome, allowed: &BTreeSet<(String, u32)>) {
    let verdict = (outcome.codespace.clone(), outcome.code);
    assert!(allowed.contains(&verdict), "{verdict:?} is not documented for transactions: {}", outcome.log);
}

#[test]
fn every_code_is_documented_with_its_text_and_nothing_else_is() {
    let lists = [
        sdk::ALL,
        agora_authz::ERRORS,
        agora_bank::ERRORS,
        agora_circuit::ERRORS,
        agora_dex::ERRORS,
        agora_distribution::ERRORS,
        agora_feegrant::ERRORS,
        agora_gov::ERRORS,
        agora_slashing::ERRORS,
        agora_staking::ERRORS,
        agora_upgrade::ERRORS,
    ];
    let registered: BTreeMap<(String, u32), String> = lists
        .iter()
        .copied()
        .flatten()
        .map(|code| ((code.codespace.to_owned(), code.code), code.text.to_owned()))
        .collect();
    let all: usize = lists.iter().map(|list| list.len()).sum();
    assert_eq!(registered.len(), all, "a code is registered twice");
    assert!(registered.keys().all(|(_, code)| *code > 1), "0 is success, 1 is the Cosmos SDK's own");
    let documented: BTreeMap<(String, u32), String> = page()
        .into_iter()
        .map(|(code, line)| (code, line.text))
        .filter(|((space, _), _)| space != "store")
        .collect();
    assert_eq!(documented, registered);
}

#[test]
fn the_codes_of_store_queries_are_those_documented() {
    let chain = TestChain::builder().build();
    let documented: Vec<(String, u32)> = page().into_keys().filter(|(space, _)| space == "store").collect();
    let mut seen = BTreeSet::new();
    for (path, prove, height) in
        [("/store/bank/key", false, 0), ("/store/nothing/key", false, 0), ("/store/bank/key", true, 9)]
    {
        let request = tendermint_proto::v0_38::abci::RequestQuery {
            path: path.to_owned(),
            data: if seen.is_empty() { vec![].into() } else { vec![1].into() },
            prove,
            height,
        };
        let answer = tendermint_abci::Application::query(chain.app(), request);
        seen.insert((answer.codespace, answer.code));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), documented);
}

/// A message whose every text names its own place, two entries in each list.
fn filled(descriptor: &MessageDescriptor, path: &str, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        if let Some(value) = filled_field(&field, &format!("{path}.{}", field.name()), depth) {
            message.set_field(&field, value);
        }
    }
    message
}

fn filled_field(field: &FieldDescriptor, path: &str, depth: u32) -> Option<Value> {
    let one = |path: String| match field.kind() {
        Kind::String => Some(Value::String(path)),
        Kind::Message(inner) if depth < 4 && !inner.full_name().starts_with("google.protobuf") => {
            Some(Value::Message(filled(&inner, &path, depth + 1)))
        }
        _ => None,
    };
    if field.is_map() {
        None
    } else if field.is_list() {
        Some(Value::List(vec![one(format!("{path}[0]"))?, one(format!("{path}[1]"))?]))
    } else {
        one(path.to_owned())
    }
}

/// The texts of the fields that the definition names as signers.
fn defined_signers(message: &DynamicMessage) -> Vec<String> {
    let descriptor = prost_reflect::ReflectMessage::descriptor(message);
    let mut found = Vec::new();
    for name in options::signer_fields(&descriptor) {
        let value = message.get_field_by_name(&name).expect("a field that exists").into_owned();
        for value in value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec) {
            match value {
                Value::String(text) => found.push(text),
                Value::Message(inner) => found.extend(defined_signers(&inner)),
                other => panic!("{name} is {other:?}"),
            }
        }
    }
    found
}

#[test]
fn the_signers_of_every_message_are_those_its_definition_names() {
    let chain = TestChain::builder().build();
    let registry = chain.runtime().registry();
    let mut checked = 0;
    for (url, _) in registry.message_types() {
        let descriptor = registry.pool().get_message_by_name(&url[1..]).expect("a definition");
        let named = options::signer_fields(&descriptor);
        assert!(!named.is_empty(), "{url} has no cosmos.msg.v1.signer");
        // The texts must be addresses for the registry to read them: one address for each place.
        let message = filled(&descriptor, url, 0);
        let expected: Vec<String> = defined_signers(&message).iter().map(|path| address_of(path)).collect();
        let message = with_addresses(message);
        let any = prost_types::Any { type_url: url.to_owned(), value: message.encode_to_vec() };
        let decoded = registry.decode(&any).expect("a message");
        let signers: Vec<String> =
            decoded.signers().expect("addresses").iter().map(ToString::to_string).collect();
        assert_eq!(signers, expected, "{url}");
        checked += 1;
    }
    assert!(checked >= 6, "{checked} messages");
}

fn address_of(path: &str) -> String {
    agora_primitives::Address::from_sha256(path.as_bytes()).to_string()
}

/// Every text replaced by the address made of it.
fn with_addresses(message: DynamicMessage) -> DynamicMessage {
    let mut out = message.clone();
    for (field, value) in message.fields() {
        // An operator is named with a prefix of its own.
        let operator =
            options::field_options(&field).scalar.as_deref() == Some("cosmos.ValidatorAddressString");
        out.set_field(&field, addresses(value.clone(), operator));
    }
    out
}

fn addresses(value: Value, operator: bool) -> Value {
    match value {
        Value::String(path) if operator => {
            let address = agora_primitives::Address::from_sha256(path.as_bytes());
            Value::String(address.to_bech32(agora_primitives::BECH32_VALOPER_PREFIX))
        }
        Value::String(path) => Value::String(address_of(&path)),
        Value::Message(inner) => Value::Message(with_addresses(inner)),
        Value::List(items) => Value::List(items.into_iter().map(|item| addresses(item, operator)).collect()),
        other => other,
    }
}
