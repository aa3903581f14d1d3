//! What the runtime may call.

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_proto::tendermint::types::ConsensusParams;
use agora_state::{KeyBytes, StateError, StateKey, StateRead, StateValue, StateWrite, WriteSet};

use crate::state::{CHAIN_ID, HEAD, Head, PARAMS, StoredParams};

/// The chain id; fails before genesis.
///
/// # Errors
/// Storage fails, or there was no genesis.
pub fn chain_id(state: &(impl StateRead + ?Sized)) -> Result<String, AppError> {
    CHAIN_ID.get(state)?.ok_or_else(|| sdk::LOGIC.wrap("the state has no chain id: genesis was not run"))
}

/// The last block's height and time.
///
/// # Errors
/// Storage fails.
pub fn head(state: &(impl StateRead + ?Sized)) -> Result<Head, StateError> {
    Ok(HEAD.get(state)?.unwrap_or_default())
}

/// Records what genesis says of the chain.
///
/// # Errors
/// Storage fails.
pub fn init(
    state: &mut (impl StateWrite + ?Sized),
    chain_id: &str,
    head: Head,
    params: ConsensusParams,
) -> Result<(), StateError> {
    CHAIN_ID.set(state, &chain_id.to_owned())?;
    HEAD.set(state, &head)?;
    PARAMS.set(state, &StoredParams(params))
}

/// The consensus parameters.
///
/// # Errors
/// Storage fails.
pub fn params(state: &(impl StateRead + ?Sized)) -> Result<ConsensusParams, StateError> {
    Ok(PARAMS.get(state)?.map(|p| p.0).unwrap_or_default())
}

/// The parameters that a block's changes replace, as consensus is told; `None` if they stay. Groups that never change are left out.
///
/// # Errors
/// What was written cannot be read.
pub fn changed_params(writes: &WriteSet) -> Result<Option<ConsensusParams>, StateError> {
    let info = PARAMS.info();
    let key = StateKey { store: info.store, space: info.space, key: KeyBytes::from_slice(&[info.id]) };
    let Some(Some(value)) = writes.get(&key) else { return Ok(None) };
    let StoredParams(params) = StoredParams::decode_value(value)
        .map_err(|e| StateError::Corrupt { key: format!("{key:?}"), reason: e.to_string() })?;
    Ok(Some(ConsensusParams { version: None, abci: None, authority: None, ..params }))
}
