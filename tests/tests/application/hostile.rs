//! 100,000 transactions that nobody should send.

use std::collections::BTreeMap;
use std::time::Instant;

use agora_proto::cosmos::bank::v1beta1::MsgSend;
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::crypto::multisig::LegacyAminoPubKey;
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, TxBody, TxRaw};
use agora_tests::txs::{Draft, SignMode};
use agora_tests::{Account, TestChain};
use prost::Message;
use prost_types::Any;
use rand::distributions::{Distribution, WeightedIndex};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, RngCore, SeedableRng};

use crate::errors::{assert_documented, of_transactions};

/// Transactions in all.
const COUNT: usize = 100_000;

/// Transactions of a block.
const BLOCK: usize = 2_500;

/// The seed, to be given again as `AGORA_HOSTILE_SEED`.
fn seed() -> u64 {
    std::env::var("AGORA_HOSTILE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_260_101)
}

/// Those who send, and what they might send.
struct Senders {
    singles: Vec<Account>,
    committee: Account,
    /// The type URLs of all definitions, and of the messages that are handled.
    urls: (Vec<String>, Vec<String>),
}

impl Senders {
    fn new() -> Self {
        let mut singles: Vec<Account> = (0..24).map(|i| Account::new(&format!("sender {i}"))).collect();
        singles.push(Account::ed25519("sender ed25519"));
        let committee = Account::multisig("committee", 2, &[&singles[0], &singles[1], &singles[2]]);
        let runtime = agora_runtime::Runtime::standard().expect("a consistent list of modules");
        let all = runtime.registry().pool().all_messages().map(|m| format!("/{}", m.full_name())).collect();
        let handled = runtime.registry().message_types().map(|(url, _)| url.to_owned()).collect();
        Self { singles, committee, urls: (all, handled) }
    }

    fn chain(&self) -> TestChain {
        TestChain::builder().accounts(&self.singles).accounts([&self.committee]).build()
    }

    /// A transaction that would pass: of one kind or another, most without a sequence so that many pass in a block.
    fn good(&self, chain: &TestChain, rng: &mut StdRng) -> Draft {
        let from = if rng.gen_bool(0.1) { &self.committee } else { self.singles.choose(rng).unwrap() };
        let to = self.singles.choose(rng).unwrap();
        let draft = chain.draft(from);
        let amount = format!("{}uago", rng.gen_range(1..9));
        let draft = match rng.gen_range(0..4) {
            0 => draft.multi_send(&[(to, &amount), (&self.singles[0], "1uusdc")]),
            1 => draft.send(to, &amount).send(&self.committee, "1uago"),
            _ => draft.send(to, &amount),
        };
        let draft = if rng.gen_bool(0.3) { draft.memo("m".repeat(rng.gen_range(0..300))) } else { draft };
        let draft = if rng.gen_bool(0.7) {
            draft.unordered(chain.next_time() + rng.gen_range(1..500_000_000_000))
        } else {
            draft
        };
        if from.members().is_empty() && rng.gen_bool(0.3) { draft.mode(SignMode::Amino) } else { draft }
    }
}

/// Makes one transaction.
type Make = fn(&Senders, &TestChain, &mut StdRng) -> Vec<u8>;

/// The kinds of harm, each with a name for messages and its share of a hundred. Those that are well signed count most: they
/// get further than the decoder.
const KINDS: [(&str, u32, Make); 13] = [
    ("random bytes", 3, |_, _, rng| random_bytes(rng, 600)),
    ("flipped bits", 8, |s, c, rng| flipped(s.good(c, rng).bytes(), rng)),
    ("truncated", 3, |s, c, rng| truncated(s.good(c, rng).bytes(), rng)),
    ("spliced", 3, |s, c, rng| {
        let (mut one, other) = (truncated(s.good(c, rng).bytes(), rng), s.good(c, rng).bytes());
        one.extend(&other[rng.gen_range(0..other.len())..]);
        one
    }),
    ("huge lengths", 4, huge_length),
    ("deep nesting", 4, deep),
    ("wrong wire types", 4, wrong_wire_type),
    ("padded varints", 4, |s, c, rng| {
        let mut bytes = s.good(c, rng).bytes();
        let at = rng.gen_range(0..bytes.len());
        bytes[at] |= 0x80;
        bytes.insert(at + 1, 0);
        bytes
    }),
    ("unknown fields", 8, unknown_field),
    ("wrong type urls", 8, wrong_type_url),
    ("signed nonsense", 14, signed_nonsense),
    ("signed wrong values", 27, signed_wrong_values),
    ("good ones", 10, |s, c, rng| s.good(c, rng).bytes()),
];

fn random_bytes(rng: &mut StdRng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; rng.gen_range(0..most)];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn flipped(mut bytes: Vec<u8>, rng: &mut StdRng) -> Vec<u8> {
    for _ in 0..rng.gen_range(1..6) {
        let at = rng.gen_range(0..bytes.len());
        bytes[at] ^= 1 << rng.gen_range(0..8);
    }
    bytes
}

fn truncated(mut bytes: Vec<u8>, rng: &mut StdRng) -> Vec<u8> {
    bytes.truncate(rng.gen_range(0..bytes.len()));
    bytes
}

/// A varint of nearly any size stands where some byte was.
fn huge_length(senders: &Senders, chain: &TestChain, rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = senders.good(chain, rng).bytes();
    let at = rng.gen_range(0..bytes.len().min(40));
    let mut varint = Vec::new();
    prost::encoding::encode_varint(u64::MAX >> rng.gen_range(0..64), &mut varint);
    if rng.gen_bool(0.1) {
        varint = vec![0xff; rng.gen_range(1..20)];
    }
    bytes.splice(at..=at, varint);
    bytes
}

/// Messages or keys within messages, beyond what anyone would write; signed.
fn deep(senders: &Senders, chain: &TestChain, rng: &mut StdRng) -> Vec<u8> {
    let levels = if rng.gen_bool(0.02) { 2_000 } else { rng.gen_range(1..60) };
    let draft = senders.good(chain, rng);
    let raw = draft.signed();
    let mut key = draft.signers[0].account.pub_key.to_any();
    let mut message = draft.body.messages[0].clone();
    for _ in 0..levels {
        if key.value.len() > 100_000 || message.value.len() > 100_000 {
            break;
        }
        key = Any {
            type_url: "/cosmos.crypto.multisig.LegacyAminoPubKey".to_owned(),
            value: LegacyAminoPubKey { threshold: 1, public_keys: vec![key] }.encode_to_vec(),
        };
        let body = TxBody { messages: vec![message], ..TxBody::default() };
        message = Any { type_url: "/cosmos.tx.v1beta1.TxBody".to_owned(), value: body.encode_to_vec() };
    }
    if rng.gen_bool(0.5) {
        let body = TxBody { messages: vec![message], ..draft.body.clone() };
        draft.signed_over(body.encode_to_vec(), raw.auth_info_bytes).encode_to_vec()
    } else {
        let mut auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
        auth.signer_infos[0].public_key = Some(key);
        draft.signed_over(raw.body_bytes, auth.encode_to_vec()).encode_to_vec()
    }
}

/// One of the outer tags says another wire type.
fn wrong_wire_type(senders: &Senders, chain: &TestChain, rng: &mut StdRng) -> Vec<u8> {
    let draft = senders.good(chain, rng);
    let mut raw = draft.signed();
    let kind = rng.gen_range(0..8u8);
    let change = |bytes: &mut Vec<u8>| bytes[0] = bytes[0] & !7 | kind;
    match rng.gen_range(0..3) {
        0 => {
            let mut bytes = raw.encode_to_vec();
            change(&mut bytes);
            return bytes;
        }
        1 => change(&mut raw.body_bytes),
        _ => change(&mut raw.auth_info_bytes),
    }
    draft.signed_over(raw.body_bytes, raw.auth_info_bytes).encode_to_vec()
}

/// A field that no definition has, at some level; signed.
fn unknown_field(senders: &Senders, chain: &TestChain, rng: &mut StdRng) -> Vec<u8> {
    let mut extra = Vec::new();
    prost::encoding::encode_varint(u64::from(rng.gen_range(20..5_000u32)) << 3 | 2, &mut extra);
    prost::encoding::encode_varint(3, &mut extra);
    extra.extend(b"abc");
    let draft = senders.good(chain, rng);
    let mut raw = draft.signed();
    match rng.gen_range(0..4) {
        0 => return [raw.encode_to_vec(), extra].concat(),
        1 => raw.body_bytes.extend(extra),
        2 => raw.auth_info_bytes.extend(extra),
        _ => {
            let mut body = draft.body.clone();
            body.messages[0].value.extend(extra);
            raw.body_bytes = body.encode_to_vec();
        }
    }
    draft.signed_over(raw.body_bytes, raw.auth_info_bytes).encode_to_vec()
}

/// Another type than the bytes have, known or not; signed.
fn wrong_type_url(senders: &Senders, chain: &TestChain, rng: &mut StdRng) -> Vec<u8> {
    let (all, handled) = &senders.urls;
    let mut draft = senders.good(chain, rng);
    draft.body.messages[0].type_url = match rng.gen_range(0..4) {
        0 => String::from_utf8_lossy(&random_bytes(rng, 60)).into_owned(),
        1 => "cosmos.bank.v1beta1.MsgSend".to_owned(),
        2 => handled.choose(rng).unwrap().clone(),
        _ => all.choose(rng).unwrap().clone(),
    };
    draft.bytes()
}

/// Damaged parts, well signed: damage that a signature does not find.
fn signed_nonsense(senders: &Senders, chain: &TestChain, rng: &mut StdRng) -> Vec<u8> {
    let draft = senders.good(chain, rng);
    let TxRaw { mut body_bytes, mut auth_info_bytes, .. } = draft.signed();
    match rng.gen_range(0..5) {
        0 => body_bytes = flipped(body_bytes, rng),
        1 => auth_info_bytes = flipped(auth_info_bytes, rng),
        2 => body_bytes = truncated(body_bytes, rng),
        3 => auth_info_bytes = truncated(auth_info_bytes, rng),
        _ => std::mem::swap(&mut body_bytes, &mut auth_info_bytes),
    }
    draft.signed_over(body_bytes, auth_info_bytes).encode_to_vec()
}

/// Well-formed and well signed, with values at and beyond the edges.
fn signed_wrong_values(senders: &Senders, chain: &TestChain, rng: &mut StdRng) -> Vec<u8> {
    const AMOUNTS: [&str; 12] = [
        "",
        "0",
        "-1",
        "+1",
        "01",
        "1.5",
        "1e3",
        " 1",
        "170141183460469231731687303715884105727",
        "170141183460469231731687303715884105728",
        "340282366920938463463374607431768211456",
        "\u{661}",
    ];
    const DENOMS: [&str; 9] = ["uago", "", "u", "UAGO", "u go", "u\0ago", "\u{1F4B0}", "ibc/ABCDEF", "uusdc"];
    let numbers = [0, 1, 21_000, 45_000, 60_000, u64::from(u32::MAX), i64::MAX.unsigned_abs(), u64::MAX];
    let mut draft = senders.good(chain, rng);
    let from = draft.signers[0].account.address.to_string();
    let coin = |rng: &mut StdRng| Coin {
        denom: (*DENOMS.choose(rng).unwrap()).to_owned(),
        amount: (*AMOUNTS.choose(rng).unwrap()).to_owned(),
    };
    match rng.gen_range(0..8) {
        0 => {
            let amount = (0..rng.gen_range(0..4)).map(|_| coin(rng)).collect();
            draft = draft.msg(&MsgSend { from_address: from.clone(), to_address: from, amount });
        }
        1 => draft.fee.amount = (0..rng.gen_range(0..4)).map(|_| coin(rng)).collect(),
        2 => draft.fee.gas_limit = *numbers.choose(rng).unwrap(),
        3 => draft.body.timeout_height = *numbers.choose(rng).unwrap(),
        4 => draft.signers[0].sequence = *numbers.choose(rng).unwrap(),
        5 => {
            let time = prost_types::Timestamp { seconds: rng.r#gen(), nanos: rng.r#gen() };
            draft.body.timeout_timestamp = Some(time);
        }
        6 => draft.fee.payer = String::from_utf8_lossy(&random_bytes(rng, 90)).into_owned(),
        _ => {
            let to_address = String::from_utf8_lossy(&random_bytes(rng, 2_000)).into_owned();
            let amount = vec![Coin { denom: "uago".to_owned(), amount: "1".to_owned() }];
            draft = draft.msg(&MsgSend { from_address: from, to_address, amount });
        }
    }
    draft.bytes()
}

#[test]
fn a_hundred_thousand_hostile_transactions_get_documented_codes_the_same_twice() {
    let (start, seed) = (Instant::now(), seed());
    println!("AGORA_HOSTILE_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let senders = Senders::new();
    let (mut one, mut other) = (senders.chain(), senders.chain());
    let allowed = of_transactions();
    let mut tally: BTreeMap<(String, u32), usize> = BTreeMap::new();
    let shares = WeightedIndex::new(KINDS.map(|(_, share, _)| share)).unwrap();
    let mut good = 0;
    for round in 0..COUNT / BLOCK {
        let kinds: Vec<usize> = (0..BLOCK).map(|_| shares.sample(&mut rng)).collect();
        let txs: Vec<Vec<u8>> = kinds.iter().map(|kind| KINDS[*kind].2(&senders, &one, &mut rng)).collect();
        // The other chain has seen nothing of these: its caches are cold, now and again before the block.
        other.restart();
        for (tx, kind) in txs.iter().zip(&kinds) {
            let (a, b) = (one.check(tx), other.check(tx));
            assert_documented(&a, &allowed);
            assert_eq!(
                (a.verdict(), &a.log, a.gas_used),
                (b.verdict(), &b.log, b.gas_used),
                "CheckTx, {}, round {round}",
                KINDS[*kind].0
            );
        }
        other.restart();
        let (a, b) = (one.block(txs.clone()), other.block(txs.clone()));
        for (i, (a, b)) in a.outcomes.iter().zip(&b.outcomes).enumerate() {
            let kind = KINDS[kinds[i]].0;
            assert_documented(a, &allowed);
            assert_eq!(
                (a.verdict(), &a.log, a.gas_used, &a.data, &a.events),
                (b.verdict(), &b.log, b.gas_used, &b.data, &b.events),
                "FinalizeBlock, {kind}, round {round}: {}",
                hex::encode(&txs[i])
            );
            *tally.entry((a.codespace.clone(), a.code)).or_default() += 1;
            good += usize::from(kind == "good ones" && a.code == 0);
        }
        assert_eq!(a.app_hash, b.app_hash, "round {round}");
    }
    one.check_invariants().unwrap();
    println!("{tally:?} in {:?}", start.elapsed());
    assert_eq!(tally.values().sum::<usize>(), COUNT);
    // The harm must reach every stage, and what is good among it must pass.
    for code in [2, 4, 5, 6, 7, 8, 10, 11, 12, 13, 18, 32, 41] {
        assert!(
            tally.contains_key(&("sdk".to_owned(), code)),
            "no transaction got as far as code {code}: {tally:?}"
        );
    }
    assert!(good > COUNT / 30, "{good} good ones passed");
}

#[test]
fn bytes_beyond_the_limit_are_refused_before_anything_is_read() {
    let chain = TestChain::builder().build();
    let most = agora_runtime::MAX_TX_BYTES;
    let _ = chain.check(&vec![0x0a; most + 1]).expect_code("sdk", 21);
    let _ = chain.check(&vec![0x0a; most]).expect_code("sdk", 2);
    let start = Instant::now();
    for filler in [0x00, 0x0a, 0x80, 0xff] {
        assert_ne!(chain.check(&vec![filler; 5 << 20]).code, 0);
    }
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn a_panic_would_be_no_documented_answer() {
    let allowed = of_transactions();
    assert!(!allowed.contains(&("sdk".to_owned(), 111_222)) && !allowed.contains(&("sdk".to_owned(), 35)));
    assert!(allowed.contains(&("bank".to_owned(), 4)) && allowed.contains(&(String::new(), 0)));
}
