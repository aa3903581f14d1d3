//! A module that goes wrong on purpose: what the chain and its checks must withstand and find. It also lets anybody act
//! for the authority, so that what only governance may do can be tested before there is governance.

mod memory;

use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, Message, Module, Registry, StateCtx};
use agora_primitives::{Address, Coin, Denom};
use agora_state::{CollectionInfo, Map, Space, StateKey, StateWrite, StoreId};

#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
#[rustfmt::skip]
#[path = "gen/mod.rs"]
pub mod proto;

pub use memory::{Forgotten, Memory};
use proto::agora::faults::v1 as wire;

/// The definitions.
static DESCRIPTORS: &[u8] = include_bytes!("gen/descriptors.bin");

const STORE: StoreId = StoreId::new("faults");

/// Written before a panic; must never be seen.
const LAST_WORDS: Map<Address, bool> = Map::new(STORE, 1, Space::Tree, "LAST_WORDS");

/// The module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults;

impl Module for Faults {
    fn name(&self) -> &'static str {
        "faults"
    }

    fn store(&self) -> Option<StoreId> {
        Some(STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        vec![LAST_WORDS.info()]
    }

    fn descriptors(&self) -> &'static [u8] {
        DESCRIPTORS
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<Panic>(panic_after_writing);
        registry.message::<Conjure>(conjure);
        registry.message::<Forget>(forget);
        registry.message::<Usurp>(usurp);
    }
}

/// Whether a panicking message left its write behind.
///
/// # Panics
/// If the state cannot be read.
#[must_use]
pub fn has_last_words(state: &dyn agora_state::StateRead, signer: &Address) -> bool {
    LAST_WORDS.has(state, signer).expect("a readable state")
}

fn address(text: &str) -> Result<Address, AppError> {
    text.parse().map_err(|e| sdk::INVALID_ADDRESS.wrap(e))
}

struct Panic {
    signer: Address,
    last_words: String,
}

impl Message for Panic {
    type Wire = wire::MsgPanic;
    type Response = wire::MsgPanicResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        vec![&wire.signer]
    }

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { signer: address(&wire.signer)?, last_words: wire.last_words.clone() })
    }
}

fn panic_after_writing(ctx: &mut ExecCtx<'_>, msg: Panic) -> Result<wire::MsgPanicResponse, AppError> {
    LAST_WORDS.set(ctx, &msg.signer, &true)?;
    ctx.emit(Event::new("last_words").with("words", &msg.last_words));
    panic!("{}", msg.last_words);
}

struct Conjure {
    signer: Address,
    coin: Coin,
}

impl Message for Conjure {
    type Wire = wire::MsgConjure;
    type Response = wire::MsgConjureResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        vec![&wire.signer]
    }

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let coin = wire.coin.clone().unwrap_or_default();
        let coin = Coin::parse(&coin.denom, &coin.amount).map_err(|e| sdk::INVALID_COINS.wrap(e))?;
        Ok(Self { signer: address(&wire.signer)?, coin })
    }
}

/// A credit without a debit, past the bank.
fn conjure(ctx: &mut ExecCtx<'_>, msg: Conjure) -> Result<wire::MsgConjureResponse, AppError> {
    let key = agora_bank::api::balance_key(&msg.signer, &msg.coin.denom);
    ctx.add(&key, i128::try_from(msg.coin.amount).unwrap_or(i128::MAX), None)?;
    Ok(wire::MsgConjureResponse {})
}

struct Forget {
    signer: Address,
    denom: Denom,
}

impl Message for Forget {
    type Wire = wire::MsgForget;
    type Response = wire::MsgForgetResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        vec![&wire.signer]
    }

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let denom = wire.denom.parse().map_err(|e| sdk::INVALID_COINS.wrap(e))?;
        Ok(Self { signer: address(&wire.signer)?, denom })
    }
}

/// Deletes from the bank's index of holders: collection 6 of its store, by denom and holder.
fn forget(ctx: &mut ExecCtx<'_>, msg: Forget) -> Result<wire::MsgForgetResponse, AppError> {
    let balance = agora_bank::api::balance_key(&msg.signer, &msg.denom);
    let holders: agora_state::Set<(Denom, Address)> =
        agora_state::Set::new(balance.store, 6, Space::Derived, "HOLDERS");
    let key: StateKey = holders.key(&(msg.denom, msg.signer));
    ctx.delete(&key)?;
    Ok(wire::MsgForgetResponse {})
}

struct Usurp {
    message: prost_types::Any,
}

impl Message for Usurp {
    type Wire = wire::MsgUsurp;
    type Response = wire::MsgUsurpResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        vec![&wire.signer]
    }

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self { message: wire.message.clone().unwrap_or_default() })
    }
}

/// Nobody asks whether the signer may.
fn usurp(ctx: &mut ExecCtx<'_>, msg: Usurp) -> Result<wire::MsgUsurpResponse, AppError> {
    let message = ctx.registry().decode(&msg.message)?;
    message.execute(ctx)?;
    Ok(wire::MsgUsurpResponse {})
}
