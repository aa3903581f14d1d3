//! What is earned, and paying it.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins, Dec, Denom, module_address};
use agora_staking::api as staking;
use agora_state::{Bounds, StateError, StateRead};

use crate::index::Starts;
use crate::state::{
    ATOMS, COMMISSION, COMMUNITY, INDEXES, MAX_DENOMS, OUTSTANDING, STARTS, WITHDRAW_ADDRESSES,
};

/// The account that holds what is not paid yet.
pub const ACCOUNT: &str = "distribution";

/// Amounts in atoms by denom.
pub(crate) type Atoms = Vec<(Denom, u128)>;

/// Its address.
pub(crate) fn account() -> Address {
    module_address(ACCOUNT)
}

/// Base units and what is left of atoms.
pub(crate) fn split(atoms: u128) -> (Amount, u128) {
    (atoms.checked_div(ATOMS).unwrap_or_default(), atoms.checked_rem(ATOMS).unwrap_or_default())
}

/// Base units in atoms.
///
/// # Errors
/// Code 18 beyond what is counted.
pub(crate) fn atoms(coin: &Coin) -> Result<u128, AppError> {
    coin.amount.checked_mul(ATOMS).filter(|atoms| i128::try_from(*atoms).is_ok()).ok_or_else(|| {
        sdk::INVALID_REQUEST
            .wrap(format_args!("{coin} is more than can be given out at once: 2^127 / 10^18 units"))
    })
}

fn signed(atoms: u128) -> Result<i128, AppError> {
    i128::try_from(atoms).map_err(|_| sdk::LOGIC.wrap("rewards exceed what is counted"))
}

/// Texts of figures, as events show them.
pub(crate) fn text(figures: &[(Denom, u128)]) -> String {
    let shown: Vec<String> = figures
        .iter()
        .filter(|(_, atoms)| *atoms > 0)
        .map(|(denom, atoms)| format!("{}{denom}", Dec::from_atomics(*atoms)))
        .collect();
    shown.join(",")
}

/// Gives the community atoms that lie in the account already.
pub(crate) fn give_community(
    ctx: &mut (impl StateCtx + ?Sized),
    denom: &Denom,
    atoms: u128,
) -> Result<(), AppError> {
    if atoms == 0 {
        return Ok(());
    }
    Ok(COMMUNITY.add(ctx, denom, signed(atoms)?, Some(Bounds::NON_NEGATIVE))?)
}

/// Gives a validator and its delegators atoms that lie in the account already: the commission first, the rest by shares. Without
/// shares, or in one denom too many, the community has it.
pub(crate) fn give(
    ctx: &mut (impl StateCtx + ?Sized),
    operator: &Address,
    rewards: &[(Denom, u128)],
) -> Result<(), AppError> {
    let Some(validator) = staking::validator(ctx, operator)? else {
        return rewards.iter().try_for_each(|(denom, atoms)| give_community(ctx, denom, *atoms));
    };
    let (_, shares) = staking::tokens_and_shares(ctx, operator)?;
    let mut indexes = INDEXES.get(ctx, operator)?.unwrap_or_default();
    let (mut kept, mut given) = (Atoms::new(), Atoms::new());
    for (denom, atoms) in rewards.iter().filter(|(_, atoms)| *atoms > 0) {
        let commission = validator.commission.rate.mul_floor(*atoms).unwrap_or_default();
        let known = indexes.0.iter().any(|index| index.denom == *denom);
        let index = indexes.of(denom).grown(atoms.saturating_sub(commission), shares);
        let Some(index) = index.filter(|_| known || indexes.0.len() < MAX_DENOMS) else {
            give_community(ctx, denom, *atoms)?;
            continue;
        };
        indexes.put(index);
        let key = (*operator, denom.clone());
        OUTSTANDING.add(ctx, &key, signed(*atoms)?, Some(Bounds::NON_NEGATIVE))?;
        COMMISSION.add(ctx, &key, signed(commission)?, Some(Bounds::NON_NEGATIVE))?;
        kept.push((denom.clone(), commission));
        given.push((denom.clone(), *atoms));
    }
    if given.is_empty() {
        return Ok(());
    }
    INDEXES.set(ctx, operator, &indexes)?;
    let name = staking::operator_text(operator);
    ctx.emit(Event::new("commission").with("amount", text(&kept)).with("validator", name.clone()));
    ctx.emit(Event::new("rewards").with("amount", text(&given)).with("validator", name));
    Ok(())
}

/// What a delegation has earned since it was paid, in atoms.
///
/// # Errors
/// Storage fails.
pub(crate) fn earned(
    state: &(impl StateRead + ?Sized),
    delegator: &Address,
    operator: &Address,
    shares: Dec,
) -> Result<Atoms, AppError> {
    let indexes = INDEXES.get(state, operator)?.unwrap_or_default();
    let starts = STARTS.get(state, &(*delegator, *operator))?.unwrap_or_default();
    indexes.earned(shares, &starts).ok_or_else(|| sdk::LOGIC.wrap("rewards exceed what is counted"))
}

