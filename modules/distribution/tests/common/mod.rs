//! The bank, staking and distribution on a state in memory: messages run as in a block, one at a time.
#![allow(dead_code)] // Each test file uses a part.

use std::sync::Arc;

use agora_bank::Bank;
use agora_bank::api as bank;
use agora_distribution::Distribution;
use agora_framework::{AppError, BlockCtx, Decided, Event, Invariant, Module, Vote, Voted};
use agora_primitives::{Address, Coin, Coins, Dec, module_address};
use agora_proto::cosmos::base::v1beta1::{Coin as WireCoin, DecCoin};
use agora_proto::cosmos::crypto::ed25519::PubKey;
use agora_proto::cosmos::distribution::v1beta1 as wire;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_stage::on_stage;
pub(crate) use agora_stage::{SECOND, Stage, account};
use agora_staking::{Now, Staking, api};
use prost::Message;
use serde_json::{Value, json};

/// What is staked.
pub(crate) const DENOM: &str = "uago";
/// Units of one power.
pub(crate) const AGO: u128 = 1_000_000;
/// A chain of three modules.
pub(crate) struct World {
    stage: Stage,
    /// Events of the hooks since the block began.
    pub(crate) events: Vec<Event>,
}

on_stage!(World);

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
        let mut stage = Stage::new(modules, "cosmos.distribution.v1beta1", 1_000_000);
        stage.genesis(sections, &[]).unwrap();
        Self { stage, events: vec![] }
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
        let done = self.stage.hook(decided, body);
        self.events.extend(done.events);
        done.value
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
}

/// The figure of what is staked.
pub(crate) fn atoms(figures: &[DecCoin]) -> u128 {
    figures.iter().find(|figure| figure.denom == DENOM).map_or(0, |figure| figure.amount.parse().unwrap())
}
