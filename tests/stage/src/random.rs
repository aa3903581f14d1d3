//! Random numbers that can be had again.

/// Random numbers that can be had again: splitmix64.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// From `AGORA_SEED`, or the default; says which.
    #[must_use]
    pub fn new(default: u64) -> Self {
        let seed = std::env::var("AGORA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(default);
        println!("AGORA_SEED={seed}");
        Self(seed)
    }

    /// From this seed.
    #[must_use]
    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, which is not zero.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Of any length up to `bits`, at most 128; not zero.
    pub fn sized(&mut self, bits: u32) -> u128 {
        let n = (u128::from(self.next()) << 64) | u128::from(self.next());
        let bits = 1 + self.below(bits.into()) as u32;
        (n >> (128 - bits)).max(1)
    }

    /// One of a list, which is not empty.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}
