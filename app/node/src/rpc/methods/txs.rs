//! Transactions: sending, checking, finding them.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{order, page, page_to_fetch, per_page, query_text};
use crate::chain::{Chain, IndexedTx};
use crate::rpc::json::{self, base64, hex_upper, int, render};
use crate::rpc::jsonrpc::{Fault, Outcome};
use crate::rpc::params::Args;
use crate::rpc::proof::tx_proof;

pub(crate) fn broadcast_tx_sync(chain: &dyn Chain, args: &Args) -> Outcome {
    let tx = args.bytes("tx");
    let checked = chain.broadcast(tx.to_vec())?;
    Ok(render(&json!({
        "code": checked.code,
        "data": hex_upper(&checked.data),
        "log": checked.log,
        "codespace": checked.codespace,
        "hash": hex_upper(&Sha256::digest(tx)),
    })))
}

/// Answers code 0 whatever the check says; only a transaction the mempool cannot take is an error.
pub(crate) fn broadcast_tx_async(chain: &dyn Chain, args: &Args) -> Outcome {
    let tx = args.bytes("tx");
    chain.broadcast(tx.to_vec())?;
    let hash = hex_upper(&Sha256::digest(tx));
    Ok(render(&json!({"code": 0, "data": "", "log": "", "codespace": "", "hash": hash})))
}

pub(crate) fn check_tx(chain: &dyn Chain, args: &Args) -> Outcome {
    Ok(render(&json::check_tx(&chain.check_tx(args.bytes("tx").to_vec())?)))
}

pub(crate) fn tx(chain: &dyn Chain, args: &Args) -> Outcome {
    let hash = args.bytes("hash");
    if hash.is_empty() {
        return Err(Fault::internal("transaction hash cannot be empty"));
    }
    let found = match <&[u8; 32]>::try_from(hash) {
        Ok(hash) => chain.tx(hash)?,
        Err(_) => None,
    };
    match found {
        Some(found) => Ok(render(&indexed(chain, &found, args.flag("prove"))?)),
        None => Err(Fault::internal(format!("tx ({}) not found", hex::encode_upper(hash)))),
    }
}

pub(crate) fn tx_search(chain: &dyn Chain, args: &Args) -> Outcome {
    let (query, order) = (query_text(args)?, order(args)?);
    let (wanted, per_page) = (args.int("page"), per_page(args.int("per_page")));
    let found = chain.tx_search(query, page_to_fetch(wanted), per_page, order)?;
    page(wanted, per_page, found.total)?;
    let mut txs = Vec::new();
    for tx in &found.items {
        txs.push(indexed(chain, tx, args.flag("prove"))?);
    }
    Ok(render(&json!({"txs": txs, "total_count": int(found.total)})))
}

fn indexed(chain: &dyn Chain, tx: &IndexedTx, prove: bool) -> Result<Value, Fault> {
    let mut item = Map::new();
    item.insert("hash".into(), hex_upper(&tx.hash));
    item.insert("height".into(), int(tx.height));
    item.insert("index".into(), tx.index.into());
    item.insert("tx_result".into(), json::exec_tx_result(&tx.result));
    item.insert("tx".into(), base64(&tx.tx));
    if prove {
        let info = chain.block(Some(tx.height))?;
        let txs = info.block.data.as_ref().map_or(&[][..], |d| &d.txs);
        let index = usize::try_from(tx.index).unwrap_or(usize::MAX);
        let proof = tx_proof(txs, index).ok_or_else(|| {
            Fault::internal(format!("block {} has no transaction {index}; rebuild the index", tx.height))
        })?;
        item.insert("proof".into(), proof);
    }
    Ok(Value::Object(item))
}

pub(crate) fn unconfirmed_txs(chain: &dyn Chain, args: &Args) -> Outcome {
    let (txs, total, bytes) = chain.unconfirmed(per_page(args.int("limit")))?;
    let shown: Vec<Value> = txs.iter().map(|tx| base64(tx)).collect();
    Ok(render(&json!({
        "n_txs": int(shown.len()),
        "total": int(total),
        "total_bytes": int(bytes),
        "txs": shown,
    })))
}

pub(crate) fn num_unconfirmed_txs(chain: &dyn Chain, _: &Args) -> Outcome {
    let (_, total, bytes) = chain.unconfirmed(0)?;
    Ok(render(&json!({"n_txs": int(total), "total": int(total), "total_bytes": int(bytes), "txs": null})))
}
