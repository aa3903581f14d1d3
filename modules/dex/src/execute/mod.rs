//! One file per message.

pub(crate) mod create_pool;
pub(crate) mod swap_exact_in;
pub(crate) mod update_params;

use agora_framework::{AppError, ExecCtx};

use crate::error;

/// Refuses what comes too late.
fn require_in_time(ctx: &ExecCtx<'_>, deadline: Option<u64>) -> Result<(), AppError> {
    match deadline {
        Some(deadline) if ctx.block().time > deadline => Err(error::DEADLINE.wrap(format_args!(
            "the block's time is {} ms after the deadline",
            ctx.block().time.saturating_sub(deadline) / 1_000_000
        ))),
        _ => Ok(()),
    }
}
