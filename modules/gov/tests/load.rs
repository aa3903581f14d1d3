//! Work of a block: in proportion to what is due, and bounded.

mod common;

use agora_framework::{BlockCtx, Module};
use agora_gov::{Gov, MOST_PROPOSALS, MOST_SWEPT};
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::gov::v1::ProposalStatus;
use agora_state::TrackedView;
use common::{VOTING, World, escrow, propose, vote};

fn count(world: &World, status: ProposalStatus) -> u64 {
    let pagination = Some(agora_framework::PageRequest { limit: 1, count_total: true, ..Default::default() });
    let request =
        wire::QueryProposalsRequest { proposal_status: status.into(), pagination, ..Default::default() };
    let found: wire::QueryProposalsResponse = world.ask("/cosmos.gov.v1.Query/Proposals", &request).unwrap();
    found.pagination.unwrap().total
}

#[test]
fn a_thousand_proposals_due_in_one_block_end_in_order_over_several() {
    let mut world = World::staked();
    let ids: Vec<u64> = (0..1000).map(|_| world.does(&propose(vec![])).gas).collect();
    assert_eq!(ids.len(), 1000);
    world.next_block();
    for id in 1..=1000 {
        world.does(&vote(id, 3, 1));
    }
    world.next_block_after(VOTING);
    let mut blocks = 0u64;
    while count(&world, ProposalStatus::VotingPeriod) > 0 {
        world.next_block();
        blocks += 1;
        let ended = world.events.iter().filter(|event| event.kind == "active_proposal").count();
        assert_eq!(ended, MOST_PROPOSALS);
        assert_eq!(count(&world, ProposalStatus::Passed), blocks * MOST_PROPOSALS as u64);
        // Those that wait take no votes.
        if blocks < 10 {
            world.refused("gov", 20, &vote(1000, 1, 3));
        }
    }
    assert_eq!((blocks, world.balance(&escrow())), (10, 0));
    world.next_block();
    assert!(world.events.is_empty());
}

/// What the end of a block reads of governance, in entries.
fn reads(world: &World) -> usize {
    let mut view = TrackedView::new(&world.state);
    let mut ctx = BlockCtx::new(&mut view, &world.block, &world.registry, 0);
    Gov.end_block(&mut ctx).unwrap();
    let (_, log) = view.finish();
    log.reads.len() + log.ranges.iter().map(|(_, found)| 1 + found.len()).sum::<usize>()
}

#[test]
fn a_block_in_which_nothing_is_due_reads_as_much_with_a_thousand_proposals_as_with_one() {
    let mut world = World::staked();
    assert!(reads(&world) < 10, "{} without any", reads(&world));
    let mut small = propose(vec![]);
    small.initial_deposit = vec![common::coin(common::AGO)];
    // Three of everything: a page reads one entry more than it shows.
    for n in 10..13 {
        world.submit(&propose(vec![]));
        world.submit(&small);
        world.does(&common::delegate(n, 1, 5));
    }
    world.does(&vote(1, 1, 1));
    let few = reads(&world);
    for _ in 0..500 {
        world.does(&propose(vec![]));
        world.does(&small);
    }
    world.next_block();
    for n in 3..300 {
        world.does(&vote(1, n % 50 + 1, 1));
        world.does(&common::delegate(n % 50 + 1, 2, 5));
    }
    world.next_block();
    assert_eq!(reads(&world), few);
}

#[test]
fn votes_are_forgotten_bit_by_bit_and_a_finished_proposal_shows_none_at_once() {
    let mut world = World::from_genesis(&common::sections(2100, 1000 * common::AGO));
    world.does(&common::create(1, 100 * common::AGO));
    let id = world.submit(&propose(vec![]));
    for n in 1..=2100 {
        world.does(&vote(id, n, 1));
    }
    let kept =
        |world: &World| world.sections()[1]["records"]["VOTES"].as_object().map_or(0, |votes| votes.len());
    assert_eq!(kept(&world), 0);
    world.end_vote();
    let request = wire::QueryVotesRequest { proposal_id: id, pagination: None };
    let votes: wire::QueryVotesResponse = world.ask("/cosmos.gov.v1.Query/Votes", &request).unwrap();
    assert_eq!(votes.votes.len(), 0);
    let mut left = vec![kept(&world)];
    while left.last() != Some(&0) {
        world.next_block();
        left.push(kept(&world));
    }
    assert!(left.windows(2).all(|pair| pair[0] - pair[1] <= MOST_SWEPT), "{left:?}");
    assert!(left.len() > 2, "{left:?}");
    assert!(world.sections()[1].get("records").is_none_or(|records| records.get("STAKES").is_none()));
}
