//! Who may do what: every message with every kind of sender. And gas: wherever it runs out, nothing is left
//! behind.

#[path = "../common/mod.rs"]
mod common;
mod gas;
mod rows;
mod scene;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_primitives::module_address;
use common::{account, authority, coins};
use rows::rows;
use scene::scene;

#[test]
fn every_message_does_what_its_sender_may_and_no_more() {
    let registered = scene().world.registry.message_types().filter(|(_, module)| *module == "dex").count();
    assert_eq!(rows().len(), registered, "every message has a row");
    let senders = [account(1), account(7), module_address("dex"), authority()];
    for (name, attempt, allowed) in rows() {
        for (sender, allowed) in senders.iter().zip(allowed) {
            let mut scene = scene();
            let before = scene.world.export();
            let outcome = attempt(&mut scene, sender);
            assert_eq!(outcome.is_ok(), allowed, "{name} of {sender}: {outcome:?}");
            match outcome {
                Ok(()) => scene.world.check(),
                Err(error) => {
                    // A lack of rights, of coins, or of shares.
                    assert!(matches!((error.codespace, error.code), ("sdk", 4 | 5)), "{name}: {error}");
                    assert_eq!(scene.world.export(), before, "{name}: a refused message changes nothing");
                }
            }
        }
    }
}

#[test]
fn an_address_of_another_chain_is_refused_wherever_it_stands() {
    let bad = account(1).to_bech32("cosmos");
    let scene = &mut scene();
    let recipient = wire::MsgTransferPosition {
        sender: account(1).to_string(),
        position_id: scene.position.clone(),
        recipient: bad.clone(),
    };
    assert!(scene.world.refused("sdk", 7, &recipient).contains("recipient"));
    let provider = wire::MsgCreateStablePool {
        sender: account(1).to_string(),
        coins: coins("5000aaa,5000bbb"),
        amplification: 10,
        swap_fee: "0".into(),
        rates: vec![],
        rate_provider: bad,
    };
    assert!(scene.world.refused("sdk", 7, &provider).contains("rate provider"));
}
