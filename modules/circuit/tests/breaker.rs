//! Messages closed and opened on a chain.

use std::sync::Arc;

use agora_auth::Auth;
use agora_authz::Authz;
use agora_bank::{Bank, api as bank};
use agora_circuit::{Circuit, MAX_CLOSED};
use agora_framework::{AppError, Decided, HookTx, Module};
use agora_primitives::{Address, module_address};
use agora_proto::cosmos::authz::v1beta1::MsgExec;
use agora_proto::cosmos::bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::circuit::v1 as wire;
use agora_proto::pack;
use agora_stage::{Stage, account, on_stage};
use prost_types::Any;
use serde_json::{Value, json};
use wire::permissions::Level;

const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";
const TRIP: &str = "/cosmos.circuit.v1.MsgTripCircuitBreaker";

fn governance() -> Address {
    module_address("gov")
}

fn uago(amount: u128) -> Vec<WireCoin> {
    vec![WireCoin { denom: "uago".into(), amount: amount.to_string() }]
}

fn send() -> MsgSend {
    MsgSend { from_address: account(1).to_string(), to_address: account(2).to_string(), amount: uago(1) }
}

fn multi_send() -> MsgMultiSend {
    let (from, to) = (account(1).to_string(), account(2).to_string());
    MsgMultiSend {
        inputs: vec![Input { address: from, coins: uago(1) }],
        outputs: vec![Output { address: to, coins: uago(1) }],
    }
}

fn owned(entries: &[&str]) -> Vec<String> {
    entries.iter().map(|entry| (*entry).to_owned()).collect()
}

fn trip(who: Address, entries: &[&str]) -> wire::MsgTripCircuitBreaker {
    wire::MsgTripCircuitBreaker { authority: who.to_string(), msg_type_urls: owned(entries) }
}

fn reset(who: Address, entries: &[&str]) -> wire::MsgResetCircuitBreaker {
    wire::MsgResetCircuitBreaker { authority: who.to_string(), msg_type_urls: owned(entries) }
}

fn authorize(who: Address, whom: u8, level: Level, limit: &[&str]) -> wire::MsgAuthorizeCircuitBreaker {
    wire::MsgAuthorizeCircuitBreaker {
        granter: who.to_string(),
        grantee: account(whom).to_string(),
        permissions: Some(wire::Permissions { level: level.into(), limit_type_urls: owned(limit) }),
    }
}

struct World {
    stage: Stage,
}

on_stage!(World);

impl World {
    fn new() -> Self {
        let mut bank = Bank.default_genesis();
        bank["balances"] = json!([
            {"address": account(1).to_string(), "coins": [{"denom": "uago", "amount": "1000"}]}
        ]);
        let sections = [Auth.default_genesis(), bank, Authz.default_genesis(), Circuit.default_genesis()];
        Self::from_genesis(&sections).unwrap()
    }

    fn from_genesis(sections: &[Value]) -> Result<Self, AppError> {
        let modules: Vec<Arc<dyn Module>> =
            vec![Arc::new(Auth), Arc::new(Bank), Arc::new(Authz), Arc::new(Circuit)];
        let mut world = Self { stage: Stage::new(modules, "cosmos.circuit.v1", 0) };
        let _ = world.genesis(sections, &[])?;
        Ok(world)
    }

    /// Runs a message as a passed proposal does.
    fn govern(&mut self, message: Any) -> Result<Vec<Any>, AppError> {
        let job = HookTx { messages: &[message], signer: governance(), sequence: 1, gas_limit: 1_000_000 };
        self.hook(&Decided::default(), |ctx| ctx.execute(&job)).value.result
    }

    fn closed(&self) -> Vec<String> {
        let list: wire::DisabledListResponse =
            self.query("DisabledList", &wire::QueryDisabledListRequest {}).unwrap();
        list.disabled_list
    }

    fn level(&self, n: u8) -> Level {
        let request = wire::QueryAccountRequest { address: account(n).to_string() };
        let answer: wire::AccountResponse = self.query("Account", &request).unwrap();
        answer.permission.unwrap().level()
    }
}

#[test]
fn governance_closes_a_message_and_opens_it_and_the_rest_runs() {
    let mut world = World::new();
    let free = world.run(&send()).unwrap().gas;
    let _ = world.govern(pack(&trip(governance(), &[SEND]))).unwrap();
    assert_eq!(world.closed(), [SEND]);
    let refused = world.run(&send()).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("circuit", 2));
    assert!(refused.log.contains("opens it with MsgResetCircuitBreaker"), "{refused}");
    let _ = world.run(&multi_send()).unwrap();
    let _ = world.govern(pack(&reset(governance(), &[SEND]))).unwrap();
    let again = world.run(&send()).unwrap().gas;
    assert_eq!(free, again, "the question costs no gas");
    assert_eq!(world.closed(), Vec::<String>::new());
}

#[test]
fn the_name_of_a_module_closes_all_its_messages_and_no_other() {
    let mut world = World::new();
    let _ = world.govern(pack(&trip(governance(), &["bank"]))).unwrap();
    assert_eq!(world.run(&send()).unwrap_err().code, 2);
    assert_eq!(world.run(&multi_send()).unwrap_err().code, 2);
    // Other modules still move coins.
    let one = agora_primitives::Coins::one(agora_primitives::Coin::new(1, "uago".parse().unwrap()));
    let _ = world.hook(&Decided::default(), |ctx| bank::send(ctx, &account(1), &account(2), &one));
    // What was closed by the module's name is opened by it.
    let refused = world.govern(pack(&reset(governance(), &[SEND]))).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("circuit", 4));
    let _ = world.govern(pack(&reset(governance(), &["bank"]))).unwrap();
    let _ = world.run(&send()).unwrap();
}

