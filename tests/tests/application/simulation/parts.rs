//! What lives are made of: a part for each module. A module joins by a file here and a line in [`all`].

use agora_tests::harness::Outcome;

use super::world::World;
use super::{bank, blocks, dex, distribution, hostile, mint, slashing, staking};

/// What people do with one module.
pub(super) trait Part {
    /// Its name.
    fn name(&self) -> &'static str;

    /// How often, compared with the others.
    fn weight(&self) -> u32;

    /// A transaction: plausible, and often of what is not there.
    fn transaction(&mut self, world: &mut World) -> Vec<u8>;

    /// What happens besides transactions: votes left out, evidence.
    fn before_block(&mut self, _: &mut World) {}

    /// Learns what became of the block's transactions, its own and others'.
    fn after_block(&mut self, _: &World, _: &[Outcome]) {}
}

/// Every part.
pub(super) fn all() -> Vec<Box<dyn Part>> {
    vec![
        Box::new(bank::Payments),
        Box::new(hostile::Nuisance),
        Box::new(staking::Stakes),
        Box::new(distribution::Rewards),
        Box::new(slashing::Misdeeds::default()),
        Box::new(mint::Issue),
        Box::new(dex::Trade::default()),
        Box::new(blocks::Parameters),
    ]
}
