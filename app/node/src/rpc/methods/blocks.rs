//! Blocks, headers, commits and results.

use serde_json::{Value, json};

use super::{bounds, order, page, page_to_fetch, per_page, query_text, wanted_height};
use crate::chain::{BlockInfo, Chain};
use crate::rpc::json::{self, base64, int, render};
use crate::rpc::jsonrpc::{Fault, Outcome};
use crate::rpc::params::Args;
use std::sync::Arc;

/// The most blocks `blockchain` answers at once.
const MAX_METAS: u64 = 20;

pub(crate) fn block(chain: &dyn Chain, args: &Args) -> Outcome {
    let info = chain.block(wanted_height(chain, args, 0)?)?;
    Ok(render(&json::block_info(&info)))
}

pub(crate) fn block_by_hash(chain: &dyn Chain, args: &Args) -> Outcome {
    Ok(render(&match by_hash(chain, args)? {
        Some(info) => json::block_info(&info),
        None => json!({"block_id": json::empty_block_id(), "block": null}),
    }))
}

pub(crate) fn header(chain: &dyn Chain, args: &Args) -> Outcome {
    let info = chain.block(wanted_height(chain, args, 0)?)?;
    Ok(render(&json!({"header": json::header(info.block.header.as_ref())})))
}

pub(crate) fn header_by_hash(chain: &dyn Chain, args: &Args) -> Outcome {
    let info = by_hash(chain, args)?;
    let header = info.as_ref().and_then(|i| i.block.header.as_ref());
    Ok(render(&json!({"header": json::header(header)})))
}

fn by_hash(chain: &dyn Chain, args: &Args) -> Result<Option<Arc<BlockInfo>>, Fault> {
    match chain.height_by_hash(args.bytes("hash"))? {
        Some(height) => Ok(Some(chain.block(Some(height))?)),
        None => Ok(None),
    }
}

pub(crate) fn commit(chain: &dyn Chain, args: &Args) -> Outcome {
    let info = chain.commit(wanted_height(chain, args, 0)?)?;
    Ok(render(&json!({
        "signed_header": {
            "header": json::header(Some(&info.header)),
            "commit": json::commit(&info.commit),
        },
        "canonical": info.canonical,
    })))
}

pub(crate) fn block_results(chain: &dyn Chain, args: &Args) -> Outcome {
    let (height, results) = chain.block_results(wanted_height(chain, args, 0)?)?;
    let txs: Vec<Value> = results.tx_results.iter().map(json::exec_tx_result).collect();
    Ok(render(&json!({
        "height": int(height),
        "txs_results": if txs.is_empty() { Value::Null } else { Value::Array(txs) },
        "finalize_block_events": json::event_list(&results.events),
        "validator_updates": json::validator_updates(&results.validator_updates),
        "consensus_param_updates": json::param_updates(results.consensus_param_updates.as_ref()),
        "app_hash": base64(&results.app_hash),
    })))
}

pub(crate) fn blockchain(chain: &dyn Chain, args: &Args) -> Outcome {
    let (lowest, head) = bounds(chain)?;
    let limit = |name| u64::try_from(args.int(name).unwrap_or_default());
    let (Ok(min), Ok(max)) = (limit("minHeight"), limit("maxHeight")) else {
        return Err(Fault::internal("heights must be non-negative"));
    };
    let max = if max == 0 { head } else { max.min(head) };
    let min = min.max(1).max(lowest).max(max.saturating_add(1).saturating_sub(MAX_METAS));
    if min > max {
        return Err(Fault::internal(format!("min height {min} can't be greater than max height {max}")));
    }
    let mut metas = Vec::new();
    for height in (min..=max).rev() {
        metas.push(json::block_meta(&*chain.block(Some(height))?));
    }
    Ok(render(&json!({"last_height": int(head), "block_metas": metas})))
}

pub(crate) fn block_search(chain: &dyn Chain, args: &Args) -> Outcome {
    let (query, order) = (query_text(args)?, order(args)?);
    let (wanted, per_page) = (args.int("page"), per_page(args.int("per_page")));
    let found = chain.block_search(query, page_to_fetch(wanted), per_page, order)?;
    page(wanted, per_page, found.total)?;
    let blocks: Vec<Value> = found.items.iter().map(|info| json::block_info(info)).collect();
    Ok(render(&json!({"blocks": blocks, "total_count": int(found.total)})))
}
