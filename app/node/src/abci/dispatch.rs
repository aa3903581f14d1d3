//! From a request to the application's method and back.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::{
    Response, ResponseException, request::Value as Request, response::Value as Answer,
};

/// The methods of ABCI 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Method {
    Echo,
    Flush,
    Info,
    InitChain,
    Query,
    CheckTx,
    Commit,
    ListSnapshots,
    OfferSnapshot,
    LoadSnapshotChunk,
    ApplySnapshotChunk,
    PrepareProposal,
    ProcessProposal,
    ExtendVote,
    VerifyVoteExtension,
    FinalizeBlock,
}

impl Method {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::Echo,
        Self::Flush,
        Self::Info,
        Self::InitChain,
        Self::Query,
        Self::CheckTx,
        Self::Commit,
        Self::ListSnapshots,
        Self::OfferSnapshot,
        Self::LoadSnapshotChunk,
        Self::ApplySnapshotChunk,
        Self::PrepareProposal,
        Self::ProcessProposal,
        Self::ExtendVote,
        Self::VerifyVoteExtension,
        Self::FinalizeBlock,
    ];

    /// The label used in metrics, as CometBFT's own metrics name it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Flush => "flush",
            Self::Info => "info",
            Self::InitChain => "init_chain",
            Self::Query => "query",
            Self::CheckTx => "check_tx",
            Self::Commit => "commit",
            Self::ListSnapshots => "list_snapshots",
            Self::OfferSnapshot => "offer_snapshot",
            Self::LoadSnapshotChunk => "load_snapshot_chunk",
            Self::ApplySnapshotChunk => "apply_snapshot_chunk",
            Self::PrepareProposal => "prepare_proposal",
            Self::ProcessProposal => "process_proposal",
            Self::ExtendVote => "extend_vote",
            Self::VerifyVoteExtension => "verify_vote_extension",
            Self::FinalizeBlock => "finalize_block",
        }
    }

    /// The method a request asks for.
    pub(super) fn of(request: &Request) -> Self {
        match request {
            Request::Echo(_) => Self::Echo,
            Request::Flush(_) => Self::Flush,
            Request::Info(_) => Self::Info,
            Request::InitChain(_) => Self::InitChain,
            Request::Query(_) => Self::Query,
            Request::CheckTx(_) => Self::CheckTx,
            Request::Commit(_) => Self::Commit,
            Request::ListSnapshots(_) => Self::ListSnapshots,
            Request::OfferSnapshot(_) => Self::OfferSnapshot,
            Request::LoadSnapshotChunk(_) => Self::LoadSnapshotChunk,
            Request::ApplySnapshotChunk(_) => Self::ApplySnapshotChunk,
            Request::PrepareProposal(_) => Self::PrepareProposal,
            Request::ProcessProposal(_) => Self::ProcessProposal,
            Request::ExtendVote(_) => Self::ExtendVote,
            Request::VerifyVoteExtension(_) => Self::VerifyVoteExtension,
            Request::FinalizeBlock(_) => Self::FinalizeBlock,
        }
    }
}

/// Calls the application.
///
/// # Errors
/// The message of the panic, if it panicked.
pub(super) fn call(app: &impl Application, request: Request) -> Result<Answer, String> {
    // Whatever the panic left behind is never looked at again: the server stops.
    catch_unwind(AssertUnwindSafe(|| answer(app, request))).map_err(|payload| panic_text(payload.as_ref()))
}

fn answer(app: &impl Application, request: Request) -> Answer {
    match request {
        Request::Echo(r) => Answer::Echo(app.echo(r)),
        Request::Flush(_) => Answer::Flush(app.flush()),
        Request::Info(r) => Answer::Info(app.info(r)),
        Request::InitChain(r) => Answer::InitChain(app.init_chain(r)),
        Request::Query(r) => Answer::Query(app.query(r)),
        Request::CheckTx(r) => Answer::CheckTx(app.check_tx(r)),
        Request::Commit(_) => Answer::Commit(app.commit()),
        Request::ListSnapshots(_) => Answer::ListSnapshots(app.list_snapshots()),
        Request::OfferSnapshot(r) => Answer::OfferSnapshot(app.offer_snapshot(r)),
        Request::LoadSnapshotChunk(r) => Answer::LoadSnapshotChunk(app.load_snapshot_chunk(r)),
        Request::ApplySnapshotChunk(r) => Answer::ApplySnapshotChunk(app.apply_snapshot_chunk(r)),
        Request::PrepareProposal(r) => Answer::PrepareProposal(app.prepare_proposal(r)),
        Request::ProcessProposal(r) => Answer::ProcessProposal(app.process_proposal(r)),
        Request::ExtendVote(r) => Answer::ExtendVote(app.extend_vote(r)),
        Request::VerifyVoteExtension(r) => Answer::VerifyVoteExtension(app.verify_vote_extension(r)),
        Request::FinalizeBlock(r) => Answer::FinalizeBlock(app.finalize_block(r)),
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// The answer that ends CometBFT's patience: it logs the text and stops.
pub(super) fn exception(text: impl Into<String>) -> Response {
    Response { value: Some(Answer::Exception(ResponseException { error: text.into() })) }
}
