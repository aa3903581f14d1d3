//! CometBFT as the specification has it: what it remembers, and every call it may make next.
//!
//! ```text
//! start               = clean-start / recovery
//! clean-start         = ( app-handshake / state-sync ) consensus-exec
//! app-handshake       = info init-chain
//! state-sync          = *state-sync-attempt success-sync info
//! recovery            = info [init-chain] consensus-exec
//! consensus-exec      = (inf)consensus-height
//! consensus-height    = *consensus-round finalize-block commit
//! consensus-round     = proposer / non-proposer
//! proposer            = *got-vote [prepare-proposal [process-proposal]] [extend]
//! extend              = *got-vote extend-vote *got-vote
//! non-proposer        = *got-vote [process-proposal] [extend]
//! ```
//!
//! `info` of a recovery is followed by the blocks that the application lacks, as CometBFT's handshake compares heights.

use std::collections::{BTreeMap, HashMap};

use agora_tests::harness::Recording;
use bytes::Bytes;
use rand::Rng;
use rand::rngs::StdRng;
use tendermint_proto::v0_38::abci::request::Value as Question;
use tendermint_proto::v0_38::abci::response::Value as Answer;
use tendermint_proto::v0_38::abci::{
    RequestApplySnapshotChunk, RequestCommit, RequestFinalizeBlock, RequestInfo, RequestOfferSnapshot,
    response_offer_snapshot,
};

use super::line::Line;

/// Where a process may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    /// Before `InitChain`, also after an attempt at a snapshot.
    BeforeGenesis,
    /// `InitChain` was answered; there is no block.
    Genesis,
    /// A block is being agreed on.
    Rounds,
    /// A block was decided and stored by CometBFT.
    Stored,
    /// It was executed and not committed.
    Executed,
    /// It was committed, which CometBFT has not noted.
    Committed,
    /// All is noted.
    Noted,
    /// CometBFT was repeating blocks that the application lacked.
    Replay,
}

impl Point {
    pub(super) const ALL: [Self; 8] = [
        Self::BeforeGenesis,
        Self::Genesis,
        Self::Rounds,
        Self::Stored,
        Self::Executed,
        Self::Committed,
        Self::Noted,
        Self::Replay,
    ];
}

/// A process has ended.
pub(super) struct Crashed;

/// Processes that may end in a sequence; then it goes on undisturbed to its end.
const CRASHES: usize = 12;

/// CometBFT's memory.
pub(super) struct Comet<'a> {
    pub(super) recording: &'a Recording,
    /// Transactions somebody has sent.
    pub(super) waiting: &'a [Bytes],
    pub(super) rng: StdRng,
    /// How many blocks it has stored. Whether it has noted the effects of the last one changes nothing that it asks: it has kept
    /// the results, and asks for none that was committed.
    stored: usize,
    /// How many the application has committed.
    pub(super) committed: usize,
    /// What the application said of a proposal.
    pub(super) verdicts: HashMap<(i64, Vec<Bytes>), i32>,
    /// Where processes have ended.
    pub(super) crashes: Vec<Point>,
    /// What was called, for a sequence that fails.
    pub(super) calls: Vec<String>,
    /// How often what was called.
    pub(super) counts: BTreeMap<&'static str, usize>,
}

