//! Making pools of each kind.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::time::NANOS;
use agora_framework::wire::wire_coin;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins, MAX_SUPPLY, module_address};
use ruint::aliases::U256;

use crate::error;
use crate::math::constant_product::{MINIMUM_SHARES, first_shares};
use crate::math::stable::{A_PRECISION, invariant, is_balanced};
use crate::math::tick::tick_at;
use crate::math::weighted::invariant_down;
use crate::math::wide::to_u128;
use crate::msgs::{CreateConcentratedPool, CreatePool, CreateStablePool, CreateWeightedPool};
use crate::num::Wide;
use crate::oracle::store_pool;
use crate::pool::concentrated::Concentrated;
use crate::pool::stable::Stable;
use crate::pool::weighted::{MIN_RESERVE, Weighted};
use crate::pool::{Curve, Pool, PoolId};
use crate::proto::agora::dex::v1::{MsgCreateConcentratedPoolResponse, MsgCreatePoolResponse};
use crate::shares;
use crate::state::{self, POOLS};

/// Whom the creation fee goes to: what validators and stakers earn.
const FEE_COLLECTOR: &str = "fee_collector";
/// How often another id is tried when one is taken: several objects made within one message, or a chance of one in 2^64.
pub(crate) const ATTEMPTS: u32 = 16;

/// Makes a constant-product pool.
pub(crate) fn constant_product(
    ctx: &mut ExecCtx<'_>,
    msg: CreatePool,
) -> Result<MsgCreatePoolResponse, AppError> {
    let mut amounts = msg.coins.iter().map(|coin| coin.amount);
    let shares = amounts.next().zip(amounts.next()).and_then(|(x, y)| first_shares(x, y));
    open(ctx, &msg.sender, &msg.coins, msg.swap_fee, shares, Curve::ConstantProduct)
}

/// Makes a pool of coins with weights: its shares are the invariant times the number of coins.
pub(crate) fn weighted(
    ctx: &mut ExecCtx<'_>,
    msg: CreateWeightedPool,
) -> Result<MsgCreatePoolResponse, AppError> {
    if let Some(coin) = msg.coins.iter().find(|coin| coin.amount < MIN_RESERVE) {
        return Err(
            error::POOL.wrap(format_args!("{coin} is too little: each coin needs {MIN_RESERVE} units"))
        );
    }
    let balances: Vec<U256> = msg.coins.iter().map(|coin| U256::from(coin.amount)).collect();
    let weights: Vec<U256> = msg.weights.iter().map(|weight| U256::from(*weight)).collect();
    let shares = invariant_down(&balances, &weights)
        .and_then(|invariant| invariant.checked_div(crate::math::fixed::ONE))
        .and_then(|invariant| invariant.checked_mul(U256::from(u64::try_from(balances.len()).ok()?)))
        .and_then(to_u128);
    open(
        ctx,
        &msg.sender,
        &msg.coins,
        msg.swap_fee,
        shares,
        Curve::Weighted(Weighted { weights: msg.weights }),
    )
}

/// Makes a pool of coins of like worth: its shares are the invariant.
pub(crate) fn stable(
    ctx: &mut ExecCtx<'_>,
    msg: CreateStablePool,
) -> Result<MsgCreatePoolResponse, AppError> {
    let amplification = msg.amplification.saturating_mul(A_PRECISION);
    let now = ctx.block().time / NANOS;
    let curve = Stable {
        amplification,
        ramp_start: now,
        ramp_amplification: amplification,
        ramp_end: now,
        rates: msg.rates,
        rate_provider: msg.rate_provider,
        rates_height: ctx.block().height,
    };
    let reserves: Vec<Coin> = msg.coins.iter().cloned().collect();
    let scaled = curve.scaled(&reserves).filter(|scaled| is_balanced(scaled));
    let scaled = scaled.ok_or_else(|| {
        error::POOL
            .wrap(format_args!("{}: the worth of the coins is too far apart for a stable pool", msg.coins))
    })?;
    let shares = invariant(&scaled, amplification).and_then(to_u128);
    open(ctx, &msg.sender, &msg.coins, msg.swap_fee, shares, Curve::Stable(curve))
}

