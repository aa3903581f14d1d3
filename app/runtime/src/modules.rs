//! The list of modules. A module is added by one line here (and the dependency line in `Cargo.toml`).
//!
//! The order is part of consensus: block hooks and genesis run in it.

use std::sync::Arc;

use agora_framework::Module;

/// The modules of the chain, in order.
#[must_use]
pub fn modules() -> Vec<Arc<dyn Module>> {
    vec![
        Arc::new(agora_consensus::Consensus),
        Arc::new(agora_auth::Auth),
        Arc::new(agora_bank::Bank),
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
