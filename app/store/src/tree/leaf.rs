//! Leaves: a key as the words of a slot.

/// The words of a leaf's slot, by class: two bytes of length, then the key. The last takes the longest key there is.
pub(super) const LEAF_WORDS: [usize; 7] = [3, 4, 5, 6, 8, 16, 129];

/// A key as the words of a leaf.
pub(super) struct KeyWords<'a> {
    /// Which slots take the key.
    pub(super) class: usize,
    length: [u8; 2],
    key: &'a [u8],
    at: usize,
}

impl<'a> KeyWords<'a> {
    pub(super) fn new(key: &'a [u8]) -> Self {
        let bytes = key.len().saturating_add(2);
        let class = LEAF_WORDS.iter().position(|words| words.saturating_mul(8) >= bytes);
        // Keys are at most `MAX_KEY_LEN` bytes long, which the last class takes.
        let length = u16::try_from(key.len()).unwrap_or(u16::MAX).to_le_bytes();
        Self { class: class.unwrap_or(LEAF_WORDS.len().saturating_sub(1)), length, key, at: 0 }
    }

    /// How many words the slot has.
    pub(super) fn words(&self) -> usize {
        LEAF_WORDS.get(self.class).copied().unwrap_or(0)
    }

    /// The words in a row.
    pub(super) fn next_word(&mut self) -> u64 {
        let mut word = [0_u8; 8];
        let from: &[u8] =
            if self.at == 0 { &[] } else { self.key.get(self.at.saturating_sub(2)..).unwrap_or_default() };
        if self.at == 0 {
            for (to, from) in word.iter_mut().zip(self.length.iter().chain(self.key)) {
                *to = *from;
            }
        } else if let Some(whole) = from.first_chunk::<8>() {
            word = *whole;
        } else {
            for (to, from) in word.iter_mut().zip(from) {
                *to = *from;
            }
        }
        self.at = self.at.saturating_add(8);
        u64::from_le_bytes(word)
    }
}
