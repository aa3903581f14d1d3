//! Staking as plainly as it can be said: everything in maps, every sum counted anew, every list sorted, every number exact.

mod slash;

use std::collections::BTreeMap;

use num_bigint::BigUint;

/// The mantissa of one share.
const SHARE: u128 = 1_000_000_000_000_000_000;
/// Units of one power.
const POWER: u128 = 1_000_000;

/// Whether a validator is in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Unbonded,
    Unbonding { height: u64, until: u64 },
    Bonded,
}

#[derive(Clone, Debug)]
pub(crate) struct Validator {
    pub(crate) tokens: u128,
    pub(crate) jailed: bool,
    pub(crate) status: Status,
    pub(crate) min_self: u128,
}

/// Height, completion, initial, balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaving {
    pub(crate) height: u64,
    pub(crate) until: u64,
    pub(crate) initial: u128,
    pub(crate) balance: u128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) height: u64,
    pub(crate) until: u64,
    pub(crate) initial: u128,
    pub(crate) shares: u128,
}

/// Codespace and code.
pub(crate) type Refusal = (&'static str, u32);

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) validators: BTreeMap<u8, Validator>,
    pub(crate) delegations: BTreeMap<(u8, u8), u128>,
    pub(crate) leaving: BTreeMap<(u8, u8), Vec<Leaving>>,
    pub(crate) moved: BTreeMap<(u8, u8, u8), Vec<Moved>>,
    pub(crate) held: BTreeMap<u8, u128>,
    pub(crate) set: BTreeMap<u8, u128>,
    pub(crate) burned: u128,
    pub(crate) height: u64,
    pub(crate) time: u64,
    pub(crate) unbonding: u64,
    pub(crate) max_validators: usize,
    pub(crate) max_entries: usize,
}

fn floor(a: u128, b: u128, c: u128) -> u128 {
    u128::try_from(BigUint::from(a) * b / c).unwrap()
}

fn ceil(a: u128, b: u128, c: u128) -> u128 {
    u128::try_from((BigUint::from(a) * b + (c - 1)) / c).unwrap()
}

impl Model {
    /// Shares of a validator, counted.
    pub(crate) fn shares(&self, validator: u8) -> u128 {
        self.delegations.iter().filter(|((_, to), _)| *to == validator).map(|(_, shares)| shares).sum()
    }

    /// What shares are worth.
    pub(crate) fn worth(&self, validator: u8, shares: u128) -> u128 {
        match self.shares(validator) {
            0 => 0,
            all => floor(self.validators[&validator].tokens, shares, all),
        }
    }

    fn deposit(&mut self, who: u8, to: u8, amount: u128) -> Result<u128, Refusal> {
        let (tokens, all) = (self.validators[&to].tokens, self.shares(to));
        let new = match (tokens, all) {
            (_, 0) => amount * SHARE,
            (0, _) => return Err(("staking", 34)),
            _ => floor(all, amount, tokens),
        };
        if new == 0 {
            return Err(("staking", 24));
        }
        self.validators.get_mut(&to).unwrap().tokens += amount;
        *self.delegations.entry((who, to)).or_default() += new;
        Ok(new)
    }

    fn withdraw(&mut self, who: u8, from: u8, amount: u128) -> Result<u128, Refusal> {
        let held = self.delegations.get(&(who, from)).copied().ok_or(("staking", 19))?;
        let (tokens, all) = (self.validators[&from].tokens, self.shares(from));
        if tokens == 0 {
            return Err(("staking", 24));
        }
        let mut shares = ceil(all, amount, tokens);
        if shares > held {
            return Err(("sdk", 18));
        }
        if floor(tokens, held - shares, all) == 0 {
            shares = held;
        }
        let out = floor(tokens, shares, all);
        let rest = floor(tokens, held - shares, all);
        self.take(who, from, shares, out);
        self.jail_if_small(who, from, rest);
        Ok(out)
    }

    fn take(&mut self, who: u8, from: u8, shares: u128, tokens: u128) {
        let held = self.delegations[&(who, from)];
        self.validators.get_mut(&from).unwrap().tokens -= tokens;
        if held == shares {
            self.delegations.remove(&(who, from));
        } else {
            self.delegations.insert((who, from), held - shares);
        }
    }

    fn jail_if_small(&mut self, who: u8, validator: u8, own: u128) {
        let record = self.validators.get_mut(&validator).unwrap();
        if who == validator && own < record.min_self {
            record.jailed = true;
        }
    }

    pub(crate) fn create(&mut self, who: u8, amount: u128) -> Result<(), Refusal> {
        if self.validators.contains_key(&who) {
            return Err(("staking", 4));
        }
        let fresh = Validator { tokens: 0, jailed: false, status: Status::Unbonded, min_self: 1 };
        self.validators.insert(who, fresh);
        self.deposit(who, who, amount)?;
        self.pay(who, amount)
    }

    fn pay(&mut self, who: u8, amount: u128) -> Result<(), Refusal> {
        let held = self.held.get_mut(&who).unwrap();
        *held = held.checked_sub(amount).ok_or(("sdk", 5))?;
        Ok(())
    }

