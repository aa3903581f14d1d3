//! The order of calls.

use proptest::prelude::*;
use tendermint_proto::v0_38::abci::request::Value as Question;
use tendermint_proto::v0_38::abci::{
    RequestApplySnapshotChunk, RequestExtendVote, RequestInitChain, RequestOfferSnapshot,
    RequestPrepareProposal, RequestProcessProposal, RequestVerifyVoteExtension,
};

use crate::abci::grammar::Grammar;
use crate::abci::tests::client::{Served, block, commit, exception};
use crate::abci::{AbciOptions, GrammarMode};

fn init(initial_height: i64) -> Question {
    Question::InitChain(RequestInitChain { initial_height, ..RequestInitChain::default() })
}

fn offer() -> Question {
    Question::OfferSnapshot(RequestOfferSnapshot::default())
}

fn chunk() -> Question {
    Question::ApplySnapshotChunk(RequestApplySnapshotChunk::default())
}

fn prepare(height: i64) -> Question {
    Question::PrepareProposal(RequestPrepareProposal { height, ..RequestPrepareProposal::default() })
}

fn process(height: i64) -> Question {
    Question::ProcessProposal(RequestProcessProposal { height, ..RequestProcessProposal::default() })
}

fn extend(height: i64) -> Question {
    Question::ExtendVote(RequestExtendVote { height, ..RequestExtendVote::default() })
}

fn got_vote(height: i64) -> Question {
    Question::VerifyVoteExtension(RequestVerifyVoteExtension {
        height,
        ..RequestVerifyVoteExtension::default()
    })
}

fn verdict(calls: &[Question]) -> Result<(), String> {
    let mut grammar = Grammar::new();
    calls.iter().try_for_each(|call| grammar.take(1, call))
}

/// The calls of one height: rounds, then the decision.
fn height(h: i64, rounds: &[u8]) -> Vec<Question> {
    let mut calls = Vec::new();
    for round in rounds {
        match round % 6 {
            0 => calls.extend([prepare(h), process(h)]),
            1 => calls.extend([got_vote(h), process(h), got_vote(h), extend(h), got_vote(h)]),
            2 => calls.push(process(h)),
            3 => calls.push(prepare(h)),
            4 => calls.extend([got_vote(h), prepare(h), process(h), extend(h)]),
            _ => calls.extend([got_vote(h), got_vote(h)]),
        }
    }
    calls.extend([block(h, &[]), commit()]);
    calls
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn every_sentence_of_the_specification_is_accepted(
        start in 0_u8..4,
        first in 1_i64..1_000,
        heights in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..5), 1..6),
        attempts in 0_usize..4,
    ) {
        let mut calls = match start {
            0 => vec![init(first)],
            // Recovery goes on at any height.
            1 => vec![],
            _ => {
                let mut calls: Vec<_> = (0..attempts).flat_map(|_| [offer(), chunk(), chunk()]).collect();
                calls.extend([offer(), offer(), chunk()]);
                calls
            }
        };
        for (h, rounds) in (first..).zip(&heights) {
            calls.extend(height(h, rounds));
        }
        prop_assert_eq!(verdict(&calls), Ok(()));
    }

    #[test]
    fn a_commit_left_out_or_doubled_is_noticed(heights in 2_i64..6, at in any::<prop::sample::Index>(), double: bool) {
        let mut calls: Vec<_> = std::iter::once(init(1)).chain((1..=heights).flat_map(|h| height(h, &[0]))).collect();
        let commits: Vec<_> =
            (0..calls.len() - 1).filter(|i| matches!(calls[*i], Question::Commit(_))).collect();
        let at = commits[at.index(commits.len())];
        if double {
            calls.insert(at, commit());
        } else {
            calls.remove(at);
        }
        prop_assert!(verdict(&calls).is_err());
    }
}

#[test]
fn calls_out_of_order_are_named() {
    for (calls, text) in [
        (vec![commit()], "Commit without FinalizeBlock"),
        (vec![init(1), commit()], "Commit without FinalizeBlock"),
        (vec![init(1), init(1)], "InitChain after the chain has begun"),
        (vec![process(4), init(1)], "InitChain after the chain has begun"),
        (vec![init(5), block(1, &[])], "FinalizeBlock for height 1, where 5 is due"),
        (vec![init(1), block(1, &[]), block(1, &[])], "FinalizeBlock before the Commit of height 1"),
        (vec![block(7, &[]), commit(), block(9, &[])], "FinalizeBlock for height 9, where 8 is due"),
        (vec![block(7, &[]), commit(), prepare(7)], "PrepareProposal for height 7, where 8 is due"),
        (vec![process(3), block(4, &[])], "FinalizeBlock for height 4 among the rounds of height 3"),
        (vec![chunk()], "ApplySnapshotChunk without OfferSnapshot"),
        (vec![offer(), block(1, &[])], "FinalizeBlock before a snapshot was restored"),
        (vec![init(1), offer()], "OfferSnapshot after the chain has begun"),
        (vec![block(1, &[]), process(1)], "ProcessProposal before the Commit of height 1"),
    ] {
        assert_eq!(verdict(&calls), Err(text.to_owned()));
    }
}

#[test]
fn a_cometbft_that_was_restarted_begins_anew() {
    let mut grammar = Grammar::new();
    grammar.take(4, &init(1)).unwrap();
    grammar.take(4, &block(1, &[])).unwrap();
    // A connection that only asked does not end the session.
    grammar.closed(1);
    assert!(grammar.take(4, &init(1)).is_err());
    grammar.closed(4);
    grammar.take(8, &init(1)).unwrap();
}

#[test]
fn out_of_order_calls_are_counted_and_answered_or_end_the_server() {
    let served = Served::new();
    let mut client = served.connect();
    client.ask(commit());
    assert_eq!(served.handle.metrics().grammar_violations(), 1);
    assert!(served.handle.is_running());

    let served = Served::with(AbciOptions { grammar: GrammarMode::Fail, ..AbciOptions::default() });
    let text = exception(Some(served.connect().ask(commit())));
    assert_eq!(text, "abci call out of order: Commit without FinalizeBlock");
    assert!(!served.handle.is_running());
}
