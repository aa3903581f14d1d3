//! Proposals as an onlooker follows them: what may become of one when, and what must have happened if it passed.

use std::collections::{BTreeMap, BTreeSet};

use agora_primitives::Address;
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::gov::v1::ProposalStatus as Status;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_tests::TestChain;

use super::done::Done;
use super::rights::nanos;

/// Rounding of counts, in thousandths of base units.
const SLACK: u128 = 10_000;

#[derive(Default)]
pub(super) struct Proposals {
    open: BTreeMap<u64, Open>,
    /// Those decided: they never change.
    over: Vec<wire::Proposal>,
    cancelled: usize,
    dropped: usize,
    converted: usize,
}

/// A proposal that is not decided.
struct Open {
    last: wire::Proposal,
    /// No less than all stakes when its vote began.
    stakes: u128,
}

fn proposal(chain: &TestChain, proposal_id: u64) -> Option<wire::Proposal> {
    let request = wire::QueryProposalRequest { proposal_id };
    let path = "/cosmos.gov.v1.Query/Proposal";
    chain.query::<_, wire::QueryProposalResponse>(path, &request).ok()?.proposal
}

/// The tokens of all validators, bonded or not.
fn stakes(chain: &TestChain) -> u128 {
    let path = "/cosmos.staking.v1beta1.Query/Validators";
    let found: staking::QueryValidatorsResponse =
        chain.query(path, &staking::QueryValidatorsRequest::default()).unwrap();
    assert!(found.pagination.unwrap().next_key.is_empty(), "all validators are on a page");
    found.validators.iter().map(|validator| validator.tokens.parse::<u128>().unwrap()).sum()
}

/// Ids in an event of what has passed.
fn ids(block: &[Done], kind: &str) -> BTreeSet<u64> {
    let events = block.iter().filter(|done| done.passed()).flat_map(|done| &done.outcome.events);
    events
        .filter(|event| event.kind == kind)
        .filter_map(|event| event.get("proposal_id").parse().ok())
        .collect()
}

/// The end of its deposits and of its vote; there may be no vote.
fn ends(proposal: &wire::Proposal) -> (u64, u64) {
    (
        proposal.deposit_end_time.as_ref().map_or(0, nanos),
        proposal.voting_end_time.as_ref().map_or(u64::MAX, nanos),
    )
}

impl Proposals {
    /// Those that are not decided.
    pub(super) fn open(&self) -> impl Iterator<Item = u64> + '_ {
        self.open.keys().copied()
    }

    /// Who made one that is not decided.
    pub(super) fn proposer(&self, id: u64) -> Option<String> {
        self.open.get(&id).map(|open| open.last.proposer.clone())
    }

    /// What became of proposals, and of how many.
    pub(super) fn seen(&self) -> Vec<(&'static str, usize)> {
        let decided = |status| self.over.iter().filter(|proposal| proposal.status() == status).count();
        vec![
            ("proposals passed", decided(Status::Passed)),
            ("proposals failed", decided(Status::Failed)),
            ("proposals rejected", decided(Status::Rejected)),
            ("proposals cancelled", self.cancelled),
            ("proposals dropped", self.dropped),
            ("proposals no longer expedited", self.converted),
        ]
    }

    /// What a block has made of the proposals.
    pub(super) fn follow(&mut self, chain: &TestChain, block: &[Done]) {
        let cancelled = ids(block, "cancel_proposal");
        for id in ids(block, "submit_proposal") {
            match proposal(chain, id) {
                Some(last) => drop(self.open.insert(id, Open { last, stakes: stakes(chain) })),
                None => assert!(cancelled.contains(&id), "proposal {id} is gone"),
            }
        }
        let now = chain.time();
        for (id, mut open) in std::mem::take(&mut self.open) {
            let before = open.last;
            let (deposits_end, vote_ends) = ends(&before);
            let Some(last) = proposal(chain, id) else {
                let late = before.status() == Status::DepositPeriod && deposits_end <= now;
                assert!(late || cancelled.contains(&id), "{before:?} is gone at {now}");
                *(if late { &mut self.dropped } else { &mut self.cancelled }) += 1;
                continue;
            };
            assert!(!cancelled.contains(&id), "{last:?} was cancelled");
            let (deposits_end, still) = ends(&last);
            match last.status() {
                Status::DepositPeriod => assert!(deposits_end > now, "{last:?} waits at {now}"),
                Status::VotingPeriod => {
                    assert!(still > now, "{last:?} is voted on at {now}");
                    if before.status() != Status::VotingPeriod {
                        open.stakes = stakes(chain);
                    }
                    if before.expedited && !last.expedited {
                        assert!(vote_ends <= now, "{last:?} was expedited until {vote_ends}");
                        open.stakes = open.stakes.max(stakes(chain));
                        self.converted += 1;
                    }
                }
                _ => {
                    assert_eq!(before.status(), Status::VotingPeriod, "{last:?} was not voted on");
                    assert!(vote_ends <= now, "{last:?} is decided at {now}");
                    require_verdict(&last, open.stakes);
                    self.over.push(last);
                    continue;
                }
            }
            self.open.insert(id, Open { last, ..open });
        }
        // One of those decided, in turn: it has not changed, nor what it has done.
        let turn = usize::try_from(chain.height()).unwrap().checked_rem(self.over.len());
        for known in turn.map(|turn| &self.over[turn]).into_iter().chain(self.over.last()) {
            assert_eq!(proposal(chain, known.id).as_ref(), Some(known), "it was decided");
            require_effect(chain, known);
        }
    }
}

/// What the votes decide, as far as whole numbers tell. `stakes` is no less than what could vote.
fn require_verdict(proposal: &wire::Proposal, stakes: u128) {
    let tally = proposal.final_tally_result.as_ref().expect("a tally");
    let count = |text: &str| text.parse::<u128>().expect("a count") * 1_000;
    let (yes, no) = (count(&tally.yes_count), count(&tally.no_count));
    let (abstain, veto) = (count(&tally.abstain_count), count(&tally.no_with_veto_count));
    let (decided, all) = (yes + no + veto, yes + no + veto + abstain);
    assert!(all <= stakes * 1_000, "{proposal:?}: of {stakes} at most");
    let needed = if proposal.expedited { 667 } else { 500 };
    let vetoed = all / 1_000 * 334;
    let agreed = decided / 1_000 * needed;
    if proposal.status() == Status::Rejected {
        let quorum = all > stakes * 334 + SLACK;
        let passes = quorum && veto + SLACK < vetoed && yes > agreed + SLACK;
        assert!(!passes, "rejected of {stakes}: {proposal:?}");
        assert!(!proposal.expedited, "it goes on as a regular one: {proposal:?}");
    } else {
        assert!(veto <= vetoed + SLACK && yes + SLACK >= agreed && yes > 0, "not rejected: {proposal:?}");
    }
}

/// If it passed it has paid whom it was to pay, and otherwise nobody.
fn require_effect(chain: &TestChain, proposal: &wire::Proposal) {
    let said: Vec<&str> = proposal.metadata.split(' ').collect();
    let passed = proposal.status() == Status::Passed;
    assert_eq!(passed, proposal.failed_reason.is_empty(), "{proposal:?}");
    let [to, units, possible] = said.as_slice() else { return };
    let to: Address = to.parse().expect("an address");
    let due = if passed { units.parse().expect("units") } else { 0 };
    assert_eq!(chain.balance(&to, "uago"), due, "what {proposal:?} paid");
    assert!(!passed || *possible == "true", "{proposal:?} cannot pass");
}
