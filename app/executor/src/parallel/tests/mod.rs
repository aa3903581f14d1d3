//! Parity: whatever runs side by side comes to what it comes to in sequence.

mod interleavings;
mod program;

use std::sync::mpsc;
use std::time::Duration;

use agora_framework::{Access, AccessHint};
use agora_state::{EmptyState, Overlay, StateKey, WriteSet};

use self::program::{Block, Hints, Op, Said, Shape, first_state, holding, sum_key, value_key};
use super::planted::plant;
use super::*;

/// Blocks of random transactions: 300 in every run, or as many as `AGORA_PARITY_BLOCKS` says, from the seed `AGORA_PARITY_SEED`.
fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

type Outcome = Result<(Vec<Said>, WriteSet), AppError>;

fn outcome(executor: &impl BlockExecutor, block: &Block, seed: u64, keys: u16) -> Outcome {
    let mut base = Overlay::new(EmptyState);
    base.apply(first_state(seed, keys)).unwrap();
    let mut state = Overlay::new(base);
    // As hooks do, before the transactions.
    state.apply(first_state(seed ^ 1, keys / 8)).unwrap();
    let outputs = executor.execute(&mut state, block)?;
    Ok((outputs, state.into_writes()))
}

fn shape(seed: u64) -> Shape {
    let hints = [Hints::Right, Hints::Absent, Hints::Random, Hints::Adversarial];
    Shape {
        txs: [20, 60, 150][(seed / 4 % 3) as usize],
        keys: [4, 20, 100, 1_000, 10_000][(seed / 12 % 5) as usize],
        hot: [0, 10, 50, 90, 100][(seed / 60 % 5) as usize],
        hints: hints[(seed % 4) as usize],
        tame: seed.count_ones().is_multiple_of(2),
    }
}

/// The seeds among `seeds` whose blocks come out otherwise side by side.
fn different(executor: &Parallel, seeds: impl Iterator<Item = u64>) -> Vec<u64> {
    seeds
        .filter(|seed| {
            let shape = shape(*seed);
            let block = Block::random(*seed, shape);
            outcome(executor, &block, *seed, shape.keys) != outcome(&Sequential, &block, *seed, shape.keys)
        })
        .collect()
}

#[test]
fn random_blocks_come_out_as_in_sequence_for_any_threads_chunks_hints_and_delays() {
    let (blocks, first) =
        (from_environment("AGORA_PARITY_BLOCKS", 300), from_environment("AGORA_PARITY_SEED", 1));
    let executors: Vec<Parallel> = [(1, 16), (2, 64), (3, 7), (8, 1_000)]
        .into_iter()
        .map(|(threads, chunk)| Parallel::new(threads).unwrap().always(chunk).holding(holding(first)))
        .collect();
    for executor in &executors {
        let seeds = different(executor, first..first + blocks);
        assert!(seeds.is_empty(), "{} threads, AGORA_PARITY_SEED={}", executor.threads, seeds[0]);
        let stats = executor.stats();
        assert!(stats.side_by_side > stats.as_said && stats.as_said > 0, "{stats:?}");
        assert!(stats.again > 0 && stats.collided > 0, "nothing collided, so nothing was tried: {stats:?}");
    }
}

/// A transaction reads a sum that the one before it in its group took out of `i128`, on a state without what a stranger adds: what it
/// makes of the error must not count when the chunk is gone through in its turn, because two others collided.
#[test]
fn a_sum_that_cannot_be_read_on_the_way_is_read_again_in_its_turn() {
    let quarter = 1i128 << 125;
    let group = || said(value_key(500), Access::Write);
    let idle = |key| (vec![Op::Read(key)], AccessHint::new());
    let block = Block::of(vec![
        (vec![Op::Add(999, -quarter)], AccessHint::new()),
        idle(1),
        idle(2),
        idle(3),
        idle(4),
        (vec![Op::Add(999, quarter), Op::Write(600)], AccessHint::new()),
        (vec![Op::Add(999, i128::MIN + 1)], group()),
        (vec![Op::ReadSum(999), Op::Write(700)], group()),
        (vec![Op::Read(600)], AccessHint::new()),
        idle(5),
    ]);
    let executor = Parallel::new(2).unwrap().always(5);
    assert_eq!(outcome(&executor, &block, 1, 8), outcome(&Sequential, &block, 1, 8));
    let stats = executor.stats();
    assert!(stats.collided == 1 && stats.again > 1, "{stats:?}");
}

#[test]
fn planted_bugs_are_found() {
    for bug in [
        "parallel:not_validated",
        "parallel:order_relaxed",
        "parallel:stale_group",
        "parallel:delta_twice",
        "parallel:range_not_logged",
        "parallel:word_not_checked",
    ] {
        let mut executor = Parallel::new(2).unwrap().always(64);
        executor.pool = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .start_handler(move |_| plant(bug))
            .build()
            .unwrap();
        assert!(!different(&executor, 1..300).is_empty(), "{bug} was not found");
    }
}

