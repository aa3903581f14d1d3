//! What a reader asks, and what must be true of every answer.

use std::sync::Arc;

use agora_executor::Sequential;
use agora_framework::BlockInfo;
use agora_proto::cosmos::bank::v1beta1 as bank;
use agora_runtime::{CheckKind, CheckState};
use agora_state::{KeyRange, StateError, StateKey, StateRead};
use agora_store::{Proof, StoreError, proof_spec};
use anyhow::{Context, Result, ensure};
use ics23::{CommitmentProof, HostFunctionsManager, verify_membership, verify_non_membership};
use parking_lot::Mutex;
use prost::Message;

use super::balances::{BANK, balances};
use super::{Kind, Known, Shared};
use crate::digest::Hash;
use crate::life::{SWINGING, swinging};
use crate::plants::Cached;
use crate::rng::Rng;

/// One read of a random kind.
pub(super) fn any(shared: &Shared, rng: &mut Rng) -> Result<()> {
    // Cheap reads often: so many of them fall into every moment of a block.
    match rng.below(16) {
        0 => whole(shared, rng, false),
        1 => whole(shared, rng, true),
        2..=6 => points(shared, rng),
        7..=11 => proof(shared, rng),
        12 => transactions(shared, rng),
        _ => queries(shared),
    }
}

/// A height to read: the head or a past one.
fn some_height(shared: &Shared, rng: &mut Rng) -> Option<u64> {
    let (earliest, latest) = (shared.store.earliest_height()?, shared.store.latest()?.height);
    // Mostly recent ones: several readers should meet.
    let depth = if rng.one_in(4) { latest - earliest } else { (latest - earliest).min(20) };
    Some(latest - rng.below(depth + 1))
}

fn whole(shared: &Shared, rng: &mut Rng, past: bool) -> Result<()> {
    let height = if past { some_height(shared, rng) } else { None };
    let snapshot = match shared.store.snapshot(height) {
        // It was pruned since.
        Err(StateError::UnknownHeight { height, earliest, .. }) if height < earliest => return Ok(()),
        snapshot => snapshot?,
    };
    ensure!(height.is_none_or(|height| height == snapshot.height()), "another height than was asked for");
    shared.agree(snapshot.height(), balances(&snapshot, rng.one_in(2))?)?;
    shared.count(if past { Kind::Past } else { Kind::Whole });
    Ok(())
}

/// A balance that is there, or was, or never.
fn some_key(known: &Known, rng: &mut Rng) -> Option<StateKey> {
    let (address, denom) = if rng.one_in(2) {
        (known.swing[rng.index(2)]?, swinging(rng.below(SWINGING)))
    } else {
        let address = *known.addresses.get(rng.index(known.addresses.len().max(1)))?;
        (address, if rng.one_in(2) { "uago" } else { "uusdc" }.to_owned())
    };
    Some(agora_bank::api::balance_key(&address, &denom.parse().ok()?))
}

fn points(shared: &Shared, rng: &mut Rng) -> Result<()> {
    let known = shared.known.read().clone();
    let keys: Vec<StateKey> = (0..8).filter_map(|_| some_key(&known, rng)).collect();
    let snapshot = shared.store.snapshot(None)?;
    if let Some(cache) = &shared.stale_cache {
        let cached = Cached { cache, state: &snapshot };
        for key in &keys {
            cached.get(key)?;
        }
    }
    let together = snapshot.get_many(&keys.iter().collect::<Vec<_>>())?;
    for (key, value) in keys.iter().zip(together) {
        let alone = snapshot.get(key)?;
        let end = Some([key.key.as_slice(), &[0]].concat());
        let range = KeyRange {
            store: BANK,
            space: key.space,
            start: key.key.to_vec(),
            end,
            reverse: false,
            limit: 1,
        };
        let scanned = snapshot.range(&range)?.pop().map(|(_, value)| value);
        ensure!(
            alone == value && scanned == value,
            "height {}: {key:?} is {value:?}, read alone {alone:?}, scanned {scanned:?}",
            snapshot.height()
        );
    }
    shared.count(Kind::Points);
    Ok(())
}

/// Checks both steps as a light client would: from the key to the store's root, from there to the application hash.
fn verifies(proof: &Proof, key: &StateKey, app_hash: &Hash) -> Result<bool> {
    let [in_store, in_app] = proof.ops.as_slice() else { return Ok(false) };
    let in_store = CommitmentProof::decode(in_store.data.as_slice())?;
    let in_app = CommitmentProof::decode(in_app.data.as_slice())?;
    let Some(ics23::commitment_proof::Proof::Exist(root)) = &in_app.proof else { return Ok(false) };
    let (spec, root, name) = (proof_spec(), root.value.clone(), key.store.name().as_bytes());
    let store_step = match &proof.value {
        Some(value) => verify_membership::<HostFunctionsManager>(&in_store, &spec, &root, &key.key, value),
        None => verify_non_membership::<HostFunctionsManager>(&in_store, &spec, &root, &key.key),
    };
    Ok(store_step
        && verify_membership::<HostFunctionsManager>(&in_app, &spec, &app_hash.to_vec(), name, &root))
}

