//! What lives are made of: a part for each module. A module joins by a file here and a line in [`all`].

use super::done::Done;
use super::world::World;
use super::{authz, bank, blocks, dex, distribution, feegrant, gov, hostile, mint, slashing, staking};

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

    /// What has happened, and how often: what a run of many lives must have seen.
    fn seen(&self) -> Vec<(&'static str, usize)> {
        Vec::new()
    }

    /// Learns what became of the block's transactions, its own and others'.
    fn after_block(&mut self, _: &World, _: &[Done]) {}
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
        Box::new(gov::Assembly::default()),
        Box::new(authz::Acting::default()),
        Box::new(feegrant::Sponsors::default()),
        Box::new(blocks::Parameters),
    ]
}
