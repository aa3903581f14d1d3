//! What events did to balances.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::amount::Coin;
use crate::client::types::Event;

use super::Labels;

/// Gains and losses per address and denom, and who paid the fee.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalanceChanges {
    /// Address, then denom; addresses in the order they occur.
    accounts: Vec<(String, BTreeMap<String, Change>)>,
    fee: Option<(String, Vec<Coin>)>,
}

/// A sum that can be negative; totals of u128 amounts on both sides, so that nothing overflows in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Change {
    gained: u128,
    lost: u128,
}

impl BalanceChanges {
    /// What the messages of a transaction did, and the fee that `fee` and `fee_payer` of its `tx` event name.
    ///
    /// Only events that belong to a message (they carry `msg_index`) are counted; what comes before is the fee.
    pub fn of_events(events: &[Event]) -> Self {
        let mut changes = Self::default();
        for event in events {
            if event.kind == "tx"
                && let (Some(fee), Some(payer)) = (event.get("fee"), event.get("fee_payer"))
            {
                changes.fee =
                    Some((payer.to_owned(), parse_coins(fee))).filter(|(_, coins)| !coins.is_empty());
            }
            if event.get("msg_index").is_none() {
                continue;
            }
            let (who, gained) = match event.kind.as_str() {
                "coin_spent" => (event.get("spender"), false),
                "coin_received" => (event.get("receiver"), true),
                _ => continue,
            };
            let Some(who) = who else { continue };
            for coin in parse_coins(event.get("amount").unwrap_or_default()) {
                changes.add(who, &coin, gained);
            }
        }
        changes
    }

    /// The same with a fee that is still to be paid.
    pub fn with_fee(mut self, payer: &str, fee: &[Coin]) -> Self {
        self.fee = Some((payer.to_owned(), fee.to_vec()))
            .filter(|(_, coins)| coins.iter().any(|coin| coin.amount > 0));
        self
    }

    fn add(&mut self, who: &str, coin: &Coin, gained: bool) {
        let at = match self.accounts.iter().position(|(address, _)| address == who) {
            Some(at) => at,
            None => {
                self.accounts.push((who.to_owned(), BTreeMap::new()));
                self.accounts.len().saturating_sub(1)
            }
        };
        if let Some((_, denoms)) = self.accounts.get_mut(at) {
            let change = denoms.entry(coin.denom.clone()).or_default();
            let side = if gained { &mut change.gained } else { &mut change.lost };
            *side = side.saturating_add(coin.amount);
        }
    }

    /// One line per address: its name, and what it gains and loses in display units.
    pub fn lines(&self, labels: &dyn Labels) -> Vec<(String, String)> {
        let mut lines: Vec<(String, String)> = Vec::new();
        for (address, denoms) in &self.accounts {
            let mut parts: Vec<String> =
                denoms.iter().filter_map(|(denom, change)| change.text(denom, labels)).collect();
            parts.extend(self.fee_of(address, labels));
            if !parts.is_empty() {
                lines.push((labels.short(address), parts.join(" ")));
            }
        }
        if let Some((payer, _)) = &self.fee
            && !self.accounts.iter().any(|(address, _)| address == payer)
        {
            lines.push((labels.short(payer), self.fee_of(payer, labels).unwrap_or_default()));
        }
        lines
    }

    /// Per address and denom the signed change in base units, without the fee.
    pub fn to_json(&self) -> Value {
        let account = |(address, denoms): &(String, BTreeMap<String, Change>)| {
            let change = |(denom, change): (&String, &Change)| {
                let sign = if change.gained < change.lost { "-" } else { "" };
                json!({ "denom": denom, "change": format!("{sign}{}", change.gained.abs_diff(change.lost)) })
            };
            json!({ "address": address, "changes": denoms.iter().map(change).collect::<Vec<_>>() })
        };
        Value::Array(self.accounts.iter().map(account).collect())
    }

