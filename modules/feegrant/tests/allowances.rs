//! Allowances on a chain: given, used, taken back, forgotten.

use std::sync::Arc;

use agora_auth::{Auth, api as auth};
use agora_bank::Bank;
use agora_feegrant::{FeeGrant, PRUNED_PER_BLOCK, PRUNED_PER_MESSAGE, api};
use agora_framework::{
    AppError, BlockCtx, BlockInfo, Event, ExecCtx, GasMeter, GenesisCtx, Module, QueryCtx, QueryError,
    Registry, TxInfo,
};
use agora_primitives::{Address, Coin, Coins, Denom};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::feegrant::v1beta1 as wire;
use agora_proto::type_url;
use agora_state::{EmptyState, Overlay, StateRead, StateWrite, TrackedView};
use prost::{Message, Name};
use prost_types::{Any, Duration, Timestamp};
use serde_json::{Value, json};

const SECOND: u64 = 1_000_000_000;
const START: u64 = 1_767_225_600;
const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";

fn address(n: u8) -> Address {
    Address::from_20([n; 20])
}

fn coins(amount: u128) -> Coins {
    Coins::one(Coin::new(amount, Denom::native()))
}

fn uago(amount: u128) -> Vec<WireCoin> {
    vec![WireCoin { denom: "uago".into(), amount: amount.to_string() }]
}

fn any<M: Message + Name>(message: &M) -> Any {
    Any { type_url: type_url::<M>(), value: message.encode_to_vec() }
}

/// So much, until so many seconds after the start.
fn basic(limit: u128, until: Option<i64>) -> wire::BasicAllowance {
    wire::BasicAllowance {
        spend_limit: if limit == 0 { vec![] } else { uago(limit) },
        expiration: until.map(|s| Timestamp { seconds: START.cast_signed() + s, nanos: 0 }),
    }
}

fn grant_message(from: &Address, to: &Address, allowance: Any) -> wire::MsgGrantAllowance {
    wire::MsgGrantAllowance { granter: from.to_string(), grantee: to.to_string(), allowance: Some(allowance) }
}

fn revoke_message(from: &Address, to: &Address) -> wire::MsgRevokeAllowance {
    wire::MsgRevokeAllowance { granter: from.to_string(), grantee: to.to_string() }
}

struct World {
    registry: Registry,
    state: Overlay<EmptyState>,
    block: BlockInfo,
}

impl World {
    fn new() -> Self {
        Self::from_genesis(&[Auth.default_genesis(), Bank.default_genesis(), FeeGrant.default_genesis()])
            .unwrap()
    }

    fn from_genesis(sections: &[Value]) -> Result<Self, AppError> {
        let modules: Vec<Arc<dyn Module>> = vec![Arc::new(Auth), Arc::new(Bank), Arc::new(FeeGrant)];
        let registry = Registry::new(modules).unwrap();
        let block = BlockInfo { chain_id: "test".into(), height: 1, time: START * SECOND };
        let mut world = Self { registry, state: Overlay::new(EmptyState), block };
        for (module, section) in world.registry.modules().to_vec().iter().zip(sections) {
            let mut view = TrackedView::new(&world.state);
            module.init_genesis(&mut GenesisCtx::new(&mut view, &world.registry), section)?;
            let (changes, _) = view.finish();
            world.apply(changes);
        }
        Ok(world)
    }

    /// Changes of the state, and what follows from them.
    fn apply(&mut self, changes: agora_state::Changes) {
        self.state.apply(changes).unwrap();
        let mut derived = agora_state::WriteSet::new();
        for (key, value) in &self.state.fork().into_writes() {
            FeeGrant.derive(key, value.as_ref(), &mut derived);
        }
        let mut view = TrackedView::new(&self.state);
        for (key, value) in derived {
            match value {
                Some(value) => view.set(&key, value).unwrap(),
                None => view.delete(&key).unwrap(),
            }
        }
        let (changes, _) = view.finish();
        self.state.apply(changes).unwrap();
        for invariant in FeeGrant.invariants() {
            (invariant.check)(&self.state).unwrap_or_else(|why| panic!("{}: {why}", invariant.name));
        }
    }

