//! Numbered slots in memory that grows by doubling and never moves.
//!
//! Slots consist of atomic words, read and written without ordering: plain loads and stores for the processor, and safe code while
//! readers walk one version and a writer fills slots of the next.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use zerocopy::FromZeros as _;

/// Slots of the first piece of memory; each next one has twice as many.
const FIRST: u32 = 64;

/// Pieces that hold as many slots as a node can number.
const PIECES: usize = 24;

/// Slots of one width, in pieces of memory that are made when they are first needed.
pub(super) struct Slots {
    width: usize,
    pieces: [OnceLock<Box<[AtomicU64]>>; PIECES],
    /// The lowest slot never used.
    next: AtomicU32,
}

impl Slots {
    pub(super) fn new(width: usize, first: u32) -> Self {
        Self { width, pieces: [const { OnceLock::new() }; PIECES], next: AtomicU32::new(first) }
    }

    /// Slots that have been in use, those free again included.
    pub(super) fn used(&self) -> u32 {
        self.next.load(Ordering::Relaxed)
    }

    /// Bytes of a slot.
    pub(super) const fn slot_bytes(&self) -> u64 {
        (self.width as u64).saturating_mul(8)
    }

    /// The piece of a slot and the slot's place in it.
    const fn place(index: u32) -> (usize, usize) {
        let shifted = index.saturating_add(FIRST);
        let piece = shifted.ilog2().saturating_sub(FIRST.ilog2());
        (piece as usize, shifted.saturating_sub(FIRST << piece) as usize)
    }

    /// The words of a slot whose width is known where this is called.
    #[inline]
    pub(super) fn slot<const WIDTH: usize>(&self, index: u32) -> Option<&[AtomicU64; WIDTH]> {
        let (piece, place) = Self::place(index);
        let words = self.pieces.get(piece)?.get()?;
        words.get(place.saturating_mul(WIDTH)..)?.first_chunk()
    }

    /// The words of a slot.
    #[inline]
    pub(super) fn words(&self, index: u32) -> &[AtomicU64] {
        let (piece, place) = Self::place(index);
        let Some(piece) = self.pieces.get(piece).and_then(OnceLock::get) else { return &[] };
        let start = place.saturating_mul(self.width);
        piece.get(start..start.saturating_add(self.width)).unwrap_or_default()
    }

    /// A fresh slot, or several in a row.
    pub(super) fn fresh(&self, count: u32) -> std::ops::Range<u32> {
        let first = self.next.fetch_add(count, Ordering::Relaxed);
        let end = first.saturating_add(count);
        let (from, _) = Self::place(first);
        let (to, _) = Self::place(end);
        for (number, piece) in self.pieces.iter().enumerate().take(to.saturating_add(1)).skip(from) {
            piece.get_or_init(|| self.piece(number));
        }
        first..end
    }

    /// Zeroed memory, of which the system gives a page when it is first touched.
    fn piece(&self, number: usize) -> Box<[AtomicU64]> {
        let count = ((FIRST as usize) << number).saturating_mul(self.width);
        <[AtomicU64]>::new_box_zeroed_with_elems(count).unwrap_or_else(|_| {
            // As everywhere in Rust: without memory the process ends.
            let layout = std::alloc::Layout::array::<AtomicU64>(count);
            std::alloc::handle_alloc_error(layout.unwrap_or(std::alloc::Layout::new::<AtomicU64>()))
        })
    }
}
