//! The open connections of a server, and how they come to an end.

use std::collections::BTreeMap;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::listen::{Stream, Waker};

/// Open connections and the flag that ends them.
#[derive(Debug)]
pub(super) struct Connections {
    open: Mutex<BTreeMap<u64, Arc<Stream>>>,
    closed: Condvar,
    stopping: AtomicBool,
    waker: Waker,
}

impl Connections {
    pub(super) fn new(waker: Waker) -> Self {
        Self {
            open: Mutex::new(BTreeMap::new()),
            closed: Condvar::new(),
            stopping: AtomicBool::new(false),
            waker,
        }
    }

    /// Whether no further request is to be read.
    pub(super) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Takes a connection; `false` when there are `max` already or the server stops.
    pub(super) fn add(&self, id: u64, stream: &Arc<Stream>, max: usize) -> bool {
        let mut open = self.open.lock();
        let fits = open.len() < max && !self.stopping();
        if fits {
            open.insert(id, Arc::clone(stream));
        }
        fits
    }

    pub(super) fn remove(&self, id: u64) {
        self.open.lock().remove(&id);
        self.closed.notify_all();
    }

    /// Accepts nothing more and reads nothing more. Calls under way go on, and their answers are sent.
    pub(super) fn begin_stop(&self) {
        if self.stopping.swap(true, Ordering::AcqRel) {
            return;
        }
        self.waker.wake();
        for stream in self.open.lock().values() {
            stream.shutdown(Shutdown::Read);
        }
    }

    /// Waits until every connection is closed. Connections whose peer does not read are cut when `timeout` is over.
    ///
    /// # Errors
    /// How many are still in a call.
    pub(super) fn wait_closed(&self, timeout: Duration) -> Result<(), usize> {
        /// How long a thread whose connection was cut may take to notice.
        const AFTER_CUT: Duration = Duration::from_millis(500);
        if self.wait_until(Instant::now().checked_add(timeout)) {
            return Ok(());
        }
        for stream in self.open.lock().values() {
            stream.shutdown(Shutdown::Both);
        }
        if self.wait_until(Instant::now().checked_add(AFTER_CUT)) {
            return Ok(());
        }
        Err(self.open.lock().len())
    }

    fn wait_until(&self, deadline: Option<Instant>) -> bool {
        let mut open = self.open.lock();
        while !open.is_empty() {
            match deadline {
                Some(deadline) if self.closed.wait_until(&mut open, deadline).timed_out() => {
                    return open.is_empty();
                }
                Some(_) => {}
                None => self.closed.wait(&mut open),
            }
        }
        true
    }
}
