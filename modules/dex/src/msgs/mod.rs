//! Messages, valid once constructed.

mod create_pool;
mod swap;
mod update_params;

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_primitives::{Address, Coin, Coins, Dec};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
pub use create_pool::CreatePool;
pub use swap::SwapExactIn;
pub use update_params::UpdateParams;
pub(crate) use update_params::{parse_params, wire_params};

use crate::error;
use crate::math::FEE_UNIT;
use crate::pool::MAX_SWAP_FEE;

/// 10^-18 parts in a millionth.
const ATOMICS_PER_FEE: u128 = 1_000_000_000_000;

/// Parses an address and says which one is wrong.
pub(crate) fn parse_address(what: &str, text: &str) -> Result<Address, AppError> {
    text.parse().map_err(|e| sdk::INVALID_ADDRESS.wrap(format_args!("invalid {what} address: {e}")))
}

/// Parses a coin, zero included.
pub(crate) fn parse_coin(what: &str, coin: Option<&WireCoin>) -> Result<Coin, AppError> {
    let coin = coin.ok_or_else(|| sdk::INVALID_COINS.wrap(format_args!("{what} is missing")))?;
    Coin::parse(&coin.denom, &coin.amount).map_err(|e| sdk::INVALID_COINS.wrap(format_args!("{what}: {e}")))
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
    let parsed = coins.iter().map(|c| Coin::parse(&c.denom, &c.amount)).collect::<Result<Vec<_>, _>>();
    parsed.and_then(Coins::new).map_err(|e| sdk::INVALID_COINS.wrap(format_args!("{what}: {e}")))
}

/// The wire's coin.
pub(crate) fn wire_coin(coin: &Coin) -> WireCoin {
    WireCoin { denom: coin.denom.to_string(), amount: coin.amount.to_string() }
}

/// A fee on the wire, 18 decimals, in millionths: at most [`MAX_SWAP_FEE`], and no finer than one.
pub(crate) fn parse_fee(text: &str) -> Result<u32, AppError> {
    let dec = if text.is_empty() { Ok(Dec::ZERO) } else { Dec::from_wire(text) };
    let dec = dec.map_err(|e| error::POOL.wrap(format_args!("swap fee: {e}")))?;
    let refused =
        || error::POOL.wrap(format_args!("swap fee {dec}: 0 to 0.1 in steps of 0.000001 are allowed"));
    if dec.atomics() % ATOMICS_PER_FEE != 0 {
        return Err(refused());
    }
    let fee = u32::try_from(dec.atomics() / ATOMICS_PER_FEE).map_err(|_| refused())?;
    if fee > MAX_SWAP_FEE { Err(refused()) } else { Ok(fee) }
}

/// A fee in millionths, as the wire has it.
pub(crate) fn wire_fee(fee: u32) -> String {
    Dec::ratio_floor(fee.into(), FEE_UNIT.into()).unwrap_or_default().to_wire()
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
        let finer = "3000000000000001";
        for bad in
            [&wire_fee(MAX_SWAP_FEE + 1), finer, "-1", "0.3", "x", "340282366920938463463374607431768211455"]
        {
            assert_eq!(parse_fee(bad).unwrap_err().code, 8, "{bad}");
        }
    }
}
