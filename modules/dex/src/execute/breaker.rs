//! `MsgSetPoolBreaker`.

use agora_framework::{AppError, Event, ExecCtx, StateCtx};

use crate::msgs::SetPoolBreaker;
use crate::oracle::store_pool;
use crate::proto::agora::dex::v1::MsgSetPoolBreakerResponse;
use crate::router;

/// Halts a pool or lets it go on; only for the chain's authority.
pub(crate) fn execute(
    ctx: &mut ExecCtx<'_>,
    msg: SetPoolBreaker,
) -> Result<MsgSetPoolBreakerResponse, AppError> {
    ctx.registry().require_authority(&msg.authority)?;
    let mut pool = router::pool(ctx, msg.pool)?;
    pool.halted = msg.halted;
    store_pool(ctx, msg.pool, &pool)?;
    let name = if msg.halted { "pool_halted" } else { "pool_resumed" };
    ctx.emit(Event::new(name).with("pool_id", msg.pool));
    Ok(MsgSetPoolBreakerResponse {})
}
