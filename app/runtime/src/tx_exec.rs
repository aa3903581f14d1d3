//! One transaction on one state.

use agora_executor::Executed;
use agora_feemarket::api as feemarket;
use agora_framework::{AppError, BlockInfo, Event, Events, ExecCtx, GasMeter, Text, TxInfo, guarded};
use agora_proto::cosmos::base::abci::v1beta1::TxMsgData;
use agora_state::{StateRead, TrackedView};
use prost::Message;

use crate::ante::{Ante, Purpose};
use crate::runtime::Runtime;
use crate::tx::{Tx, TxMessage};

/// What a transaction answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxResult {
    /// 0, or the code of the error.
    pub code: u32,
    /// Whose code it is.
    pub codespace: String,
    /// Empty, or what went wrong.
    pub log: String,
    /// Encoded `TxMsgData`; empty on failure.
    pub data: Vec<u8>,
    /// Gas the sender wanted.
    pub gas_wanted: u64,
    /// Gas it took.
    pub gas_used: u64,
    /// Events: ante, then messages. Empty where no message was to run.
    pub events: Events,
    /// Whether the ante passed: the fee is paid and the sequence used, whatever the messages did.
    pub charged: bool,
}

impl TxResult {
    pub(crate) fn failed(error: &AppError, gas_wanted: u64, gas_used: u64) -> Self {
        Self {
            code: error.code,
            codespace: error.codespace.to_owned(),
            log: error.log.clone(),
            gas_wanted,
            gas_used,
            ..Self::default()
        }
    }

    /// Whether everything succeeded.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.code == 0
    }
}

/// How far a transaction is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The ante alone.
    Ante,
    /// The ante and the messages.
    Messages,
}

pub(crate) struct Job<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) block: &'a BlockInfo,
    pub(crate) purpose: Purpose,
    pub(crate) depth: Depth,
}

impl Job<'_> {
    /// Runs `tx` on `state`. A failing transaction is an output; only a broken node is an error.
    pub(crate) fn run(
        &self,
        tx: &Tx,
        verified: bool,
        state: &dyn StateRead,
    ) -> Result<Executed<TxResult>, AppError> {
        let mut view = TrackedView::new(state);
        let price = feemarket::gas_price(&view)?;
        let limit = match self.purpose {
            Purpose::Simulate => price.max_block_gas,
            _ => tx.gas_wanted(),
        };
        let meter = GasMeter::new(limit);
        let ante = Ante { runtime: self.runtime, price: &price, purpose: self.purpose, verified };
        let outcome = self.guarded(&mut view, &meter, tx, 0, |ctx| ante.run(ctx, tx));
        let mut events = match outcome {
            Ok(((), events)) => events,
            Err(error) if error.fatal => return Err(error),
            Err(error) => {
                // Nothing of a failed ante stays, in a block not even the gas it used.
                let used = if self.purpose == Purpose::Deliver { 0 } else { meter.used() };
                let (_, log) = view.finish();
                let output = TxResult::failed(&error, tx.gas_wanted(), used);
                return Ok(Executed { changes: agora_state::Changes::default(), log, output });
            }
        };
        let mut result = TxResult { gas_wanted: tx.gas_wanted(), charged: true, ..TxResult::default() };
        if self.depth == Depth::Messages {
            view.savepoint();
            match self.run_messages(&mut view, &meter, tx) {
                Ok((data, own)) => {
                    view.keep()?;
                    events.extend(own);
                    result.data = data;
                }
                Err(error) if error.fatal => return Err(error),
                Err(error) => {
                    view.rollback();
                    result = TxResult { charged: true, ..TxResult::failed(&error, tx.gas_wanted(), 0) };
                }
            }
        }
        result.gas_used = meter.used();
        if self.depth == Depth::Messages {
            result.events = events.into_iter().collect();
        }
        let (changes, log) = view.finish();
        Ok(Executed { changes, log, output: result })
    }

    fn run_messages(
        &self,
        view: &mut TrackedView<'_>,
        meter: &GasMeter,
        tx: &Tx,
    ) -> Result<(Vec<u8>, Vec<Event>), AppError> {
        let mut events = Vec::new();
        let mut data = TxMsgData::default();
        for (index, TxMessage { message, signers }) in tx.messages.iter().enumerate() {
            let outcome = self.guarded(view, meter, tx, index, |ctx| ctx.run(message.as_ref()));
            let (response, own) = match outcome {
                Ok(outcome) => outcome,
                // Out of gas is the transaction's failure, not the message's.
                Err(error) if meter.exhausted().is_some() => return Err(error),
                Err(error) => {
                    return Err(
                        error.context(format_args!("failed to execute message; message index: {index}"))
                    );
                }
            };
            let mut head = Event::new("message").with("action", message.type_url());
            if let Some(sender) = signers.first() {
                head = head.with("sender", sender);
            }
            events.push(head.with("module", Text::Fixed(message.module())).with("msg_index", index));
            events.extend(own.into_iter().map(|event| event.with("msg_index", index)));
            data.msg_responses.push(response);
        }
        Ok((data.encode_to_vec(), events))
    }

    /// Runs `body` in a context of its own; a panic is an error of the transaction, and used-up gas decides whatever
    /// `body` made of it.
    fn guarded<T>(
        &self,
        view: &mut TrackedView<'_>,
        meter: &GasMeter,
        tx: &Tx,
        index: usize,
        body: impl FnOnce(&mut ExecCtx<'_>) -> Result<T, AppError>,
    ) -> Result<(T, Vec<Event>), AppError> {
        let info = TxInfo {
            hash: tx.hash,
            signers: tx.messages.get(index).map(|m| m.signers.clone()).unwrap_or_default(),
            sequence: tx.signers.first().map_or(0, |s| s.sequence),
            msg_index: u32::try_from(index).unwrap_or(u32::MAX),
        };
        guarded(meter, || {
            let mut ctx = ExecCtx::new(view, meter, self.block, info, self.runtime.registry());
            body(&mut ctx).map(|value| (value, ctx.take_events()))
        })
    }
}
