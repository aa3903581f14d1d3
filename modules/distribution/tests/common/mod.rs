//! The bank, staking and distribution on a state in memory: messages run as in a block, one at a time.
#![allow(dead_code)] // Each test file uses a part.

use std::sync::Arc;

use agora_bank::Bank;
use agora_bank::api as bank;
use agora_distribution::Distribution;
use agora_framework::{
    AppError, BlockCtx, BlockInfo, Decided, Event, ExecCtx, GasMeter, GenesisCtx, Invariant, Module,
    QueryCtx, QueryError, Registry, TxInfo, Vote, Voted,
};
use agora_primitives::{Address, Coin, Coins, Dec, module_address};
use agora_proto::cosmos::base::v1beta1::{Coin as WireCoin, DecCoin};
use agora_proto::cosmos::crypto::ed25519::PubKey;
use agora_proto::cosmos::distribution::v1beta1 as wire;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_staking::{Now, Staking, api};
use agora_state::{EmptyState, Overlay, StateKey, TrackedView};
use prost::{Message, Name};
use serde_json::{Value, json};

/// What is staked.
pub(crate) const DENOM: &str = "uago";
/// Units of one power.
pub(crate) const AGO: u128 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// What a message that succeeded did.
pub(crate) struct Done {
    pub(crate) response: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) read: Vec<StateKey>,
    pub(crate) written: Vec<StateKey>,
}

/// A chain of three modules.
pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) state: Overlay<EmptyState>,
    pub(crate) block: BlockInfo,
    pub(crate) events: Vec<Event>,
}

/// An account.
pub(crate) fn account(n: u8) -> Address {
    Address::from_20([n; 20])
}

/// The text of an operator.
pub(crate) fn valoper(n: u8) -> String {
    api::operator_text(&account(n))
}

/// The address of a consensus key.
pub(crate) fn consensus(n: u8) -> Address {
    Address::from_sha256(&[n; 32])
}

/// So many units.
pub(crate) fn coin(amount: u128) -> WireCoin {
    WireCoin { denom: DENOM.into(), amount: amount.to_string() }
}

/// `MsgCreateValidator` with a commission in thousandths.
pub(crate) fn create(n: u8, amount: u128, commission: u128) -> staking::MsgCreateValidator {
    let rate = (commission * 10u128.pow(15)).to_string();
    #[allow(deprecated)] // The superseded field stays empty.
    staking::MsgCreateValidator {
        description: Some(staking::Description { moniker: "v".into(), ..Default::default() }),
        commission: Some(staking::CommissionRates {
            rate: rate.clone(),
            max_rate: (10u128.pow(18)).to_string(),
            max_change_rate: rate,
        }),
        min_self_delegation: "1".into(),
        delegator_address: String::new(),
        validator_address: valoper(n),
        pubkey: Some(consensus_key(n)),
        value: Some(coin(amount)),
    }
}

fn consensus_key(n: u8) -> prost_types::Any {
    prost_types::Any {
        type_url: "/cosmos.crypto.ed25519.PubKey".into(),
        value: PubKey { key: vec![n; 32] }.encode_to_vec(),
    }
}

/// `MsgDelegate`.
pub(crate) fn delegate(who: u8, to: u8, amount: u128) -> staking::MsgDelegate {
    staking::MsgDelegate {
        delegator_address: account(who).to_string(),
        validator_address: valoper(to),
        amount: Some(coin(amount)),
    }
}

/// `MsgUndelegate`.
pub(crate) fn undelegate(who: u8, from: u8, amount: u128) -> staking::MsgUndelegate {
    staking::MsgUndelegate {
        delegator_address: account(who).to_string(),
        validator_address: valoper(from),
        amount: Some(coin(amount)),
    }
}

