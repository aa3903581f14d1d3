//! Results for people: any message of the definitions as a table or a record, transactions with amounts in display
//! units and names instead of addresses, events as balance changes.

pub mod changes;
pub mod chart;
pub mod dex;
pub mod figure;
pub mod message;
pub mod tx;

use crate::amount::Coin;

/// What the wallet knows about the things that occur in results.
pub trait Labels {
    /// An amount in display units.
    fn amount(&self, coin: &Coin) -> String;
    /// The name of an address in keyring or address book.
    fn name(&self, address: &str) -> Option<String>;

    /// The display unit of a denom and its decimals; the denom itself with none where nothing is known.
    fn unit(&self, denom: &str) -> (String, u32) {
        (denom.to_owned(), 0)
    }

    /// The address with its name, where it has one.
    fn named(&self, address: &str) -> String {
        match self.name(address) {
            Some(name) => format!("{name} ({address})"),
            None => address.to_owned(),
        }
    }

    /// The name of an address, or else the address.
    fn short(&self, address: &str) -> String {
        self.name(address).unwrap_or_else(|| address.to_owned())
    }

    /// Several amounts separated by commas; `0` for none.
    fn amounts(&self, coins: &[Coin]) -> String {
        if coins.is_empty() {
            return "0".to_owned();
        }
        coins.iter().map(|coin| self.amount(coin)).collect::<Vec<_>>().join(", ")
    }
}
