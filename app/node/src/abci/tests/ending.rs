//! How a server ends: when asked, and when the application cannot go on.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tendermint_proto::v0_38::abci::response::Value as Answer;

use crate::abci::tests::client::{Served, block, check, commit, echo, exception, framed};
use crate::abci::{AbciOptions, Listen};

const SOON: Duration = Duration::from_secs(20);

/// Counts the calls of the hook.
fn watched() -> (Served, Arc<AtomicUsize>) {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let hook = move |_: &_| {
        count.fetch_add(1, Ordering::SeqCst);
    };
    let on_fatal = Some(Box::new(hook) as _);
    (Served::with(AbciOptions { on_fatal, ..AbciOptions::default() }), told)
}

#[track_caller]
fn assert_stopped(served: &Served) {
    let Listen::Unix(path) = served.handle.address() else { panic!() };
    let begun = Instant::now();
    while UnixStream::connect(path).is_ok() {
        assert!(begun.elapsed() < SOON, "it still accepts");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_panic_becomes_an_exception_and_the_end_of_the_whole_server() {
    let (served, told) = watched();
    let mut others = [served.connect(), served.connect()];
    others.iter_mut().for_each(|client| drop(client.ask(echo("x"))));
    let text = exception(Some(served.connect().ask(check("check-panic"))));
    assert_eq!(text, "the application panicked in check_tx: told to by \"a transaction\"");
    assert_eq!(served.handle.wait_fatal(SOON).unwrap().reason, text);
    assert!(!served.handle.is_running());
    for mut client in others {
        assert!(client.answer().is_none(), "every connection is closed");
    }
    assert_stopped(&served);
    served.handle.stop(SOON).unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[test]
fn a_fault_in_a_block_is_an_exception_in_place_of_the_answer() {
    let (served, told) = watched();
    let text = exception(Some(served.connect().ask(block(1, &["fault=1"]))));
    assert_eq!(text, "the application failed in finalize_block: the tree is damaged; restore a snapshot");
    assert!(served.handle.wait_fatal(SOON).unwrap().reason.ends_with("restore a snapshot"));
    assert_stopped(&served);
    served.handle.stop(SOON).unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[test]
fn a_call_under_way_does_not_answer_from_what_a_panic_left_behind() {
    let (served, told) = watched();
    served.app.close_gate();
    let mut consensus = served.connect();
    consensus.send(block(1, &["a=1"]));
    served.app.wait_at_gate();
    exception(Some(served.connect().ask(check("check-panic"))));
    served.app.open_gate();
    assert!(exception(consensus.answer()).contains("panicked in check_tx"));
    served.handle.stop(SOON).unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 1, "the first reason is the one told");
}

#[test]
fn a_fault_between_calls_keeps_the_next_one_from_the_application() {
    let served = Served::new();
    let mut client = served.connect();
    client.ask(echo("x"));
    served.app.fault().set("the clock went backwards");
    assert_eq!(exception(Some(client.ask(block(1, &["a=1"])))), "the clock went backwards");
    assert_eq!(served.handle.wait_fatal(SOON).unwrap().reason, "the clock went backwards");
}

#[test]
fn stopping_finishes_the_call_under_way_and_sends_its_answer() {
    let served = Served::new();
    let app = served.app.clone();
    app.close_gate();
    let mut consensus = served.connect();
    // Two requests: the second one is not begun any more.
    consensus.raw(&[framed(block(1, &["a=1"])), framed(commit())].concat()).unwrap();
    app.wait_at_gate();
    let opener = thread::spawn({
        let app = app.clone();
        move || {
            thread::sleep(Duration::from_millis(100));
            app.open_gate();
        }
    });
    served.handle.stop(SOON).unwrap();
    opener.join().unwrap();
    assert!(matches!(consensus.answer(), Some(Answer::FinalizeBlock(_))));
    assert!(consensus.answer().is_none());
    assert_eq!(app.0.committed.lock().height, 0);
}

#[test]
fn stopping_does_not_wait_for_ever_for_a_call_that_hangs() {
    let served = Served::new();
    served.app.close_gate();
    let app = served.app.clone();
    let mut consensus = served.connect();
    consensus.send(block(1, &[]));
    app.wait_at_gate();
    let error = served.handle.stop(Duration::from_millis(50)).unwrap_err();
    assert_eq!(error.calls, 1);
    assert!(consensus.answer().is_none());
    app.open_gate();
}

#[test]
fn stopping_does_not_wait_for_peers_that_neither_write_nor_read() {
    let served = Served::new();
    let mut half = served.connect();
    half.raw(&framed(echo("cut"))[..4]).unwrap();
    // A peer that writes and never reads: the answers fill the socket, the server waits in a write.
    let mut deaf = served.connect();
    let flood = framed(echo(&"x".repeat(60_000)));
    let (sent, done) = std::sync::mpsc::channel();
    let writer = thread::spawn(move || {
        while deaf.raw(&flood).is_ok() {
            let _ = sent.send(());
        }
    });
    while done.recv_timeout(Duration::from_millis(300)).is_ok() {}
    let begun = Instant::now();
    served.handle.stop(Duration::from_millis(200)).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    writer.join().unwrap();
}

#[test]
fn dropping_the_handle_stops_the_server() {
    let served = Served::new();
    let mut client = served.connect();
    client.ask(echo("x"));
    let path = served.folder.path().join("abci.sock");
    let Served { handle, app: _app, folder: _folder } = served;
    drop(handle);
    assert!(client.answer().is_none());
    let begun = Instant::now();
    while path.exists() {
        assert!(begun.elapsed() < SOON);
        thread::sleep(Duration::from_millis(1));
    }
}