    fn exec<T>(
        &mut self,
        body: impl FnOnce(&mut ExecCtx<'_>, &Registry) -> Result<T, AppError>,
    ) -> Result<Vec<Event>, AppError> {
        let info = TxInfo { hash: [0; 32], signers: vec![], sequence: 0, msg_index: 0 };
        let meter = GasMeter::new(50_000_000);
        let mut view = TrackedView::new(&self.state);
        let mut ctx = ExecCtx::new(&mut view, &meter, &self.block, info, &self.registry);
        body(&mut ctx, &self.registry)?;
        let events = ctx.take_events();
        let (changes, _) = view.finish();
        self.apply(changes);
        Ok(events)
    }

    fn run<M: Message + Name>(&mut self, message: &M) -> Result<Vec<Event>, AppError> {
        self.exec(|ctx, registry| registry.decode(&any(message))?.execute(ctx))
    }

    fn grant<A: Message + Name>(&mut self, from: u8, to: u8, allowance: &A) -> Result<Vec<Event>, AppError> {
        self.run(&grant_message(&address(from), &address(to), any(allowance)))
    }

    fn spend(&mut self, from: u8, to: u8, fee: u128, messages: &[&str]) -> Result<Vec<Event>, AppError> {
        self.exec(|ctx, _| api::use_allowance(ctx, &address(from), &address(to), &coins(fee), messages))
    }

    /// Ends a block so many seconds after the start.
    fn end_block(&mut self, seconds: u64) {
        self.block.time = (START + seconds) * SECOND;
        let mut view = TrackedView::new(&self.state);
        FeeGrant.end_block(&mut BlockCtx::new(&mut view, &self.block, &self.registry, 0)).unwrap();
        let (changes, _) = view.finish();
        self.apply(changes);
    }

    fn query<Req: Message, Res: Message + Default>(
        &self,
        name: &str,
        request: &Req,
    ) -> Result<Res, QueryError> {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        let path = format!("/cosmos.feegrant.v1beta1.Query/{name}");
        self.registry
            .answer(&ctx, &path, &request.encode_to_vec())
            .map(|a| Res::decode(a.as_slice()).unwrap())
    }

    fn allowance(&self, from: u8, to: u8) -> Option<Any> {
        let request = wire::QueryAllowanceRequest {
            granter: address(from).to_string(),
            grantee: address(to).to_string(),
        };
        let answer: Result<wire::QueryAllowanceResponse, _> = self.query("Allowance", &request);
        answer.ok()?.allowance?.allowance
    }

    fn count(&self, granter: u8) -> usize {
        let granter = address(granter).to_string();
        let request = wire::QueryAllowancesByGranterRequest { granter, pagination: None };
        let answer: wire::QueryAllowancesByGranterResponse =
            self.query("AllowancesByGranter", &request).unwrap();
        let pagination = answer.pagination.unwrap();
        assert_eq!(pagination.total.min(100), answer.allowances.len() as u64);
        usize::try_from(pagination.total).unwrap()
    }

    fn export(&self) -> Vec<Value> {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        self.registry.modules().iter().map(|module| module.export_genesis(&ctx).unwrap()).collect()
    }
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_ref()).collect()
}

#[test]
fn an_allowance_is_given_used_up_and_gone() {
    let mut world = World::new();
    let events = world.grant(1, 2, &basic(10, None)).unwrap();
    assert_eq!(kinds(&events), ["set_feegrant"]);
    assert_eq!(events[0].get("granter").as_deref(), Some(address(1).to_string().as_str()));
    assert_eq!(events[0].get("grantee").as_deref(), Some(address(2).to_string().as_str()));
    assert_eq!(kinds(&world.spend(1, 2, 4, &[SEND]).unwrap()), ["use_feegrant", "update_feegrant"]);
    assert_eq!(world.allowance(1, 2), Some(any(&basic(6, None))));
    let refused = world.spend(1, 2, 7, &[SEND]).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("feegrant", 2));
    assert_eq!(
        refused.log,
        format!(
            "{} does not allow to pay fees for {}: basic allowance: fee limit exceeded",
            address(1),
            address(2)
        )
    );
    assert_eq!(kinds(&world.spend(1, 2, 6, &[SEND]).unwrap()), ["revoke_feegrant", "use_feegrant"]);
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 5);
    assert_eq!((world.count(1), world.allowance(1, 2)), (0, None));
}

#[test]
fn a_grantee_without_account_gets_one_and_another_keeps_its_own() {
    let mut world = World::new();
    let known = |world: &World, n| auth::known(&world.state, &address(n)).unwrap();
    assert_eq!(known(&world, 2), None);
    let _ = world.grant(1, 2, &basic(10, None)).unwrap();
    assert_eq!(known(&world, 2), Some(agora_auth::Account::default()));
    let own = agora_auth::Account { sequence: 7, pub_key: None };
    let _ = world.exec(|ctx, _| Ok(auth::set_account(ctx, &address(3), &own)?)).unwrap();
    let _ = world.grant(1, 3, &basic(10, None)).unwrap();
    assert_eq!(known(&world, 3), Some(own));
}

