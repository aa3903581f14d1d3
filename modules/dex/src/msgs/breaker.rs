//! The breaker of a pool.

use agora_framework::{AccessHint, AppError, Message};

use super::message;
use super::parse::hint_pool;
use crate::pool::PoolId;
use crate::route::parse_pool_id;

/// Trips or resets the breaker of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPoolBreaker {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// The pool.
    pub pool: PoolId,
    /// Whether to trip it.
    pub halted: bool,
}

impl Message for SetPoolBreaker {
    message!(SetPoolBreaker, MsgSetPoolBreaker, MsgSetPoolBreakerResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            authority: wire.authority.clone(),
            pool: parse_pool_id(&wire.pool_id)?,
            halted: wire.halted,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_pool(&wire.pool_id, hint);
    }
}
