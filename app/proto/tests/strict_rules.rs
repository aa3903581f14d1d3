//! Each rule of strict decoding refuses what it is there to refuse, and nothing makes the scanner panic.

mod common;

use agora_proto::descriptor_pool;
use agora_proto::prost_reflect::DynamicMessage;
use agora_proto::strict::{StrictDecoder, StrictError, StrictErrorKind as Kind, StrictLimits};
use common::{base64, text, vectors};
use proptest::prelude::{ProptestConfig, any as arbitrary, prop_assert, proptest};
use std::sync::LazyLock;

static DECODER: LazyLock<StrictDecoder> = LazyLock::new(|| StrictDecoder::new(descriptor_pool()));

/// A length-delimited field.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(content);
    out
}

fn any(type_url: &str, content: &[u8]) -> Vec<u8> {
    [field(1, type_url.as_bytes()), field(2, content)].concat()
}

/// A transaction whose body holds one message.
fn tx_with(type_url: &str, content: &[u8]) -> Vec<u8> {
    tx(&field(1, &any(type_url, content)), &field(2, &[0x10, 1]))
}

fn tx(body: &[u8], auth_info: &[u8]) -> Vec<u8> {
    [field(1, body), field(2, auth_info), field(3, &[7; 64])].concat()
}

fn send(content: &[u8]) -> Result<(), StrictError> {
    DECODER.check_tx_raw(&tx_with("/cosmos.bank.v1beta1.MsgSend", content))
}

fn refused(result: Result<(), StrictError>) -> (String, Kind) {
    let error = result.unwrap_err();
    (error.path().to_owned(), error.kind().clone())
}

const SEND: &str = "body.messages(cosmos.bank.v1beta1.MsgSend)";

#[test]
fn a_plain_transfer_passes_in_any_field_order_and_with_defaults_spelled_out() {
    let coin = field(3, &[field(1, b"uago"), field(2, b"1")].concat());
    assert_eq!(send(&[field(1, b"a"), field(2, b"b"), coin.clone()].concat()), Ok(()));
    assert_eq!(send(&[coin.clone(), coin, field(2, b""), field(1, b"a")].concat()), Ok(()));
    assert_eq!(DECODER.check_tx_raw(&[]), Ok(()));
    assert_eq!(DECODER.check_tx_raw(&tx(&[], &[])), Ok(()));
}

#[test]
fn unknown_fields_are_refused_at_every_level() {
    let unknown = |number| Kind::UnknownField { number, wire_type: 0 };
    assert_eq!(refused(DECODER.check_tx_raw(&[0x20, 0])), (String::new(), unknown(4)));
    assert_eq!(refused(DECODER.check_tx_raw(&tx(&[0x38, 1], &[]))), ("body".into(), unknown(7)));
    assert_eq!(refused(DECODER.check_tx_raw(&tx(&[], &[0x38, 1]))), ("auth_info".into(), unknown(7)));
    assert_eq!(refused(send(&[0x38, 1])), (SEND.into(), unknown(7)));
    let coin = field(3, &[0x18, 1]);
    assert_eq!(refused(send(&coin)), (format!("{SEND}.amount"), unknown(3)));
    let odd_any = [any("/cosmos.bank.v1beta1.MsgSend", b""), vec![0x18, 1]].concat();
    assert_eq!(
        refused(DECODER.check_tx_raw(&tx(&field(1, &odd_any), &[]))),
        ("body.messages".into(), unknown(3))
    );
}

#[test]
fn non_critical_unknown_fields_pass_in_the_body_alone() {
    // 1100 has bit 11 set, 2048 has not.
    let non_critical = [0xe0, 0x44, 1];
    assert_eq!(DECODER.check_tx_raw(&tx(&non_critical, &[])), Ok(()));
    assert_eq!(DECODER.check_tx_raw(&tx(&[0xe2, 0x44, 2, 1, 2], &[])), Ok(()));
    let unknown = Kind::UnknownField { number: 1100, wire_type: 0 };
    assert_eq!(refused(DECODER.check_tx_raw(&tx(&[], &non_critical))), ("auth_info".into(), unknown.clone()));
    assert_eq!(refused(send(&non_critical)), (SEND.into(), unknown.clone()));
    assert_eq!(refused(DECODER.check("cosmos.tx.v1beta1.TxBody", &non_critical)), (String::new(), unknown));
    assert_eq!(
        refused(DECODER.check_tx_raw(&tx(&[0x80, 0x80, 1, 1], &[]))),
        ("body".into(), Kind::UnknownField { number: 2048, wire_type: 0 })
    );
    // Even what is passed over must be well formed.
    assert_eq!(refused(DECODER.check_tx_raw(&tx(&[0xe0, 0x44, 0x81, 0], &[]))).1, Kind::LongVarint);
    assert_eq!(
        refused(DECODER.check_tx_raw(&tx(&[0xe2, 0x44, 9], &[]))).1,
        Kind::Truncated { needed: 9, left: 0 }
    );
}

