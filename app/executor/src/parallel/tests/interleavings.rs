//! The table of touched keys in every interleaving of two threads.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;

use crate::parallel::touched::{Touch, Touched, Word};

impl Word for AtomicU64 {
    fn zero() -> Self {
        Self::new(0)
    }

    fn load(&self) -> u64 {
        self.load(Ordering::Relaxed)
    }

    fn store(&self, value: u64) {
        self.store(value, Ordering::Relaxed);
    }

    fn exchange(&self, seen: u64, next: u64) -> Result<u64, u64> {
        self.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed)
    }
}

type Touches = &'static [(u64, Touch, u32)];

fn model(mine: Touches, theirs: Touches, check: fn(&Touched<AtomicU64>)) {
    loom::model(move || {
        let table = Arc::new(Touched::new(1));
        let other = table.clone();
        let worker = thread::spawn(move || theirs.iter().for_each(|(h, t, o)| other.touch(*h, *t, *o)));
        mine.iter().for_each(|(h, t, o)| table.touch(*h, *t, *o));
        worker.join().unwrap();
        check(&table);
    });
}

const A: u64 = 0x11_0000_0000;
/// In the same place of the table as `A`.
const B: u64 = 0x21_0000_0000;

#[test]
fn a_conflict_of_two_groups_is_seen_in_every_interleaving() {
    model(&[(A, Touch::Read, 1), (A, Touch::Change, 1)], &[(A, Touch::Read, 2)], |table| {
        assert!(table.is_shared(A) && table.any_shared());
    });
    model(&[(A, Touch::Add, 1)], &[(A, Touch::Add, 2), (A, Touch::Read, 2)], |table| {
        assert!(table.is_shared(A) && table.any_shared());
    });
}

#[test]
fn what_commutes_is_no_conflict_in_any_interleaving() {
    model(&[(A, Touch::Change, 1)], &[(B, Touch::Change, 2)], |table| {
        assert!(!table.is_shared(A) && !table.is_shared(B) && !table.any_shared());
    });
    model(&[(A, Touch::Add, 1), (B, Touch::Read, 1)], &[(B, Touch::Read, 2), (A, Touch::Add, 2)], |table| {
        assert!(!table.any_shared())
    });
}

#[test]
fn keys_that_compete_for_one_place_stay_apart_in_every_interleaving() {
    model(&[(A, Touch::Change, 1), (B, Touch::Read, 1)], &[(B, Touch::Change, 2)], |table| {
        assert!(!table.is_shared(A) && table.is_shared(B));
    });
}

/// The table with the mistake of storing what was computed from an old word: it has to be found.
struct Careless(AtomicU64);

impl Word for Careless {
    fn zero() -> Self {
        Self(AtomicU64::new(0))
    }

    fn load(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn store(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    fn exchange(&self, _: u64, next: u64) -> Result<u64, u64> {
        self.0.store(next, Ordering::Relaxed);
        Ok(next)
    }
}

#[test]
#[should_panic(expected = "a conflict was lost")]
fn a_lost_update_would_be_found() {
    loom::model(|| {
        let table = Arc::new(Touched::<Careless>::new(1));
        let other = table.clone();
        let worker = thread::spawn(move || other.touch(A, Touch::Change, 2));
        table.touch(A, Touch::Change, 1);
        worker.join().unwrap();
        assert!(table.is_shared(A), "a conflict was lost");
    });
}
