//! Hears of each block once and hands its events to every WebSocket.

use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::sync::watch;

use super::events::{Published, published};
use super::jsonrpc::Fault;
use super::node::blocking;
use super::server::stopping;
use crate::chain::{BlockEvent, Chain};

/// Blocks a slow subscriber may be behind before it is cut off.
const BUFFER: usize = 64;
/// Blocks the hub may have missed and still looks up.
const MAX_GAP: u64 = 100;

/// The events of one block.
pub(crate) type Events = Arc<Vec<Published>>;

/// Where WebSockets hear of new blocks.
#[derive(Clone, Debug)]
pub(crate) struct Hub(Sender<Events>);

impl Hub {
    /// Starts listening to `chain`, until `stop` says so. Once this returns, no block is missed.
    pub(crate) async fn start(chain: Arc<dyn Chain>, stop: watch::Receiver<bool>) -> Result<Self, Fault> {
        let source = chain.clone();
        let blocks = blocking(move || source.subscribe()).await?;
        let (sender, _) = channel(BUFFER);
        tokio::spawn(listen(chain, blocks, sender.clone(), stop));
        Ok(Self(sender))
    }

    /// Every block from now on.
    pub(crate) fn subscribe(&self) -> Receiver<Events> {
        self.0.subscribe()
    }
}

async fn listen(
    chain: Arc<dyn Chain>,
    mut blocks: Receiver<BlockEvent>,
    out: Sender<Events>,
    mut stop: watch::Receiver<bool>,
) {
    let mut last = 0u64;
    loop {
        let block = tokio::select! {
            block = blocks.recv() => block,
            () = stopping(&mut stop) => return,
        };
        match block {
            Ok(block) => {
                let height = height(&block);
                for missed in missed(last, height) {
                    if let Some(block) = look_up(&chain, missed).await {
                        hand_out(&out, block).await;
                    }
                }
                last = height.max(last);
                hand_out(&out, block).await;
            }
            // What was missed is looked up when the next block arrives.
            Err(RecvError::Lagged(count)) => tracing::warn!(count, "RPC subscriptions fell behind the chain"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// The heights between two blocks that followed each other here.
fn missed(last: u64, height: u64) -> std::ops::Range<u64> {
    if last == 0 {
        return height..height;
    }
    last.saturating_add(1).max(height.saturating_sub(MAX_GAP))..height
}

fn height(block: &BlockEvent) -> u64 {
    block.block.block.header.as_ref().and_then(|h| u64::try_from(h.height).ok()).unwrap_or_default()
}

async fn look_up(chain: &Arc<dyn Chain>, height: u64) -> Option<BlockEvent> {
    let chain = chain.clone();
    let found = blocking(move || -> Result<_, crate::chain::ChainError> {
        let block = chain.block(Some(height))?;
        Ok(BlockEvent { block, results: chain.block_results(Some(height))?.1 })
    });
    match found.await {
        Ok(Ok(block)) => Some(block),
        _ => None,
    }
}

async fn hand_out(out: &Sender<Events>, block: BlockEvent) {
    if out.receiver_count() == 0 {
        return;
    }
    if let Ok(events) = blocking(move || published(&block)).await {
        // Nobody listening any more is fine.
        let _ = out.send(Arc::new(events));
    }
}

#[cfg(test)]
mod tests {
    use super::missed;

    #[test]
    fn gaps_are_filled_but_not_without_end() {
        assert_eq!(missed(0, 1000), 1000..1000);
        assert_eq!(missed(4, 5), 5..5);
        assert_eq!(missed(4, 8), 5..8);
        assert_eq!(missed(4, 1000), 900..1000);
        assert!(missed(9, 3).is_empty());
    }
}
