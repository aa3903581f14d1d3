//! One connection: requests in, answers out, in order.

use std::io::{self, BufReader, BufWriter, Write};
use std::time::Instant;

use bytes::Bytes;
use prost::Message as _;
use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::request::Value as Question;
use tendermint_proto::v0_38::abci::response::Value as Answer;
use tendermint_proto::v0_38::abci::{Request, Response, ResponseQuery};

use super::codec::{FrameError, MAX_RESPONSE_BYTES, first_field, frame_ready, read_frame};
use super::dispatch::{call, exception};
use super::grammar::{Grammar, GrammarMode};
use super::listen::Stream;
use super::metrics::add;
use super::server::Shared;
use super::{Fatal, Method};

/// Buffered in each direction, in bytes.
const BUFFER: usize = 256 << 10;
/// The encoding buffer is given back when a large answer has grown it beyond this, in bytes.
const KEEP: usize = 1 << 20;
/// The code of a query whose answer cannot be sent.
const QUERY_TOO_LARGE: u32 = 1;

/// What happens after an answer was sent.
enum Next {
    GoOn,
    /// The peer speaks something else: only this connection ends.
    Close,
    /// The application cannot go on: the server ends.
    Stop(Fatal),
}

/// Serves `stream` until it ends or the server stops.
pub(super) fn serve(shared: &Shared, id: u64, stream: &Stream, app: &impl Application) {
    let mut reader = BufReader::with_capacity(BUFFER, stream);
    let mut writer = Writer { out: BufWriter::with_capacity(BUFFER, stream), encoded: Vec::new() };
    let result = (|| -> io::Result<()> {
        while !shared.connections.stopping() {
            // Before waiting for more input everything answered must be on its way.
            if !frame_ready(reader.buffer()) {
                writer.flush()?;
            }
            let frame = match read_frame(&mut reader, shared.max_message_bytes) {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(FrameError::Io(error)) => return Err(error),
                Err(error) => {
                    tracing::warn!(connection = id, %error, "abci connection closed");
                    writer.send(shared, &exception(error.to_string()))?;
                    break;
                }
            };
            add(&shared.metrics.bytes_in, frame.len() as u64);
            let (answer, next) = answer(shared, id, frame, app);
            let flush = matches!(answer.value, Some(Answer::Flush(_))) || !matches!(next, Next::GoOn);
            // The owner can see the reason before CometBFT can act on it.
            let first = matches!(&next, Next::Stop(fatal) if shared.record_fatal(fatal.clone()));
            let sent =
                writer.send(shared, &answer).and_then(|()| if flush { writer.flush() } else { Ok(()) });
            match next {
                Next::GoOn => sent?,
                Next::Close => return sent,
                Next::Stop(fatal) => {
                    shared.fail(&fatal, first);
                    return sent;
                }
            }
        }
        writer.flush()
    })();
    if let Err(error) = result
        && !shared.connections.stopping()
    {
        tracing::debug!(connection = id, %error, "abci connection lost");
    }
}

fn answer(shared: &Shared, id: u64, frame: Bytes, app: &impl Application) -> (Response, Next) {
    if let Some(reason) = shared.fault.get() {
        return stop(reason.to_owned());
    }
    // Only for the text of a refusal; the bytes themselves may be a whole block.
    let field = first_field(&frame);
    let kept = shared.recorder.as_ref().map(|_| frame.clone());
    let request = match Request::decode(frame) {
        Ok(Request { value: Some(request) }) => request,
        Ok(Request { value: None }) => return refuse(unknown(field)),
        Err(error) => return refuse(format!("malformed abci request: {error}")),
    };
    let method = Method::of(&request);
    if let (Some(recorder), Some(frame)) = (&shared.recorder, kept) {
        match method {
            Method::Flush => recorder.flush(),
            _ => recorder.write(&frame),
        }
    }
    if Grammar::concerns(&request)
        && let Err(violation) = shared.grammar.lock().take(id, &request)
    {
        add(&shared.metrics.grammar_violations, 1);
        tracing::warn!(connection = id, %violation, "abci call out of order");
        if shared.grammar_mode == GrammarMode::Fail {
            return stop(format!("abci call out of order: {violation}"));
        }
    }
    run(shared, method, request, app)
}

fn run(shared: &Shared, method: Method, request: Question, app: &impl Application) -> (Response, Next) {
    let begun = Instant::now();
    let result = call(app, request);
    shared.metrics.called(method, begun.elapsed());
    match (result, shared.fault.get()) {
        (Err(panic), _) => {
            let reason = format!("the application panicked in {}: {panic}", method.label());
            // Calls under way on other connections must not answer from what the panic left behind.
            shared.fault.set(reason.clone());
            stop(reason)
        }
        (Ok(_), Some(reason)) => stop(format!("the application failed in {}: {reason}", method.label())),
        (Ok(answer), None) => fitting(method, Response { value: Some(answer) }),
    }
}

/// CometBFT drops a connection, and with it itself, on an answer that is too large.
fn fitting(method: Method, response: Response) -> (Response, Next) {
    let size = response.encoded_len();
    if size <= MAX_RESPONSE_BYTES {
        return (response, Next::GoOn);
    }
    let text = format!(
        "the answer to {} has {size} bytes, more than the {MAX_RESPONSE_BYTES} cometbft takes; ask for less at once",
        method.label()
    );
    if method == Method::Query {
        let answer = ResponseQuery { code: QUERY_TOO_LARGE, log: text, ..ResponseQuery::default() };
        return (Response { value: Some(Answer::Query(answer)) }, Next::GoOn);
    }
    stop(text)
}

fn stop(reason: String) -> (Response, Next) {
    (exception(reason.clone()), Next::Stop(Fatal { reason }))
}

fn refuse(text: String) -> (Response, Next) {
    tracing::warn!(%text, "abci request refused");
    (exception(text), Next::Close)
}

fn unknown(field: Option<u64>) -> String {
    let which = match field {
        Some(21) => "InsertTx".to_owned(),
        Some(22) => "ReapTxs".to_owned(),
        Some(field) => format!("field {field}"),
        None => "none".to_owned(),
    };
    format!(
        "unknown abci request ({which}): this application speaks abci 2.0; use cometbft v0.38, or later with \
         mempool.type = \"flood\""
    )
}

/// The answering half of a connection.
struct Writer<'a> {
    out: BufWriter<&'a Stream>,
    encoded: Vec<u8>,
}

impl Writer<'_> {
    fn send(&mut self, shared: &Shared, response: &Response) -> io::Result<()> {
        if matches!(response.value, Some(Answer::Exception(_))) {
            add(&shared.metrics.exceptions, 1);
        }
        self.encoded.clear();
        response.encode_length_delimited(&mut self.encoded).map_err(io::Error::other)?;
        add(&shared.metrics.bytes_out, self.encoded.len() as u64);
        self.out.write_all(&self.encoded)?;
        if self.encoded.capacity() > KEEP {
            self.encoded = Vec::new();
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
