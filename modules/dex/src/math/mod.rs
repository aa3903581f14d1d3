//! Pure functions on integers: no context, no state, no rounding that the name does not say.
//!
//! Each curve stands in a file of its own and is compared with an exact model there.

pub mod bitmap;
pub mod constant_product;
pub mod fixed;
pub mod growth;
pub mod log_exp;
pub mod sqrt_price;
pub mod stable;
pub mod step;
pub mod tick;
pub mod weighted;
pub mod wide;

/// One, in the unit of fees: millionths.
pub const FEE_UNIT: u32 = 1_000_000;
