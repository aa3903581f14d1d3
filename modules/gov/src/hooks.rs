//! What happens to votes when stakes change: nothing, because their power is that of before.

use agora_framework::{AppError, SharesChange, StakeHooks, StateCtx};
use agora_primitives::{Address, Dec};

use crate::{Gov, power};

impl StakeHooks for Gov {
    fn shares_change(&self, ctx: &mut dyn StateCtx, change: &SharesChange) -> Result<(), AppError> {
        power::note(ctx, change)
    }

    fn validator_slashed(&self, _: &mut dyn StateCtx, _: &Address, _: u64, _: Dec) -> Result<(), AppError> {
        Ok(())
    }

    fn validator_removed(&self, _: &mut dyn StateCtx, _: &Address) -> Result<(), AppError> {
        Ok(())
    }
}