/// Makes a pool whose liquidity lies in ranges of prices; it begins empty.
pub(crate) fn concentrated(
    ctx: &mut ExecCtx<'_>,
    msg: CreateConcentratedPool,
) -> Result<MsgCreateConcentratedPoolResponse, AppError> {
    let tick = tick_at(msg.sqrt_price).ok_or_else(|| error::POOL.wrap("the price is out of range"))?;
    let curve = Concentrated {
        sqrt_price: Wide(msg.sqrt_price),
        tick,
        liquidity: 0,
        spacing: msg.spacing,
        growth: [Wide::default(); 2],
    };
    let reserves: Vec<Coin> = msg.denoms.into_iter().map(|denom| Coin::new(0, denom)).collect();
    let pool = Pool::new(msg.swap_fee, reserves, 0, Curve::Concentrated(curve));
    let id = store(ctx, &msg.sender, &pool)?;
    ctx.emit(
        Event::new("pool_created")
            .with("pool_id", id)
            .with("creator", msg.sender)
            .with("address", id.address())
            .with("coins", "")
            .with("shares", ""),
    );
    Ok(MsgCreateConcentratedPoolResponse { pool_id: id.to_string(), address: id.address().to_string(), tick })
}

/// Takes the creation fee and stores the pool under a new id.
fn store(ctx: &mut ExecCtx<'_>, sender: &Address, pool: &Pool) -> Result<PoolId, AppError> {
    let fee = state::params(ctx)?.pool_creation_fee;
    if fee.amount > 0 {
        bank::send(ctx, sender, &module_address(FEE_COLLECTOR), &Coins::one(fee))?;
    }
    let (sequence, index) = (ctx.tx().sequence, ctx.tx().msg_index);
    for attempt in 0..ATTEMPTS {
        let id = PoolId::derived(sender, sequence, index, attempt);
        if !POOLS.has(ctx, &id)? {
            store_pool(ctx, id, pool)?;
            return Ok(id);
        }
    }
    Err(sdk::CONFLICT.wrap(format_args!("more than {ATTEMPTS} pools made by one message")))
}

/// Stores the pool, takes the first coins and gives out its shares, [`MINIMUM_SHARES`] of them to the pool itself for ever.
fn open(
    ctx: &mut ExecCtx<'_>,
    sender: &Address,
    coins: &Coins,
    swap_fee: u32,
    shares: Option<Amount>,
    curve: Curve,
) -> Result<MsgCreatePoolResponse, AppError> {
    bank::require_send_enabled(ctx, coins)?;
    let refused = || {
        error::POOL
            .wrap(format_args!("{coins} is too little or too much: its shares must exceed {MINIMUM_SHARES}"))
    };
    let shares = shares.filter(|shares| *shares <= MAX_SUPPLY).ok_or_else(refused)?;
    let given = shares.checked_sub(MINIMUM_SHARES).filter(|given| *given > 0).ok_or_else(refused)?;
    let pool = Pool::new(swap_fee, coins.iter().cloned().collect(), shares, curve);
    let id = store(ctx, sender, &pool)?;
    let address = id.address();
    bank::send(ctx, sender, &address, coins)?;
    shares::mint(ctx, id, &address, MINIMUM_SHARES)?;
    shares::mint(ctx, id, sender, given)?;
    let given = Coin::new(given, shares::denom(id)?);
    ctx.emit(
        Event::new("pool_created")
            .with("pool_id", format_args!("{id}"))
            .with("creator", sender)
            .with("address", address)
            .with("coins", coins)
            .with("shares", &given),
    );
    Ok(MsgCreatePoolResponse {
        pool_id: id.to_string(),
        address: address.to_string(),
        shares: Some(wire_coin(&given)),
    })
}
