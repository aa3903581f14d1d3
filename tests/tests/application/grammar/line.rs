//! The connections of CometBFT: calls of the application in this process, or frames over a socket.

use std::io::{BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use agora_node::abci::{AbciHandle, AbciOptions, AbciServer, GrammarMode, Listen};
use agora_node::app::App;
use prost::Message as _;
use tempfile::TempDir;
use tendermint_abci::Application as _;
use tendermint_proto::v0_38::abci::request::Value as Question;
use tendermint_proto::v0_38::abci::response::Value as Answer;
use tendermint_proto::v0_38::abci::{Request, RequestFlush, Response};

/// How the application is reached. CometBFT has a connection for consensus, one for its mempool and one for queries.
pub(super) enum Line {
    Direct(App),
    Socket(Box<Served>),
}

pub(super) struct Served {
    /// Consensus, mempool, query.
    connections: [BufReader<UnixStream>; 3],
    server: AbciHandle,
    _folder: TempDir,
}

impl Line {
    /// Over a socket, to a server that does not tolerate a call out of order.
    pub(super) fn socket(app: App) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abci.sock");
        let options = AbciOptions { grammar: GrammarMode::Fail, ..AbciOptions::default() };
        let server = AbciServer::bind(&Listen::Unix(path.clone()), app, options).unwrap();
        let connect = || BufReader::new(UnixStream::connect(&path).unwrap());
        Self::Socket(Box::new(Served {
            connections: [connect(), connect(), connect()],
            server,
            _folder: folder,
        }))
    }

    /// One call. An application that cannot go on ends the test.
    pub(super) fn call(&mut self, question: Question) -> Answer {
        match self {
            Self::Direct(app) => answer(app, question),
            Self::Socket(served) => served.call(question),
        }
    }

    /// Closes the connections; whoever opens the state next must find it free.
    pub(super) fn close(self) {
        if let Self::Socket(served) = self {
            let Served { connections, server, _folder } = *served;
            drop(connections);
            server.stop(Duration::from_secs(30)).expect("the server stops");
        }
    }
}

impl Served {
    fn call(&mut self, question: Question) -> Answer {
        let at = match question {
            Question::CheckTx(_) => 1,
            Question::Query(_) | Question::Info(_) | Question::Echo(_) => 2,
            _ => 0,
        };
        let connection = &mut self.connections[at];
        for value in [question, Question::Flush(RequestFlush {})] {
            let frame = Request { value: Some(value) }.encode_length_delimited_to_vec();
            connection.get_mut().write_all(&frame).expect("the application is there");
        }
        match receive(connection) {
            Answer::Exception(exception) => panic!("{}", exception.error),
            answer => {
                assert!(matches!(receive(connection), Answer::Flush(_)));
                answer
            }
        }
    }
}

fn receive(connection: &mut BufReader<UnixStream>) -> Answer {
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let mut byte = [0];
        connection.read_exact(&mut byte).expect("an answer");
        length |= usize::from(byte[0] & 0x7f) << shift;
        if byte[0] < 0x80 {
            break;
        }
        shift += 7;
    }
    let mut frame = vec![0; length];
    connection.read_exact(&mut frame).expect("an answer");
    Response::decode(frame.as_slice()).expect("a response").value.expect("a value")
}

/// A call in this process.
pub(super) fn answer(app: &App, question: Question) -> Answer {
    match question {
        Question::Echo(r) => Answer::Echo(app.echo(r)),
        Question::Flush(_) => Answer::Flush(app.flush()),
        Question::Info(r) => Answer::Info(app.info(r)),
        Question::InitChain(r) => Answer::InitChain(app.init_chain(r)),
        Question::Query(r) => Answer::Query(app.query(r)),
        Question::CheckTx(r) => Answer::CheckTx(app.check_tx(r)),
        Question::Commit(_) => Answer::Commit(app.commit()),
        Question::ListSnapshots(_) => Answer::ListSnapshots(app.list_snapshots()),
        Question::OfferSnapshot(r) => Answer::OfferSnapshot(app.offer_snapshot(r)),
        Question::LoadSnapshotChunk(r) => Answer::LoadSnapshotChunk(app.load_snapshot_chunk(r)),
        Question::ApplySnapshotChunk(r) => Answer::ApplySnapshotChunk(app.apply_snapshot_chunk(r)),
        Question::PrepareProposal(r) => Answer::PrepareProposal(app.prepare_proposal(r)),
        Question::ProcessProposal(r) => Answer::ProcessProposal(app.process_proposal(r)),
        Question::ExtendVote(r) => Answer::ExtendVote(app.extend_vote(r)),
        Question::VerifyVoteExtension(r) => Answer::VerifyVoteExtension(app.verify_vote_extension(r)),
        Question::FinalizeBlock(r) => Answer::FinalizeBlock(app.finalize_block(r)),
    }
}
