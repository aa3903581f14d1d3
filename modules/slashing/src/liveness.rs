//! Who signs too little.

use std::collections::BTreeSet;

use agora_framework::{AppError, Event, StateCtx, Vote, Voted};
use agora_primitives::{Address, BECH32_VALCONS_PREFIX};
use agora_staking::Now;
use agora_staking::api::{self as staking, Slash};
use agora_state::every;

use crate::state::{self, INFOS, Info, MISSED, Params, VOTERS, Voters};
use crate::window;

/// Blocks between a vote and the set it was cast in: what was delegated in the last of them is not liable for it.
const DELAY: u64 = 2;

/// An address of a consensus key as clients know it.
pub(crate) fn consensus_text(address: &Address) -> String {
    address.to_bech32(BECH32_VALCONS_PREFIX)
}

/// Looks at the votes on the block before.
///
/// A validator that signs and has missed nothing costs one read. The work is in proportion to the set.
///
/// # Errors
/// Storage fails.
pub(crate) fn look<C: StateCtx>(ctx: &mut C, now: Now, votes: &[Vote]) -> Result<(), AppError> {
    if votes.is_empty() {
        return Ok(());
    }
    let params = state::params(ctx)?;
    let mut voters: Vec<Address> = votes.iter().map(|vote| vote.address).collect();
    voters.sort_unstable();
    let before = VOTERS.get(ctx)?.unwrap_or_default().0;
    if before != voters {
        for address in voters.iter().filter(|address| before.binary_search(address).is_err()) {
            begin(ctx, now, address)?;
        }
        VOTERS.set(ctx, &Voters(voters))?;
    }
    for vote in votes {
        count(ctx, now, &params, vote)?;
    }
    Ok(())
}

/// Measures a validator anew. One that may never return is turned away again.
fn begin<C: StateCtx>(ctx: &mut C, now: Now, address: &Address) -> Result<(), AppError> {
    let Some(operator) = staking::operator_by_consensus(ctx, address)? else { return Ok(()) };
    let info = INFOS.get(ctx, address)?.unwrap_or_default();
    if info.tombstoned {
        return staking::jail(ctx, &operator);
    }
    window::clear(ctx, address)?;
    Ok(INFOS.set(ctx, address, &Info { start: now.height, missed: 0, ..info })?)
}

/// Counts one vote, and punishes whoever has missed too many.
fn count<C: StateCtx>(ctx: &mut C, now: Now, params: &Params, vote: &Vote) -> Result<(), AppError> {
    let Some(mut info) = INFOS.get(ctx, &vote.address)? else { return Ok(()) };
    let absent = vote.voted == Voted::Absent;
    if info.tombstoned || (!absent && info.missed == 0) {
        return Ok(());
    }
    let Some(operator) = staking::operator_by_consensus(ctx, &vote.address)? else { return Ok(()) };
    // Votes of a jailed validator come for two blocks more; they are not counted.
    if staking::validator(ctx, &operator)?.is_none_or(|validator| validator.jailed) {
        return Ok(());
    }
    let place = now.height.checked_rem(params.window).unwrap_or_default();
    if window::put(ctx, &vote.address, place, absent)? {
        info.missed = if absent { info.missed.saturating_add(1) } else { info.missed.saturating_sub(1) };
        INFOS.set(ctx, &vote.address, &info)?;
    }
    if !absent {
        return Ok(());
    }
    ctx.emit(
        Event::new("liveness")
            .with("address", consensus_text(&vote.address))
            .with("missed_blocks", info.missed)
            .with("height", now.height),
    );
    let measured = now.height > info.start.saturating_add(params.window);
    if measured && info.missed > params.most_missed() {
        punish(ctx, now, params, vote, &operator, info)?;
    }
    Ok(())
}

fn punish<C: StateCtx>(
    ctx: &mut C,
    now: Now,
    params: &Params,
    vote: &Vote,
    operator: &Address,
    info: Info,
) -> Result<(), AppError> {
    let slash = Slash {
        consensus: vote.address,
        height: now.height.saturating_sub(DELAY),
        power: vote.power,
        fraction: params.downtime_fraction,
    };
    let burned = staking::slash(ctx, now, &slash)?;
    let text = consensus_text(&vote.address);
    ctx.emit(
        Event::new("slash")
            .with("address", text.clone())
            .with("power", vote.power)
            .with("reason", "missing_signature")
            .with("jailed", text)
            .with("burned_coins", burned.to_string()),
    );
    staking::jail(ctx, operator)?;
    window::clear(ctx, &vote.address)?;
    let jailed_until = now.time.saturating_add(params.downtime_jail);
    Ok(INFOS.set(ctx, &vote.address, &Info { jailed_until, missed: 0, ..info })?)
}

/// Measures everybody anew, because the window is another one: bits of one length say nothing in another.
///
/// # Errors
/// Storage fails, or the work is more than the gas.
pub(crate) fn restart<C: StateCtx>(ctx: &mut C, now: Now) -> Result<(), AppError> {
    let mut measured: BTreeSet<Address> = VOTERS.get(ctx)?.unwrap_or_default().0.into_iter().collect();
    // Who has left the set keeps its bits until it comes back.
    let bits = every(|from, limit| MISSED.page(ctx, &[], from, false, limit))?;
    measured.extend(bits.into_iter().map(|((address, _), _)| address));
    for address in measured {
        if let Some(info) = INFOS.get(ctx, &address)? {
            window::clear(ctx, &address)?;
            INFOS.set(ctx, &address, &Info { start: now.height, missed: 0, ..info })?;
        }
    }
    Ok(())
}
