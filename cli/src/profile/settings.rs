//! The settings in force, each with where it came from.

use std::collections::BTreeMap;
use std::fmt;

use clap::ValueEnum;

use super::{BUILTIN_PROFILE, ConfigFile, SettingKey};
use crate::amount::GasPrice;
use crate::error::{CliError, Result};
use crate::keyring::{Backend, KeyName};
use crate::terminal::OutputFormat;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A command-line flag.
    Flag,
    /// An environment variable.
    Env(&'static str),
    /// The profile in force.
    Profile,
    /// Nothing was set.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Env(name) => write!(f, "environment ({name})"),
            Self::Profile => f.write_str("profile"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The checked value.
    pub value: String,
    /// Where it came from.
    pub source: Source,
}

/// All settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    profile: String,
    values: BTreeMap<SettingKey, Setting>,
}

impl Settings {
    /// Resolves every setting: flag, then environment, then profile, then default. Values from everywhere are checked.
    pub fn resolve(
        config: &ConfigFile,
        profile: &str,
        flags: &BTreeMap<SettingKey, String>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let mut values = BTreeMap::new();
        for key in SettingKey::ALL {
            let flag = flags.get(&key).map(|value| (value.clone(), Source::Flag));
            let found = flag
                .or_else(|| {
                    env(key.env())
                        .filter(|value| !value.is_empty())
                        .map(|value| (value, Source::Env(key.env())))
                })
                .or_else(|| config.value(profile, key).map(|value| (value.to_owned(), Source::Profile)))
                .or_else(|| {
                    key.default_value(profile == BUILTIN_PROFILE)
                        .map(|value| (value.to_owned(), Source::Default))
                });
            if let Some((value, source)) = found {
                key.check(&value).map_err(|error| match source {
                    Source::Env(name) => {
                        let hint = error.remedy().unwrap_or_default().to_owned();
                        CliError::usage(format!("{name} cannot be used")).because(error).hint(hint)
                    }
                    _ => error,
                })?;
                values.insert(key, Setting { value, source });
            }
        }
        Ok(Self { profile: profile.to_owned(), values })
    }

    /// The name of the profile in force.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// A setting, where it has a value.
    pub fn get(&self, key: SettingKey) -> Option<&Setting> {
        self.values.get(&key)
    }

    /// A setting that is needed; the error says how to set it.
    pub fn require(&self, key: SettingKey) -> Result<&str> {
        match self.get(key) {
            Some(setting) => Ok(&setting.value),
            None => Err(CliError::usage(format!("profile `{}` has no {}", self.profile, key.name())).hint(
                format!(
                    "set it with `agora --profile {} config set {} VALUE` or in {}",
                    self.profile,
                    key.name(),
                    key.env()
                ),
            )),
        }
    }

    /// The chain id.
    pub fn chain_id(&self) -> Result<&str> {
        self.require(SettingKey::ChainId)
    }

    /// The URL of the node's RPC.
    pub fn node(&self) -> Result<&str> {
        self.require(SettingKey::Node)
    }

    /// The URL of the REST gateway.
    pub fn rest(&self) -> Result<&str> {
        self.require(SettingKey::Rest)
    }

    /// The URL of the gRPC service.
    pub fn grpc(&self) -> Result<&str> {
        self.require(SettingKey::Grpc)
    }

    /// The key that signs when none is named.
    pub fn default_key(&self) -> Result<Option<KeyName>> {
        self.get(SettingKey::DefaultKey).map(|setting| setting.value.parse()).transpose()
    }

    /// The gas price, where one is set.
    pub fn gas_price(&self) -> Result<Option<GasPrice>> {
        self.get(SettingKey::GasPrice).map(|setting| GasPrice::parse(&setting.value)).transpose()
    }

    /// The gas adjustment as a decimal of at least 1, for example `1.3`.
    pub fn gas_adjustment(&self) -> Result<&str> {
        self.require(SettingKey::GasAdjustment)
    }

