//! A real CometBFT as a supervised child: found, configured, started, watched, stopped.
//!
//! The child cannot outlive the node. It gets a parent-death signal where util-linux's `setpriv` is installed; without
//! it, CometBFT still ends by itself when its ABCI connection and its output pipe break; and what both miss is found
//! through the pid file and ended at the next start. It runs in a process group of its own, so that Ctrl-C reaches the
//! node only, which then stops CometBFT first and the application last.

mod binary;
mod child;
mod health;
mod leftover;
mod log;
mod options;

use std::path::Path;
use std::time::Duration;

use parking_lot::Mutex;

use super::home::{CometHome, ConfigFile, HomeError};
use crate::abci::Listen;
use child::Child;

pub use binary::{CometBinary, INSTALL_LINE};
pub use child::{CometExit, CometHandle};
pub use health::Progress;
pub use options::{CometOptions, ExitHook, LineHook, ProgressHook, SignOfLife};

/// Why CometBFT does not run.
#[derive(Debug, thiserror::Error)]
pub enum CometError {
    /// There is no usable program.
    #[error("{problem}; install it with: {INSTALL_LINE}")]
    Binary {
        /// What was looked for, or what is wrong with what was found.
        problem: String,
    },
    /// The home cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A setting cannot be used.
    #[error("{0}")]
    Option(String),
    /// A command of CometBFT failed.
    #[error("cometbft {command} failed: {output}")]
    Command {
        /// The command.
        command: &'static str,
        /// What it printed.
        output: String,
    },
    /// The process cannot be started.
    #[error("cannot start {program}: {error}")]
    Spawn {
        /// The program.
        program: String,
        /// The cause.
        error: std::io::Error,
    },
    /// It ended before it was ready.
    #[error("{0}")]
    Exited(CometExit),
    /// It runs but does not become ready.
    #[error(
        "cometbft did not answer at {rpc} for {waited:?} and was stopped; last lines of its log: {last_lines}"
    )]
    NotReady {
        /// Where it was asked.
        rpc: String,
        /// For how long nothing happened.
        waited: Duration,
        /// The end of its log.
        last_lines: String,
    },
    /// Its child still runs.
    #[error("cometbft already runs (process {pid}); stop it first")]
    Running {
        /// Its process id.
        pid: i32,
    },
    /// The RPC port belongs to another node.
    #[error("another node ({found}) answers at {rpc}; stop it or choose another rpc address")]
    OtherNode {
        /// Where it was asked.
        rpc: String,
        /// The id of the node that answers.
        found: String,
    },
    /// A child of an earlier run does not end.
    #[error("cometbft (process {pid}) of an earlier run still works with this home and does not end; end it")]
    Leftover {
        /// Its process id.
        pid: i32,
    },
}

/// A home made ready for a CometBFT program. It can be started again after it has ended.
#[derive(Debug)]
pub struct CometNode {
    home: CometHome,
    binary: CometBinary,
    options: CometOptions,
    config: ConfigFile,
    child: Mutex<Option<Child>>,
}

impl CometNode {
    /// Makes `home` complete: files that are missing come from `cometbft init`, existing keys are kept. Needed before
    /// [`prepare`](Self::prepare) by who wants to put the home's validator key into the genesis document.
    ///
    /// # Errors
    /// `cometbft init` fails.
    pub fn init(home: &CometHome, binary: &CometBinary) -> Result<(), CometError> {
        if !home.is_incomplete() {
            return Ok(());
        }
        let fresh = !home.config_path().exists();
        binary.init(home.root())?;
        if fresh {
            ConfigFile::read(&home.config_path())?.apply(&options::fresh())?;
        }
        Ok(())
    }

    /// Makes `home` ready for [`start`](Self::start): runs [`init`](Self::init), installs the genesis document
    /// (`None` keeps the home's), and sets in `config.toml` what `options` say and the application needs. The rest
    /// of that file is its owner's.
    ///
    /// # Errors
    /// Files cannot be made or edited, the home holds another chain, or a setting is unusable.
    pub fn prepare(
        home: CometHome,
        binary: CometBinary,
        genesis: Option<&str>,
        options: CometOptions,
    ) -> Result<Self, CometError> {
        Self::init(&home, &binary)?;
        if let Some(genesis) = genesis {
            home.install_genesis(genesis)?;
        }
        let mut config = ConfigFile::read(&home.config_path())?;
        let abci = options.abci.clone().unwrap_or_else(|| Listen::Unix(home.socket_path()));
        config.apply(&options.settings(&abci))?;
        let node = Self { home, binary, options, config, child: Mutex::new(None) };
        node.rpc_url()?;
        Ok(node)
    }

    /// The home.
    pub fn home(&self) -> &CometHome {
        &self.home
    }

    /// Where the application must be served before [`start`](Self::start).
    pub fn listen(&self) -> Listen {
        self.options.abci.clone().unwrap_or_else(|| Listen::Unix(self.home.socket_path()))
    }

    /// Where its RPC answers, as an HTTP address of this machine.
    ///
    /// # Errors
    /// `rpc.laddr` of `config.toml` is not a TCP address with a port.
    pub fn rpc_url(&self) -> Result<String, CometError> {
        let laddr = self.config.string("rpc", "laddr").unwrap_or_default();
        health::http_url(&laddr).ok_or_else(|| {
            CometError::Option(format!(
                "rpc.laddr {laddr:?} is not usable; write tcp://host:port with a port of your choice in {}",
                self.home.config_path().display()
            ))
        })
    }

    /// Starts CometBFT and waits until its RPC answers, and for the first block if the options say so. The application
    /// must already be served at [`listen`](Self::listen).
    ///
    /// # Errors
    /// It cannot be started, ends early (with the last lines of its log), or does not become ready: then it is
    /// stopped again.
    pub fn start(&self) -> Result<CometHandle, CometError> {
        let rpc = self.rpc_url()?;
        let node_id = self.home.node_id()?;
        let handle = {
            let mut child = self.child.lock();
            if let Some(child) = child.as_ref().filter(|child| child.is_alive()) {
                return Err(CometError::Running { pid: child.pid() });
            }
            leftover::end(&self.home.pid_path())?;
            let handle = child::spawn(&self.home, &self.binary, &self.options, rpc)?;
            *child = Some(handle.child());
            handle
        };
        match health::wait_ready(&handle, &node_id, &self.options) {
            Ok(()) => Ok(handle),
            Err(error) => {
                handle.stop(Duration::from_secs(5));
                Err(error)
            }
        }
    }
}

/// Opens `home` and prepares it with the program found by [`CometBinary::find`].
///
/// # Errors
/// As [`CometHome::open`], [`CometBinary::find`] and [`CometNode::prepare`].
pub fn prepare(home: &Path, genesis: Option<&str>, options: CometOptions) -> Result<CometNode, CometError> {
    let binary = CometBinary::find(options.binary.as_deref())?;
    CometNode::prepare(CometHome::open(home)?, binary, genesis, options)
}

#[cfg(test)]
pub(crate) mod tests;
