//! One file per message.

pub(crate) mod cancel_unbonding;
pub(crate) mod create_validator;
pub(crate) mod delegate;
pub(crate) mod edit_validator;
pub(crate) mod redelegate;
pub(crate) mod undelegate;
pub(crate) mod update_params;

use agora_framework::errors::sdk;
use agora_framework::{AppError, Event};
use agora_primitives::{Address, Coin, Denom};
use sha2::{Digest, Sha256};

/// Refuses what is not staked on this chain.
fn require_denom(coin: &Coin, bond_denom: &Denom) -> Result<(), AppError> {
    if coin.denom == *bond_denom {
        return Ok(());
    }
    Err(sdk::INVALID_REQUEST
        .wrap(format_args!("invalid coin denomination: got {}, expected {bond_denom}", coin.denom)))
}

/// A name for what began with these accounts at a height: clients want a number, and a counter would make every delegator wait
/// for every other. 53 bits, which every client can hold.
fn entry_id(accounts: &[&Address], height: u64) -> u64 {
    let mut hasher = Sha256::new();
    for account in accounts {
        hasher.update([u8::try_from(account.as_bytes().len()).unwrap_or_default()]);
        hasher.update(account.as_bytes());
    }
    hasher.update(height.to_be_bytes());
    let hash: [u8; 32] = hasher.finalize().into();
    let first = hash.first_chunk::<8>().copied().unwrap_or_default();
    u64::from_be_bytes(first) >> 11
}

/// Adds an amount of what is staked to an event.
fn with_amount(event: Event, amount: u128, denom: &Denom) -> Event {
    event.with("amount", format!("{amount}{denom}"))
}
