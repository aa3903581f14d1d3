//! A measurement, printed as a ratio: both sides are taken in turns in the same run.

use std::time::{Duration, Instant};

use crate::abci::tests::app::KvApp;
use crate::abci::tests::client::{Client, Served, check};
use crate::abci::{AbciOptions, AbciServer, Listen};

const ROUNDS: usize = 20;
const CALLS: u32 = 500;

/// The fastest of the rounds, per call.
fn fastest(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap() / CALLS
}

fn round(client: &mut Client) -> Duration {
    let begun = Instant::now();
    for n in 0..CALLS {
        client.ask(check(format!("key={n}")));
    }
    begun.elapsed()
}

#[test]
#[ignore = "a measurement; run it with --ignored --nocapture, in release"]
fn check_tx_round_trip_over_unix_against_tcp() {
    let unix = Served::new();
    let tcp = Listen::Tcp("127.0.0.1:0".parse().unwrap());
    let tcp = AbciServer::bind(&tcp, KvApp::default(), AbciOptions::default()).unwrap();
    let (mut unix_client, mut tcp_client) = (unix.connect(), Client::connect(tcp.address()));
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(round(&mut unix_client));
        times[1].push(round(&mut tcp_client));
    }
    let [unix, tcp] = times.map(|times| fastest(&times));
    println!(
        "CheckTx + Flush round trip: unix / tcp with NODELAY = {:.2} ({unix:?} / {tcp:?})",
        unix.as_secs_f64() / tcp.as_secs_f64(),
    );
    // The delay this server was written to avoid is 40 ms.
    assert!(unix < Duration::from_millis(5) && tcp < Duration::from_millis(5), "{unix:?} {tcp:?}");
}
