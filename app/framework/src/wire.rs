//! Fields that the messages of many modules have, between the wire and the domain: accounts, coins.
//!
//! Their refusals are those of the Cosmos SDK, word for word.

use agora_primitives::{Address, AddressError, Coin, CoinError, Coins};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;

use crate::errors::{AppError, sdk};

/// How many coins a refusal repeats.
const SHOWN: usize = 8;

/// Names what is wrong with an address: `<place>: <error>`, code 7. A place is "invalid sender address", for instance.
#[must_use]
pub fn bad_address(place: impl std::fmt::Display, error: &AddressError) -> AppError {
    match error {
        // The Cosmos SDK wraps this one twice.
        AddressError::Prefix { .. } => {
            sdk::INVALID_ADDRESS.wrap(format_args!("{place}: {error}: {}", sdk::LOGIC.text))
        }
        _ => sdk::INVALID_ADDRESS.wrap(format_args!("{place}: {error}")),
    }
}

/// Reads the address of an account; `what` says which one.
///
/// # Errors
/// Code 7: `invalid <what> address: <why>`.
pub fn account(what: &str, text: &str) -> Result<Address, AppError> {
    text.parse().map_err(|e| bad_address(format_args!("invalid {what} address"), &e))
}

/// Reads a coin, zero included.
///
/// # Errors
/// A malformed denom or amount.
pub fn coin(wire: &WireCoin) -> Result<Coin, CoinError> {
    Coin::parse(&wire.denom, &wire.amount)
}

/// Reads coins: sorted, positive, distinct; perhaps none.
///
/// # Errors
/// The first rule broken.
pub fn coins(wire: &[WireCoin]) -> Result<Coins, CoinError> {
    Coins::new(wire.iter().map(coin).collect::<Result<_, _>>()?)
}

/// Reads the coins of a message that may name none, as [`coins`] does.
///
/// # Errors
/// Code 10 with the coins as they were sent.
pub fn amount(wire: &[WireCoin]) -> Result<Coins, AppError> {
    coins(wire).map_err(|_| bad_coins(wire))
}

/// Reads the coins of a message that names at least one, as [`coins`] does.
///
/// # Errors
/// Code 10 with the coins as they were sent.
pub fn payment(wire: &[WireCoin]) -> Result<Coins, AppError> {
    coins(wire).ok().filter(|coins| !coins.is_empty()).ok_or_else(|| bad_coins(wire))
}

fn bad_coins(wire: &[WireCoin]) -> AppError {
    let text: Vec<String> = wire.iter().take(SHOWN).map(|c| format!("{}{}", c.amount, c.denom)).collect();
    sdk::INVALID_COINS.wrap(text.join(","))
}

/// A coin as the wire has it.
#[must_use]
pub fn wire_coin(coin: &Coin) -> WireCoin {
    WireCoin { denom: coin.denom.to_string(), amount: coin.amount.to_string() }
}

/// Coins as the wire has them.
#[must_use]
pub fn wire_coins(coins: &Coins) -> Vec<WireCoin> {
    coins.iter().map(wire_coin).collect()
}

#[cfg(test)]
mod tests {
    use agora_primitives::BECH32_VALOPER_PREFIX;

    use super::*;

    fn sent(amount: &str, denom: &str) -> WireCoin {
        WireCoin { denom: denom.into(), amount: amount.into() }
    }

    #[test]
    fn malformed_coins_are_refused_with_the_text_that_was_sent() {
        for (coins, log) in [
            (vec![], ": invalid coins"),
            (vec![sent("0", "stake")], "0stake: invalid coins"),
            (vec![sent("-5", "stake")], "-5stake: invalid coins"),
            (vec![sent("1", "ufoo"), sent("1", "stake")], "1ufoo,1stake: invalid coins"),
            (vec![sent("1", "stake"), sent("1", "stake")], "1stake,1stake: invalid coins"),
            (vec![sent("1", "x")], "1x: invalid coins"),
        ] {
            let error = payment(&coins).unwrap_err();
            assert_eq!((error.code, error.log.as_str()), (10, log));
            assert_eq!(amount(&coins).is_ok(), coins.is_empty());
        }
    }

    #[test]
    fn coins_come_back_as_they_were_sent() {
        let sent = [sent("1", "stake"), sent("22", "ufoo")];
        assert_eq!(wire_coins(&payment(&sent).unwrap()), sent);
    }

    #[test]
    fn a_prefix_of_another_kind_is_a_broken_rule_inside_an_address_that_is_wrong() {
        let operator = Address::from_20([1; 20]).to_bech32(BECH32_VALOPER_PREFIX);
        let error = account("from", &operator).unwrap_err();
        assert_eq!(error.code, 7);
        assert!(error.log.starts_with("invalid from address: "), "{}", error.log);
        assert!(error.log.ends_with(": internal logic error: invalid address"), "{}", error.log);
        assert!(!account("from", "agora1x").unwrap_err().log.contains("logic"));
    }
}
