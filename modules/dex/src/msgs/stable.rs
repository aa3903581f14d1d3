//! Settings of stable pools.

use agora_framework::time::NANOS;
use agora_framework::wire::account;
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Address, Denom};

use super::create_pool::check_amplification;
use super::parse::{hint_pool, parse_deadline, parse_rates};
use crate::error;
use crate::pool::PoolId;
use crate::proto::agora::dex::v1 as wire;
use crate::route::parse_pool_id;

/// Another amplification, reached over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RampAmplification {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// The pool.
    pub pool: PoolId,
    /// 1 to 1,000,000.
    pub amplification: u64,
    /// When it is reached, in seconds since 1970.
    pub until: u64,
}

/// Other rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetRates {
    /// The rate provider.
    pub sender: Address,
    /// The pool.
    pub pool: PoolId,
    /// With 18 decimals, by denom.
    pub rates: Vec<(Denom, u128)>,
}

impl Message for RampAmplification {
    message!(wire::MsgRampAmplification, wire::MsgRampAmplificationResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let until = parse_deadline(wire.until.as_ref())?;
        Ok(Self {
            authority: wire.authority.clone(),
            pool: parse_pool_id(&wire.pool_id)?,
            amplification: check_amplification(wire.amplification)?,
            until: until.ok_or_else(|| error::POOL.wrap("until is missing"))? / NANOS,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_pool(&wire.pool_id, hint);
    }
}

impl Message for SetRates {
    message!(wire::MsgSetRates, wire::MsgSetRatesResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let rates = parse_rates("rates", &wire.rates)?;
        if rates.is_empty() {
            return Err(error::POOL.wrap("rates: none is named"));
        }
        Ok(Self { sender: account("sender", &wire.sender)?, pool: parse_pool_id(&wire.pool_id)?, rates })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_pool(&wire.pool_id, hint);
    }
}
