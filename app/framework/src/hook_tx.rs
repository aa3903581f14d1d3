//! Messages that a block hook runs: a passed proposal, a due job.

use agora_primitives::Address;

use crate::context::{BlockCtx, ExecCtx, TxInfo};
use crate::errors::{AppError, sdk};
use crate::event::Event;
use crate::gas::GasMeter;
use crate::guard::guarded;

/// Messages that run as one transaction of a block hook: all of them, or none.
#[derive(Clone, Copy, Debug)]
pub struct HookTx<'m> {
    /// The messages, in order.
    pub messages: &'m [prost_types::Any],
    /// In whose name: every message must have this signer and no other.
    pub signer: Address,
    /// Different for every such transaction of this signer: with the message's index, a seed for ids.
    pub sequence: u64,
    /// The most gas it may use.
    pub gas_limit: u64,
}

/// What it came to. A failure changed nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct HookOutcome {
    /// The encoded responses, one for each message; or why it failed.
    pub result: Result<Vec<prost_types::Any>, AppError>,
    /// Gas it used.
    pub gas_used: u64,
}

impl BlockCtx<'_> {
    /// Runs messages within a transaction's own boundary: a savepoint, a limit of gas, panics caught. The events of a success are
    /// the hook's.
    ///
    /// # Errors
    /// Only what must stop the node; a failing message is an outcome.
    pub fn execute(&mut self, job: &HookTx<'_>) -> Result<HookOutcome, AppError> {
        let meter = GasMeter::new(job.gas_limit);
        let depth = self.view.depth();
        self.view.savepoint();
        let mut events = Vec::new();
        let result = job
            .messages
            .iter()
            .enumerate()
            .map(|(index, any)| guarded(&meter, || self.run_one(job, index, any, &meter, &mut events)))
            .collect::<Result<Vec<_>, _>>();
        match &result {
            Err(error) if error.fatal => return Err(error.clone()),
            Err(_) => {
                // A panic leaves the savepoints open that it flew past.
                while self.view.depth() > depth {
                    self.view.rollback();
                }
            }
            Ok(_) => {
                self.view.keep()?;
                self.events.append(&mut events);
            }
        }
        Ok(HookOutcome { result, gas_used: meter.used() })
    }

    fn run_one(
        &mut self,
        job: &HookTx<'_>,
        index: usize,
        any: &prost_types::Any,
        meter: &GasMeter,
        events: &mut Vec<Event>,
    ) -> Result<prost_types::Any, AppError> {
        let message = self.registry.decode(any)?;
        let signers = message.signers()?;
        if signers != [job.signer] {
            let listed = signers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(sdk::UNAUTHORIZED
                .wrap(format_args!("message {index} is signed by {listed}, expected {}", job.signer)));
        }
        let tx = TxInfo {
            hash: [0; 32],
            signers,
            sequence: job.sequence,
            msg_index: u32::try_from(index).unwrap_or(u32::MAX),
        };
        let mut ctx = ExecCtx::new(&mut *self.view, meter, self.block, tx, self.registry);
        let response = ctx.run(message.as_ref()).map_err(|error| {
            error.context(format_args!("failed to execute message; message index: {index}"))
        })?;
        events.append(&mut ctx.take_events());
        Ok(response)
    }
}
