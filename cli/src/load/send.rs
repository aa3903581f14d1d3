//! Handing transactions in, over several connections.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::account::{Queue, Signed};
use super::report::Tally;
use super::watch::Waiting;
use crate::client::status::expected_sequence;
use crate::client::types::CheckResult;
use crate::client::{Client, MAX_BATCH};
use crate::error::{CliError, Result};

/// How long an account rests after a refusal: about what it takes a pool to find room.
const REST: Duration = Duration::from_millis(200);
/// How long a connection waits when none of its accounts has anything to send.
const IDLE: Duration = Duration::from_millis(2);
/// Messages that may fail in a row before a connection is given up.
const FAILURES: u32 = 20;

/// Codes of the `sdk` space after which the same transaction may be taken later: fee too low, pool full.
const TRANSIENT: [u32; 2] = [13, 20];
/// The code of a wrong sequence.
const WRONG_SEQUENCE: u32 = 32;

/// When transactions are due.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    /// Transactions a second; none for as fast as possible.
    rate: Option<f64>,
    /// The last moment of sending.
    until: Instant,
    /// How many were handed out to connections.
    issued: AtomicU64,
}

impl Pace {
    pub(super) fn new(rate: Option<u64>, duration: Duration) -> Self {
        let begun = Instant::now();
        let until = begun.checked_add(duration).unwrap_or(begun);
        Self { begun, rate: rate.map(|rate| rate as f64), until, issued: AtomicU64::new(0) }
    }

    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Takes up to `most` of what is due now.
    fn take(&self, most: usize) -> usize {
        let Some(rate) = self.rate else { return most };
        let due = (self.begun.elapsed().as_secs_f64() * rate) as u64 + 1;
        let claim = |issued: u64| (most as u64).min(due.saturating_sub(issued));
        let before = self
            .issued
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |issued| Some(issued + claim(issued)))
            .unwrap_or_default();
        usize::try_from(claim(before)).unwrap_or_default()
    }

    /// Gives back what was taken and not sent.
    fn give_back(&self, count: usize) {
        if self.rate.is_some() {
            self.issued.fetch_sub(count as u64, Ordering::Relaxed);
        }
    }
}

/// An account with the moment before which it rests.
struct Place {
    queue: Queue,
    rests_until: Option<Instant>,
}

/// What all connections share.
pub(super) struct Sending<'a> {
    pub(super) pace: &'a Pace,
    pub(super) waiting: &'a Waiting,
    pub(super) tally: &'a Mutex<Tally>,
    pub(super) stop: &'a AtomicBool,
}

impl Sending<'_> {
    /// Sends the transactions of some accounts over one connection, each account's in order.
    pub(super) fn run(&self, client: &Client, queues: Vec<Queue>) -> Result<()> {
        let mut places: Vec<Place> =
            queues.into_iter().map(|queue| Place { queue, rests_until: None }).collect();
        let (mut cursor, mut failures) = (0, 0);
        while !self.stop.load(Ordering::Relaxed) && !self.pace.is_over() {
            places.retain(|place| place.queue.head().is_some());
            if places.is_empty() {
                break;
            }
            let due = self.pace.take(MAX_BATCH.min(places.len()));
            let batch = ready(&places, &mut cursor, due);
            self.pace.give_back(due - batch.len());
            if batch.is_empty() {
                std::thread::sleep(IDLE);
                continue;
            }
            match self.hand_in(client, &mut places, &batch) {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures += 1;
                    self.count(|tally| tally.refuse("", 0, "the node did not answer", batch.len() as u64));
                    if failures >= FAILURES {
                        return Err(error);
                    }
                    std::thread::sleep(REST);
                }
            }
        }
        Ok(())
    }

    fn count(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// Hands in the heads of these places, in one message.
    fn hand_in(&self, client: &Client, places: &mut [Place], batch: &[usize]) -> Result<()> {
        let heads: Vec<&Signed> = batch.iter().filter_map(|at| places.get(*at)?.queue.head()).collect();
        let now = Instant::now();
        // Only those that are new: what was handed in before has waited since then.
        let fresh: Vec<bool> = heads
            .iter()
            .map(|tx| tx.kind.is_welcome() && self.waiting.begin(tx.hash, tx.kind, now))
            .collect();
        let bytes: Vec<&[u8]> = heads.iter().map(|tx| tx.bytes.as_slice()).collect();
        let answers = client.broadcast_all(&bytes);
        let forget = |taken: &dyn Fn(usize) -> bool| {
            for (at, (tx, fresh)) in heads.iter().zip(&fresh).enumerate() {
                if *fresh && !taken(at) {
                    self.waiting.end(&tx.hash);
                }
            }
        };
        let answers = answers.inspect_err(|_| forget(&|_| false))?;
        forget(&|at| matches!(answers.get(at), Some(Ok(check)) if check.code == 0));
        self.count(|tally| {
            for ((at, answer), fresh) in batch.iter().zip(&answers).zip(&fresh) {
                if let Some(place) = places.get_mut(*at) {
                    settle(place, answer, *fresh, tally);
                }
            }
        });
        Ok(())
    }
}

/// Up to `most` places whose account does not rest, from `cursor` on.
fn ready(places: &[Place], cursor: &mut usize, most: usize) -> Vec<usize> {
    let now = Instant::now();
    let mut chosen = Vec::new();
    for _ in 0..places.len() {
        if chosen.len() >= most {
            break;
        }
        *cursor = (*cursor + 1) % places.len();
        if places.get(*cursor).is_some_and(|place| place.rests_until.is_none_or(|until| until <= now)) {
            chosen.push(*cursor);
        }
    }
    chosen
}

/// Counts an answer and moves the account on.
fn settle(
    place: &mut Place,
    answer: &std::result::Result<CheckResult, String>,
    fresh: bool,
    tally: &mut Tally,
) {
    let Some(tx) = place.queue.head() else { return };
    let kind = tx.kind;
    tally.sent += 1;
    place.rests_until = None;
    match answer {
        Ok(check) if check.code == 0 => {
            // Once for each transaction, also if the pool dropped it and takes it again.
            tally.accept(kind, fresh || !kind.is_welcome());
            return place.queue.advance();
        }
        Ok(check) => tally.refuse(&check.codespace, check.code, &check.log, 1),
        Err(text) => tally.refuse("", 0, text, 1),
    }
    if !kind.is_welcome() {
        return place.queue.advance();
    }
    match answer {
        Ok(check) if check.codespace == "sdk" && check.code == WRONG_SEQUENCE => {
            if !expected_sequence(&check.log).is_some_and(|expected| place.queue.seek(expected)) {
                place.queue.give_up();
            }
        }
        Ok(check) if !(check.codespace == "sdk" && TRANSIENT.contains(&check.code)) => place.queue.give_up(),
        // The node has it already: it waits in the pool, or a block holds it.
        Err(text) if text.contains("already exists in cache") => place.queue.advance(),
        _ => place.rests_until = Instant::now().checked_add(REST),
    }
}

/// The first of the errors of the connections, if none of them came to its end.
pub(super) fn outcome(results: Vec<Result<()>>) -> Option<CliError> {
    let mut errors: Vec<CliError> = Vec::new();
    let all = results.len();
    for result in results {
        errors.extend(result.err());
    }
    if errors.len() < all { None } else { errors.into_iter().next() }
}
