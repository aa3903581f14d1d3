//! What other modules may call. Everything that moves coins goes through here.

use agora_framework::errors::sdk;
use agora_framework::{Access, AccessHint, AppError, Event, Permission, StateCtx, Text};
use agora_primitives::{Address, Amount, Coin, Coins, Denom, MAX_SUPPLY, module_address};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_state::{Bounds, KeyBytes, StateError, StateRead, StateWrite};

use crate::error;
use crate::state::{self, BALANCES, SEND_ENABLED, SUPPLY};

/// What `holder` has of `denom`.
///
/// # Errors
/// Storage fails, or the metered view is out of gas.
pub fn balance(
    state: &(impl StateRead + ?Sized),
    holder: &Address,
    denom: &Denom,
) -> Result<Amount, StateError> {
    BALANCES.get(state, &(*holder, denom.clone())).map(i128::unsigned_abs)
}

/// Whether `holder` has anything.
///
/// # Errors
/// As [`balance`].
pub fn holds_anything(state: &(impl StateRead + ?Sized), holder: &Address) -> Result<bool, StateError> {
    Ok(!BALANCES.page(state, &holder_prefix(holder), None, false, 1)?.entries.is_empty())
}

/// Whether `holder` has some of `denom`, asked in a way that nobody's payment to it disturbs: as the bound of an addition of nothing.
///
/// # Errors
/// As [`balance`].
pub fn holds_some(
    state: &mut (impl StateWrite + ?Sized),
    holder: &Address,
    denom: &Denom,
) -> Result<bool, StateError> {
    match BALANCES.add(state, &(*holder, denom.clone()), 0, Some(Bounds { lo: 1, hi: i128::MAX })) {
        Err(StateError::OutOfBounds { .. }) => Ok(false),
        other => other.map(|()| true),
    }
}

/// Denoms of one message that are looked at for a hint.
const MAX_HINTED: usize = 16;

/// Hints at the balances of `holder` that coins of a message are taken from or added to.
///
/// Either way they are added to: payments commute as long as the payer has enough, which most have before the block begins.
pub fn hint_balances<'a>(holder: &str, coins: impl IntoIterator<Item = &'a WireCoin>, hint: &mut AccessHint) {
    if let Ok(holder) = holder.parse::<Address>() {
        for denom in coins.into_iter().take(MAX_HINTED).filter_map(|coin| coin.denom.parse().ok()) {
            hint.push(balance_key(&holder, &denom), Access::Delta);
        }
    }
}

/// The most that exists of `denom`.
///
/// # Errors
/// As [`balance`].
pub fn supply(state: &(impl StateRead + ?Sized), denom: &Denom) -> Result<Amount, StateError> {
    SUPPLY.get(state, denom).map(i128::unsigned_abs)
}

/// The address of the balance of `holder` in `denom`, for access hints and proofs.
#[must_use]
pub fn balance_key(holder: &Address, denom: &Denom) -> agora_state::StateKey {
    BALANCES.key(&(*holder, denom.clone()))
}

/// The raw key prefix of all balances of a holder.
pub(crate) fn holder_prefix(holder: &Address) -> KeyBytes {
    let mut prefix = KeyBytes::new();
    agora_state::KeyCodec::encode_inner(holder, &mut prefix);
    prefix
}

/// Moves coins. The credit does not read the recipient.
///
/// # Errors
/// Code 5 when a balance is too small; nothing is moved then only if the caller rolls back, as messages do.
pub fn send<C: StateCtx + ?Sized>(
    ctx: &mut C,
    from: &Address,
    to: &Address,
    coins: &Coins,
) -> Result<(), AppError> {
    let amount = shift(ctx, from, to, coins)?;
    ctx.emit(transfer(to, from, &amount));
    ctx.emit(Event::new("message").with("sender", from));
    Ok(())
}

/// Moves coins between an account and a pool of staked coins: as [`send`], but it counts as no transfer and so says less.
///
/// # Errors
/// As [`send`].
pub fn stake<C: StateCtx + ?Sized>(
    ctx: &mut C,
    from: &Address,
    to: &Address,
    coins: &Coins,
) -> Result<(), AppError> {
    shift(ctx, from, to, coins).map(drop)
}

/// Takes coins here and adds them there; returns how the events say the amount.
fn shift<C: StateCtx + ?Sized>(
    ctx: &mut C,
    from: &Address,
    to: &Address,
    coins: &Coins,
) -> Result<Text, AppError> {
    let amount = Text::from(coins);
    debit(ctx, from, coins)?;
    ctx.emit(coin_spent(from, &amount));
    credit(ctx, to, coins)?;
    ctx.emit(coin_received(to, &amount));
    Ok(amount)
}

/// Makes coins for a module's account, which must have the right to.
///
/// # Errors
/// Code 4 without the right; code 10 when the supply would exceed 2^127 - 1.
pub fn mint<C: StateCtx + ?Sized>(ctx: &mut C, module: &'static str, coins: &Coins) -> Result<(), AppError> {
    let account = permitted(ctx, module, Permission::Minter)?;
    for coin in coins {
        change_supply(ctx, coin, 1)?;
    }
    credit(ctx, &account, coins)?;
    ctx.emit(coin_received(&account, &coins.into()));
    ctx.emit(Event::new("coinbase").with("minter", account).with("amount", coins));
    Ok(())
}

