//! Making and changing validators.

use super::*;

fn edit(n: u8) -> wire::MsgEditValidator {
    let keep = || KEEP.to_owned();
    wire::MsgEditValidator {
        description: Some(wire::Description {
            moniker: keep(),
            identity: keep(),
            website: keep(),
            security_contact: keep(),
            details: keep(),
        }),
        validator_address: valoper(n),
        commission_rate: String::new(),
        min_self_delegation: String::new(),
    }
}

#[test]
fn a_new_validator_is_signed_for_by_its_operator_and_enters_the_set_when_the_block_ends() {
    let mut world = world();
    let message = create(1, 7 * AGO);
    let any = prost_types::Any {
        type_url: "/cosmos.staking.v1beta1.MsgCreateValidator".into(),
        value: message.encode_to_vec(),
    };
    assert_eq!(world.registry.decode(&any).unwrap().signers().unwrap(), [account(1)]);
    let done = world.does(&message);
    assert_eq!(
        shape(&done.events),
        ["coin_spent:spender,amount", "coin_received:receiver,amount", "create_validator:validator,amount"]
    );
    assert_eq!(world.validator(1).status, 1);
    world.next_block(5);
    assert_eq!(world.validator(1).status, 3);
    assert_eq!(world.comet[&key(1)], 7);
    // The pools changed places in one transfer.
    assert_eq!(
        shape(&world.events),
        [
            "coin_spent:spender,amount",
            "coin_received:receiver,amount",
            "transfer:recipient,sender,amount",
            "message:sender"
        ]
    );
}

#[test]
fn a_validator_that_contradicts_itself_is_refused() {
    let mut world = staked(&[5]);
    world.refused("staking", 4, &create(1, AGO));
    let mut copied = create(2, AGO);
    copied.pubkey = create(1, AGO).pubkey;
    world.refused("staking", 5, &copied);
    let mut message = create(2, AGO);
    message.pubkey.as_mut().unwrap().type_url = "/cosmos.crypto.secp256k1.PubKey".into();
    world.refused("staking", 6, &message);
    for (rates, code) in [((300, 200, 10), 11), ((50, 1001, 10), 10), ((50, 200, 201), 14)] {
        let mut message = create(2, AGO);
        message.commission = Some(wire::CommissionRates {
            rate: thousandths(rates.0),
            max_rate: thousandths(rates.1),
            max_change_rate: thousandths(rates.2),
        });
        world.refused("staking", code, &message);
    }
    let mut message = create(2, AGO);
    message.min_self_delegation = (AGO + 1).to_string();
    world.refused("staking", 16, &message);
    message.min_self_delegation = "0".into();
    world.refused("sdk", 18, &message);
    let mut message = create(2, AGO);
    message.description.as_mut().unwrap().moniker.clear();
    world.refused("sdk", 18, &message);
    message.description.as_mut().unwrap().moniker = "x".repeat(71);
    let log = world.refused("sdk", 18, &message);
    assert_eq!(log, "invalid moniker length; got: 71, max: 70: invalid request");
    let mut message = create(2, AGO);
    message.validator_address = account(2).to_string();
    let any = prost_types::Any {
        type_url: "/cosmos.staking.v1beta1.MsgCreateValidator".into(),
        value: message.encode_to_vec(),
    };
    assert_eq!(world.registry.decode(&any).unwrap().signers().unwrap_err().code, 7);
}

#[test]
fn a_commission_moves_once_a_day_within_its_step_up_and_freely_down() {
    let mut world = staked(&[5]);
    let rate = |n| wire::MsgEditValidator { commission_rate: thousandths(n), ..edit(1) };
    world.refused("staking", 12, &rate(55));
    world.next_block(86_400);
    world.refused("staking", 11, &rate(201));
    world.refused("staking", 15, &rate(61));
    let done = world.does(&rate(60));
    let text = done.events[0].get("commission_rate").unwrap();
    assert_eq!(
        text,
        "commission_rates:<rate:\"60000000000000000\" max_rate:\"200000000000000000\" \
         max_change_rate:\"10000000000000000\" > update_time:<seconds:1086405 > "
    );
    world.next_block(86_400);
    world.does(&rate(0));
}

#[test]
fn words_are_kept_and_the_minimum_of_the_own_delegation_only_rises() {
    let mut world = staked(&[5]);
    let mut message = edit(1);
    message.description.as_mut().unwrap().details = "edited & \"quoted\"".into();
    world.does(&message);
    let shown = world.validator(1).description.unwrap();
    assert_eq!((shown.moniker.as_str(), shown.details.as_str()), ("validator 1", "edited & \"quoted\""));
    let least = |n: u128| wire::MsgEditValidator { min_self_delegation: n.to_string(), ..edit(1) };
    world.does(&least(5 * AGO));
    world.refused("staking", 17, &least(5 * AGO));
    world.refused("staking", 16, &least(5 * AGO + 1));
    world.refused("staking", 3, &edit(2));
    // Below it the validator is jailed and leaves the set; but the only one stays.
    world.does(&undelegate(1, 1, 1));
    assert!(world.validator(1).jailed);
    world.next_block(5);
    assert_eq!((world.validator(1).status, world.comet.len()), (3, 1));
}
