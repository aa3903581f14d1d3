//! The settings there are, each with its checks.

use std::str::FromStr;

use clap::ValueEnum;

use crate::amount::GasPrice;
use crate::error::{CliError, Result, nearest};
use crate::keyring::{Backend, KeyName};
use crate::terminal::OutputFormat;

/// The name of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingKey {
    /// The chain id, for example `agora-dev-1`.
    ChainId,
    /// The URL of a node's RPC.
    Node,
    /// The URL of a node's REST gateway.
    Rest,
    /// The URL of a node's gRPC service.
    Grpc,
    /// The URL of a faucet, on development networks.
    Faucet,
    /// The key that signs when none is named.
    DefaultKey,
    /// The price offered per gas, for example `0.025uago`; asked from the node where it is not set.
    GasPrice,
    /// By how much the simulated gas is multiplied, for example `1.3`.
    GasAdjustment,
    /// Which keyring is used.
    KeyringBackend,
    /// How results are written.
    Output,
}

impl SettingKey {
    /// All settings in the order they are listed.
    pub const ALL: [Self; 10] = [
        Self::ChainId,
        Self::Node,
        Self::Rest,
        Self::Grpc,
        Self::Faucet,
        Self::DefaultKey,
        Self::GasPrice,
        Self::GasAdjustment,
        Self::KeyringBackend,
        Self::Output,
    ];

    /// The name in files and commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChainId => "chain_id",
            Self::Node => "node",
            Self::Rest => "rest",
            Self::Grpc => "grpc",
            Self::Faucet => "faucet",
            Self::DefaultKey => "default_key",
            Self::GasPrice => "gas_price",
            Self::GasAdjustment => "gas_adjustment",
            Self::KeyringBackend => "keyring_backend",
            Self::Output => "output",
        }
    }

    /// The environment variable that overrides it.
    pub fn env(self) -> &'static str {
        match self {
            Self::ChainId => "AGORA_CHAIN_ID",
            Self::Node => "AGORA_NODE",
            Self::Rest => "AGORA_REST",
            Self::Grpc => "AGORA_GRPC",
            Self::Faucet => "AGORA_FAUCET",
            Self::DefaultKey => "AGORA_DEFAULT_KEY",
            Self::GasPrice => "AGORA_GAS_PRICE",
            Self::GasAdjustment => "AGORA_GAS_ADJUSTMENT",
            Self::KeyringBackend => "AGORA_KEYRING_BACKEND",
            Self::Output => "AGORA_OUTPUT",
        }
    }

    /// The value where nothing is set: on the built-in profile a whole development network, elsewhere what fits
    /// every chain.
    pub fn default_value(self, builtin_profile: bool) -> Option<&'static str> {
        match self {
            Self::KeyringBackend => Some("file"),
            Self::Output => Some("text"),
            Self::GasAdjustment => Some("1.3"),
            Self::ChainId if builtin_profile => Some("agora-dev-1"),
            Self::Node if builtin_profile => Some("http://127.0.0.1:26657"),
            Self::Rest if builtin_profile => Some("http://127.0.0.1:1317"),
            Self::Grpc if builtin_profile => Some("http://127.0.0.1:9090"),
            Self::Faucet if builtin_profile => Some("http://127.0.0.1:4500"),
            _ => None,
        }
    }

    /// Checks a value before it is stored or used.
    pub fn check(self, value: &str) -> Result<()> {
        let bad = |hint: String| {
            CliError::usage(format!("`{}` is not a value of {}", value.escape_debug(), self.name()))
                .hint(hint)
        };
        match self {
            Self::ChainId => {
                let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
                if value.is_empty() || value.len() > 50 || !value.chars().all(plain) {
                    return Err(bad(
                        "give 1 to 50 letters, digits, `-`, `_` or `.`, for example agora-1".to_owned()
                    ));
                }
            }
            Self::Node | Self::Rest | Self::Grpc | Self::Faucet => {
                let host = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
                let good = |host: &str| {
                    !host.is_empty() && !host.starts_with(['/', ':']) && !host.contains(char::is_whitespace)
                };
                if !host.is_some_and(good) {
                    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
                    return Err(bad(format!(
                        "give a URL with http:// or https://, for example http://{rest}"
                    )));
                }
            }
            Self::DefaultKey => {
                value.parse::<KeyName>()?;
            }
            Self::GasPrice => {
                GasPrice::parse(value)?;
            }
            Self::GasAdjustment => {
                let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
                let digits = |text: &str| {
                    !text.is_empty() && text.len() <= 6 && text.chars().all(|c| c.is_ascii_digit())
                };
                if !digits(whole) || !digits(fraction) || whole.trim_start_matches('0').is_empty() {
                    return Err(bad("give a number of at least 1, for example 1.3".to_owned()));
                }
            }
            Self::KeyringBackend => {
                <Backend as ValueEnum>::from_str(value, false)
                    .map_err(|_| bad("give file, test or memory".to_owned()))?;
            }
            Self::Output => {
                <OutputFormat as ValueEnum>::from_str(value, false)
                    .map_err(|_| bad("give text or json".to_owned()))?;
            }
        }
        Ok(())
    }
}

impl FromStr for SettingKey {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        let wanted = text.replace('-', "_");
        if let Some(key) = Self::ALL.into_iter().find(|key| key.name() == wanted) {
            return Ok(key);
        }
        let names = Self::ALL.map(Self::name);
        let error = CliError::usage(format!("there is no setting `{text}`"));
        Err(match nearest(&wanted, names) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!("settings are {}", names.join(", "))),
        })
    }
}