/// Destroys coins of a module's account, which must have the right to.
///
/// # Errors
/// Code 4 without the right; code 5 when it has less.
pub fn burn<C: StateCtx + ?Sized>(ctx: &mut C, module: &'static str, coins: &Coins) -> Result<(), AppError> {
    let account = permitted(ctx, module, Permission::Burner)?;
    destroy(ctx, &account, coins)
}

/// Destroys coins of an account, which must have asked for it.
///
/// # Errors
/// Code 5 when it has less.
pub fn destroy<C: StateCtx + ?Sized>(ctx: &mut C, account: &Address, coins: &Coins) -> Result<(), AppError> {
    debit(ctx, account, coins)?;
    ctx.emit(coin_spent(account, &coins.into()));
    for coin in coins {
        change_supply(ctx, coin, -1)?;
    }
    ctx.emit(Event::new("burn").with("burner", account).with("amount", coins));
    Ok(())
}

/// Refuses denoms that cannot be sent at present.
///
/// # Errors
/// Bank's code 5, naming the denom.
pub fn require_send_enabled(state: &(impl StateRead + ?Sized), coins: &Coins) -> Result<(), AppError> {
    let mut default = None;
    for coin in coins {
        let enabled = match SEND_ENABLED.get(state, &coin.denom)? {
            Some(enabled) => enabled,
            None => match default {
                Some(enabled) => enabled,
                None => *default.insert(state::params(state)?.default_send_enabled),
            },
        };
        if !enabled {
            return Err(
                error::SEND_DISABLED.wrap(format_args!("{} transfers are currently disabled", coin.denom))
            );
        }
    }
    Ok(())
}

/// Refuses recipients that users may not pay: module accounts that do not take coins.
///
/// # Errors
/// Code 4, naming the address.
pub fn require_receiver<C: StateCtx + ?Sized>(ctx: &C, to: &Address) -> Result<(), AppError> {
    match ctx.registry().module_account(to) {
        Some(account) if !account.receives => {
            Err(sdk::UNAUTHORIZED.wrap(format_args!("{to} is not allowed to receive funds")))
        }
        _ => Ok(()),
    }
}

pub(crate) fn debit<C: StateCtx + ?Sized>(
    ctx: &mut C,
    from: &Address,
    coins: &Coins,
) -> Result<(), AppError> {
    for coin in coins {
        let key = (*from, coin.denom.clone());
        let taken = signed(coin)?.saturating_neg();
        match BALANCES.add(ctx, &key, taken, Some(Bounds::NON_NEGATIVE)) {
            Err(StateError::OutOfBounds { .. }) => {
                let have = balance(ctx, from, &coin.denom)?;
                return Err(sdk::INSUFFICIENT_FUNDS
                    .wrap(format_args!("spendable balance {have}{} is smaller than {coin}", coin.denom)));
            }
            other => other?,
        }
    }
    Ok(())
}

/// No bound is needed: the sum of all balances is the supply, at most 2^127 - 1.
pub(crate) fn credit<C: StateCtx + ?Sized>(ctx: &mut C, to: &Address, coins: &Coins) -> Result<(), AppError> {
    for coin in coins {
        BALANCES.add(ctx, &(*to, coin.denom.clone()), signed(coin)?, None)?;
    }
    Ok(())
}

pub(crate) fn change_supply<C: StateCtx + ?Sized>(
    ctx: &mut C,
    coin: &Coin,
    sign: i128,
) -> Result<(), AppError> {
    let delta = signed(coin)?.saturating_mul(sign);
    match SUPPLY.add(ctx, &coin.denom, delta, Some(Bounds::NON_NEGATIVE)) {
        Err(StateError::OutOfBounds { .. }) => Err(sdk::INVALID_COINS
            .wrap(format_args!("the supply of {} would leave 0..=2^127-1 ({MAX_SUPPLY})", coin.denom))),
        other => Ok(other?),
    }
}

fn signed(coin: &Coin) -> Result<i128, AppError> {
    i128::try_from(coin.amount).map_err(|_| sdk::INVALID_COINS.wrap(coin))
}

fn permitted<C: StateCtx + ?Sized>(
    ctx: &C,
    module: &'static str,
    right: Permission,
) -> Result<Address, AppError> {
    let address = module_address(module);
    match ctx.registry().module_account(&address) {
        Some(account) if account.permissions.contains(&right) => Ok(address),
        _ => Err(sdk::UNAUTHORIZED
            .wrap(format_args!("module account {module} does not have permission {}", right.name()))),
    }
}

pub(crate) fn coin_spent(spender: &Address, amount: &Text) -> Event {
    Event::new("coin_spent").with("spender", spender).with("amount", amount)
}

pub(crate) fn coin_received(receiver: &Address, amount: &Text) -> Event {
    Event::new("coin_received").with("receiver", receiver).with("amount", amount)
}

pub(crate) fn transfer(recipient: &Address, sender: &Address, amount: &Text) -> Event {
    Event::new("transfer").with("recipient", recipient).with("sender", sender).with("amount", amount)
}
