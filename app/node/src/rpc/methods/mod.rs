//! The methods, grouped by what they are about, and the rules of heights and pages they share.

pub(crate) mod blocks;
pub(crate) mod broadcast_commit;
pub(crate) mod consensus;
pub(crate) mod info;
pub(crate) mod txs;

use super::jsonrpc::Fault;
use super::params::Args;
use crate::chain::{BlockInfo, Chain, Order};

/// Items on a page, if the caller does not say.
const DEFAULT_PER_PAGE: usize = 30;
/// The most items on a page.
const MAX_PER_PAGE: usize = 100;
/// The longest search expression, in bytes.
pub(crate) const MAX_QUERY_BYTES: usize = 512;

/// The lowest and the highest height of the stored blocks; zeros before the first block.
fn bounds(chain: &dyn Chain) -> Result<(u64, u64), Fault> {
    let status = chain.status()?;
    let height = |info: &Option<std::sync::Arc<BlockInfo>>| info.as_ref().map_or(0, |i| height_of(i));
    Ok((height(&status.earliest), height(&status.latest)))
}

fn height_of(info: &BlockInfo) -> u64 {
    info.block.header.as_ref().and_then(|h| u64::try_from(h.height).ok()).unwrap_or_default()
}

/// The `height` parameter, checked against the stored blocks; `ahead` more are allowed above the head.
fn wanted_height(chain: &dyn Chain, args: &Args, ahead: u64) -> Result<Option<u64>, Fault> {
    let Some(wanted) = args.int("height") else { return Ok(None) };
    let height = u64::try_from(wanted).ok().filter(|h| *h > 0);
    let Some(height) = height else {
        return Err(Fault::internal(format!("height must be greater than 0, but got {wanted}")));
    };
    let (lowest, head) = bounds(chain)?;
    let highest = head.saturating_add(ahead);
    if height > highest {
        return Err(Fault::internal(format!(
            "height {height} must be less than or equal to the current blockchain height {highest}"
        )));
    }
    if height < lowest {
        return Err(Fault::internal(format!("height {height} is not available, lowest height is {lowest}")));
    }
    Ok(Some(height))
}

/// The number of items on a page.
fn per_page(wanted: Option<i64>) -> usize {
    match wanted.map(usize::try_from) {
        None | Some(Err(_) | Ok(0)) => DEFAULT_PER_PAGE,
        Some(Ok(n)) => n.min(MAX_PER_PAGE),
    }
}

/// The page asked for, from 1, if `total` items fill it.
fn page(wanted: Option<i64>, per_page: usize, total: usize) -> Result<usize, Fault> {
    let Some(wanted) = wanted else { return Ok(1) };
    let pages = total.div_ceil(per_page).max(1);
    usize::try_from(wanted)
        .ok()
        .filter(|page| (1..=pages).contains(page))
        .ok_or_else(|| Fault::internal(format!("page should be within [1, {pages}] range, given {wanted}")))
}

/// The page to ask the index for, before it is known how many there are.
fn page_to_fetch(wanted: Option<i64>) -> usize {
    wanted.and_then(|p| usize::try_from(p).ok()).unwrap_or(1).max(1)
}

/// The search expression, if it is not too long.
fn query_text(args: &Args) -> Result<&str, Fault> {
    let query = args.text("query");
    if query.len() > MAX_QUERY_BYTES {
        return Err(Fault::internal("maximum query length exceeded"));
    }
    Ok(query)
}

fn order(args: &Args) -> Result<Order, Fault> {
    match args.text("order_by") {
        "" | "asc" => Ok(Order::Ascending),
        "desc" => Ok(Order::Descending),
        _ => Err(Fault::internal("expected order_by to be either `asc` or `desc` or empty")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_checked_against_the_total() {
        assert_eq!(page(None, 30, 0), Ok(1));
        assert_eq!(page(Some(1), 30, 0), Ok(1));
        assert_eq!(page(Some(2), 30, 31), Ok(2));
        for (wanted, total, expected) in [
            (0, 10, "page should be within [1, 1] range, given 0"),
            (-3, 10, "page should be within [1, 1] range, given -3"),
            (3, 60, "page should be within [1, 2] range, given 3"),
        ] {
            assert_eq!(page(Some(wanted), 30, total).unwrap_err().data, expected);
        }
    }

    #[test]
    fn a_page_has_30_items_by_default_and_100_at_most() {
        assert_eq!([None, Some(0), Some(-1), Some(7), Some(1000)].map(per_page), [30, 30, 30, 7, 100]);
    }
}
