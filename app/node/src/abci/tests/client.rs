//! The other end of the socket, speaking as CometBFT does.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use tendermint_proto::v0_38::abci::request::Value as Question;
use tendermint_proto::v0_38::abci::response::Value as Answer;
use tendermint_proto::v0_38::abci::{
    Request, RequestCheckTx, RequestCommit, RequestEcho, RequestFinalizeBlock, RequestFlush, RequestQuery,
    Response,
};

use crate::abci::codec::read_frame;
use crate::abci::tests::app::KvApp;
use crate::abci::{AbciHandle, AbciOptions, AbciServer, Listen};

/// No answer takes longer than this in a test.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Client {
    read: BufReader<Box<dyn Read + Send>>,
    write: Box<dyn Write + Send>,
    close: Box<dyn Fn() + Send>,
}

impl Client {
    pub(crate) fn connect(listen: &Listen) -> Self {
        match listen {
            Listen::Unix(path) => {
                let stream = UnixStream::connect(path).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let (other, closing) = (stream.try_clone().unwrap(), stream.try_clone().unwrap());
                let close = Box::new(move || closing.shutdown(Shutdown::Both).unwrap());
                Self { read: BufReader::new(Box::new(other)), write: Box::new(stream), close }
            }
            Listen::Tcp(address) => {
                let stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let (other, closing) = (stream.try_clone().unwrap(), stream.try_clone().unwrap());
                let close = Box::new(move || closing.shutdown(Shutdown::Both).unwrap());
                Self { read: BufReader::new(Box::new(other)), write: Box::new(stream), close }
            }
        }
    }

    pub(crate) fn close(&self) {
        (self.close)();
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.write.write_all(bytes)
    }

    pub(crate) fn send(&mut self, question: Question) {
        self.raw(&framed(question)).unwrap();
    }

    /// The next answer; `None` when the connection is closed.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let frame: Bytes = read_frame(&mut self.read, usize::MAX).unwrap()?;
        Some(Response::decode(frame).unwrap().value.unwrap())
    }

    /// A question with its Flush in one write, as the Go client sends it.
    pub(crate) fn ask(&mut self, question: Question) -> Answer {
        let mut bytes = framed(question);
        bytes.extend(framed(Question::Flush(RequestFlush {})));
        self.raw(&bytes).unwrap();
        let answer = self.answer().unwrap();
        if !matches!(answer, Answer::Exception(_)) {
            assert!(matches!(self.answer(), Some(Answer::Flush(_))));
        }
        answer
    }

    /// Splits off the half that reads.
    #[allow(clippy::type_complexity)]
    pub(crate) fn split(self) -> (impl FnMut(&[u8]) + Send, BufReader<Box<dyn Read + Send>>) {
        let mut write = self.write;
        (move |bytes: &[u8]| write.write_all(bytes).unwrap(), self.read)
    }
}

pub(crate) fn framed(question: Question) -> Vec<u8> {
    Request { value: Some(question) }.encode_length_delimited_to_vec()
}

pub(crate) fn echo(text: &str) -> Question {
    Question::Echo(RequestEcho { message: text.to_owned() })
}

pub(crate) fn check(tx: impl Into<Bytes>) -> Question {
    Question::CheckTx(RequestCheckTx { tx: tx.into(), r#type: 0 })
}

pub(crate) fn query(key: &str) -> Question {
    Question::Query(RequestQuery { data: key.to_owned().into(), ..RequestQuery::default() })
}

pub(crate) fn block(height: i64, txs: &[&str]) -> Question {
    let txs = txs.iter().map(|tx| Bytes::from(tx.to_string())).collect();
    Question::FinalizeBlock(RequestFinalizeBlock { height, txs, ..RequestFinalizeBlock::default() })
}

pub(crate) fn commit() -> Question {
    Question::Commit(RequestCommit {})
}

/// The text of an exception.
#[track_caller]
pub(crate) fn exception(answer: Option<Answer>) -> String {
    match answer {
        Some(Answer::Exception(exception)) => exception.error,
        other => panic!("not an exception: {other:?}"),
    }
}

/// A server over a unix socket in a folder of its own.
pub(crate) struct Served {
    pub(crate) handle: AbciHandle,
    pub(crate) app: KvApp,
    pub(crate) folder: tempfile::TempDir,
}

impl Served {
    pub(crate) fn new() -> Self {
        Self::with(AbciOptions::default())
    }

    pub(crate) fn with(mut options: AbciOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = KvApp::default();
        options.fault = app.fault();
        let listen = Listen::Unix(folder.path().join("abci.sock"));
        let handle = AbciServer::bind(&listen, app.clone(), options).unwrap();
        Self { handle, app, folder }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.handle.address())
    }
}
