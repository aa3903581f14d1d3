//! Begin-block work.

use agora_framework::{AppError, BlockCtx};

use crate::state::UNORDERED_NONCES;

/// The most nonces forgotten in a block; the rest is carried over.
const MAX_FORGOTTEN: usize = 1000;

/// Forgets nonces whose transactions can no longer be included: their time-out is before this block's time.
pub(crate) fn forget_expired_nonces(ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
    let now = ctx.block().time;
    let page = UNORDERED_NONCES.page(ctx, &[], None, false, MAX_FORGOTTEN)?;
    for (nonce, ()) in page.entries.into_iter().take_while(|((timeout, _), ())| *timeout < now) {
        UNORDERED_NONCES.remove(ctx, &nonce)?;
    }
    Ok(())
}
