//! Everything the fee market stores.

use agora_primitives::{Dec, Denom};
use agora_state::{CollectionInfo, Item, Space, StateError, StateRead, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("feemarket");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1, Space::Tree, "PARAMS");

/// The price of a unit of gas in the fee denom.
pub(crate) const BASE_GAS_PRICE: Item<Dec> = Item::new(STORE, 2, Space::Tree, "BASE_GAS_PRICE");

/// How the price follows load.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// The lowest price.
    pub min_base_gas_price: Dec,
    /// The greatest relative change of the price from block to block.
    pub learning_rate: Dec,
    /// The gas a block can take; half of it is the target.
    pub max_block_utilization: u64,
    /// What fees are paid in.
    pub fee_denom: Denom,
    /// Whether the price is enforced and follows load.
    pub enabled: bool,
}
agora_state::borsh_value!(Params, 1);

impl Default for Params {
    fn default() -> Self {
        Self {
            // 0.0025uago: a transfer of 80,000 gas costs 0.0002 AGO.
            min_base_gas_price: Dec::from_atomics(2_500_000_000_000_000),
            // 1/8, as EIP-1559 has it.
            learning_rate: Dec::from_atomics(125_000_000_000_000_000),
            max_block_utilization: 300_000_000,
            fee_denom: Denom::native(),
            enabled: true,
        }
    }
}

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![PARAMS.info(), BASE_GAS_PRICE.info()]
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}

/// The price in force: never below the minimum.
pub(crate) fn price(state: &(impl StateRead + ?Sized), params: &Params) -> Result<Dec, StateError> {
    Ok(BASE_GAS_PRICE.get(state)?.unwrap_or_default().max(params.min_base_gas_price))
}
