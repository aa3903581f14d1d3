//! Strict decoding of recorded transactions.

mod common;

use agora_proto::descriptor_pool;
use agora_proto::strict::{StrictDecoder, StrictErrorKind as Kind};
use common::{base64, text, vectors};

/// Refused by us although the SDK decodes it: two `body_bytes`.
const STRICTER: &str = "ante_tx_raw_duplicate_body";
/// Refused by the SDK later than decoding: the type is known but handles nothing there.
const LATER: [&str; 3] =
    ["ante_critical_extension_option", "ante_non_critical_extension_option", "ante_type_is_not_a_message"];

#[test]
fn every_transaction_the_sdk_decodes_passes_and_every_one_it_does_not_is_refused() {
    let decoder = StrictDecoder::new(descriptor_pool());
    let mut passed = 0;
    for tx in vectors("transactions.json") {
        let name = text(&tx, "name");
        let found = decoder.check_tx_raw(&base64(text(&tx, "tx")));
        if name == STRICTER {
            assert_eq!(found.unwrap_err().kind(), &Kind::Twice);
        } else if tx["decodes"] == true || LATER.contains(&name) {
            assert_eq!(found, Ok(()), "{name}");
            passed += 1;
        } else {
            assert!(found.is_err(), "{name}");
        }
    }
    assert!(passed > 230, "{passed}");
}

#[test]
fn recorded_refusals_name_their_rule() {
    let decoder = StrictDecoder::new(descriptor_pool());
    let txs = vectors("transactions.json");
    let refusal = |name: &str| {
        let tx = txs.iter().find(|t| t["name"] == name).unwrap();
        decoder.check_tx_raw(&base64(text(tx, "tx"))).unwrap_err()
    };
    let kind = |name: &str| refusal(name).kind().clone();
    assert_eq!(kind("ante_critical_unknown_field_in_body"), Kind::UnknownField { number: 100, wire_type: 2 });
    assert_eq!(refusal("ante_critical_unknown_field_in_body").path(), "body");
    assert_eq!(kind("ante_tx_raw_unknown_field"), Kind::UnknownField { number: 100, wire_type: 2 });
    assert_eq!(kind("ante_tx_raw_fields_out_of_order"), Kind::OutOfOrder { number: 1, previous: 3 });
    assert_eq!(kind("ante_unknown_message_type"), Kind::UnknownTypeUrl("/no.such.Msg".into()));
    assert_eq!(refusal("ante_unknown_message_type").path(), "body.messages");
    assert_eq!(refusal("ante_critical_extension_unknown_type").path(), "body.extension_options");
}

#[test]
fn grpc_requests_and_answers_of_a_real_node_are_canonical() {
    let pool = descriptor_pool();
    let decoder = StrictDecoder::new(pool);
    let mut checked = 0;
    for call in vectors("grpc.json") {
        let (service, method) = text(&call, "rpc").split_once('/').unwrap();
        let Some(service) = pool.get_service_by_name(service) else { continue };
        let Some(method) = service.methods().find(|m| m.name() == method) else { continue };
        let answer = decoder.check(method.output().full_name(), &base64(text(&call, "response")));
        assert_eq!(answer, Ok(()), "{}", call["name"]);
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}