#[test]
fn an_allowance_in_force_is_not_replaced_and_one_that_is_over_is() {
    let mut world = World::new();
    let _ = world.grant(1, 2, &basic(10, Some(5))).unwrap();
    let refused = world.grant(1, 2, &basic(20, None)).unwrap_err();
    assert_eq!(refused.log, "fee allowance already exists: invalid request");
    world.block.time = (START + 6) * SECOND;
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 3);
    let _ = world.grant(1, 2, &basic(20, None)).unwrap();
    world.end_block(100);
    assert_eq!(world.allowance(1, 2), Some(any(&basic(20, None))));
}

#[test]
fn what_is_revoked_cannot_be_used_and_what_is_not_there_not_revoked() {
    let mut world = World::new();
    let _ = world.grant(1, 2, &basic(0, Some(50))).unwrap();
    let events = world.run(&revoke_message(&address(1), &address(2))).unwrap();
    assert_eq!(kinds(&events), ["revoke_feegrant"]);
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 5);
    let refused = world.run(&revoke_message(&address(1), &address(2))).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("feegrant", 5));
    world.end_block(100);
}

#[test]
fn a_list_of_messages_narrows_any_allowance_and_is_paid_for_by_its_length() {
    let mut world = World::new();
    let periodic = wire::PeriodicAllowance {
        basic: Some(basic(0, None)),
        period: Some(Duration { seconds: 60, nanos: 0 }),
        period_spend_limit: uago(5),
        period_can_spend: uago(5),
        period_reset: Some(Timestamp { seconds: -62_135_596_800, nanos: 0 }),
    };
    let allowed = wire::AllowedMsgAllowance {
        allowance: Some(any(&periodic)),
        allowed_messages: vec![SEND.into(), "/cosmos.gov.v1.MsgVote".into()],
    };
    let _ = world.grant(1, 2, &allowed).unwrap();
    let delegate = "/cosmos.staking.v1beta1.MsgDelegate";
    let refused = world.spend(1, 2, 1, &[SEND, delegate]).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("feegrant", 7));
    let _ = world.spend(1, 2, 5, &[SEND, SEND]).unwrap();
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 2);
    world.block.time += 60 * SECOND;
    let _ = world.spend(1, 2, 5, &[SEND]).unwrap();
}

#[test]
fn one_denom_may_be_used_up_before_another() {
    let mut world = World::new();
    let both = |uago: u32, ubto: u32| {
        [(uago, "uago"), (ubto, "ubto")]
            .map(|(n, denom)| WireCoin { denom: denom.into(), amount: n.to_string() })
    };
    let periodic = wire::PeriodicAllowance {
        basic: Some(wire::BasicAllowance { spend_limit: both(5, 5).to_vec(), expiration: None }),
        period: Some(Duration { seconds: 60, nanos: 0 }),
        period_spend_limit: both(5, 5).to_vec(),
        period_can_spend: both(5, 5).to_vec(),
        period_reset: None,
    };
    let _ = world.grant(1, 2, &periodic).unwrap();
    let _ = world.spend(1, 2, 5, &[SEND]).unwrap();
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 2);
    assert_eq!(world.count(1), 1);
    // And such a state can be exported and goes on.
    let again = World::from_genesis(&world.export()).unwrap();
    assert_eq!(again.allowance(1, 2), world.allowance(1, 2));
}

#[test]
fn allowances_that_cannot_be_are_refused_with_the_reason() {
    let nested = |depth: usize| {
        (1..depth).fold(any(&basic(1, None)), |inner, _| {
            any(&wire::AllowedMsgAllowance { allowance: Some(inner), allowed_messages: vec![SEND.into()] })
        })
    };
    let periodic = |limit: Vec<WireCoin>, seconds| {
        any(&wire::PeriodicAllowance {
            basic: Some(basic(10, None)),
            period: Some(Duration { seconds, nanos: 0 }),
            period_spend_limit: limit,
            period_can_spend: vec![],
            period_reset: None,
        })
    };
    let other = vec![WireCoin { denom: "ubto".into(), amount: "1".into() }];
    let list = wire::AllowedMsgAllowance { allowance: Some(any(&basic(1, None))), allowed_messages: vec![] };
    let zero = wire::BasicAllowance { spend_limit: uago(0), expiration: None };
    for (allowance, codespace, code) in [
        (nested(5), "sdk", 18),
        (any(&list), "feegrant", 6),
        (any(&wire::AllowedMsgAllowance { allowance: None, ..list.clone() }), "feegrant", 6),
        (any(&zero), "sdk", 10),
        (any(&basic(1, Some(-1))), "sdk", 18),
        (any(&basic(1, Some(-2_000_000_000))), "feegrant", 4),
        (periodic(vec![], 5), "sdk", 10),
        (periodic(other, 5), "sdk", 10),
        (periodic(uago(1), -5), "feegrant", 4),
        (any(&revoke_message(&address(1), &address(2))), "sdk", 18),
    ] {
        let refused =
            World::new().run(&grant_message(&address(1), &address(2), allowance.clone())).unwrap_err();
        assert_eq!((refused.codespace, refused.code), (codespace, code), "{allowance:?}: {refused}");
    }
    let _ = World::new().run(&grant_message(&address(1), &address(2), nested(4))).unwrap();
    let own = World::new().grant(1, 1, &basic(1, None)).unwrap_err();
    assert_eq!(own.log, "cannot self-grant fee authorization: invalid address");
}

