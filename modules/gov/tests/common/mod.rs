//! The bank, governance, staking and distribution on a state in memory, with a module that makes trouble: messages run as in a block, one
//! at a time, and every invariant is checked after every block.
#![allow(dead_code)] // Each test file uses a part.

pub(crate) mod model;
mod trouble;

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_bank::Bank;
use agora_bank::api as bank;
use agora_distribution::Distribution;
use agora_framework::{
    AppError, BlockCtx, BlockInfo, Event, ExecCtx, GasMeter, GenesisCtx, Module, QueryCtx, QueryError,
    Registry, TxInfo,
};
use agora_gov::Gov;
use agora_primitives::{Address, module_address};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::crypto::ed25519::PubKey;
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_staking::{Now, Staking, api};
use agora_state::{EmptyState, Overlay, StateKey, TrackedView, Value as StateBytes};
use prost::{Message, Name};
use prost_types::Any;
use serde_json::{Value, json};
#[allow(unused_imports)] // As above.
pub(crate) use trouble::{Trouble, endless, panics};

/// What is staked and deposited.
pub(crate) const DENOM: &str = "uago";
/// Units of one power.
pub(crate) const AGO: u128 = 1_000_000;
/// Nanoseconds.
pub(crate) const SECOND: u64 = 1_000_000_000;
/// How long is voted, in seconds, and how long on expedited proposals.
pub(crate) const VOTING: u64 = 60;
/// As above.
pub(crate) const EXPEDITED: u64 = 30;
/// How long a proposal waits for its deposit, in seconds.
pub(crate) const WAITING: u64 = 90;

/// What a message that succeeded did.
pub(crate) struct Done {
    pub(crate) response: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) gas: u64,
}

/// A chain.
pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) state: Overlay<EmptyState>,
    pub(crate) block: BlockInfo,
    /// Those of the last end of a block.
    pub(crate) events: Vec<Event>,
}

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

/// A message as another one carries it.
pub(crate) fn any<M: Name>(message: &M) -> Any {
    Any { type_url: agora_proto::type_url::<M>(), value: message.encode_to_vec() }
}

/// The key a validator signs blocks with.
fn key(n: u16) -> [u8; 32] {
    let mut key = [9u8; 32];
    key[..2].copy_from_slice(&n.to_be_bytes());
    key
}

/// `MsgCreateValidator`.
pub(crate) fn create(n: u16, amount: u128) -> staking::MsgCreateValidator {
    let zero = || "0".to_owned();
    #[allow(deprecated)] // The superseded field stays empty.
    staking::MsgCreateValidator {
        description: Some(staking::Description { moniker: "v".into(), ..Default::default() }),
        commission: Some(staking::CommissionRates {
            rate: zero(),
            max_rate: zero(),
            max_change_rate: zero(),
        }),
        min_self_delegation: "1".into(),
        delegator_address: String::new(),
        validator_address: valoper(n),
        pubkey: Some(Any {
            type_url: "/cosmos.crypto.ed25519.PubKey".into(),
            value: PubKey { key: key(n).to_vec() }.encode_to_vec(),
        }),
        value: Some(coin(amount)),
    }
}

/// `MsgDelegate`.
pub(crate) fn delegate(who: u16, to: u16, amount: u128) -> staking::MsgDelegate {
    staking::MsgDelegate {
        delegator_address: account(who).to_string(),
        validator_address: valoper(to),
        amount: Some(coin(amount)),
    }
}

/// `MsgUndelegate`.
pub(crate) fn undelegate(who: u16, from: u16, amount: u128) -> staking::MsgUndelegate {
    staking::MsgUndelegate {
        delegator_address: account(who).to_string(),
        validator_address: valoper(from),
        amount: Some(coin(amount)),
    }
}

/// `MsgSubmitProposal` of these messages, with a deposit that begins the vote.
pub(crate) fn propose(messages: Vec<Any>) -> wire::MsgSubmitProposal {
    wire::MsgSubmitProposal {
        messages,
        initial_deposit: vec![coin(10 * AGO)],
        proposer: account(20).to_string(),
        metadata: "ipfs://CID".into(),
        title: "A proposal".into(),
        summary: "What it is about".into(),
        expedited: false,
    }
}

/// `MsgVote`: 1 yes, 2 abstain, 3 no, 4 veto.
pub(crate) fn vote(id: u64, who: u16, option: i32) -> wire::MsgVote {
    wire::MsgVote { proposal_id: id, voter: account(who).to_string(), option, metadata: String::new() }
}

/// `MsgVoteWeighted`.
pub(crate) fn split(id: u64, who: u16, options: &[(i32, &str)]) -> wire::MsgVoteWeighted {
    let option = |(option, weight): &(i32, &str)| wire::WeightedVoteOption {
        option: *option,
        weight: (*weight).to_owned(),
    };
    wire::MsgVoteWeighted {
        proposal_id: id,
        voter: account(who).to_string(),
        options: options.iter().map(option).collect(),
        metadata: String::new(),
    }
}

