//! Making pools.

use agora_bank::api::hint_balances;
use agora_framework::wire::account;
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coins, Dec, Denom};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use ruint::aliases::U256;

use super::parse::{parse_coins, parse_fee, parse_rates};
use crate::error;
use crate::math::stable::MAX_AMPLIFICATION;
use crate::math::tick::{MAX_SQRT_PRICE, MIN_SQRT_PRICE};
use crate::math::weighted::MIN_WEIGHT;
use crate::math::wide::{mul_div_floor, sqrt_floor};
use crate::num::parse_number;
use crate::pool::MAX_POOL_COINS;
use crate::proto::agora::dex::v1 as wire;

/// The fees of concentrated pools in millionths, and how far their ticks are apart.
pub const FEE_TIERS: [(u32, i32); 4] = [(100, 1), (500, 10), (3000, 60), (10_000, 200)];

/// A constant-product pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePool {
    /// Who makes it, pays for it and gets the shares.
    pub sender: Address,
    /// The first reserves: two coins.
    pub coins: Coins,
    /// In millionths.
    pub swap_fee: u32,
}

/// A pool of coins with weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateWeightedPool {
    /// Who makes it, pays for it and gets the shares.
    pub sender: Address,
    /// The first reserves: 2 to 8 coins.
    pub coins: Coins,
    /// With 18 decimals, in the order of the coins; each at least 0.01, together 1.
    pub weights: Vec<u128>,
    /// In millionths.
    pub swap_fee: u32,
}

/// A pool of coins of like worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateStablePool {
    /// Who makes it, pays for it and gets the shares.
    pub sender: Address,
    /// The first reserves: 2 to 8 coins.
    pub coins: Coins,
    /// 1 to 1,000,000.
    pub amplification: u64,
    /// What a base unit of each coin counts for, with 18 decimals, in the order of the coins.
    pub rates: Vec<u128>,
    /// Who may move the rates.
    pub rate_provider: Option<Address>,
    /// In millionths.
    pub swap_fee: u32,
}

/// A pool whose liquidity lies in ranges of prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateConcentratedPool {
    /// Who makes it and pays for it.
    pub sender: Address,
    /// The coin that is priced and the one in which it is; in the order of bytes.
    pub denoms: [Denom; 2],
    /// The root of the first price, times 2^96.
    pub sqrt_price: U256,
    /// In millionths; one of [`FEE_TIERS`].
    pub swap_fee: u32,
    /// How far the ticks are apart.
    pub spacing: i32,
}

fn parse_pool_coins(coins: &[WireCoin], most: usize) -> Result<Coins, AppError> {
    let coins = parse_coins("coins", coins)?;
    if (2..=most).contains(&coins.len()) {
        return Ok(coins);
    }
    let allowed = if most == 2 { "has 2".to_owned() } else { format!("has 2 to {most}") };
    Err(error::POOL.wrap(format_args!("{} coins, such a pool {allowed}", coins.len())))
}

/// A new pool's own keys cannot be known without the sequence, and nobody else touches them.
fn hint_sender(sender: &str, coins: &[WireCoin], hint: &mut AccessHint) {
    hint_balances(sender, coins, hint);
}

impl Message for CreatePool {
    message!(wire::MsgCreatePool, wire::MsgCreatePoolResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            coins: parse_pool_coins(&wire.coins, 2)?,
            swap_fee: parse_fee(&wire.swap_fee)?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_sender(&wire.sender, &wire.coins, hint);
    }
}

/// Weights in the order of the coins.
///
/// # Errors
/// Code 8 unless each coin has one of at least 0.01 and together they are 1.
pub(crate) fn check_weights<'a>(
    denoms: impl Iterator<Item = &'a Denom>,
    weights: Vec<(Denom, u128)>,
) -> Result<Vec<u128>, AppError> {
    let same = denoms.eq(weights.iter().map(|(denom, _)| denom));
    let values: Vec<u128> = weights.into_iter().map(|(_, weight)| weight).collect();
    let sum = values.iter().try_fold(0u128, |sum, weight| sum.checked_add(*weight));
    if same && values.iter().all(|weight| *weight >= MIN_WEIGHT) && sum == Some(Dec::ONE.atomics()) {
        return Ok(values);
    }
    Err(error::POOL.wrap("weights: each coin must have one, at least 0.01, and together they must be 1"))
}

impl Message for CreateWeightedPool {
    message!(wire::MsgCreateWeightedPool, wire::MsgCreatePoolResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let coins = parse_pool_coins(&wire.coins, MAX_POOL_COINS)?;
        let weights = parse_rates("weights", &wire.weights)?;
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            weights: check_weights(coins.iter().map(|coin| &coin.denom), weights)?,
            coins,
            swap_fee: parse_fee(&wire.swap_fee)?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_sender(&wire.sender, &wire.coins, hint);
    }
}

/// An amplification without decimals.
///
/// # Errors
/// Code 8 outside 1 to 1,000,000.
pub(crate) fn check_amplification(amplification: u64) -> Result<u64, AppError> {
    if (1..=MAX_AMPLIFICATION).contains(&amplification) {
        return Ok(amplification);
    }
    Err(error::POOL.wrap(format_args!("amplification {amplification}: 1 to {MAX_AMPLIFICATION} are allowed")))
}

/// The bounds of a rate: a millionth of a millionth to a million millions, so that 18 decimals and 6 go together.
const RATE_BOUNDS: std::ops::RangeInclusive<u128> = 1_000_000..=1_000_000_000_000_000_000_000_000_000_000;

