//! The list of modules. A module is added by one line here (and the dependency line in `Cargo.toml`).
//!
//! The order is part of consensus: block hooks and genesis run in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use agora_framework::Module;
use agora_upgrade::Upgrade;

use crate::upgrades;

/// The modules of the chain, in order.
#[must_use]
pub fn modules() -> Vec<Arc<dyn Module>> {
    skipping(BTreeSet::new())
}

/// The same, passing by the upgrades that are planned for some heights.
pub(crate) fn skipping(heights: BTreeSet<u64>) -> Vec<Arc<dyn Module>> {
    with_upgrade(Upgrade::new(upgrades::handlers()).skipping(heights))
}

/// The same with the upgrades of another release.
#[must_use]
pub fn with_upgrade(upgrade: Upgrade) -> Vec<Arc<dyn Module>> {
    vec![
        Arc::new(upgrade),
        Arc::new(agora_consensus::Consensus),
        Arc::new(agora_auth::Auth),
        Arc::new(agora_bank::Bank),
        // Before staking: what a passed proposal does to stakes is part of the set that staking chooses when the block ends.
        Arc::new(agora_gov::Gov),
        Arc::new(agora_staking::Staking),
        Arc::new(agora_mint::Mint),
        Arc::new(agora_distribution::Distribution),
        Arc::new(agora_slashing::Slashing),
        Arc::new(agora_feegrant::FeeGrant),
        Arc::new(agora_authz::Authz),
        Arc::new(agora_circuit::Circuit),
        Arc::new(agora_feemarket::FeeMarket),
        Arc::new(agora_dex::Dex),
    ]
}
