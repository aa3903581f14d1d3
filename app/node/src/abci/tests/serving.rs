//! Requests and answers through a socket.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use tendermint_proto::v0_38::abci::request::Value as Question;
use tendermint_proto::v0_38::abci::response::Value as Answer;
use tendermint_proto::v0_38::abci::{RequestFinalizeBlock, RequestFlush, RequestQuery, Response};

use crate::abci::codec::read_frame;
use crate::abci::tests::client::{Served, block, check, commit, echo, exception, framed, query};
use crate::abci::{AbciOptions, Method, read_recording};

#[test]
fn a_hundred_thousand_pipelined_checks_are_answered_in_order() {
    const N: i64 = 100_000;
    let served = Served::new();
    let (mut write, mut read) = served.connect().split();
    let writer = thread::spawn(move || {
        let padding = "x".repeat(240);
        let mut bytes = Vec::new();
        for n in 0..N {
            bytes.extend(framed(check(format!("{padding}={n}"))));
            if bytes.len() > 64 << 10 || n == N - 1 {
                write(&bytes);
                bytes.clear();
            }
        }
        write(&framed(Question::Flush(RequestFlush {})));
        write
    });
    for n in 0..N {
        let frame = read_frame(&mut read, usize::MAX).unwrap().unwrap();
        match Response::decode(frame).unwrap().value.unwrap() {
            Answer::CheckTx(answer) => assert_eq!(answer.gas_wanted, n),
            other => panic!("{other:?}"),
        }
    }
    drop(writer.join().unwrap());
    let stats = served.handle.metrics().method(Method::CheckTx);
    assert_eq!(stats.calls, N as u64);
    assert_eq!(stats.buckets.iter().sum::<u64>(), stats.calls);
}

#[test]
fn a_block_of_21_mb_goes_through() {
    let served = Served::new();
    let txs: Vec<Bytes> = (0..21_000).map(|n| format!("{n:08}={}", "v".repeat(990)).into()).collect();
    let block = RequestFinalizeBlock { height: 1, txs, ..RequestFinalizeBlock::default() };
    let mut client = served.connect();
    let Answer::FinalizeBlock(answer) = client.ask(Question::FinalizeBlock(block)) else { panic!() };
    assert_eq!(answer.tx_results.len(), 21_000);
    assert!(answer.tx_results.iter().all(|result| result.gas_used == 999));
    client.ask(commit());
    assert_eq!(served.app.0.committed.lock().pairs.len(), 21_000);
    assert!(served.handle.metrics().bytes_in() > 21_000_000);
}

#[test]
fn bytes_that_come_one_by_one_make_whole_requests() {
    let served = Served::new();
    let mut client = served.connect();
    for byte in [framed(echo("slow")), framed(Question::Flush(RequestFlush {}))].concat() {
        client.raw(&[byte]).unwrap();
    }
    assert!(matches!(client.answer(), Some(Answer::Echo(echo)) if echo.message == "slow"));
    assert!(matches!(client.answer(), Some(Answer::Flush(_))));
}

#[test]
fn an_answer_does_not_wait_for_a_flush_when_there_is_nothing_more_to_read() {
    let served = Served::new();
    let mut client = served.connect();
    client.send(echo("now"));
    assert!(matches!(client.answer(), Some(Answer::Echo(_))));
    // Half of a further request does not hold an answer back either.
    let next = framed(echo("next"));
    client.raw(&[framed(echo("again")), next[..3].to_vec()].concat()).unwrap();
    assert!(matches!(client.answer(), Some(Answer::Echo(_))));
    client.raw(&next[3..]).unwrap();
    assert!(matches!(client.answer(), Some(Answer::Echo(echo)) if echo.message == "next"));
}

#[test]
fn a_flush_sends_what_is_answered_even_if_more_requests_are_waiting() {
    let served = Served::new();
    served.app.close_gate();
    let mut client = served.connect();
    let flush = framed(Question::Flush(RequestFlush {}));
    client.raw(&[framed(echo("first")), flush, framed(block(1, &[]))].concat()).unwrap();
    assert!(matches!(client.answer(), Some(Answer::Echo(_))));
    assert!(matches!(client.answer(), Some(Answer::Flush(_))));
    served.app.open_gate();
    assert!(matches!(client.answer(), Some(Answer::FinalizeBlock(_))));
}

