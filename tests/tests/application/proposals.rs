//! Proposals: what an honest proposer makes of any mempool is accepted everywhere, and nothing else is.
//!
//! 150 random mempools in every run, or as many as `AGORA_MEMPOOLS` says, from the seed `AGORA_MEMPOOLS_SEED`.

use agora_tests::txs::Draft;
use agora_tests::{Account, TestChain};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;

/// Gas of a block; a transaction takes a fifth to a twentieth of it.
const BLOCK_GAS: u64 = 2_000_000;

/// A transaction with what decides its place.
#[derive(Clone)]
struct Offer {
    bytes: Vec<u8>,
    sender: usize,
    /// Times the base fee.
    times: u128,
    ordered: bool,
}

struct Crowd {
    accounts: Vec<Account>,
    chain: TestChain,
    /// A chain in the same state that has seen none of the transactions.
    other: TestChain,
}

impl Crowd {
    fn new() -> Self {
        let accounts: Vec<Account> = (0..10).map(|n| Account::new(&format!("crowd {n}"))).collect();
        let start = || {
            let chain = TestChain::builder().accounts(&accounts[1..]);
            // The first can pay for one transaction or two.
            let chain = chain.balance(&accounts[0], "1200uago");
            chain.genesis("/feemarket/params/max_block_utilization", json!(BLOCK_GAS.to_string())).build()
        };
        Self { chain: start(), other: start(), accounts }
    }

    /// What the bytes were made from, if they were offered.
    fn offer(&self, rng: &mut StdRng, sender: usize, sequence: u64, unordered: bool) -> Offer {
        let gas = rng.gen_range(BLOCK_GAS / 20..BLOCK_GAS / 5) / 1_000 * 1_000;
        let times = rng.gen_range(1..5);
        let fee: u128 = self.chain.fee_for(gas).trim_end_matches("uago").parse().unwrap();
        let draft: Draft = self.chain.draft(&self.accounts[sender]);
        let draft = draft.send(&self.accounts[1], "1uago").gas(gas).fee(&format!("{}uago", fee * times));
        let draft = if unordered {
            draft.unordered(self.chain.next_time() + 1_000 + rng.gen_range(0..1 << 30))
        } else {
            draft.sequence(sequence)
        };
        Offer { bytes: draft.bytes(), sender, times, ordered: !unordered }
    }

    /// Transactions as they may wait: out of order, with gaps, twice, unpaid, broken.
    fn mempool(&self, rng: &mut StdRng) -> Vec<Offer> {
        let mut offers = Vec::new();
        for sender in 0..self.accounts.len() {
            let mut sequence = 0;
            for _ in 0..rng.gen_range(0..5) {
                let unordered = rng.gen_ratio(1, 8);
                offers.push(self.offer(rng, sender, sequence, unordered));
                sequence += if unordered { 0 } else { 1 };
                sequence += u64::from(rng.gen_ratio(1, 12));
            }
        }
        for _ in 0..rng.gen_range(0..3) {
            if let Some(again) = offers.choose(rng).cloned() {
                offers.push(again);
            }
        }
        for offer in &mut offers {
            if rng.gen_ratio(1, 25) {
                flip(rng, &mut offer.bytes);
            }
        }
        offers.shuffle(rng);
        offers
    }

    /// The verdict of both chains.
    fn accepts(&self, txs: &[Vec<u8>]) -> bool {
        let (mine, theirs) = (self.chain.accepts(txs.to_vec()), self.other.accepts(txs.to_vec()));
        assert_eq!(mine, theirs, "one accepts what the other rejects");
        mine
    }
}

fn flip(rng: &mut StdRng, bytes: &mut [u8]) {
    let at = rng.gen_range(0..bytes.len());
    bytes[at] ^= 1 << rng.gen_range(0..8);
}

/// A change of a proposal that no honest proposer could have made.
fn mutated(rng: &mut StdRng, proposal: &[Offer]) -> Option<(&'static str, Vec<Vec<u8>>)> {
    let mut txs: Vec<Vec<u8>> = proposal.iter().map(|offer| offer.bytes.clone()).collect();
    let at = rng.gen_range(0..txs.len());
    let what = match rng.gen_range(0..6) {
        0 => {
            txs.push(txs[at].clone());
            "one twice"
        }
        1 => {
            flip(rng, &mut txs[at]);
            "a bit flipped"
        }
        2 => {
            let later = |offer: &Offer| offer.ordered && offer.sender == proposal[at].sender;
            if !proposal[at].ordered || !proposal[at + 1..].iter().any(later) {
                return None;
            }
            txs.remove(at);
            "a gap"
        }
        3 => {
            let (first, second) = (proposal.get(at)?, proposal.get(at + 1)?);
            let own = first.sender == second.sender && first.ordered && second.ordered;
            let dearer = first.sender != second.sender && first.times > second.times;
            if !own && !dearer {
                return None;
            }
            txs.swap(at, at + 1);
            "a swap"
        }
        4 => {
            txs.insert(at, vec![0; 9]);
            "rubbish"
        }
        _ => {
            txs.insert(at, Vec::new());
            "nothing"
        }
    };
    Some((what, txs))
}

#[test]
fn what_an_honest_proposer_makes_is_accepted_and_no_mutation_of_it() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().expect(name));
    let (mempools, seed): (u64, u64) = (number("AGORA_MEMPOOLS", 150), number("AGORA_MEMPOOLS_SEED", 1));
    let crowd = Crowd::new();
    let (mut full, mut rejected) = (0, 0);
    for seed in seed..seed + mempools {
        println!("AGORA_MEMPOOLS_SEED={seed}");
        let mut rng = StdRng::seed_from_u64(seed);
        let mempool = crowd.mempool(&mut rng);
        let txs = crowd.chain.propose(mempool.iter().map(|offer| offer.bytes.clone()).collect());
        assert!(crowd.accepts(&txs), "a proposal of one's own");
        full += u64::from(txs.len() + 3 < mempool.len());
        let made = |bytes: &Vec<u8>| mempool.iter().find(|offer| offer.bytes == *bytes).unwrap().clone();
        let proposal: Vec<Offer> = txs.iter().map(made).collect();
        for _ in 0..6 {
            if proposal.is_empty() {
                continue;
            }
            if let Some((what, txs)) = mutated(&mut rng, &proposal) {
                assert!(!crowd.accepts(&txs), "{what} was accepted");
                rejected += 1;
            }
        }
    }
    assert!(full > mempools / 4 && rejected > mempools * 2, "{full} full, {rejected} rejected");
}

#[test]
fn the_best_paid_come_first_and_gas_is_a_limit() {
    let crowd = Crowd::new();
    let offer = |sender: usize, gas: u64, times: u128| {
        let fee: u128 = crowd.chain.fee_for(gas).trim_end_matches("uago").parse().unwrap();
        let draft = crowd.chain.draft(&crowd.accounts[sender]).send(&crowd.accounts[1], "1uago");
        draft.gas(gas).fee(&format!("{}uago", fee * times)).bytes()
    };
    let (cheap, dear, dearest) = (offer(2, 1_200_000, 1), offer(3, 1_200_000, 2), offer(4, 600_000, 3));
    let proposed = crowd.chain.propose(vec![cheap.clone(), dear.clone(), dearest.clone()]);
    assert_eq!(proposed, [dearest.clone(), dear.clone()], "the cheap one does not fit any more");
    assert!(crowd.accepts(&[dearest, cheap.clone()]), "another mempool may have had no better");
    assert!(!crowd.accepts(&[dear, cheap]), "more gas than a block has");
}
