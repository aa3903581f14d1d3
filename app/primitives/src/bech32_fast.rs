//! Bech32 of addresses without allocation: every event and every message names some.
//!
//! What is not plainly good is left to the `bech32` crate, which also says what is wrong.

/// The characters, by value.
const CHARACTERS: [u8; 32] = *b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Not a character.
const NONE: u8 = 0xff;

/// The values of the lower-case characters.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value: u8 = 0;
    while value < 32 {
        values[CHARACTERS[value as usize] as usize] = value;
        value = value.wrapping_add(1);
    }
    values
};

/// What the five highest bits of the checksum's state come back as: the generators of the set bits.
const fn feedback(top: u32) -> u32 {
    const fn of(top: u32, bit: u32, generator: u32) -> u32 {
        if (top >> bit) & 1 == 1 { generator } else { 0 }
    }
    of(top, 0, 0x3b6a_57b2)
        ^ of(top, 1, 0x2650_8e6d)
        ^ of(top, 2, 0x1ea1_19fa)
        ^ of(top, 3, 0x3d42_33dd)
        ^ of(top, 4, 0x2a14_62b3)
}

/// [`feedback`] of every value of five bits.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const FEEDBACK: [u32; 32] = {
    let mut table = [0; 32];
    let mut top: u32 = 0;
    while top < 32 {
        table[top as usize] = feedback(top);
        top = top.wrapping_add(1);
    }
    table
};

/// Characters of the checksum.
const CHECKSUM: usize = 6;

/// The most characters of the part that holds 32 bytes.
const MAX_DATA: usize = 52;

/// The checksum's state after a human-readable part.
#[derive(Clone, Copy)]
pub(crate) struct Prefix(u32);

impl Prefix {
    /// The state after `prefix`, which must be lower case.
    pub(crate) const fn new(prefix: &str) -> Self {
        let mut state = 1;
        let mut rest = prefix.as_bytes();
        while let [first, tail @ ..] = rest {
            state = with_feedback(state, *first >> 5, feedback(state >> 25));
            rest = tail;
        }
        state = with_feedback(state, 0, feedback(state >> 25));
        rest = prefix.as_bytes();
        while let [first, tail @ ..] = rest {
            state = with_feedback(state, *first & 31, feedback(state >> 25));
            rest = tail;
        }
        Self(state)
    }
}

#[inline]
const fn with_feedback(state: u32, value: u8, feedback: u32) -> u32 {
    ((state & 0x01ff_ffff) << 5) ^ (value as u32) ^ feedback
}

/// The checksum's state after one more value.
#[inline]
fn step(state: u32, value: u8) -> u32 {
    let feedback = FEEDBACK.get(usize::from(low(state >> 25))).copied().unwrap_or_default();
    with_feedback(state, value, feedback)
}

/// Appends what follows the separator: `bytes`, at most 32 of them, and the checksum.
pub(crate) fn encode(prefix: Prefix, bytes: &[u8], out: &mut impl FnMut(u8)) {
    let mut state = prefix.0;
    let mut put = |value: u8, state: &mut u32| {
        *state = step(*state, value);
        out(character(value));
    };
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits = bits.wrapping_add(8);
        while bits >= 5 {
            bits = bits.wrapping_sub(5);
            put(low(held >> bits), &mut state);
        }
    }
    if bits > 0 {
        put(low(held << 5_u32.wrapping_sub(bits)), &mut state);
    }
    for _ in 0..CHECKSUM {
        state = step(state, 0);
    }
    state ^= 1;
    for shift in [25, 20, 15, 10, 5, 0] {
        out(character(low(state >> shift)));
    }
}

/// Reads what follows the separator into `out`, whose length says how many bytes there must be; false when it is not plainly
/// lower-case characters, as many as needed, with a good checksum.
pub(crate) fn decode(prefix: Prefix, text: &[u8], out: &mut [u8]) -> bool {
    let Some((data, checksum)) = text.len().checked_sub(CHECKSUM).and_then(|at| text.split_at_checked(at))
    else {
        return false;
    };
    if data.len() > MAX_DATA || data.len() != out.len().saturating_mul(8).div_ceil(5) {
        return false;
    }
    let (mut state, mut held, mut bits, mut wrong) = (prefix.0, 0_u32, 0_u32, 0);
    let mut out = out.iter_mut();
    for byte in data {
        let value = value(*byte);
        wrong |= value;
        state = step(state, value & 31);
        held = (held << 5) | u32::from(value & 31);
        bits = bits.wrapping_add(5);
        if bits >= 8 {
            bits = bits.wrapping_sub(8);
            if let Some(out) = out.next() {
                *out = byte_of(held >> bits);
            }
        }
    }
    for byte in checksum {
        let value = value(*byte);
        wrong |= value;
        state = step(state, value & 31);
    }
    wrong < 32 && state == 1
}

#[inline]
fn character(value: u8) -> u8 {
    CHARACTERS.get(usize::from(value & 31)).copied().unwrap_or_default()
}

#[inline]
fn value(character: u8) -> u8 {
    VALUES.get(usize::from(character)).copied().unwrap_or(NONE)
}

#[inline]
fn low(bits: u32) -> u8 {
    byte_of(bits & 31)
}

#[inline]
fn byte_of(bits: u32) -> u8 {
    bits.to_le_bytes()[0]
}