#[test]
fn what_is_over_is_forgotten_the_oldest_first_and_the_rest_in_later_blocks() {
    let mut world = World::new();
    let many = PRUNED_PER_BLOCK + PRUNED_PER_MESSAGE + 10;
    for n in 0..many {
        let mut to = [9; 20];
        to[..8].copy_from_slice(&(n as u64).to_be_bytes());
        let until = 10 + (n % 7) as i64;
        let message = grant_message(&address(1), &Address::from_20(to), any(&basic(5, Some(until))));
        let _ = world.run(&message).unwrap();
    }
    let _ = world.grant(1, 2, &basic(5, Some(1_000))).unwrap();
    let _ = world.grant(1, 3, &basic(5, None)).unwrap();
    world.end_block(10);
    assert_eq!(world.count(1), many + 2, "the last moment still counts");
    world.end_block(100);
    assert_eq!(world.count(1), many + 2 - PRUNED_PER_BLOCK);
    let events = world.run(&wire::MsgPruneAllowances { pruner: address(5).to_string() }).unwrap();
    assert_eq!(kinds(&events), ["prune_feegrant"]);
    assert_eq!(world.count(1), 12);
    world.end_block(101);
    assert_eq!(world.count(1), 2);
}

#[test]
fn who_pays_for_whom_is_found_from_both_sides_page_by_page() {
    let mut world = World::new();
    for (from, to) in [(1, 2), (1, 3), (4, 3), (5, 3)] {
        let _ = world.grant(from, to, &basic(5, None)).unwrap();
    }
    assert_eq!((world.count(1), world.count(4), world.count(2)), (2, 1, 0));
    let mut request = wire::QueryAllowancesRequest {
        grantee: address(3).to_string(),
        pagination: Some(agora_framework::PageRequest { limit: 2, ..Default::default() }),
    };
    let first: wire::QueryAllowancesResponse = world.query("Allowances", &request).unwrap();
    request.pagination.as_mut().unwrap().key = first.pagination.unwrap().next_key;
    let second: wire::QueryAllowancesResponse = world.query("Allowances", &request).unwrap();
    let granters: Vec<String> =
        first.allowances.into_iter().chain(second.allowances).map(|grant| grant.granter).collect();
    assert_eq!(granters, [1, 4, 5].map(|n| address(n).to_string()));
    let request = wire::QueryAllowanceRequest { granter: address(2).to_string(), grantee: request.grantee };
    let missing = world.query::<_, wire::QueryAllowanceResponse>("Allowance", &request).unwrap_err();
    assert_eq!((missing.grpc, missing.message.as_str()), (13, "fee-grant not found: not found"));
    let request = wire::QueryAllowanceRequest { granter: "abc".into(), ..request };
    assert_eq!(world.query::<_, wire::QueryAllowanceResponse>("Allowance", &request).unwrap_err().grpc, 2);
}

#[test]
fn an_exported_state_comes_back_whole() {
    let mut world = World::new();
    let _ = world.grant(1, 2, &basic(5, Some(10))).unwrap();
    let _ = world.grant(3, 2, &basic(0, None)).unwrap();
    world.block.time = (START + 60) * SECOND;
    let sections = world.export();
    let mut again = World::from_genesis(&sections).unwrap();
    assert_eq!(again.export(), sections);
    let all = |world: &World| {
        world.state.fork().into_writes().into_iter().filter(|(_, value)| value.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(all(&again), all(&world));
    again.end_block(100);
    assert_eq!((again.count(1), again.count(3)), (0, 1));
    let mut twice = sections;
    let grants = twice[2]["allowances"].as_array_mut().unwrap();
    grants.push(grants[0].clone());
    let error = World::from_genesis(&twice).map(|_| ()).unwrap_err();
    assert!(error.log.starts_with("genesis section feegrant: allowance 2"), "{error}");
    assert_eq!(json!({"allowances": []}), FeeGrant.default_genesis());
    assert!(again.state.get(&api::allowance_key(&address(3), &address(2))).unwrap().is_some());
}
