//! Who touches which key of a chunk: the one thing that workers share while they run.
//!
//! A table of one word a key, insert only, without locks. What it says decides what has to be checked afterwards; it errs towards
//! checking: a speculative run that does not count leaves its marks, and two keys of one hash are one key.

use std::sync::atomic::{AtomicU64, Ordering};

/// How a group of transactions touches a key. The bits of several touches add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// Reads it.
    Read = 1,
    /// Adds to it without looking.
    Add = 2,
    /// Writes it, or looks at what it adds to.
    Change = 3,
}

const KIND: u64 = 3;
const MANY: u64 = 4;
const OWNER_SHIFT: u32 = 3;
const TAG_SHIFT: u32 = 32;

/// The most groups of a chunk: an owner has the bits between kind and tag.
pub(crate) const MAX_GROUPS: usize = (1 << (TAG_SHIFT - OWNER_SHIFT)) - 1;

/// How far a key is looked for from its place.
const PROBES: usize = 32;

/// A word that several threads change; another kind stands in for the model of all interleavings.
pub(crate) trait Word: Sized {
    /// A word of 0.
    fn zero() -> Self;
    /// What it holds.
    fn load(&self) -> u64;
    /// Sets it.
    fn store(&self, value: u64);
    /// Sets it if it still holds what was seen; else says what it holds, or the same when it was disturbed.
    fn exchange(&self, seen: u64, next: u64) -> Result<u64, u64>;
}

/// Relaxed operations suffice: each word stands for itself, and what it says is relied on after the workers were joined.
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

/// The table. A word is: tag of the key (32 bits, never 0), owner (29), whether there are several (1), kinds (2).
pub(crate) struct Touched<W = AtomicU64> {
    words: Vec<W>,
    mask: usize,
    /// Not 0 once a key is shared.
    shared: W,
    /// Not 0 once a key found no place.
    full: W,
}

impl<W: Word> Touched<W> {
    /// A table for about `keys` keys.
    pub(crate) fn new(keys: usize) -> Self {
        let len = keys.saturating_mul(2).next_power_of_two().max(2);
        Self {
            words: (0..len).map(|_| W::zero()).collect(),
            mask: len.saturating_sub(1),
            shared: W::zero(),
            full: W::zero(),
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.words.iter_mut().for_each(|word| *word = W::zero());
        self.shared = W::zero();
        self.full = W::zero();
    }

    /// Notes that group `owner` touches the key with this hash.
    pub(crate) fn touch(&self, hash: u64, touch: Touch, owner: u32) {
        let fresh = word(tag(hash), owner, touch);
        for slot in self.places(hash) {
            let mut seen = slot.load();
            loop {
                let next = match seen {
                    0 => fresh,
                    _ if seen >> TAG_SHIFT != tag(hash) => break,
                    _ => joined(seen, fresh),
                };
                if next == seen {
                    return;
                }
                match slot.exchange(seen, next) {
                    Ok(_) => {
                        if is_shared(next) {
                            self.shared.store(1);
                        }
                        return;
                    }
                    Err(other) => seen = other,
                }
            }
        }
        self.full.store(1);
        self.shared.store(1);
    }

    /// Whether any key is shared.
    pub(crate) fn any_shared(&self) -> bool {
        self.shared.load() != 0
    }

    /// Whether several groups touch the key with this hash in ways that do not commute.
    pub(crate) fn is_shared(&self, hash: u64) -> bool {
        for slot in self.places(hash) {
            match slot.load() {
                0 => break,
                seen if seen >> TAG_SHIFT == tag(hash) => return is_shared(seen),
                _ => {}
            }
        }
        // Not found: nobody touched it, unless it found no place.
        self.full.load() != 0
    }

    fn places(&self, hash: u64) -> impl Iterator<Item = &W> {
        let first = usize::try_from(hash & 0xffff_ffff).unwrap_or_default();
        (0..PROBES).filter_map(move |probe| self.words.get(first.wrapping_add(probe) & self.mask))
    }
}

const fn tag(hash: u64) -> u64 {
    (hash >> TAG_SHIFT) | 1
}

const fn word(tag: u64, owner: u32, touch: Touch) -> u64 {
    (tag << TAG_SHIFT) | (((owner as u64) & (MAX_GROUPS as u64)) << OWNER_SHIFT) | touch as u64
}

/// What a key's word becomes when `fresh` comes to what was `seen`.
const fn joined(seen: u64, fresh: u64) -> u64 {
    let others = seen & MANY != 0 || (seen ^ fresh) & !(KIND | MANY) != 0;
    let kinds = (seen | fresh) & KIND;
    if others { (seen >> TAG_SHIFT << TAG_SHIFT) | MANY | kinds } else { seen | kinds }
}

const fn is_shared(word: u64) -> bool {
    word & MANY != 0 && word & KIND == KIND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commute_additions_commute_and_nothing_else_does() {
        use Touch::{Add, Change, Read};
        for (touches, shared) in [
            (vec![(1, Read), (2, Read), (3, Read)], false),
            (vec![(1, Add), (2, Add), (3, Add)], false),
            (vec![(1, Read), (1, Add), (1, Change)], false),
            (vec![(1, Read), (2, Add)], true),
            (vec![(1, Change), (2, Read)], true),
            (vec![(1, Read), (2, Read), (1, Change)], true),
            (vec![(1, Change), (2, Change)], true),
            (vec![(1, Add), (2, Add), (2, Read)], true),
        ] {
            let table = Touched::<AtomicU64>::new(8);
            for (owner, touch) in &touches {
                table.touch(0x1234_5678_9abc_def0, *touch, *owner);
            }
            assert_eq!(table.is_shared(0x1234_5678_9abc_def0), shared, "{touches:?}");
            assert_eq!(table.any_shared(), shared);
            assert!(!table.is_shared(0x1334_5678_9abc_def0), "another key");
        }
    }

    #[test]
    fn a_full_table_has_everything_checked() {
        let table = Touched::<AtomicU64>::new(1);
        for hash in 1..100u64 {
            table.touch(hash << 40 | hash, Touch::Read, 1);
        }
        assert!(table.any_shared());
        assert!(table.is_shared(0xdead_beef_dead_beef));
    }
}
