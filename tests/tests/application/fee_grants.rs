//! Fees paid from another account: what the ante makes of allowances.

use agora_proto::cosmos::auth::v1beta1 as auth;
use agora_proto::cosmos::feegrant::v1beta1 as feegrant;
use agora_proto::pack;
use agora_tests::harness::FeePaid;
use agora_tests::txs::{Draft, SignMode, wire_coins};
use agora_tests::{Account, TestChain};

use crate::support::{stranger, three};

fn allow(chain: &mut TestChain, granter: &Account, grantee: &Account, limit: &str) {
    let allowance = pack(&feegrant::BasicAllowance { spend_limit: wire_coins(limit), expiration: None });
    let grant = feegrant::MsgGrantAllowance {
        granter: granter.address.to_string(),
        grantee: grantee.address.to_string(),
        allowance: Some(allowance),
    };
    let _ = chain.tx(granter).msg(&grant).gas_and_fee(200_000).run().expect_ok();
}

fn paid_by<C>(granter: &Account) -> impl FnOnce(&mut Draft<C>) {
    let granter = granter.address.to_string();
    |draft| draft.fee.granter = granter
}

#[test]
fn a_granter_pays_and_the_events_are_those_of_the_cosmos_sdk() {
    let (mut chain, alice, bob, carol) = three();
    allow(&mut chain, &carol, &alice, "5000uago");
    let done = chain.tx(&alice).send(&bob, "5uago").fee("700uago").with(paid_by(&carol)).run().expect_ok();
    assert_eq!((done.delta(&alice, "uago"), done.delta(&carol, "uago")), (-5, -700));
    assert_eq!(done.only::<FeePaid>().fee_payer, carol.address.to_string());
    let kinds: Vec<&str> = done.events.iter().take(7).map(|event| event.kind.as_str()).collect();
    let recorded =
        ["use_feegrant", "update_feegrant", "coin_spent", "coin_received", "transfer", "message", "tx"];
    assert_eq!(kinds, recorded);
    let amino = chain
        .tx(&alice)
        .send(&bob, "5uago")
        .fee("700uago")
        .with(paid_by(&carol))
        .mode(SignMode::Amino)
        .run()
        .expect_ok();
    assert_eq!(amino.delta(&carol, "uago"), -700);
}

#[test]
fn an_allowance_is_used_even_if_the_messages_fail_and_not_if_the_fee_is_refused() {
    let (mut chain, alice, bob, carol) = three();
    allow(&mut chain, &carol, &alice, "1400uago");
    let failed = chain
        .tx(&alice)
        .send(&bob, "999999999999uago")
        .fee("700uago")
        .with(paid_by(&carol))
        .run()
        .expect_code("sdk", 5);
    assert_eq!(failed.delta(&carol, "uago"), -700);
    let refused = chain
        .tx(&alice)
        .send(&bob, "1uago")
        .fee("800uago")
        .with(paid_by(&carol))
        .run()
        .expect_code("feegrant", 2)
        .saying("does not allow to pay fees for");
    assert_eq!((refused.delta(&carol, "uago"), refused.events.len()), (0, 0));
    let last = chain.tx(&alice).send(&bob, "1uago").fee("700uago").with(paid_by(&carol)).run().expect_ok();
    assert_eq!(last.of("revoke_feegrant").len(), 1);
    let _ = chain
        .tx(&alice)
        .send(&bob, "1uago")
        .fee("700uago")
        .with(paid_by(&carol))
        .check()
        .expect_code("feegrant", 5);
}

#[test]
fn who_never_held_anything_can_sign_with_an_allowance_and_wallets_find_the_account() {
    let (mut chain, _, _, carol) = three();
    let nobody = stranger();
    let revoke = feegrant::MsgRevokeAllowance {
        granter: nobody.address.to_string(),
        grantee: carol.address.to_string(),
    };
    let unknown = chain.tx(&nobody).msg(&revoke).with(paid_by(&carol)).run();
    let _ = unknown.expect_code("sdk", 9);
    allow(&mut chain, &carol, &nobody, "100000uago");
    let request = auth::QueryAccountRequest { address: nobody.address.to_string() };
    let found: auth::QueryAccountResponse =
        chain.query("/cosmos.auth.v1beta1.Query/Account", &request).expect("an account");
    assert!(found.account.is_some());
    // The message fails, but it came that far.
    let _ = chain.tx(&nobody).msg(&revoke).with(paid_by(&carol)).run().expect_code("feegrant", 5);
    assert_eq!(chain.sequence(&nobody), 1);
}

#[test]
fn the_grantee_is_the_fee_payer_and_who_pays_for_itself_needs_no_allowance() {
    let (mut chain, alice, bob, carol) = three();
    let own = chain.tx(&alice).send(&bob, "5uago").fee("700uago").with(paid_by(&alice)).run().expect_ok();
    assert_eq!(own.delta(&alice, "uago"), -705);
    allow(&mut chain, &carol, &alice, "5000uago");
    // Bob is the payer, and Carol allows Bob nothing.
    let sequence = chain.sequence(&bob);
    let _ = chain
        .tx(&alice)
        .send(&carol, "5uago")
        .fee("700uago")
        .fee_payer(&bob, sequence)
        .with(paid_by(&carol))
        .run()
        .expect_code("feegrant", 5);
    let _ = chain
        .tx(&alice)
        .send(&bob, "5uago")
        .with(|draft| draft.fee.granter = "agora1nonsense".to_owned())
        .run()
        .expect_code("sdk", 7)
        .saying("invalid fee granter address");
}

#[test]
fn a_granter_without_coins_pays_for_nobody() {
    let (mut chain, alice, bob, carol) = three();
    allow(&mut chain, &carol, &alice, "999999999999uago");
    let fee = "999999999999uago";
    let refused = chain.tx(&alice).send(&bob, "5uago").fee(fee).with(paid_by(&carol)).run();
    let refused = refused.expect_code("sdk", 5);
    assert_eq!(refused.events.len(), 0, "the allowance was not used either");
}
