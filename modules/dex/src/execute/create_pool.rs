//! `MsgCreatePool`.

use agora_bank::api as bank;
use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use agora_primitives::{Address, Amount, Coin, Coins, module_address};

use crate::error;
use crate::math::constant_product;
use crate::msgs::{CreatePool, wire_coin};
use crate::pool::{Curve, Pool, PoolId};
use crate::proto::agora::dex::v1::MsgCreatePoolResponse;
use crate::shares;
use crate::state::{self, POOLS};

/// Whom the creation fee goes to: what validators and stakers earn.
const FEE_COLLECTOR: &str = "fee_collector";
/// How often another id is tried when one is taken: several pools made within one message, or a chance of one in 2^64.
const ATTEMPTS: u32 = 16;

/// Makes a constant-product pool.
pub(crate) fn execute(ctx: &mut ExecCtx<'_>, msg: CreatePool) -> Result<MsgCreatePoolResponse, AppError> {
    let mut amounts = msg.coins.iter().map(|coin| coin.amount);
    let (x, y) = (amounts.next().unwrap_or_default(), amounts.next().unwrap_or_default());
    let shares = constant_product::first_shares(x, y).ok_or_else(|| {
        error::POOL.wrap(format_args!(
            "{} is too little: the root of the product must exceed {}",
            msg.coins,
            constant_product::MINIMUM_SHARES
        ))
    })?;
    let pool = Pool {
        swap_fee: msg.swap_fee,
        reserves: msg.coins.iter().cloned().collect(),
        shares,
        curve: Curve::ConstantProduct,
    };
    open(ctx, &msg.sender, &msg.coins, &pool, constant_product::MINIMUM_SHARES)
}

/// Takes the fee and the first coins, stores the pool and gives out its shares, `locked` of them to the pool itself.
///
/// # Errors
/// The sender has too little, or a coin cannot be sent.
pub(crate) fn open(
    ctx: &mut ExecCtx<'_>,
    sender: &Address,
    coins: &Coins,
    pool: &Pool,
    locked: Amount,
) -> Result<MsgCreatePoolResponse, AppError> {
    bank::require_send_enabled(ctx, coins)?;
    let fee = state::params(ctx)?.pool_creation_fee;
    if fee.amount > 0 {
        bank::send(ctx, sender, &module_address(FEE_COLLECTOR), &Coins::one(fee))?;
    }
    let id = free_id(ctx, sender)?;
    let address = id.address();
    POOLS.set(ctx, &id, pool)?;
    bank::send(ctx, sender, &address, coins)?;
    let given = pool.shares.checked_sub(locked).ok_or_else(|| error::POOL.bare())?;
    shares::mint(ctx, id, &address, locked)?;
    shares::mint(ctx, id, sender, given)?;
    let shares = Coin::new(given, shares::denom(id)?);
    ctx.emit(
        Event::new("pool_created")
            .with("pool_id", format_args!("{id}"))
            .with("creator", sender)
            .with("address", address)
            .with("coins", coins)
            .with("shares", &shares),
    );
    Ok(MsgCreatePoolResponse {
        pool_id: id.to_string(),
        address: address.to_string(),
        shares: Some(wire_coin(&shares)),
    })
}

fn free_id(ctx: &ExecCtx<'_>, sender: &Address) -> Result<PoolId, AppError> {
    let (sequence, index) = (ctx.tx().sequence, ctx.tx().msg_index);
    for attempt in 0..ATTEMPTS {
        let id = PoolId::derived(sender, sequence, index, attempt);
        if !POOLS.has(ctx, &id)? {
            return Ok(id);
        }
    }
    Err(sdk::CONFLICT.wrap(format_args!("more than {ATTEMPTS} pools made by one message")))
}
