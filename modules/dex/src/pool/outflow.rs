//! What exchanges took out of a pool of late.
//!
//! A window slides over the flow: what left in the window before counts for the part of it that the last so many seconds still
//! cover. Liquidity that comes or goes scales what was counted, because it scales what may leave.

use agora_framework::AppError;
use agora_primitives::math::{mul_div_ceil, mul_div_floor};
use agora_primitives::{Amount, Coin};
use borsh::{BorshDeserialize, BorshSerialize};

use super::{Pool, PoolId};
use crate::error;
use crate::math::FEE_UNIT;
use crate::params::Protection;

/// The flow out of a pool, by reserve; negative if more came in.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Outflows {
    /// When the present window began, in seconds since 1970.
    pub(crate) began: u64,
    /// In the window before.
    pub(crate) earlier: Vec<i128>,
    /// In the present window.
    pub(crate) present: Vec<i128>,
}

impl Outflows {
    fn new(coins: usize, now: u64) -> Self {
        Self { began: now, earlier: vec![0; coins], present: vec![0; coins] }
    }

    /// Moves the windows on so that `now` lies in the present one.
    fn roll(&mut self, now: u64, window: u64) {
        let passed = now.saturating_sub(self.began);
        if passed < window {
            return;
        }
        let coins = self.present.len();
        let present = std::mem::replace(&mut self.present, vec![0; coins]);
        if passed < window.saturating_mul(2) {
            self.earlier = present;
            self.began = self.began.saturating_add(window);
        } else {
            *self = Self::new(coins, now);
        }
    }

    /// The flow of a reserve within the last window, up to a second after the present one began.
    fn net(&self, index: usize, passed: u64, window: u64) -> i128 {
        let of = |list: &[i128]| list.get(index).copied().unwrap_or_default();
        let (earlier, present) = (of(&self.earlier), of(&self.present));
        present.saturating_add(part(earlier, window.saturating_sub(passed), window))
    }
}

/// `amount * numerator / denominator`, outflows rounded up, inflows down.
fn part(amount: i128, numerator: u64, denominator: u64) -> i128 {
    let ratio = if amount < 0 { mul_div_floor } else { mul_div_ceil };
    let share = ratio(amount.unsigned_abs(), numerator.into(), denominator.into());
    let share = i128::try_from(share.unwrap_or_default()).unwrap_or(i128::MAX);
    if amount < 0 { share.saturating_neg() } else { share }
}

impl Pool {
    /// Counts what exchanges brought and took, by comparing the reserves with those before, and refuses what takes out more than the
    /// limit. Without a limit nothing is counted.
    ///
    /// # Errors
    /// Code 14, saying when it would be possible.
    pub(crate) fn count_flow(
        &mut self,
        id: PoolId,
        before: &[Coin],
        limits: &Protection,
        now: u64,
    ) -> Result<(), AppError> {
        if limits.outflow_limit == 0 {
            return Ok(());
        }
        let window = limits.outflow_window;
        let mut flows = self.outflows.take().unwrap_or_else(|| Outflows::new(self.reserves.len(), now));
        flows.roll(now, window);
        let passed = now.saturating_sub(flows.began);
        for (index, (old, new)) in before.iter().zip(&self.reserves).enumerate() {
            let Some(present) = flows.present.get_mut(index) else { continue };
            let amount = signed(old.amount).saturating_sub(signed(new.amount));
            *present = present.saturating_add(amount);
            if amount <= 0 {
                continue;
            }
            let net = flows.net(index, passed, window);
            // net <= part * (new + net): the limit is a part of what would be there if nothing had left.
            let rest = FEE_UNIT.saturating_sub(limits.outflow_limit);
            let limit =
                mul_div_floor(new.amount, limits.outflow_limit.into(), rest.into()).unwrap_or_default();
            if net > signed(limit) {
                let when = frees_up(&flows, index, amount, signed(limit), window);
                let when = match when {
                    Some(when) => format!("so much can leave in {} s", when.saturating_sub(now)),
                    None => "swap less at once".to_owned(),
                };
                return Err(error::OUTFLOW.wrap(format_args!(
                    "pool {id} may lose {limit}{} within {window} s and would have lost {net}: {when}",
                    new.denom
                )));
            }
        }
        self.outflows = Some(flows);
        Ok(())
    }

    /// Scales what was counted by how liquidity changed the reserves.
    pub(crate) fn scale_flow(&mut self, before: &[Coin]) {
        let Some(flows) = &mut self.outflows else { return };
        for list in [&mut flows.earlier, &mut flows.present] {
            for ((flow, old), new) in list.iter_mut().zip(before).zip(&self.reserves) {
                let size = mul_div_floor(flow.unsigned_abs(), new.amount, old.amount.max(1))
                    .map_or(i128::MAX, signed);
                *flow = if *flow < 0 { size.saturating_neg() } else { size };
            }
        }
    }
}

fn signed(amount: Amount) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
}

/// When `amount`, which is counted already, could leave, if nothing else did: in the present window, the next, or never.
fn frees_up(flows: &Outflows, index: usize, amount: i128, limit: i128, window: u64) -> Option<u64> {
    let of = |list: &[i128]| list.get(index).copied().unwrap_or_default();
    let (earlier, present) = (of(&flows.earlier), of(&flows.present));
    // `kept` fades linearly over a window; what is left of it and `fixed` must fit the limit.
    let fades = |kept: i128, fixed: i128| -> Option<u64> {
        let room = u128::try_from(limit.checked_sub(fixed)?).ok()?;
        let kept = u128::try_from(kept).unwrap_or_default().max(1);
        let left = mul_div_floor(room, window.into(), kept).and_then(|left| u64::try_from(left).ok());
        Some(window.saturating_sub(left.unwrap_or(window)))
    };
    if let Some(seconds) = fades(earlier, present) {
        return Some(flows.began.saturating_add(seconds));
    }
    let seconds = fades(present.saturating_sub(amount), amount)?;
    Some(flows.began.saturating_add(window).saturating_add(seconds))
}
