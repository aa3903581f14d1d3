//! A measurement, printed as a ratio: both sides are taken in turns in the same run.

use std::time::{Duration, Instant};

use crate::abci::tests::app::KvApp;
use crate::abci::tests::client::{Client, Served, check};
use crate::abci::{AbciOptions, AbciServer, Listen};

const ROUNDS: usize = 60;
const CALLS: usize = 200;

/// The time of each call of a round. Each has a connection of its own: where the system places its two threads decides
/// more than the kind of the socket does.
fn round(listen: &Listen, times: &mut Vec<Duration>) {
    let mut client = Client::connect(listen);
    for n in 0..CALLS {
        let begun = Instant::now();
        client.ask(check(format!("key={n}")));
        times.push(begun.elapsed());
    }
}

#[test]
#[ignore = "a measurement; run it with --ignored --nocapture, in release"]
fn check_tx_round_trip_over_unix_against_tcp() {
    let unix = Served::new();
    let tcp = Listen::Tcp("127.0.0.1:0".parse().unwrap());
    let tcp = AbciServer::bind(&tcp, KvApp::default(), AbciOptions::default()).unwrap();
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        round(unix.handle.address(), &mut times[0]);
        round(tcp.address(), &mut times[1]);
    }
    times.iter_mut().for_each(|times| times.sort());
    for (name, at) in [("a tenth", 10), ("half", 2)] {
        let [unix, tcp] = [&times[0], &times[1]].map(|times| times[times.len() / at]);
        let ratio = unix.as_secs_f64() / tcp.as_secs_f64();
        println!("CheckTx + Flush, unix / tcp with NODELAY, {name} below: {ratio:.2} ({unix:?} / {tcp:?})");
        // The delay this server was written to avoid is 40 ms.
        assert!(unix.max(tcp) < Duration::from_millis(5), "{unix:?} {tcp:?}");
    }
}
