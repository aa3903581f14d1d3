//! Random numbers that can be had again.

/// Random numbers that can be had again: splitmix64.
pub(crate) struct Random(u64);

impl Random {
    /// From `AGORA_SEED`, or the default; says which.
    pub(crate) fn new(default: u64) -> Self {
        let seed = std::env::var("AGORA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(default);
        println!("AGORA_SEED={seed}");
        Self(seed)
    }

    /// 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Of any length up to `bits`.
    pub(crate) fn sized(&mut self, bits: u32) -> u128 {
        let n = (u128::from(self.next()) << 64) | u128::from(self.next());
        let bits = 1 + u32::try_from(self.below(bits.into())).unwrap();
        (n >> (128 - bits)).max(1)
    }
}
