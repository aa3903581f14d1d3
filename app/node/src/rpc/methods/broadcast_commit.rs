//! `broadcast_tx_commit`: checks a transaction and waits until it is in a block.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tendermint_proto::v0_38::abci::{ExecTxResult, ResponseCheckTx};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::chain::{BlockEvent, Chain, ChainError};
use crate::rpc::json::{self, hex_upper, int, render};
use crate::rpc::jsonrpc::{Fault, Outcome};
use crate::rpc::node::blocking;

/// Runs the call; waits at most `patience` for the block.
pub(crate) async fn run(chain: Arc<dyn Chain>, tx: Vec<u8>, patience: Duration) -> Outcome {
    let hash: [u8; 32] = Sha256::digest(&tx).into();
    // Listening starts before the transaction can be in any block.
    let (sender, copy) = (chain.clone(), tx.clone());
    let (blocks, checked) = blocking(move || -> Result<_, ChainError> {
        let blocks = sender.subscribe();
        Ok((blocks, sender.broadcast(copy)?))
    })
    .await??;
    if checked.code != 0 {
        return Ok(answer(&checked, &ExecTxResult::default(), &hash, 0));
    }
    let waiting = included(chain, blocks, &tx, hash);
    match tokio::time::timeout(patience, waiting).await {
        Ok(found) => found.map(|(height, result)| answer(&checked, &result, &hash, height)),
        Err(_) => Err(Fault::internal("timed out waiting for tx to be included in a block")),
    }
}

/// The height and result of `tx`, once it has them.
async fn included(
    chain: Arc<dyn Chain>,
    mut blocks: Receiver<BlockEvent>,
    tx: &[u8],
    hash: [u8; 32],
) -> Result<(u64, ExecTxResult), Fault> {
    loop {
        match blocks.recv().await {
            Ok(event) => {
                let data = event.block.block.data.as_ref();
                let found = data.and_then(|d| d.txs.iter().position(|t| t == tx));
                if let Some(result) = found.and_then(|at| event.results.tx_results.get(at)) {
                    return Ok((super::height_of(&event.block), result.clone()));
                }
            }
            // Blocks were missed: the index knows whether the transaction was in one of them.
            Err(RecvError::Lagged(_)) => {
                let chain = chain.clone();
                if let Some(found) = blocking(move || chain.tx(&hash)).await?? {
                    return Ok((found.height, found.result));
                }
            }
            Err(RecvError::Closed) => {
                return Err(Fault::internal(
                    "the node is stopping; look for the transaction later by its hash",
                ));
            }
        }
    }
}

fn answer(checked: &ResponseCheckTx, result: &ExecTxResult, hash: &[u8], height: u64) -> String {
    let value: Value = json!({
        "check_tx": json::check_tx(checked),
        "tx_result": json::exec_tx_result(result),
        "hash": hex_upper(hash),
        "height": int(height),
    });
    render(&value)
}
