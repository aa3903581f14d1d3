//! Pools, positions and routes as tables.

use std::collections::BTreeMap;

use agora_dex::proto::agora::dex::v1 as dex;
use prost::Message;

use super::super::super::session::Session;
use crate::dynamic::Resolve as _;
use crate::error::{CliError, Result};
use crate::render::dex::{pool, position, route};

/// Shows the answer to a query of the exchange; false if its definition shows it well enough.
pub(in super::super) fn show(session: &Session<'_>, path: &str, answer: &[u8], height: u64) -> Result<bool> {
    let Some(query) = path.strip_prefix("/agora.dex.v1.Query/") else { return Ok(false) };
    let terminal = session.terminal();
    let now = u64::try_from(session.now().unix_timestamp()).unwrap_or_default();
    let nothing = || terminal.note("nothing found");
    match query {
        "Pool" => {
            let answer: dex::QueryPoolResponse = read(path, answer)?;
            terminal.table(&pool::table(session, &answer.pool.unwrap_or_default(), now))?;
        }
        "Pools" => {
            let answer: dex::QueryPoolsResponse = read(path, answer)?;
            if answer.pools.is_empty() {
                nothing();
            } else {
                terminal.table(&pool::list(session, &answer.pools, now))?;
            }
        }
        "PairPools" => {
            let answer: dex::QueryPairPoolsResponse = read(path, answer)?;
            if answer.pools.is_empty() {
                nothing();
            } else {
                terminal.table(&pool::list(session, &answer.pools, now))?;
            }
        }
        "Position" => {
            let answer: dex::QueryPositionResponse = read(path, answer)?;
            let view = answer.position.unwrap_or_default();
            let id = view.position.as_ref().map(|position| position.pool_id.as_str()).unwrap_or_default();
            let pool = ask_pool(session, id, height)?;
            terminal.table(&position::table(session, &view, &pool))?;
        }
        "Positions" => {
            let answer: dex::QueryPositionsResponse = read(path, answer)?;
            if answer.positions.is_empty() {
                nothing();
            } else {
                terminal.table(&position::list(session, &with_pools(session, answer.positions, height)?))?;
            }
        }
        "FindRoute" => terminal.table(&route::table(session, &read(path, answer)?))?,
        _ => return Ok(false),
    }
    Ok(true)
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
