//! The real program, killed: a devnet under load at random moments; under CometBFT at each of the points at which CometBFT
//! can be told to fail, and at the application's writes.
//!
//! A devnet: after each start it must be ready in time, stand where it stood or further, and know every transaction it has called
//! committed; at the end its blocks, executed again by a fresh application, must lead to every hash it has published.
//! `AGORA_FAULTS=long` kills 100 times. `AGORA_FAULTS_SEED` repeats the moments, as far as a machine repeats itself.

#[path = "kill/comet.rs"]
mod comet;
#[path = "kill/load.rs"]
mod load;
#[path = "kill/network.rs"]
mod network;
#[path = "kill/replay.rs"]
mod replay;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use agora_tests::Account;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tendermint::Hash;
use tendermint_rpc::{Client as _, HttpClient};

use network::Network;
use replay::Evidence;

/// The longest a start may take, after a kill as after a stop.
const READY: Duration = Duration::from_secs(10);

/// Accounts that send.
const SENDERS: usize = 4;

/// What a client knows of the chain: what must never be taken back.
#[derive(Debug, Default)]
struct Known {
    /// Blocks seen, by height.
    blocks: BTreeMap<u32, Hash>,
    /// Transactions that were answered as committed, with their height where it was told.
    committed: Vec<(Hash, Option<u32>)>,
}

impl Known {
    /// The highest block seen.
    fn height(&self) -> u32 {
        self.blocks.last_key_value().map_or(0, |(height, _)| *height)
    }

    /// Looks at the head for `time`.
    async fn watch(&mut self, client: &HttpClient, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if let Ok(status) = client.status().await {
                let head = status.sync_info;
                self.blocks
                    .insert(u32::try_from(head.latest_block_height.value()).unwrap(), head.latest_block_hash);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Checks a node that has just started.
    async fn check(&self, client: &HttpClient) {
        let height = client.status().await.unwrap().sync_info.latest_block_height;
        assert!(height.value() >= u64::from(self.height()), "height {height} after {}", self.height());
        for (height, hash) in self.blocks.iter().rev().take(5) {
            let found = client.block(*height).await.unwrap().block_id.hash;
            assert_eq!(found, *hash, "another block at height {height}");
        }
        for (hash, height) in self.committed.iter().rev().take(2 * SENDERS) {
            let found = client.tx(*hash, false).await;
            let found = found.unwrap_or_else(|error| panic!("{hash} was committed at {height:?}: {error}"));
            assert!(found.tx_result.code.is_ok(), "{hash}: {}", found.tx_result.log);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_devnet_that_is_killed_under_load_takes_nothing_back() {
    let given = std::env::var("AGORA_FAULTS_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = given.unwrap_or_else(|| rand::random::<u32>().into());
    println!("again with: AGORA_FAULTS_SEED={seed}");
    let kills = if std::env::var("AGORA_FAULTS").is_ok_and(|text| text == "long") { 100 } else { 10 };
    let mut rng = StdRng::seed_from_u64(seed);
    let home = tempfile::tempdir().unwrap();
    let senders: Vec<Account> = (0..SENDERS).map(|n| Account::new(&format!("sender {n} {seed}"))).collect();

    let mut known = Known::default();
    let mut slowest = Duration::ZERO;
    for kill in 0..=kills {
        let begun = Instant::now();
        let network = Network::start(home.path());
        let client = network.client();
        client.status().await.expect("the devnet answers");
        let ready = begun.elapsed();
        println!("start {kill}: ready after {ready:?}, {} blocks seen", known.blocks.len());
        assert!(ready < READY, "ready after {ready:?}");
        slowest = slowest.max(ready);
        known.check(&client).await;
        if kill == kills {
            let evidence = Evidence::collect(&client, network.genesis()).await;
            assert_eq!(evidence.judge(&known), Ok(()));
            assert_evidence_counts(evidence, &known);
            println!(
                "{kills} kills, {} blocks, {} transactions, ready after {slowest:?} at the slowest",
                known.height(),
                known.committed.len()
            );
            return;
        }
        if kill == 0 {
            network.fund(&senders);
        }
        let loads: Vec<_> = senders
            .iter()
            .map(|sender| {
                tokio::spawn(load::send_until_it_fails(client.clone(), sender.clone(), rng.r#gen()))
            })
            .collect();
        known.watch(&client, Duration::from_millis(rng.gen_range(100..1500))).await;
        network.kill();
        for load in loads {
            known.committed.extend(load.await.unwrap());
        }
    }
}

/// Shows that the judgement finds what it is for: a transaction lost, one that was made up, a hash that is wrong.
fn assert_evidence_counts(mut evidence: Evidence, known: &Known) {
    assert!(known.committed.len() > SENDERS, "{} transactions", known.committed.len());
    let made_up = Known { committed: vec![(Hash::Sha256([7; 32]), None)], ..Known::default() };
    assert!(evidence.judge(&made_up).unwrap_err().contains("is in no block"));
    let (lost, _) = known.committed[known.committed.len() / 2];
    evidence.lose(lost);
    assert!(evidence.judge(known).unwrap_err().contains(&lost.to_string()));
    assert!(evidence.judge(&Known::default()).unwrap_err().contains("another application hash"));
}