    /// The keyring in use.
    pub fn keyring_backend(&self) -> Result<Backend> {
        let text = self.require(SettingKey::KeyringBackend)?;
        <Backend as ValueEnum>::from_str(text, false).map_err(CliError::usage)
    }

    /// The output format.
    pub fn output(&self) -> Result<OutputFormat> {
        let text = self.require(SettingKey::Output)?;
        <OutputFormat as ValueEnum>::from_str(text, false).map_err(CliError::usage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<ConfigFile> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.toml"), text).unwrap();
        ConfigFile::load(home.path())
    }

    fn error(text: &str) -> String {
        config(text).unwrap_err().to_text()
    }

    #[test]
    fn a_flag_beats_the_environment_which_beats_the_profile_which_beats_the_default() {
        let config =
            config("[profiles.devnet]\nnode = \"http://profile\"\nrest = \"http://profile\"\n").unwrap();
        let flags = BTreeMap::from([(SettingKey::Node, "http://flag".to_owned())]);
        let env = |name: &str| {
            matches!(name, "AGORA_NODE" | "AGORA_CHAIN_ID").then(|| "http.env".replace("http.", "x-"))
        };
        let env = |name: &str| env(name).filter(|_| name == "AGORA_CHAIN_ID");
        let settings = Settings::resolve(&config, "devnet", &flags, env).unwrap();
        assert_eq!(settings.node().unwrap(), "http://flag");
        assert_eq!(settings.get(SettingKey::ChainId).unwrap().source, Source::Env("AGORA_CHAIN_ID"));
        assert_eq!(settings.get(SettingKey::Rest).unwrap().source, Source::Profile);
        assert_eq!(settings.get(SettingKey::Grpc).unwrap().source, Source::Default);
        assert_eq!(settings.get(SettingKey::GasPrice), None);
    }

    #[test]
    fn a_profile_of_ones_own_has_no_default_chain_and_says_so() {
        let config = config("[profiles.main]\n").unwrap();
        let settings = Settings::resolve(&config, "main", &BTreeMap::new(), |_| None).unwrap();
        let text = settings.chain_id().unwrap_err().to_text();
        assert!(
            text.contains("profile `main` has no chain_id") && text.contains("config set chain_id"),
            "{text}"
        );
    }

    #[test]
    fn unknown_keys_and_bad_values_are_errors_with_the_nearest_name() {
        assert!(error("[profiles.main]\nchainid = \"x\"\n").contains("did you mean `chain_id`?"));
        assert!(error("activeprofile = \"x\"\n").contains("did you mean `active_profile`?"));
        assert!(error("node = \"http://x\"\n").contains("below [profiles.NAME]"));
        assert!(error("active_profile = \"devent\"\n").contains("did you mean `devnet`?"));
        assert!(error("[profiles.main]\nnode = \"tcp://x:1\"\n").contains("http://x:1"));
        assert!(error("[profiles.main]\nnode = 5\n").contains("double quotes"));
        assert!(error("[profiles.main]\ngas_price = \"1 AGO\"\n").contains("gas price"));
        assert!(error("[[[").contains("not valid TOML"));
    }

    #[test]
    fn what_is_set_is_there_after_saving_and_loading() {
        let home = tempfile::tempdir().unwrap();
        let mut config = ConfigFile::load(home.path()).unwrap();
        config.set("main", SettingKey::ChainId, "agora-1").unwrap();
        config.set("main", SettingKey::GasAdjustment, "1.5").unwrap();
        config.activate("main").unwrap();
        config.save().unwrap();
        let mut again = ConfigFile::load(home.path()).unwrap();
        assert_eq!(again, config);
        assert!(again.unset("main", SettingKey::ChainId).unwrap());
        assert!(!again.unset("main", SettingKey::ChainId).unwrap());
        assert!(again.set("main", SettingKey::GasAdjustment, "0.5").is_err());
        assert!(again.set("../x", SettingKey::ChainId, "x").is_err());
    }
}
