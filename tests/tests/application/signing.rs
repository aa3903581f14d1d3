//! Keys and modes.

use agora_tests::txs::{SignMode, send};
use agora_tests::{Account, TestChain};

use crate::support::three;

#[test]
fn amino_json_signs_what_direct_signs() {
    let (mut chain, alice, bob, _) = three();
    let _ = chain.tx(&alice).send(&bob, "5uago").memo("in amino").mode(SignMode::Amino).run().expect_ok();
    let _ = chain.tx(&alice).multi_send(&[(&bob, "5uago,1uusdc")]).mode(SignMode::Amino).run().expect_ok();
    let timeout = chain.next_time();
    let next = chain.height() + 1;
    let timed = chain.tx(&alice).send(&bob, "5uago").timeout_height(next).timeout(timeout);
    let _ = timed.mode(SignMode::Amino).run().expect_ok();
}

#[test]
fn a_signature_of_one_mode_is_none_of_another() {
    let (mut chain, alice, bob, _) = three();
    let direct = chain.draft(&alice).send(&bob, "5uago");
    let amino = direct.clone().mode(SignMode::Amino);
    for (body_of, signature_of) in [(&direct, &amino), (&amino, &direct)] {
        let mut raw = body_of.signed();
        raw.signatures = signature_of.signed().signatures;
        let refused = chain.block(vec![prost::Message::encode_to_vec(&raw)]).only();
        let _ = refused.expect_code("sdk", 4).saying("signature verification failed");
    }
}

#[test]
fn modes_that_are_not_supported_are_refused_by_name() {
    let (mut chain, alice, bob, _) = three();
    for (mode, name) in [(0, "SIGN_MODE_UNSPECIFIED"), (2, "SIGN_MODE_TEXTUAL"), (191, "SIGN_MODE_EIP_191")] {
        let refused = chain.tx(&alice).send(&bob, "5uago").mode(SignMode::Other(mode)).run();
        let _ = refused.expect_code("sdk", 4).saying(name);
    }
    let _ = chain.tx(&alice).send(&bob, "5uago").mode(SignMode::Other(77)).run().expect_code("sdk", 4);
}

#[test]
fn the_fee_payer_signs_directly_while_others_may_sign_aside() {
    let (mut chain, alice, bob, carol) = three();
    let done =
        chain.tx(&alice).send(&bob, "5uago").mode(SignMode::DirectAux).fee_payer(&carol, 0).run().expect_ok();
    assert_eq!(done.delta(&alice, "uago"), -5);
    let refused = chain.tx(&alice).send(&bob, "5uago").mode(SignMode::DirectAux).run().expect_code("sdk", 4);
    assert!(refused.log.contains("the fee payer cannot sign with SIGN_MODE_DIRECT_AUX"), "{}", refused.log);
}

#[test]
fn an_ed25519_key_signs_like_any_other() {
    let (alice, bob) = (Account::ed25519("alice"), Account::new("bob"));
    let mut chain = TestChain::builder().accounts([&alice]).build();
    let first = chain.tx(&alice).send(&bob, "5uago").run().expect_ok();
    let _ = chain.tx(&alice).send(&bob, "5uago").mode(SignMode::Amino).run().expect_ok();
    assert_eq!(first.delta(&bob, "uago"), 5);
    let mut raw = chain.draft(&alice).send(&bob, "5uago").signed();
    raw.signatures[0][40] ^= 1;
    let _ = chain.block(vec![prost::Message::encode_to_vec(&raw)]).only().expect_code("sdk", 4);
}

#[test]
fn a_key_is_shown_once_and_known_from_then_on() {
    let (mut chain, alice, bob, _) = three();
    let _ = chain.tx(&alice).send(&bob, "1uago").without_keys().run().expect_code("sdk", 8);
    let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_ok();
    let _ = chain.tx(&alice).send(&bob, "1uago").without_keys().run().expect_ok();
    chain.restart();
    let _ = chain.tx(&alice).send(&bob, "1uago").without_keys().run().expect_ok();
}

