//! Messages that a block hook or another message runs: all of them or none, whatever they do.

use std::sync::Arc;

use agora_framework::errors::sdk;
use agora_framework::{
    AppError, BlockCtx, BlockInfo, DynMessage, Event, ExecCtx, GasMeter, HookOutcome, HookTx, Message,
    MessageGate, Module, Registry, StateCtx, TxInfo,
};
use agora_primitives::Address;
use agora_proto::cosmos::bank::v1beta1::{MsgSend, MsgSendResponse};
use agora_state::{
    EmptyState, KeyBytes, Space, StateKey, StateRead, StateWrite, StoreId, TrackedView, Value,
};
use prost_types::Any;

const STORE: StoreId = StoreId::new("toy");

fn key(name: &str) -> StateKey {
    StateKey { store: STORE, space: Space::Tree, key: KeyBytes::from_slice(name.as_bytes()) }
}

/// A message that does what its recipient field says.
struct Do {
    what: String,
    wire: MsgSend,
}

impl Message for Do {
    type Wire = MsgSend;
    type Response = MsgSendResponse;

    fn signers(wire: &MsgSend) -> Vec<&str> {
        vec![&wire.from_address]
    }

    fn parse(wire: &MsgSend) -> Result<Self, AppError> {
        Ok(Self { what: wire.to_address.clone(), wire: wire.clone() })
    }
}

fn act(ctx: &mut ExecCtx<'_>, message: Do) -> Result<MsgSendResponse, AppError> {
    match message.what.as_str() {
        "fail" => Err(sdk::CONFLICT.wrap("it was asked to")),
        "panic" => ctx.nested(|ctx| {
            ctx.set(&key("half"), Value::from(vec![1]))?;
            panic!("it was asked to")
        }),
        "spin" => loop {
            ctx.gas().charge(100, "Spin")?;
        },
        "deeper" => {
            let again = registry().decode(&any(&message.wire.from_address, "deeper"))?;
            ctx.dispatch(again.as_ref()).map(|_| MsgSendResponse {})
        }
        "in a message that fails" => {
            let inner = registry().decode(&any(&message.wire.from_address, "fail"))?;
            assert!(ctx.dispatch(inner.as_ref()).is_err());
            Ok(MsgSendResponse {})
        }
        name => {
            ctx.set(&key(name), Value::from(vec![1]))?;
            ctx.emit(Event::new("done").with("what", name));
            Ok(MsgSendResponse {})
        }
    }
}

struct Toy;

impl Module for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn store(&self) -> Option<StoreId> {
        Some(STORE)
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<Do>(act);
    }

    fn gate(&self) -> Option<&dyn MessageGate> {
        Some(self)
    }
}

impl MessageGate for Toy {
    fn admits(&self, state: &dyn StateRead, message: &dyn DynMessage) -> Result<(), AppError> {
        match state.get(&key("closed"))? {
            Some(_) => Err(sdk::UNAUTHORIZED.wrap(format_args!("{} is closed", message.type_url()))),
            None => Ok(()),
        }
    }
}

fn registry() -> Registry {
    Registry::new(vec![Arc::new(Toy)]).unwrap()
}

fn block() -> BlockInfo {
    BlockInfo { chain_id: "toy-1".to_owned(), height: 5, time: 7 }
}

fn signer() -> Address {
    Address::from_20([7; 20])
}

fn any(from: &str, what: &str) -> Any {
    let wire = MsgSend { from_address: from.to_owned(), to_address: what.to_owned(), ..MsgSend::default() };
    Any { type_url: "/cosmos.bank.v1beta1.MsgSend".to_owned(), value: prost::Message::encode_to_vec(&wire) }
}

struct Ran {
    outcome: HookOutcome,
    written: Vec<String>,
    events: Vec<Event>,
}

/// Runs messages of `from` in a block hook that wrote `before`.
fn run_from(from: &Address, what: &[&str]) -> Ran {
    let registry = registry();
    let messages: Vec<Any> = what.iter().map(|what| any(&from.to_string(), what)).collect();
    let block = block();
    let mut view = TrackedView::new(&EmptyState);
    let mut ctx = BlockCtx::new(&mut view, &block, &registry, 0);
    ctx.set(&key("before"), Value::from(vec![1])).unwrap();
    let job = HookTx { messages: &messages, signer: signer(), sequence: 1, gas_limit: 100_000 };
    let outcome = ctx.execute(&job).unwrap();
    let events = ctx.take_events();
    assert_eq!(view.depth(), 0, "no savepoint is left open");
    let written = view.finish().0.writes;
    let mut written: Vec<String> =
        written.into_iter().map(|(key, _)| String::from_utf8(key.key.to_vec()).unwrap()).collect();
    written.sort();
    Ran { outcome, written, events }
}

fn run(what: &[&str]) -> Ran {
    run_from(&signer(), what)
}

#[test]
fn messages_of_a_hook_all_take_effect() {
    let ran = run(&["one", "two"]);
    assert_eq!(ran.outcome.result.unwrap().len(), 2);
    assert_eq!(ran.written, ["before", "one", "two"]);
    assert_eq!(ran.events.len(), 2);
    assert!(ran.outcome.gas_used > 0);
}

#[test]
fn one_that_fails_undoes_all_and_the_block_goes_on() {
    let ran = run(&["one", "fail", "two"]);
    let error = ran.outcome.result.unwrap_err();
    assert!(error.log.contains("message index: 1") && error.log.contains("it was asked to"), "{}", error.log);
    assert_eq!(ran.written, ["before"]);
    assert!(ran.events.is_empty());
}

#[test]
fn a_panic_is_a_failure_and_leaves_nothing_behind() {
    let ran = run(&["one", "panic"]);
    assert!(ran.outcome.result.unwrap_err().log.contains("it was asked to"));
    assert_eq!(ran.written, ["before"]);
}

#[test]
fn gas_is_limited() {
    let ran = run(&["one", "spin"]);
    assert_eq!(ran.outcome.result.unwrap_err().code, sdk::OUT_OF_GAS.bare().code);
    assert!(ran.outcome.gas_used > 100_000);
    assert_eq!(ran.written, ["before"]);
}

#[test]
fn a_hook_acts_only_in_its_own_name() {
    let stranger = Address::from_20([8; 20]);
    let ran = run_from(&stranger, &["one"]);
    assert!(ran.outcome.result.unwrap_err().log.contains("signed by"));
}

#[test]
fn messages_lie_in_each_other_only_so_deep() {
    let error = run(&["deeper"]).outcome.result.unwrap_err();
    assert!(error.log.contains("more than 4 deep"), "{}", error.log);
}

#[test]
fn a_message_may_live_with_the_failure_of_one_within_it() {
    assert!(run(&["in a message that fails"]).outcome.result.is_ok());
}

#[test]
fn a_gate_is_asked_before_every_message() {
    let registry = registry();
    let (block, meter) = (block(), GasMeter::new(100_000));
    let mut view = TrackedView::new(&EmptyState);
    let tx = TxInfo { hash: [0; 32], signers: vec![signer()], sequence: 0, msg_index: 0 };
    let mut ctx = ExecCtx::new(&mut view, &meter, &block, tx, &registry);
    let message = registry.decode(&any(&signer().to_string(), "closed")).unwrap();
    assert!(ctx.run(message.as_ref()).is_ok());
    let refused = ctx.run(message.as_ref()).unwrap_err();
    assert!(refused.log.contains("/cosmos.bank.v1beta1.MsgSend is closed"));
    assert!(ctx.dispatch(message.as_ref()).is_err());
}
