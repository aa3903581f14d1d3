//! Messages, valid once constructed.

mod breaker;
mod create_pool;
mod liquidity;
mod liquidity_exact;
mod parse;
mod positions;
mod stable;
mod swap;
mod update_params;

pub use breaker::SetPoolBreaker;
pub use create_pool::{CreateConcentratedPool, CreatePool, CreateStablePool, CreateWeightedPool, FEE_TIERS};
pub(crate) use create_pool::{check_rates, check_weights};
pub use liquidity::{Exit, ExitSingle, Join, JoinExactShares, JoinSingle};
pub use liquidity_exact::{ExitSingleExactOut, JoinSingleExactShares};
pub(crate) use parse::{
    parse_coin, parse_fee, parse_position_id, parse_positive, parse_rates, parse_time, wire_fee, wire_rates,
};
pub use positions::{CollectFees, DecreasePosition, IncreasePosition, OpenPosition, TransferPosition};
pub use stable::{RampAmplification, SetRates};
pub use swap::{SwapExactIn, SwapExactOut};
pub use update_params::UpdateParams;
pub(crate) use update_params::{parse_params, wire_params};
