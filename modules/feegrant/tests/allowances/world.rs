//! A chain on which accounts pay for each other.

use std::sync::Arc;

use agora_auth::Auth;
use agora_bank::Bank;
use agora_feegrant::{FeeGrant, api};
use agora_framework::{AppError, Decided, Event, Module};
use agora_primitives::{Address, Coin, Coins, Denom};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::feegrant::v1beta1 as wire;
use agora_proto::pack;
use agora_stage::{SECOND, Stage, account, on_stage};
use prost::{Message, Name};
use prost_types::{Any, Timestamp};
use serde_json::Value;

pub(crate) const START: u64 = 1_767_225_600;
pub(crate) const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";

pub(crate) fn coins(amount: u128) -> Coins {
    Coins::one(Coin::new(amount, Denom::native()))
}

pub(crate) fn uago(amount: u128) -> Vec<WireCoin> {
    vec![WireCoin { denom: "uago".into(), amount: amount.to_string() }]
}

/// So much, until so many seconds after the start.
pub(crate) fn basic(limit: u128, until: Option<i64>) -> wire::BasicAllowance {
    wire::BasicAllowance {
        spend_limit: if limit == 0 { vec![] } else { uago(limit) },
        expiration: until.map(|s| Timestamp { seconds: START.cast_signed() + s, nanos: 0 }),
    }
}

pub(crate) fn grant_message(from: &Address, to: &Address, allowance: Any) -> wire::MsgGrantAllowance {
    wire::MsgGrantAllowance { granter: from.to_string(), grantee: to.to_string(), allowance: Some(allowance) }
}

pub(crate) fn revoke_message(from: &Address, to: &Address) -> wire::MsgRevokeAllowance {
    wire::MsgRevokeAllowance { granter: from.to_string(), grantee: to.to_string() }
}

pub(crate) struct World {
    stage: Stage,
}

on_stage!(World);

impl World {
    pub(crate) fn new() -> Self {
        Self::from_genesis(&[Auth.default_genesis(), Bank.default_genesis(), FeeGrant.default_genesis()])
            .unwrap()
    }

    pub(crate) fn from_genesis(sections: &[Value]) -> Result<Self, AppError> {
        let modules: Vec<Arc<dyn Module>> = vec![Arc::new(Auth), Arc::new(Bank), Arc::new(FeeGrant)];
        let mut world = Self { stage: Stage::new(modules, "cosmos.feegrant.v1beta1", START) };
        let _ = world.genesis(sections, &[])?;
        world.settle();
        Ok(world)
    }

    /// What follows from a change.
    pub(crate) fn settle(&mut self) {
        self.derive();
        self.require_invariants(&FeeGrant);
    }

    pub(crate) fn run<M: Message + Name>(&mut self, message: &M) -> Result<Vec<Event>, AppError> {
        let done = self.stage.run(message)?;
        self.settle();
        Ok(done.events)
    }

    pub(crate) fn grant<A: Message + Name>(
        &mut self,
        from: u8,
        to: u8,
        allowance: &A,
    ) -> Result<Vec<Event>, AppError> {
        self.run(&grant_message(&account(from), &account(to), pack(allowance)))
    }

    pub(crate) fn spend(
        &mut self,
        from: u8,
        to: u8,
        fee: u128,
        messages: &[&str],
    ) -> Result<Vec<Event>, AppError> {
        let spent = self
            .within_tx(|ctx| api::use_allowance(ctx, &account(from), &account(to), &coins(fee), messages))?;
        self.settle();
        Ok(spent)
    }

    /// Ends a block so many seconds after the start.
    pub(crate) fn end_block(&mut self, seconds: u64) {
        self.block.time = (START + seconds) * SECOND;
        let _ = self.hook(&Decided::default(), |ctx| FeeGrant.end_block(ctx));
        self.settle();
    }

    pub(crate) fn allowance(&self, from: u8, to: u8) -> Option<Any> {
        let request = wire::QueryAllowanceRequest {
            granter: account(from).to_string(),
            grantee: account(to).to_string(),
        };
        let answer: Result<wire::QueryAllowanceResponse, _> = self.query("Allowance", &request);
        answer.ok()?.allowance?.allowance
    }

    pub(crate) fn count(&self, granter: u8) -> usize {
        let granter = account(granter).to_string();
        let request = wire::QueryAllowancesByGranterRequest { granter, pagination: None };
        let answer: wire::QueryAllowancesByGranterResponse =
            self.query("AllowancesByGranter", &request).unwrap();
        let pagination = answer.pagination.unwrap();
        assert_eq!(pagination.total.min(100), answer.allowances.len() as u64);
        usize::try_from(pagination.total).unwrap()
    }
}

pub(crate) fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_ref()).collect()
}