/// `MsgWithdrawDelegatorReward`.
pub(crate) fn withdraw(who: u8, from: u8) -> wire::MsgWithdrawDelegatorReward {
    wire::MsgWithdrawDelegatorReward {
        delegator_address: account(who).to_string(),
        validator_address: valoper(from),
    }
}

impl World {
    /// A chain on which the first accounts hold `each`, and a treasury that fees come from.
    pub(crate) fn new(accounts: u8, each: u128) -> Self {
        let held = |n: u8, amount: u128, more: &str| {
            let mut coins = vec![json!({"denom": DENOM, "amount": amount.to_string()})];
            if !more.is_empty() {
                coins.push(json!({"denom": more, "amount": "1000000000"}));
            }
            json!({ "address": account(n).to_string(), "coins": coins })
        };
        let mut balances: Vec<Value> = (1..=accounts).map(|n| held(n, each, "")).collect();
        balances.push(held(200, u128::from(u64::MAX), "uusdc"));
        let mut section = Bank.default_genesis();
        section["balances"] = balances.into();
        Self::from_genesis(&[section, Staking.default_genesis(), Distribution.default_genesis()])
    }

    /// A chain with these sections.
    pub(crate) fn from_genesis(sections: &[Value]) -> Self {
        let modules: Vec<Arc<dyn Module>> = vec![Arc::new(Bank), Arc::new(Staking), Arc::new(Distribution)];
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
        self.decided_hook(&Decided::default(), body)
    }

