//! The bank, governance, staking and distribution on a state in memory, with a module that makes trouble: messages run as in a block, one
//! at a time, and every invariant is checked after every block.
#![allow(dead_code)] // Each test file uses a part.

mod messages;
pub(crate) mod model;
mod trouble;

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_bank::Bank;
use agora_bank::api as bank;
use agora_distribution::Distribution;
use agora_framework::{AppError, BlockCtx, Decided, Event, Module};
use agora_gov::Gov;
use agora_primitives::{Address, module_address};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::gov::v1 as wire;
pub(crate) use agora_proto::pack;
#[allow(unused_imports)] // As above.
pub(crate) use agora_stage::{Random, SECOND};
use agora_stage::{Stage, on_stage};
use agora_staking::{Now, Staking, api};
use agora_state::{StateKey, Value as StateBytes};
#[allow(unused_imports)] // As above.
pub(crate) use messages::{cancel, create, delegate, deposit, propose, split, undelegate, vote};
use prost::Message;
use prost_types::Any;
use serde_json::{Value, json};
#[allow(unused_imports)] // As above.
pub(crate) use trouble::{Trouble, endless, panics};

/// What is staked and deposited.
pub(crate) const DENOM: &str = "uago";
/// Units of one power.
pub(crate) const AGO: u128 = 1_000_000;
/// How long is voted, in seconds, and how long on expedited proposals.
pub(crate) const VOTING: u64 = 60;
/// As above.
pub(crate) const EXPEDITED: u64 = 30;
/// How long a proposal waits for its deposit, in seconds.
pub(crate) const WAITING: u64 = 90;

/// A chain.
pub(crate) struct World {
    stage: Stage,
    /// Those of the last end of a block.
    pub(crate) events: Vec<Event>,
}

on_stage!(World);

/// An account.
pub(crate) fn account(n: u16) -> Address {
    let mut bytes = [7u8; 20];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    Address::from_20(bytes)
}

/// The account of governance.
pub(crate) fn authority() -> Address {
    module_address("gov")
}

/// Where deposits lie.
pub(crate) fn escrow() -> Address {
    module_address(agora_gov::ACCOUNT)
}

/// So many units.
pub(crate) fn coin(amount: u128) -> WireCoin {
    WireCoin { denom: DENOM.into(), amount: amount.to_string() }
}

/// The text of an operator.
pub(crate) fn valoper(n: u16) -> String {
    api::operator_text(&account(n))
}

/// The key a validator signs blocks with.
fn key(n: u16) -> [u8; 32] {
    let mut key = [9u8; 32];
    key[..2].copy_from_slice(&n.to_be_bytes());
    key
}

/// What a chain begins with: the genesis sections in the modules' order.
pub(crate) fn sections(accounts: u16, each: u128) -> Vec<Value> {
    let held = |n: u16| {
        json!({
            "address": account(n).to_string(),
            "coins": [{"denom": DENOM, "amount": each.to_string()}, {"denom": "uusdc", "amount": "1000000"}]
        })
    };
    let mut bank = Bank.default_genesis();
    bank["balances"] = (1..=accounts).map(held).collect();
    let mut gov = Gov.default_genesis();
    gov["params"]["voting_period"] = format!("{VOTING}s").into();
    gov["params"]["expedited_voting_period"] = format!("{EXPEDITED}s").into();
    gov["params"]["max_deposit_period"] = format!("{WAITING}s").into();
    vec![bank, gov, Staking.default_genesis(), Distribution.default_genesis(), json!({})]
}

impl World {
    /// A chain on which accounts hold a million AGO each.
    pub(crate) fn new() -> Self {
        Self::from_genesis(&sections(60, 1_000_000 * AGO))
    }

    /// The same with three validators that stake 100, 200 and 300 AGO.
    pub(crate) fn staked() -> Self {
        let mut world = Self::new();
        for n in 1..=3 {
            world.does(&create(n, u128::from(n) * 100 * AGO));
        }
        world.next_block();
        world
    }

    /// A chain with these sections.
    pub(crate) fn from_genesis(sections: &[Value]) -> Self {
        let modules: Vec<Arc<dyn Module>> =
            vec![Arc::new(Bank), Arc::new(Gov), Arc::new(Staking), Arc::new(Distribution), Arc::new(Trouble)];
        Self::of_modules(modules, sections)
    }

    /// A chain of these modules.
    pub(crate) fn of_modules(modules: Vec<Arc<dyn Module>>, sections: &[Value]) -> Self {
        let mut stage = Stage::new(modules, "cosmos.gov.v1", 1_000_000);
        let _ = stage.genesis(sections, &[]).unwrap();
        Self { stage, events: vec![] }
    }

