//! A chain on which accounts act for each other.

use std::sync::Arc;

use agora_auth::Auth;
use agora_authz::Authz;
use agora_bank::{Bank, api as bank};
use agora_framework::{AppError, Decided, Event, Module};
use agora_proto::cosmos::authz::v1beta1 as wire;
use agora_proto::cosmos::bank::v1beta1::{MsgSend, SendAuthorization};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::pack;
use agora_stage::{Done, SECOND, Stage, account, on_stage};
use agora_staking::Staking;
use prost::{Message, Name};
use prost_types::{Any, Timestamp};
use serde_json::{Value, json};

pub(crate) const START: u64 = 1_767_225_600;
pub(crate) const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";
pub(crate) const VOTE: &str = "/cosmos.bank.v1beta1.MsgMultiSend";

pub(crate) fn text(n: u8) -> String {
    account(n).to_string()
}

pub(crate) fn uago(amount: u128) -> Vec<WireCoin> {
    vec![WireCoin { denom: "uago".into(), amount: amount.to_string() }]
}

pub(crate) fn send(from: u8, to: u8, amount: u128) -> Any {
    pack(&MsgSend { from_address: text(from), to_address: text(to), amount: uago(amount) })
}

pub(crate) fn exec(grantee: u8, msgs: Vec<Any>) -> wire::MsgExec {
    wire::MsgExec { grantee: text(grantee), msgs }
}

pub(crate) fn limited(limit: u128, allow: &[u8]) -> Any {
    pack(&SendAuthorization {
        spend_limit: uago(limit),
        allow_list: allow.iter().map(|n| text(*n)).collect(),
    })
}

pub(crate) fn generic(message: &str) -> Any {
    pack(&wire::GenericAuthorization { msg: message.into() })
}

/// Until so many seconds after the start.
pub(crate) fn until(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: START.cast_signed() + seconds, nanos: 0 })
}

pub(crate) struct World {
    stage: Stage,
}

on_stage!(World);

impl World {
    /// The accounts 1 and 2 have a thousand each.
    pub(crate) fn new() -> Self {
        let mut bank = Bank.default_genesis();
        let held = |n| json!({"address": text(n), "coins": [{"denom": "uago", "amount": "1000"}]});
        bank["balances"] = json!([held(1), held(2)]);
        let sections = [Auth.default_genesis(), bank, Staking.default_genesis(), Authz.default_genesis()];
        Self::from_genesis(&sections).unwrap()
    }

    pub(crate) fn from_genesis(sections: &[Value]) -> Result<Self, AppError> {
        let modules: Vec<Arc<dyn Module>> =
            vec![Arc::new(Auth), Arc::new(Bank), Arc::new(Staking), Arc::new(Authz)];
        let mut world = Self { stage: Stage::new(modules, "cosmos.authz.v1beta1", START) };
        let _ = world.genesis(sections, &[])?;
        world.settle();
        Ok(world)
    }

    /// What follows from a change.
    pub(crate) fn settle(&mut self) {
        self.derive();
        self.require_invariants(&Authz);
    }

    pub(crate) fn run<M: Message + Name>(&mut self, message: &M) -> Result<Done, AppError> {
        let done = self.stage.run(message)?;
        self.settle();
        Ok(done)
    }

    pub(crate) fn grant(
        &mut self,
        from: u8,
        to: u8,
        authorization: Any,
        expiration: Option<Timestamp>,
    ) -> Result<Vec<Event>, AppError> {
        let grant = Some(wire::Grant { authorization: Some(authorization), expiration });
        let message = wire::MsgGrant { granter: text(from), grantee: text(to), grant };
        self.run(&message).map(|done| done.events)
    }

    pub(crate) fn exec(&mut self, grantee: u8, msgs: Vec<Any>) -> Result<Done, AppError> {
        self.run(&exec(grantee, msgs))
    }

    /// Begins a block so many seconds after the start.
    pub(crate) fn begin_block(&mut self, seconds: u64) {
        self.block.time = (START + seconds) * SECOND;
        let _ = self.hook(&Decided::default(), |ctx| Authz.begin_block(ctx));
        self.settle();
    }

    pub(crate) fn has(&self, n: u8) -> u128 {
        bank::balance(&self.state, &account(n), &"uago".parse().unwrap()).unwrap()
    }

    pub(crate) fn grants(&self, granter: u8, grantee: u8) -> Vec<wire::Grant> {
        let request =
            wire::QueryGrantsRequest { granter: text(granter), grantee: text(grantee), ..Default::default() };
        self.query::<_, wire::QueryGrantsResponse>("Grants", &request).unwrap().grants
    }

    pub(crate) fn held(&self, grantee: u8) -> u64 {
        let request = wire::QueryGranteeGrantsRequest { grantee: text(grantee), pagination: None };
        let answer: wire::QueryGranteeGrantsResponse = self.query("GranteeGrants", &request).unwrap();
        let total = answer.pagination.unwrap().total;
        assert_eq!(total.min(100), answer.grants.len() as u64);
        total
    }
}