/// The hint that says this alone.
fn said(key: StateKey, access: Access) -> AccessHint {
    let mut hint = AccessHint::new();
    hint.push(key, access);
    hint
}

/// Runs a block of transactions of one operation each; gives what became of them.
fn stats_of(txs: Vec<(Vec<Op>, AccessHint)>) -> ParallelStats {
    let block = Block::of(txs);
    let executor = Parallel::new(2).unwrap();
    executor.known.lock().learn_cost(1, CHEAP * 2);
    assert_eq!(outcome(&executor, &block, 1, 8), outcome(&Sequential, &block, 1, 8));
    executor.stats()
}

#[test]
fn transactions_are_taken_at_their_word_until_one_breaks_it() {
    let honest = |i: u16| (vec![Op::Write(i)], said(value_key(i), Access::Write));
    let paid = |i: u16| (vec![Op::Add(i % 7, 3)], said(sum_key(i % 7), Access::Delta));
    // Everybody reads one parameter and adds to one total, and says neither.
    let read = |i: u16| (vec![Op::Read(9_999)], said(value_key(i), Access::Write));
    let total = |_| (vec![Op::Add(9_999, 1)], AccessHint::new());
    for (name, make) in [
        ("what was said", &honest as &dyn Fn(u16) -> (Vec<Op>, AccessHint)),
        ("payments", &paid),
        ("a parameter", &read),
        ("a total", &total),
    ] {
        let stats = stats_of((0..600).map(make).collect());
        assert_eq!((stats.as_said, stats.again), (600, 0), "{name}: {stats:?}");
    }
    let scan = (vec![Op::Scan { from: 0, to: 9, limit: 2, reverse: false }], AccessHint::new());
    // Takes what was not there when the block began, though somebody paid; takes from the same sum as another; writes what others read.
    let poor = || {
        let take = Op::AddWithin(9_998, -1, agora_state::Bounds::NON_NEGATIVE);
        (vec![take], said(sum_key(9_998), Access::Delta))
    };
    let giver = (vec![Op::Add(9_998, 5)], said(sum_key(9_998), Access::Delta));
    let taker = || (vec![Op::Add(9_997, -1)], said(sum_key(9_997), Access::Delta));
    let writer = (vec![Op::Write(9_999)], AccessHint::new());
    let mut txs: Vec<_> = (0..600).map(honest).collect();
    txs.push(poor());
    assert_eq!(stats_of(txs).as_said, 601, "too little, whoever pays");
    for (name, breakers) in [
        ("a scan", vec![scan]),
        ("too little until somebody paid", vec![giver, poor()]),
        ("two takers", vec![taker(), taker()]),
        ("a parameter that changes", vec![read(700), writer]),
    ] {
        let mut txs: Vec<_> = (0..600).map(honest).collect();
        txs.extend(breakers);
        let stats = stats_of(txs);
        assert_eq!(stats.as_said, 0, "{name}: {stats:?}");
    }
}

fn write(key: u16) -> (Vec<Op>, AccessHint) {
    (vec![Op::Read(key), Op::Write(key)], said(value_key(key), Access::Write))
}

#[test]
fn a_chain_of_dependent_transactions_without_hints_comes_out_in_order() {
    // Each reads what the one before it wrote.
    let txs = (0..400u16).map(|i| (vec![Op::Read(i), Op::Write(i + 1)], AccessHint::new())).collect();
    let block = Block::of(txs);
    let executor = Parallel::new(2).unwrap().always(100);
    assert_eq!(outcome(&executor, &block, 1, 8), outcome(&Sequential, &block, 1, 8));
    assert!(executor.stats().again > 300);
}

#[test]
fn blocks_that_are_executed_at_once_come_one_after_the_other() {
    let block = |n: u16| Block::of((0..100).map(|i| write(n * 25 + i / 2)).collect());
    let executor = Arc::new(Parallel::new(2).unwrap().always(30));
    let (done, ended) = mpsc::channel();
    for n in 0..4 {
        let (executor, done) = (executor.clone(), done.clone());
        std::thread::spawn(move || {
            let same = |_| outcome(&*executor, &block(n), 1, 8) == outcome(&Sequential, &block(n), 1, 8);
            done.send((0..50).all(same)).unwrap();
        });
    }
    for _ in 0..4 {
        assert_eq!(ended.recv_timeout(Duration::from_secs(120)), Ok(true), "two blocks wait for each other");
    }
}

