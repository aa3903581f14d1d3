//! Signatures and transactions recorded from a node of the Cosmos SDK, made again here to the last byte.
//!
//! The recorded chain is `rec-1` with the address prefix `cosmos`; addresses are compared under that prefix.

use agora_proto::cosmos::tx::v1beta1::{AuthInfo, TxRaw};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost::Message;

use super::*;

const ALICE: &str = "bb99ee21c8b134dae9bcc747d58a7dd04554ad83e256794784be231a6995fbbc";
const BOB: &str = "2f5a0e0164f152835685e7fc3b2e3f88584d9da2cdbb155e86bffd1010daced7";
const CAROL: &str = "3e9f26206886b1447da599f53a4931f181b72c8c458f308e048bcf498913bf19";
const MULTISIG_ADDRESS: &str = "cosmos1p6mdt3mkfrxngnjrdeu7walux5zjz0nrdspkwz";
/// What Alice signed in mode DIRECT, with sequence 41.
const DIRECT_SIGN_BYTES: &str = "\
    CpQBCpEBChwvY29zbW9zLmJhbmsudjFiZXRhMS5Nc2dTZW5kEnEKLWNvc21vczFycm5zc2FsbnprYzNheDdtcTkwejRnZXVt\
    N3Vjemc3dGRocmZ5dhItY29zbW9zMXA2bWR0M21rZnJ4bmduanJkZXU3d2FsdXg1emp6MG5yZHNwa3d6GhEKBXN0YWtlEggx\
    MDAwMDAwMBJmClAKRgofL2Nvc21vcy5jcnlwdG8uc2VjcDI1NmsxLlB1YktleRIjCiEDwN90Wa0xoUhTPHbqNDSOpCFL6u9r\
    N/LtgGVMtmBVBM0SBAoCCAEYKRISCgwKBXN0YWtlEgMzMDAQ4KcSGgVyZWMtMQ==";
/// The transaction that came of it.
const DIRECT_TX: &str = "\
    CpQBCpEBChwvY29zbW9zLmJhbmsudjFiZXRhMS5Nc2dTZW5kEnEKLWNvc21vczFycm5zc2FsbnprYzNheDdtcTkwejRnZXVt\
    N3Vjemc3dGRocmZ5dhItY29zbW9zMXA2bWR0M21rZnJ4bmduanJkZXU3d2FsdXg1emp6MG5yZHNwa3d6GhEKBXN0YWtlEggx\
    MDAwMDAwMBJmClAKRgofL2Nvc21vcy5jcnlwdG8uc2VjcDI1NmsxLlB1YktleRIjCiEDwN90Wa0xoUhTPHbqNDSOpCFL6u9r\
    N/LtgGVMtmBVBM0SBAoCCAEYKRISCgwKBXN0YWtlEgMzMDAQ4KcSGkB9eXJpTRirUPxK+SPKjcBuFOIYa6e0NKq5TvNSSPu7\
    bQ/J2DMcmcsFrrDH2K5NcekMkE50bZ2uvD87GfyD7v79";
/// A transfer by the multisig.
const TWO_OF_THREE_TX: &str = "\
    CpABCo0BChwvY29zbW9zLmJhbmsudjFiZXRhMS5Nc2dTZW5kEm0KLWNvc21vczFwNm1kdDNta2ZyeG5nbmpyZGV1N3dhbHV4\
    NXpqejBucmRzcGt3ehItY29zbW9zMXM1d2RudWx2MDJ4dHlyeTRteTRydHNqdnBnNm05a3kweTA3OWV3Gg0KBXN0YWtlEgQx\
    MDAwErkCCqICCogCCikvY29zbW9zLmNyeXB0by5tdWx0aXNpZy5MZWdhY3lBbWlub1B1YktleRLaAQgCEkYKHy9jb3Ntb3Mu\
    Y3J5cHRvLnNlY3AyNTZrMS5QdWJLZXkSIwohA8DfdFmtMaFIUzx26jQ0jqQhS+rvazfy7YBlTLZgVQTNEkYKHy9jb3Ntb3Mu\
    Y3J5cHRvLnNlY3AyNTZrMS5QdWJLZXkSIwohA3IVuu1crY5HMfBl+NTnDjO+PeHimK6OdH6VEgPGCfBHEkYKHy9jb3Ntb3Mu\
    Y3J5cHRvLnNlY3AyNTZrMS5QdWJLZXkSIwohA+BzBylrMupVRT4tyJ2b6RtowQwVsDdpiA8C6yTrq4YBEhUSEwoFCAMSAaAS\
    BAoCCH8SBAoCCH8SEgoMCgVzdGFrZRIDMzAwEOCnEhqEAQpAG5P2E3L4PU4i/K3Ry5h8vpo1MFBfKRTIu/nsR49ZsVdnez+t\
    Y+y3JKnAl8HiivxeY+wy2bUtnIOF1aCagnyjoQpA+FP2GzgcLNDixmxoVNuSCzkEpwou9ZIb3FwuAgmyR+NqwHLiQLO6dZ6K\
    ODhyS476LAWiwZj6noWOxGlEYsW55A==";
