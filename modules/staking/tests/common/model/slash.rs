//! What misbehaviour costs.

use super::{Model, POWER, Status, ceil, floor};

impl Model {
    /// Takes thousandths of what stood behind a validator.
    pub(crate) fn slash(&mut self, validator: u8, height: u64, power: u128, fraction: u128) -> u128 {
        let part = |amount: u128| floor(amount, fraction, 1000);
        let Some(record) = self.validators.get(&validator) else { return 0 };
        if record.status == Status::Unbonded {
            return 0;
        }
        let (now, mut left, mut burned) = (self.time, part(power * POWER), 0);
        if height < self.height {
            for ((_, _), list) in self.leaving.iter_mut().filter(|((_, from), _)| *from == validator) {
                for entry in list.iter_mut().filter(|e| e.height >= height && e.until > now) {
                    let due = part(entry.initial);
                    left = left.saturating_sub(due);
                    let taken = due.min(entry.balance);
                    entry.balance -= taken;
                    burned += taken;
                }
            }
            let moved: Vec<_> = self
                .moved
                .iter()
                .filter(|((_, from, _), _)| *from == validator)
                .map(|(k, v)| (*k, v.clone()))
                .collect();
            for ((who, _, to), list) in moved {
                for entry in list.iter().filter(|e| e.height >= height && e.until > now) {
                    let due = part(entry.initial);
                    left = left.saturating_sub(due);
                    let mut rest = due;
                    for gone in self.leaving.get_mut(&(who, to)).into_iter().flatten() {
                        if gone.height >= entry.height && gone.until > now {
                            let taken = rest.min(gone.balance);
                            gone.balance -= taken;
                            rest -= taken;
                            burned += taken;
                        }
                    }
                    burned += self.slash_delegation(who, to, rest);
                }
            }
        }
        let record = self.validators.get_mut(&validator).unwrap();
        let own = left.min(record.tokens);
        record.tokens -= own;
        burned += own;
        self.burned += burned;
        burned
    }

    fn slash_delegation(&mut self, who: u8, to: u8, due: u128) -> u128 {
        let Some(held) = self.delegations.get(&(who, to)).copied() else { return 0 };
        let (tokens, all) = (self.validators[&to].tokens, self.shares(to));
        let due = due.min(floor(tokens, held, all));
        if due == 0 {
            return 0;
        }
        let shares = ceil(all, due, tokens).min(held);
        let out = if shares == all { tokens } else { due };
        let rest = floor(tokens, held - shares, all);
        self.take(who, to, shares, out);
        self.jail_if_small(who, to, rest);
        out
    }
}
