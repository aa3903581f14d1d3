//! Fields of the wire.

use agora_bank::api::hint_balances;
use agora_framework::errors::sdk;
use agora_framework::{Access, AccessHint, AppError, time, wire};
use agora_primitives::{Coin, Coins, Dec, Denom};
use agora_proto::cosmos::base::v1beta1::{Coin as WireCoin, DecCoin};

use crate::error;
use crate::math::FEE_UNIT;
use crate::pool::{MAX_SWAP_FEE, PoolId, PositionId};
use crate::state::{POOLS, POSITIONS, TOUCHED};

/// 10^-18 parts in a millionth.
const ATOMICS_PER_FEE: u128 = 1_000_000_000_000;

/// Parses a coin, zero included.
pub(crate) fn parse_coin(what: &str, coin: Option<&WireCoin>) -> Result<Coin, AppError> {
    let coin = coin.ok_or_else(|| sdk::INVALID_COINS.wrap(format_args!("{what} is missing")))?;
    wire::coin(coin).map_err(|e| sdk::INVALID_COINS.wrap(format_args!("{what}: {e}")))
}

/// Parses a coin that is not zero.
pub(crate) fn parse_positive(what: &str, coin: Option<&WireCoin>) -> Result<Coin, AppError> {
    let coin = parse_coin(what, coin)?;
    if coin.amount == 0 {
        return Err(sdk::INVALID_COINS.wrap(format_args!("{what}: {coin} is nothing")));
    }
    Ok(coin)
}

/// Parses coins: sorted, positive, distinct.
pub(crate) fn parse_coins(what: &str, coins: &[WireCoin]) -> Result<Coins, AppError> {
    wire::coins(coins).map_err(|e| sdk::INVALID_COINS.wrap(format_args!("{what}: {e}")))
}

/// Parses figures by denom, each denom once, in the order of the denoms.
pub(crate) fn parse_rates(what: &str, rates: &[DecCoin]) -> Result<Vec<(Denom, u128)>, AppError> {
    let parse = |rate: &DecCoin| {
        let refused = |e: String| error::POOL.wrap(format_args!("{what}: {e}"));
        let denom = rate.denom.parse::<Denom>().map_err(|e| refused(e.to_string()))?;
        let value = Dec::from_wire(&rate.amount).map_err(|e| refused(e.to_string()))?;
        Ok((denom, value.atomics()))
    };
    let mut parsed = rates.iter().map(parse).collect::<Result<Vec<_>, AppError>>()?;
    parsed.sort_by(|a, b| a.0.cmp(&b.0));
    if !parsed.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(error::POOL.wrap(format_args!("{what}: a denom is named twice")));
    }
    Ok(parsed)
}

/// Figures by denom as the wire has them.
pub(crate) fn wire_rates<'a>(rates: impl IntoIterator<Item = (&'a Denom, &'a u128)>) -> Vec<DecCoin> {
    let wire =
        |(denom, value): (&Denom, &u128)| DecCoin { denom: denom.to_string(), amount: value.to_string() };
    rates.into_iter().map(wire).collect()
}

/// A part on the wire, 18 decimals, in millionths; `None` if it is malformed or finer than one.
pub(crate) fn parse_millionths(text: &str) -> Option<u32> {
    let dec = if text.is_empty() { Dec::ZERO } else { Dec::from_wire(text).ok()? };
    let whole = dec.atomics() % ATOMICS_PER_FEE == 0;
    u32::try_from(dec.atomics() / ATOMICS_PER_FEE).ok().filter(|_| whole)
}

/// A fee on the wire in millionths: at most [`MAX_SWAP_FEE`].
pub(crate) fn parse_fee(text: &str) -> Result<u32, AppError> {
    parse_millionths(text).filter(|fee| *fee <= MAX_SWAP_FEE).ok_or_else(|| {
        let shown =
            Dec::from_wire(text).map_or_else(|_| text.chars().take(64).collect(), |dec| dec.to_string());
        error::POOL.wrap(format_args!("swap fee {shown}: 0 to 0.1 in steps of 0.000001 are allowed"))
    })
}

/// A fee in millionths, as the wire has it.
pub(crate) fn wire_fee(fee: u32) -> String {
    Dec::ratio_floor(fee.into(), FEE_UNIT.into()).unwrap_or_default().to_wire()
}

