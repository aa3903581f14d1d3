//! Not signing.

use super::*;

#[test]
fn a_validator_that_misses_too_many_blocks_of_its_window_is_slashed_and_jailed_once() {
    let mut world = World::new();
    for _ in 0..11 {
        world.signed(true);
    }
    for missed in 1..=5 {
        world.signed(false);
        assert_eq!(world.kinds(), ["liveness:address,missed_blocks,height"]);
        assert_eq!(world.info(1).missed_blocks_counter, missed);
    }
    assert_eq!(world.tokens(1), 5 * AGO);
    world.signed(false);
    assert_eq!(world.tokens(1), 5 * AGO - AGO * 5 / 100);
    assert_eq!(
        world.kinds()[..4],
        [
            "liveness:address,missed_blocks,height",
            "coin_spent:spender,amount",
            "burn:burner,amount",
            "slash:address,power,reason,jailed,burned_coins"
        ]
    );
    assert_eq!(world.updates, [ValidatorUpdate { pub_key: key(1), power: 0 }]);
    // Its votes come for two blocks more.
    world.signed(false);
    world.signed(false);
    assert_eq!((world.tokens(1), world.info(1).missed_blocks_counter), (5 * AGO - AGO * 5 / 100, 0));
    assert_eq!(world.unjail(2), Err(5));
    assert_eq!(world.unjail(1), Err(4));
    assert_eq!(world.unjail(7), Err(3));
    world.block.time += 600 * SECOND;
    assert_eq!(world.unjail(1), Ok(()));
    // It has less than five units of power now.
    world.decided(vec![vote(2, Voted::Commit)], vec![]);
    assert_eq!(world.updates, [ValidatorUpdate { pub_key: key(1), power: 4 }]);
}

#[test]
fn blocks_signed_again_push_missed_ones_out_of_the_window() {
    let mut world = World::new();
    for _ in 0..11 {
        world.signed(true);
    }
    for round in 0..40 {
        world.signed(round % 2 == 0);
    }
    assert_eq!(world.info(1).missed_blocks_counter, 5);
    for _ in 0..10 {
        world.signed(true);
    }
    assert_eq!(world.info(1).missed_blocks_counter, 0);
    assert_eq!(world.tokens(1), 5 * AGO);
}

#[test]
fn nobody_is_punished_before_a_whole_window_was_measured() {
    let mut world = World::new();
    for _ in 0..10 {
        world.signed(false);
    }
    assert_eq!((world.tokens(1), world.info(1).missed_blocks_counter), (5 * AGO, 10));
}

#[test]
fn an_operator_that_takes_its_stake_back_cannot_come_back_without() {
    let mut world = World::new();
    let coin = Some(Coin { denom: "uago".into(), amount: (5 * AGO).to_string() });
    world
        .run(&staking::MsgUndelegate {
            delegator_address: account(1).to_string(),
            validator_address: valoper(1),
            amount: coin,
        })
        .unwrap();
    assert_eq!(world.unjail(1), Err(6));
}

#[test]
fn another_window_measures_everybody_anew() {
    let mut world = World::new();
    for _ in 0..8 {
        world.signed(false);
    }
    let found: wire::QueryParamsResponse = world.query("Params", &wire::QueryParamsRequest {}).unwrap();
    let params = found.params.unwrap();
    let update = |authority: Address, window| wire::MsgUpdateParams {
        authority: authority.to_string(),
        params: Some(wire::Params { signed_blocks_window: window, ..params.clone() }),
    };
    assert_eq!(world.run(&update(account(1), 5)).unwrap_err().code, 4);
    assert_eq!(world.run(&update(module_address("gov"), 0)).unwrap_err().code, 18);
    world.run(&update(module_address("gov"), 4)).unwrap();
    assert_eq!(world.info(1).missed_blocks_counter, 0);
    for _ in 0..4 {
        world.signed(false);
    }
    assert_eq!(world.tokens(1), 5 * AGO);
    world.signed(false);
    assert!(world.tokens(1) < 5 * AGO);
}

#[test]
fn a_shorter_window_forgets_what_those_who_have_left_the_set_missed() {
    let mut world = World::new();
    for _ in 0..5 {
        world.signed(false);
    }
    world.decided(vec![vote(2, Voted::Commit), vote(3, Voted::Commit)], vec![]);
    assert_eq!(world.info(1).missed_blocks_counter, 5);
    let found: wire::QueryParamsResponse = world.query("Params", &wire::QueryParamsRequest {}).unwrap();
    let params = Some(wire::Params { signed_blocks_window: 3, ..found.params.unwrap() });
    let authority = module_address("gov").to_string();
    world.run(&wire::MsgUpdateParams { authority, params }).unwrap();
    assert_eq!(world.info(1).missed_blocks_counter, 0);
    // Places beyond the window would be refused.
    World::from_genesis(&world.sections());
}