#[test]
fn the_fields_of_tx_raw_must_ascend_and_may_not_repeat() {
    let (body, auth, signature) = (field(1, &[]), field(2, &[]), field(3, &[1]));
    let check = |parts: &[&[u8]]| DECODER.check_tx_raw(&parts.concat());
    assert_eq!(check(&[&body, &auth, &signature, &signature]), Ok(()));
    assert_eq!(refused(check(&[&auth, &body])), ("body".into(), Kind::OutOfOrder { number: 1, previous: 2 }));
    assert_eq!(
        refused(check(&[&signature, &auth])),
        ("auth_info".into(), Kind::OutOfOrder { number: 2, previous: 3 })
    );
    assert_eq!(refused(check(&[&body, &body, &auth])), ("body".into(), Kind::Twice));
    assert_eq!(refused(check(&[&body, &auth, &auth])), ("auth_info".into(), Kind::Twice));
    assert_eq!(refused(check(&[&[0x08, 1]])), ("body".into(), Kind::WireType { expected: 2, found: 0 }));
}

#[test]
fn a_single_field_or_two_members_of_a_oneof_may_not_be_given_twice() {
    assert_eq!(
        refused(send(&[field(1, b"a"), field(1, b"a")].concat())),
        (format!("{SEND}.from_address"), Kind::Twice)
    );
    let twice = [any("/cosmos.bank.v1beta1.MsgSend", b""), field(2, b"")].concat();
    assert_eq!(
        refused(DECODER.check_tx_raw(&tx(&field(1, &twice), &[]))),
        ("body.messages.value".into(), Kind::Twice)
    );
    let both = [field(1, &[]), field(2, &[])].concat();
    assert_eq!(refused(DECODER.check("cosmos.tx.v1beta1.ModeInfo", &both)), ("multi".into(), Kind::Twice));
}

