//! The node, its genesis, its parameters, its validators and its application.

use serde_json::{Value, json};
use tendermint_proto::v0_38::abci::RequestQuery;

use super::{height_of, page, per_page, wanted_height};
use crate::chain::{BlockInfo, Chain};
use crate::rpc::json::{self, compact, hex_upper, int, render};
use crate::rpc::jsonrpc::{Fault, Outcome};
use crate::rpc::params::Args;

/// Bytes of a part of `genesis_chunked`; the longest document `genesis` answers.
const GENESIS_CHUNK: usize = 16 * 1024 * 1024;
/// The channels a full CometBFT node of version 0.38 serves.
const CHANNELS: &str = "40202122233038606100";

pub(crate) fn health(_: &dyn Chain, _: &Args) -> Outcome {
    Ok("{}".to_owned())
}

pub(crate) fn status(chain: &dyn Chain, _: &Args) -> Outcome {
    let status = chain.status()?;
    let latest = Milestone::of(status.latest.as_deref());
    let earliest = Milestone::of(status.earliest.as_deref());
    Ok(render(&json!({
        "node_info": {
            "protocol_version": {"p2p": "8", "block": "11", "app": int(status.app_version)},
            "id": status.node_id,
            "listen_addr": status.listen_addr,
            "network": status.network,
            "version": status.comet_version,
            "channels": CHANNELS,
            "moniker": status.moniker,
            "other": {"tx_index": "on", "rpc_address": status.rpc_address},
        },
        "sync_info": {
            "latest_block_hash": latest.hash,
            "latest_app_hash": latest.app_hash,
            "latest_block_height": latest.height,
            "latest_block_time": latest.time,
            "earliest_block_hash": earliest.hash,
            "earliest_app_hash": earliest.app_hash,
            "earliest_block_height": earliest.height,
            "earliest_block_time": earliest.time,
            "catching_up": status.catching_up,
        },
        "validator_info": {
            "address": hex_upper(&status.validator.address),
            "pub_key": json::public_key(status.validator.pub_key.as_ref()),
            "voting_power": int(status.validator.voting_power),
        },
    })))
}

/// What `status` says of a block.
struct Milestone {
    hash: Value,
    app_hash: Value,
    height: Value,
    time: Value,
}

impl Milestone {
    fn of(info: Option<&BlockInfo>) -> Self {
        let header = info.and_then(|i| i.block.header.as_ref());
        Self {
            hash: hex_upper(info.map_or(&[], |i| i.block_id.hash.as_slice())),
            app_hash: hex_upper(header.map_or(&[], |h| h.app_hash.as_slice())),
            height: int(info.map_or(0, height_of)),
            time: header.map_or_else(|| json!("1970-01-01T00:00:00Z"), |h| json::time(h.time.as_ref())),
        }
    }
}

pub(crate) fn net_info(_: &dyn Chain, _: &Args) -> Outcome {
    Ok(r#"{"listening":true,"listeners":["Listener(@)"],"n_peers":"0","peers":[]}"#.to_owned())
}

pub(crate) fn genesis(chain: &dyn Chain, _: &Args) -> Outcome {
    let document = chain.genesis()?;
    if document.len() > GENESIS_CHUNK {
        return Err(Fault::internal("genesis response is large, please use the genesis_chunked API instead"));
    }
    Ok(format!("{{\"genesis\":{}}}", compact(&document)))
}

pub(crate) fn genesis_chunked(chain: &dyn Chain, args: &Args) -> Outcome {
    let document = chain.genesis()?;
    let mut chunks = document.as_bytes().chunks(GENESIS_CHUNK);
    let total = chunks.len();
    let wanted = args.int("chunk").unwrap_or_default();
    let chunk = usize::try_from(wanted).ok().and_then(|n| chunks.nth(n)).ok_or_else(|| {
        Fault::internal(format!("there are {} chunks, {wanted} is invalid", total.saturating_sub(1)))
    })?;
    Ok(render(&json!({"chunk": int(wanted), "total": int(total), "data": json::base64(chunk)})))
}

pub(crate) fn consensus_params(chain: &dyn Chain, args: &Args) -> Outcome {
    let (height, params) = chain.consensus_params(wanted_height(chain, args, 1)?)?;
    Ok(render(&json!({
        "block_height": int(height),
        "consensus_params": json::consensus_params(&params),
    })))
}

pub(crate) fn validators(chain: &dyn Chain, args: &Args) -> Outcome {
    let (height, all) = chain.validators(wanted_height(chain, args, 1)?)?;
    let per_page = per_page(args.int("per_page"));
    let page = page(args.int("page"), per_page, all.len())?;
    let skipped = page.saturating_sub(1).saturating_mul(per_page);
    let shown: Vec<Value> = all.iter().skip(skipped).take(per_page).map(json::validator).collect();
    let count = int(shown.len());
    Ok(render(&json!({
        "block_height": int(height),
        "validators": shown,
        "count": count,
        "total": int(all.len()),
    })))
}

pub(crate) fn abci_info(chain: &dyn Chain, _: &Args) -> Outcome {
    Ok(render(&json!({"response": json::info(&chain.abci_info()?)})))
}

pub(crate) fn abci_query(chain: &dyn Chain, args: &Args) -> Outcome {
    let request = RequestQuery {
        data: args.bytes("data").to_vec().into(),
        path: args.text("path").to_owned(),
        height: args.int("height").unwrap_or_default(),
        prove: args.flag("prove"),
    };
    Ok(render(&json!({"response": json::query(&chain.abci_query(request)?)})))
}
