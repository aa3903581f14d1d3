//! Whoever carries a signed transaction cannot make another one of it.

use agora_proto::cosmos::bank::v1beta1::MsgSend;
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, TxBody, TxRaw};
use agora_tests::txs::{Draft, SignMode};
use agora_tests::{Account, TestChain};
use prost::Message;
use prost::encoding::encode_varint;
use prost_types::Any;

use crate::support::three;

/// The order of secp256k1.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba,
    0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// The order of ed25519's group, least byte first.
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// `s` becomes `n - s`: the other solution of the same equation.
fn high_s(signature: &[u8]) -> Vec<u8> {
    let mut out = signature.to_vec();
    let mut borrow = 0i16;
    for i in (0..32).rev() {
        let digit = i16::from(ORDER[i]) - i16::from(signature[32 + i]) - borrow;
        borrow = i16::from(digit < 0);
        out[32 + i] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    out
}

/// A field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    encode_varint(bytes.len() as u64, &mut out);
    out.extend(bytes);
    out
}

/// Asserts that `forged` is refused with `code`, in CheckTx and in a block, and changes nothing.
#[track_caller]
fn refused(chain: &mut TestChain, what: &str, forged: &[u8], code: u32) {
    let before = chain.export();
    let checked = chain.check(forged);
    assert_eq!(checked.verdict(), ("sdk", code), "CheckTx, {what}: {}", checked.log);
    let done = chain.block(vec![forged.to_vec()]).only();
    assert_eq!(done.verdict(), ("sdk", code), "FinalizeBlock, {what}: {}", done.log);
    assert!(!chain.accepts(vec![forged.to_vec()]), "ProcessProposal, {what}");
    assert_eq!(chain.export(), before, "{what} left something behind");
}

/// Every other way to write a `TxRaw` with the same content.
fn respellings(raw: &TxRaw) -> Vec<(&'static str, Vec<u8>)> {
    let (body, auth, signature) =
        (field(1, &raw.body_bytes), field(2, &raw.auth_info_bytes), field(3, &raw.signatures[0]));
    let good = [body.clone(), auth.clone(), signature.clone()].concat();
    assert_eq!(good, raw.encode_to_vec());
    let padded_length = {
        let mut out = vec![0x0a];
        encode_varint(raw.body_bytes.len() as u64, &mut out);
        let last = out.len() - 1;
        out[last] |= 0x80;
        out.push(0);
        [out, raw.body_bytes.clone(), auth.clone(), signature.clone()].concat()
    };
    let padded_tag = [vec![0x8a, 0x00], body[1..].to_vec(), auth.clone(), signature.clone()].concat();
    vec![
        ("an unknown field at the end", [good.as_slice(), &[0x20, 0x01]].concat()),
        ("a non-critical unknown field at the end", [good.as_slice(), &[0x82, 0x80, 0x01, 0x00]].concat()),
        ("an empty unknown field", [good.as_slice(), &[0x22, 0x00]].concat()),
        ("a byte too many", [good.as_slice(), &[0x00]].concat()),
        ("fields in another order", [auth.clone(), body.clone(), signature.clone()].concat()),
        ("signatures first", [signature.clone(), body.clone(), auth.clone()].concat()),
        ("the body twice", [body.clone(), body.clone(), auth.clone(), signature.clone()].concat()),
        ("the signer infos twice", [body.clone(), auth.clone(), auth, signature].concat()),
        ("a padded length", padded_length),
        ("a padded tag", padded_tag),
        ("a group around nothing", [good.as_slice(), &[0x23, 0x24]].concat()),
    ]
}

fn drafts(chain: &TestChain, from: &Account, to: &Account) -> Vec<Draft> {
    vec![
        chain.draft(from).send(to, "5uago"),
        chain.draft(from).send(to, "5uago").memo("in amino").mode(SignMode::Amino),
    ]
}

#[test]
fn a_high_s_is_refused() {
    let (mut chain, alice, bob, _) = three();
    for draft in drafts(&chain, &alice, &bob) {
        let mut raw = draft.signed();
        raw.signatures[0] = high_s(&raw.signatures[0]);
        let parsed = secp256k1::ecdsa::Signature::from_compact(&raw.signatures[0]).unwrap();
        let mut normal = parsed;
        normal.normalize_s();
        assert_ne!(parsed, normal, "the forged signature has a high s");
        assert_eq!(
            normal.serialize_compact().to_vec(),
            draft.signed().signatures[0],
            "and is otherwise good"
        );
        refused(&mut chain, "a high s", &raw.encode_to_vec(), 4);
    }
    let _ = chain.tx(&alice).send(&bob, "5uago").run().expect_ok();
}

#[test]
fn a_signature_in_another_form_is_refused() {
    let (mut chain, alice, bob, _) = three();
    let good = chain.draft(&alice).send(&bob, "5uago").signed();
    let der =
        secp256k1::ecdsa::Signature::from_compact(&good.signatures[0]).unwrap().serialize_der().to_vec();
    let recoverable = [good.signatures[0].as_slice(), &[0]].concat();
    for (what, signature) in [
        ("DER", der),
        ("a recovery byte", recoverable),
        ("nothing", vec![]),
        ("zeros", vec![0; 64]),
        ("63 bytes", good.signatures[0][..63].to_vec()),
    ] {
        let raw = TxRaw { signatures: vec![signature], ..good.clone() };
        refused(&mut chain, what, &raw.encode_to_vec(), 4);
    }
    let twice =
        TxRaw { signatures: vec![good.signatures[0].clone(), good.signatures[0].clone()], ..good.clone() };
    refused(&mut chain, "the signature twice", &twice.encode_to_vec(), 4);
    let none = TxRaw { signatures: vec![], ..good.clone() };
    refused(&mut chain, "no signature", &none.encode_to_vec(), 15);
    let _ = chain.block(vec![good.encode_to_vec()]).only().expect_ok();
}

