//! Binding, accepting, stopping.

use std::io;
use std::io::Write as _;
use std::net::{Shutdown, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use prost::Message as _;
use tendermint_abci::Application;

use super::connection::serve;
use super::dispatch::exception;
use super::grammar::Grammar;
use super::listen::{Listener, Stream};
use super::metrics::add;
use super::recorder::Recorder;
use super::stopping::Connections;
use super::{AbciMetrics, Fault, GrammarMode, Listen};

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum AbciError {
    /// The address cannot be bound.
    #[error("cannot serve abci at {listen}: {error}")]
    Bind {
        /// The address.
        listen: Listen,
        /// The cause.
        error: io::Error,
    },
    /// Anyone who reaches an ABCI port can drive the application.
    #[error(
        "{address} can be reached from other machines; serve abci on a loopback address or a unix socket, or allow it"
    )]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// Another process answers there.
    #[error("{} is served by another process; stop that one or choose another home", path.display())]
    InUse {
        /// The socket's path.
        path: PathBuf,
    },
    /// There is a file that is not ours to remove.
    #[error("{} exists and is not a socket; move it away or choose another path", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The operating system bounds the paths of sockets.
    #[error("{} is too long for a unix socket ({max} bytes at most); choose a home with a shorter path", path.display())]
    PathTooLong {
        /// The path.
        path: PathBuf,
        /// The limit in bytes.
        max: usize,
    },
    /// The recording cannot be written.
    #[error("cannot record abci requests to {}: {error}; choose another path", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

impl AbciError {
    pub(super) fn bind(listen: &Listen, error: io::Error) -> Self {
        Self::Bind { listen: listen.clone(), error }
    }
}

/// The end of a server whose application cannot go on. The process is expected to end, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fatal {
    /// What happened, in which method.
    pub reason: String,
}

/// Called once, on the thread of the call that failed, after CometBFT was told.
pub type FatalHook = Box<dyn Fn(&Fatal) + Send + Sync>;

/// How the server behaves.
pub struct AbciOptions {
    /// Connections at most; CometBFT opens four. Further ones get an exception.
    pub max_connections: usize,
    /// The largest request in bytes.
    pub max_message_bytes: usize,
    /// Whether a TCP address other than loopback may be bound. ABCI has no authentication.
    pub allow_remote: bool,
    /// What a call out of order leads to.
    pub grammar: GrammarMode,
    /// A file that every request is appended to, length-delimited. It grows without bound: for debugging.
    pub record: Option<PathBuf>,
    /// Where the application says that it cannot go on.
    pub fault: Arc<Fault>,
    /// Told when the application cannot go on.
    pub on_fatal: Option<FatalHook>,
}

impl Default for AbciOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            max_message_bytes: 128 << 20,
            allow_remote: false,
            grammar: GrammarMode::Warn,
            record: None,
            fault: Arc::new(Fault::new()),
            on_fatal: None,
        }
    }
}

/// What the threads of a server share.
pub(super) struct Shared {
    pub(super) connections: Connections,
    pub(super) metrics: Arc<AbciMetrics>,
    pub(super) fault: Arc<Fault>,
    pub(super) grammar: Mutex<Grammar>,
    pub(super) grammar_mode: GrammarMode,
    pub(super) recorder: Option<Recorder>,
    pub(super) max_message_bytes: usize,
    fatal: Mutex<Option<Fatal>>,
    failed: Condvar,
    on_fatal: Option<FatalHook>,
}

impl Shared {
    /// Keeps the first reason; `true` for that one.
    pub(super) fn record_fatal(&self, fatal: Fatal) -> bool {
        let mut first = self.fatal.lock();
        if first.is_some() {
            return false;
        }
        tracing::error!(reason = %fatal.reason, "abci server stops");
        *first = Some(fatal);
        true
    }

    /// Ends the server, and tells the owner of the first reason.
    pub(super) fn fail(&self, fatal: &Fatal, first: bool) {
        self.connections.begin_stop();
        self.failed.notify_all();
        if let (true, Some(hook)) = (first, &self.on_fatal) {
            hook(fatal);
        }
    }
}

/// The server; see [`AbciServer::bind`].
#[derive(Debug)]
pub struct AbciServer;

impl AbciServer {
    /// Binds `listen` and serves `app` there until the handle is stopped or dropped. Returns when connections are
    /// accepted.
    ///
    /// # Errors
    /// The address cannot be bound, or may not; the recording cannot be written.
    pub fn bind<A: Application>(
        listen: &Listen,
        app: A,
        options: AbciOptions,
    ) -> Result<AbciHandle, AbciError> {
        let listener = Listener::bind(listen, options.allow_remote)?;
        let fail = |error| AbciError::bind(listen, error);
        let local = listener.local().map_err(fail)?;
        let recorder = options
            .record
            .map(|path| Recorder::create(&path).map_err(|error| AbciError::Record { path, error }))
            .transpose()?;
        let shared = Arc::new(Shared {
            connections: Connections::new(listener.waker().map_err(fail)?),
            metrics: Arc::new(AbciMetrics::default()),
            fault: options.fault,
            grammar: Mutex::new(Grammar::new()),
            grammar_mode: options.grammar,
            recorder,
            max_message_bytes: options.max_message_bytes,
            fatal: Mutex::new(None),
            failed: Condvar::new(),
            on_fatal: options.on_fatal,
        });
        let acceptor = Acceptor { shared: Arc::clone(&shared), app, max: options.max_connections };
        let thread = thread::Builder::new()
            .name("abci-accept".to_owned())
            .spawn(move || acceptor.run(&listener))
            .map_err(fail)?;
        Ok(AbciHandle { shared, local, acceptor: Some(thread) })
    }
}