#[test]
fn varints_must_be_as_short_as_possible() {
    // A tag, a length and a value of two bytes each where one would do.
    for bytes in [&[0x8a, 0x00, 0x00][..], &[0x0a, 0x80, 0x00], &[0x92, 0x00]] {
        assert_eq!(refused(DECODER.check_tx_raw(bytes)).1, Kind::LongVarint, "{bytes:?}");
    }
    let height = |value: &[u8]| DECODER.check_tx_raw(&tx(&[&[0x18], value].concat(), &[]));
    assert_eq!(height(&[0x80, 0x01]), Ok(()));
    assert_eq!(refused(height(&[0x81, 0x00])), ("body.timeout_height".into(), Kind::LongVarint));
    assert_eq!(height(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Ok(()));
    let over = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
    assert_eq!(refused(height(&over)).1, Kind::VarintOverflow);
    assert_eq!(refused(height(&[0x80; 11])).1, Kind::VarintOverflow);
    assert_eq!(refused(height(&[0x80])).1, Kind::Truncated { needed: 2, left: 1 });
}

#[test]
fn values_must_fit_their_type() {
    let body = |bytes: &[u8]| DECODER.check_tx_raw(&tx(bytes, &[]));
    assert_eq!(body(&[0x20, 1]), Ok(()));
    assert_eq!(refused(body(&[0x20, 2])), ("body.unordered".into(), Kind::ValueRange(2)));
    // An enum: up to 2^31 - 1, or negative in ten bytes.
    let vote = |bytes: &[u8]| DECODER.check("cosmos.gov.v1.MsgVote", &[&[0x18], bytes].concat());
    assert_eq!(vote(&[0xff, 0xff, 0xff, 0xff, 0x07]), Ok(()));
    assert_eq!(vote(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Ok(()));
    assert_eq!(refused(vote(&[0x80, 0x80, 0x80, 0x80, 0x08])), ("option".into(), Kind::ValueRange(1 << 31)));
    let threshold =
        |bytes: &[u8]| DECODER.check("cosmos.crypto.multisig.LegacyAminoPubKey", &[&[0x08], bytes].concat());
    assert_eq!(threshold(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Ok(()));
    assert_eq!(refused(threshold(&[0x80, 0x80, 0x80, 0x80, 0x10])).1, Kind::ValueRange(1 << 32));
}

#[test]
fn wire_types_must_be_those_of_the_definitions_and_groups_do_not_exist() {
    let body = |bytes: &[u8]| refused(DECODER.check_tx_raw(&tx(bytes, &[])));
    assert_eq!(body(&[0x10, 1]), ("body.memo".into(), Kind::WireType { expected: 2, found: 0 }));
    assert_eq!(body(&[0x1a, 1, 1]), ("body.timeout_height".into(), Kind::WireType { expected: 0, found: 2 }));
    assert_eq!(body(&[0x19, 0, 0, 0, 0, 0, 0, 0, 0]).1, Kind::WireType { expected: 0, found: 1 });
    for wire_type in [3, 4, 6, 7] {
        assert_eq!(body(&[0x08 | wire_type]).1, Kind::NoSuchWireType(wire_type));
        // Unknown non-critical fields do not bring groups in either.
        assert_eq!(body(&[0xe0 | wire_type, 0x44]).1, Kind::NoSuchWireType(wire_type));
    }
    assert_eq!(body(&[0x02, 0]).1, Kind::FieldNumber(0));
    assert_eq!(body(&[0x82, 0x80, 0x80, 0x80, 0x10, 0]).1, Kind::FieldNumber(1 << 29));
}

#[test]
fn repeated_numbers_pass_packed_and_one_by_one() {
    let name = "google.protobuf.SourceCodeInfo.Location";
    assert_eq!(DECODER.check(name, &[0x0a, 3, 1, 2, 3]), Ok(()));
    assert_eq!(DECODER.check(name, &[0x08, 1, 0x08, 2]), Ok(()));
    assert_eq!(refused(DECODER.check(name, &[0x0a, 2, 0x81, 0])), ("path".into(), Kind::LongVarint));
    assert_eq!(
        refused(DECODER.check(name, &[0x0a, 1, 0x80])),
        ("path".into(), Kind::Truncated { needed: 2, left: 1 })
    );
}

#[test]
fn text_must_be_utf8_and_lengths_must_fit() {
    assert_eq!(DECODER.check_tx_raw(&tx(&field(2, "é😀".as_bytes()), &[])), Ok(()));
    assert_eq!(refused(DECODER.check_tx_raw(&tx(&field(2, &[0xff]), &[]))), ("body.memo".into(), Kind::Utf8));
    let bad_url = field(1, &field(1, &[b'/', 0xff]));
    assert_eq!(
        refused(DECODER.check_tx_raw(&tx(&bad_url, &[]))),
        ("body.messages.type_url".into(), Kind::Utf8)
    );
    assert_eq!(
        refused(DECODER.check_tx_raw(&[0x0a, 5, 0])),
        ("body".into(), Kind::Truncated { needed: 5, left: 1 })
    );
    let huge = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(refused(DECODER.check_tx_raw(&huge)).1, Kind::Truncated { needed: u64::MAX, left: 0 });
}

#[test]
fn an_any_must_name_a_message_exactly() {
    for url in [
        "",
        "/",
        "cosmos.bank.v1beta1.MsgSend",
        "type.googleapis.com/cosmos.bank.v1beta1.MsgSend",
        "//cosmos.bank.v1beta1.MsgSend",
        "/cosmos.bank.v1beta1.msgsend",
        "/cosmos.bank.v1beta1.MsgSend ",
        "/no.such",
    ] {
        let (path, kind) = refused(DECODER.check_tx_raw(&tx_with(url, b"")));
        assert_eq!((path.as_str(), kind), ("body.messages", Kind::UnknownTypeUrl(url.into())));
    }
    // The url may follow the value; both are looked at.
    let swapped = [field(2, &[0x38, 1]), field(1, b"/cosmos.bank.v1beta1.MsgSend")].concat();
    assert_eq!(
        refused(DECODER.check_tx_raw(&tx(&field(1, &swapped), &[]))),
        (SEND.into(), Kind::UnknownField { number: 7, wire_type: 0 })
    );
}

/// `count` executions inside each other around a transfer.
fn nested(count: usize) -> Vec<u8> {
    let mut content = any("/cosmos.bank.v1beta1.MsgSend", b"");
    for _ in 0..count {
        content = any("/cosmos.authz.v1beta1.MsgExec", &field(2, &content));
    }
    tx(&field(1, &content), &[])
}

#[test]
fn nesting_is_limited_to_sixteen_levels() {
    // The body, then two levels for each Any and its content.
    assert_eq!(DECODER.check_tx_raw(&nested(6)), Ok(()));
    let (path, kind) = refused(DECODER.check_tx_raw(&nested(7)));
    assert_eq!(kind, Kind::TooDeep(16));
    assert!(path.starts_with("body.messages(cosmos.authz.v1beta1.MsgExec).msgs("), "{path}");
    assert_eq!(refused(DECODER.check_tx_raw(&nested(5_000))).1, Kind::TooDeep(16));
}

#[test]
fn size_and_number_of_messages_are_limited() {
    let limits = StrictLimits { max_bytes: 1_000, max_depth: 16, max_messages: 100 };
    let decoder = StrictDecoder::with_schema(DECODER.schema().clone(), limits);
    assert_eq!(refused(decoder.check_tx_raw(&[0; 1_001])).1, Kind::TooLarge { size: 1_001, limit: 1_000 });
    let coins = |count| tx_with("/cosmos.bank.v1beta1.MsgSend", &field(3, &[]).repeat(count));
    // Two messages are the body and auth info, one the fee, two the Any and its content.
    assert_eq!(decoder.check_tx_raw(&coins(95)), Ok(()));
    assert_eq!(refused(decoder.check_tx_raw(&coins(96))).1, Kind::TooManyMessages(100));
}

#[test]
fn an_unknown_message_name_is_an_error() {
    assert_eq!(
        refused(DECODER.check("no.such.Message", &[])).1,
        Kind::UnknownMessage("no.such.Message".into())
    );
}

/// All recorded transactions but the one without bytes.
static RECORDED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let txs = vectors("transactions.json");
    txs.iter().map(|t| base64(text(t, "tx"))).filter(|t| !t.is_empty()).collect()
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(arbitrary::<u8>(), 0..200)) {
        let _ = DECODER.check_tx_raw(&bytes);
        let _ = DECODER.check("cosmos.tx.v1beta1.TxBody", &bytes);
        let _ = DECODER.check("google.protobuf.FileDescriptorSet", &bytes);
    }

    #[test]
    fn what_passes_decodes_and_mutations_never_panic(
        which in 0..1_000_usize,
        edits in proptest::collection::vec((arbitrary::<proptest::sample::Index>(), arbitrary::<u8>()), 1..4),
        cut in arbitrary::<proptest::sample::Index>(),
        cuts in arbitrary::<bool>(),
    ) {
        use agora_proto::prost::Message as _;
        let mut bytes = RECORDED[which % RECORDED.len()].clone();
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        if DECODER.check_tx_raw(&bytes).is_ok() {
            // Whatever passes is readable by the decoder that executes it.
            let tx = agora_proto::cosmos::tx::v1beta1::Tx::decode(bytes.as_slice()).unwrap();
            for any in tx.body.unwrap_or_default().messages {
                let desc = descriptor_pool().get_message_by_name(any.type_url.trim_start_matches('/')).unwrap();
                let content = DynamicMessage::decode(desc, any.value.as_slice()).unwrap();
                prop_assert!(content.unknown_fields().next().is_none());
            }
            let json = agora_proto::json::encode(descriptor_pool(), "cosmos.tx.v1beta1.Tx", &bytes);
            if let Ok(json) = json {
                let _: serde_json::Value = serde_json::from_str(&json).unwrap();
            }
        }
    }
}
