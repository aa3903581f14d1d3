//! Signing twice.

use agora_state::{KeyRange, Space, StateRead as _};

use super::*;

#[test]
fn who_signs_twice_is_slashed_once_and_jailed_for_ever() {
    let mut world = World::new();
    let all = || vec![vote(1, Voted::Commit), vote(2, Voted::Commit), vote(3, Voted::Commit)];
    world.decided(all(), vec![]);
    // What leaves before the fault is free, what leaves afterwards is not.
    let coin = |n: u128| Some(Coin { denom: "uago".into(), amount: n.to_string() });
    let leave = |n| staking::MsgUndelegate {
        delegator_address: account(1).to_string(),
        validator_address: valoper(1),
        amount: coin(n),
    };
    world.run(&leave(100_000)).unwrap();
    world.decided(all(), vec![]);
    world.decided(all(), vec![]);
    world.run(&leave(200_000)).unwrap();
    world.decided(all(), vec![]);
    let supply = |world: &World| agora_bank::api::supply(&world.state, &"uago".parse().unwrap()).unwrap();
    let before = supply(&world);
    world.decided(all(), vec![double_sign(1, 4), double_sign(1, 4)]);
    // 5 % of 5 AGO are owed: 10,000 by what left, the rest by the validator.
    assert_eq!(before - supply(&world), 250_000);
    assert_eq!(world.tokens(1), 4_700_000 - 240_000);
    let request = staking::QueryUnbondingDelegationRequest {
        delegator_addr: account(1).to_string(),
        validator_addr: valoper(1),
    };
    let found: staking::QueryUnbondingDelegationResponse =
        world.ask("/cosmos.staking.v1beta1.Query/UnbondingDelegation", &request).unwrap();
    let balances: Vec<_> = found.unbond.unwrap().entries.into_iter().map(|e| e.balance).collect();
    assert_eq!(balances, ["100000", "190000"]);
    assert_eq!(world.kinds().iter().filter(|kind| kind.starts_with("slash:")).count(), 1);
    assert!(world.kinds().contains(&"slash:address,power,reason,burned_coins".to_owned()));
    let info = world.info(1);
    assert!(info.tombstoned && info.jailed_until.unwrap().to_string() == "9999-12-31T23:59:59Z");
    // Whatever it did besides costs nothing more, and it never returns.
    let before = supply(&world);
    world.decided(all(), vec![double_sign(1, 5)]);
    assert_eq!(supply(&world), before);
    world.block.time += 1_000_000 * SECOND;
    assert_eq!(world.unjail(1), Err(4));
    let found: evidence::QueryAllEvidenceResponse = world
        .ask("/cosmos.evidence.v1beta1.Query/AllEvidence", &evidence::QueryAllEvidenceRequest::default())
        .unwrap();
    assert_eq!(found.evidence.len(), 1);
    let fault = evidence::Equivocation::decode(found.evidence[0].value.as_slice()).unwrap();
    assert_eq!((fault.height, fault.power), (4, 5));
    let hash = hex::encode(sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        &found.evidence[0].value,
    )));
    #[allow(deprecated)] // The superseded field stays empty.
    let request = evidence::QueryEvidenceRequest { evidence_hash: vec![], hash };
    let one: evidence::QueryEvidenceResponse =
        world.ask("/cosmos.evidence.v1beta1.Query/Evidence", &request).unwrap();
    assert_eq!(one.evidence.unwrap(), found.evidence[0]);
}

#[test]
fn evidence_that_is_too_old_or_against_a_stranger_is_put_aside() {
    let mut world = World::new();
    let all = || vec![vote(1, Voted::Commit), vote(2, Voted::Commit), vote(3, Voted::Commit)];
    world.decided(all(), vec![]);
    world.block.height += 60;
    world.block.time += 600 * SECOND;
    world.decided(all(), vec![double_sign(1, 2), double_sign(9, 60)]);
    assert_eq!(world.tokens(1), 5 * AGO);
    // Beyond one of the limits only it still counts.
    world.decided(all(), vec![Misbehavior { time: world.block.time, ..double_sign(1, 2) }]);
    assert!(world.tokens(1) < 5 * AGO);
}

#[test]
fn who_was_jailed_before_it_signed_twice_is_the_same_after_an_export() {
    let mut world = World::new();
    for _ in 0..12 {
        world.signed(false);
    }
    assert_ne!(world.info(1).jailed_until.unwrap().seconds, 0);
    let votes = vec![vote(2, Voted::Commit), vote(3, Voted::Commit)];
    world.decided(votes, vec![double_sign(1, 8)]);
    assert!(world.info(1).tombstoned);
    let again = World::from_genesis(&world.sections());
    let entries = |world: &World| {
        let store = Slashing.store().unwrap();
        let (start, limit) = (vec![], 1000);
        let all = KeyRange { store, space: Space::Tree, start, end: None, reverse: false, limit };
        world.state.range(&all).unwrap()
    };
    assert_eq!(entries(&again), entries(&world));
}
