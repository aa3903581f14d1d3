//! Random transactions that do everything a transaction can do to a state.

use std::panic::{AssertUnwindSafe, catch_unwind};

use agora_framework::{Access, AccessHint, AppError};
use agora_state::{
    Bounds, KeyBytes, KeyRange, Space, StateError, StateKey, StateRead, StateWrite, StoreId, TrackedView,
    Value, key_hash,
};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::{Executed, Program};

const STORES: [StoreId; 2] = [StoreId::new("bank"), StoreId::new("dex")];

/// What a transaction does to the state. What it writes depends on everything it has seen.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Read(u16),
    Write(u16),
    Delete(u16),
    Add(u16, i128),
    /// A refusal is an error the transaction handles.
    AddWithin(u16, i128, Bounds),
    ReadSum(u16),
    Scan {
        from: u16,
        to: u16,
        limit: usize,
        reverse: bool,
    },
    /// Undoes what the next operations write, if what was seen so far is odd.
    Savepoint,
    /// Gives up, if what was seen so far is divisible by this.
    Abort(u64),
    /// Panics, likewise.
    Panic(u64),
    /// As after a damaged database, likewise: speculation must not stop a node.
    Fatal,
}

/// How the hints of a block relate to what its transactions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hints {
    Right,
    Absent,
    Random,
    /// Everything under one key, or everything apart, whichever is wrong.
    Adversarial,
}

/// The shape of a random block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) txs: usize,
    /// Keys in all; few make conflicts.
    pub(crate) keys: u16,
    /// Of 100 operations, how many go to the first three keys.
    pub(crate) hot: u32,
    pub(crate) hints: Hints,
    /// No scans, no panics, sums that suffice as a rule: what can be taken at its word if the hints are right.
    pub(crate) tame: bool,
}

pub(crate) struct Block {
    pub(crate) txs: Vec<(Vec<Op>, AccessHint)>,
    /// Gas of each: one for an operation and one for each byte seen.
    gas: u64,
}

/// A plain value.
pub(crate) fn value_key(index: u16) -> StateKey {
    let mut key = KeyBytes::from_slice(&[1]);
    key.extend_from_slice(&index.to_be_bytes());
    StateKey { store: STORES[usize::from(index) % 2], space: Space::Tree, key }
}

/// A sum.
pub(crate) fn sum_key(index: u16) -> StateKey {
    let mut key = KeyBytes::from_slice(&[2]);
    key.extend_from_slice(&index.to_be_bytes());
    StateKey { store: STORES[usize::from(index) % 2], space: Space::Tree, key }
}

impl Block {
    /// Those transactions, with enough gas.
    pub(crate) fn of(txs: Vec<(Vec<Op>, AccessHint)>) -> Self {
        Self { txs, gas: 1_000 }
    }

    pub(crate) fn random(seed: u64, shape: Shape) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let txs = (0..shape.txs)
            .map(|_| {
                let ops: Vec<Op> = (0..rng.gen_range(1..8)).map(|_| random_op(&mut rng, shape)).collect();
                let hint = hint(&mut rng, &ops, shape);
                (ops, hint)
            })
            .collect();
        Self { txs, gas: rng.gen_range(10..60) }
    }
}

