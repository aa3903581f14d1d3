//! The bank and staking on a state in memory: messages run as in a block, one at a time, and blocks end with their hooks.
#![allow(dead_code, unused_imports)] // Each test file uses a part.

pub(crate) mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use agora_bank::Bank;
use agora_framework::{AppError, BlockCtx, Decided, Event, Module, ValidatorUpdate};
use agora_primitives::{Address, module_address};
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::crypto::ed25519::PubKey;
use agora_proto::cosmos::staking::v1beta1 as wire;
use agora_stage::on_stage;
pub(crate) use agora_stage::{Done, Random, SECOND, Stage, account};
use agora_staking::{Staking, api};
use agora_state::{Entries, KeyRange, Space, StateRead, TrackedView};
use prost::Message;
use serde_json::{Value, json};

/// What is staked.
pub(crate) const DENOM: &str = "uago";

/// A chain of two modules.
pub(crate) struct World {
    stage: Stage,
    /// The set as consensus has it: keys and powers.
    pub(crate) comet: BTreeMap<[u8; 32], u64>,
    /// What the last block's end said.
    pub(crate) updates: Vec<ValidatorUpdate>,
    /// Events of the last hooks.
    pub(crate) events: Vec<Event>,
}

on_stage!(World);

/// The text of an operator.
pub(crate) fn valoper(n: u8) -> String {
    api::operator_text(&account(n))
}

/// A consensus key.
pub(crate) fn key(n: u8) -> [u8; 32] {
    [n; 32]
}

/// The account of governance.
pub(crate) fn authority() -> Address {
    module_address("gov")
}

/// So many units.
pub(crate) fn coin(amount: u128) -> Option<Coin> {
    Some(Coin { denom: DENOM.into(), amount: amount.to_string() })
}

/// A figure with 18 decimals on the wire, from thousandths.
pub(crate) fn thousandths(n: u128) -> String {
    (n * 10u128.pow(15)).to_string()
}

/// `MsgCreateValidator`.
pub(crate) fn create(n: u8, amount: u128) -> wire::MsgCreateValidator {
    #[allow(deprecated)] // The superseded field stays empty.
    wire::MsgCreateValidator {
        description: Some(wire::Description { moniker: format!("validator {n}"), ..Default::default() }),
        commission: Some(wire::CommissionRates {
            rate: thousandths(50),
            max_rate: thousandths(200),
            max_change_rate: thousandths(10),
        }),
        min_self_delegation: "1".into(),
        delegator_address: String::new(),
        validator_address: valoper(n),
        pubkey: Some(prost_types::Any {
            type_url: "/cosmos.crypto.ed25519.PubKey".into(),
            value: PubKey { key: key(n).to_vec() }.encode_to_vec(),
        }),
        value: coin(amount),
    }
}

/// `MsgDelegate`.
pub(crate) fn delegate(who: u8, to: u8, amount: u128) -> wire::MsgDelegate {
    wire::MsgDelegate {
        delegator_address: account(who).to_string(),
        validator_address: valoper(to),
        amount: coin(amount),
    }
}

/// `MsgUndelegate`.
pub(crate) fn undelegate(who: u8, from: u8, amount: u128) -> wire::MsgUndelegate {
    wire::MsgUndelegate {
        delegator_address: account(who).to_string(),
        validator_address: valoper(from),
        amount: coin(amount),
    }
}

/// `MsgBeginRedelegate`.
pub(crate) fn redelegate(who: u8, from: u8, to: u8, amount: u128) -> wire::MsgBeginRedelegate {
    wire::MsgBeginRedelegate {
        delegator_address: account(who).to_string(),
        validator_src_address: valoper(from),
        validator_dst_address: valoper(to),
        amount: coin(amount),
    }
}

/// `MsgCancelUnbondingDelegation`.
pub(crate) fn cancel(who: u8, from: u8, amount: u128, height: u64) -> wire::MsgCancelUnbondingDelegation {
    wire::MsgCancelUnbondingDelegation {
        delegator_address: account(who).to_string(),
        validator_address: valoper(from),
        amount: coin(amount),
        creation_height: i64::try_from(height).unwrap(),
    }
}

/// The genesis sections of a chain on which the first accounts hold `each`.
pub(crate) fn sections(accounts: u8, each: u128) -> (Value, Value) {
    let held = json!([{"denom": DENOM, "amount": each.to_string()}]);
    let balances: Vec<Value> =
        (1..=accounts).map(|n| json!({"address": account(n).to_string(), "coins": held})).collect();
    let mut bank = Bank.default_genesis();
    bank["balances"] = balances.into();
    (bank, Staking.default_genesis())
}

impl World {
    /// A chain on which the first accounts hold `each`, and nobody stakes.
    pub(crate) fn new(accounts: u8, each: u128) -> Self {
        let (bank, staking) = sections(accounts, each);
        Self::from_genesis(&bank, &staking, &[]).unwrap()
    }

    /// The same with these parameters replaced.
    pub(crate) fn with_params(accounts: u8, each: u128, params: &[(&str, Value)]) -> Self {
        let (bank, mut staking) = sections(accounts, each);
        for (name, value) in params {
            staking["params"][*name] = value.clone();
        }
        Self::from_genesis(&bank, &staking, &[]).unwrap()
    }

