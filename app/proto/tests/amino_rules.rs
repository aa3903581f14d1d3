//! The rules of amino JSON that the recorded documents do not reach.

use agora_proto::amino::{AminoErrorKind, any_to_amino, to_sorted_string};
use agora_proto::descriptor_pool;
use agora_proto::json::from_json_strict;
use agora_proto::prost::Message as _;
use agora_proto::prost_reflect::{DescriptorPool, DynamicMessage, Value as Proto};
use agora_proto::prost_types::field_descriptor_proto::{Label, Type};
use agora_proto::prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, OneofDescriptorProto,
};
use serde_json::{Value, json};

/// Amino text of a message of `pool` given as JSON.
fn amino(pool: &DescriptorPool, name: &str, json: Value) -> Result<String, AminoErrorKind> {
    let msg = from_json_strict(pool.get_message_by_name(name).unwrap(), &json).unwrap();
    let value =
        any_to_amino(pool, &format!("/{name}"), &msg.encode_to_vec()).map_err(|e| e.kind().clone())?;
    Ok(to_sorted_string(&value))
}

#[test]
fn a_multisig_key_has_a_textual_threshold_and_its_keys_as_base64() {
    let key = json!({"@type": "/cosmos.crypto.secp256k1.PubKey", "key": "AQI="});
    let name = "cosmos.crypto.multisig.LegacyAminoPubKey";
    assert_eq!(
        amino(descriptor_pool(), name, json!({"threshold": 2, "public_keys": [key]})).unwrap(),
        r#"{"type":"tendermint/PubKeyMultisigThreshold","value":{"pubkeys":[{"type":"tendermint/PubKeySecp256k1","value":"AQI="}],"threshold":"2"}}"#
    );
    assert_eq!(
        amino(descriptor_pool(), name, json!({})).unwrap(),
        r#"{"type":"tendermint/PubKeyMultisigThreshold","value":{"pubkeys":[],"threshold":"0"}}"#
    );
}

#[test]
fn a_module_account_lifts_its_base_account_up_and_keeps_numbers() {
    let account = json!({
        "base_account": {"address": "a", "account_number": "7", "sequence": "1"},
        "name": "mint",
        "permissions": ["minter"],
    });
    assert_eq!(
        amino(descriptor_pool(), "cosmos.auth.v1beta1.ModuleAccount", account).unwrap(),
        r#"{"type":"cosmos-sdk/ModuleAccount","value":{"account_number":7,"address":"a","name":"mint","permissions":["minter"],"public_key":"","sequence":1}}"#
    );
}

#[test]
fn an_unset_named_oneof_is_null() {
    assert_eq!(
        amino(descriptor_pool(), "cosmos.staking.v1beta1.StakeAuthorization", json!({})).unwrap(),
        r#"{"type":"cosmos-sdk/StakeAuthorization","value":{"Validators":null}}"#
    );
}

const PROBE: &str = "agora.probe.v1.Probe";

