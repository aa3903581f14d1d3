//! Records in the genesis section.

use agora_framework::{AppError, GenesisCtx, QueryCtx};
use agora_state::{StateError, every};

use super::price::pairs;
use super::record::{Latest, Pair, Record};
use crate::error;
use crate::num::{Wide, parse_number};
use crate::pool::PoolId;
use crate::proto::agora::dex::v1 as wire;
use crate::route::parse_pool_id;
use crate::router;
use crate::state::{LATEST, POOLS, RECORDS, TOUCHED};

/// Reads the records, each of which must end where the next begins, and marks the pools whose next record is due: those listed, and
/// those without any.
///
/// # Errors
/// Code 11, naming the record that does not fit.
pub(crate) fn init(ctx: &mut GenesisCtx<'_>, genesis: &wire::GenesisState) -> Result<(), AppError> {
    for wire in &genesis.price_records {
        let (id, record) = parse_record(wire)?;
        let coins = router::pool(ctx, id)?.reserves.len();
        let refused =
            |why: &str| error::PRICE.wrap(format_args!("the record of pool {id} at {} {why}", record.time));
        if record.pairs.len() != pairs(coins).count() {
            return Err(refused("has not as many pairs as the pool"));
        }
        let (oldest, oldest_until) = match LATEST.get(ctx, &id)? {
            // Until the last one is read the one before stands in its place.
            Some(before) if before.record.until != record.time => {
                return Err(refused("does not begin where the one before ends"));
            }
            Some(before) => {
                let first = before.record;
                RECORDS.set(ctx, &(id, first.time), &first)?;
                if before.oldest == 0 {
                    (first.time, first.until)
                } else {
                    (before.oldest, before.oldest_until)
                }
            }
            None => (0, 0),
        };
        if record.time == 0 || (record.until != 0 && record.until <= record.time) {
            return Err(refused("ends before it begins"));
        }
        let merging = wire.merging;
        LATEST.set(ctx, &id, &Latest { record, oldest, oldest_until, merging })?;
    }
    for (id, _) in every(|from, limit| POOLS.page(ctx, &[], from, false, limit))? {
        match LATEST.get(ctx, &id)? {
            Some(latest) if latest.record.until == 0 => {}
            Some(_) => return Err(error::PRICE.wrap(format_args!("the last record of pool {id} is missing"))),
            None => TOUCHED.add(ctx, &id, 1, None)?,
        }
    }
    for id in &genesis.due_pools {
        let id = parse_pool_id(id)?;
        if LATEST.has(ctx, &id)? && TOUCHED.get(ctx, &id)? == 0 {
            TOUCHED.add(ctx, &id, 1, None)?;
        }
    }
    Ok(())
}

/// The records and marks, as [`init`] reads them.
///
/// # Errors
/// Storage fails.
pub(crate) fn export(ctx: &QueryCtx<'_>, genesis: &mut wire::GenesisState) -> Result<(), StateError> {
    for (id, latest) in every(|from, limit| LATEST.page(ctx, &[], from, false, limit))? {
        let prefix = crate::state::prefix(&id);
        let earlier = every(|from, limit| RECORDS.page(ctx, &prefix, from, false, limit))?;
        genesis.price_records.extend(earlier.iter().map(|(_, record)| wire_record(id, record)));
        let last = wire_record(id, &latest.record);
        genesis.price_records.push(wire::PriceRecord { merging: latest.merging, ..last });
    }
    let due = every(|from, limit| TOUCHED.page(ctx, &[], from, false, limit))?;
    genesis.due_pools = due.into_iter().map(|(id, _)| id.to_string()).collect();
    Ok(())
}

fn wire_record(id: PoolId, record: &Record) -> wire::PriceRecord {
    let pair = |pair: &Pair| {
        let ([price_0, price_1], [sum_0, sum_1]) = (pair.price, pair.sum);
        wire::PricePair {
            price_0: price_0.0.to_string(),
            price_1: price_1.0.to_string(),
            sum_0: sum_0.0.to_string(),
            sum_1: sum_1.0.to_string(),
            log: pair.log.to_string(),
            log_sum: pair.log_sum.to_string(),
        }
    };
    wire::PriceRecord {
        pool_id: id.to_string(),
        time: record.time,
        until: record.until,
        pairs: record.pairs.iter().map(pair).collect(),
        priced: record.priced,
        error_time: record.error_time,
        merging: 0,
    }
}

fn parse_record(wire: &wire::PriceRecord) -> Result<(PoolId, Record), AppError> {
    let wide = |what: &str, text: &str| parse_number(what, text).map(Wide);
    let pair = |pair: &wire::PricePair| {
        Ok(Pair {
            price: [wide("price_0", &pair.price_0)?, wide("price_1", &pair.price_1)?],
            sum: [wide("sum_0", &pair.sum_0)?, wide("sum_1", &pair.sum_1)?],
            log: parse_number("log", &pair.log)?,
            log_sum: parse_number("log_sum", &pair.log_sum)?,
        })
    };
    let record = Record {
        time: wire.time,
        until: wire.until,
        pairs: wire.pairs.iter().map(pair).collect::<Result<_, AppError>>()?,
        priced: wire.priced,
        error_time: wire.error_time,
    };
    Ok((parse_pool_id(&wire.pool_id)?, record))
}
