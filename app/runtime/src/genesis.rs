//! The first state.

use agora_consensus::Head;
use agora_consensus::api as consensus;
use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, ValidatorUpdate};
use agora_proto::tendermint::types::ConsensusParams;
use agora_state::{EmptyState, Overlay, StateRead, TrackedView, WriteSet};
use serde_json::{Map, Value};

use crate::ante::MAX_UNORDERED_TTL;
use crate::runtime::Runtime;

/// What consensus says of the new chain.
#[derive(Clone, Debug, PartialEq)]
pub struct InitChain {
    /// The chain id.
    pub chain_id: String,
    /// The first block's height.
    pub initial_height: u64,
    /// The genesis time in nanoseconds since 1970.
    pub time: u64,
    /// The consensus parameters.
    pub params: ConsensusParams,
    /// The validators that the genesis document of consensus names.
    pub validators: Vec<ValidatorUpdate>,
    /// The modules' sections, by module name.
    pub app_state: Value,
}

/// The first state.
#[derive(Clone, Debug, Default)]
pub struct GenesisOutcome {
    /// All of it.
    pub writes: WriteSet,
    /// The first validators; empty to keep those of the genesis document.
    pub validators: Vec<ValidatorUpdate>,
}

impl Runtime {
    /// The sections of a new chain, with nothing in them.
    #[must_use]
    pub fn default_genesis(&self) -> Value {
        let sections = self.registry().modules().iter().map(|m| (m.name().to_owned(), m.default_genesis()));
        Value::Object(sections.collect::<Map<_, _>>())
    }

    /// Makes the first state. Pure: it can be repeated.
    ///
    /// # Errors
    /// A section is unknown, malformed, or contradicts itself; the error names the place.
    pub fn init_chain(&self, init: &InitChain) -> Result<GenesisOutcome, AppError> {
        let sections = init
            .app_state
            .as_object()
            .ok_or_else(|| sdk::JSON_UNMARSHAL.wrap("app_state must be an object of module sections"))?;
        let names: Vec<&str> = self.registry().modules().iter().map(|m| m.name()).collect();
        if let Some(unknown) = sections.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(sdk::INVALID_REQUEST.wrap(format_args!(
                "app_state has a section {unknown:?}, but no such module exists; known: {}",
                names.join(", ")
            )));
        }
        let mut overlay = Overlay::new(EmptyState);
        let mut outcome = GenesisOutcome::default();
        let mut view = TrackedView::new(&overlay);
        let head = Head { height: init.initial_height.saturating_sub(1), time: init.time };
        consensus::init(&mut view, &init.chain_id, head, init.params.clone())?;
        let (changes, _) = view.finish();
        overlay.apply(changes)?;
        for module in self.registry().modules() {
            let default = module.default_genesis();
            let section = sections.get(module.name()).unwrap_or(&default);
            let mut view = TrackedView::new(&overlay);
            let mut ctx = GenesisCtx::new(&mut view, self.registry()).with_validators(&init.validators);
            outcome.validators.extend(module.init_genesis(&mut ctx, section)?);
            let (changes, _) = view.finish();
            overlay.apply(changes)?;
        }
        let latest = init.time.saturating_add(MAX_UNORDERED_TTL);
        if let Some(timeout) = agora_auth::api::latest_nonce(&overlay)?.filter(|timeout| *timeout > latest) {
            return Err(sdk::INVALID_REQUEST.wrap(format_args!(
                "genesis section auth: an unordered nonce times out at {timeout}, but none can after {latest}, ten minutes \
                 after the genesis time (nanoseconds since 1970); set the genesis time to the time of the export or later"
            )));
        }
        outcome.writes = overlay.into_writes();
        self.derive(&mut outcome.writes, |_| false);
        Ok(outcome)
    }

    /// Reads the sections back from a state.
    ///
    /// # Errors
    /// Storage fails.
    pub fn export(&self, state: &dyn StateRead) -> Result<Value, AppError> {
        let block = self.head(state)?;
        let ctx = QueryCtx::new(state, &block, self.registry());
        let mut sections = Map::new();
        for module in self.registry().modules() {
            sections.insert(module.name().to_owned(), module.export_genesis(&ctx)?);
        }
        Ok(Value::Object(sections))
    }

    /// What a chain is begun with that goes on from this state at the next height, made by the same validators.
    ///
    /// # Errors
    /// Storage fails.
    pub fn export_chain(&self, state: &dyn StateRead) -> Result<InitChain, AppError> {
        let head = self.head(state)?;
        let mut validators = Vec::new();
        let ctx = QueryCtx::new(state, &head, self.registry());
        for module in self.registry().modules() {
            validators.append(&mut module.validators(&ctx)?);
        }
        Ok(InitChain {
            chain_id: head.chain_id.clone(),
            initial_height: head.height.saturating_add(1),
            time: head.time,
            params: consensus::params(state)?,
            validators,
            app_state: self.export(state)?,
        })
    }
}
