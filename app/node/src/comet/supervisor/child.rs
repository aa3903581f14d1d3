//! The child process: started, waited for, stopped.

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{self, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use parking_lot::{Condvar, Mutex};

use super::log::Log;
use super::{CometBinary, CometError, CometOptions, binary, leftover};
use crate::comet::home::{CometHome, HomeError};

/// How long the last lines may take to come out of the pipes of a child that has ended.
const DRAIN: Duration = Duration::from_secs(1);

/// How a CometBFT ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CometExit {
    /// Its process id.
    pub pid: i32,
    /// Its exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it was asked to end.
    pub requested: bool,
    /// The end of its log.
    pub last_lines: Vec<String>,
}

impl std::fmt::Display for CometExit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cometbft (process {}) ", self.pid)?;
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "ended with code {code}")?,
            (None, Some(signal)) => write!(f, "was ended by signal {signal}")?,
            (None, None) => write!(f, "ended")?,
        }
        if !self.requested {
            write!(f, "; last lines of its log:")?;
            for line in &self.last_lines {
                write!(f, "\n  {line}")?;
            }
        }
        Ok(())
    }
}

/// The process, as its handle, its thread and its node see it.
#[derive(Clone)]
pub(super) struct Child(Arc<Shared>);

impl Child {
    pub(super) fn pid(&self) -> i32 {
        self.0.pid.as_raw()
    }

    pub(super) fn is_alive(&self) -> bool {
        self.0.state.lock().exit.is_none()
    }
}

impl std::fmt::Debug for Child {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Child").field(&self.pid()).finish()
    }
}

struct Shared {
    pid: Pid,
    log: Arc<Log>,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// Set before the child is collected: its number may then belong to another process.
    gone: bool,
    requested: bool,
    exit: Option<CometExit>,
}

impl Shared {
    fn signal(&self, signal: Signal) {
        let state = self.state.lock();
        if !state.gone {
            let _ = kill(self.pid, signal);
        }
    }

    fn wait(&self, timeout: Option<Duration>) -> Option<CometExit> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.state.lock();
        while state.exit.is_none() {
            match deadline {
                Some(deadline) if self.ended.wait_until(&mut state, deadline).timed_out() => break,
                Some(_) => {}
                None => self.ended.wait(&mut state),
            }
        }
        state.exit.clone()
    }
}

/// A running CometBFT. Dropping it stops it, within ten seconds.
pub struct CometHandle {
    shared: Arc<Shared>,
    rpc: String,
    monitor: Option<JoinHandle<()>>,
}

impl CometHandle {
    /// Where its RPC answers: `http://host:port`.
    pub fn rpc_url(&self) -> &str {
        &self.rpc
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.shared.pid.as_raw()
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<CometExit> {
        self.shared.state.lock().exit.clone()
    }

    /// Waits for its end, `timeout` at most.
    pub fn wait_exit(&self, timeout: Duration) -> Option<CometExit> {
        self.shared.wait(Some(timeout))
    }

    /// The last lines of its log.
    pub fn last_lines(&self) -> Vec<String> {
        self.shared.log.tail()
    }

    pub(super) fn child(&self) -> Child {
        Child(Arc::clone(&self.shared))
    }

    /// Counts the lines of its log.
    pub(super) fn lines(&self) -> u64 {
        self.shared.log.lines()
    }

    /// Asks it to end (SIGTERM), makes it end after `grace` (SIGKILL), and waits. Call this before the application's
    /// server is stopped.
    pub fn stop(mut self, grace: Duration) -> Option<CometExit> {
        self.end(grace)
    }

    fn end(&mut self, grace: Duration) -> Option<CometExit> {
        self.shared.state.lock().requested = true;
        self.shared.signal(Signal::SIGTERM);
        let exit = self.shared.wait(Some(grace)).or_else(|| {
            tracing::warn!(pid = self.pid(), ?grace, "cometbft did not end when asked and is killed");
            self.shared.signal(Signal::SIGKILL);
            self.shared.wait(None)
        });
        if let Some(monitor) = self.monitor.take() {
            let _ = monitor.join();
        }
        exit
    }
}

impl Drop for CometHandle {
    fn drop(&mut self) {
        if self.monitor.is_some() {
            self.end(Duration::from_secs(10));
        }
    }
}

impl std::fmt::Debug for CometHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CometHandle")
            .field("pid", &self.pid())
            .field("rpc", &self.rpc)
            .finish_non_exhaustive()
    }
}