    /// A chain with these sections, whose genesis document names these validators; or what is wrong with them.
    pub(crate) fn from_genesis(
        bank: &Value,
        staking: &Value,
        validators: &[ValidatorUpdate],
    ) -> Result<Self, AppError> {
        let modules: Vec<Arc<dyn Module>> = vec![Arc::new(Bank), Arc::new(Staking)];
        let mut stage = Stage::new(modules, "cosmos.staking.v1beta1", 1_000_000);
        let updates = stage.genesis(&[bank.clone(), staking.clone()], validators)?;
        stage.derive();
        let first = if updates.is_empty() { validators } else { &updates };
        let comet = first.iter().map(|update| (update.pub_key, update.power)).collect();
        Ok(Self { stage, comet, updates: vec![], events: vec![] })
    }

    /// Runs a block hook.
    pub(crate) fn hook<T>(
        &mut self,
        decided: &Decided,
        body: impl FnOnce(&mut BlockCtx<'_>) -> Result<T, AppError>,
    ) -> (T, Vec<ValidatorUpdate>) {
        let done = self.stage.hook(decided, body);
        self.events = done.events;
        (done.value, done.updates)
    }

    /// Ends the block, as the runtime does, and begins the next one so many seconds later.
    pub(crate) fn next_block(&mut self, seconds: u64) {
        self.next_decided(seconds, &Decided::default());
    }

    /// The same; the next block was decided with this.
    pub(crate) fn next_decided(&mut self, seconds: u64, decided: &Decided) {
        let ((), updates) = self.hook(&Decided::default(), |ctx| Staking.end_block(ctx));
        let ended = std::mem::take(&mut self.events);
        self.derive();
        self.tell_consensus(&updates);
        self.updates = updates;
        self.check();
        self.block.height += 1;
        self.block.time += seconds * SECOND;
        self.hook(decided, |ctx| Staking.begin_block(ctx));
        self.events = ended;
    }

    /// As CometBFT takes updates: none twice, none unknown removed, never nobody left.
    fn tell_consensus(&mut self, updates: &[ValidatorUpdate]) {
        let keys: BTreeSet<_> = updates.iter().map(|update| update.pub_key).collect();
        assert_eq!(keys.len(), updates.len(), "a validator is updated twice: {updates:?}");
        for update in updates {
            if update.power == 0 {
                assert!(self.comet.remove(&update.pub_key).is_some(), "an unknown validator is removed");
            } else {
                self.comet.insert(update.pub_key, update.power);
            }
        }
        assert!(updates.is_empty() || !self.comet.is_empty(), "the last validator was removed");
    }

    /// A validator.
    pub(crate) fn validator(&self, n: u8) -> wire::Validator {
        let request = wire::QueryValidatorRequest { validator_addr: valoper(n) };
        self.query::<_, wire::QueryValidatorResponse>("Validator", &request).unwrap().validator.unwrap()
    }

    /// What a delegation is worth.
    pub(crate) fn delegated(&self, who: u8, to: u8) -> u128 {
        let request = wire::QueryDelegationRequest {
            delegator_addr: account(who).to_string(),
            validator_addr: valoper(to),
        };
        match self.query::<_, wire::QueryDelegationResponse>("Delegation", &request) {
            Ok(found) => found.delegation_response.unwrap().balance.unwrap().amount.parse().unwrap(),
            Err(error) => {
                assert_eq!(error.grpc, 5, "{error}");
                0
            }
        }
    }

    /// What an account holds.
    pub(crate) fn balance(&self, holder: &Address) -> u128 {
        agora_bank::api::balance(&self.state, holder, &DENOM.parse().unwrap()).unwrap()
    }

    /// How much there is.
    pub(crate) fn supply(&self) -> u128 {
        agora_bank::api::supply(&self.state, &DENOM.parse().unwrap()).unwrap()
    }

    /// Takes a part of what stands behind a validator, in thousandths.
    pub(crate) fn slash(&mut self, n: u8, height: u64, power: u64, fraction: u128) -> u128 {
        let now = agora_staking::Now { height: self.block.height, time: self.block.time };
        let slash = api::Slash {
            consensus: Address::from_sha256(&key(n)),
            height,
            power,
            fraction: agora_primitives::Dec::from_atomics(fraction * 10u128.pow(15)),
        };
        self.hook(&Decided::default(), |ctx| api::slash(ctx, now, &slash)).0
    }

    /// The sections of both modules.
    pub(crate) fn export(&self) -> (Value, Value) {
        let [bank, staking] = self.sections().try_into().unwrap();
        (bank, staking)
    }

    /// Every entry of both modules, derived ones too.
    pub(crate) fn everything(&self) -> Vec<Entries> {
        let stores = self.registry.stores().iter();
        let spaces = stores.flat_map(|store| [(*store, Space::Tree), (*store, Space::Derived)]);
        let range = |(store, space)| KeyRange {
            store,
            space,
            start: vec![],
            end: None,
            reverse: false,
            limit: usize::MAX,
        };
        spaces.map(|place| self.state.range(&range(place)).unwrap()).collect()
    }

    /// The invariants of staking that do not hold after `change`, which is forgotten again.
    pub(crate) fn broken_by(&self, change: impl FnOnce(&mut TrackedView<'_>)) -> Vec<&'static str> {
        let mut fork = self.state.fork();
        let mut view = TrackedView::new(&fork);
        change(&mut view);
        let (changes, _) = view.finish();
        fork.apply(changes).unwrap();
        let all = Staking.invariants().into_iter();
        all.filter(|invariant| (invariant.check)(&fork).is_err()).map(|invariant| invariant.name).collect()
    }

    /// Every invariant of both modules.
    #[track_caller]
    pub(crate) fn check(&self) {
        for invariant in Staking.invariants().into_iter().chain(Bank.invariants()) {
            if let Err(why) = (invariant.check)(&self.state) {
                panic!("{:?} does not hold at height {}: {why}", invariant.name, self.block.height);
            }
        }
    }
}
