//! The breaker of a pool.

use agora_framework::{AccessHint, AppError, Message, message};

use super::parse::hint_pool;
use crate::pool::PoolId;
use crate::proto::agora::dex::v1 as wire;
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
    message!(wire::MsgSetPoolBreaker, wire::MsgSetPoolBreakerResponse, authority);

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
