//! Sign documents against those of a recorded Cosmos SDK node.

mod common;

use agora_proto::amino::{AminoCodec, AminoErrorKind, SignDocInput};
use agora_proto::cosmos::tx::v1beta1::TxRaw;
use agora_proto::descriptor_pool;
use agora_proto::prost::Message as _;
use common::{base64, number, text, vectors};
use serde_json::Value;

/// Changed on purpose after they were signed, so that a node refuses them.
const TAMPERED: [&str; 3] =
    ["ante_gas_zero", "ante_wrong_chain_id", "ante_non_critical_unknown_field_in_body"];

fn sign_bytes(codec: &AminoCodec, tx: &str, signer: &Value) -> Result<String, String> {
    let tx = TxRaw::decode(base64(tx).as_slice()).unwrap();
    let input = SignDocInput {
        chain_id: text(signer, "chain_id"),
        account_number: number(signer, "account_number"),
        sequence: number(signer, "sequence"),
        body_bytes: &tx.body_bytes,
        auth_info_bytes: &tx.auth_info_bytes,
    };
    codec.sign_doc(&input).map(|b| String::from_utf8(b).unwrap()).map_err(|e| e.to_string())
}

#[test]
fn every_recorded_sign_document_is_reproduced_byte_for_byte() {
    let codec = AminoCodec::new(descriptor_pool());
    let cases = vectors("amino.json");
    assert_eq!(cases.len(), 89);
    let mut wrong = Vec::new();
    for case in &cases {
        let found = sign_bytes(&codec, text(case, "tx"), case);
        if found.as_deref() != Ok(text(case, "sign_bytes")) {
            wrong.push(format!("{}\n  {found:?}\n  {}", text(case, "name"), text(case, "sign_bytes")));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_recorded_transactions_are_signed_as_the_node_signed_them() {
    let codec = AminoCodec::new(descriptor_pool());
    let mut wrong = Vec::new();
    let mut checked = 0;
    for tx in vectors("transactions.json") {
        let Some(signer) = tx.get("amino") else { continue };
        checked += 1;
        let found = sign_bytes(&codec, text(&tx, "tx"), signer);
        let same = found.as_deref() == Ok(text(signer, "sign_bytes"));
        if same == TAMPERED.contains(&text(&tx, "name")) {
            wrong.push(format!("{}\n  {found:?}\n  {}", text(&tx, "name"), text(signer, "sign_bytes")));
        }
    }
    assert!(checked > 100, "{checked}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_the_document_cannot_show_is_refused() {
    let codec = AminoCodec::new(descriptor_pool());
    let fee = [0x12, 0];
    let sign = |body: &[u8], auth: &[u8]| {
        let input = SignDocInput {
            chain_id: "c",
            account_number: 0,
            sequence: 0,
            body_bytes: body,
            auth_info_bytes: auth,
        };
        codec.sign_doc(&input).map(|_| ()).map_err(|e| (e.path().to_owned(), e.kind().clone()))
    };
    assert_eq!(sign(&[], &fee), Ok(()));
    assert_eq!(sign(&[], &[]).unwrap_err().1, AminoErrorKind::NoFee);
    // Field 1100 is not critical, yet an amino signature would not cover it.
    assert_eq!(
        sign(&[0xe0, 0x44, 1], &fee).unwrap_err(),
        ("body".into(), AminoErrorKind::UnknownField(1100))
    );
    assert_eq!(sign(&[0xfa, 0x3f, 0], &fee).unwrap_err().0, "body.extension_options");
    assert_eq!(sign(&[], &[0x12, 0, 0x1a, 0]).unwrap_err().0, "auth_info.tip");
    // A message with a field that its definition lacks.
    let body = b"\x0a\x22\x0a\x1c/cosmos.bank.v1beta1.MsgSend\x12\x02\x78\x01";
    assert_eq!(sign(body, &fee).unwrap_err(), ("body.messages[0]".into(), AminoErrorKind::UnknownField(15)));
    let unknown = b"\x0a\x0a\x0a\x08/no.such";
    assert_eq!(sign(unknown, &fee).unwrap_err().1, AminoErrorKind::UnknownTypeUrl("/no.such".into()));
}

#[test]
fn a_message_nested_without_end_is_refused() {
    let pool = descriptor_pool();
    let mut bytes = Vec::new();
    for _ in 0..200 {
        let any = agora_proto::prost_types::Any { type_url: "/google.protobuf.Any".into(), value: bytes };
        bytes = any.encode_to_vec();
    }
    let error = agora_proto::amino::any_to_amino(pool, "/google.protobuf.Any", &bytes).unwrap_err();
    assert_eq!(error.kind(), &AminoErrorKind::TooDeep(64));
    let error = agora_proto::json::encode(pool, "google.protobuf.Any", &bytes).unwrap_err();
    assert!(error.to_string().contains("nested too deeply"), "{error}");
}