    fn fee_of(&self, address: &str, labels: &dyn Labels) -> Option<String> {
        let (_, coins) = self.fee.as_ref().filter(|(payer, _)| payer == address)?;
        let parts: Vec<String> = coins.iter().map(|coin| format!("-{} fee", labels.amount(coin))).collect();
        Some(parts.join(" "))
    }
}

impl Change {
    fn text(self, denom: &str, labels: &dyn Labels) -> Option<String> {
        let (sign, amount) = match self.gained.cmp(&self.lost) {
            std::cmp::Ordering::Greater => ('+', self.gained.abs_diff(self.lost)),
            std::cmp::Ordering::Less => ('-', self.gained.abs_diff(self.lost)),
            std::cmp::Ordering::Equal => return None,
        };
        Some(format!("{sign}{}", labels.amount(&Coin::new(amount, denom))))
    }
}

/// Coins as events write them: `300uago,5ibc/ABC`. What cannot be read is left out.
pub(crate) fn parse_coins(text: &str) -> Vec<Coin> {
    text.split(',')
        .filter_map(|part| {
            let end = part.find(|c: char| !c.is_ascii_digit())?;
            let (digits, denom) = part.split_at(end);
            Some(Coin::new(digits.parse().ok()?, denom))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::DenomTable;
    use crate::client::types::EventAttribute;

    struct Plain;

    impl Labels for Plain {
        fn amount(&self, coin: &Coin) -> String {
            DenomTable::builtin().format(coin)
        }

        fn name(&self, address: &str) -> Option<String> {
            (address == "agora1a").then(|| "alice".to_owned())
        }
    }

    fn event(kind: &str, attributes: &[(&str, &str)]) -> Event {
        let attribute = |(key, value): &(&str, &str)| EventAttribute {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
            index: true,
        };
        Event { kind: kind.to_owned(), attributes: attributes.iter().map(attribute).collect() }
    }

    #[test]
    fn a_send_is_a_loss_a_gain_and_a_fee() {
        let events = [
            event("coin_spent", &[("spender", "agora1a"), ("amount", "2100uago")]),
            event("coin_received", &[("receiver", "agora1fees"), ("amount", "2100uago")]),
            event("tx", &[("fee", "2100uago"), ("fee_payer", "agora1a")]),
            event("coin_spent", &[("spender", "agora1a"), ("amount", "1500000uago"), ("msg_index", "0")]),
            event("coin_received", &[("receiver", "agora1b"), ("amount", "1500000uago"), ("msg_index", "0")]),
        ];
        let lines = BalanceChanges::of_events(&events).lines(&Plain);
        assert_eq!(
            lines,
            [
                ("alice".to_owned(), "-1.5 AGO -0.0021 AGO fee".to_owned()),
                ("agora1b".to_owned(), "+1.5 AGO".to_owned()),
            ]
        );
    }

    #[test]
    fn what_comes_and_goes_cancels_out_and_a_failed_transaction_costs_its_fee() {
        let round = [
            event("coin_spent", &[("spender", "agora1a"), ("amount", "5uago,7ibc/X"), ("msg_index", "0")]),
            event("coin_received", &[("receiver", "agora1a"), ("amount", "5uago"), ("msg_index", "1")]),
        ];
        let lines = BalanceChanges::of_events(&round).lines(&Plain);
        assert_eq!(lines, [("alice".to_owned(), "-7 ibc/X".to_owned())]);
        let failed = [event("tx", &[("fee", "1uago"), ("fee_payer", "agora1a")])];
        let lines = BalanceChanges::of_events(&failed).lines(&Plain);
        assert_eq!(lines, [("alice".to_owned(), "-0.000001 AGO fee".to_owned())]);
        assert!(
            BalanceChanges::of_events(&[event("tx", &[("fee", ""), ("fee_payer", "agora1a")])])
                .lines(&Plain)
                .is_empty()
        );
    }
}
