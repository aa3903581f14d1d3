//! Transactions: accounts that sign, drafts that become bytes, messages and coins in short.

mod account;
mod draft;
mod sign;

use agora_framework::wire;
use agora_primitives::{Address, Coin, Coins};
use agora_proto::cosmos::bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;

pub use account::Account;
pub use draft::{Addressed, Draft, SignMode, Signer};
pub use sign::multi_mode;

/// Coins as people write them, `5uago` or `1uusdc,5uago`, on the wire as they stand: neither sorted nor checked.
///
/// # Panics
/// If an amount is not followed by a denom.
#[must_use]
pub fn wire_coins(text: &str) -> Vec<WireCoin> {
    text.split(',')
        .map(str::trim)
        .filter(|coin| !coin.is_empty())
        .map(|coin| {
            let digits = coin.find(|c: char| !c.is_ascii_digit() && c != '-').expect("a denom");
            let (amount, denom) = coin.split_at(digits);
            WireCoin { denom: denom.to_owned(), amount: amount.to_owned() }
        })
        .collect()
}

/// Valid coins, sorted.
///
/// # Panics
/// If they are malformed.
#[must_use]
pub fn coins(text: &str) -> Coins {
    let mut coins: Vec<Coin> = wire_coins(text).iter().map(|c| wire::coin(c).expect("a coin")).collect();
    coins.sort_by(|a, b| a.denom.cmp(&b.denom));
    Coins::new(coins).expect("coins")
}

/// `MsgSend`.
#[must_use]
pub fn send(from: &Address, to: &Address, amount: &str) -> MsgSend {
    MsgSend { from_address: from.to_string(), to_address: to.to_string(), amount: wire_coins(amount) }
}

/// `MsgMultiSend` that pays each output what is said, from the sum of them.
#[must_use]
pub fn multi_send(from: &Address, outputs: &[(Address, &str)]) -> MsgMultiSend {
    let mut sum = Coins::default();
    for (_, amount) in outputs {
        for coin in &coins(amount) {
            sum.add(coin).expect("a sum");
        }
    }
    let outputs = outputs
        .iter()
        .map(|(to, amount)| Output { address: to.to_string(), coins: wire_coins(amount) })
        .collect();
    let input = Input { address: from.to_string(), coins: wire_coins(&sum.to_string()) };
    MsgMultiSend { inputs: vec![input], outputs }
}