#[test]
fn many_transactions_of_one_sender_are_one_group_and_never_run_again() {
    let block = Block::of((0..400).map(|_| write(7)).collect());
    let executor = Parallel::new(2).unwrap().always(100);
    assert_eq!(outcome(&executor, &block, 1, 8), outcome(&Sequential, &block, 1, 8));
    assert_eq!(
        executor.stats(),
        ParallelStats { side_by_side: 400, as_said: 200, ..ParallelStats::default() }
    );
}

#[test]
fn additions_to_one_sum_never_run_again() {
    let txs = (0..400u16).map(|i| {
        let (mut ops, mut hint) = write(i);
        ops.push(Op::Add(9, 1));
        hint.push(sum_key(9), Access::Delta);
        (ops, hint)
    });
    let block = Block::of(txs.collect());
    let executor = Parallel::new(3).unwrap().always(100);
    assert_eq!(outcome(&executor, &block, 1, 8), outcome(&Sequential, &block, 1, 8));
    assert_eq!(executor.stats().again, 0);
}

#[test]
fn where_additions_met_with_a_bound_they_keep_their_order_from_then_on() {
    // Somebody pays in, somebody else pays out what was just paid in: side by side the second fails at first.
    let pay = |key, op: Op| (vec![op], said(sum_key(key), Access::Delta));
    let bounds = agora_state::Bounds::NON_NEGATIVE;
    let block = || {
        let pairs = (0..100).flat_map(|_| [pay(5, Op::Add(5, 90)), pay(5, Op::AddWithin(5, -90, bounds))]);
        Block::of(pairs.collect())
    };
    let executor = Parallel::new(2).unwrap().always(50);
    assert_eq!(outcome(&executor, &block(), 1, 8), outcome(&Sequential, &block(), 1, 8));
    let first = executor.stats();
    assert!(first.again > 0);
    assert_eq!(outcome(&executor, &block(), 1, 8), outcome(&Sequential, &block(), 1, 8));
    assert_eq!(executor.stats().again, first.again, "what was learned was not used");
}

#[test]
fn an_error_that_must_stop_the_node_stops_it_only_in_its_turn() {
    // The first keeps the second from seeing an even number, but only if they run in order.
    for seed in 0..200 {
        let mut block =
            Block::random(seed, Shape { txs: 40, keys: 6, hot: 50, hints: Hints::Absent, tame: false });
        for (ops, _) in block.txs.iter_mut().skip(35) {
            ops.push(Op::Fatal);
        }
        let executor = Parallel::new(2).unwrap().always(16);
        assert_eq!(outcome(&executor, &block, seed, 6), outcome(&Sequential, &block, seed, 6), "seed {seed}");
    }
}

#[test]
fn small_blocks_are_not_spread_and_hopeless_ones_neither() {
    let executor = Parallel::new(2).unwrap();
    let block = Block::of((0..100).map(write).collect());
    assert_eq!(outcome(&executor, &block, 1, 8), outcome(&Sequential, &block, 1, 8));
    assert_eq!(executor.stats().in_sequence, 100);
    let block = Block::of((0..1_000).map(|_| write(3)).collect());
    assert_eq!(outcome(&executor, &block, 1, 8), outcome(&Sequential, &block, 1, 8));
    assert_eq!(executor.stats().in_sequence, 1_100);
}

#[test]
fn cheap_transactions_are_run_in_sequence_once_it_is_known_that_they_are() {
    let block = Block::of((0..1_000).map(write).collect());
    for (nanos, stats) in [
        (CHEAP / 2, ParallelStats { in_sequence: 1_000, ..ParallelStats::default() }),
        (CHEAP * 2, ParallelStats { side_by_side: 1_000, as_said: 1_000, ..ParallelStats::default() }),
    ] {
        let executor = Parallel::new(2).unwrap();
        executor.known.lock().learn_cost(block.class(0), nanos);
        assert_eq!(outcome(&executor, &block, 1, 8), outcome(&Sequential, &block, 1, 8));
        assert_eq!(executor.stats(), stats, "{nanos} ns each");
    }
}

#[test]
fn verifying_keeps_the_sequential_result_and_refuses_a_difference() {
    let block = Block::of((0..1_000).map(write).collect());
    let verify = crate::Executor::with(crate::Mode::Verify, Parallel::new(2).unwrap().always(100));
    assert_eq!(outcome(&verify, &block, 1, 8), outcome(&Sequential, &block, 1, 8));

    let mut wrong = Parallel::new(2).unwrap().always(100);
    wrong.pool =
        rayon::ThreadPoolBuilder::new().start_handler(|_| plant("parallel:delta_twice")).build().unwrap();
    let verify = crate::Executor::with(crate::Mode::Verify, wrong);
    let adding = Block::of((0..300).map(|i| (vec![Op::Add(i, 3)], AccessHint::new())).collect());
    let error = outcome(&verify, &adding, 1, 8).unwrap_err();
    assert!(error.fatal && error.log.contains("leave different values at bank/Tree/02"), "{error:?}");
}
