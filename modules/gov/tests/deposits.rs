//! Deposits: how they are taken, settled and protected.

mod common;

use agora_proto::cosmos::distribution::v1beta1 as distribution;
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::gov::v1::ProposalStatus;
use common::{
    AGO, WAITING, World, account, authority, cancel, coin, deposit, escrow, pack, propose, sections, shape,
    vote,
};
use prost::Message;
use serde_json::Value;

/// A world whose governance has other parameters.
fn with_params(change: impl FnOnce(&mut Value)) -> World {
    let mut sections = sections(60, 1_000_000 * AGO);
    change(&mut sections[1]["params"]);
    let mut world = World::from_genesis(&sections);
    world.does(&common::create(1, 100 * AGO));
    world.next_block();
    world
}

fn small(amount: u128) -> wire::MsgSubmitProposal {
    wire::MsgSubmitProposal { initial_deposit: vec![coin(amount)], ..propose(vec![]) }
}

#[test]
fn dust_is_refused_by_every_door() {
    let mut world = World::staked();
    let log = world.refused("gov", 16, &small(1));
    assert_eq!(log, "was (1uago), need (1000000uago): minimum deposit is too small");
    let id = world.submit(&small(AGO));
    let log = world.refused("gov", 16, &deposit(id, 21, 1));
    assert_eq!(
        log,
        "received 1uago but need at least one of the following: 100000uago: minimum deposit is too small"
    );
    world.does(&deposit(id, 21, AGO / 10));
    let usdc = agora_proto::cosmos::base::v1beta1::Coin { denom: "uusdc".into(), amount: "1000000".into() };
    let other = wire::MsgDeposit { amount: vec![usdc.clone()], ..deposit(id, 21, 1) };
    let log = world.refused("gov", 23, &other);
    assert_eq!(
        log,
        "deposited 1000000uusdc, but gov accepts only the following denom(s): [uago]: invalid deposit denom"
    );
    // As in the Cosmos SDK: the size is looked at before the denom.
    world.refused("gov", 16, &wire::MsgSubmitProposal { initial_deposit: vec![usdc], ..small(1) });
    world.refused("sdk", 10, &wire::MsgDeposit { amount: vec![], ..deposit(id, 21, 1) });
    world.refused("sdk", 5, &deposit(id, 21, 2_000_000 * AGO));
    world.refused("gov", 3, &deposit(9999, 21, AGO));
    world.next_block();
}

#[test]
fn deposits_of_one_account_add_up_and_are_taken_while_it_is_voted() {
    let mut world = World::staked();
    let id = world.submit(&propose(vec![]));
    world.does(&deposit(id, 20, 2 * AGO));
    world.does(&deposit(id, 20, 3 * AGO));
    let request = wire::QueryDepositRequest { proposal_id: id, depositor: account(20).to_string() };
    let found: wire::QueryDepositResponse = world.ask("/cosmos.gov.v1.Query/Deposit", &request).unwrap();
    assert_eq!(found.deposit.unwrap().amount, [coin(15 * AGO)]);
    assert_eq!(world.proposal(id).total_deposit, [coin(15 * AGO)]);
    world.next_block();
}

#[test]
fn a_proposal_may_begin_without_a_deposit_where_the_parameters_allow_it() {
    let mut world = with_params(|params| params["min_initial_deposit_ratio"] = "0".into());
    let id = world.submit(&wire::MsgSubmitProposal { initial_deposit: vec![], ..small(1) });
    assert_eq!(world.proposal(id).status(), ProposalStatus::DepositPeriod);
    world.next_block_after(WAITING);
    world.next_block();
    assert_eq!(shape(&world.events), ["inactive_proposal:proposal_id,proposal_result"]);
}

#[test]
fn deposits_are_destroyed_where_the_parameters_say_so() {
    let mut world = with_params(|params| {
        params["burn_vote_quorum"] = true.into();
        params["burn_proposal_deposit_prevote"] = true.into();
    });
    let supply = world.supply();
    world.submit(&small(AGO));
    world.submit(&propose(vec![]));
    world.next_block_after(WAITING);
    world.next_block();
    assert_eq!((world.supply(), world.balance(&escrow())), (supply - 11 * AGO, 0));
}

