//! Allowances for fees, kept by the book: what the chain must have.

use std::collections::BTreeMap;

use agora_proto::cosmos::bank::v1beta1::MsgSend;
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::feegrant::v1beta1 as wire;
use agora_tests::TestChain;
use agora_tests::harness::Event;
use prost_types::Any;

use super::done::{Done, Step, read};
use super::rights::nanos;

/// Granter and grantee.
pub(super) type Pair = (String, String);

/// An allowance in uago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    /// What is left; nothing set is without limit.
    left: Option<u128>,
    /// The last moment.
    until: Option<u64>,
    period: Option<Period>,
    /// Each list must have every message.
    lists: Vec<Vec<String>>,
}

/// A limit for each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period {
    length: u64,
    limit: u128,
    left: u128,
    reset: u64,
}

/// The book.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowances {
    pub(super) all: BTreeMap<Pair, Allowance>,
    seen: Seen,
}

/// How often something has happened.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    used: usize,
    used_up: usize,
    used_in_vain: usize,
    used_by_list: usize,
    periods: usize,
    taken_back: usize,
    over: usize,
    refused: usize,
}

fn units(coins: &[Coin]) -> u128 {
    coins.iter().map(|coin| coin.amount.parse::<u128>().unwrap()).sum()
}

/// An allowance as the wire has it.
fn allowance(any: &Any) -> Allowance {
    let basic = |basic: wire::BasicAllowance| Allowance {
        left: (!basic.spend_limit.is_empty()).then(|| units(&basic.spend_limit)),
        until: basic.expiration.as_ref().map(nanos),
        period: None,
        lists: vec![],
    };
    match any.type_url.rsplit('.').next().unwrap() {
        "BasicAllowance" => basic(read(any)),
        "PeriodicAllowance" => {
            let periodic: wire::PeriodicAllowance = read(any);
            let period = Period {
                length: periodic.period.map(|p| u64::try_from(p.seconds).unwrap() * 1_000_000_000).unwrap(),
                limit: units(&periodic.period_spend_limit),
                left: units(&periodic.period_can_spend),
                reset: periodic.period_reset.as_ref().map_or(0, nanos),
            };
            Allowance { period: Some(period), ..basic(periodic.basic.unwrap()) }
        }
        _ => {
            let wire::AllowedMsgAllowance { allowance: inner, allowed_messages } = read(any);
            let mut inner = allowance(&inner.unwrap());
            inner.lists.insert(0, allowed_messages);
            inner
        }
    }
}

impl Allowance {
    /// How many uago are left, if it has a limit.
    pub(super) fn left(&self) -> Option<u128> {
        self.left
    }

    /// Takes a fee; `None` if it is not allowed. Says whether anything is left.
    fn take(&mut self, now: u64, fee: u128, messages: &[String]) -> Option<bool> {
        let listed = self.lists.iter().all(|list| messages.iter().all(|message| list.contains(message)));
        if !listed || self.until.is_some_and(|until| until < now) {
            return None;
        }
        if let Some(period) = &mut self.period {
            if period.reset <= now {
                period.left = period.limit.min(self.left.unwrap_or(u128::MAX));
                // The next one follows at once, or, after a pause, from now on.
                let next = period.reset + period.length;
                period.reset = if next < now { now + period.length } else { next };
            }
            period.left = period.left.checked_sub(fee)?;
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(fee)?;
        }
        Some(self.left != Some(0))
    }
}

impl Allowances {
    /// What a block must have made of the allowances.
    pub(super) fn follow(&mut self, now: u64, block: &[Done]) {
        for done in block {
            self.pay(now, done);
            if done.passed() {
                done.steps().iter().for_each(|step| self.change(now, &step.message));
            }
        }
        self.prune(now);
    }

