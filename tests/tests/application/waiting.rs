//! Nobody who sends a transaction waits for a block that is being executed.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agora_framework::{AppError, BlockCtx, Module, Registry};
use agora_tests::{Account, TestChain};
use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::RequestCheckTx;

/// A block that takes long: once it is armed, its end says so and waits to be let go.
#[derive(Default)]
struct Long(Mutex<Option<(Sender<()>, Receiver<()>)>>);

impl Module for Long {
    fn name(&self) -> &'static str {
        "long"
    }

    fn register(&self, _: &mut Registry) {}

    fn end_block(&self, _: &mut BlockCtx<'_>) -> Result<(), AppError> {
        if let Some((inside, go)) = self.0.lock().unwrap().take() {
            inside.send(()).unwrap();
            go.recv_timeout(Duration::from_secs(60)).expect("CheckTx waits for FinalizeBlock");
        }
        Ok(())
    }
}

#[test]
fn a_transaction_is_checked_and_a_query_answered_while_a_block_is_executed() {
    let alice = Account::new("alice");
    let long = Arc::new(Long::default());
    let mut chain = TestChain::builder().module(long.clone()).accounts([&alice]).build();
    let tx = chain.draft(&alice).send(&alice, "1uago").bytes();
    let app = chain.app().clone();
    let ((inside, is_inside), (go, may_go)) = (channel(), channel());
    *long.0.lock().unwrap() = Some((inside, may_go));
    std::thread::scope(|scope| {
        let block = scope.spawn(|| chain.block(Vec::new()).height);
        is_inside.recv().unwrap();
        let checked = app.check_tx(RequestCheckTx { tx: tx.into(), ..Default::default() });
        assert_eq!(checked.code, 0, "{}", checked.log);
        let head = app.info(Default::default()).last_block_height;
        go.send(()).unwrap();
        let height = block.join().unwrap();
        assert_eq!(u64::try_from(head).unwrap() + 1, height, "the head is the block before until the commit");
    });
}
