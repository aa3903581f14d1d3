//! A guest book: the smallest complete module. One message, one query, one event, one collection.
//!
//! It shows what a module gets by standing in the list: gRPC, REST, reflection, commands, amino documents, genesis.

use agora_framework::errors::sdk;
use agora_framework::{
    AppError, ErrorCode, Event, ExecCtx, GenesisCtx, Message, Module, QueryCtx, QueryError, Registry,
    StateCtx, ValidatorUpdate,
};
use agora_primitives::Address;
use agora_state::{CollectionInfo, Map, Space, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};
use serde_json::{Value, json};

#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
#[rustfmt::skip]
#[path = "gen/mod.rs"]
pub mod proto;

use proto::agora::demo::v1 as wire;

/// The definitions.
static DESCRIPTORS: &[u8] = include_bytes!("gen/descriptors.bin");

/// The book has no room for so many words, or for none.
pub const WORDS: ErrorCode = ErrorCode::new("demo", 2, "unsuitable words");

/// The most bytes of an entry.
const MAX_WORDS: usize = 140;

const STORE: StoreId = StoreId::new("demo");

/// What each guest has written.
const ENTRIES: Map<Address, Entry> = Map::new(STORE, 1, Space::Tree, "ENTRIES");

/// A guest's entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Entry {
    words: String,
    /// How often the guest has written.
    entries: u64,
}
agora_state::borsh_value!(Entry, 1);

/// The module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demo;

impl Module for Demo {
    fn name(&self) -> &'static str {
        "demo"
    }

    fn store(&self) -> Option<StoreId> {
        Some(STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        vec![ENTRIES.info()]
    }

    fn descriptors(&self) -> &'static [u8] {
        DESCRIPTORS
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<SignBook>(sign_book);
        registry.query("/agora.demo.v1.Query/Entry", entry);
    }

    fn default_genesis(&self) -> Value {
        json!({ "entries": {} })
    }

    fn init_genesis(
        &self,
        ctx: &mut GenesisCtx<'_>,
        section: &Value,
    ) -> Result<Vec<ValidatorUpdate>, AppError> {
        let invalid = |what: &str| sdk::INVALID_REQUEST.wrap(format_args!("genesis section demo: {what}"));
        let entries = section["entries"].as_object().ok_or_else(|| invalid("entries must be an object"))?;
        for (guest, words) in entries {
            let guest: Address = guest.parse().map_err(|_| invalid("a guest is no address"))?;
            let words = words.as_str().ok_or_else(|| invalid("words must be text"))?.to_owned();
            ENTRIES.set(ctx, &guest, &Entry { words, entries: 1 })?;
        }
        Ok(Vec::new())
    }

    fn export_genesis(&self, ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
        let page = ENTRIES.page(ctx, &[], None, false, 1000)?;
        let entries = page.entries.into_iter().map(|(guest, entry)| (guest.to_string(), entry.words.into()));
        Ok(json!({ "entries": entries.collect::<serde_json::Map<String, Value>>() }))
    }
}

/// Words for the book.
struct SignBook {
    guest: Address,
    words: String,
}

impl Message for SignBook {
    type Wire = wire::MsgSignBook;
    type Response = wire::MsgSignBookResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        vec![&wire.guest]
    }

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        if wire.words.is_empty() || wire.words.len() > MAX_WORDS {
            let len = wire.words.len();
            return Err(WORDS.wrap(format_args!("{len} bytes, 1 to {MAX_WORDS} are allowed")));
        }
        let guest = wire.guest.parse().map_err(|e| sdk::INVALID_ADDRESS.wrap(format_args!("guest: {e}")))?;
        Ok(Self { guest, words: wire.words.clone() })
    }
}

fn sign_book(ctx: &mut ExecCtx<'_>, msg: SignBook) -> Result<wire::MsgSignBookResponse, AppError> {
    let before = ENTRIES.get(ctx, &msg.guest)?.unwrap_or_default();
    let entry = Entry { words: msg.words, entries: before.entries.saturating_add(1) };
    ENTRIES.set(ctx, &msg.guest, &entry)?;
    ctx.emit(
        Event::new("signed")
            .with("guest", msg.guest)
            .with("words", &entry.words)
            .with("entries", entry.entries),
    );
    Ok(wire::MsgSignBookResponse { entries: entry.entries })
}

fn entry(
    ctx: &QueryCtx<'_>,
    request: wire::QueryEntryRequest,
) -> Result<wire::QueryEntryResponse, QueryError> {
    let guest: Address =
        request.guest.parse().map_err(|e| QueryError::invalid(format_args!("invalid guest: {e}")))?;
    match ENTRIES.get(ctx, &guest)? {
        Some(entry) => Ok(wire::QueryEntryResponse { words: entry.words, entries: entry.entries }),
        None => Err(QueryError::not_found(format_args!("{guest} has written nothing"))),
    }
}
