#![doc = include_str!("../README.md")]

mod messages;
mod random;
mod watched;

use std::collections::BTreeSet;
use std::sync::Arc;

use agora_framework::{
    AppError, BlockCtx, BlockInfo, Decided, Event, GenesisCtx, Module, QueryCtx, QueryError, Registry,
    ValidatorUpdate,
};
use agora_primitives::Address;
use agora_state::{Changes, EmptyState, Overlay, StateKey, StateRead, StateWrite, TrackedView, WriteSet};
use prost::Message;
use serde_json::Value;

pub use self::messages::Done;
pub use self::random::Random;

/// Nanoseconds in a second.
pub const SECOND: u64 = 1_000_000_000;

/// Lets a test's own world, a struct with a field `stage`, be used as that [`Stage`].
#[macro_export]
macro_rules! on_stage {
    ($world:ty) => {
        impl ::std::ops::Deref for $world {
            type Target = $crate::Stage;

            fn deref(&self) -> &$crate::Stage {
                &self.stage
            }
        }

        impl ::std::ops::DerefMut for $world {
            fn deref_mut(&mut self) -> &mut $crate::Stage {
                &mut self.stage
            }
        }
    };
}

/// An account: twenty times one byte.
#[must_use]
pub fn account(n: u8) -> Address {
    Address::from_20([n; 20])
}

/// What a hook did.
#[derive(Clone, Debug)]
pub struct Hooked<T> {
    /// What it answered.
    pub value: T,
    /// Its events.
    pub events: Vec<Event>,
    /// What it told consensus.
    pub updates: Vec<ValidatorUpdate>,
}

/// Some modules on a state in memory.
pub struct Stage {
    /// The modules.
    pub registry: Registry,
    /// Their state.
    pub state: Overlay<EmptyState>,
    /// The block under way.
    pub block: BlockInfo,
    /// The service whose queries are asked by their names alone.
    service: &'static str,
    /// Keys changed since derived collections were last brought up to date.
    touched: BTreeSet<StateKey>,
    sequence: u64,
}

impl Stage {
    /// Modules without state, in the first block at `time` in seconds since 1970.
    ///
    /// # Panics
    /// The modules do not go together.
    #[must_use]
    pub fn new(modules: Vec<Arc<dyn Module>>, service: &'static str, time: u64) -> Self {
        Self {
            registry: Registry::new(modules).expect("modules that go together"),
            state: Overlay::new(EmptyState),
            block: BlockInfo { chain_id: "test".to_owned(), height: 1, time: time * SECOND },
            service,
            touched: BTreeSet::new(),
            sequence: 0,
        }
    }

    /// Runs genesis of every module with its section; `validators` are those that the document of consensus names. Says which
    /// the modules name.
    ///
    /// # Errors
    /// What is wrong with a section.
    pub fn genesis(
        &mut self,
        sections: &[Value],
        validators: &[ValidatorUpdate],
    ) -> Result<Vec<ValidatorUpdate>, AppError> {
        let mut updates = Vec::new();
        for (module, section) in self.registry.modules().to_vec().iter().zip(sections) {
            let mut view = TrackedView::new(&self.state);
            let mut ctx = GenesisCtx::new(&mut view, &self.registry).with_validators(validators);
            updates.extend(module.init_genesis(&mut ctx, section)?);
            let (changes, _) = view.finish();
            self.apply(changes);
        }
        Ok(updates)
    }

    /// Writes to the state without any module.
    pub fn write(&mut self, body: impl FnOnce(&mut TrackedView<'_>)) {
        let mut view = TrackedView::new(&self.state);
        body(&mut view);
        let (changes, _) = view.finish();
        self.apply(changes);
    }

    fn apply(&mut self, changes: Changes) {
        self.touched.extend(changes.writes.keys().chain(changes.deltas.keys()).cloned());
        self.state.apply(changes).expect("changes that fit the state");
    }

    /// Runs something as a hook of a block that was decided with this.
    ///
    /// # Panics
    /// It fails, which would stop a node.
    pub fn hook<T>(
        &mut self,
        decided: &Decided,
        body: impl FnOnce(&mut BlockCtx<'_>) -> Result<T, AppError>,
    ) -> Hooked<T> {
        let mut view = TrackedView::new(&self.state);
        let mut ctx = BlockCtx::new(&mut view, &self.block, &self.registry, 0).with_decided(decided);
        let value = body(&mut ctx).unwrap_or_else(|error| panic!("a hook failed: {error}"));
        let hooked = Hooked { value, events: ctx.take_events(), updates: ctx.validator_updates };
        let (changes, _) = view.finish();
        self.apply(changes);
        hooked
    }

    /// Brings derived collections up to date, as the end of a block does.
    ///
    /// # Panics
    /// Never: the state is in memory.
    pub fn derive(&mut self) {
        let mut derived = WriteSet::new();
        for key in std::mem::take(&mut self.touched) {
            let value = self.state.get(&key).expect("a state in memory");
            for module in self.registry.modules() {
                module.derive(&key, value.as_ref(), &mut derived);
            }
        }
        let mut view = TrackedView::new(&self.state);
        for (key, value) in derived {
            match value {
                Some(value) => view.set(&key, value).expect("a state in memory"),
                None => view.delete(&key).expect("a state in memory"),
            }
        }
        let (changes, _) = view.finish();
        self.state.apply(changes).expect("changes that fit the state");
    }

    /// Asks a module whether its invariants hold.
    ///
    /// # Panics
    /// One does not.
    #[track_caller]
    pub fn require_invariants(&self, module: &dyn Module) {
        for invariant in module.invariants() {
            (invariant.check)(&self.state).unwrap_or_else(|why| panic!("{}: {why}", invariant.name));
        }
    }

    /// Asks a query of the service.
    ///
    /// # Errors
    /// Those of the query.
    ///
    /// # Panics
    /// The answer is of another type.
    pub fn query<Req: Message, Res: Message + Default>(
        &self,
        name: &str,
        request: &Req,
    ) -> Result<Res, QueryError> {
        self.ask(&format!("/{}.Query/{name}", self.service), request)
    }

    /// Asks a query by its whole path.
    ///
    /// # Errors
    /// Those of the query.
    ///
    /// # Panics
    /// The answer is of another type.
    pub fn ask<Req: Message, Res: Message + Default>(
        &self,
        path: &str,
        request: &Req,
    ) -> Result<Res, QueryError> {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        let answer = self.registry.answer(&ctx, path, &request.encode_to_vec())?;
        Ok(Res::decode(answer.as_slice()).expect("an answer of this type"))
    }

    /// The sections of all modules, in their order.
    ///
    /// # Panics
    /// One cannot be exported.
    #[must_use]
    pub fn sections(&self) -> Vec<Value> {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        let export = |module: &Arc<dyn Module>| module.export_genesis(&ctx).expect("an export");
        self.registry.modules().iter().map(export).collect()
    }
}
