//! The order of calls, as the ABCI specification's grammar has it. CometBFT keeps to it; a check that is always on
//! costs nothing and tells a bug of a driver, a proxy or an upgrade from a bug of the application.
//!
//! `Info`, `Query`, `CheckTx`, `Echo`, `Flush` and the serving of snapshots may come at any time and are not looked at.

use tendermint_proto::v0_38::abci::request::Value as Request;

/// What a call out of order leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrammarMode {
    /// A warning in the log and a counter: the application answers.
    #[default]
    Warn,
    /// An exception, and the server stops: for tests.
    Fail,
}

/// Where in the grammar a session with CometBFT is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing but handshakes so far: a clean start, or a recovery.
    Start,
    /// A snapshot is being restored; whether a chunk of the snapshot now on offer has come.
    StateSync { chunks: bool },
    /// Between two blocks, or in the rounds of `height`; 0 when no height is known yet.
    Height { height: i64 },
    /// `height` is decided and waits for `Commit`.
    Decided { height: i64 },
}

/// The state machine of one session. A new session begins when a connection that drove it closes.
#[derive(Debug)]
pub(super) struct Grammar {
    place: Place,
    /// The height the next block must have, where it is known.
    next: Option<i64>,
    drivers: Vec<u64>,
}

impl Grammar {
    pub(super) fn new() -> Self {
        Self { place: Place::Start, next: None, drivers: Vec::new() }
    }

    /// Whether the order of this request matters.
    pub(super) fn concerns(request: &Request) -> bool {
        !matches!(
            request,
            Request::Echo(_)
                | Request::Flush(_)
                | Request::Info(_)
                | Request::Query(_)
                | Request::CheckTx(_)
                | Request::ListSnapshots(_)
                | Request::LoadSnapshotChunk(_)
        )
    }

    /// Takes a request of `connection`.
    ///
    /// # Errors
    /// Why it may not come now. The session goes on as if it might.
    pub(super) fn take(&mut self, connection: u64, request: &Request) -> Result<(), String> {
        let (place, verdict) = match request {
            Request::InitChain(r) => {
                self.next = Some(r.initial_height.max(1));
                let verdict = match self.place {
                    Place::Start => Ok(()),
                    _ => Err("InitChain after the chain has begun".to_owned()),
                };
                (Place::Height { height: 0 }, verdict)
            }
            Request::OfferSnapshot(_) => {
                let verdict = match self.place {
                    Place::Start | Place::StateSync { .. } => Ok(()),
                    _ => Err("OfferSnapshot after the chain has begun".to_owned()),
                };
                (Place::StateSync { chunks: false }, verdict)
            }
            Request::ApplySnapshotChunk(_) => {
                let verdict = match self.place {
                    Place::StateSync { .. } => Ok(()),
                    _ => Err("ApplySnapshotChunk without OfferSnapshot".to_owned()),
                };
                (Place::StateSync { chunks: true }, verdict)
            }
            Request::PrepareProposal(r) => {
                (Place::Height { height: r.height }, self.round("PrepareProposal", r.height))
            }
            Request::ProcessProposal(r) => {
                (Place::Height { height: r.height }, self.round("ProcessProposal", r.height))
            }
            Request::ExtendVote(r) => {
                (Place::Height { height: r.height }, self.round("ExtendVote", r.height))
            }
            Request::VerifyVoteExtension(r) => {
                (Place::Height { height: r.height }, self.round("VerifyVoteExtension", r.height))
            }
            Request::FinalizeBlock(r) => {
                let verdict = self.round("FinalizeBlock", r.height);
                (Place::Decided { height: r.height }, verdict)
            }
            Request::Commit(_) => {
                let verdict = match self.place {
                    Place::Decided { height } => {
                        self.next = height.checked_add(1);
                        Ok(())
                    }
                    _ => Err("Commit without FinalizeBlock".to_owned()),
                };
                (Place::Height { height: 0 }, verdict)
            }
            _ => return Ok(()),
        };
        self.place = place;
        if !self.drivers.contains(&connection) {
            self.drivers.push(connection);
        }
        verdict
    }

    /// A connection has closed; if it drove the session, the next call begins a new one.
    pub(super) fn closed(&mut self, connection: u64) {
        if self.drivers.contains(&connection) {
            *self = Self::new();
        }
    }

    fn round(&self, call: &str, height: i64) -> Result<(), String> {
        if let Some(next) = self.next.filter(|next| *next != height) {
            return Err(format!("{call} for height {height}, where {next} is due"));
        }
        match self.place {
            Place::StateSync { chunks: false } => Err(format!("{call} before a snapshot was restored")),
            Place::Decided { height: decided } => {
                Err(format!("{call} before the Commit of height {decided}"))
            }
            Place::Height { height: current } if current != 0 && current != height => {
                Err(format!("{call} for height {height} among the rounds of height {current}"))
            }
            Place::Start | Place::StateSync { chunks: true } | Place::Height { .. } => Ok(()),
        }
    }
}
