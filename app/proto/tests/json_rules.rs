//! The rules of JSON one by one, and errors that name their place.

mod common;

use agora_proto::descriptor_pool;
use agora_proto::json::{JsonError, JsonErrorKind, encode, from_json, from_json_strict, to_json, to_value};
use agora_proto::prost::Message as _;
use agora_proto::prost_reflect::{DynamicMessage, MessageDescriptor};
use common::{base64, text, vectors};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use serde_json::{Value, json};
use std::sync::OnceLock;

fn desc(name: &str) -> MessageDescriptor {
    descriptor_pool().get_message_by_name(name).unwrap()
}

fn shown(name: &str, bytes: &[u8]) -> Value {
    serde_json::from_str(&encode(descriptor_pool(), name, bytes).unwrap()).unwrap()
}

fn read(name: &str, json: Value) -> Result<DynamicMessage, JsonError> {
    from_json(desc(name), &json)
}

fn error(name: &str, json: Value) -> (String, JsonErrorKind) {
    let error = read(name, json).unwrap_err();
    (error.path().to_owned(), error.kind().clone())
}

#[test]
fn an_empty_message_shows_every_field_in_declaration_order() {
    assert_eq!(
        encode(descriptor_pool(), "cosmos.tx.v1beta1.TxBody", &[]).unwrap(),
        "{\"messages\":[],\"memo\":\"\",\"timeout_height\":\"0\",\"unordered\":false,\"timeout_timestamp\":null,\
         \"extension_options\":[],\"non_critical_extension_options\":[]}"
    );
    assert_eq!(shown("cosmos.base.query.v1beta1.PageResponse", &[]), json!({"next_key": null, "total": "0"}));
    // Members of a oneof appear when they are set.
    assert_eq!(shown("cosmos.tx.v1beta1.ModeInfo", &[]), json!({}));
    assert_eq!(
        shown("cosmos.tx.v1beta1.ModeInfo", &[0x0a, 0]),
        json!({"single": {"mode": "SIGN_MODE_UNSPECIFIED"}})
    );
}

#[test]
fn absent_messages_are_null_unless_the_definition_says_otherwise() {
    assert_eq!(
        shown("cosmos.staking.v1beta1.QueryParamsResponse", &[])["params"]["unbonding_time"],
        json!("0s")
    );
    assert_eq!(shown("cosmos.upgrade.v1beta1.Plan", &[])["time"], json!("0001-01-01T00:00:00Z"));
    assert_eq!(shown("cosmos.upgrade.v1beta1.QueryCurrentPlanResponse", &[]), json!({"plan": null}));
    assert_eq!(shown("cosmos.staking.v1beta1.MsgEditValidator", &[])["commission_rate"], Value::Null);
    let coin = shown("cosmos.staking.v1beta1.MsgDelegate", &[])["amount"].clone();
    assert_eq!(coin, json!({"denom": "", "amount": "0"}));
}

#[test]
fn decimals_are_fixed_point_on_the_wire_except_the_plain_text_of_governance() {
    for (name, field) in [
        ("cosmos.staking.v1beta1.CommissionRates", "rate"),
        ("cosmos.mint.v1beta1.Minter", "inflation"),
        // In bytes.
        ("cosmos.slashing.v1beta1.Params", "min_signed_per_window"),
    ] {
        let msg = read(name, json!({field: "0.1"})).unwrap();
        let wire = b"100000000000000000";
        assert!(msg.encode_to_vec().windows(wire.len()).any(|w| w == wire), "{name}");
        assert_eq!(to_value(&msg).unwrap()[field], json!("0.100000000000000000"));
    }
    let weight = read("cosmos.gov.v1.WeightedVoteOption", json!({"weight": "0.3"})).unwrap();
    assert_eq!(to_value(&weight).unwrap()["weight"], json!("0.3"));
    let name = "cosmos.staking.v1beta1.CommissionRates";
    let (path, kind) = error(name, json!({"max_rate": "0.1234567890123456789"}));
    assert_eq!(path, "max_rate");
    assert!(matches!(kind, JsonErrorKind::Invalid { .. }), "{kind:?}");
    assert!(matches!(error(name, json!({"rate": 0.1})).1, JsonErrorKind::Expected { found: "a number", .. }));
    let broken = agora_proto::json::encode(descriptor_pool(), name, b"\x0a\x031.5").unwrap_err();
    assert_eq!(broken.path(), "rate");
}

