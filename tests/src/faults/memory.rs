//! A module that keeps in the process what belongs into the state: what sequences of calls must find.

use std::sync::atomic::{AtomicU64, Ordering};

use agora_framework::{AppError, BlockCtx, Module, Registry};
use agora_state::{CollectionInfo, Item, Space, StoreId};

const STORE: StoreId = StoreId::new("memory");

/// What was counted.
const COUNTED: Item<u64> = Item::new(STORE, 1, Space::Tree, "COUNTED");

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// Nothing: it counts in the state.
    Nothing,
    /// That a process ends, and that a block may be executed more than once: it counts in memory.
    ThatBlocksComeAgain,
    /// The same, and it panics when a block comes again.
    ThatBlocksMayComeAgain,
}

/// The module: counts the blocks that were begun.
#[derive(Debug)]
pub struct Memory {
    forgotten: Forgotten,
    begun: AtomicU64,
}

impl Memory {
    /// A module that has seen no block.
    #[must_use]
    pub const fn new(forgotten: Forgotten) -> Self {
        Self { forgotten, begun: AtomicU64::new(0) }
    }
}

impl Module for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn store(&self) -> Option<StoreId> {
        Some(STORE)
    }

    fn collections(&self) -> Vec<CollectionInfo> {
        vec![COUNTED.info()]
    }

    fn register(&self, _: &mut Registry) {}

    fn begin_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let height = ctx.block().height;
        let count = match self.forgotten {
            Forgotten::Nothing => COUNTED.get(ctx)?.unwrap_or_default() + 1,
            Forgotten::ThatBlocksComeAgain => self.begun.fetch_add(1, Ordering::SeqCst) + 1,
            Forgotten::ThatBlocksMayComeAgain => {
                let before = self.begun.swap(height, Ordering::SeqCst);
                assert_ne!(before, height, "a block was begun already");
                1
            }
        };
        Ok(COUNTED.set(ctx, &count)?)
    }
}
