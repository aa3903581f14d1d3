//! What an allowance is, and what a fee makes of it. Pure: no state, no clock.

use std::collections::BTreeSet;

use agora_framework::AppError;
use agora_primitives::Coins;

use crate::error::{EXPIRED, LIMIT_EXCEEDED, MESSAGE_NOT_ALLOWED};

/// Allowances around an allowance, itself included.
pub const MAX_DEPTH: usize = 4;

/// The right to spend another account's coins on fees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Up to a sum.
    Basic(Basic),
    /// Up to a sum in each period.
    Periodic(Periodic),
    /// For some messages only.
    Allowed {
        /// What is narrowed.
        allowance: Box<Allowance>,
        /// Type URLs of the messages it is for; not empty.
        messages: Vec<String>,
    },
}

/// An allowance up to a sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basic {
    /// What is left; without limit if empty.
    pub spend_limit: Coins,
    /// The last moment it can be used, in nanoseconds since 1970; `None` for ever.
    pub expiration: Option<u64>,
}

/// An allowance up to a sum in each period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Periodic {
    /// The limits over all periods.
    pub basic: Basic,
    /// How long a period is, in nanoseconds.
    pub period: u64,
    /// What can be spent in each, in denoms of the limit over all periods if there is one.
    pub period_spend_limit: Coins,
    /// What is left of the one at present.
    pub period_can_spend: Coins,
    /// When the next one begins, in nanoseconds since 1970.
    pub period_reset: u64,
}

/// Whether a fee left anything to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It can be used again.
    More,
    /// It is used up.
    Nothing,
}

/// What a fee is paid for.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// The fee; may be empty.
    pub fee: &'a Coins,
    /// The block's time in nanoseconds since 1970.
    pub now: u64,
    /// Type URLs of the transaction's messages.
    pub messages: &'a [&'a str],
}

/// Takes a fee from what is left, or nothing.
fn take(left: &mut Coins, fee: &Coins, which: &str) -> Result<(), AppError> {
    fee.iter().try_for_each(|coin| left.sub(coin)).map_err(|_| LIMIT_EXCEEDED.wrap(which))
}

impl Basic {
    fn check_time(&self, now: u64, which: &str) -> Result<(), AppError> {
        match self.expiration {
            Some(until) if until < now => Err(EXPIRED.wrap(which)),
            _ => Ok(()),
        }
    }

    /// Takes the fee from the limit, if there is one.
    fn spend(&mut self, fee: &Coins, which: &str) -> Result<Left, AppError> {
        if self.spend_limit.is_empty() {
            return Ok(Left::More);
        }
        take(&mut self.spend_limit, fee, which)?;
        Ok(if self.spend_limit.is_empty() { Left::Nothing } else { Left::More })
    }
}

impl Periodic {
    /// Begins the period that `now` lies in, if the one before is over.
    fn begin_period(&mut self, now: u64) {
        if now < self.period_reset {
            return;
        }
        let limit = &self.basic.spend_limit;
        let beyond = self.period_spend_limit.iter().any(|coin| coin.amount > limit.amount_of(&coin.denom));
        // The last period has what is left over all periods.
        self.period_can_spend =
            if beyond && !limit.is_empty() { limit.clone() } else { self.period_spend_limit.clone() };
        self.period_reset = self.period_reset.saturating_add(self.period);
        if now > self.period_reset {
            self.period_reset = now.saturating_add(self.period);
        }
    }
}

impl Allowance {
    /// Takes a fee. On an error the allowance is not to be kept.
    ///
    /// # Errors
    /// `feegrant` 2 beyond what is left, 3 after its time, 7 for a message it is not for.
    pub fn accept(&mut self, asked: &Use<'_>) -> Result<Left, AppError> {
        match self {
            Self::Basic(basic) => {
                basic.check_time(asked.now, "basic allowance")?;
                basic.spend(asked.fee, "basic allowance")
            }
            Self::Periodic(periodic) => {
                periodic.basic.check_time(asked.now, "absolute limit")?;
                periodic.begin_period(asked.now);
                take(&mut periodic.period_can_spend, asked.fee, "period limit")?;
                periodic.basic.spend(asked.fee, "absolute limit")
            }
            Self::Allowed { allowance, messages } => {
                let allowed: BTreeSet<&str> = messages.iter().map(String::as_str).collect();
                if !asked.messages.iter().all(|message| allowed.contains(message)) {
                    return Err(MESSAGE_NOT_ALLOWED.wrap("message does not exist in allowed messages"));
                }
                allowance.accept(asked)
            }
        }
    }

    /// The last moment it can be used, in nanoseconds since 1970; `None` for ever.
    #[must_use]
    pub fn expiration(&self) -> Option<u64> {
        match self {
            Self::Basic(basic) => basic.expiration,
            Self::Periodic(periodic) => periodic.basic.expiration,
            Self::Allowed { allowance, .. } => allowance.expiration(),
        }
    }

