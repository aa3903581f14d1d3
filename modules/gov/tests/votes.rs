//! Whose votes count, and for how much.

mod common;

use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::staking::v1beta1::MsgBeginRedelegate;
use common::{AGO, World, account, coin, create, delegate, propose, split, undelegate, valoper, vote};

/// Validators with 100, 200 and 300 AGO; 10 delegates 50 AGO to each of the first two, 11 delegates 100 to the third.
fn world() -> World {
    let mut world = World::staked();
    world.does(&delegate(10, 1, 50 * AGO));
    world.does(&delegate(10, 2, 50 * AGO));
    world.does(&delegate(11, 3, 100 * AGO));
    world.next_block();
    world
}

#[test]
fn a_validator_votes_for_its_delegators_unless_they_vote_themselves() {
    let mut world = world();
    let id = world.submit(&propose(vec![]));
    world.does(&vote(id, 1, 1));
    assert_eq!(world.tally(id), [150 * AGO, 0, 0, 0]);
    // Before its validator or after it, a delegator takes its part along.
    world.does(&vote(id, 10, 3));
    assert_eq!(world.tally(id), [100 * AGO, 0, 100 * AGO, 0]);
    world.does(&vote(id, 2, 2));
    assert_eq!(world.tally(id), [100 * AGO, 200 * AGO, 100 * AGO, 0]);
    // The last vote counts.
    world.does(&vote(id, 10, 1));
    assert_eq!(world.tally(id), [200 * AGO, 200 * AGO, 0, 0]);
    world.does(&vote(id, 1, 4));
    assert_eq!(world.tally(id), [100 * AGO, 200 * AGO, 0, 100 * AGO]);
    world.next_block();
}

#[test]
fn a_vote_can_be_divided() {
    let mut world = world();
    let id = world.submit(&propose(vec![]));
    world.does(&split(id, 10, &[(1, "0.7"), (3, "0.2"), (2, "0.1")]));
    assert_eq!(world.tally(id), [70 * AGO, 10 * AGO, 20 * AGO, 0]);
    world.does(&split(id, 1, &[(4, "0.5"), (1, "0.5")]));
    assert_eq!(world.tally(id), [120 * AGO, 10 * AGO, 20 * AGO, 50 * AGO]);
    world.does(&vote(id, 10, 3));
    assert_eq!(world.tally(id), [50 * AGO, 0, 100 * AGO, 50 * AGO]);
    world.does(&split(id, 11, &[(1, "0.333333333333333333"), (3, "0.666666666666666667")]));
    assert_eq!(world.tally(id), [83_333_333, 0, 166_666_666, 50 * AGO]);
    world.next_block();
}

#[test]
fn stakes_bought_after_the_start_have_no_vote() {
    let mut world = world();
    let id = world.submit(&propose(vec![]));
    world.does(&delegate(12, 1, 100_000 * AGO));
    world.does(&delegate(10, 1, 100_000 * AGO));
    world.does(&create(4, 100_000 * AGO));
    world.next_block();
    for who in [12, 4, 1] {
        world.does(&vote(id, who, 1));
    }
    assert_eq!(world.tally(id), [150 * AGO, 0, 0, 0]);
    world.does(&vote(id, 10, 3));
    assert_eq!(world.tally(id), [100 * AGO, 0, 100 * AGO, 0]);
    world.next_block();
}

#[test]
fn stakes_that_leave_after_the_start_have_their_vote() {
    let mut world = world();
    let id = world.submit(&propose(vec![]));
    world.does(&undelegate(10, 1, 50 * AGO));
    world.does(&undelegate(11, 3, 100 * AGO));
    world.does(&MsgBeginRedelegate {
        delegator_address: account(10).to_string(),
        validator_src_address: valoper(2),
        validator_dst_address: valoper(3),
        amount: Some(coin(50 * AGO)),
    });
    world.next_block();
    world.does(&vote(id, 10, 1));
    world.does(&vote(id, 11, 3));
    assert_eq!(world.tally(id), [100 * AGO, 0, 100 * AGO, 0]);
    (1..=3).for_each(|n| drop(world.does(&vote(id, n, 2))));
    assert_eq!(world.tally(id), [100 * AGO, 600 * AGO, 100 * AGO, 0]);
    world.next_block();
}

#[test]
fn coins_on_their_way_out_at_the_start_have_no_vote() {
    let mut world = world();
    world.does(&undelegate(11, 3, 60 * AGO));
    let id = world.submit(&propose(vec![]));
    world.does(&vote(id, 11, 1));
    assert_eq!(world.tally(id), [40 * AGO, 0, 0, 0]);
}

