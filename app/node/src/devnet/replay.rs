//! Brings application and block store to the same height at start, as CometBFT's handshake does.

use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::{RequestInfo, RequestInitChain, ResponseFinalizeBlock, ResponseInfo};

use super::genesis::Genesis;
use super::guard::guarded;
use super::state::{State, merge_params, with_version};
use super::store::{Store, StoredBlock};
use super::{DevnetError, VERSION, blocks, hashes, validators};

/// What Info is asked with.
pub(super) fn info_request() -> RequestInfo {
    RequestInfo {
        version: VERSION.to_owned(),
        block_version: blocks::BLOCK_VERSION,
        p2p_version: 8,
        abci_version: "2.0.0".to_owned(),
    }
}

/// Replays what the application lacks and returns the state after the last stored block.
pub(super) fn handshake<A: Application>(
    app: &A,
    store: &Store,
    genesis: &Genesis,
) -> Result<State, DevnetError> {
    let info = guarded("Info", || app.info(info_request()))?;
    let base = genesis.initial_height - 1;
    let stored = store.last_block().unwrap_or(base);
    let reported = u64::try_from(info.last_block_height)
        .map_err(|_| DevnetError::Application("the application reports a negative height".into()))?;
    if reported > stored {
        return Err(DevnetError::Ahead { app: reported, store: stored });
    }
    if reported == 0 {
        init_chain(app, store, genesis, &info)?;
    }
    let app_height = reported.max(base);
    let state_height = store.last_state().map_or(base, |height| height.min(stored));
    let first = app_height.min(state_height);
    let mut state = state_at(store, first)?;
    for height in first + 1..=stored {
        let block = store.block(height)?.ok_or_else(|| missing("block", height))?;
        let known = store.results(height)?;
        let results = if height > app_height {
            replay(app, store, &state, &block, known)?
        } else {
            known.ok_or_else(|| missing("results of", height))?
        };
        let next = state
            .after(&block.block, &block.id, &results, state.clock_offset)
            .map_err(DevnetError::Application)?;
        if height > state_height {
            store.put_state(&next)?;
            state = next;
        } else {
            state = state_at(store, height)?;
            same("the state", height, &state.app_hash, &next.app_hash)?;
        }
    }
    store.sync()?;
    if app_height == stored && reported != 0 {
        same("the application", stored, &state.app_hash, &info.last_block_app_hash)?;
    }
    Ok(state)
}

fn state_at(store: &Store, height: u64) -> Result<State, DevnetError> {
    store.state(height)?.ok_or_else(|| missing("state after", height))
}

fn missing(what: &str, height: u64) -> DevnetError {
    DevnetError::Store(format!(
        "the {what} height {height} is not in the store; restore it from a backup or reset the devnet"
    ))
}

fn same(what: &str, height: u64, expected: &[u8], found: &[u8]) -> Result<(), DevnetError> {
    if expected == found {
        return Ok(());
    }
    Err(DevnetError::Application(format!(
        "app hash at height {height} is {} by the blocks but {} by {what}: it is not deterministic or belongs to \
         another chain; reset the devnet or restore the matching data",
        hex::encode_upper(expected),
        hex::encode_upper(found)
    )))
}

/// InitChain; it is repeated while the application has committed nothing.
fn init_chain<A: Application>(
    app: &A,
    store: &Store,
    genesis: &Genesis,
    info: &ResponseInfo,
) -> Result<(), DevnetError> {
    let given: Vec<_> =
        genesis.validators.iter().map(|(key, power)| validators::update(key, *power)).collect();
    let request = RequestInitChain {
        time: Some(genesis.time),
        chain_id: genesis.chain_id.clone(),
        consensus_params: Some(genesis.params.clone()),
        validators: given.clone(),
        app_state_bytes: genesis.app_state.clone().into(),
        initial_height: i64::try_from(genesis.initial_height)
            .map_err(|_| DevnetError::Genesis("initial_height is too large".into()))?,
    };
    let answer = guarded("InitChain", || app.init_chain(request))?;
    let params = match &answer.consensus_params {
        None => with_version(genesis.params.clone(), info.app_version),
        updates => merge_params(&genesis.params, updates.as_ref()),
    };
    super::state::check_params(&params).map_err(DevnetError::Application)?;
    let updates = if answer.validators.is_empty() { &given } else { &answer.validators };
    let app_hash =
        if answer.app_hash.is_empty() { genesis.app_hash.clone() } else { answer.app_hash.to_vec() };
    let state = State::genesis(genesis, params, updates, app_hash).map_err(DevnetError::Application)?;
    match store.state(state.height)? {
        Some(before) if store.last_block().is_some() => {
            same("the application's InitChain", state.height, &before.app_hash, &state.app_hash)
        }
        Some(before) if before == state => Ok(()),
        _ => store.put_state(&state),
    }
}

/// Executes a stored block again.
fn replay<A: Application>(
    app: &A,
    store: &Store,
    before: &State,
    block: &StoredBlock,
    known: Option<ResponseFinalizeBlock>,
) -> Result<ResponseFinalizeBlock, DevnetError> {
    let height = before.height + 1;
    let request = blocks::finalize_request(before, &block.block, &block.id).map_err(DevnetError::Store)?;
    let txs = request.txs.len();
    let results = guarded("FinalizeBlock", || app.finalize_block(request))?;
    check_results(txs, &results)?;
    match known {
        Some(known) => {
            same("the application", height, &known.app_hash, &results.app_hash)?;
            let hash = |r: &ResponseFinalizeBlock| hashes::results(&r.tx_results);
            same("the application's results", height, &hash(&known), &hash(&results))?;
        }
        None => store.put_results(height, &results)?,
    }
    // The application's commit is durable: the block and its results must be so before it.
    store.sync()?;
    guarded("Commit", || app.commit())?;
    tracing::info!(height, "replayed a block");
    Ok(results)
}

/// Whether there is a result for each transaction.
pub(super) fn check_results(txs: usize, results: &ResponseFinalizeBlock) -> Result<(), DevnetError> {
    if results.tx_results.len() == txs {
        return Ok(());
    }
    Err(DevnetError::Application(format!(
        "the application returned {} results for {txs} transactions",
        results.tx_results.len()
    )))
}
