//! What happens to rewards when stakes change.

use agora_bank::api as bank;
use agora_framework::{AppError, SharesChange, StakeHooks, StateCtx};
use agora_primitives::{Address, Dec};

use crate::state::{INDEXES, OUTSTANDING, SLASHES};
use crate::{Distribution, ledger};

impl StakeHooks for Distribution {
    /// A delegation is paid before it earns with other shares.
    fn shares_change(&self, ctx: &mut dyn StateCtx, change: &SharesChange) -> Result<(), AppError> {
        let shares = (change.before, change.after);
        ledger::settle(ctx, &change.delegator, &change.validator, shares).map(|_| ())
    }

    /// Shares earn as before; the slash is noted for who asks.
    fn validator_slashed(
        &self,
        ctx: &mut dyn StateCtx,
        validator: &Address,
        height: u64,
        part: Dec,
    ) -> Result<(), AppError> {
        let key = (*validator, height);
        let before = SLASHES.get(ctx, &key)?.unwrap_or_default();
        // Two in one block: the second is a part of what the first left.
        let left = Dec::ONE.saturating_sub(before);
        let more = Dec::from_atomics(part.mul_ceil(left.atomics()).unwrap_or_default());
        let both = before.checked_add(more).unwrap_or(Dec::ONE).min(Dec::ONE);
        Ok(SLASHES.set(ctx, &key, &both)?)
    }

    /// The operator is paid, and nobody is left for the rest but the community.
    fn validator_removed(&self, ctx: &mut dyn StateCtx, validator: &Address) -> Result<(), AppError> {
        let taken = ledger::take_commission(ctx, validator, true)?;
        if !taken.is_empty() {
            let to = ledger::withdraw_address(ctx, validator)?;
            bank::send(ctx, &ledger::account(), &to, &taken)?;
        }
        for (denom, atoms) in ledger::by_denom(ctx, validator, &OUTSTANDING)? {
            let key = (*validator, denom.clone());
            let sum = OUTSTANDING.get(ctx, &key)?;
            OUTSTANDING.add(ctx, &key, sum.saturating_neg(), None)?;
            ledger::give_community(ctx, &denom, atoms)?;
        }
        Ok(INDEXES.delete(ctx, validator)?)
    }
}