/// `MsgDeposit`.
pub(crate) fn deposit(id: u64, who: u16, amount: u128) -> wire::MsgDeposit {
    wire::MsgDeposit { proposal_id: id, depositor: account(who).to_string(), amount: vec![coin(amount)] }
}

/// `MsgCancelProposal`.
pub(crate) fn cancel(id: u64, who: u16) -> wire::MsgCancelProposal {
    wire::MsgCancelProposal { proposal_id: id, proposer: account(who).to_string() }
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
        let registry = Registry::new(modules).unwrap();
        let mut state = Overlay::new(EmptyState);
        for (module, section) in registry.modules().to_vec().iter().zip(sections) {
            let mut view = TrackedView::new(&state);
            module.init_genesis(&mut GenesisCtx::new(&mut view, &registry), section).unwrap();
            let (changes, _) = view.finish();
            state.apply(changes).unwrap();
        }
        let block = BlockInfo { chain_id: "test".into(), height: 1, time: 1_000_000 * SECOND };
        Self { registry, state, block, events: vec![] }
    }

    /// Runs something as a block hook does.
    pub(crate) fn hook<T>(&mut self, body: impl FnOnce(&mut BlockCtx<'_>) -> Result<T, AppError>) -> T {
        let mut view = TrackedView::new(&self.state);
        let mut ctx = BlockCtx::new(&mut view, &self.block, &self.registry, 0);
        let value = body(&mut ctx).unwrap();
        self.events.extend(ctx.take_events());
        let (changes, _) = view.finish();
        self.state.apply(changes).unwrap();
        value
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

    /// Runs a message; nothing stays if it fails.
    pub(crate) fn run<M: Message + Name>(&mut self, message: &M) -> Result<Done, AppError> {
        self.run_any(&any(message))
    }

    /// Runs a message of any type; nothing stays if it fails.
    pub(crate) fn run_any(&mut self, message: &Any) -> Result<Done, AppError> {
        let message = self.registry.decode(message)?;
        let info = TxInfo { hash: [0; 32], signers: message.signers()?, sequence: 0, msg_index: 0 };
        let meter = GasMeter::new(50_000_000);
        let mut view = TrackedView::new(&self.state);
        let mut ctx = ExecCtx::new(&mut view, &meter, &self.block, info, &self.registry);
        let response = ctx.run(message.as_ref())?;
        let events = ctx.take_events();
        let (changes, _) = view.finish();
        self.state.apply(changes).unwrap();
        Ok(Done { response: response.value, events, gas: meter.used() })
    }

    /// Runs a message that succeeds.
    #[track_caller]
    pub(crate) fn does(&mut self, message: &impl Name) -> Done {
        match self.run(message) {
            Ok(done) => done,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs a message that is refused with this code.
    #[track_caller]
    pub(crate) fn refused(&mut self, codespace: &str, code: u32, message: &impl Name) -> String {
        match self.run(message) {
            Ok(_) => panic!("it succeeded"),
            Err(error) => {
                assert_eq!((error.codespace, error.code), (codespace, code), "{error}");
                error.log
            }
        }
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

    /// Asks a query.
    pub(crate) fn query<Req: Message, Res: Message + Default>(
        &self,
        path: &str,
        request: &Req,
    ) -> Result<Res, QueryError> {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        let answer = self.registry.answer(&ctx, path, &request.encode_to_vec())?;
        Ok(Res::decode(answer.as_slice()).unwrap())
    }

    /// A proposal there is.
    #[track_caller]
    pub(crate) fn proposal(&self, proposal_id: u64) -> wire::Proposal {
        let request = wire::QueryProposalRequest { proposal_id };
        let found: wire::QueryProposalResponse =
            self.query("/cosmos.gov.v1.Query/Proposal", &request).unwrap();
        found.proposal.unwrap()
    }

    /// What a vote came to, or would come to now: yes, abstain, no, veto.
    #[track_caller]
    pub(crate) fn tally(&self, proposal_id: u64) -> [u128; 4] {
        let request = wire::QueryTallyResultRequest { proposal_id };
        let found: wire::QueryTallyResultResponse =
            self.query("/cosmos.gov.v1.Query/TallyResult", &request).unwrap();
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

    /// The sections of all modules.
    pub(crate) fn export(&self) -> Vec<Value> {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        self.registry.modules().iter().map(|module| module.export_genesis(&ctx).unwrap()).collect()
    }
}

/// Kinds and keys of events, one line each.
pub(crate) fn shape(events: &[Event]) -> Vec<String> {
    let keys = |event: &Event| event.attributes.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>();
    events.iter().map(|event| format!("{}:{}", event.kind, keys(event).join(","))).collect()
}

/// splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}