#[test]
fn keys_come_in_both_spellings_and_unknown_ones_are_ignored_or_refused() {
    let name = "cosmos.bank.v1beta1.MsgSend";
    let snake = read(name, json!({"from_address": "a", "to_address": "b", "extra": 1})).unwrap();
    let camel = read(name, json!({"fromAddress": "a", "toAddress": "b"})).unwrap();
    assert_eq!(snake, camel);
    let refused = from_json_strict(desc(name), &json!({"amount": [{"denom": "x", "extra": 1}]})).unwrap_err();
    assert_eq!(refused.path(), "amount[0]");
    assert_eq!(
        refused.to_string(),
        "amount[0]: unknown field \"extra\" of cosmos.base.v1beta1.Coin: remove it or correct its spelling"
    );
    let twice = error(name, json!({"from_address": "a", "fromAddress": "b"}));
    assert_eq!(twice, ("fromAddress".into(), JsonErrorKind::Twice));
}

#[test]
fn numbers_and_enums_come_as_text_or_numbers_and_must_fit() {
    let vote = |option: Value, id: Value| {
        read("cosmos.gov.v1.MsgVote", json!({"option": option, "proposal_id": id}))
    };
    let wanted = vote(json!("VOTE_OPTION_NO"), json!("7")).unwrap();
    assert_eq!(vote(json!(3), json!(7)).unwrap(), wanted);
    assert_eq!(vote(json!("3"), json!(7)).unwrap(), wanted);
    assert_eq!(to_value(&wanted).unwrap()["option"], json!("VOTE_OPTION_NO"));
    let largest = vote(json!(99), json!("18446744073709551615")).unwrap();
    assert_eq!(to_value(&largest).unwrap()["option"], json!(99));
    assert_eq!(to_value(&largest).unwrap()["proposal_id"], json!("18446744073709551615"));
    for (option, id, path) in [
        (json!("NO"), json!(1), "option"),
        (json!(1.5), json!(1), "option"),
        (json!(1), json!(-1), "proposal_id"),
        (json!(1), json!("18446744073709551616"), "proposal_id"),
        (json!(1), json!("0x1"), "proposal_id"),
        (json!(1), json!("+1"), "proposal_id"),
        (json!(1), json!([]), "proposal_id"),
    ] {
        assert_eq!(vote(option, id).unwrap_err().path(), path);
    }
}

#[test]
fn bytes_are_read_from_any_base64_and_written_as_the_standard_one() {
    let name = "cosmos.base.query.v1beta1.PageRequest";
    for key in ["+/8=", "-_8=", "+/8", "-_8"] {
        let page = read(name, json!({"key": key})).unwrap();
        assert_eq!(to_value(&page).unwrap()["key"], json!("+/8="));
    }
    assert_eq!(error(name, json!({"key": "?"})).0, "key");
}

