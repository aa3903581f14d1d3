//! Which ticks carry liquidity: one bit for each spacing, 256 to a word (Uniswap v3 core paper, section 6.2).

use ruint::aliases::U256;

use super::tick::{MAX_TICK, MIN_TICK};

/// The word and the bit of a tick, which must be a multiple of the spacing.
#[must_use]
pub fn position(tick: i32, spacing: i32) -> Option<(i16, u8)> {
    locate(tick.checked_div_euclid(spacing)?)
}

fn locate(compressed: i32) -> Option<(i16, u8)> {
    let word = i16::try_from(compressed.checked_shr(8)?).ok()?;
    let bit = u8::try_from(compressed & 0xff).ok()?;
    Some((word, bit))
}

/// Where the search for the next tick looks: below and at `tick`, or above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// The word to look into.
    pub word: i16,
    bit: u8,
    compressed: i32,
    spacing: i32,
    down: bool,
}

/// Begins the search for the next tick with liquidity: at `tick` or below if `down`, above it if not.
#[must_use]
pub fn search(tick: i32, spacing: i32, down: bool) -> Option<Search> {
    let compressed = tick.checked_div_euclid(spacing)?.checked_add(i32::from(!down))?;
    let (word, bit) = locate(compressed)?;
    Some(Search { word, bit, compressed, spacing, down })
}

impl Search {
    /// The next tick within `word`, and whether it carries liquidity: without one, the border of the word. Held
    /// within the lowest and highest tick.
    ///
    /// Stopping at borders is part of the arithmetic: every stop rounds.
    #[must_use]
    pub fn next(&self, word: U256) -> Option<(i32, bool)> {
        let bit = usize::from(self.bit);
        let (steps, found) = if self.down {
            let below = word.wrapping_shl(255usize.checked_sub(bit)?);
            if below.is_zero() { (bit, false) } else { (below.leading_zeros(), true) }
        } else {
            let above = word.wrapping_shr(bit);
            if above.is_zero() { (255usize.checked_sub(bit)?, false) } else { (above.trailing_zeros(), true) }
        };
        let steps = i32::try_from(steps).ok()?;
        let at = if self.down {
            self.compressed.checked_sub(steps)?
        } else {
            self.compressed.checked_add(steps)?
        };
        Some((at.checked_mul(self.spacing)?.clamp(MIN_TICK, MAX_TICK), found))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_next_tick_is_the_nearest_within_the_word(
            ticks in proptest::collection::btree_set(-2000i32..2000, 0..40),
            from in -60_000i32..60_000, spacing in 1i32..61, down in any::<bool>(),
        ) {
            let mut words: BTreeMap<i16, U256> = BTreeMap::new();
            for tick in &ticks {
                let (word, bit) = position(tick * spacing, spacing).unwrap();
                *words.entry(word).or_default() |= U256::from(1) << bit;
            }
            let search = search(from, spacing, down).unwrap();
            let (next, found) = search.next(words.get(&search.word).copied().unwrap_or_default()).unwrap();
            let compressed = from.div_euclid(spacing);
            let model = if down {
                let border = compressed.div_euclid(256) * 256;
                ticks.range(..=compressed).next_back().copied().filter(|t| *t >= border).map_or((border, false), |t| (t, true))
            } else {
                let border = (compressed + 1).div_euclid(256) * 256 + 255;
                ticks.range(compressed + 1..).next().copied().filter(|t| *t <= border).map_or((border, false), |t| (t, true))
            };
            prop_assert_eq!((next, found), (model.0 * spacing, model.1));
        }
    }
}