/// Starts `cometbft start` and the thread that waits for its end.
pub(super) fn spawn(
    home: &CometHome,
    program: &CometBinary,
    options: &CometOptions,
    rpc: String,
) -> Result<CometHandle, CometError> {
    let log_path = home.log_path();
    let log = Log::open(&log_path, options.max_log_bytes, options.on_line.clone())
        .map_err(|e| HomeError::io("open", &log_path, e))?;
    let log = Arc::new(log);
    let mut command = guarded(program);
    command
        .args(["start", "--home"])
        .arg(home.root())
        .envs(options.env.iter().map(|(name, value)| (name, value)))
        .current_dir(home.root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let fail = |error| CometError::Spawn { program: program.path().display().to_string(), error };
    let (send, receive) = mpsc::sync_channel(1);
    let (pid_path, hook, thread_log) = (home.pid_path(), options.on_exit.clone(), Arc::clone(&log));
    // The parent of a parent-death signal is a thread: the one that starts the child stays until it ends.
    let monitor = thread::Builder::new()
        .name("cometbft".to_owned())
        .spawn(move || {
            let child = match command.spawn() {
                Ok(child) => child,
                Err(error) => {
                    let _ = send.send(Err(error));
                    return;
                }
            };
            let pid = Pid::from_raw(child.id().cast_signed());
            leftover::note(&pid_path, pid.as_raw());
            let shared = Arc::new(Shared {
                pid,
                log: thread_log,
                state: Mutex::new(State::default()),
                ended: Condvar::new(),
            });
            let _ = send.send(Ok(Arc::clone(&shared)));
            let exit = watch(child, &shared, &pid_path);
            if exit.requested {
                tracing::info!(%exit, "cometbft ended");
            } else {
                tracing::error!(%exit, "cometbft ended unexpectedly");
            }
            if let Some(hook) = hook {
                hook(&exit);
            }
        })
        .map_err(fail)?;
    let shared =
        receive.recv().unwrap_or_else(|_| Err(io::Error::other("its thread ended"))).map_err(fail)?;
    Ok(CometHandle { shared, rpc, monitor: Some(monitor) })
}

/// The program, ended by the system when its parent dies, where there is a tool for that.
fn guarded(program: &CometBinary) -> process::Command {
    match binary::in_path("setpriv") {
        Some(setpriv) if cfg!(target_os = "linux") => {
            let mut command = binary::command(&setpriv);
            command.args(["--pdeathsig", "KILL"]).arg(program.path());
            command
        }
        _ => binary::command(program.path()),
    }
}

/// Collects the output and the end of the child.
fn watch(mut child: process::Child, shared: &Shared, pid_path: &Path) -> CometExit {
    let (done, drained) = mpsc::channel::<()>();
    for output in [
        child.stdout.take().map(|out| Box::new(out) as Box<dyn io::Read + Send>),
        child.stderr.take().map(|err| Box::new(err) as Box<dyn io::Read + Send>),
    ]
    .into_iter()
    .flatten()
    {
        let (log, done) = (Arc::clone(&shared.log), done.clone());
        let _ = thread::Builder::new().name("cometbft-log".to_owned()).spawn(move || {
            log.follow(output);
            drop(done);
        });
    }
    drop(done);
    // Waits without collecting: until the child is collected its number is not given to another process.
    while waitid(Id::Pid(shared.pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)
        == Err(nix::errno::Errno::EINTR)
    {}
    shared.state.lock().gone = true;
    let status = child.wait().unwrap_or_else(|_| ExitStatus::from_raw(0));
    let _ = drained.recv_timeout(DRAIN);
    // Before anyone can know and start another one.
    leftover::forget(pid_path);
    let mut state = shared.state.lock();
    let exit = CometExit {
        pid: shared.pid.as_raw(),
        code: status.code(),
        signal: status.signal(),
        requested: state.requested,
        last_lines: shared.log.tail(),
    };
    state.exit = Some(exit.clone());
    shared.ended.notify_all();
    exit
}