#[test]
fn nobody_signs_for_another_account() {
    let (mut chain, alice, bob, mallory) = three();
    // Mallory's key is shown for Alice's account.
    let theft = send(&alice.address, &mallory.address, "1uago");
    let _ = chain
        .tx(&mallory)
        .msg(&theft)
        .run()
        .expect_code("sdk", 8)
        .saying("pubKey does not match signer address");
    // Alice's key is shown, Mallory signs.
    let mut raw = chain.draft(&alice).send(&mallory, "1uago").signed();
    raw.signatures = vec![mallory.sign(b"anything")];
    let _ = chain.block(vec![prost::Message::encode_to_vec(&raw)]).only().expect_code("sdk", 4);
    // The key is known, and not shown.
    let _ = chain.tx(&alice).send(&bob, "1uago").run().expect_ok();
    let mut draft = chain.draft(&alice).send(&mallory, "1uago").without_keys();
    draft.signers[0].account = mallory.clone();
    let _ = chain.block(vec![draft.bytes()]).only().expect_code("sdk", 4);
    assert_eq!(chain.balance(&mallory, "uago"), 1_000_000_000);
}

/// Two of three, one member an ed25519 key.
fn committee() -> (TestChain, Account, Account) {
    let members = [Account::new("member 1"), Account::ed25519("member 2"), Account::new("member 3")];
    let committee = Account::multisig("committee", 2, &members.each_ref());
    (TestChain::builder().accounts([&committee]).build(), committee, Account::new("bob"))
}

#[test]
fn a_multisig_needs_as_many_members_as_its_threshold() {
    let (mut chain, committee, bob) = committee();
    let mut run = |members: &[usize]| {
        chain.tx(&committee).send(&bob, "5uago").mode(SignMode::Members(members.to_vec())).run()
    };
    for enough in [vec![0, 1], vec![0, 2], vec![1, 2], vec![0, 1, 2]] {
        let done = run(&enough).expect_ok();
        assert_eq!(done.delta(&bob, "uago"), 5);
        assert_eq!(done.of("tx").len(), 3 + enough.len(), "fee, acc_seq, the parts and the whole");
    }
    for too_few in [vec![], vec![0], vec![2]] {
        let _ = run(&too_few).expect_code("sdk", 4);
    }
}

#[test]
fn a_multisig_refuses_parts_in_the_wrong_place() {
    let (mut chain, committee, bob) = committee();
    let draft = chain.draft(&committee).send(&bob, "5uago");
    let good = draft.signed();
    let swapped = {
        use agora_proto::cosmos::crypto::multisig::v1beta1::MultiSignature;
        use prost::Message;
        let mut parts = MultiSignature::decode(good.signatures[0].as_slice()).unwrap();
        parts.signatures.swap(0, 1);
        let swapped = parts.encode_to_vec();
        parts.signatures.swap(0, 1);
        parts.signatures.push(parts.signatures[0].clone());
        let doubled = parts.encode_to_vec();
        [swapped, doubled, Vec::new(), vec![0xff]]
    };
    for signature in swapped {
        let mut raw = good.clone();
        raw.signatures = vec![signature];
        let _ = chain.block(vec![prost::Message::encode_to_vec(&raw)]).only().expect_code("sdk", 4);
    }
    let _ = chain.block(vec![prost::Message::encode_to_vec(&good)]).only().expect_ok();
}

#[test]
fn a_multisig_that_makes_no_sense_is_no_key() {
    let members = [Account::new("member 1"), Account::new("member 2")];
    for (name, threshold) in [("none", 0), ("all and one", 3)] {
        let account = Account::multisig(name, threshold, &members.each_ref());
        let mut chain = TestChain::builder().accounts([&account]).build();
        let refused = chain.tx(&account).send(&members[0], "1uago").mode(SignMode::Members(vec![0, 1])).run();
        let _ = refused.expect_code("sdk", 8);
    }
}