/// A pool with one more message, whose fields carry amino options by name of the option.
fn probe_pool() -> DescriptorPool {
    let field = |number, name: &str, kind, label| FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        r#type: Some(Type::into(kind)),
        label: Some(Label::into(label)),
        ..Default::default()
    };
    let one = |number, name, kind| field(number, name, kind, Label::Optional);
    let map = field(6, "map", Type::Message, Label::Repeated);
    let map = FieldDescriptorProto { type_name: Some(format!(".{PROBE}.MapEntry")), ..map };
    let in_oneof = |field| FieldDescriptorProto { oneof_index: Some(0), ..field };
    let optional = FieldDescriptorProto {
        oneof_index: Some(1),
        proto3_optional: Some(true),
        ..one(9, "perhaps", Type::Uint64)
    };
    let entry = DescriptorProto {
        name: Some("MapEntry".into()),
        field: vec![one(1, "key", Type::String), one(2, "value", Type::String)],
        options: Some(agora_proto::prost_types::MessageOptions {
            map_entry: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    };
    let message = DescriptorProto {
        name: Some("Probe".into()),
        field: vec![
            one(1, "msg", Type::Bytes),
            one(2, "raw", Type::Bytes),
            one(3, "rate", Type::String),
            one(4, "odd", Type::String),
            one(5, "float", Type::Double),
            map,
            in_oneof(one(7, "left", Type::String)),
            in_oneof(one(8, "right", Type::String)),
            optional,
        ],
        nested_type: vec![entry],
        oneof_decl: vec![
            OneofDescriptorProto { name: Some("side".into()), ..Default::default() },
            OneofDescriptorProto { name: Some("_perhaps".into()), ..Default::default() },
        ],
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("agora/probe/v1/probe.proto".into()),
        package: Some("agora.probe.v1".into()),
        syntax: Some("proto3".into()),
        message_type: vec![message],
        dependency: vec!["amino/amino.proto".into()],
        ..Default::default()
    };
    let set = FileDescriptorSet { file: vec![file] }.encode_to_vec();
    let pool = descriptor_pool();
    let desc = pool.get_message_by_name("google.protobuf.FileDescriptorSet").unwrap();
    let mut set = DynamicMessage::decode(desc, set.as_slice()).unwrap();
    for (field, option, value) in [
        (0, "amino.encoding", Proto::String("inline_json".into())),
        (1, "amino.dont_omitempty", Proto::Bool(true)),
        (2, "amino.encoding", Proto::String("cosmos_dec_string".into())),
        (3, "amino.encoding", Proto::String("nonsense".into())),
    ] {
        let fields = list(list(&mut set, "file", 0), "message_type", 0);
        let field = list(fields, "field", field);
        let desc = pool.get_message_by_name("google.protobuf.FieldOptions").unwrap();
        let mut options = DynamicMessage::new(desc);
        options.set_extension(&pool.get_extension_by_name(option).unwrap(), value);
        field.set_field_by_name("options", Proto::Message(options));
    }
    let mut pool = pool.clone();
    pool.decode_file_descriptor_set(set.encode_to_vec().as_slice()).unwrap();
    pool
}

fn list<'m>(msg: &'m mut DynamicMessage, name: &str, index: usize) -> &'m mut DynamicMessage {
    let items = msg.get_field_by_name_mut(name).unwrap().as_list_mut().unwrap();
    items[index].as_message_mut().unwrap()
}

#[test]
fn json_in_bytes_becomes_part_of_the_document_with_sorted_keys() {
    // {"b":{"z":1,"a":"<"},"a":[]}
    let msg = "eyJiIjp7InoiOjEsImEiOiI8In0sImEiOltdfQ==";
    assert_eq!(
        amino(&probe_pool(), PROBE, json!({"msg": msg, "raw": "AQ=="})).unwrap(),
        r#"{"type":"/agora.probe.v1.Probe","value":{"msg":{"a":[],"b":{"a":"\u003c","z":1}},"raw":"AQ=="}}"#
    );
    let broken = amino(&probe_pool(), PROBE, json!({"msg": "AQ=="})).unwrap_err();
    assert!(matches!(broken, AminoErrorKind::Invalid { .. }), "{broken:?}");
}

#[test]
fn kept_bytes_are_null_and_encodings_apply_to_text() {
    let pool = probe_pool();
    let shown = |json| {
        amino(&pool, PROBE, json).map(|t| t.replace(r#"{"type":"/agora.probe.v1.Probe","value":"#, ""))
    };
    assert_eq!(shown(json!({})).unwrap(), r#"{"raw":null}}"#);
    assert_eq!(shown(json!({"rate": "15"})).unwrap(), r#"{"rate":"0.000000000000000015","raw":null}}"#);
    assert_eq!(shown(json!({"odd": "x"})).unwrap_err(), AminoErrorKind::UnknownEncoding("nonsense".into()));
}

#[test]
fn a_oneof_without_a_name_and_an_optional_field_are_ordinary_fields() {
    assert_eq!(
        amino(&probe_pool(), PROBE, json!({"right": "r", "perhaps": 0})).unwrap(),
        r#"{"type":"/agora.probe.v1.Probe","value":{"perhaps":"0","raw":null,"right":"r"}}"#
    );
}

#[test]
fn maps_and_floating_point_numbers_cannot_be_signed() {
    let pool = probe_pool();
    let refused = |json| amino(&pool, PROBE, json).unwrap_err();
    assert_eq!(refused(json!({"float": 1.5})), AminoErrorKind::Unsupported("a floating point number"));
    assert_eq!(refused(json!({"map": {"a": "b"}})), AminoErrorKind::Unsupported("a map"));
}

#[test]
fn json_shows_maps_sorted_and_absent_optionals_as_null() {
    let pool = probe_pool();
    let desc = pool.get_message_by_name(PROBE).unwrap();
    let probe = json!({"map": {"b": "2", "a": "1"}, "float": 1.5});
    let msg = from_json_strict(desc, &probe).unwrap();
    assert_eq!(
        agora_proto::json::to_json(&msg).unwrap(),
        r#"{"msg":null,"raw":null,"rate":"","odd":"","float":1.5,"map":{"a":"1","b":"2"},"perhaps":null}"#
    );
}
