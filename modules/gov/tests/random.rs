//! Random lives with proposals, against a model that counts all votes times all delegations of the start.

mod common;

use std::collections::BTreeMap;

use agora_framework::Module;
use agora_gov::Gov;
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::gov::v1::ProposalStatus;
use agora_proto::cosmos::staking::v1beta1::MsgBeginRedelegate;
use common::model::{Model, Start};
use common::{
    AGO, Random, World, account, cancel, coin, create, delegate, deposit, propose, sections, split,
    undelegate, valoper, vote,
};
use prost::Message;

/// What the run is made of.
struct Run {
    world: World,
    random: Random,
    open: BTreeMap<u64, Model>,
    waiting: Vec<u64>,
    /// How often a proposal passed, was rejected, burned, became a regular one.
    ended: [u32; 4],
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut sections = sections(40, 1_000_000 * AGO);
        // Fewer places than candidates: validators come and go.
        sections[2]["params"]["max_validators"] = 4.into();
        let mut world = World::from_genesis(&sections);
        for n in 1..=6 {
            world.does(&create(n, (500 + u128::from(n)) * AGO));
        }
        world.next_block();
        Self { world, random: Random::from_seed(seed), open: BTreeMap::new(), waiting: vec![], ended: [0; 4] }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.random.below(n)
    }

    fn who(&mut self) -> u16 {
        1 + self.below(14) as u16
    }

    fn some_open(&mut self) -> Option<u64> {
        let ids: Vec<u64> = self.open.keys().copied().collect();
        if ids.is_empty() { None } else { Some(ids[self.below(ids.len() as u64) as usize]) }
    }

    fn stake(&mut self) {
        let (who, at) = (self.who(), 1 + self.below(6) as u16);
        let amount = 1 + u128::from(self.below(300_000_000));
        let done = match self.below(6) {
            0..=2 => self.world.run(&delegate(who, at, amount)).is_ok(),
            3 => self.world.run(&undelegate(who, at, amount)).is_ok(),
            4 => {
                let message = MsgBeginRedelegate {
                    delegator_address: account(who).to_string(),
                    validator_src_address: valoper(at),
                    validator_dst_address: valoper(1 + self.below(6) as u16),
                    amount: Some(coin(amount)),
                };
                self.world.run(&message).is_ok()
            }
            _ if self.below(5) == 0 => {
                let part = 1 + u128::from(self.below(400));
                self.world.slash(at, 500, part) > 0
            }
            _ => false,
        };
        let _ = done;
    }

    fn govern(&mut self) {
        match self.below(10) {
            0 => {
                let expedited = self.below(3) == 0;
                let full = if expedited { 50 * AGO } else { 10 * AGO };
                let amount = if self.below(3) == 0 { full / 2 } else { full };
                let proposer = account(20 + self.below(3) as u16).to_string();
                let initial_deposit = vec![coin(amount)];
                let base = propose(vec![]);
                let done = self.world.does(&wire::MsgSubmitProposal {
                    initial_deposit,
                    proposer,
                    expedited,
                    ..base
                });
                let answer = wire::MsgSubmitProposalResponse::decode(done.response.as_slice()).unwrap();
                self.waiting.push(answer.proposal_id);
            }
            1 if !self.waiting.is_empty() => {
                let at = self.below(self.waiting.len() as u64) as usize;
                let id = self.waiting[at];
                let amount = AGO * u128::from(1 + self.below(30));
                let _ = self.world.run(&deposit(id, 20 + self.random.below(9) as u16, amount));
            }
            2 if self.below(8) == 0 => {
                let all: Vec<u64> = self.open.keys().chain(&self.waiting).copied().collect();
                if !all.is_empty() {
                    let id = all[self.below(all.len() as u64) as usize];
                    let who = 20 + self.below(3) as u16;
                    if self.world.run(&cancel(id, who)).is_ok() {
                        self.open.remove(&id);
                        self.waiting.retain(|other| *other != id);
                    }
                }
            }
            _ => self.cast(),
        }
    }

    fn cast(&mut self) {
        let Some(id) = self.some_open() else { return };
        let who = self.who();
        // More often yes, so that some pass.
        let option = [1, 1, 1, 1, 2, 3, 4][self.below(7) as usize];
        let mut weights = [0u128; 4];
        let done = if self.below(3) == 0 {
            let first = 1 + u128::from(self.below(10u64.pow(18) - 1));
            let other = option % 4 + 1;
            let text = |part: u128| format!("0.{part:018}");
            weights[option as usize - 1] = first;
            weights[other as usize - 1] = 10u128.pow(18) - first;
            let parts = [(option, text(first)), (other, text(10u128.pow(18) - first))];
            self.world.run(&split(id, who, &[(parts[0].0, &parts[0].1), (parts[1].0, &parts[1].1)]))
        } else {
            weights[option as usize - 1] = 10u128.pow(18);
            self.world.run(&vote(id, who, option))
        };
        match done {
            Ok(_) => drop(self.open.get_mut(&id).unwrap().votes.insert(account(who), weights)),
            Err(error) => assert_eq!((error.codespace, error.code), ("gov", 20), "{error}"),
        }
    }

    fn next_block(&mut self) {
        let start = Start::now(&self.world);
        let seconds = 1 + self.below(6);
        let before: BTreeMap<u64, bool> =
            self.open.keys().map(|id| (*id, self.world.proposal(*id).expedited)).collect();
        self.world.next_block_after(seconds);
        for (id, expedited) in before {
            self.look(id, expedited);
        }
        let (mut waiting, mut started) = (Vec::new(), Vec::new());
        for id in std::mem::take(&mut self.waiting) {
            let request = wire::QueryProposalRequest { proposal_id: id };
            let found =
                self.world.ask::<_, wire::QueryProposalResponse>("/cosmos.gov.v1.Query/Proposal", &request);
            match found.ok().and_then(|found| found.proposal) {
                Some(proposal) if proposal.status() == ProposalStatus::VotingPeriod => {
                    started.push((id, proposal.expedited));
                }
                Some(_) => waiting.push(id),
                None => {}
            }
        }
        self.waiting = waiting;
        for (id, expedited) in started {
            self.open.insert(id, Model { start: start.clone(), expedited, ..Model::default() });
        }
        for (id, model) in &self.open {
            model.assert_is(self.world.tally(*id), &format!("proposal {id}"));
        }
    }

    /// Looks at what became of a proposal that was voted on.
    fn look(&mut self, id: u64, expedited: bool) {
        let proposal = self.world.proposal(id);
        let model = self.open.get_mut(&id).unwrap();
        let (passes, burns) = model.verdict();
        match proposal.status() {
            ProposalStatus::VotingPeriod if proposal.expedited == expedited => {}
            ProposalStatus::VotingPeriod => {
                assert!(!passes, "proposal {id} would have passed expedited");
                model.votes.clear();
                model.expedited = false;
                self.ended[3] += 1;
            }
            status => {
                assert_eq!(status == ProposalStatus::Passed, passes, "proposal {id} is {status:?}");
                model.assert_is(self.world.tally(id), &format!("decided proposal {id}"));
                let burnt = self.world.events.iter().any(|event| event.kind == "burn");
                assert!(burnt || !burns, "proposal {id} was vetoed");
                self.ended[0] += u32::from(passes);
                self.ended[1] += u32::from(!passes && !burns);
                self.ended[2] += u32::from(burns);
                self.open.remove(&id);
            }
        }
    }

    /// Goes on with a chain that begins with this one's export.
    fn export(&mut self, seed: u64) {
        let again = World::from_genesis(&self.world.sections());
        let (own, theirs) = (self.world.entries(), again.entries());
        let difference = own.iter().find(|(key, value)| theirs.get(*key) != Some(*value));
        assert!(difference.is_none(), "an export leaves out {difference:?}, seed {seed}");
        assert_eq!(own.len(), theirs.len(), "an export begins with more, seed {seed}");
        let block = self.world.block.clone();
        self.world = again;
        self.world.block = block;
    }
}

fn live(seed: u64, blocks: usize) -> [u32; 4] {
    println!("AGORA_SEED={seed}");
    let mut run = Run::new(seed);
    for block in 0..blocks {
        for _ in 0..run.below(5) {
            run.stake();
        }
        for _ in 0..run.below(6) {
            run.govern();
        }
        run.next_block();
        if block % 40 == 39 {
            run.export(seed);
        }
    }
    run.ended
}

#[test]
fn tallies_are_those_of_all_votes_and_all_delegations_of_the_start() {
    let seeds = match std::env::var("AGORA_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (1..=6).collect(),
    };
    let mut sums = [0; 4];
    for seed in &seeds {
        for (sum, ended) in sums.iter_mut().zip(live(*seed, 200)) {
            *sum += ended;
        }
    }
    println!("passed, rejected, vetoed, converted: {sums:?}");
    assert!(seeds.len() == 1 || sums.iter().all(|sum| *sum > 3), "too little happened: {sums:?}");
}

#[test]
fn an_empty_chain_and_its_default_section_are_the_same() {
    let world = World::new();
    let mut section = Gov.default_genesis();
    section["params"] = world.sections()[1]["params"].clone();
    assert_eq!(world.sections()[1], section);
}
