//! What the messages are sent to.

use super::common::World;

const EACH: &str = "1000000000000aaa,1000000000000bbb,1000000000000ccc";

/// Pools of every kind made by account 1, which has shares of each and a position.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) product: String,
    pub(super) stable: String,
    pub(super) concentrated: String,
    pub(super) position: String,
}

pub(super) fn scene() -> Scene {
    let mut world = World::new(2, EACH);
    let product = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let stable = world.stable(1, "1000000000aaa,1000000000bbb", 100, 400);
    let concentrated = world.concentrated(1, 3000);
    let position = world.open(1, &concentrated, (-600, 600), "1000000aaa,1000000bbb").position_id;
    world.advance(10);
    Scene { world, product, stable, concentrated, position }
}
