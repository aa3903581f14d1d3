//! Whole blocks for the chain of `common`: their beginnings and ends run the hooks.
#![allow(dead_code)] // Each test file uses a part.

use agora_framework::{BlockCtx, Event};
use agora_state::{StateKey, TrackedView};

use crate::common::World;

/// What a hook did.
pub(crate) struct Hook {
    /// The events.
    pub(crate) events: Vec<Event>,
    /// The keys whose values were replaced or deleted.
    pub(crate) written: Vec<StateKey>,
    /// The keys of sums that were added to.
    pub(crate) added: Vec<StateKey>,
}

fn hook(world: &mut World, begin: bool) -> Hook {
    let modules = world.registry.modules().to_vec();
    let mut done = Hook { events: vec![], written: vec![], added: vec![] };
    for module in modules {
        let mut view = TrackedView::new(&world.state);
        let mut ctx = BlockCtx::new(&mut view, &world.block, &world.registry, 0);
        if begin { module.begin_block(&mut ctx) } else { module.end_block(&mut ctx) }
            .unwrap_or_else(|error| panic!("{error}"));
        done.events.extend(ctx.take_events());
        let (changes, _) = view.finish();
        done.written.extend(changes.writes.keys().cloned());
        done.added.extend(changes.deltas.keys().cloned());
        world.state.apply(changes).unwrap();
    }
    done
}

/// Ends the block under way.
pub(crate) fn end(world: &mut World) -> Hook {
    hook(world, false)
}

/// Ends the block under way; the next begins after so many milliseconds.
pub(crate) fn next(world: &mut World, millis: u64) -> Hook {
    let done = end(world);
    world.block.height += 1;
    world.block.time += millis * 1_000_000;
    hook(world, true);
    done
}
