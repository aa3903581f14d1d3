//! A thread that is woken when there may be work, and ends when its handle is dropped.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::error::StoreError;

/// Between two steps of long work the disk belongs to the blocks.
const PAUSE: Duration = Duration::from_millis(1);

/// How the others talk to the thread.
#[derive(Default)]
pub(crate) struct Signal {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    stop: bool,
    work: bool,
}

impl Signal {
    /// Asks the thread to look for work.
    pub(crate) fn work(&self) {
        self.state.lock().work = true;
        self.wake.notify_all();
    }

    fn stop(&self) {
        self.state.lock().stop = true;
        self.wake.notify_all();
    }

    /// Waits for work, or for a moment when there is `more`; false when the thread is to end.
    fn wait(&self, more: bool) -> bool {
        let mut state = self.state.lock();
        if more && !state.stop {
            self.wake.wait_for(&mut state, PAUSE);
        }
        while !more && !state.stop && !state.work {
            self.wake.wait(&mut state);
        }
        state.work = false;
        !state.stop
    }
}

/// The thread; it ends when this is dropped.
pub(crate) struct Background {
    name: &'static str,
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts a thread that calls `step` when there may be work, and again while it answers that there is more. An error
    /// ends it.
    pub(crate) fn start(
        name: &'static str,
        signal: Arc<Signal>,
        mut step: impl FnMut() -> Result<bool, StoreError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let shared = signal.clone();
        let run = move || {
            let mut more = false;
            while shared.wait(more) {
                more = match step() {
                    Ok(more) => more,
                    Err(error) => {
                        tracing::error!(%error, "{name} stopped");
                        return;
                    }
                };
            }
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(run)
            .map_err(|e| StoreError::Backend(format!("cannot start the thread {name}: {e}")))?;
        // What an earlier run left.
        signal.work();
        Ok(Self { name, signal, thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.signal.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread {} had panicked", self.name);
        }
    }
}
