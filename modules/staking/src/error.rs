//! The codes of the `staking` codespace, as the Cosmos SDK registers them.

use agora_framework::ErrorCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) const $name: ErrorCode = ErrorCode::new("staking", $code, $text);
    )*

    /// Every code of the codespace.
    pub const ALL: &[ErrorCode] = &[$($name),*];
    };
}

codes! {
    /// Nobody of this address is a validator.
    NO_VALIDATOR = 3, "validator does not exist";
    /// The operator has a validator.
    OPERATOR_EXISTS = 4, "validator already exist for this operator address; must use new validator operator address";
    /// The consensus key is in use.
    KEY_EXISTS = 5, "validator already exist for this pubkey; must use new validator pubkey";
    /// Not an ed25519 key.
    KEY_TYPE = 6, "validator pubkey type is not supported";
    /// The validator is jailed.
    JAILED = 7, "validator for this address is currently jailed";
    /// A commission above 1.
    COMMISSION_HUGE = 10, "commission cannot be more than 100%";
    /// A commission above its own maximum.
    COMMISSION_OVER_MAX = 11, "commission cannot be more than the max rate";
    /// The commission changed less than a day ago.
    COMMISSION_UPDATE_TIME = 12, "commission cannot be changed more than once in 24h";
    /// A change rate above the maximum rate.
    COMMISSION_CHANGE_OVER_MAX = 14, "commission change rate cannot be more than the max rate";
    /// A rise above the change rate.
    COMMISSION_OVER_CHANGE = 15, "commission cannot be changed more than max change rate";
    /// The own delegation is too small.
    SELF_DELEGATION = 16, "validator's self delegation must be greater than their minimum self delegation";
    /// The minimum of the own delegation only rises.
    MIN_SELF_DELEGATION_DECREASED = 17, "minimum self delegation cannot be decreased";
    /// There is no such delegation.
    NO_DELEGATION = 19, "no delegation for (address, validator) tuple";
    /// The shares are worth nothing, or too few.
    SHARES = 24, "not enough delegation shares";
    /// Nothing leaves this validator for this delegator.
    NO_UNBONDING = 26, "no unbonding delegation found";
    /// Too much is on its way already.
    MAX_UNBONDINGS = 27, "too many unbonding delegation entries for (delegator, validator) tuple";
    /// A redelegation to where it comes from.
    SELF_REDELEGATION = 29, "cannot redelegate to the same validator";
    /// Too little to move.
    TINY_REDELEGATION = 30, "too few tokens to redelegate (truncates to zero tokens)";
    /// Nobody to move to.
    BAD_REDELEGATION_DST = 31, "redelegation destination validator not found";
    /// What came by redelegation moves on.
    TRANSITIVE_REDELEGATION = 32, "redelegation to this validator already in progress; first redelegation to this validator must complete before next redelegation";
    /// Too many redelegations are in progress.
    MAX_REDELEGATIONS = 33, "too many redelegation entries for (delegator, src-validator, dst-validator) tuple";
    /// Shares without tokens have no price.
    EXCHANGE_RATE = 34, "cannot delegate to validators with invalid (zero) ex-rate";
    /// A commission below the chain's minimum.
    COMMISSION_UNDER_MIN = 40, "commission cannot be less than min rate";
}
