//! What is made in a block: the difference of a cumulative function of time.

use agora_auth::FEE_COLLECTOR;
use agora_bank::api as bank;
use agora_framework::{AppError, Event, StateCtx};
use agora_primitives::math::mul_div_floor;
use agora_primitives::{Amount, Coin, Coins, Dec, MAX_SUPPLY, module_address};
use agora_staking::api as staking;

use crate::curve::{Curve, Sight, YEAR};
use crate::state::{self, MINTER, Minter, Params};

/// The account that makes coins.
pub const ACCOUNT: &str = "mint";

/// How long a rate stands: an hour, in nanoseconds.
pub const EPOCH: u64 = 3600 * 1_000_000_000;

/// Base units that `annual` a year come to in `elapsed`, rounded down.
fn owed(annual: Amount, elapsed: u64) -> Amount {
    mul_div_floor(annual, elapsed.into(), YEAR.into()).unwrap_or_default()
}

/// Moves the curve on to `now`. Returns where it stands and what is to be made until then.
///
/// Within an hour this is a function of time alone: however the hour is cut into blocks, the same is made. `choose` gives the
/// rate and the base units a year of the hours that begin, from the rate before and the time since it was chosen.
fn advance(
    minter: Minter,
    now: u64,
    choose: impl FnOnce(Dec, u64) -> Result<(Dec, Amount), AppError>,
) -> Result<(Minter, Amount), AppError> {
    if minter.since == 0 {
        let (rate, annual) = choose(minter.rate, 0)?;
        return Ok((Minter { rate, annual, since: now, made: 0 }, 0));
    }
    let elapsed = now.saturating_sub(minter.since);
    let over = elapsed.saturating_sub(elapsed.checked_rem(EPOCH).unwrap_or_default());
    let mut minter = minter;
    let mut due: Amount = 0;
    if over > 0 {
        // All hours that are over have the rate of the first: nothing was seen in them by which to choose another.
        due = owed(minter.annual, over).saturating_sub(minter.made);
        let (rate, annual) = choose(minter.rate, over)?;
        minter = Minter { rate, annual, since: minter.since.saturating_add(over), made: 0 };
    }
    let within = owed(minter.annual, now.saturating_sub(minter.since)).saturating_sub(minter.made);
    minter.made = minter.made.saturating_add(within);
    Ok((minter, due.saturating_add(within)))
}

/// Makes what is due, up to the cap, for whoever secures the chain. While nobody does nothing is made, and that time is not made
/// up for.
///
/// # Errors
/// Storage fails.
pub(crate) fn run<C: StateCtx + ?Sized>(ctx: &mut C, now: u64) -> Result<(), AppError> {
    let before = state::minter(ctx)?;
    let bonded = staking::bonded_tokens(ctx)?;
    if bonded == 0 {
        if before.since != 0 {
            MINTER.set(ctx, &Minter { annual: 0, since: 0, made: 0, ..before })?;
        }
        return Ok(());
    }
    let params = state::params(ctx)?;
    let supply = bank::supply(ctx, &params.denom)?;
    let ratio = Dec::ratio_floor(bonded, supply.max(bonded)).unwrap_or_default();
    let (minter, due) = advance(before, now, |rate, elapsed| {
        let rate = params.curve().next(Sight { rate, bonded: ratio, elapsed });
        Ok((rate, rate.mul_floor(supply).unwrap_or_default()))
    })?;
    if minter != before {
        MINTER.set(ctx, &minter)?;
    }
    make(ctx, &params, due.min(room(&params, supply)), ratio, &minter)
}

/// Base units that may still be made.
fn room(params: &Params, supply: Amount) -> Amount {
    let most = if params.max_supply == 0 { MAX_SUPPLY } else { params.max_supply };
    most.saturating_sub(supply)
}

fn make<C: StateCtx + ?Sized>(
    ctx: &mut C,
    params: &Params,
    amount: Amount,
    ratio: Dec,
    minter: &Minter,
) -> Result<(), AppError> {
    if amount == 0 {
        return Ok(());
    }
    let coins = Coins::one(Coin::new(amount, params.denom.clone()));
    bank::mint(ctx, ACCOUNT, &coins)?;
    bank::send(ctx, &module_address(ACCOUNT), &module_address(FEE_COLLECTOR), &coins)?;
    ctx.emit(
        Event::new("mint")
            .with("bonded_ratio", ratio)
            .with("inflation", minter.rate)
            .with("annual_provisions", format!("{}.000000000000000000", minter.annual))
            .with("amount", amount.to_string()),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: u64 = 1_767_225_600_000_000_000;

    /// Everything that is made until `end` if blocks come at these times.
    fn total(times: &[u64], end: u64) -> Amount {
        let choose = |rate: Dec, _| Ok((rate, 123_456_789_012_345));
        let (mut minter, mut sum) = (Minter::default(), 0);
        for time in [START].iter().chain(times).chain([&end]) {
            let (next, due) = advance(minter, *time, choose).unwrap();
            (minter, sum) = (next, sum + due);
        }
        sum
    }

    proptest! {
        #[test]
        fn the_same_is_made_however_time_is_cut_into_blocks(
            mut gaps in prop::collection::vec(0u64..3 * EPOCH, 0..60),
        ) {
            gaps.push(0);
            let mut time = START;
            let times: Vec<u64> = gaps.iter().map(|gap| { time += gap; time }).collect();
            let made = total(&times, time);
            // At once.
            let hours = u128::from((time - START) / EPOCH);
            let once = total(&[], time);
            prop_assert!(made <= once && once - made <= hours, "{made} against {once} in {hours} hours");
            // Never more than the curve, and less by a unit an hour at most.
            let exact = owed(123_456_789_012_345, time - START);
            prop_assert!(made <= exact && exact - made <= hours + 1);
        }

        #[test]
        fn within_an_hour_not_even_a_unit_depends_on_blocks(cuts in prop::collection::vec(0u64..EPOCH, 0..40)) {
            let mut times: Vec<u64> = cuts.iter().map(|cut| START + cut).collect();
            times.sort_unstable();
            prop_assert_eq!(total(&times, START + EPOCH - 1), total(&[], START + EPOCH - 1));
        }
    }
}
