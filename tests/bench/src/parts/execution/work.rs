//! Transfers and pool trades of a chosen cost, on accounts that were read ahead: execution and nothing else.

use std::hint::black_box;

use agora_executor::{Executed, Program};
use agora_framework::{Access, AccessHint, AppError};
use agora_state::{
    AccumulatorMap, Bounds, Changes, EmptyState, Map, Overlay, Space, StateRead, StateValue, StoreId,
    TrackedView, Value, encode_sum,
};
use rand::Rng;
use rand::rngs::StdRng;

const BANK: StoreId = StoreId::new("bank");

const SEQUENCES: Map<u64, u64> = Map::new(BANK, 1, Space::Tree, "SEQUENCES");
const BALANCES: AccumulatorMap<u64> = AccumulatorMap::new(BANK, 2, Space::Tree, "BALANCES");
const TOTALS: AccumulatorMap<u64> = AccumulatorMap::new(BANK, 3, Space::Tree, "TOTALS");
const POOLS: Map<u64, u64> = Map::new(BANK, 4, Space::Tree, "POOLS");

/// One transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    pub(super) from: u64,
    pub(super) to: u64,
    /// A pool whose state is read and written.
    pub(super) pool: Option<u64>,
    /// Two sums that are added to.
    pub(super) totals: Option<[u64; 2]>,
}

/// A block of them.
pub(super) struct Work {
    txs: Vec<(Transfer, AccessHint)>,
    /// Rounds of arithmetic that stand in for what a real transaction computes.
    rounds: u32,
}

impl Work {
    pub(super) fn new(txs: Vec<Transfer>, rounds: u32) -> Self {
        let hint = |tx: &Transfer| {
            let mut hint = AccessHint::new();
            hint.push(SEQUENCES.key(&tx.from), Access::Write);
            hint.push(BALANCES.key(&tx.from), Access::Delta);
            hint.push(BALANCES.key(&tx.to), Access::Delta);
            if let Some(pool) = tx.pool {
                hint.push(POOLS.key(&pool), Access::Write);
            }
            hint
        };
        Self { txs: txs.into_iter().map(|tx| (tx, hint(&tx))).collect(), rounds }
    }

    /// The accounts it touches, each of which holds something.
    pub(super) fn read_ahead(&self) -> anyhow::Result<Overlay<EmptyState>> {
        let mut changes = Changes::default();
        for (tx, _) in &self.txs {
            for account in [tx.from, tx.to] {
                changes.writes.insert(SEQUENCES.key(&account), Some(Value::from(0_u64.encode_value())));
                changes.writes.insert(BALANCES.key(&account), encode_sum(1_000_000_000));
            }
        }
        let mut state = Overlay::new(EmptyState);
        state.apply(changes)?;
        Ok(state)
    }
}

impl Program for Work {
    type Output = u64;

    fn len(&self) -> usize {
        self.txs.len()
    }

    fn access(&self, index: usize) -> &AccessHint {
        &self.txs[index].1
    }

    fn class(&self, index: usize) -> u32 {
        u32::from(self.txs[index].0.pool.is_some())
    }

    fn run(&self, index: usize, state: &dyn StateRead) -> Result<Executed<u64>, AppError> {
        let tx = &self.txs[index].0;
        let mut view = TrackedView::new(state);
        let sequence = SEQUENCES.get(&view, &tx.from)?.unwrap_or(0);
        SEQUENCES.set(&mut view, &tx.from, &(sequence + 1))?;
        BALANCES.add(&mut view, &tx.from, -1, Some(Bounds::NON_NEGATIVE))?;
        BALANCES.add(&mut view, &tx.to, 1, None)?;
        if let Some(pool) = tx.pool {
            let price = POOLS.get(&view, &pool)?.unwrap_or(1);
            POOLS.set(&mut view, &pool, &price.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1))?;
        }
        for total in tx.totals.into_iter().flatten() {
            TOTALS.add(&mut view, &total, 1, None)?;
        }
        let mut seen = sequence;
        for round in 0..self.rounds {
            seen = black_box(seen.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(round));
        }
        let (changes, log) = view.finish();
        Ok(Executed { changes, log, output: seen })
    }
}

/// Whom a block's transfers meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mix {
    /// Of 100 transfers, so many go to one of `hot` accounts.
    pub(super) to_hot: u32,
    /// How many accounts are hot.
    pub(super) hot: u64,
    /// Of 100 transfers, so many trade with one of `pools` pools.
    pub(super) in_pool: u32,
    /// How many pools there are.
    pub(super) pools: u64,
    /// Two sums each transfer adds to: its own, or those of everybody.
    pub(super) totals: Totals,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Totals {
    None,
    Own,
    Everybodys,
}

/// Transfers between different accounts, none of which sends twice.
pub(super) const INDEPENDENT: Mix = Mix { to_hot: 0, hot: 1, in_pool: 0, pools: 1, totals: Totals::None };

impl Mix {
    /// A block of `count` transfers among `accounts`, the first 100 of which send nothing.
    pub(super) fn block(self, rng: &mut StdRng, accounts: u64, count: usize) -> Vec<Transfer> {
        let senders = rand::seq::index::sample(rng, accounts as usize - 100, count);
        let transfer = |(index, from): (usize, usize)| {
            let hot = rng.gen_ratio(self.to_hot, 100);
            let to = rng.gen_range(100..accounts);
            Transfer {
                from: from as u64 + 100,
                to: if hot { rng.gen_range(0..self.hot) } else { to },
                pool: rng.gen_ratio(self.in_pool, 100).then(|| rng.gen_range(0..self.pools)),
                totals: match self.totals {
                    Totals::None => None,
                    Totals::Own => Some([index as u64 * 2 + 2, index as u64 * 2 + 3]),
                    Totals::Everybodys => Some([0, 1]),
                },
            }
        };
        senders.into_iter().enumerate().map(transfer).collect()
    }
}
