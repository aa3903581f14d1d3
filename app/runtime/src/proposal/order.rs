//! The order of a block: who pays most for gas comes first, and everybody's own transactions stay in sequence.
//!
//! A transaction is ready when nothing of its signers that comes before it is left; of those that are ready, the one with the
//! highest price comes next. Unordered transactions are always ready. Among equal prices any order is right; an honest proposer
//! takes who came first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use agora_primitives::{Address, Denom};

use crate::tx::Tx;

/// What decides a transaction's place.
pub(super) struct Candidate {
    /// What it pays for gas: [`price`].
    pub(super) price: u128,
    /// Its signers with their sequences; none if it is unordered.
    pub(super) signers: Vec<(Address, u64)>,
}

impl Candidate {
    pub(super) fn new(tx: &Tx, denom: &Denom) -> Self {
        let signers = if tx.is_unordered() { Vec::new() } else { tx.sequences().collect() };
        Self { price: price(tx, denom), signers }
    }
}

/// Fee per unit of gas, in units of 2^-32 of the base unit, rounded down; fees beyond 2^96 count as that.
fn price(tx: &Tx, denom: &Denom) -> u128 {
    let fee = tx.fee().amount_of(denom).min(1 << 95);
    fee.saturating_mul(1 << 32).checked_div(u128::from(tx.gas_wanted())).unwrap_or(u128::MAX)
}

/// Who comes before whom among one's own transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// As their sequences say: for what waits in a mempool.
    BySequence,
    /// As they are listed: for a block that exists.
    AsListed,
}

/// The transactions that are not placed yet.
pub(super) struct Line<'c> {
    candidates: &'c [Candidate],
    /// Everybody's transactions, in reverse order, so that the next is the last.
    queues: BTreeMap<Address, Vec<usize>>,
    /// In how many queues each still waits behind another.
    behind: Vec<usize>,
    ready: BinaryHeap<(u128, Reverse<usize>)>,
}

impl<'c> Line<'c> {
    pub(super) fn new(candidates: &'c [Candidate], own: Own) -> Self {
        let mut sorted: BTreeMap<Address, Vec<(u64, usize)>> = BTreeMap::new();
        for (index, candidate) in candidates.iter().enumerate() {
            for (signer, sequence) in &candidate.signers {
                let sequence = if own == Own::BySequence { *sequence } else { 0 };
                sorted.entry(*signer).or_default().push((sequence, index));
            }
        }
        let mut behind: Vec<usize> = candidates.iter().map(|candidate| candidate.signers.len()).collect();
        let mut queues = BTreeMap::new();
        for (signer, mut queue) in sorted {
            queue.sort_unstable_by_key(|place| Reverse(*place));
            let queue: Vec<usize> = queue.into_iter().map(|(_, index)| index).collect();
            if let Some(count) = queue.last().and_then(|first| behind.get_mut(*first)) {
                *count = count.saturating_sub(1);
            }
            queues.insert(signer, queue);
        }
        let mut line = Self { candidates, queues, behind, ready: BinaryHeap::new() };
        for index in 0..candidates.len() {
            line.make_ready(index);
        }
        line
    }

    fn make_ready(&mut self, index: usize) {
        if let (Some(0), Some(candidate)) = (self.behind.get(index), self.candidates.get(index)) {
            self.ready.push((candidate.price, Reverse(index)));
        }
    }

    /// The next transaction, and its price. Those of its signers that come after it wait until it is [`Line::placed`].
    pub(super) fn next(&mut self) -> Option<(usize, u128)> {
        self.ready.pop().map(|(price, Reverse(index))| (index, price))
    }

    /// A transaction that came next was placed.
    pub(super) fn placed(&mut self, index: usize) {
        let Some(candidate) = self.candidates.get(index) else { return };
        for (signer, _) in &candidate.signers {
            let Some(queue) = self.queues.get_mut(signer) else { continue };
            queue.pop();
            if let Some(after) = queue.last().copied() {
                if let Some(count) = self.behind.get_mut(after) {
                    *count = count.saturating_sub(1);
                }
                self.make_ready(after);
            }
        }
    }
}

/// Whether a list is in an order that an honest proposer could have made of its transactions.
pub(super) fn is_ordered(candidates: &[Candidate]) -> bool {
    let mut line = Line::new(candidates, Own::AsListed);
    // Among equals the first of the list is next, so it is always the one that stands there if the order is right.
    (0..candidates.len()).all(|index| {
        let is_next = line.next().is_some_and(|(next, _)| next == index);
        line.placed(index);
        is_next
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(price: u128, signers: &[(u8, u64)]) -> Candidate {
        let signers =
            signers.iter().map(|(who, sequence)| (Address::from_sha256(&[*who]), *sequence)).collect();
        Candidate { price, signers }
    }

    fn order(candidates: &[Candidate]) -> Vec<usize> {
        let mut line = Line::new(candidates, Own::BySequence);
        let mut order = Vec::new();
        while let Some((index, _)) = line.next() {
            line.placed(index);
            order.push(index);
        }
        order
    }

    #[test]
    fn the_highest_price_comes_first_and_ones_own_stay_in_sequence() {
        let candidates = [
            candidate(1, &[(1, 7)]),
            candidate(9, &[(1, 8)]),
            candidate(5, &[(2, 1)]),
            candidate(5, &[(3, 4)]),
            candidate(6, &[]),
        ];
        assert_eq!(order(&candidates), [4, 2, 3, 0, 1]);
    }

    #[test]
    fn signers_who_wait_for_each_other_are_left_out() {
        let candidates =
            [candidate(5, &[(1, 1), (2, 2)]), candidate(5, &[(1, 2), (2, 1)]), candidate(1, &[])];
        assert_eq!(order(&candidates), [2]);
    }

    proptest! {
        #[test]
        fn what_is_ordered_is_recognised_and_a_swap_of_unequals_is_not(
            raw in prop::collection::vec((0u128..4, prop::collection::btree_set(0u8..6, 0..3), 0u64..4), 1..30),
            at in any::<prop::sample::Index>(),
        ) {
            let candidates: Vec<Candidate> = raw
                .into_iter()
                .map(|(price, who, sequence)| {
                    candidate(price, &who.into_iter().map(|who| (who, sequence)).collect::<Vec<_>>())
                })
                .collect();
            let order = order(&candidates);
            let mut listed: Vec<&Candidate> = order.iter().filter_map(|index| candidates.get(*index)).collect();
            let copy = |listed: &[&Candidate]| {
                listed.iter().map(|c| Candidate { price: c.price, signers: c.signers.clone() }).collect::<Vec<_>>()
            };
            prop_assert!(is_ordered(&copy(&listed)));
            if listed.len() > 1 {
                let at = at.index(listed.len() - 1);
                let strangers = listed[at].signers.iter().all(|(who, _)| listed[at + 1].signers.iter().all(|(w, _)| w != who));
                let unequal = listed[at].price > listed[at + 1].price;
                listed.swap(at, at + 1);
                if unequal && strangers {
                    prop_assert!(!is_ordered(&copy(&listed)));
                }
            }
        }
    }
}