struct Acceptor<A> {
    shared: Arc<Shared>,
    app: A,
    max: usize,
}

impl<A: Application> Acceptor<A> {
    fn run(self, listener: &Listener) {
        let mut id = 0_u64;
        while !self.shared.connections.stopping() {
            match listener.accept() {
                Ok(stream) => {
                    id = id.wrapping_add(1);
                    self.admit(id, stream);
                }
                Err(_) if self.shared.connections.stopping() => break,
                Err(error) => {
                    // Out of file descriptors, most likely: the open connections go on.
                    tracing::error!(%error, "cannot accept an abci connection");
                    thread::sleep(Duration::from_millis(100));
                }
            }
        }
        listener.remove();
    }

    fn admit(&self, id: u64, stream: Stream) {
        let stream = Arc::new(stream);
        if !self.shared.connections.add(id, &stream, self.max) {
            if !self.shared.connections.stopping() {
                add(&self.shared.metrics.connections_refused, 1);
                tracing::warn!(max = self.max, "abci connection refused: too many");
                let text = format!("too many abci connections ({} at most); close one", self.max);
                let _ = (&*stream).write_all(&exception(text).encode_length_delimited_to_vec());
            }
            return;
        }
        add(&self.shared.metrics.connections_open, 1);
        add(&self.shared.metrics.connections_total, 1);
        let (shared, app) = (Arc::clone(&self.shared), self.app.clone());
        let spawned = thread::Builder::new().name(format!("abci-{id}")).spawn(move || {
            let _close = Close { shared: &shared, id };
            serve(&shared, id, &stream, &app);
            stream.shutdown(Shutdown::Both);
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "cannot start a thread for an abci connection");
            drop(Close { shared: &self.shared, id });
        }
    }
}

/// Takes a connection off the list, however its thread ends.
struct Close<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Close<'_> {
    fn drop(&mut self) {
        self.shared.grammar.lock().closed(self.id);
        if let Some(recorder) = &self.shared.recorder {
            recorder.flush();
        }
        self.shared.connections.remove(self.id);
        self.shared.metrics.connections_open.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    }
}

/// A stop that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{calls} abci calls did not end within {timeout:?}; ending the process is safe, an unfinished block is replayed"
)]
pub struct StopError {
    /// Calls still running.
    pub calls: usize,
    /// How long they were given.
    pub timeout: Duration,
}

/// A running server. Dropping it stops the server without waiting.
pub struct AbciHandle {
    shared: Arc<Shared>,
    local: Listen,
    acceptor: Option<JoinHandle<()>>,
}

impl AbciHandle {
    /// Where it listens, with the port that was taken.
    pub fn address(&self) -> &Listen {
        &self.local
    }

    /// Its counters.
    pub fn metrics(&self) -> Arc<AbciMetrics> {
        Arc::clone(&self.shared.metrics)
    }

    /// Why the application cannot go on, if so.
    pub fn fatal(&self) -> Option<Fatal> {
        self.shared.fatal.lock().clone()
    }

    /// Waits for the application to fail, `timeout` at most.
    pub fn wait_fatal(&self, timeout: Duration) -> Option<Fatal> {
        let deadline = Instant::now().checked_add(timeout)?;
        let mut fatal = self.shared.fatal.lock();
        while fatal.is_none() {
            if self.shared.failed.wait_until(&mut fatal, deadline).timed_out() {
                break;
            }
        }
        fatal.clone()
    }

    /// Whether it serves: neither asked to stop nor ended by its application.
    pub fn is_running(&self) -> bool {
        !self.shared.connections.stopping() && self.fatal().is_none()
    }

    /// Stops: accepts nothing more, finishes the calls under way, sends their answers, closes. Stop CometBFT first: it
    /// takes a closed connection for a crash of the application.
    ///
    /// # Errors
    /// Calls did not end within `timeout`; their connections are cut.
    pub fn stop(mut self, timeout: Duration) -> Result<(), StopError> {
        self.shared.connections.begin_stop();
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        let stopped = self.shared.connections.wait_closed(timeout);
        if let Some(recorder) = &self.shared.recorder {
            recorder.flush();
        }
        stopped.map_err(|calls| StopError { calls, timeout })
    }
}

impl Drop for AbciHandle {
    fn drop(&mut self) {
        self.shared.connections.begin_stop();
    }
}

impl std::fmt::Debug for AbciHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AbciHandle").field("local", &self.local).finish_non_exhaustive()
    }
}
