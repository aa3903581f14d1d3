//! Messages that run on a stage.

use agora_framework::{AppError, Event, ExecCtx, GasMeter, TxInfo};
use agora_state::{StateKey, StateRead, TrackedView};
use prost::{Message, Name};
use prost_types::Any;

use crate::Stage;
use crate::watched::Watched;

/// Gas of a message that is not asked to run with less.
const GAS: u64 = 50_000_000;

/// What a message that succeeded did.
#[derive(Clone, Debug)]
pub struct Done {
    /// The encoded response.
    pub response: Vec<u8>,
    /// The events.
    pub events: Vec<Event>,
    /// The gas.
    pub gas: u64,
    /// The keys that were read, but for what was only added to.
    pub read: Vec<StateKey>,
    /// The keys whose values were replaced.
    pub written: Vec<StateKey>,
    /// The keys of sums that were added to.
    pub added: Vec<StateKey>,
}

impl Stage {
    /// Runs a message; nothing stays if it fails.
    ///
    /// # Errors
    /// Those of the message.
    pub fn run<M: Message + Name>(&mut self, message: &M) -> Result<Done, AppError> {
        self.run_within(GAS, message)
    }

    /// The same with a limit of gas.
    ///
    /// # Errors
    /// Those of the message; out of gas.
    pub fn run_within<M: Message + Name>(&mut self, gas: u64, message: &M) -> Result<Done, AppError> {
        self.run_watched(&GasMeter::new(gas), message, &mut |_| {})
    }

    /// Runs a message of any type.
    ///
    /// # Errors
    /// It is of no type the modules have; those of the message.
    pub fn run_any(&mut self, message: &Any) -> Result<Done, AppError> {
        self.run_any_watched(&GasMeter::new(GAS), message, &mut |_| {})
    }

    /// The same as [`run`](Self::run) with this meter; shows the state as it is after each single write to `watch`.
    ///
    /// # Errors
    /// Those of the message; out of gas.
    pub fn run_watched<M: Message + Name>(
        &mut self,
        meter: &GasMeter,
        message: &M,
        watch: &mut dyn FnMut(&dyn StateRead),
    ) -> Result<Done, AppError> {
        self.run_any_watched(meter, &agora_proto::pack(message), watch)
    }

    fn run_any_watched(
        &mut self,
        meter: &GasMeter,
        message: &Any,
        watch: &mut dyn FnMut(&dyn StateRead),
    ) -> Result<Done, AppError> {
        let message = self.registry.decode(message)?;
        let info =
            TxInfo { hash: [0; 32], signers: message.signers()?, sequence: self.sequence, msg_index: 0 };
        self.sequence += 1;
        let mut view = Watched { view: TrackedView::new(&self.state), watch };
        let mut ctx = ExecCtx::new(&mut view, meter, &self.block, info, &self.registry);
        let response = ctx.run(message.as_ref())?.value;
        let events = ctx.take_events();
        if let Some(error) = meter.exhausted() {
            return Err(error);
        }
        let (changes, log) = view.view.finish();
        let done = Done {
            response,
            events,
            gas: meter.used(),
            read: log.reads.keys().cloned().collect(),
            written: changes.writes.keys().cloned().collect(),
            added: changes.deltas.keys().cloned().collect(),
        };
        self.apply(changes);
        Ok(done)
    }

    /// Runs a message that succeeds.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn does(&mut self, message: &impl Name) -> Done {
        match self.run(message) {
            Ok(done) => done,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs a message that succeeds; returns its response.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn ok<R: Message + Default>(&mut self, message: &impl Name) -> R {
        R::decode(self.does(message).response.as_slice()).expect("a response")
    }

    /// Runs a message that is refused with this code; returns what it says.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn refused(&mut self, codespace: &str, code: u32, message: &impl Name) -> String {
        match self.run(message) {
            Ok(_) => panic!("it succeeded"),
            Err(error) => {
                assert_eq!((error.codespace, error.code), (codespace, code), "{error}");
                error.log
            }
        }
    }

    /// Runs something as the code of a message does; nothing stays if it fails. Gives its events.
    ///
    /// # Errors
    /// Those of the code.
    pub fn within_tx(
        &mut self,
        body: impl FnOnce(&mut ExecCtx<'_>) -> Result<(), AppError>,
    ) -> Result<Vec<Event>, AppError> {
        let info = TxInfo { hash: [0; 32], signers: Vec::new(), sequence: self.sequence, msg_index: 0 };
        let meter = GasMeter::new(GAS);
        let mut view = TrackedView::new(&self.state);
        let mut ctx = ExecCtx::new(&mut view, &meter, &self.block, info, &self.registry);
        body(&mut ctx)?;
        let events = ctx.take_events();
        let (changes, _) = view.finish();
        self.apply(changes);
        Ok(events)
    }
}