/// A transfer by the multisig.
const THREE_OF_THREE_TX: &str = "\
    CpABCo0BChwvY29zbW9zLmJhbmsudjFiZXRhMS5Nc2dTZW5kEm0KLWNvc21vczFwNm1kdDNta2ZyeG5nbmpyZGV1N3dhbHV4\
    NXpqejBucmRzcGt3ehItY29zbW9zMXM1d2RudWx2MDJ4dHlyeTRteTRydHNqdnBnNm05a3kweTA3OWV3Gg0KBXN0YWtlEgQx\
    MDAwEsECCqoCCogCCikvY29zbW9zLmNyeXB0by5tdWx0aXNpZy5MZWdhY3lBbWlub1B1YktleRLaAQgCEkYKHy9jb3Ntb3Mu\
    Y3J5cHRvLnNlY3AyNTZrMS5QdWJLZXkSIwohA8DfdFmtMaFIUzx26jQ0jqQhS+rvazfy7YBlTLZgVQTNEkYKHy9jb3Ntb3Mu\
    Y3J5cHRvLnNlY3AyNTZrMS5QdWJLZXkSIwohA3IVuu1crY5HMfBl+NTnDjO+PeHimK6OdH6VEgPGCfBHEkYKHy9jb3Ntb3Mu\
    Y3J5cHRvLnNlY3AyNTZrMS5QdWJLZXkSIwohA+BzBylrMupVRT4tyJ2b6RtowQwVsDdpiA8C6yTrq4YBEhsSGQoFCAMSAeAS\
    BAoCCH8SBAoCCH8SBAoCCH8YARISCgwKBXN0YWtlEgMzMDAQ4KcSGsYBCkBN5XEFzqw4W3OnggfjHVfLtYUMRStRm3I+iw+/\
    nMsl9x9CoJg+ElqnpUImVKVP+REFG6miuxirIqN53Ebp1LkhCkDohlTO2UEprMNnG3O0yb2wyLJLpx+aPytsAJRHnNbqR0of\
    X/GeBB3ff9atr9aJbiEDfjaXnSa8COmGiq5kBeLgCkDI52vFW6Nme+I+d1JM5qhlSQlTKdfTLKtqPj5PdgUs9EKeupJ9968t\
    hvIj6u+U0TwSgjZUUXroIXRvjoXUnzVQ";

/// The document the members signed, for this sequence of the multisig.
fn amino_sign_bytes(sequence: u64) -> Vec<u8> {
    let (to, amount) = ("cosmos1s5wdnulv02xtyry4my4rtsjvpg6m9ky0y079ew", "1000");
    canonical_json(&serde_json::json!({
        "chain_id": "rec-1", "account_number": "9640935143642684611", "sequence": sequence.to_string(), "memo": "",
        "fee": { "gas": "300000", "amount": [{ "denom": "stake", "amount": "300" }] },
        "msgs": [{ "type": "cosmos-sdk/MsgSend", "value": {
            "from_address": MULTISIG_ADDRESS, "to_address": to, "amount": [{ "denom": "stake", "amount": amount }] } }],
    }))
}

fn key(hex_digits: &str) -> SecretKey {
    SecretKey::from_bytes(&hex::decode(hex_digits).unwrap()).unwrap()
}

fn raw(text: &str) -> TxRaw {
    TxRaw::decode(BASE64.decode(text).unwrap().as_slice()).unwrap()
}

fn multisig() -> Multisig {
    Multisig::new(2, [ALICE, BOB, CAROL].map(|digits| key(digits).public_key())).unwrap()
}

fn member_signature(digits: &str, sequence: u64) -> MemberSignature {
    let PublicKey::Secp256k1(public) = key(digits).public_key() else { panic!() };
    let signature = key(digits).sign(&amino_sign_bytes(sequence));
    MemberSignature { key: public, signature, mode: SignMode::LegacyAminoJson }
}

#[test]
fn a_direct_signature_is_the_recorded_one() {
    let tx = raw(DIRECT_TX);
    let parts = TxParts { body: &tx.body_bytes, auth_info: &tx.auth_info_bytes };
    let sign_bytes = direct_sign_bytes(parts, "rec-1", 0);
    assert_eq!(BASE64.encode(&sign_bytes), DIRECT_SIGN_BYTES);
    let signature = key(ALICE).sign(&sign_bytes);
    assert_eq!(BASE64.encode(tx_raw_bytes(parts, vec![signature.to_vec()])), DIRECT_TX);
    let auth = AuthInfo::decode(tx.auth_info_bytes.as_slice()).unwrap();
    let made = signer_info(&key(ALICE).public_key(), single_mode_info(SignMode::Direct), 41);
    assert_eq!(auth.signer_infos, [made]);
}

