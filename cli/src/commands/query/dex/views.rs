//! Pools, positions and routes as tables.

use std::collections::{BTreeMap, BTreeSet};

use agora_dex::proto::agora::dex::v1 as dex;
use clap::{Arg, ArgMatches, Command};
use prost::Message;

use super::super::super::session::Session;
use crate::dynamic::Resolve as _;
use crate::error::{CliError, Result};
use crate::render::dex::value::Quote;
use crate::render::dex::{pool, position, price, route};

/// The flag that names the coin of values.
const IN: &str = "in";
/// The queries whose answers show values.
const VALUED: [&str; 5] = ["pool", "pools", "pair", "position", "positions"];
/// Where the pools of two coins come from.
const PAIR: &str = "/agora.dex.v1.Query/PairPools";

/// Shows the answer to a query of the exchange; false if its definition shows it well enough.
pub(in super::super) fn show(
    session: &Session<'_>,
    path: &str,
    answer: &[u8],
    matches: &ArgMatches,
) -> Result<bool> {
    let Some(query) = path.strip_prefix("/agora.dex.v1.Query/") else { return Ok(false) };
    let terminal = session.terminal();
    let now = u64::try_from(session.now().unix_timestamp()).unwrap_or_default();
    let nothing = || terminal.note("nothing found");
    let height = matches.get_one::<u64>("height").copied().unwrap_or_default();
    let quote = |pools: &[dex::Pool]| quote(session, matches, pools, height);
    match query {
        "Pool" => {
            let answer: dex::QueryPoolResponse = read(path, answer)?;
            let pool = answer.pool.unwrap_or_default();
            let quote = quote(std::slice::from_ref(&pool))?;
            terminal.table(&pool::table(session, &pool, quote.as_ref(), now))?;
        }
        "Pools" => {
            let answer: dex::QueryPoolsResponse = read(path, answer)?;
            if answer.pools.is_empty() {
                nothing();
            } else {
                let quote = quote(&answer.pools)?;
                terminal.table(&pool::list(session, &answer.pools, quote.as_ref(), now))?;
            }
        }
        "PairPools" => {
            let answer: dex::QueryPairPoolsResponse = read(path, answer)?;
            if answer.pools.is_empty() {
                nothing();
            } else {
                let quote = quote(&answer.pools)?;
                terminal.table(&pool::list(session, &answer.pools, quote.as_ref(), now))?;
            }
        }
        "Position" => {
            let answer: dex::QueryPositionResponse = read(path, answer)?;
            let view = answer.position.unwrap_or_default();
            let id = view.position.as_ref().map(|position| position.pool_id.as_str()).unwrap_or_default();
            let pool = ask_pool(session, id, height)?;
            let quote = quote(std::slice::from_ref(&pool))?;
            terminal.table(&position::table(session, &view, &pool, quote.as_ref()))?;
        }
        "Positions" => {
            let answer: dex::QueryPositionsResponse = read(path, answer)?;
            if answer.positions.is_empty() {
                nothing();
            } else {
                let list = with_pools(session, answer.positions, height)?;
                let pools: Vec<dex::Pool> = list.iter().filter_map(|(_, pool)| pool.clone()).collect();
                let quote = quote(&pools)?;
                terminal.table(&position::list(session, &list, quote.as_ref()))?;
            }
        }
        "FindRoute" => terminal.table(&route::table(session, &read(path, answer)?))?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The flag of the queries whose answers show values.
pub(in super::super) fn flags(group: &str, command: Command) -> Command {
    if group != "dex" || !VALUED.contains(&command.get_name()) {
        return command;
    }
    let flag = Arg::new(IN).long(IN).value_name("DENOM");
    command.arg(flag.help("Show values in this coin [default: the last of the pool]"))
}

/// The coin that values are asked for in. What a pool without it is worth follows from the deepest pool between its last coin and
/// this one.
fn quote(
    session: &Session<'_>,
    matches: &ArgMatches,
    pools: &[dex::Pool],
    height: u64,
) -> Result<Option<Quote>> {
    let Some(denom) = matches.get_one::<String>(IN) else { return Ok(None) };
    let denom = session.denom(denom)?;
    let now = u64::try_from(session.now().unix_timestamp()).unwrap_or_default();
    let mut prices = BTreeMap::new();
    let holds = |pool: &dex::Pool, denom: &str| pool.reserves.iter().position(|coin| coin.denom == denom);
    let without = pools.iter().filter(|pool| holds(pool, &denom).is_none());
    let others: BTreeSet<&str> =
        without.filter_map(|pool| pool.reserves.last()).map(|coin| coin.denom.as_str()).collect();
    for other in others {
        let request = dex::QueryPairPoolsRequest { base: other.to_owned(), quote: denom.clone() };
        let answer: dex::QueryPairPoolsResponse = session.client()?.query(PAIR, &request, height)?;
        let price = answer
            .pools
            .first()
            .and_then(|pool| price::spot(pool, holds(pool, other)?, holds(pool, &denom)?, now));
        match price {
            Some(price) => drop(prices.insert(other.to_owned(), price)),
            None => session.terminal().note(format!("no pool prices {other} in {denom}")),
        }
    }
    Ok(Some(Quote { denom, prices }))
}

/// Each position with its pool; a pool is asked for once.
fn with_pools(
    session: &Session<'_>,
    views: Vec<dex::PositionView>,
    height: u64,
) -> Result<Vec<(dex::PositionView, Option<dex::Pool>)>> {
    let mut pools: BTreeMap<String, dex::Pool> = BTreeMap::new();
    let mut list = Vec::with_capacity(views.len());
    for view in views {
        let id = view.position.as_ref().map(|position| position.pool_id.clone()).unwrap_or_default();
        if !pools.contains_key(&id) {
            pools.insert(id.clone(), ask_pool(session, &id, height)?);
        }
        list.push((view, pools.get(&id).cloned()));
    }
    Ok(list)
}

fn ask_pool(session: &Session<'_>, id: &str, height: u64) -> Result<dex::Pool> {
    let request = dex::QueryPoolRequest { pool_id: id.to_owned() };
    let answer: dex::QueryPoolResponse =
        session.client()?.query("/agora.dex.v1.Query/Pool", &request, height)?;
    Ok(answer.pool.unwrap_or_default())
}

fn read<M: Message + Default>(path: &str, answer: &[u8]) -> Result<M> {
    M::decode(answer)
        .map_err(|error| CliError::unreachable(format!("the answer to {path} cannot be read")).because(error))
}
