//! The codes of the `dex` codespace.

use agora_framework::ErrorCode;

/// There is no such pool.
pub(crate) const NO_POOL: ErrorCode = ErrorCode::new("dex", 2, "no such pool");
/// A swap gives less, or costs more, than its limit.
pub(crate) const LIMIT: ErrorCode = ErrorCode::new("dex", 3, "limit not met");
/// The deadline has passed.
pub(crate) const DEADLINE: ErrorCode = ErrorCode::new("dex", 4, "deadline passed");
/// The pool does not hold this denom, or holds the same on both sides.
pub(crate) const DENOM: ErrorCode = ErrorCode::new("dex", 5, "denom not in the pool");
/// The amount is too small or too large for the pool.
pub(crate) const AMOUNT: ErrorCode = ErrorCode::new("dex", 6, "amount not possible");
/// A route is malformed.
pub(crate) const ROUTE: ErrorCode = ErrorCode::new("dex", 7, "invalid route");
/// A pool cannot be made of this.
pub(crate) const POOL: ErrorCode = ErrorCode::new("dex", 8, "invalid pool");
/// There is no such position.
pub(crate) const NO_POSITION: ErrorCode = ErrorCode::new("dex", 9, "no such position");
/// A range is empty, beyond the prices, or off the spacing.
pub(crate) const RANGE: ErrorCode = ErrorCode::new("dex", 10, "invalid range");
/// A price is not known for the time asked for.
pub(crate) const PRICE: ErrorCode = ErrorCode::new("dex", 11, "price not available");
/// The breaker is tripped, or the chain stood still.
pub(crate) const HALTED: ErrorCode = ErrorCode::new("dex", 12, "trading halted");
/// An exchange takes the price too far within a block.
pub(crate) const BAND: ErrorCode = ErrorCode::new("dex", 13, "price band left");
/// An exchange takes too much out of a pool within a while.
pub(crate) const OUTFLOW: ErrorCode = ErrorCode::new("dex", 14, "outflow limit reached");

/// Every code of the codespace.
pub const ALL: &[ErrorCode] =
    &[NO_POOL, LIMIT, DEADLINE, DENOM, AMOUNT, ROUTE, POOL, NO_POSITION, RANGE, PRICE, HALTED, BAND, OUTFLOW];
