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
use prost::Message as _;
use rows::{fields, plenty, rows};
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
            let outcome = attempt(&mut scene, sender, &plenty());
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

/// The string fields of messages that hold no address.
const NO_ADDRESSES: [&str; 12] = [
    "pool_id",
    "position_id",
    "swap_fee",
    "shares_min",
    "liquidity",
    "liquidity_min",
    "price",
    "sqrt_price",
    "denom_0",
    "denom_1",
    "denom_out",
    "limit",
];

#[test]
fn every_field_that_holds_an_address_has_a_row() {
    let files = prost_types::FileDescriptorSet::decode(agora_dex::DESCRIPTORS).unwrap();
    let messages =
        files.file.iter().filter(|file| file.package() == "agora.dex.v1").flat_map(|file| &file.message_type);
    let mut left: Vec<(&str, &str)> =
        fields().iter().map(|(message, field, ..)| (*message, *field)).collect();
    for message in messages {
        let Some(name) = message.name().strip_prefix("Msg").filter(|name| !name.ends_with("Response")) else {
            continue;
        };
        for field in message
            .field
            .iter()
            .filter(|field| field.r#type() == prost_types::field_descriptor_proto::Type::String)
        {
            match field.name() {
                // The signer: `rows`.
                "sender" | "authority" => assert!(rows().iter().any(|(row, ..)| *row == name), "{name}"),
                field if NO_ADDRESSES.contains(&field) => {}
                field => {
                    let found = left.iter().position(|row| *row == (name, field));
                    left.remove(found.unwrap_or_else(|| panic!("{name}.{field} has no row")));
                }
            }
        }
    }
    assert_eq!(left, [], "rows of fields that are not there");
}

#[test]
fn every_other_address_is_refused_where_it_could_do_harm() {
    let addresses = [account(1), account(7), module_address("dex"), authority()];
    for (name, field, attempt, allowed) in fields() {
        for (address, allowed) in addresses.iter().zip(allowed) {
            let mut scene = scene();
            let before = scene.world.export();
            let outcome = attempt(&mut scene, address, &plenty());
            assert_eq!(outcome.is_ok(), allowed, "{name} with {field} {address}: {outcome:?}");
            if let Err(error) = outcome {
                assert_eq!((error.codespace, error.code), ("sdk", 4), "{name}: {error}");
                assert_eq!(scene.world.export(), before, "{name}: a refused message changes nothing");
            }
            scene.world.check();
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