    /// The fee of a transaction, from an allowance if it names one. What is taken stays taken when the messages fail.
    fn pay(&mut self, now: u64, done: &Done) {
        let fee = done.fee();
        let used = |event: &&Event| event.kind == "use_feegrant";
        let Some(used) = done.outcome.events.iter().find(used) else {
            // Who pays for itself needs none. Only transfers name a granter here.
            let own = |steps: &[Step]| read::<MsgSend>(&steps[0].message).from_address == fee.granter;
            let paid = !fee.granter.is_empty() && done.passed() && !own(&done.steps());
            assert!(!paid, "{} paid without an allowance", fee.granter);
            self.seen.refused += usize::from(done.outcome.codespace == "feegrant");
            let refused = done.outcome.codespace == "feegrant" && done.outcome.code == 5;
            if refused && done.outcome.log.contains("does not allow to pay fees for") {
                let grantee = done.outcome.log.split(' ').find_map(|word| word.strip_suffix(':'));
                let pair = (fee.granter, grantee.unwrap_or_default().to_owned());
                assert!(!self.all.contains_key(&pair), "an allowance was not found: {pair:?}");
            }
            return;
        };
        let pair = (used.get("granter").to_owned(), used.get("grantee").to_owned());
        assert_eq!(pair.0, fee.granter, "another paid");
        let allowance =
            self.all.get_mut(&pair).unwrap_or_else(|| panic!("there is no allowance of {pair:?}"));
        let before = allowance.clone();
        self.seen.used += 1;
        self.seen.used_in_vain += usize::from(!done.passed());
        self.seen.used_by_list += usize::from(!before.lists.is_empty());
        let taken = allowance.take(now, units(&fee.amount), &done.type_urls());
        let reset = |allowance: &Allowance| allowance.period.map(|period| period.reset);
        self.seen.periods += usize::from(reset(allowance) != reset(&before));
        self.seen.used_up += usize::from(taken == Some(false));
        match taken {
            Some(true) => {}
            Some(false) => drop(self.all.remove(&pair)),
            None => panic!("{pair:?}: {fee:?} is not allowed by {before:?} at {now}"),
        }
    }

    fn change(&mut self, now: u64, message: &Any) {
        match message.type_url.as_str() {
            "/cosmos.feegrant.v1beta1.MsgGrantAllowance" => {
                let grant: wire::MsgGrantAllowance = read(message);
                let old =
                    self.all.insert((grant.granter, grant.grantee), allowance(&grant.allowance.unwrap()));
                let over = |old: &Allowance| old.until.is_some_and(|until| until < now);
                assert!(old.as_ref().is_none_or(over), "{old:?} was in force");
            }
            "/cosmos.feegrant.v1beta1.MsgRevokeAllowance" => {
                let revoke: wire::MsgRevokeAllowance = read(message);
                let old = self.all.remove(&(revoke.granter, revoke.grantee));
                assert!(old.is_some(), "what is not there was taken back");
                self.seen.taken_back += 1;
            }
            "/cosmos.feegrant.v1beta1.MsgPruneAllowances" => self.prune(now),
            _ => {}
        }
    }

    /// What is over is forgotten: there is never so much of it that some has to wait.
    fn prune(&mut self, now: u64) {
        let before = self.all.len();
        self.all.retain(|_, allowance| allowance.until.is_none_or(|until| until >= now));
        self.seen.over += before - self.all.len();
    }

    /// What has happened to allowances, and how often.
    pub(super) fn seen(&self) -> Vec<(&'static str, usize)> {
        let Seen { used, used_up, used_in_vain, used_by_list, periods, taken_back, over, refused } =
            self.seen;
        vec![
            ("allowances used", used),
            ("allowances used up", used_up),
            ("allowances used by what failed", used_in_vain),
            ("allowances used for messages on a list", used_by_list),
            ("allowances in a new period", periods),
            ("allowances taken back", taken_back),
            ("allowances over", over),
            ("allowances refused", refused),
        ]
    }

    /// The allowances that an account has given are those by the book.
    pub(super) fn require(&self, chain: &TestChain, granter: &str) {
        let path = "/cosmos.feegrant.v1beta1.Query/AllowancesByGranter";
        let request = wire::QueryAllowancesByGranterRequest { granter: granter.to_owned(), pagination: None };
        let found: wire::QueryAllowancesByGranterResponse = chain.query(path, &request).unwrap();
        let found = found.allowances.into_iter();
        let found: BTreeMap<Pair, Allowance> = found
            .map(|grant| ((grant.granter, grant.grantee), allowance(&grant.allowance.unwrap())))
            .collect();
        let given = self.all.iter().filter(|((from, _), _)| from == granter);
        let given: BTreeMap<Pair, Allowance> = given.map(|(pair, own)| (pair.clone(), own.clone())).collect();
        assert_eq!(found, given, "allowances that {granter} has given, and those by the book");
    }
}
