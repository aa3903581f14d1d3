//! What other modules want to know of stakes: the module that keeps delegations tells them, without knowing them.

use agora_primitives::{Address, Dec};

use crate::context::StateCtx;
use crate::errors::AppError;

/// A delegation whose shares are about to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharesChange {
    /// Whose it is.
    pub delegator: Address,
    /// The operator of its validator.
    pub validator: Address,
    /// The shares it has; 0 if it begins.
    pub before: Dec,
    /// The shares it will have; 0 if it ends.
    pub after: Dec,
}

/// A module that follows stakes. It is told within the transaction or hook that changes them, and its refusal is that one's.
pub trait StakeHooks: Send + Sync {
    /// Before the shares of a delegation change.
    ///
    /// # Errors
    /// What must not happen then.
    fn shares_change(&self, ctx: &mut dyn StateCtx, change: &SharesChange) -> Result<(), AppError>;

    /// When a validator lost a part of its tokens, rounded up, at a height.
    ///
    /// # Errors
    /// Storage fails.
    fn validator_slashed(
        &self,
        ctx: &mut dyn StateCtx,
        validator: &Address,
        height: u64,
        part: Dec,
    ) -> Result<(), AppError>;

    /// When a validator without delegations is forgotten.
    ///
    /// # Errors
    /// Storage fails.
    fn validator_removed(&self, ctx: &mut dyn StateCtx, validator: &Address) -> Result<(), AppError>;
}