#[test]
fn an_any_needs_a_known_type_and_shows_it_first() {
    let name = "cosmos.tx.v1beta1.TxBody";
    let message = json!({"to_address": "b", "@type": "/cosmos.bank.v1beta1.MsgSend"});
    let body = read(name, json!({"messages": [message]})).unwrap();
    assert_eq!(
        to_value(&body).unwrap()["messages"][0].to_string(),
        r#"{"@type":"/cosmos.bank.v1beta1.MsgSend","from_address":"","to_address":"b","amount":[]}"#
    );
    let at = |any: Value| error(name, json!({"messages": [any]}));
    assert_eq!(at(json!({})), ("messages[0]".into(), JsonErrorKind::MissingType));
    assert_eq!(at(json!({"@type": "/no.such"})).1, JsonErrorKind::UnknownTypeUrl("/no.such".into()));
    assert_eq!(at(json!({"@type": "/cosmos.bank.v1beta1.MsgSend", "amount": 1})).0, "messages[0].amount");
    let unknown = agora_proto::prost_types::Any { type_url: "/no.such".into(), value: vec![1] };
    let failed = encode(descriptor_pool(), "google.protobuf.Any", &unknown.encode_to_vec()).unwrap_err();
    assert_eq!(failed.kind(), &JsonErrorKind::UnknownTypeUrl("/no.such".into()));
    // Types with a form of their own stand under "value".
    let time = json!({"@type": "/google.protobuf.Duration", "value": "1.5s"});
    assert_eq!(to_value(&read("google.protobuf.Any", time.clone()).unwrap()).unwrap(), time);
}

#[test]
fn only_one_member_of_a_oneof_may_be_given() {
    let both = json!({"single": {}, "multi": {}});
    assert_eq!(
        error("cosmos.tx.v1beta1.ModeInfo", both),
        ("multi".into(), JsonErrorKind::OneofTwice("sum".into()))
    );
    assert!(read("cosmos.tx.v1beta1.ModeInfo", json!({"single": {}, "multi": null})).is_ok());
}

#[test]
fn endless_nesting_is_refused_when_reading() {
    let mut any = json!({"@type": "/cosmos.authz.v1beta1.MsgExec"});
    for _ in 0..60 {
        any = json!({"@type": "/cosmos.authz.v1beta1.MsgExec", "msgs": [any]});
    }
    let refused = error("google.protobuf.Any", any);
    assert_eq!(refused.1, JsonErrorKind::TooDeep(64));
    assert!(refused.0.starts_with("msgs[0].msgs[0]."), "{}", refused.0);
}

#[test]
fn text_is_escaped_as_the_node_escapes_it() {
    let body = read("cosmos.tx.v1beta1.TxBody", json!({"memo": "<&>\u{2028}é"})).unwrap();
    assert!(to_json(&body).unwrap().contains(r#""memo":"\u003c\u0026\u003e\u2028é""#));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_reads_back_to_the_same(
        which in 0..10_000_usize,
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let txs = recorded_bytes();
        let mut bytes = txs[which % txs.len()].clone();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(json) = encode(descriptor_pool(), "cosmos.tx.v1beta1.Tx", &bytes) {
            let value: Value = serde_json::from_str(&json).unwrap();
            let again = from_json_strict(desc("cosmos.tx.v1beta1.Tx"), &value).unwrap();
            prop_assert_eq!(to_json(&again).unwrap(), json);
        }
    }

    #[test]
    fn spoilt_json_never_panics(which in 0..10_000_usize, at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let txs = recorded_json();
        let mut text = txs[which % txs.len()].clone().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(value) = serde_json::from_slice::<Value>(&text)
            && let Ok(msg) = from_json(desc("cosmos.tx.v1beta1.Tx"), &value)
        {
            let _ = to_json(&msg);
        }
    }
}

fn recorded_json() -> &'static [String] {
    static TXS: OnceLock<Vec<String>> = OnceLock::new();
    TXS.get_or_init(|| {
        vectors("transactions.json").iter().filter_map(|t| t.get("json")).map(Value::to_string).collect()
    })
}

/// All recorded transactions but the one without bytes.
fn recorded_bytes() -> &'static [Vec<u8>] {
    static TXS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    TXS.get_or_init(|| {
        let txs = vectors("transactions.json");
        txs.iter().map(|t| base64(text(t, "tx"))).filter(|t| !t.is_empty()).collect()
    })
}