    /// Runs something as a block hook does.
    pub(crate) fn hook<T>(&mut self, body: impl FnOnce(&mut BlockCtx<'_>) -> Result<T, AppError>) -> T {
        let hooked = self.stage.hook(&Decided::default(), body);
        self.events.extend(hooked.events);
        hooked.value
    }

    /// Ends the block and begins the next one, a second later.
    pub(crate) fn next_block(&mut self) {
        self.next_block_after(1);
    }

    /// Ends the block and begins the next one, so many seconds later.
    pub(crate) fn next_block_after(&mut self, seconds: u64) {
        self.events.clear();
        for module in self.registry.modules().to_vec() {
            self.hook(|ctx| module.end_block(ctx));
        }
        self.check();
        self.block.height += 1;
        self.block.time += seconds * SECOND;
    }

    /// Lets the time of a vote pass, and ends the block it is due in.
    pub(crate) fn end_vote(&mut self) {
        self.next_block_after(VOTING + 1);
        self.next_block();
    }

    /// Submits a proposal, and begins the block in which it takes votes. Returns its id.
    #[track_caller]
    pub(crate) fn submit(&mut self, proposal: &wire::MsgSubmitProposal) -> u64 {
        let done = self.does(proposal);
        self.next_block();
        wire::MsgSubmitProposalResponse::decode(done.response.as_slice()).unwrap().proposal_id
    }

    /// Submits messages, has all validators vote for them, and ends the vote. Returns the proposal.
    #[track_caller]
    pub(crate) fn decide(&mut self, messages: Vec<Any>) -> wire::Proposal {
        let id = self.submit(&propose(messages));
        for n in 1..=3 {
            self.does(&vote(id, n, 1));
        }
        self.end_vote();
        self.proposal(id)
    }

    /// A proposal there is.
    #[track_caller]
    pub(crate) fn proposal(&self, proposal_id: u64) -> wire::Proposal {
        let request = wire::QueryProposalRequest { proposal_id };
        let found: wire::QueryProposalResponse = self.query("Proposal", &request).unwrap();
        found.proposal.unwrap()
    }

    /// What a vote came to, or would come to now: yes, abstain, no, veto.
    #[track_caller]
    pub(crate) fn tally(&self, proposal_id: u64) -> [u128; 4] {
        let request = wire::QueryTallyResultRequest { proposal_id };
        let found: wire::QueryTallyResultResponse = self.query("TallyResult", &request).unwrap();
        let tally = found.tally.unwrap();
        [&tally.yes_count, &tally.abstain_count, &tally.no_count, &tally.no_with_veto_count]
            .map(|count| count.parse().unwrap())
    }

    /// What somebody holds.
    pub(crate) fn balance(&self, who: &Address) -> u128 {
        bank::balance(&self.state, who, &DENOM.parse().unwrap()).unwrap()
    }

    /// What exists.
    pub(crate) fn supply(&self) -> u128 {
        bank::supply(&self.state, &DENOM.parse().unwrap()).unwrap()
    }

    /// Takes a part of what stands behind a validator, in thousandths of its power.
    pub(crate) fn slash(&mut self, n: u16, power: u64, fraction: u128) -> u128 {
        let now = Now { height: self.block.height, time: self.block.time };
        let slash = api::Slash {
            consensus: Address::from_sha256(&key(n)),
            height: self.block.height,
            power,
            fraction: agora_primitives::Dec::from_atomics(fraction * 10u128.pow(15)),
        };
        self.hook(|ctx| api::slash(ctx, now, &slash))
    }

    /// Every invariant of governance and the pools of staking.
    #[track_caller]
    pub(crate) fn check(&self) {
        for invariant in Gov.invariants().into_iter().chain(Staking.invariants().into_iter().take(5)) {
            if let Err(why) = (invariant.check)(&self.state) {
                panic!("{:?} does not hold at height {}: {why}", invariant.name, self.block.height);
            }
        }
    }

    /// All there is in the state.
    pub(crate) fn entries(&self) -> BTreeMap<StateKey, StateBytes> {
        let writes = self.state.fork().into_writes();
        writes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

/// Kinds and keys of events, one line each.
pub(crate) fn shape(events: &[Event]) -> Vec<String> {
    let keys = |event: &Event| event.attributes.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>();
    events.iter().map(|event| format!("{}:{}", event.kind, keys(event).join(","))).collect()
}