#[test]
fn a_closed_message_is_refused_within_another_and_in_a_proposal() {
    let mut world = World::new();
    let _ = world.govern(pack(&trip(governance(), &["bank"]))).unwrap();
    let exec = MsgExec { grantee: account(1).to_string(), msgs: vec![pack(&send())] };
    let refused = world.run(&exec).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("circuit", 2));
    let own = MsgSend { from_address: governance().to_string(), ..send() };
    let refused = world.govern(pack(&own)).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("circuit", 2));
}

#[test]
fn what_opens_and_governs_cannot_be_closed_and_unknown_names_neither() {
    let mut world = World::new();
    for entry in ["circuit", TRIP] {
        let refused = world.govern(pack(&trip(governance(), &[SEND, entry]))).unwrap_err();
        assert_eq!((refused.codespace, refused.code), ("circuit", 3), "{entry}: {refused}");
    }
    let many: Vec<String> = (0..=MAX_CLOSED).map(|n| format!("/a.Msg{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for entries in [&["nonsense"][..], &["/no.such.Msg"], &[], &many] {
        let refused = world.govern(pack(&trip(governance(), entries))).unwrap_err();
        assert_eq!((refused.codespace, refused.code), ("sdk", 18), "{refused}");
    }
    let _ = world.govern(pack(&trip(governance(), &["bank"]))).unwrap();
    let twice = world.govern(pack(&trip(governance(), &["bank"]))).unwrap_err();
    assert_eq!((twice.codespace, twice.code), ("circuit", 4));
    assert_eq!(world.closed(), ["bank"]);
}

#[test]
fn accounts_close_what_they_have_the_permission_for() {
    let mut world = World::new();
    assert_eq!(world.run(&trip(account(5), &[SEND])).unwrap_err().code, 4);
    assert_eq!(world.run(&authorize(account(5), 5, Level::AllMsgs, &[])).unwrap_err().code, 4);
    let events = world.run(&authorize(governance(), 5, Level::SomeMsgs, &["bank"])).unwrap().events;
    assert_eq!(events[0].kind, "authorize_circuit_breaker");
    assert_eq!(events[0].get("permission").as_deref(), Some("LEVEL_SOME_MSGS"));
    // A module's name covers its messages; a message's not its module.
    let events = world.run(&trip(account(5), &[SEND, "bank"])).unwrap().events;
    assert_eq!(events[0].get("msg_url"), Some(format!("{SEND},bank")));
    assert_eq!(world.run(&trip(account(5), &["authz"])).unwrap_err().code, 4);
    let _ = world.run(&authorize(governance(), 6, Level::SomeMsgs, &[SEND])).unwrap();
    assert_eq!(world.run(&reset(account(6), &["bank"])).unwrap_err().code, 4);
    let _ = world.run(&reset(account(6), &[SEND])).unwrap();
    // Giving permissions is for super admins.
    let _ = world.run(&authorize(governance(), 7, Level::AllMsgs, &[])).unwrap();
    let _ = world.run(&trip(account(7), &["authz"])).unwrap();
    assert_eq!(world.run(&authorize(account(7), 8, Level::AllMsgs, &[])).unwrap_err().code, 4);
    let _ = world.run(&authorize(governance(), 7, Level::SuperAdmin, &[])).unwrap();
    let _ = world.run(&authorize(account(7), 5, Level::NoneUnspecified, &[])).unwrap();
    assert_eq!(world.run(&trip(account(5), &[SEND])).unwrap_err().code, 4);
    assert_eq!((world.level(5), world.level(7)), (Level::NoneUnspecified, Level::SuperAdmin));
    let accounts: wire::AccountsResponse =
        world.query("Accounts", &wire::QueryAccountsRequest { pagination: None }).unwrap();
    assert_eq!(accounts.accounts.len(), 2);
}

#[test]
fn permissions_that_cannot_be_are_refused() {
    let mut world = World::new();
    for (level, limit, code) in [
        (Level::SomeMsgs, &[][..], 18),
        (Level::SomeMsgs, &["nonsense"], 18),
        (Level::SomeMsgs, &["circuit"], 3),
        (Level::AllMsgs, &["bank"], 18),
    ] {
        let refused = world.run(&authorize(governance(), 5, level, limit)).unwrap_err();
        assert_eq!(refused.code, code, "{refused}");
    }
}

#[test]
fn an_exported_state_comes_back_whole_and_closed() {
    let mut world = World::new();
    let _ = world.run(&authorize(governance(), 5, Level::SomeMsgs, &["bank", SEND])).unwrap();
    let _ = world.run(&authorize(governance(), 6, Level::SuperAdmin, &[])).unwrap();
    let _ = world.run(&trip(governance(), &["bank", "/cosmos.authz.v1beta1.MsgExec"])).unwrap();
    let sections = world.sections();
    let mut again = World::from_genesis(&sections).unwrap();
    assert_eq!(again.sections(), sections);
    assert_eq!(again.state.fork().into_writes(), world.state.fork().into_writes());
    assert_eq!(again.run(&send()).unwrap_err().code, 2);
    for entry in ["circuit", "nonsense"] {
        let mut bad = sections.clone();
        bad[3]["disabled_type_urls"] = json!([entry]);
        assert!(
            World::from_genesis(&bad).map(|_| ()).unwrap_err().log.starts_with("genesis section circuit")
        );
    }
}