#[test]
fn every_proposal_counts_the_stakes_of_its_own_start() {
    let mut world = world();
    let first = world.submit(&propose(vec![]));
    world.does(&delegate(11, 3, 100 * AGO));
    let second = world.submit(&propose(vec![]));
    world.does(&undelegate(11, 3, 150 * AGO));
    let third = world.submit(&propose(vec![]));
    world.does(&delegate(11, 3, AGO));
    world.next_block();
    for (id, amount) in [(first, 100), (second, 200), (third, 50)] {
        world.does(&vote(id, 11, 1));
        assert_eq!(world.tally(id), [amount * AGO, 0, 0, 0]);
    }
    // The first ends; what the others need is kept.
    world.end_vote();
    world.next_block();
    let fourth = world.submit(&propose(vec![]));
    world.does(&vote(fourth, 11, 1));
    assert_eq!(world.tally(fourth), [51 * AGO, 0, 0, 0]);
}

#[test]
fn a_slash_after_the_start_changes_no_votes_power() {
    let mut world = world();
    let id = world.submit(&propose(vec![]));
    world.does(&vote(id, 10, 1));
    assert_eq!(world.slash(1, 150, 500), 75 * AGO);
    world.does(&vote(id, 1, 3));
    assert_eq!(world.tally(id), [100 * AGO, 0, 100 * AGO, 0]);
    // At the next start it does: of 150 half is left, a third of it is the delegator's.
    let next = world.submit(&propose(vec![]));
    world.does(&vote(next, 10, 1));
    assert_eq!(world.tally(next), [75 * AGO, 0, 0, 0]);
    world.next_block();
}

#[test]
fn delegations_to_validators_outside_the_set_have_no_vote() {
    let mut world = world();
    // Less than a unit of power: never in the set.
    world.does(&create(5, AGO / 2));
    world.does(&delegate(12, 5, AGO / 4));
    let id = world.submit(&propose(vec![]));
    world.does(&vote(id, 12, 1));
    world.does(&vote(id, 5, 1));
    assert_eq!(world.tally(id), [0; 4]);
    world.next_block();
}

#[test]
fn a_vote_of_an_account_without_stake_is_noted_and_counts_for_nothing() {
    let mut world = world();
    let id = world.submit(&propose(vec![]));
    world.does(&vote(id, 40, 2));
    assert_eq!(world.tally(id), [0; 4]);
    let request = wire::QueryVoteRequest { proposal_id: id, voter: account(40).to_string() };
    let found: wire::QueryVoteResponse = world.ask("/cosmos.gov.v1.Query/Vote", &request).unwrap();
    assert_eq!(found.vote.unwrap().options[0].weight, "1.000000000000000000");
}

#[test]
fn options_that_cannot_be_are_refused_in_the_cosmos_sdks_words() {
    let mut world = world();
    let id = world.submit(&propose(vec![]));
    assert_eq!(world.refused("gov", 7, &vote(id, 1, 0)), "VOTE_OPTION_UNSPECIFIED: invalid vote option");
    assert_eq!(world.refused("gov", 7, &vote(id, 1, 9)), "9: invalid vote option");
    assert_eq!(world.refused("gov", 3, &vote(9999, 1, 1)), "9999: inactive proposal");
    for (options, expected) in [
        (&[(1, "0.5"), (3, "0.4")][..], "total weight lower than 1.00: invalid vote option"),
        (&[(1, "0.5"), (3, "0.6")], "total weight overflow 1.00: invalid vote option"),
        (&[(1, "0.5"), (1, "0.5")], "duplicated vote option: invalid vote option"),
        (&[(1, ".5"), (3, "0.5")], "option:VOTE_OPTION_YES weight:\".5\": invalid vote option"),
        (&[(1, "0"), (3, "1")], "option:VOTE_OPTION_YES weight:\"0\": invalid vote option"),
        (&[(1, "-1"), (3, "2")], "option:VOTE_OPTION_YES weight:\"-1\": invalid vote option"),
    ] {
        assert_eq!(world.refused("gov", 7, &split(id, 1, options)), expected);
    }
    world.refused("sdk", 18, &split(id, 1, &[]));
    let long = wire::MsgVote { metadata: "m".repeat(256), ..vote(id, 1, 1) };
    world.refused("gov", 15, &long);
}

#[test]
fn while_nothing_is_voted_on_a_delegation_costs_one_read_more_and_then_a_note_each_start() {
    let mut world = world();
    let idle = world.does(&delegate(12, 1, AGO)).gas;
    let again = world.does(&delegate(12, 1, AGO)).gas;
    let id = world.submit(&propose(vec![]));
    let noted = world.does(&delegate(12, 1, AGO)).gas;
    let noted_before = world.does(&delegate(12, 1, AGO)).gas;
    assert!(noted > again + 4000, "{idle} {again} {noted} {noted_before}");
    assert!(noted_before < again + 2000, "{idle} {again} {noted} {noted_before}");
    world.does(&vote(id, 12, 1));
    assert_eq!(world.tally(id), [2 * AGO, 0, 0, 0]);
}
