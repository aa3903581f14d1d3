//! Follows the head: a thread that asks CometBFT for new blocks and tells the subscribers.

use std::sync::Weak;
use std::thread;
use std::time::Duration;

use super::client::Inner;

/// Blocks that are fetched before the head is asked for again.
const BATCH: u64 = 100;

/// Starts the thread, which reports every block above `head` (the head of its first look, if unknown) and ends with
/// the chain.
pub(super) fn start(chain: Weak<Inner>, head: Option<u64>, interval: Duration) -> std::io::Result<()> {
    let body = move || {
        let mut last = head;
        while let Some(chain) = chain.upgrade() {
            match advance(&chain, last) {
                Ok(reached) => last = Some(reached),
                // CometBFT may be starting or stopping: the next look tells.
                Err(e) => tracing::debug!(error = %e, "cannot follow cometbft for now"),
            }
            drop(chain);
            thread::sleep(interval);
        }
    };
    thread::Builder::new().name("comet-follow".to_owned()).spawn(body).map(drop)
}

/// Reports the blocks above `last`; the height it came to.
fn advance(chain: &Inner, last: Option<u64>) -> Result<u64, crate::chain::ChainError> {
    let head = chain.head()?;
    let Some(mut reached) = last else { return Ok(head) };
    // A lower head is another chain at the same address, or one rolled back.
    if head < reached {
        return Ok(head);
    }
    while reached < head.min(last.unwrap_or_default().saturating_add(BATCH)) {
        let next = reached.saturating_add(1);
        match chain.block_event(next) {
            Ok(event) => chain.publish(event),
            // What was reported is not reported again; the rest is tried at the next look.
            Err(e) if reached > last.unwrap_or_default() => {
                tracing::debug!(error = %e, height = next, "cannot fetch a new block yet");
                return Ok(reached);
            }
            Err(e) => return Err(e),
        }
        reached = next;
    }
    Ok(reached)
}