#[test]
fn an_ed25519_signature_with_s_beyond_the_order_is_refused() {
    let (alice, bob) = (Account::ed25519("alice"), Account::new("bob"));
    let mut chain = TestChain::builder().accounts([&alice]).build();
    let mut raw = chain.draft(&alice).send(&bob, "5uago").signed();
    let mut carry = 0u16;
    for (digit, order) in raw.signatures[0][32..].iter_mut().zip(ED25519_ORDER) {
        let sum = u16::from(*digit) + u16::from(order) + carry;
        (*digit, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    refused(&mut chain, "s plus the order", &raw.encode_to_vec(), 4);
}

#[test]
fn every_other_spelling_of_a_transaction_is_refused() {
    let (mut chain, alice, bob, _) = three();
    for draft in drafts(&chain, &alice, &bob) {
        let raw = draft.signed();
        for (what, forged) in respellings(&raw) {
            refused(&mut chain, what, &forged, 2);
        }
    }
    let good = chain.draft(&alice).send(&bob, "5uago").bytes();
    let _ = chain.block(vec![good]).only().expect_ok();
}

#[test]
fn a_changed_body_is_another_transaction_in_every_mode() {
    let (mut chain, alice, bob, _) = three();
    for draft in drafts(&chain, &alice, &bob) {
        let raw = draft.signed();
        // A field that may be unknown: number 1024, of which bit 11 says that it is not critical.
        let extra = [raw.body_bytes.as_slice(), &[0x82, 0x40, 0x00]].concat();
        let forged = TxRaw { body_bytes: extra, ..raw.clone() };
        refused(&mut chain, "a non-critical field in the body", &forged.encode_to_vec(), 4);
        let critical = [raw.body_bytes.as_slice(), &[0x7a, 0x00]].concat();
        let forged = TxRaw { body_bytes: critical, ..raw.clone() };
        refused(&mut chain, "an unknown field in the body", &forged.encode_to_vec(), 2);
        let extra = [raw.auth_info_bytes.as_slice(), &[0x7a, 0x00]].concat();
        let forged = TxRaw { auth_info_bytes: extra, ..raw.clone() };
        refused(&mut chain, "an unknown field in the signer infos", &forged.encode_to_vec(), 2);
    }
}

/// Other bytes with the same meaning for body and signer infos: what an amino document does not show.
fn inner_respellings(raw: &TxRaw) -> Vec<(&'static str, TxRaw)> {
    let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
    let message = &body.messages[0];
    let any = |value: &[u8]| Any { type_url: message.type_url.clone(), value: value.to_vec() };
    let with_message = |value: &[u8]| TxBody { messages: vec![any(value)], ..body.clone() }.encode_to_vec();
    let memo = field(2, body.memo.as_bytes());
    let messages = field(1, &message.encode_to_vec());
    let send = MsgSend::decode(message.value.as_slice()).unwrap();
    let (from, to) = (field(1, send.from_address.as_bytes()), field(2, send.to_address.as_bytes()));
    let amount = field(3, &send.amount[0].encode_to_vec());
    assert_eq!([from.clone(), to.clone(), amount.clone()].concat(), message.value);
    let body_of = |bytes: Vec<u8>| TxRaw { body_bytes: bytes, ..raw.clone() };
    let auth_of = |bytes: Vec<u8>| TxRaw { auth_info_bytes: bytes, ..raw.clone() };
    let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
    let (infos, fee) =
        (field(1, &auth.signer_infos[0].encode_to_vec()), field(2, &auth.fee.unwrap().encode_to_vec()));
    vec![
        ("a body in another order", body_of([memo, messages].concat())),
        ("a default spelled out in the body", body_of([raw.body_bytes.as_slice(), &[0x18, 0x00]].concat())),
        ("a message in another order", body_of(with_message(&[amount, to, from].concat()))),
        ("signer infos in another order", auth_of([fee, infos].concat())),
    ]
}

#[test]
fn inner_parts_that_were_signed_directly_have_one_spelling() {
    let (mut chain, alice, bob, _) = three();
    let draft = chain.draft(&alice).send(&bob, "5uago").memo("m");
    for (what, forged) in inner_respellings(&draft.signed()) {
        refused(&mut chain, what, &forged.encode_to_vec(), 4);
    }
}

/// An amino document shows what a transaction means, not how its inner parts are spelled: as in the Cosmos SDK, whoever
/// carries one may respell them. That gains nothing: the same is done, and once.
#[test]
fn a_transaction_signed_in_amino_is_executed_once_however_it_is_spelled() {
    let (chain, alice, bob, _) = three();
    let good = chain.draft(&alice).send(&bob, "5uago").memo("m").mode(SignMode::Amino).signed();
    for (what, forged) in inner_respellings(&good) {
        let (mut chain, ..) = three();
        let block = chain.block(vec![good.encode_to_vec(), forged.encode_to_vec()]);
        assert_eq!(block.outcomes.iter().map(|o| o.code).collect::<Vec<_>>(), [0, 32], "{what}");
        let plain = chain.export();
        let (mut chain, ..) = three();
        let block = chain.block(vec![forged.encode_to_vec(), good.encode_to_vec()]);
        let codes: Vec<u32> = block.outcomes.iter().map(|o| o.code).collect();
        assert!(matches!(codes[..], [0, 32] | [2 | 4, 0]), "{what}: {codes:?}");
        assert_eq!(chain.export(), plain, "{what} does something else");
    }
}
