//! What each message does, says and refuses.

#[path = "../common/mod.rs"]
mod common;
mod delegations;
mod validators;

use agora_framework::Event;
use agora_proto::cosmos::staking::v1beta1 as wire;
use agora_staking::KEEP;
use common::{
    World, account, authority, cancel, coin, create, delegate, key, redelegate, thousandths, undelegate,
    valoper,
};
use prost::Message;

const AGO: u128 = 1_000_000;

fn world() -> World {
    World::new(9, 1_000_000 * AGO)
}

/// A world whose first accounts are validators with so many AGO each.
fn staked(ago: &[u128]) -> World {
    let mut world = world();
    for (n, stake) in (1..).zip(ago) {
        world.does(&create(n, stake * AGO));
    }
    world.next_block(5);
    world
}

fn shape(events: &[Event]) -> Vec<String> {
    let keys = |event: &Event| event.attributes.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>();
    events.iter().map(|event| format!("{}:{}", event.kind, keys(event).join(","))).collect()
}

#[test]
fn parameters_change_by_the_authority_alone_and_the_staked_coin_never() {
    let mut world = staked(&[5]);
    let found: wire::QueryParamsResponse = world.query("Params", &wire::QueryParamsRequest {}).unwrap();
    let params = found.params.unwrap();
    let update = |who: agora_primitives::Address, change: &dyn Fn(&mut wire::Params)| {
        let mut params = params.clone();
        change(&mut params);
        wire::MsgUpdateParams { authority: who.to_string(), params: Some(params) }
    };
    world.refused("sdk", 4, &update(account(1), &|_| {}));
    let changes: [&dyn Fn(&mut wire::Params); 6] = [
        &|p| p.max_validators = 0,
        &|p| p.max_validators = 1001,
        &|p| p.max_entries = 0,
        &|p| p.unbonding_time = None,
        &|p| p.min_commission_rate = thousandths(1001),
        &|p| p.bond_denom = "uusdc".into(),
    ];
    for change in changes {
        world.refused("sdk", 18, &update(authority(), change));
    }
    world.does(&update(authority(), &|p| p.min_commission_rate = thousandths(60)));
    world.refused("staking", 40, &create(2, AGO));
}
