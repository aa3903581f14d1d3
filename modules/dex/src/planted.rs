//! Bugs on purpose: a check that has never found one proves nothing. Compiled in for this crate's tests only.

use agora_framework::AppError;
use agora_state::StateRead;

use crate::pool::{Pool, PoolId};

/// Whether the bug `name` is planted; never, outside this crate's tests.
#[cfg(not(test))]
#[inline]
pub(crate) const fn planted(_: &str) -> bool {
    false
}

/// The pool as it is stored.
#[cfg(not(test))]
#[inline]
#[allow(clippy::unnecessary_wraps)] // With bugs it reads balances.
pub(crate) fn seen(_: &(impl StateRead + ?Sized), _: PoolId, pool: Pool) -> Result<Pool, AppError> {
    Ok(pool)
}

#[cfg(test)]
pub(crate) use bugs::{plant, planted, seen};

#[cfg(test)]
mod bugs {
    use std::cell::Cell;

    use super::{AppError, Pool, PoolId, StateRead};

    thread_local! {
        static PLANTED: Cell<&'static str> = const { Cell::new("") };
    }

    /// Plants a bug in this thread; an empty name removes it.
    pub(crate) fn plant(name: &'static str) {
        PLANTED.set(name);
    }

    /// Whether the bug `name` is planted in this thread.
    pub(crate) fn planted(name: &str) -> bool {
        PLANTED.get() == name
    }

    /// The pool as it is stored, or with what others have sent to its address among its reserves.
    pub(crate) fn seen(
        state: &(impl StateRead + ?Sized),
        id: PoolId,
        mut pool: Pool,
    ) -> Result<Pool, AppError> {
        if planted("pool:donations_counted") {
            for reserve in &mut pool.reserves {
                reserve.amount = agora_bank::api::balance(state, &id.address(), &reserve.denom)?;
            }
        }
        Ok(pool)
    }
}