fn proof(shared: &Shared, rng: &mut Rng) -> Result<()> {
    let known = shared.known.read().clone();
    let Some(key) = some_key(&known, rng) else { return Ok(()) };
    let Some((earliest, latest)) = shared.store.earliest_proof().zip(shared.store.latest()) else {
        return Ok(());
    };
    let height = latest.height - rng.below(latest.height.saturating_sub(earliest) + 1);
    // Holds the height against pruning.
    let snapshot = match shared.store.snapshot(Some(height)) {
        Err(StateError::UnknownHeight { height, earliest, .. }) if height < earliest => return Ok(()),
        snapshot => snapshot?,
    };
    let proof = match shared.store.prove(Some(height), &key) {
        // The window has moved on.
        Err(StoreError::NoProof { height, earliest, .. }) if height < earliest => return Ok(()),
        proof => proof?,
    };
    let app_hash =
        shared.store.app_hash_at(height)?.with_context(|| format!("height {height} has no hash"))?;
    ensure!(proof.height == height, "a proof of height {} for {height}", proof.height);
    ensure!(
        proof.value == snapshot.get(&key)?,
        "the proof of {key:?} at height {height} shows another value"
    );
    ensure!(verifies(&proof, &key, &app_hash)?, "the proof of {key:?} at height {height} does not verify");
    shared.count(if proof.value.is_some() { Kind::Present } else { Kind::Absent });
    Ok(())
}

/// What the mempool and a proposer do with transactions that are being executed at the same time.
fn transactions(shared: &Shared, rng: &mut Rng) -> Result<()> {
    let known = shared.known.read().clone();
    if known.txs.is_empty() {
        return Ok(());
    }
    let snapshot = shared.store.snapshot(None)?;
    let head = shared.runtime.head(&snapshot)?;
    let bytes = &known.txs[rng.index(known.txs.len())];
    let simulated = shared.runtime.simulate(&snapshot, bytes)?;
    ensure!(
        simulated.is_ok() || !simulated.codespace.is_empty(),
        "a simulation failed without saying why: {simulated:?}"
    );
    let check = Mutex::new(CheckState::new(Arc::new(snapshot.clone()), head.clone()));
    shared.runtime.check(&head.chain_id, bytes, CheckKind::New, || check.lock())?;
    let block = BlockInfo { height: head.height + 1, time: known.time.max(head.time), ..head };
    let chosen = shared.runtime.propose(&Sequential, &snapshot, &block, known.txs.clone(), 1 << 20)?;
    ensure!(
        shared.runtime.accept(&Sequential, &snapshot, &block, &chosen)?,
        "a proposal made from height {} is not accepted there",
        snapshot.height()
    );
    shared.count(Kind::Transactions);
    Ok(())
}

fn queries(shared: &Shared) -> Result<()> {
    let known = shared.known.read().clone();
    let snapshot = shared.store.snapshot(None)?;
    let mut swinging = 0;
    for address in known.swing.iter().flatten() {
        let request = bank::QueryAllBalancesRequest { address: address.to_string(), ..Default::default() };
        let path = "/cosmos.bank.v1beta1.Query/AllBalances";
        let answer = shared.runtime.query(&snapshot, path, &request.encode_to_vec());
        let answer = answer.map_err(|error| anyhow::anyhow!("{path}: {}", error.message))?;
        let answer = bank::QueryAllBalancesResponse::decode(answer.as_slice())?;
        let swung = answer.balances.iter().filter(|coin| coin.denom.starts_with("uswing")).count() as u64;
        ensure!(swung == 0 || swung == SWINGING, "height {}: {swung} denoms on a side", snapshot.height());
        swinging += swung;
    }
    ensure!(
        known.addresses.is_empty() || swinging == SWINGING,
        "height {}: {swinging} denoms on both sides together",
        snapshot.height()
    );
    shared.count(Kind::Queries);
    Ok(())
}

#[cfg(test)]
mod tests {
    use agora_primitives::Denom;
    use agora_state::Value;

    use super::*;
    use crate::readers::balances::tests::chain;

    #[test]
    fn a_proof_of_another_height_key_or_value_does_not_verify() {
        let (chain, life) = chain();
        let [left, right] = life.swinging_accounts();
        let denom: Denom = swinging(0).parse().unwrap();
        let [one, other] = [left, right].map(|address| agora_bank::api::balance_key(&address, &denom));
        let proof = chain.store().prove(Some(19), &one).unwrap();
        let hash = |height| chain.store().app_hash_at(height).unwrap().unwrap();
        assert!(verifies(&proof, &one, &hash(19)).unwrap());
        assert!(!verifies(&proof, &one, &hash(20)).unwrap());
        assert!(!verifies(&proof, &other, &hash(19)).unwrap());
        let flipped = match &proof.value {
            Some(_) => None,
            None => Some(Value::from([1u8].as_slice())),
        };
        assert!(!verifies(&Proof { value: flipped, ..proof }, &one, &hash(19)).unwrap());
    }
}