/// Rates in the order of the coins, 1 for those not named.
///
/// # Errors
/// Code 8 for a denom that is not there, or a rate out of bounds.
pub(crate) fn check_rates<'a>(
    denoms: impl Iterator<Item = &'a Denom>,
    rates: &[(Denom, u128)],
) -> Result<Vec<u128>, AppError> {
    let denoms: Vec<&Denom> = denoms.collect();
    if let Some((denom, _)) = rates.iter().find(|(denom, _)| !denoms.contains(&denom)) {
        return Err(error::POOL.wrap(format_args!("rates: {denom} is not in the pool")));
    }
    if let Some((denom, _)) = rates.iter().find(|(_, rate)| !RATE_BOUNDS.contains(rate)) {
        return Err(error::POOL.wrap(format_args!("rates: that of {denom} is not within 10^-12 to 10^12")));
    }
    let rate = |denom: &&Denom| {
        rates.iter().find(|(named, _)| named == *denom).map_or(Dec::ONE.atomics(), |(_, rate)| *rate)
    };
    Ok(denoms.iter().map(rate).collect())
}

impl Message for CreateStablePool {
    message!(wire::MsgCreateStablePool, wire::MsgCreatePoolResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let coins = parse_pool_coins(&wire.coins, MAX_POOL_COINS)?;
        let rates = parse_rates("rates", &wire.rates)?;
        let provider = match wire.rate_provider.as_str() {
            "" => None,
            text => Some(account("rate provider", text)?),
        };
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            rates: check_rates(coins.iter().map(|coin| &coin.denom), &rates)?,
            coins,
            amplification: check_amplification(wire.amplification)?,
            rate_provider: provider,
            swap_fee: parse_fee(&wire.swap_fee)?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_sender(&wire.sender, &wire.coins, hint);
    }
}

/// The root of a price with 18 decimals, in Q64.96, rounded down: `floor(sqrt(price * 2^192))`.
fn sqrt_of(price: Dec) -> Option<U256> {
    let scaled = mul_div_floor(
        U256::from(price.atomics()),
        U256::from(1u8).wrapping_shl(192),
        U256::from(Dec::ONE.atomics()),
    );
    scaled.map(sqrt_floor)
}

impl Message for CreateConcentratedPool {
    message!(wire::MsgCreateConcentratedPool, wire::MsgCreateConcentratedPoolResponse, sender);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let denom = |text: &str| text.parse::<Denom>().map_err(|e| error::POOL.wrap(e));
        let denoms = [denom(&wire.denom_0)?, denom(&wire.denom_1)?];
        let [first, second] = &denoms;
        if first >= second {
            return Err(
                error::POOL.wrap(format_args!("{first} must come before {second} in the order of bytes"))
            );
        }
        let swap_fee = parse_fee(&wire.swap_fee)?;
        let tier = FEE_TIERS.iter().find(|(fee, _)| *fee == swap_fee);
        let (_, spacing) = tier.ok_or_else(|| error::POOL.wrap("swap fee: 0.0001, 0.0005, 0.003 or 0.01"))?;
        let sqrt_price = match (wire.price.as_str(), wire.sqrt_price.as_str()) {
            (price, "" | "0") if !price.is_empty() => {
                let price =
                    Dec::from_wire(price).map_err(|e| error::POOL.wrap(format_args!("price: {e}")))?;
                sqrt_of(price)
            }
            ("" | "0", root) => Some(parse_number("sqrt_price", root)?),
            _ => None,
        };
        let sqrt_price = sqrt_price.filter(|root| (MIN_SQRT_PRICE..MAX_SQRT_PRICE).contains(root));
        Ok(Self {
            sender: account("sender", &wire.sender)?,
            denoms,
            sqrt_price: sqrt_price
                .ok_or_else(|| error::POOL.wrap("give either price or sqrt_price, within 2^-128 to 2^128"))?,
            swap_fee,
            spacing: *spacing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_price_is_exact() {
        let root = |text: &str| sqrt_of(text.parse().unwrap()).unwrap().to_string();
        assert_eq!(root("1"), "79228162514264337593543950336");
        assert_eq!(root("4"), "158456325028528675187087900672");
        assert_eq!(root("0.25"), "39614081257132168796771975168");
        assert_eq!(root("2"), "112045541949572279837463876454");
    }

    #[test]
    fn a_concentrated_pool_has_one_price_and_a_tier() {
        let good = wire::MsgCreateConcentratedPool {
            sender: Address::from_20([1; 20]).to_string(),
            denom_0: "uago".into(),
            denom_1: "uusdc".into(),
            swap_fee: "3000000000000000".into(),
            price: "1000000000000000000".into(),
            sqrt_price: String::new(),
        };
        let parsed = CreateConcentratedPool::parse(&good).unwrap();
        assert_eq!(
            (parsed.spacing, parsed.sqrt_price.to_string().as_str()),
            (60, "79228162514264337593543950336")
        );
        let root = wire::MsgCreateConcentratedPool {
            price: String::new(),
            sqrt_price: "79228162514264337593543950336".into(),
            ..good.clone()
        };
        assert_eq!(CreateConcentratedPool::parse(&root).unwrap(), parsed);
        let changes: [fn(&mut wire::MsgCreateConcentratedPool); 7] = [
            |m| m.sqrt_price = "79228162514264337593543950336".into(),
            |m| m.price = String::new(),
            |m| m.price = "0".into(),
            |m| m.swap_fee = "2000000000000000".into(),
            |m| m.denom_1 = "uago".into(),
            |m| m.denom_0 = "uvvv".into(),
            |m| (m.price, m.sqrt_price) = (String::new(), "4295128738".into()),
        ];
        for change in changes {
            let mut bad = good.clone();
            change(&mut bad);
            assert_eq!(CreateConcentratedPool::parse(&bad).unwrap_err().code, 8, "{bad:?}");
        }
    }
}
