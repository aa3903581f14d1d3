//! Releases of a chain with one counter, and the chain they run.

use std::collections::BTreeSet;
use std::sync::Arc;

use agora_framework::{
    AppError, BlockCtx, BlockInfo, Event, GenesisCtx, Module, QueryCtx, Registry, StateCtx, ValidatorUpdate,
};
use agora_primitives::module_address;
use agora_proto::cosmos::upgrade::v1beta1 as wire;
use agora_stage::{Stage, on_stage};
use agora_state::{CollectionInfo, Item, Space, StoreId, TrackedView};
use agora_upgrade::{Handler, Upgrade};
use serde_json::{Value, json};

/// A module with one number, which each version keeps ten times as large.
pub(crate) struct Counter {
    name: &'static str,
    version: u64,
}

pub(crate) const OLD: Item<u64> = Item::new(StoreId::new("counter"), 1, Space::Tree, "OLD");
pub(crate) const NEW: Item<u64> = Item::new(StoreId::new("added"), 1, Space::Tree, "NEW");

impl Counter {
    const fn item(&self) -> Item<u64> {
        match self.name.len() {
            7 => OLD,
            _ => NEW,
        }
    }
}

impl Module for Counter {
    fn name(&self) -> &'static str {
        self.name
    }

    fn store(&self) -> Option<StoreId> {
        Some(self.item().info().store)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        vec![self.item().info()]
    }

    fn register(&self, _: &mut Registry) {}

    fn version(&self) -> u64 {
        self.version
    }

    fn init_genesis(&self, ctx: &mut GenesisCtx<'_>, _: &Value) -> Result<Vec<ValidatorUpdate>, AppError> {
        self.item().set(ctx, &7)?;
        Ok(Vec::new())
    }

    fn migrate(&self, ctx: &mut BlockCtx<'_>, from: u64) -> Result<(), AppError> {
        let tens = u32::try_from(self.version - from).unwrap();
        let value = self.item().get(ctx)?.unwrap() * 10_u64.pow(tens);
        self.item().set(ctx, &value)?;
        Ok(())
    }
}

pub(crate) fn v2(ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    let migrated = OLD.get(ctx)?.unwrap();
    OLD.set(ctx, &(migrated + 1))?;
    ctx.emit(Event::new("handled"));
    Ok(())
}

/// The releases: the first, one with the upgrade `v2` to version 3 of the counter and a new module, and one without migration.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Release {
    First,
    Second,
    Skipping,
}

pub(crate) fn modules(release: Release) -> Vec<Arc<dyn Module>> {
    let handlers = vec![Handler { name: "v2", run: v2 }];
    let counter = |version| Arc::new(Counter { name: "counter", version }) as Arc<dyn Module>;
    match release {
        Release::First => vec![Arc::new(Upgrade::default()), counter(1)],
        Release::Second => vec![
            Arc::new(Upgrade::new(handlers)),
            counter(3),
            Arc::new(Counter { name: "added", version: 5 }),
        ],
        Release::Skipping => {
            vec![Arc::new(Upgrade::default().skipping(BTreeSet::from([10]))), counter(1)]
        }
    }
}

pub(crate) struct World {
    stage: Stage,
}

on_stage!(World);

pub(crate) fn authority() -> String {
    module_address("gov").to_string()
}

pub(crate) fn plan(name: &str, height: i64) -> wire::MsgSoftwareUpgrade {
    let plan =
        wire::Plan { name: name.into(), height, info: "{\"at\":\"there\"}".into(), ..Default::default() };
    wire::MsgSoftwareUpgrade { authority: authority(), plan: Some(plan) }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::from_genesis(Release::First, &json!({ "plan": null, "applied": [] })).unwrap()
    }

    pub(crate) fn from_genesis(release: Release, section: &Value) -> Result<Self, AppError> {
        let mut stage = Stage::new(modules(release), "cosmos.upgrade.v1beta1", 0);
        stage.block.height = 5;
        let sections = vec![section.clone(); stage.registry.modules().len()];
        let _ = stage.genesis(&sections, &[])?;
        Ok(Self { stage })
    }

    /// Goes on with another release.
    pub(crate) fn release(&mut self, release: Release) -> Result<(), AppError> {
        self.registry = Registry::new(modules(release)).unwrap();
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        self.registry.modules().iter().try_for_each(|module| module.check_start(&ctx))
    }

    /// The beginning of the next block.
    pub(crate) fn next(&mut self) -> Result<Vec<Event>, AppError> {
        let block = BlockInfo { height: self.block.height + 1, ..self.block.clone() };
        let mut view = TrackedView::new(&self.state);
        let mut ctx = BlockCtx::new(&mut view, &block, &self.registry, 0);
        for module in self.registry.modules() {
            module.pre_block(&mut ctx)?;
        }
        let events = ctx.take_events();
        let (changes, _) = view.finish();
        self.state.apply(changes).unwrap();
        self.block = block;
        Ok(events)
    }

    pub(crate) fn until(&mut self, height: u64) {
        while self.block.height < height {
            assert_eq!(self.next().unwrap(), []);
        }
    }

    pub(crate) fn planned(&self) -> Option<i64> {
        let answer: wire::QueryCurrentPlanResponse =
            self.query("CurrentPlan", &wire::QueryCurrentPlanRequest {}).unwrap();
        answer.plan.map(|plan| plan.height)
    }

    pub(crate) fn versions(&self) -> Vec<(String, u64)> {
        let request = wire::QueryModuleVersionsRequest::default();
        let answer: wire::QueryModuleVersionsResponse = self.query("ModuleVersions", &request).unwrap();
        answer.module_versions.into_iter().map(|module| (module.name, module.version)).collect()
    }

    pub(crate) fn writes(&self) -> agora_state::WriteSet {
        self.state.fork().into_writes()
    }
}

pub(crate) fn owned(versions: &[(&str, u64)]) -> Vec<(String, u64)> {
    versions.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect()
}
