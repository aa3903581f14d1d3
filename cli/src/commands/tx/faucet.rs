//! `agora tx faucet`: coins from the faucet of a development network.

use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::super::session::Session;
use crate::context::Context;
use crate::dynamic::Resolve as _;
use crate::error::{CliError, Result};
use crate::keyring::is_development_chain;
use crate::profile::SettingKey;
use crate::render::Labels as _;

/// The faucet answers once its transaction is in a block.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn commands() -> Vec<Command> {
    vec![
        Command::new("faucet")
            .about("Ask the faucet of a development network for coins")
            .arg(
                Arg::new("account")
                    .value_name("ACCOUNT")
                    .help("Who receives; the default key where none is given"),
            )
            .arg(Arg::new("denom").value_name("DENOM").default_value("uago").help("Which coins"))
            .arg(
                Arg::new("faucet")
                    .long("faucet")
                    .value_name("URL")
                    .help("The faucet [default: the profile's]"),
            ),
    ]
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let session = Session::new(context);
    let url = faucet_url(context, matches.get_one::<String>("faucet"))?;
    let account = match matches.get_one::<String>("account") {
        Some(text) => session.address(text)?,
        None => context.key(None)?.address().to_string(),
    };
    let denom = session.denom(matches.get_one::<String>("denom").map(String::as_str).unwrap_or("uago"))?;
    let before = session.client()?.balance(&account.parse()?, &denom)?;
    credit(&url, &account, &denom)?;
    let after = session.client()?.balance(&account.parse()?, &denom)?;
    let terminal = session.terminal();
    if terminal.is_json() {
        return terminal.json(&json!({ "address": account, "balance": after }));
    }
    let gained = crate::amount::Coin::new(after.amount.saturating_sub(before.amount), denom);
    if gained.amount > 0 {
        terminal.note(format!("{} received {}", session.short(&account), session.amount(&gained)));
    } else {
        terminal.note("the faucet agreed; the coins arrive with the next block");
    }
    terminal.line(session.amount(&after))
}

fn faucet_url(context: &Context, flag: Option<&String>) -> Result<String> {
    let settings = context.settings()?;
    if let Some(url) = flag {
        SettingKey::Faucet.check(url)?;
        return Ok(url.clone());
    }
    if let Some(setting) = settings.get(SettingKey::Faucet) {
        return Ok(setting.value.clone());
    }
    let chain = settings.chain_id()?;
    let error = CliError::usage(format!("no faucet is known for chain `{chain}`"));
    Err(if is_development_chain(chain) {
        error.hint("set one: agora config set faucet URL")
    } else {
        error.hint("faucets exist on development networks only; `agora --profile devnet tx faucet` asks that of a local devnet")
    })
}

fn credit(url: &str, address: &str, denom: &str) -> Result<()> {
    let config =
        ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build();
    let agent: ureq::Agent = config.into();
    let mut response = agent
        .post(&format!("{}/credit", url.trim_end_matches('/')))
        .send_json(json!({ "address": address, "denom": denom }))
        .map_err(|error| {
            CliError::unreachable(format!("cannot reach the faucet at {url}")).because(error).hint(
                "is the devnet running? start it with `agora devnet`; name another faucet with --faucet",
            )
        })?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let text = response.body_mut().read_to_string().unwrap_or_default();
    let reason = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) => value
            .get("error")
            .or_else(|| value.get("message"))
            .and_then(|text| text.as_str())
            .unwrap_or(&text)
            .to_owned(),
        Err(_) => text,
    };
    let reason = reason.trim();
    let reason = if reason.is_empty() { format!("HTTP {status}") } else { reason.to_owned() };
    Err(CliError::usage(format!("the faucet refused: {reason}"))
        .hint("wait a moment before asking again, or ask for another denom"))
}