    fn decided_hook<T>(
        &mut self,
        decided: &Decided,
        body: impl FnOnce(&mut BlockCtx<'_>) -> Result<T, AppError>,
    ) -> T {
        let mut view = TrackedView::new(&self.state);
        let mut ctx = BlockCtx::new(&mut view, &self.block, &self.registry, 0).with_decided(decided);
        let value = body(&mut ctx).unwrap();
        self.events.extend(ctx.take_events());
        let (changes, _) = view.finish();
        self.state.apply(changes).unwrap();
        value
    }

    /// Ends the block and begins the next one, in which `fees` are given out among these votes.
    pub(crate) fn next_voted(&mut self, fees: u128, votes: Vec<Vote>) {
        if fees > 0 {
            let coins = Coins::one(Coin::new(fees, DENOM.parse().unwrap()));
            self.hook(|ctx| bank::send(ctx, &account(200), &module_address("fee_collector"), &coins));
        }
        self.hook(|ctx| Staking.end_block(ctx));
        self.check();
        self.block.height += 1;
        self.block.time += 5 * SECOND;
        self.events.clear();
        let decided = Decided { votes, ..Decided::default() };
        self.decided_hook(&decided, |ctx| {
            Staking.begin_block(ctx)?;
            Distribution.begin_block(ctx)
        });
        // What staking keeps is brought in order when the block ends.
        self.require(Distribution.invariants());
    }

    /// The same with the votes of the whole set.
    pub(crate) fn next_block(&mut self, fees: u128) {
        self.hook(|ctx| Staking.end_block(ctx));
        let votes = api::last_powers(&self.state).unwrap();
        let vote = |(operator, power): (Address, u64)| {
            let validator = api::validator(&self.state, &operator).unwrap().unwrap();
            Vote { address: validator.consensus_address(), power, voted: Voted::Commit }
        };
        let votes = votes.into_iter().map(vote).collect();
        self.next_voted(fees, votes);
    }

    /// Runs a message; nothing stays if it fails.
    pub(crate) fn run<M: Message + Name>(&mut self, message: &M) -> Result<Done, AppError> {
        let any = prost_types::Any { type_url: agora_proto::type_url::<M>(), value: message.encode_to_vec() };
        let message = self.registry.decode(&any)?;
        let info = TxInfo { hash: [0; 32], signers: message.signers()?, sequence: 0, msg_index: 0 };
        let meter = GasMeter::new(50_000_000);
        let mut view = TrackedView::new(&self.state);
        let mut ctx = ExecCtx::new(&mut view, &meter, &self.block, info, &self.registry);
        let response = message.execute(&mut ctx)?;
        let events = ctx.take_events();
        let (changes, log) = view.finish();
        let done = Done {
            response: response.value,
            events,
            read: log.reads.keys().cloned().collect(),
            written: changes.writes.keys().cloned().collect(),
        };
        self.state.apply(changes).unwrap();
        Ok(done)
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

    /// Asks a query.
    pub(crate) fn query<Req: Message, Res: Message + Default>(
        &self,
        name: &str,
        request: &Req,
    ) -> Result<Res, QueryError> {
        self.ask(&format!("/cosmos.distribution.v1beta1.Query/{name}"), request)
    }

    /// Asks a query by its whole path.
    pub(crate) fn ask<Req: Message, Res: Message + Default>(
        &self,
        path: &str,
        request: &Req,
    ) -> Result<Res, QueryError> {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        let answer = self.registry.answer(&ctx, path, &request.encode_to_vec())?;
        Ok(Res::decode(answer.as_slice()).unwrap())
    }

    /// Atoms that a delegation has earned.
    pub(crate) fn earned(&self, who: u8, at: u8) -> u128 {
        let request = wire::QueryDelegationRewardsRequest {
            delegator_address: account(who).to_string(),
            validator_address: valoper(at),
        };
        let found: wire::QueryDelegationRewardsResponse = self.query("DelegationRewards", &request).unwrap();
        atoms(&found.rewards)
    }

    /// Atoms the community has.
    pub(crate) fn community(&self) -> u128 {
        let found: wire::QueryCommunityPoolResponse =
            self.query("CommunityPool", &wire::QueryCommunityPoolRequest {}).unwrap();
        atoms(&found.pool)
    }

    /// Atoms of commission.
    pub(crate) fn commission(&self, n: u8) -> u128 {
        let request = wire::QueryValidatorCommissionRequest { validator_address: valoper(n) };
        let found: wire::QueryValidatorCommissionResponse =
            self.query("ValidatorCommission", &request).unwrap();
        atoms(&found.commission.unwrap().commission)
    }

    /// What an account holds.
    pub(crate) fn balance(&self, n: u8) -> u128 {
        bank::balance(&self.state, &account(n), &DENOM.parse().unwrap()).unwrap()
    }

    /// Takes a part of what stands behind a validator, in thousandths of its power.
    pub(crate) fn slash(&mut self, n: u8, power: u64, fraction: u128) -> u128 {
        let now = Now { height: self.block.height, time: self.block.time };
        let slash = api::Slash {
            consensus: consensus(n),
            height: self.block.height,
            power,
            fraction: Dec::from_atomics(fraction * 10u128.pow(15)),
        };
        self.hook(|ctx| api::slash(ctx, now, &slash))
    }

    /// Every invariant of distribution and staking, after a block.
    #[track_caller]
    pub(crate) fn check(&self) {
        // Derived lists are made by the runtime.
        let kept = Staking
            .invariants()
            .into_iter()
            .filter(|own| !own.name.contains("are listed") || own.name.contains("power"));
        self.require(Distribution.invariants().into_iter().chain(kept));
    }

    #[track_caller]
    fn require(&self, invariants: impl IntoIterator<Item = Invariant>) {
        for invariant in invariants {
            if let Err(why) = (invariant.check)(&self.state) {
                panic!("{:?} does not hold at height {}: {why}", invariant.name, self.block.height);
            }
        }
    }

    /// The sections of all modules.
    pub(crate) fn export(&self) -> Vec<Value> {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        self.registry.modules().iter().map(|module| module.export_genesis(&ctx).unwrap()).collect()
    }
}

/// The figure of what is staked.
pub(crate) fn atoms(figures: &[DecCoin]) -> u128 {
    figures.iter().find(|figure| figure.denom == DENOM).map_or(0, |figure| figure.amount.parse().unwrap())
}
