//! Acting for others, as wallets do it.

use agora_proto::cosmos::authz::v1beta1 as authz;
use agora_proto::cosmos::bank::v1beta1::{MsgSend, SendAuthorization};
use agora_proto::pack;
use agora_tests::txs::{SignMode, wire_coins};

use crate::support::three;

#[test]
fn rights_are_given_and_used_in_either_sign_mode_and_the_events_say_whose_message_it_was() {
    let (mut chain, alice, bob, carol) = three();
    let right = SendAuthorization { spend_limit: wire_coins("1000uago"), allow_list: vec![] };
    let grant = authz::MsgGrant {
        granter: alice.address.to_string(),
        grantee: bob.address.to_string(),
        grant: Some(authz::Grant { authorization: Some(pack(&right)), expiration: None }),
    };
    for mode in [SignMode::Direct, SignMode::Amino] {
        let _ = chain.tx(&alice).msg(&grant).mode(mode.clone()).gas_and_fee(200_000).run().expect_ok();
        let send = MsgSend {
            from_address: alice.address.to_string(),
            to_address: carol.address.to_string(),
            amount: wire_coins("400uago"),
        };
        let grantee = bob.address.to_string();
        let inner = authz::MsgExec { grantee: grantee.clone(), msgs: vec![pack(&send)] };
        let exec = authz::MsgExec { grantee, msgs: vec![pack(&send), pack(&inner)] };
        let done = chain.tx(&bob).msg(&exec).mode(mode.clone()).gas_and_fee(300_000).run().expect_ok();
        assert_eq!((done.delta(&alice, "uago"), done.delta(&carol, "uago")), (-800, 800));
        let transfers: Vec<&str> = done
            .of("transfer")
            .into_iter()
            .filter(|event| event.keys().contains(&"authz_msg_index"))
            .map(|event| event.get("authz_msg_index"))
            .collect();
        assert_eq!(transfers.len(), 2, "{:?}", done.event_lines());
        let over = chain.tx(&bob).msg(&exec).mode(mode).gas_and_fee(300_000).run();
        let over = over.expect_code("sdk", 5).saying("requested amount is more than spend limit");
        assert_eq!(over.delta(&alice, "uago"), 0);
    }
}