fn random_op(rng: &mut StdRng, shape: Shape) -> Op {
    let key = |rng: &mut StdRng| {
        if rng.gen_ratio(shape.hot, 100) { rng.gen_range(0..3) } else { rng.gen_range(0..shape.keys) }
    };
    match rng.gen_range(0..if shape.tame { 23 } else { 40 }) {
        14..16 if shape.tame => {
            let bounds = Bounds { lo: 0, hi: i128::MAX };
            Op::AddWithin(key(rng), rng.gen_range(-2..3), bounds)
        }
        0..8 => Op::Read(key(rng)),
        8..14 => Op::Write(key(rng)),
        14..16 => Op::Delete(key(rng)),
        16..23 => Op::Add(key(rng), rng.gen_range(-9..30)),
        23..30 => {
            // Bounds near the sums that occur, so that they are hit exactly.
            let lo = rng.gen_range(-4..2);
            let bounds = Bounds { lo, hi: *[lo, lo + 10, 60, i128::MAX].choose(rng).unwrap() };
            Op::AddWithin(key(rng), rng.gen_range(-20..20), bounds)
        }
        30..32 => Op::ReadSum(key(rng)),
        32..35 => {
            let from = key(rng);
            let to = from.saturating_add(rng.gen_range(0..9));
            Op::Scan { from, to, limit: *[1, 2, 100].choose(rng).unwrap(), reverse: rng.r#gen() }
        }
        35..37 => Op::Savepoint,
        37 => Op::Abort(rng.gen_range(2..5)),
        38 => Op::Panic(rng.gen_range(2..9)),
        _ => Op::Add(
            key(rng),
            *[i128::MAX, i128::MIN + 1, 1 << 126].choose(rng).unwrap() >> rng.gen_range(0..9),
        ),
    }
}

fn hint(rng: &mut StdRng, ops: &[Op], shape: Shape) -> AccessHint {
    let mut hint = AccessHint::new();
    match shape.hints {
        Hints::Absent => {}
        Hints::Adversarial if rng.r#gen() => hint.push(value_key(0), Access::Write),
        Hints::Adversarial => hint.push(value_key(rng.r#gen()), Access::Write),
        Hints::Random => (0..rng.gen_range(0..5)).for_each(|_| {
            let access = *[Access::Read, Access::Write, Access::Delta].choose(rng).unwrap();
            let index = rng.gen_range(0..shape.keys);
            hint.push(if rng.r#gen() { value_key(index) } else { sum_key(index) }, access);
        }),
        Hints::Right => {
            for op in ops {
                match op {
                    Op::Read(key) => hint.push(value_key(*key), Access::Read),
                    Op::Write(key) | Op::Delete(key) => hint.push(value_key(*key), Access::Write),
                    Op::Add(key, _) | Op::AddWithin(key, ..) => hint.push(sum_key(*key), Access::Delta),
                    Op::ReadSum(key) => hint.push(sum_key(*key), Access::Read),
                    _ => {}
                }
            }
        }
    }
    hint
}

/// What a transaction says: everything it has seen, folded, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) seen: u64,
    pub(crate) gas: u64,
    pub(crate) end: &'static str,
}

impl Program for Block {
    type Output = Said;

    fn len(&self) -> usize {
        self.txs.len()
    }

    fn access(&self, index: usize) -> &AccessHint {
        &self.txs[index].1
    }

    fn class(&self, index: usize) -> u32 {
        self.txs[index].0.len() as u32
    }

    fn run(&self, index: usize, state: &dyn StateRead) -> Result<Executed<Said>, AppError> {
        let mut view = TrackedView::new(state);
        let mut said = Said { seen: index as u64, gas: 0, end: "done" };
        view.savepoint();
        let ran =
            catch_unwind(AssertUnwindSafe(|| steps(&self.txs[index].0, self.gas, &mut view, &mut said)));
        let end = ran.unwrap_or(Err("panicked"));
        while view.depth() > 1 {
            if said.seen % 2 == 1 { view.rollback() } else { view.keep()? }
        }
        match end {
            Ok(()) => view.keep()?,
            Err("fatal") => {
                return Err(AppError { fatal: true, ..agora_framework::errors::sdk::PANIC.wrap("damaged") });
            }
            Err(end) => {
                view.rollback();
                said.end = end;
            }
        }
        let (changes, log) = view.finish();
        Ok(Executed { changes, log, output: said })
    }
}

fn steps(ops: &[Op], gas: u64, view: &mut TrackedView<'_>, said: &mut Said) -> Result<(), &'static str> {
    let fold = |said: &mut Said, bytes: &[u8]| {
        for byte in bytes {
            said.seen = said.seen.wrapping_mul(0x0100_0000_01b3) ^ u64::from(*byte);
        }
        said.gas += bytes.len() as u64;
    };
    let failed = |error: StateError| match error {
        StateError::OutOfBounds { .. } => "out of bounds",
        _ => "state",
    };
    for op in ops {
        said.gas += 1;
        match op {
            Op::Read(key) => {
                let value = view.get(&value_key(*key)).map_err(failed)?;
                fold(said, value.as_deref().unwrap_or(b"none"));
            }
            Op::Write(key) => {
                let mut bytes = said.seen.to_be_bytes().to_vec();
                bytes.truncate(1 + (said.seen % 8) as usize);
                view.set(&value_key(*key), Value::from(bytes)).map_err(failed)?;
            }
            Op::Delete(key) => view.delete(&value_key(*key)).map_err(failed)?,
            Op::Add(key, delta) => view.add(&sum_key(*key), *delta, None).map_err(failed)?,
            Op::AddWithin(key, delta, bounds) => match view.add(&sum_key(*key), *delta, Some(*bounds)) {
                Err(StateError::OutOfBounds { .. }) => fold(said, b"refused"),
                other => other.map_err(failed)?,
            },
            Op::ReadSum(key) => {
                let value = view.get(&sum_key(*key)).map_err(failed)?;
                fold(said, value.as_deref().unwrap_or(b"zero"));
            }
            Op::Scan { from, to, limit, reverse } => {
                for make in [value_key, sum_key] {
                    let (start, end) = (make(*from), make(*to));
                    let range = KeyRange {
                        store: start.store,
                        space: start.space,
                        start: start.key.to_vec(),
                        end: Some(end.key.to_vec()),
                        reverse: *reverse,
                        limit: *limit,
                    };
                    for (key, value) in view.range(&range).map_err(failed)? {
                        fold(said, &key);
                        fold(said, &value);
                    }
                }
            }
            Op::Savepoint => view.savepoint(),
            Op::Abort(divisor) if said.seen.is_multiple_of(*divisor) => return Err("aborted"),
            Op::Panic(divisor) if said.seen.is_multiple_of(*divisor) => {
                std::panic::resume_unwind(Box::new(()))
            }
            Op::Fatal if said.seen.is_multiple_of(2) => return Err("fatal"),
            _ => {}
        }
        if said.gas > gas {
            return Err("out of gas");
        }
    }
    Ok(())
}

/// A state to begin with.
pub(crate) fn first_state(seed: u64, keys: u16) -> agora_state::Changes {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut changes = agora_state::Changes::default();
    for index in 0..keys {
        if rng.r#gen() {
            changes.writes.insert(value_key(index), Some(Value::from([rng.r#gen::<u8>()].as_slice())));
        }
        if rng.r#gen() {
            changes.deltas.insert(sum_key(index), rng.gen_range(0..40));
        }
    }
    changes
}

/// Holds workers up at random: a function of seed, point and transaction, so that a failure can be seen again.
pub(crate) fn holding(seed: u64) -> impl Fn(crate::Point, usize) + Send + Sync {
    move |point, tx| {
        let key = value_key(tx as u16);
        let chance = (key_hash(&key) ^ seed).wrapping_mul(point as u64 * 2 + 1) % 32;
        match chance {
            0 => std::thread::sleep(std::time::Duration::from_micros(50)),
            1..6 => std::thread::yield_now(),
            _ => {}
        }
    }
}