#[test]
fn the_multisig_address_is_the_recorded_one_and_depends_on_order_and_threshold() {
    let address = |multisig: &Multisig| multisig.address().with_prefix("cosmos").unwrap();
    assert_eq!(address(&multisig()), MULTISIG_ADDRESS);
    let shuffled = [CAROL, ALICE, BOB].map(|digits| key(digits).public_key());
    assert_eq!(address(&Multisig::sorted(2, shuffled.clone()).unwrap()), MULTISIG_ADDRESS);
    assert_ne!(address(&Multisig::new(2, shuffled.clone()).unwrap()), MULTISIG_ADDRESS);
    assert_ne!(address(&Multisig::sorted(3, shuffled).unwrap()), MULTISIG_ADDRESS);
}

#[test]
fn combined_signatures_make_the_recorded_transactions() {
    for (signers, sequence, recorded) in
        [(vec![CAROL, ALICE], 0, TWO_OF_THREE_TX), (vec![BOB, ALICE, CAROL], 1, THREE_OF_THREE_TX)]
    {
        let signatures: Vec<_> =
            signers.into_iter().map(|digits| member_signature(digits, sequence)).collect();
        let auth = multisig().combine(&signatures, |_| Ok(amino_sign_bytes(sequence))).unwrap();
        let tx = raw(recorded);
        assert_eq!(tx.signatures, [auth.signature]);
        let made = signer_info(&PublicKey::Multisig(multisig()), auth.mode_info, sequence);
        let mut auth_info = AuthInfo::decode(tx.auth_info_bytes.as_slice()).unwrap();
        auth_info.signer_infos = vec![made];
        assert_eq!(auth_info.encode_to_vec(), tx.auth_info_bytes);
    }
}

#[test]
fn the_key_of_a_recorded_transaction_reads_back() {
    let auth = AuthInfo::decode(raw(TWO_OF_THREE_TX).auth_info_bytes.as_slice()).unwrap();
    let any = auth.signer_infos[0].public_key.clone().unwrap();
    let read = PublicKey::from_any(&any).unwrap();
    assert_eq!(read, PublicKey::Multisig(multisig()));
    assert_eq!(PublicKey::from_json(&read.to_json()).unwrap(), read);
    assert_eq!(read.to_any(), any);
    let members = [ALICE, BOB, CAROL].map(|digits| match key(digits).public_key().to_json() {
        serde_json::Value::Object(fields) => {
            serde_json::json!({ "type": "tendermint/PubKeySecp256k1", "value": fields["key"] })
        }
        other => other,
    });
    let amino = serde_json::json!({
        "type": "tendermint/PubKeyMultisigThreshold", "value": { "threshold": "2", "pubkeys": members } });
    assert_eq!(PublicKey::from_json(&amino).unwrap(), read);
    let nested = serde_json::json!({
        "type": "tendermint/PubKeyMultisigThreshold", "value": { "threshold": "1", "pubkeys": [amino] } });
    assert!(PublicKey::from_json(&nested).is_err());
}

#[test]
fn combining_refuses_what_the_chain_would_refuse() {
    let error = |signatures: &[MemberSignature]| {
        multisig().combine(signatures, |_| Ok(amino_sign_bytes(0))).unwrap_err().to_text()
    };
    let (alice, bob) = (member_signature(ALICE, 0), member_signature(BOB, 0));
    assert!(error(std::slice::from_ref(&alice)).contains("1 of 2 needed signatures"));
    assert!(error(&[alice.clone(), alice.clone()]).contains("1 of 2 needed signatures"));
    assert!(error(&[alice.clone(), member_signature(BOB, 7)]).contains("does not fit this transaction"));
    let stranger = MemberSignature {
        key: bob.key,
        ..member_signature("395122a65291f0fea9f36ab4e3014bef4fb37de22ace8322a7bbfd30269f42bf", 0)
    };
    assert!(error(&[alice.clone(), stranger]).contains("does not fit"));
    assert!(
        error(&[
            alice,
            member_signature("395122a65291f0fea9f36ab4e3014bef4fb37de22ace8322a7bbfd30269f42bf", 0)
        ])
        .contains("not a member")
    );
}

#[test]
fn impossible_multisigs_are_refused() {
    let public = |digits| key(digits).public_key();
    assert!(Multisig::new(0, [public(ALICE)]).is_err());
    assert!(Multisig::new(2, [public(ALICE)]).is_err());
    assert!(Multisig::new(1, []).is_err());
    assert!(Multisig::new(1, [public(ALICE), public(ALICE)]).unwrap_err().to_string().contains("twice"));
    assert!(Multisig::new(1, [PublicKey::Multisig(multisig())]).is_err());
}
