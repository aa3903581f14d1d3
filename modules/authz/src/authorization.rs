//! Rights, and what using one makes of it. Pure: no state, no clock.

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_primitives::{Address, BECH32_VALOPER_PREFIX, Coin, Coins};

/// The right to have another account's messages executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Any message of one type.
    Generic {
        /// Its type URL.
        message: String,
    },
    /// Transfers up to a sum.
    Send {
        /// What is left; not empty.
        spend_limit: Coins,
        /// Who may receive; anyone if empty.
        allow_list: Vec<Address>,
    },
    /// One action with stakes, up to a sum.
    Stake {
        /// Which.
        action: StakeAction,
        /// What is left; `None` for without limit.
        max_tokens: Option<Coin>,
        /// With which validators.
        validators: Validators,
    },
}

/// Actions with stakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StakeAction {
    /// To delegate.
    Delegate,
    /// To undelegate.
    Undelegate,
    /// To redelegate; the validator is the new one.
    Redelegate,
    /// To bond again what is on its way out.
    Cancel,
}

/// Validators, by operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validators {
    /// All.
    Any,
    /// These alone; not empty.
    Allowed(Vec<Address>),
    /// All but these; not empty.
    Denied(Vec<Address>),
}

/// A message that somebody wants to have executed, as far as a right looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A transfer.
    Send { to: Address, amount: Coins },
    /// An action with stakes.
    Stake { validator: Address, amount: Coin },
    /// Anything else.
    Other,
}

/// What is left of a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It is as it was.
    All,
    /// Less.
    Less,
    /// Nothing.
    Nothing,
}

impl StakeAction {
    /// The type URL of its message.
    #[must_use]
    pub const fn type_url(self) -> &'static str {
        match self {
            Self::Delegate => "/cosmos.staking.v1beta1.MsgDelegate",
            Self::Undelegate => "/cosmos.staking.v1beta1.MsgUndelegate",
            Self::Redelegate => "/cosmos.staking.v1beta1.MsgBeginRedelegate",
            Self::Cancel => "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation",
        }
    }
}

impl Validators {
    fn admit(&self, validator: &Address) -> Result<(), AppError> {
        let fits = match self {
            Self::Any => true,
            Self::Allowed(list) => list.contains(validator),
            Self::Denied(list) => !list.contains(validator),
        };
        if fits {
            return Ok(());
        }
        let operator = validator.to_bech32(BECH32_VALOPER_PREFIX);
        Err(sdk::UNAUTHORIZED.wrap(format_args!("cannot delegate/undelegate to {operator} validator")))
    }

    const fn len(&self) -> usize {
        match self {
            Self::Any => 0,
            Self::Allowed(list) | Self::Denied(list) => list.len(),
        }
    }
}

impl Authorization {
    /// The type URL of the messages it is for.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Generic { message } => message,
            Self::Send { .. } => "/cosmos.bank.v1beta1.MsgSend",
            Self::Stake { action, .. } => action.type_url(),
        }
    }

    /// Addresses that are looked at when it is used.
    pub(crate) const fn listed(&self) -> usize {
        match self {
            Self::Generic { .. } => 0,
            Self::Send { allow_list, .. } => allow_list.len(),
            Self::Stake { validators, .. } => validators.len(),
        }
    }

    /// Uses it for a message of its type. On an error it is not to be kept.
    ///
    /// # Errors
    /// Code 5 beyond the limit, 4 with whom it is not for, 29 for a message it cannot look at.
    pub(crate) fn accept(&mut self, asked: &Asked) -> Result<Left, AppError> {
        match (self, asked) {
            (Self::Generic { .. }, _) => Ok(Left::All),
            (Self::Send { spend_limit, allow_list }, Asked::Send { to, amount }) => {
                amount
                    .iter()
                    .try_for_each(|coin| spend_limit.sub(coin))
                    .map_err(|_| sdk::INSUFFICIENT_FUNDS.wrap("requested amount is more than spend limit"))?;
                if !allow_list.is_empty() && !allow_list.contains(to) {
                    return Err(sdk::UNAUTHORIZED.wrap(format_args!("cannot send to {to} address")));
                }
                Ok(if spend_limit.is_empty() { Left::Nothing } else { Left::Less })
            }
            (Self::Stake { max_tokens, validators, .. }, Asked::Stake { validator, amount }) => {
                validators.admit(validator)?;
                let Some(limit) = max_tokens else { return Ok(Left::All) };
                let left = limit.amount.checked_sub(amount.amount).filter(|_| limit.denom == amount.denom);
                limit.amount = left.ok_or_else(|| {
                    sdk::INSUFFICIENT_FUNDS.wrap(format_args!("requested {amount}, the limit is {limit}"))
                })?;
                Ok(if limit.amount == 0 { Left::Nothing } else { Left::Less })
            }
            _ => Err(sdk::INVALID_TYPE.wrap("the message is of another type than the authorization")),
        }
    }
}

#[cfg(test)]
mod tests {
    use agora_primitives::Denom;

    use super::*;

    fn coin(amount: u128) -> Coin {
        Coin::new(amount, Denom::native())
    }

    fn address(n: u8) -> Address {
        Address::from_20([n; 20])
    }

    fn send(to: u8, amount: u128) -> Asked {
        Asked::Send { to: address(to), amount: Coins::one(coin(amount)) }
    }

    #[test]
    fn transfers_are_counted_against_the_limit_and_bound_to_the_list() {
        let mut right =
            Authorization::Send { spend_limit: Coins::one(coin(10)), allow_list: vec![address(7)] };
        assert_eq!(right.accept(&send(7, 4)), Ok(Left::Less));
        assert_eq!(right.clone().accept(&send(7, 7)).unwrap_err().code, 5);
        assert_eq!(right.clone().accept(&send(8, 1)).unwrap_err().code, 4);
        assert_eq!(right.accept(&send(7, 6)), Ok(Left::Nothing));
    }

    #[test]
    fn stakes_are_counted_and_bound_to_validators() {
        let stake = |validator, amount| Asked::Stake { validator: address(validator), amount: coin(amount) };
        let right = |max_tokens, validators| Authorization::Stake {
            action: StakeAction::Delegate,
            max_tokens,
            validators,
        };
        let mut limited = right(Some(coin(9)), Validators::Allowed(vec![address(1)]));
        assert_eq!(limited.accept(&stake(1, 4)), Ok(Left::Less));
        assert_eq!(limited.clone().accept(&stake(1, 6)).unwrap_err().code, 5);
        assert_eq!(limited.clone().accept(&stake(2, 1)).unwrap_err().code, 4);
        let other = Asked::Stake { validator: address(1), amount: Coin::new(1, "ubto".parse().unwrap()) };
        assert_eq!(limited.clone().accept(&other).unwrap_err().code, 5);
        assert_eq!(limited.accept(&stake(1, 5)), Ok(Left::Nothing));
        let mut free = right(None, Validators::Denied(vec![address(1)]));
        assert_eq!(free.accept(&stake(1, 1)).unwrap_err().code, 4);
        assert_eq!(free.accept(&stake(2, u128::MAX)), Ok(Left::All));
        assert_eq!(right(None, Validators::Any).accept(&stake(1, 1)), Ok(Left::All));
        assert_eq!(free.accept(&send(1, 1)).unwrap_err().code, 29);
    }
}
