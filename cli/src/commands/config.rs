//! `agora config`: settings and profiles.

use clap::{ArgMatches, Command, Subcommand};
use serde_json::json;

use super::{Group, typed};
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::profile::SettingKey;
use crate::terminal::Table;

pub(super) const GROUP: Group = Group { name: "config", command, run };

#[derive(Subcommand, Debug)]
enum ConfigCommand {
    /// Show every setting in force and where it comes from
    List,
    /// Show one setting
    Get {
        /// The setting, for example node
        key: String,
    },
    /// Set a setting of the profile in force, or of a new one named with --profile
    Set {
        /// The setting, for example node
        key: String,
        /// Its value
        value: String,
    },
    /// Remove a setting, so that its default holds again
    Unset {
        /// The setting, for example gas_price
        key: String,
    },
    /// Make a profile the active one
    Use {
        /// The profile's name
        profile: String,
    },
    /// List all profiles
    Profiles,
    /// Show where the configuration file is
    Path,
}

fn command() -> Command {
    let command = Command::new("config")
        .about("Settings and profiles")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("A flag beats its AGORA_... variable, which beats the profile, which beats the default.");
    ConfigCommand::augment_subcommands(command)
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    match typed(matches)? {
        ConfigCommand::List => list(context),
        ConfigCommand::Get { key } => get(context, &key),
        ConfigCommand::Set { key, value } => set(context, &key, &value),
        ConfigCommand::Unset { key } => unset(context, &key),
        ConfigCommand::Use { profile } => activate(context, &profile),
        ConfigCommand::Profiles => profiles(context),
        ConfigCommand::Path => {
            let path = context.config().path().display().to_string();
            let terminal = context.terminal();
            if terminal.is_json() { terminal.json(&json!({ "path": path })) } else { terminal.line(path) }
        }
    }
}

fn list(context: &Context) -> Result<()> {
    let settings = context.settings()?;
    let terminal = context.terminal();
    if terminal.is_json() {
        let mut values = serde_json::Map::new();
        for key in SettingKey::ALL {
            let setting =
                settings.get(key).map(|s| json!({ "value": s.value, "source": s.source.to_string() }));
            values.insert(key.name().to_owned(), setting.unwrap_or_default());
        }
        return terminal.json(&json!({ "profile": settings.profile(), "settings": values }));
    }
    terminal.note(format!("profile {}", settings.profile()));
    let mut table = Table::new(["setting", "value", "from"]);
    for key in SettingKey::ALL {
        match settings.get(key) {
            Some(setting) => table.row([key.name(), &setting.value, &setting.source.to_string()]),
            None => table.row([key.name(), "-", "not set"]),
        };
    }
    terminal.table(&table)
}

fn get(context: &Context, key: &str) -> Result<()> {
    let key: SettingKey = key.parse()?;
    let settings = context.settings()?;
    let value = settings.require(key)?;
    let terminal = context.terminal();
    if terminal.is_json() {
        let source = settings.get(key).map(|setting| setting.source.to_string());
        terminal.json(&json!({ "key": key.name(), "value": value, "source": source }))
    } else {
        terminal.line(value)
    }
}

fn set(context: &Context, key: &str, value: &str) -> Result<()> {
    let key: SettingKey = key.parse()?;
    let mut config = context.config().clone();
    let new = config.require(context.profile()).is_err();
    config.set(context.profile(), key, value)?;
    config.save()?;
    let made = if new { "new profile" } else { "profile" };
    done(context, format!("{made} {}: {} = {value}", context.profile(), key.name()))
}

fn unset(context: &Context, key: &str) -> Result<()> {
    let key: SettingKey = key.parse()?;
    let mut config = context.config().clone();
    if !config.unset(context.profile(), key)? {
        return Err(CliError::usage(format!("profile `{}` does not set {}", context.profile(), key.name())));
    }
    config.save()?;
    done(context, format!("profile {}: {} is no longer set", context.profile(), key.name()))
}

fn activate(context: &Context, profile: &str) -> Result<()> {
    let mut config = context.config().clone();
    config.activate(profile)?;
    config.save()?;
    done(context, format!("profile {profile} is active"))
}

fn profiles(context: &Context) -> Result<()> {
    let (config, terminal) = (context.config(), context.terminal());
    if terminal.is_json() {
        return terminal
            .json(&json!({ "active": config.active(), "profiles": config.names().collect::<Vec<_>>() }));
    }
    let mut table = Table::new(["profile", "active", "chain_id", "node"]);
    for name in config.names() {
        let value = |key: SettingKey| {
            let default = key.default_value(name == crate::profile::BUILTIN_PROFILE);
            config.value(name, key).or(default).unwrap_or("-").to_owned()
        };
        let active = if name == config.active() { "yes" } else { "" };
        table.row([name.to_owned(), active.to_owned(), value(SettingKey::ChainId), value(SettingKey::Node)]);
    }
    terminal.table(&table)
}

fn done(context: &Context, text: String) -> Result<()> {
    context.terminal().note(text);
    Ok(())
}