    /// Type URLs that are looked at when it is used.
    #[must_use]
    pub(crate) fn listed(&self) -> usize {
        match self {
            Self::Allowed { allowance, messages } => messages.len().saturating_add(allowance.listed()),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use agora_primitives::{Coin, Denom};
    use proptest::prelude::*;

    use super::*;

    fn coins(amount: u128) -> Coins {
        Coins::one(Coin::new(amount, Denom::native()))
    }

    fn used(now: u64, fee: &Coins) -> Use<'_> {
        Use { fee, now, messages: &["/a.MsgA"] }
    }

    #[test]
    fn a_basic_allowance_is_used_up_by_its_last_unit_and_never_by_more() {
        let mut allowance = Allowance::Basic(Basic { spend_limit: coins(10), expiration: Some(5) });
        assert_eq!(allowance.accept(&used(0, &coins(4))).unwrap(), Left::More);
        assert_eq!(allowance.clone().accept(&used(0, &coins(7))).unwrap_err().code, 2);
        assert_eq!(allowance.clone().accept(&used(6, &coins(1))).unwrap_err().code, 3);
        assert_eq!(allowance.accept(&used(5, &coins(6))).unwrap(), Left::Nothing);
    }

    #[test]
    fn an_allowance_without_limit_is_never_used_up() {
        let mut allowance = Allowance::Basic(Basic::default());
        assert_eq!(allowance.accept(&used(u64::MAX, &coins(u128::MAX >> 1))).unwrap(), Left::More);
    }

    #[test]
    fn a_period_begins_when_it_is_due_and_an_idle_one_is_not_made_up_for() {
        let mut periodic = Periodic {
            basic: Basic { spend_limit: coins(25), expiration: None },
            period: 100,
            period_spend_limit: coins(10),
            period_can_spend: coins(10),
            period_reset: 100,
        };
        let mut accept = |now, fee| {
            let mut next = Allowance::Periodic(periodic.clone());
            let left = next.accept(&used(now, &coins(fee)))?;
            let Allowance::Periodic(next) = next else { unreachable!() };
            periodic = next;
            Ok::<_, AppError>((left, periodic.period_reset))
        };
        assert_eq!(accept(0, 6).unwrap(), (Left::More, 100));
        assert_eq!(accept(99, 5).unwrap_err().log, "period limit: fee limit exceeded");
        assert_eq!(accept(100, 5).unwrap(), (Left::More, 200));
        assert_eq!(accept(850, 10).unwrap(), (Left::More, 950));
        // Four are left over all periods: so many, not ten, has this one.
        assert_eq!(accept(950, 5).unwrap_err().log, "period limit: fee limit exceeded");
        assert_eq!(accept(950, 4).unwrap(), (Left::Nothing, 1050));
    }

    #[test]
    fn each_message_must_be_allowed_by_each_list() {
        let inner = Allowance::Allowed {
            allowance: Box::new(Allowance::Basic(Basic { spend_limit: coins(1), expiration: None })),
            messages: vec!["/a.MsgA".into(), "/b.MsgB".into()],
        };
        let mut outer = Allowance::Allowed { allowance: Box::new(inner), messages: vec!["/b.MsgB".into()] };
        let fee = coins(1);
        for messages in [&["/a.MsgA"][..], &["/b.MsgB", "/a.MsgA"], &["/c.MsgC"]] {
            assert_eq!(outer.accept(&Use { fee: &fee, now: 0, messages }).unwrap_err().code, 7);
        }
        let both = Use { fee: &fee, now: 0, messages: &["/b.MsgB", "/b.MsgB"] };
        assert_eq!(outer.accept(&both).unwrap(), Left::Nothing);
        assert_eq!(outer.listed(), 3);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_when_no_more_than_the_limits_is_spent(
            total in 1u128..500, each in 1u128..100, period in 1u64..50,
            asked in prop::collection::vec((0u64..40, 0u128..120), 1..60),
        ) {
            let mut allowance = Allowance::Periodic(Periodic {
                basic: Basic { spend_limit: coins(total), expiration: None },
                period,
                period_spend_limit: coins(each),
                period_can_spend: coins(each),
                period_reset: period,
            });
            let (mut now, mut spent) = (0, 0u128);
            // What was spent in the period at present: none lasts longer than the time to its end.
            let mut within: (u64, u128) = (period, 0);
            for (later, fee) in asked {
                now += later;
                let mut next = allowance.clone();
                let Ok(left) = next.accept(&used(now, &coins(fee))) else { continue };
                let Allowance::Periodic(periodic) = &next else { unreachable!() };
                prop_assert!(periodic.period_reset >= now);
                prop_assert!(periodic.period_reset <= now + period);
                if periodic.period_reset != within.0 {
                    within = (periodic.period_reset, 0);
                }
                within.1 += fee;
                spent += fee;
                prop_assert!(within.1 <= each, "{} in a period of {each}", within.1);
                prop_assert!(spent <= total);
                prop_assert_eq!(left == Left::Nothing, spent == total);
                if left == Left::Nothing {
                    break;
                }
                allowance = next;
            }
        }
    }
}