impl<'a> Comet<'a> {
    pub(super) fn new(recording: &'a Recording, waiting: &'a [Bytes], rng: StdRng) -> Self {
        Self {
            recording,
            waiting,
            rng,
            stored: 0,
            committed: 0,
            verdicts: HashMap::new(),
            crashes: Vec::new(),
            calls: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    /// From the first call after a start to the last block, unless a process ends before.
    pub(super) fn session(&mut self, line: &mut Line) -> Result<(), Crashed> {
        if self.stored == 0 && self.rng.gen_ratio(1, 8) {
            self.fail_to_sync(line)?;
        }
        self.handshake(line)?;
        while self.stored < self.recording.blocks.len() {
            self.height(line)?;
        }
        Ok(())
    }

    /// Snapshots that the application, which restores none, does not take; CometBFT gives up and is started without.
    fn fail_to_sync(&mut self, line: &mut Line) -> Result<(), Crashed> {
        for _ in 0..self.rng.gen_range(1..3) {
            let offer = RequestOfferSnapshot { app_hash: vec![7; 32].into(), ..Default::default() };
            let Answer::OfferSnapshot(answer) = self.call(line, Question::OfferSnapshot(offer)) else {
                panic!("another answer to OfferSnapshot");
            };
            assert_ne!(answer.result(), response_offer_snapshot::Result::Accept, "a snapshot is accepted");
            for index in 0..self.rng.gen_range(0..3) {
                let chunk = RequestApplySnapshotChunk { index, ..Default::default() };
                self.call(line, Question::ApplySnapshotChunk(chunk));
            }
        }
        self.crashes.push(Point::BeforeGenesis);
        Err(Crashed)
    }

    /// Finds out where the application is, and takes it to where CometBFT is.
    fn handshake(&mut self, line: &mut Line) -> Result<(), Crashed> {
        self.require_place(line);
        if self.committed == 0 {
            self.may_end(Point::BeforeGenesis)?;
            let request = Question::InitChain(self.recording.init.clone());
            let Answer::InitChain(started) = self.call(line, request) else {
                panic!("another answer to InitChain");
            };
            assert_eq!(started, self.recording.started, "genesis is another one");
            self.may_end(Point::Genesis)?;
        }
        while self.committed < self.stored {
            self.aside(line);
            self.execute(line);
            self.may_end(Point::Replay)?;
            self.commit(line);
            self.may_end(Point::Replay)?;
        }
        Ok(())
    }

    /// `Info` says the height and hash of the last commit.
    pub(super) fn require_place(&mut self, line: &mut Line) {
        let Answer::Info(info) = self.call(line, Question::Info(RequestInfo::default())) else {
            panic!("another answer to Info");
        };
        let (height, hash) = match self.committed.checked_sub(1) {
            Some(last) => {
                let (request, response) = &self.recording.blocks[last];
                (request.height, response.app_hash.clone())
            }
            None => (0, Bytes::new()),
        };
        assert_eq!(info.last_block_height, height, "another height was committed");
        assert_eq!(info.last_block_app_hash, hash, "another state at height {height}");
    }

    fn height(&mut self, line: &mut Line) -> Result<(), Crashed> {
        // Without rounds the block comes from a peer.
        let rounds = [0, 0, 1, 1, 1, 2, 3][self.rng.gen_range(0..7)];
        for _ in 0..rounds {
            self.round(line)?;
        }
        self.stored += 1;
        self.may_end(Point::Stored)?;
        self.aside(line);
        self.execute(line);
        self.may_end(Point::Executed)?;
        self.aside(line);
        self.commit(line);
        self.may_end(Point::Committed)?;
        self.aside(line);
        self.may_end(Point::Noted)
    }

    /// The next block that the application lacks.
    pub(super) fn next(&self) -> &'a RequestFinalizeBlock {
        &self.recording.blocks[self.committed].0
    }

    fn execute(&mut self, line: &mut Line) {
        let request = Question::FinalizeBlock(self.next().clone());
        let Answer::FinalizeBlock(response) = self.call(line, request) else {
            panic!("another answer to FinalizeBlock");
        };
        let expected = &self.recording.blocks[self.committed].1;
        assert_eq!(response.app_hash, expected.app_hash, "another hash at height {}", self.next().height);
        assert_eq!(response, *expected, "another result at height {}", self.next().height);
    }

    fn commit(&mut self, line: &mut Line) {
        self.call(line, Question::Commit(RequestCommit {}));
        self.committed += 1;
    }

    pub(super) fn call(&mut self, line: &mut Line, question: Question) -> Answer {
        let (name, height) = name(&question);
        *self.counts.entry(name).or_default() += 1;
        self.calls.push(if height == 0 { name.to_owned() } else { format!("{name}({height})") });
        line.call(question)
    }

    /// A process may end here.
    pub(super) fn may_end(&mut self, point: Point) -> Result<(), Crashed> {
        if self.crashes.len() >= CRASHES || !self.rng.gen_ratio(1, 24) {
            return Ok(());
        }
        self.calls.push(format!("end at {point:?}"));
        self.crashes.push(point);
        Err(Crashed)
    }
}

fn name(question: &Question) -> (&'static str, i64) {
    match question {
        Question::Echo(_) => ("Echo", 0),
        Question::Flush(_) => ("Flush", 0),
        Question::Info(_) => ("Info", 0),
        Question::InitChain(_) => ("InitChain", 0),
        Question::Query(r) => ("Query", r.height),
        Question::CheckTx(_) => ("CheckTx", 0),
        Question::Commit(_) => ("Commit", 0),
        Question::ListSnapshots(_) => ("ListSnapshots", 0),
        Question::OfferSnapshot(_) => ("OfferSnapshot", 0),
        Question::LoadSnapshotChunk(_) => ("LoadSnapshotChunk", 0),
        Question::ApplySnapshotChunk(_) => ("ApplySnapshotChunk", 0),
        Question::PrepareProposal(r) => ("PrepareProposal", r.height),
        Question::ProcessProposal(r) => ("ProcessProposal", r.height),
        Question::ExtendVote(r) => ("ExtendVote", r.height),
        Question::VerifyVoteExtension(r) => ("VerifyVoteExtension", r.height),
        Question::FinalizeBlock(r) => ("FinalizeBlock", r.height),
    }
}
