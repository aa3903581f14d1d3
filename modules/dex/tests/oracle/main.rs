//! Prices over time: what was at the ends of blocks counts, and nothing else.

#[path = "../blocks/mod.rs"]
mod blocks;
#[path = "../common/mod.rs"]
mod common;
mod kept;
mod means;
mod records;
mod spot;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_dex::{Price, api};
use agora_framework::{ExecCtx, GasMeter, QueryError, TxInfo};
use agora_state::TrackedView;
use common::{Random, SECOND, World, account, coin, coins, route, swap_in};
use num_bigint::BigUint;
use prost::Message as _;
use prost_types::Timestamp;

const EACH: &str = "1000000000000000aaa,1000000000000000bbb,1000000000000000ccc";
const HOUR: u64 = 3_600_000;

fn stamp(nanos: u64) -> Option<Timestamp> {
    Some(Timestamp {
        seconds: i64::try_from(nanos / SECOND).unwrap(),
        nanos: i32::try_from(nanos % SECOND).unwrap(),
    })
}

/// The mean price times 2^128 of the first coin in the second, from and to milliseconds.
fn twap(
    world: &World,
    which: &str,
    pool: &str,
    (base, quote): (&str, &str),
    (start, end): (u64, u64),
) -> Result<BigUint, QueryError> {
    let request = wire::QueryTwapRequest {
        pool_id: pool.to_owned(),
        base: base.to_owned(),
        quote: quote.to_owned(),
        start: stamp(start * 1_000_000),
        end: stamp(end * 1_000_000),
    };
    let answer: wire::QueryTwapResponse = world.query(which, &request)?;
    let price: BigUint = answer.price_x128.parse().unwrap();
    let shown: BigUint = answer.price.parse().unwrap();
    assert_eq!(shown, (&price * BigUint::from(10u8).pow(18)) >> 128, "the decimal is the price rounded down");
    Ok(price)
}

fn spot(world: &World, pool: &str, base: &str, quote: &str) -> Result<BigUint, QueryError> {
    let request = wire::QuerySpotPriceRequest {
        pool_id: pool.to_owned(),
        base: base.to_owned(),
        quote: quote.to_owned(),
    };
    let answer: wire::QuerySpotPriceResponse = world.query("SpotPrice", &request)?;
    Ok(answer.price_x128.parse().unwrap())
}

fn millis(world: &World) -> u64 {
    world.block.time / 1_000_000
}

/// The records kept of a pool, the last included.
fn records(world: &World, pool: &str) -> usize {
    let (_, dex) = world.export();
    dex["price_records"].as_array().unwrap().iter().filter(|record| record["pool_id"] == pool).count()
}

fn as_float(price: &BigUint) -> f64 {
    price.to_string().parse::<f64>().unwrap() / 2f64.powi(128)
}

#[track_caller]
fn near(a: f64, b: f64, part: f64) {
    assert!((a / b - 1.0).abs() < part, "{a} against {b}");
}

/// Pools of every kind, with the two coins to look at.
fn every_kind(world: &mut World) -> Vec<String> {
    let thirds = [("aaa", 500_000), ("bbb", 300_000), ("ccc", 200_000)];
    let concentrated = world.concentrated(1, 3000);
    world.open(1, &concentrated, (-60_000, 60_000), "1000000000aaa,1000000000bbb");
    vec![
        world.constant_product(1, "1000000000aaa,3000000000bbb", 3000),
        world.weighted(1, "1000000000aaa,3000000000bbb,2000000000ccc", &thirds, 1000),
        world.stable(1, "1000000000aaa,1100000000bbb,900000000ccc", 85, 400),
        concentrated,
    ]
}

/// Prices at the ends of blocks, kept in a list: the sum over any window is added up one by one.
struct Model {
    ends: Vec<(u64, [BigUint; 2])>,
}

impl Model {
    fn mean(&self, side: usize, start: u64, end: u64) -> BigUint {
        let mut sum = BigUint::from(0u8);
        for (index, (time, prices)) in self.ends.iter().enumerate() {
            let until = self.ends.get(index + 1).map_or(u64::MAX, |(time, _)| *time).min(end);
            sum += &prices[side] * until.saturating_sub(start.max(*time));
        }
        sum / (end - start)
    }
}
