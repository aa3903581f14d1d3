//! `agora status`: where the chain stands and what the wallet would use.

use clap::{ArgMatches, Command};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Group;
use super::session::Session;
use crate::context::Context;
use crate::error::Result;
use crate::render::Labels as _;
use crate::terminal::Table;

pub(super) const GROUP: Group = Group { name: "status", command, run };

fn command() -> Command {
    Command::new("status").about("Show the node, the chain's head, the gas price and your balance")
}

fn run(context: &Context, _: &ArgMatches) -> Result<()> {
    let session = Session::new(context);
    let (client, terminal) = (session.client()?, session.terminal());
    let status = client.status()?;
    // What follows is a bonus: a node that serves none of it still has a status.
    let prices = client.gas_prices().unwrap_or_default();
    let key = context.key(None).ok();
    let balance = key.as_ref().and_then(|key| client.balance(&key.address(), "uago").ok());
    let (node, sync) = (&status.node_info, &status.sync_info);
    let age = age_seconds(&sync.latest_block_time);
    if terminal.is_json() {
        return terminal.json(&json!({
            "node": client.url(),
            "moniker": node.moniker,
            "version": node.version,
            "chain_id": node.network,
            "height": sync.latest_block_height.to_string(),
            "time": sync.latest_block_time,
            "age_seconds": age,
            "app_hash": sync.latest_app_hash,
            "catching_up": sync.catching_up,
            "gas_prices": prices.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "profile": context.profile(),
            "default_key": key.as_ref().map(|key| json!({ "name": key.name, "address": key.address() })),
            "balance": balance,
        }));
    }
    let mut table = Table::fields();
    table.row(["node", client.url()]);
    table.row(["moniker", &node.moniker]);
    table.row(["version", &node.version]);
    table.row(["chain id", &node.network]);
    table.row(["height", &sync.latest_block_height.to_string()]);
    table.row([
        "head",
        &match age {
            Some(age) => format!("{} ({})", sync.latest_block_time, ago(age)),
            None => sync.latest_block_time.clone(),
        },
    ]);
    table.row(["catching up", if sync.catching_up { "yes" } else { "no" }]);
    let prices: Vec<String> = prices.iter().map(ToString::to_string).collect();
    table.row(["gas price", &if prices.is_empty() { "unknown".to_owned() } else { prices.join(", ") }]);
    table.row(["profile", context.profile()]);
    if let Some(key) = &key {
        table.row(["default key", &format!("{} ({})", key.name, key.address())]);
    }
    if let Some(balance) = &balance {
        table.row(["balance", &session.amount(balance)]);
    }
    terminal.table(&table)?;
    if let Ok(expected) = context.settings().and_then(|settings| Ok(settings.chain_id()?.to_owned()))
        && expected != node.network
    {
        terminal.warn(format!(
            "profile `{}` is for chain {expected}, but this node is on {}",
            context.profile(),
            node.network
        ));
    }
    Ok(())
}

/// How long ago an RFC 3339 time was, in seconds; negative where the clock of this machine is behind.
pub(super) fn age_seconds(time: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(time, &Rfc3339).ok()?;
    Some((OffsetDateTime::now_utc() - time).whole_seconds())
}

/// A duration in words.
pub(super) fn ago(seconds: i64) -> String {
    match seconds {
        ..0 => format!("{} s in the future", seconds.unsigned_abs()),
        0..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(ago(-3), "3 s in the future");
        assert_eq!(ago(5), "5 s ago");
        assert_eq!(ago(600), "10 min ago");
        assert_eq!(ago(7200), "2 h ago");
        assert_eq!(ago(864_000), "10 days ago");
        assert_eq!(age_seconds("1970-01-01T00:00:00Z").map(|age| age > 1_000_000_000), Some(true));
        assert_eq!(age_seconds("yesterday"), None);
    }
}