/// A time on the wire, in nanoseconds since 1970.
pub(crate) fn parse_time(what: &str, time: Option<&prost_types::Timestamp>) -> Result<Option<u64>, AppError> {
    let Some(time) = time else { return Ok(None) };
    time::nanoseconds(time)
        .map(Some)
        .ok_or_else(|| error::DEADLINE.wrap(format_args!("{what} is no time after 1970")))
}

/// The deadline of a message, in nanoseconds since 1970.
pub(crate) fn parse_deadline(deadline: Option<&prost_types::Timestamp>) -> Result<Option<u64>, AppError> {
    parse_time("the deadline", deadline)
}

/// Parses shares of a pool: a positive amount of its share denom.
pub(crate) fn parse_shares(coin: Option<&WireCoin>) -> Result<(PoolId, Coin), AppError> {
    let coin = parse_positive("shares", coin)?;
    match PoolId::of_share_denom(&coin.denom) {
        Some(id) => Ok((id, coin)),
        None => Err(error::DENOM.wrap(format_args!("{} is no share of a pool, such as lp/1", coin.denom))),
    }
}

/// Parses the id of a position.
pub(crate) fn parse_position_id(text: &str) -> Result<PositionId, AppError> {
    text.parse().map_err(|e: crate::pool::IdError| error::NO_POSITION.wrap(e))
}

/// Hints at a pool that is written.
pub(crate) fn hint_pool(id: &str, hint: &mut AccessHint) {
    if let Ok(id) = id.parse::<PoolId>() {
        hint_stored(&id, hint);
    }
}

/// Hints at what storing a pool touches: the pool itself, and its mark for the end of the block.
pub(crate) fn hint_stored(id: &PoolId, hint: &mut AccessHint) {
    hint.push(POOLS.key(id), Access::Write);
    hint.push(TOUCHED.key(id), Access::Delta);
}

/// Hints at the pool of shares that are given or taken, and at the holder's balance of them.
pub(crate) fn hint_shares(holder: &str, shares: Option<&WireCoin>, hint: &mut AccessHint) {
    let Some(shares) = shares else { return };
    hint_balances(holder, [shares], hint);
    let id = shares.denom.parse().ok().and_then(|denom| PoolId::of_share_denom(&denom));
    if let Some(id) = id {
        hint_stored(&id, hint);
    }
}

/// Hints at a position that is written.
pub(crate) fn hint_position(id: &str, hint: &mut AccessHint) {
    if let Ok(id) = id.parse::<PositionId>() {
        hint.push(POSITIONS.key(&id), Access::Write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_a_whole_number_of_millionths_up_to_a_tenth() {
        for fee in [0, 1, 3000, MAX_SWAP_FEE] {
            assert_eq!(parse_fee(&wire_fee(fee)).unwrap(), fee);
        }
        assert_eq!(parse_fee("").unwrap(), 0);
        let over = wire_fee(MAX_SWAP_FEE + 1);
        for bad in
            [over.as_str(), "3000000000000001", "-1", "0.3", "x", "340282366920938463463374607431768211455"]
        {
            assert_eq!(parse_fee(bad).unwrap_err().code, 8, "{bad}");
        }
    }

    #[test]
    fn a_deadline_is_a_time_after_1970() {
        let at = |seconds, nanos| parse_deadline(Some(&prost_types::Timestamp { seconds, nanos }));
        assert_eq!(at(1, 5).unwrap(), Some(1_000_000_005));
        assert_eq!(parse_deadline(None).unwrap(), None);
        for (seconds, nanos) in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0)] {
            assert_eq!(at(seconds, nanos).unwrap_err().code, 4);
        }
    }

    #[test]
    fn figures_by_denom_are_sorted_and_named_once() {
        let rate = |denom: &str, amount: &str| DecCoin { denom: denom.into(), amount: amount.into() };
        let parsed = parse_rates("rates", &[rate("bbb", "2"), rate("aaa", "1")]).unwrap();
        assert_eq!(
            parsed.iter().map(|(d, v)| (d.as_str(), *v)).collect::<Vec<_>>(),
            [("aaa", 1), ("bbb", 2)]
        );
        assert!(parse_rates("rates", &[rate("aaa", "2"), rate("aaa", "1")]).is_err());
        assert!(parse_rates("rates", &[rate("aaa", "1.5")]).is_err());
    }
}