#[test]
fn cancelling_costs_a_part_of_every_deposit_and_the_proposal_is_gone() {
    let mut world = World::staked();
    let (supply, own, other) = (world.supply(), world.balance(&account(20)), world.balance(&account(21)));
    let id = world.submit(&propose(vec![]));
    world.does(&deposit(id, 21, AGO + 1));
    world.does(&vote(id, 1, 1));
    assert_eq!(
        world.refused("gov", 18, &cancel(id, 21)),
        format!("invalid proposer {}: invalid proposer", account(21))
    );
    let done = world.does(&cancel(id, 20));
    let answer = wire::MsgCancelProposalResponse::decode(done.response.as_slice()).unwrap();
    assert_eq!((answer.proposal_id, answer.canceled_height), (id, world.block.height));
    let refund = [
        "coin_spent:spender,amount",
        "coin_received:receiver,amount",
        "transfer:recipient,sender,amount",
        "message:sender",
    ];
    let end = ["coin_spent:spender,amount", "burn:burner,amount", "cancel_proposal:sender,proposal_id"];
    assert_eq!(shape(&done.events), [&refund[..], &refund, &end].concat());
    // Of the odd unit the depositor has the greater half.
    let kept = 5 * AGO + AGO / 2;
    assert_eq!(world.supply(), supply - kept);
    assert_eq!(world.balance(&account(20)), own - 5 * AGO);
    assert_eq!(world.balance(&account(21)), other - AGO / 2);
    world.next_block();
    world.refused("gov", 3, &vote(id, 1, 1));
    world.refused("gov", 3, &cancel(id, 20));
    // In the block it was submitted in, too.
    world.does(&propose(vec![]));
    world.does(&cancel(id + 1, 20));
    world.does(&small(AGO));
    world.does(&cancel(id + 2, 20));
    world.next_block();
    world.next_block_after(WAITING);
    world.next_block();
}

#[test]
fn what_cancelling_costs_goes_where_the_parameters_say() {
    let community = agora_primitives::module_address("distribution");
    for (dest, amount) in [(account(50), 0), (community, 5 * AGO)] {
        let mut world = with_params(|params| params["proposal_cancel_dest"] = dest.to_string().into());
        let (supply, before) = (world.supply(), world.balance(&dest));
        let id = world.submit(&propose(vec![]));
        world.does(&cancel(id, 20));
        assert_eq!((world.supply(), world.balance(&dest)), (supply, before + 5 * AGO));
        let pool: distribution::QueryCommunityPoolResponse = world
            .ask(
                "/cosmos.distribution.v1beta1.Query/CommunityPool",
                &distribution::QueryCommunityPoolRequest {},
            )
            .unwrap();
        let pool = pool.pool.first().map_or(0, |coin| coin.amount.parse::<u128>().unwrap());
        assert_eq!(pool, amount * 10u128.pow(18));
    }
}

#[test]
fn many_deposits_are_settled_over_several_blocks() {
    let depositors = 2500u16;
    let mut sections = sections(depositors + 100, 1_000 * AGO);
    sections[1]["params"]["min_deposit_ratio"] = "0".into();
    let mut world = World::from_genesis(&sections);
    world.does(&common::create(1, 100 * AGO));
    let id = world.submit(&propose(vec![]));
    for n in 0..depositors {
        world.does(&deposit(id, 100 + n, 7));
    }
    world.end_vote();
    assert_eq!(world.proposal(id).status(), ProposalStatus::Rejected);
    let held = |world: &World| world.balance(&escrow());
    let settled: Vec<u128> = (0..4)
        .map(|_| {
            let left = held(&world);
            world.next_block();
            left
        })
        .collect();
    assert!(settled[0] > settled[1] && settled[1] > 0, "{settled:?}");
    assert_eq!(settled[2..], [0, 0]);
    assert_eq!(world.balance(&account(100)), 1_000 * AGO);
}

#[test]
fn deposits_of_a_cancelled_proposal_beyond_a_few_are_settled_when_the_block_ends() {
    let mut world = World::staked();
    let id = world.submit(&propose(vec![]));
    for n in 21..=55 {
        world.does(&deposit(id, n, AGO));
    }
    world.does(&cancel(id, 20));
    let left = world.balance(&escrow());
    assert!(left > 0, "all are settled within the message");
    world.next_block();
    assert_eq!(world.balance(&escrow()), 0);
    assert_eq!(world.balance(&account(55)), 1_000_000 * AGO - AGO / 2);
}

#[test]
fn no_proposal_can_spend_what_others_have_deposited() {
    let mut world = World::staked();
    let steal = agora_proto::cosmos::bank::v1beta1::MsgSend {
        from_address: authority().to_string(),
        to_address: account(40).to_string(),
        amount: vec![coin(1)],
    };
    let victim = world.submit(&propose(vec![]));
    let thief = world.decide(vec![pack(&steal)]);
    assert_eq!(thief.status(), ProposalStatus::Failed, "{thief:?}");
    assert!(thief.failed_reason.ends_with("insufficient funds"), "{}", thief.failed_reason);
    // And governance signs for nobody else: not for the account of the deposits.
    let steal = agora_proto::cosmos::bank::v1beta1::MsgSend { from_address: escrow().to_string(), ..steal };
    let log = world.refused("gov", 13, &propose(vec![pack(&steal)]));
    assert_eq!(log, format!("{}: expected gov account as only signer for proposal message", escrow()));
    assert_eq!(world.proposal(victim).status(), ProposalStatus::Rejected);
}
