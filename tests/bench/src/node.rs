//! The application as CometBFT talks to it.

use std::sync::Arc;
use std::time::Duration;

use agora_executor::{Executor, Mode};
use agora_framework::BlockInfo;
use agora_node::abci::proposal_of;
use agora_node::app::{App, Halt};
use agora_runtime::PoolLimits;
use anyhow::ensure;
use tendermint_abci::Application;
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::{RequestFinalizeBlock, response_process_proposal::ProposalStatus};

use crate::rounds::{Sample, sampled};
use crate::transfers::Chain;

/// How long a proposal is voted on: two rounds of messages around the world.
const VOTES: Duration = Duration::from_millis(400);

/// An application on the state of a chain.
///
/// # Errors
/// The system refuses the threads, or the state cannot be read.
pub(crate) fn open(chain: &Chain, threads: usize) -> anyhow::Result<App> {
    let executor = Executor::new(Mode::Parallel, threads).map_err(anyhow::Error::msg)?;
    let (runtime, store) = (Arc::clone(&chain.runtime), Arc::clone(&chain.store));
    App::with(runtime, store, executor, PoolLimits::default(), Halt::default())
        .map_err(|e| anyhow::anyhow!("the application does not start: {e}"))
}

/// Proposes a block, lets it be voted on, and measures FinalizeBlock and Commit. Every transaction must succeed.
///
/// # Errors
/// The proposal is refused, or a transaction fails.
pub(crate) fn decide(app: &App, block: &BlockInfo, txs: &[Vec<u8>]) -> anyhow::Result<Sample> {
    let height = i64::try_from(block.height)?;
    let (seconds, nanos) = (block.time / 1_000_000_000, block.time % 1_000_000_000);
    let time = Some(Timestamp { seconds: i64::try_from(seconds)?, nanos: i32::try_from(nanos)? });
    let txs = txs.iter().map(|tx| tx.clone().into()).collect();
    let request = RequestFinalizeBlock { txs, height, time, ..Default::default() };
    let verdict = app.process_proposal(proposal_of(&request)).status();
    ensure!(verdict == ProposalStatus::Accept, "a proposal was not accepted");
    std::thread::sleep(VOTES);
    let (response, sample) = sampled(|| {
        let response = app.finalize_block(request);
        app.commit();
        response
    });
    let failed = response.tx_results.iter().find(|result| result.code != 0);
    ensure!(failed.is_none(), "a transfer failed: {failed:?}");
    Ok(sample)
}