#[test]
fn checks_and_queries_are_answered_while_a_block_is_executed() {
    let served = Served::new();
    let mut consensus = served.connect();
    consensus.ask(block(1, &["a=1"]));
    consensus.ask(commit());
    served.app.close_gate();
    consensus.send(block(2, &["a=2"]));
    served.app.wait_at_gate();
    assert!(matches!(served.connect().ask(check("k=9")), Answer::CheckTx(answer) if answer.gas_wanted == 9));
    assert!(matches!(served.connect().ask(query("a")), Answer::Query(answer) if answer.value == "1"));
    served.app.open_gate();
    assert!(matches!(consensus.answer(), Some(Answer::FinalizeBlock(_))));
}

#[test]
fn requests_of_later_protocols_are_refused_by_name() {
    let served = Served::new();
    // InsertTx of CometBFT v0.39: field 21, an empty message.
    let mut client = served.connect();
    client.raw(&[3, 0xaa, 0x01, 0x00]).unwrap();
    let text = exception(client.answer());
    assert!(text.contains("InsertTx") && text.contains("cometbft v0.38"), "{text}");
    assert!(client.answer().is_none(), "the connection is closed");
    let mut client = served.connect();
    client.raw(&[0]).unwrap();
    assert!(exception(client.answer()).contains("unknown abci request (none)"));
    // The others go on.
    assert!(matches!(served.connect().ask(echo("x")), Answer::Echo(_)));
    assert!(served.handle.fatal().is_none());
}

#[test]
fn malformed_and_oversized_requests_end_their_connection_only() {
    let served = Served::with(AbciOptions { max_message_bytes: 1_000, ..AbciOptions::default() });
    for (bytes, text) in [
        (&[2, 0xff, 0xff][..], "malformed abci request"),
        (&[0xff; 10][..], "malformed length"),
        (&[0xe9, 0x07][..], "of 1001 bytes is larger than 1000"),
        (
            b"\x47ET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a-browser-that-lost-its-way\r\n\r\n",
            "malformed",
        ),
    ] {
        let mut client = served.connect();
        client.raw(bytes).unwrap();
        let answer = exception(client.answer());
        assert!(answer.contains(text), "{answer}");
        assert!(client.answer().is_none());
    }
    assert_eq!(served.handle.metrics().exceptions(), 4);
    assert!(matches!(served.connect().ask(echo("x")), Answer::Echo(_)));
}

#[test]
fn connections_beyond_the_limit_are_told_so() {
    let served = Served::with(AbciOptions { max_connections: 2, ..AbciOptions::default() });
    let mut open = [served.connect(), served.connect()];
    open.iter_mut().for_each(|client| drop(client.ask(echo("x"))));
    let text = exception(served.connect().answer());
    assert!(text.contains("too many abci connections (2 at most)"), "{text}");
    open[0].close();
    let begun = std::time::Instant::now();
    while served.handle.metrics().connections_open() == 2 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(1));
    }
    assert!(matches!(served.connect().ask(echo("x")), Answer::Echo(_)));
    assert!(matches!(open[1].ask(echo("x")), Answer::Echo(_)));
    assert_eq!(served.handle.metrics().connections_refused(), 1);
}

#[test]
fn a_query_answer_too_large_to_send_becomes_an_error_of_the_query() {
    let served = Served::new();
    let huge = Question::Query(RequestQuery { path: "/huge".to_owned(), ..RequestQuery::default() });
    let Answer::Query(answer) = served.connect().ask(huge) else { panic!() };
    assert_eq!((answer.code, answer.value.len()), (1, 0));
    assert!(answer.log.contains("ask for less"), "{}", answer.log);
    assert!(served.handle.is_running());
}

#[test]
fn a_recording_holds_every_request_but_flushes_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests");
    let options = AbciOptions { record: Some(path.clone()), ..AbciOptions::default() };
    let served = Served::with(options);
    let mut client = served.connect();
    let sent = [echo("one"), block(1, &["a=1", "b=2"]), commit(), check("c=3")];
    for question in &sent {
        client.ask(question.clone());
    }
    served.handle.stop(Duration::from_secs(5)).unwrap();
    let recorded: Vec<_> =
        read_recording(&path).unwrap().map(|request| request.unwrap().value.unwrap()).collect();
    assert_eq!(recorded, sent);

    // A recording cut off by a crash gives what is whole, then an error.
    let bytes = std::fs::read(&path).unwrap();
    std::fs::File::create(&path).unwrap().write_all(&bytes[..bytes.len() - 1]).unwrap();
    let read: Vec<_> = read_recording(&path).unwrap().collect();
    assert_eq!(read.len(), 4);
    assert!(read[3].is_err());
}
