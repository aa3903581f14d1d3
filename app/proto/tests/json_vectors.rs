//! The JSON of messages against recorded answers of a Cosmos SDK node.

mod common;

use agora_proto::descriptor_pool;
use agora_proto::json::JsonCodec;
use agora_proto::prost::Message as _;
use agora_proto::prost_reflect::{DynamicMessage, MessageDescriptor};
use common::{base64, text, vectors};
use serde_json::Value;

/// Its body is empty, hence absent on the wire; the SDK's own decoder then shows an empty body, not `null`.
const WITHOUT_BODY: &str = "ante_no_messages";

fn response_of(rpc: &str) -> Option<MessageDescriptor> {
    let (service, method) = rpc.split_once('/')?;
    let service = descriptor_pool().get_service_by_name(service)?;
    service.methods().find(|m| m.name() == method).map(|m| m.output())
}

/// The first place where two JSON values differ, the order of keys included.
fn difference(path: &str, found: &Value, wanted: &Value) -> Option<String> {
    match (found, wanted) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = |m: &serde_json::Map<String, Value>| m.keys().cloned().collect::<Vec<_>>();
            if keys(a) != keys(b) {
                return Some(format!("{path}: keys {:?} instead of {:?}", keys(a), keys(b)));
            }
            a.iter().find_map(|(k, v)| difference(&format!("{path}.{k}"), v, &b[k]))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{path}[{i}]"), a, b))
        }
        _ if found == wanted => None,
        _ => Some(format!("{path}: {found} instead of {wanted}")),
    }
}

#[test]
fn recorded_transactions_have_the_recorded_json() {
    let codec = JsonCodec::new(descriptor_pool());
    let mut wrong = Vec::new();
    let mut checked = 0;
    for tx in vectors("transactions.json") {
        let Some(wanted) = tx.get("json").filter(|_| tx["name"] != WITHOUT_BODY) else { continue };
        checked += 1;
        // Tx and TxRaw have the same wire format.
        let bytes = base64(text(&tx, "tx"));
        match codec.encode_value("cosmos.tx.v1beta1.Tx", &bytes) {
            Ok(found) => wrong.extend(difference(text(&tx, "name"), &found, wanted)),
            Err(e) => wrong.push(format!("{}: {e}", text(&tx, "name"))),
        }
    }
    assert!(checked > 200, "{checked}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_json_of_a_recorded_transaction_reads_back_to_its_bytes() {
    let codec = JsonCodec::new(descriptor_pool());
    let desc = descriptor_pool().get_message_by_name("cosmos.tx.v1beta1.Tx").unwrap();
    let mut checked = 0;
    for tx in vectors("transactions.json") {
        let Some(json) = tx.get("json").filter(|_| tx["name"] != WITHOUT_BODY) else { continue };
        let wire = DynamicMessage::decode(desc.clone(), base64(text(&tx, "tx")).as_slice()).unwrap();
        let read =
            codec.from_json_strict(desc.clone(), json).unwrap_or_else(|e| panic!("{}: {e}", tx["name"]));
        // Bytes may differ in spelled-out defaults, so what is compared is what they say.
        assert_eq!(codec.to_value(&read).unwrap(), codec.to_value(&wire).unwrap(), "{}", tx["name"]);
        checked += 1;
    }
    assert!(checked > 200, "{checked}");
}

#[test]
fn recorded_answers_read_strictly_are_written_back_unchanged() {
    let codec = JsonCodec::new(descriptor_pool());
    let mut wrong = Vec::new();
    let mut checked = 0;
    for answer in vectors("rest.json") {
        let Some(desc) = response_of(text(&answer, "rpc")) else { continue };
        let name = text(&answer, "name");
        match codec.from_json_strict(desc, &answer["body"]).and_then(|m| codec.to_value(&m)) {
            Ok(found) => wrong.extend(difference(name, &found, &answer["body"])),
            Err(e) => wrong.push(format!("{name}: {e}")),
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 150, "{checked}");
}

#[test]
fn grpc_answers_are_written_as_rest_shows_them() {
    let codec = JsonCodec::new(descriptor_pool());
    let rest = vectors("rest.json");
    let mut same = 0;
    for call in vectors("grpc.json") {
        let Some(desc) = response_of(text(&call, "rpc")) else { continue };
        let bytes = base64(text(&call, "response"));
        let json =
            codec.encode_value(desc.full_name(), &bytes).unwrap_or_else(|e| panic!("{}: {e}", call["name"]));
        if rest.iter().any(|r| r["rpc"] == call["rpc"] && difference("", &json, &r["body"]).is_none()) {
            same += 1;
        }
        let read = codec.from_json_strict(desc.clone(), &json).unwrap();
        assert_eq!(codec.to_value(&read).unwrap(), json, "{}", call["name"]);
        let wire = DynamicMessage::decode(desc, bytes.as_slice()).unwrap();
        assert_eq!(read.encode_to_vec().len(), wire.encode_to_vec().len(), "{}", call["name"]);
    }
    // Heights and balances move between the two recordings; parameters and the like do not.
    assert!(same >= 5, "{same}");
}

#[test]
fn recorded_genesis_states_read_strictly_are_written_back_unchanged() {
    let codec = JsonCodec::new(descriptor_pool());
    for module in vectors("genesis.json") {
        let name = text(&module, "message");
        let desc = descriptor_pool().get_message_by_name(name).unwrap_or_else(|| panic!("{name} is missing"));
        let state = codec.from_json_strict(desc, &module["state"]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let found = codec.to_value(&state).unwrap();
        assert_eq!(difference(name, &found, &module["state"]), None);
    }
}
