//! A chain that is exported and started again elsewhere is the same chain.

use agora_replica::{Chain, Life, start};
use agora_runtime::InitChain;
use agora_store::Options;
use anyhow::Result;
use serde_json::Value;

fn memory() -> Options {
    Options { background_pruning: false, ..Options::memory(Vec::new()) }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// A chain some blocks old whose state has nonces in use.
fn grown(seed: u64, blocks: u64) -> Result<(Chain, Life)> {
    let mut life = Life::new(seed);
    let mut chain = start(&life, memory(), None)?;
    while chain.head().height < blocks || !has_nonces(&chain.export()?) {
        let plan = life.plan(&chain)?;
        chain.execute(plan.time, &plan.txs)?;
    }
    Ok((chain, life))
}

fn has_nonces(export: &InitChain) -> bool {
    export.app_state["auth"]["unordered_nonces"].as_array().is_some_and(|nonces| !nonces.is_empty())
}

/// Everything the genesis document says, as bytes.
fn bytes(export: &InitChain) -> Vec<u8> {
    serde_json::to_vec_pretty(&export.app_state).expect("JSON")
}

/// The first height at which two chains part within so many blocks; `None` when they do not.
fn parting(mut one: Chain, mut other: Chain, life: &Life, blocks: u64) -> Result<Option<u64>> {
    let (mut here, mut there) = (life.clone(), life.clone());
    for _ in 0..blocks {
        let (plan, same) = (here.plan(&one)?, there.plan(&other)?);
        let (a, b) = (one.execute(plan.time, &plan.txs)?, other.execute(same.time, &same.txs)?);
        if plan.txs != same.txs || a.hashes != b.hashes {
            return Ok(Some(a.hashes.height));
        }
    }
    Ok(None)
}

#[test]
fn export_and_import_give_the_same_document_the_same_hash_and_the_same_future() -> Result<()> {
    let (seeds, blocks, after) = (
        setting("AGORA_EXPORT_SEEDS", 4),
        setting("AGORA_EXPORT_BLOCKS", 100),
        setting("AGORA_EXPORT_AFTER", 50),
    );
    for seed in 1..=seeds {
        println!("seed {seed}: {blocks} blocks, then {after} more");
        let (chain, life) = grown(seed, blocks)?;
        let export = chain.export()?;
        let imported = Chain::start(memory(), None, &export)?;
        assert_eq!(imported.app_hash()?, chain.app_hash()?, "seed {seed}: the state differs");
        assert_eq!(imported.head(), chain.head(), "seed {seed}");
        let again = imported.export()?;
        assert_eq!(bytes(&again), bytes(&export), "seed {seed}: the documents differ");
        assert_eq!(parting(chain, imported, &life, after)?, None, "seed {seed}: the chains part");
    }
    Ok(())
}

#[test]
fn no_store_and_no_collection_is_left_out_of_an_export() -> Result<()> {
    let (chain, _) = grown(1, 60)?;
    let imported = Chain::start(memory(), None, &chain.export()?)?;
    let values = |chain: &Chain| -> Result<Vec<_>> {
        let state = chain.state()?;
        let mut all = Vec::new();
        for store in chain.store().stores() {
            for space in [agora_state::Space::Tree, agora_state::Space::Derived] {
                let range = agora_state::KeyRange {
                    store: *store,
                    space,
                    start: Vec::new(),
                    end: None,
                    reverse: false,
                    limit: usize::MAX,
                };
                all.extend(state.range(&range)?.into_iter().map(|(key, value)| (*store, space, key, value)));
            }
        }
        Ok(all)
    };
    let (before, after) = (values(&chain)?, values(&imported)?);
    assert_eq!(after, before);
    let ids = chain.runtime().registry().collections();
    let empty: Vec<&str> = ids
        .iter()
        // This chain neither trades nor stakes, nor does it govern or grant; those modules export and import in tests of their own.
        .filter(|info| {
            !["authz", "circuit", "dex", "distribution", "feegrant", "gov", "slashing", "staking", "upgrade"]
                .contains(&info.store.name())
        })
        .filter(|info| {
            !before.iter().any(|(s, sp, key, _)| (*s, *sp, key[0]) == (info.store, info.space, info.id))
        })
        .map(|info| info.name)
        .collect();
    assert_eq!(empty, ["DENOM_METADATA", "SEND_ENABLED"], "only these are empty in this chain");
    Ok(())
}

#[test]
fn an_export_that_forgets_the_nonces_is_found() -> Result<()> {
    let (chain, life) = grown(1, 100)?;
    let mut export = chain.export()?;
    let auth = export.app_state["auth"].as_object_mut().expect("the section of auth");
    assert!(auth.remove("unordered_nonces").is_some());
    let imported = Chain::start(memory(), None, &export)?;
    assert_ne!(imported.app_hash()?, chain.app_hash()?);
    assert_ne!(bytes(&imported.export()?), bytes(&chain.export()?));
    assert!(parting(chain, imported, &life, 1)?.is_some());
    Ok(())
}

/// The refusal of a genesis whose nonces were replaced.
fn refusal(export: &InitChain, nonces: Value) -> String {
    let mut export = export.clone();
    export.app_state["auth"]["unordered_nonces"] = nonces;
    match Chain::start(memory(), None, &export) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn nonces_of_a_genesis_are_canonical_or_refused() -> Result<()> {
    let (chain, _) = grown(2, 60)?;
    let export = chain.export()?;
    let good = export.app_state["auth"]["unordered_nonces"].as_array().expect("nonces").clone();
    assert_eq!(refusal(&export, Value::Array(good.clone())), "accepted");
    let one = good[0].clone();
    let with = |name: &str, value: Value| {
        let mut changed = one.clone();
        changed[name] = value;
        Value::Array(vec![changed])
    };
    let timeout = one["timeout"].as_str().expect("a time-out").to_owned();
    for (nonces, why) in [
        (Value::Array(vec![one.clone(), one.clone()]), "does not come after"),
        (Value::Null, "must be a list"),
        (Value::Array(vec![Value::from(7)]), "must be an object"),
        (with("timeout", Value::from(7)), "as a string"),
        (with("timeout", Value::from("+7")), "not a number of nanoseconds"),
        (with("timeout", Value::from(format!("0{timeout}"))), "not a number of nanoseconds"),
        (with("timeout", Value::from("18446744073709551616")), "not a number of nanoseconds"),
        (with("timeout", Value::from(format!("{timeout}0"))), "ten minutes after the genesis time"),
        (with("signer", Value::from("agora1qqq")), "signer"),
        (with("signer", Value::Null), "as a string"),
        (with("sender", Value::from("x")), "unknown member \"sender\""),
    ] {
        let refused = refusal(&export, nonces.clone());
        assert!(refused.contains(why), "{nonces}: {refused}");
    }
    let mut backwards = good;
    backwards.reverse();
    if backwards.len() > 1 {
        assert!(refusal(&export, Value::Array(backwards)).contains("does not come after"));
    }
    Ok(())
}