    pub(crate) fn delegate(&mut self, who: u8, to: u8, amount: u128) -> Result<(), Refusal> {
        if !self.validators.contains_key(&to) {
            return Err(("staking", 3));
        }
        self.deposit(who, to, amount)?;
        self.pay(who, amount)
    }

    pub(crate) fn undelegate(&mut self, who: u8, from: u8, amount: u128) -> Result<(), Refusal> {
        if !self.validators.contains_key(&from) {
            return Err(("staking", 3));
        }
        if !self.delegations.contains_key(&(who, from)) {
            return Err(("staking", 19));
        }
        let (height, until) = (self.height, self.time + self.unbonding);
        let same = |e: &Leaving| (e.height, e.until) == (height, until);
        let list = self.leaving.get(&(who, from)).cloned().unwrap_or_default();
        if list.len() >= self.max_entries && !list.iter().any(same) {
            return Err(("staking", 27));
        }
        let out = self.withdraw(who, from, amount)?;
        let list = self.leaving.entry((who, from)).or_default();
        match list.iter_mut().find(|e| same(e)) {
            Some(entry) => {
                entry.initial += out;
                entry.balance += out;
            }
            None => list.push(Leaving { height, until, initial: out, balance: out }),
        }
        Ok(())
    }

    pub(crate) fn redelegate(&mut self, who: u8, from: u8, to: u8, amount: u128) -> Result<(), Refusal> {
        let source = self.validators.get(&from).ok_or(("staking", 3))?.status;
        if !self.delegations.contains_key(&(who, from)) {
            return Err(("staking", 19));
        }
        if from == to {
            return Err(("staking", 29));
        }
        if !self.validators.contains_key(&to) {
            return Err(("staking", 31));
        }
        if self.moved.keys().any(|(delegator, _, dst)| (*delegator, *dst) == (who, from)) {
            return Err(("staking", 32));
        }
        let out = self.withdraw(who, from, amount)?;
        let shares = self.deposit(who, to, out)?;
        let (height, until) = match source {
            Status::Unbonded => return Ok(()),
            Status::Unbonding { height, until } => (height, until),
            Status::Bonded => (self.height, self.time + self.unbonding),
        };
        let list = self.moved.entry((who, from, to)).or_default();
        let full = list.len() >= self.max_entries;
        match list.iter_mut().find(|e| (e.height, e.until) == (height, until)) {
            Some(entry) => {
                entry.initial += out;
                entry.shares += shares;
            }
            None if full => return Err(("staking", 33)),
            None => list.push(Moved { height, until, initial: out, shares }),
        }
        Ok(())
    }

    pub(crate) fn cancel(&mut self, who: u8, from: u8, amount: u128, height: u64) -> Result<(), Refusal> {
        if self.validators.get(&from).ok_or(("staking", 3))?.jailed {
            return Err(("staking", 7));
        }
        let time = self.time;
        let list = self.leaving.get_mut(&(who, from)).ok_or(("staking", 26))?;
        let place = list.iter().position(|e| e.height == height && e.until > time).ok_or(("sdk", 38))?;
        let entry = &mut list[place];
        entry.balance = entry.balance.checked_sub(amount).ok_or(("sdk", 18))?;
        entry.initial -= amount;
        if entry.balance == 0 {
            list.remove(place);
        }
        if list.is_empty() {
            self.leaving.remove(&(who, from));
        }
        self.deposit(who, from, amount).map(|_| ())
    }

    /// Ends the block and begins the next one.
    pub(crate) fn next_block(&mut self, seconds: u64) {
        let mut candidates: Vec<(u8, u128)> = self
            .validators
            .iter()
            .filter(|(_, v)| !v.jailed && v.tokens >= POWER)
            .map(|(who, v)| (*who, v.tokens / POWER))
            .collect();
        candidates.sort_by_key(|(who, power)| (u128::MAX - power, *who));
        candidates.truncate(self.max_validators);
        if !candidates.is_empty() {
            let set: BTreeMap<u8, u128> = candidates.into_iter().collect();
            for (who, record) in &mut self.validators {
                match (self.set.contains_key(who), set.contains_key(who)) {
                    (false, true) => record.status = Status::Bonded,
                    (true, false) => {
                        let until = self.time + self.unbonding;
                        record.status = Status::Unbonding { height: self.height, until };
                    }
                    _ => {}
                }
            }
            self.set = set;
        }
        let now = self.time;
        for record in self.validators.values_mut() {
            if matches!(record.status, Status::Unbonding { until, .. } if until <= now) {
                record.status = Status::Unbonded;
            }
        }
        let free: Vec<u8> = self
            .validators
            .iter()
            .filter(|(_, v)| v.status == Status::Unbonded)
            .map(|(who, _)| *who)
            .collect();
        for who in free {
            if self.shares(who) == 0 {
                self.validators.remove(&who);
            }
        }
        for ((who, _), list) in &mut self.leaving {
            let paid: u128 = list.iter().filter(|e| e.until <= now).map(|e| e.balance).sum();
            list.retain(|e| e.until > now);
            *self.held.get_mut(who).unwrap() += paid;
        }
        self.leaving.retain(|_, list| !list.is_empty());
        self.moved.values_mut().for_each(|list| list.retain(|e| e.until > now));
        self.moved.retain(|_, list| !list.is_empty());
        self.height += 1;
        self.time += seconds;
    }
}