/// Where a delegator's rewards go.
///
/// # Errors
/// Storage fails.
pub(crate) fn withdraw_address(
    state: &(impl StateRead + ?Sized),
    delegator: &Address,
) -> Result<Address, StateError> {
    Ok(WITHDRAW_ADDRESSES.get(state, delegator)?.unwrap_or(*delegator))
}

/// Pays a delegation what it has earned, in whole units; fractions go to the community. From then on it earns with `after` shares.
/// Nothing here is read that other delegations write.
///
/// # Errors
/// Storage fails.
pub(crate) fn settle(
    ctx: &mut (impl StateCtx + ?Sized),
    delegator: &Address,
    operator: &Address,
    (before, after): (Dec, Dec),
) -> Result<Coins, AppError> {
    let key = (*delegator, *operator);
    let mut paid = Coins::default();
    if before != Dec::ZERO {
        for (denom, atoms) in earned(ctx, delegator, operator, before)? {
            let amount = take(ctx, operator, &denom, atoms)?;
            paid.add(&Coin::new(amount, denom)).map_err(|e| sdk::LOGIC.wrap(e))?;
        }
        let to = withdraw_address(ctx, delegator)?;
        if !paid.is_empty() {
            bank::send(ctx, &account(), &to, &paid)?;
        }
        let shown =
            if paid.is_empty() { format!("0{}", staking::bond_denom(ctx)?) } else { paid.to_string() };
        ctx.emit(
            Event::new("withdraw_rewards")
                .with("amount", shown)
                .with("validator", staking::operator_text(operator))
                .with("delegator", *delegator),
        );
    }
    let starts = match INDEXES.get(ctx, operator)? {
        Some(indexes) if after != Dec::ZERO => indexes.starts(),
        _ => Starts::default(),
    };
    if starts.0.is_empty() {
        STARTS.delete(ctx, &key)?;
    } else {
        STARTS.set(ctx, &key, &starts)?;
    }
    Ok(paid)
}

/// Takes atoms out of what a validator's rewards are; returns the whole units, the community has the fraction.
fn take(
    ctx: &mut (impl StateCtx + ?Sized),
    operator: &Address,
    denom: &Denom,
    atoms: u128,
) -> Result<Amount, AppError> {
    let (amount, fraction) = split(atoms);
    let key = (*operator, denom.clone());
    OUTSTANDING.add(ctx, &key, signed(atoms)?.saturating_neg(), Some(Bounds::NON_NEGATIVE))?;
    give_community(ctx, denom, fraction)?;
    Ok(amount)
}

/// What a validator's commission is, in atoms.
///
/// # Errors
/// Storage fails.
pub(crate) fn commission(state: &(impl StateRead + ?Sized), operator: &Address) -> Result<Atoms, StateError> {
    by_denom(state, operator, &COMMISSION)
}

/// The sums of a validator, by denom.
///
/// # Errors
/// Storage fails.
pub(crate) fn by_denom(
    state: &(impl StateRead + ?Sized),
    operator: &Address,
    sums: &agora_state::AccumulatorMap<(Address, Denom)>,
) -> Result<Atoms, StateError> {
    let prefix = prefix(operator);
    let page = sums.page(state, &prefix, None, false, MAX_DENOMS.saturating_mul(2))?;
    Ok(page.entries.into_iter().map(|((_, denom), sum)| (denom, sum.unsigned_abs())).collect())
}

/// The raw key prefix of an address that more parts follow.
pub(crate) fn prefix(address: &Address) -> Vec<u8> {
    let mut prefix = agora_state::KeyBytes::new();
    agora_state::KeyCodec::encode_inner(address, &mut prefix);
    prefix.to_vec()
}

/// Takes the whole units of a validator's commission; fractions stay, unless it is `all`: then the community has them.
///
/// # Errors
/// Storage fails.
pub(crate) fn take_commission(
    ctx: &mut (impl StateCtx + ?Sized),
    operator: &Address,
    all: bool,
) -> Result<Coins, AppError> {
    let mut taken = Coins::default();
    for (denom, atoms) in commission(ctx, operator)? {
        let (amount, fraction) = split(atoms);
        let out = if all { atoms } else { atoms.saturating_sub(fraction) };
        let key = (*operator, denom.clone());
        COMMISSION.add(ctx, &key, signed(out)?.saturating_neg(), Some(Bounds::NON_NEGATIVE))?;
        take(ctx, operator, &denom, out)?;
        taken.add(&Coin::new(amount, denom)).map_err(|e| sdk::LOGIC.wrap(e))?;
    }
    Ok(taken)
}
