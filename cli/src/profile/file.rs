//! The configuration file `<home>/config.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{BUILTIN_PROFILE, SettingKey};
use crate::error::{CliError, Result, nearest};
use crate::files;
use crate::keyring::KeyName;

/// The wallet's directory: `flag`, or `AGORA_HOME`, or `~/.agora`.
pub fn home_dir(flag: Option<PathBuf>) -> Result<PathBuf> {
    let given =
        flag.or_else(|| std::env::var_os("AGORA_HOME").filter(|path| !path.is_empty()).map(PathBuf::from));
    match given {
        Some(home) => Ok(home),
        None => match std::env::home_dir().filter(|home| !home.as_os_str().is_empty()) {
            Some(home) => Ok(home.join(".agora")),
            None => {
                Err(CliError::usage("the home directory is unknown").hint("pass --home or set AGORA_HOME"))
            }
        },
    }
}

/// The configuration: named profiles, and which one is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    path: PathBuf,
    active: String,
    profiles: BTreeMap<String, BTreeMap<SettingKey, String>>,
}

impl ConfigFile {
    /// Reads `<home>/config.toml`; without a file there is the built-in profile only.
    ///
    /// Unknown keys and bad values are errors: a setting that is silently ignored is worse than none.
    pub fn load(home: &Path) -> Result<Self> {
        let path = home.join("config.toml");
        let mut config = Self {
            path,
            active: BUILTIN_PROFILE.to_owned(),
            profiles: BTreeMap::from([(BUILTIN_PROFILE.to_owned(), BTreeMap::new())]),
        };
        if let Some(text) = files::read_optional(&config.path)? {
            config.read(&text)?;
        }
        Ok(config)
    }

    fn read(&mut self, text: &str) -> Result<()> {
        let place = self.path.display().to_string();
        let table: toml::Table = toml::from_str(text).map_err(|error| {
            CliError::usage(format!("{place} is not valid TOML"))
                .because(error)
                .hint("correct it, or move it away")
        })?;
        for (key, value) in &table {
            match (key.as_str(), value) {
                ("active_profile", toml::Value::String(name)) => self.active = name.clone(),
                ("profiles", toml::Value::Table(profiles)) => {
                    for (name, settings) in profiles {
                        let settings = read_profile(name, settings).map_err(|error| {
                            CliError::usage(format!("profile `{name}` in {place} cannot be used"))
                                .because(&error)
                                .hint(error.remedy().unwrap_or_default().to_owned())
                        })?;
                        self.profiles.insert(name.clone(), settings);
                    }
                }
                ("active_profile" | "profiles", _) => {
                    return Err(CliError::usage(format!("`{key}` in {place} has the wrong type"))
                        .hint("write active_profile = \"name\" and [profiles.name]"));
                }
                (other, _) => {
                    let error = CliError::usage(format!("unknown key `{other}` in {place}"));
                    let setting = other.parse::<SettingKey>();
                    return Err(match nearest(other, ["active_profile", "profiles"]) {
                        Some(known) => error.hint(format!("did you mean `{known}`?")),
                        None if setting.is_ok() => error.hint("settings belong below [profiles.NAME]"),
                        None => error.hint("the keys are active_profile and [profiles.NAME]"),
                    });
                }
            }
        }
        if !self.profiles.contains_key(&self.active) {
            return Err(self
                .unknown(&self.active)
                .because(CliError::usage(format!("active_profile in {place}"))));
        }
        Ok(())
    }

    /// Writes the file. Comments of the old one are lost, values are not.
    pub fn save(&self) -> Result<()> {
        let mut profiles = toml::Table::new();
        for (name, settings) in &self.profiles {
            let table: toml::Table =
                settings.iter().map(|(key, value)| (key.name().to_owned(), value.clone().into())).collect();
            profiles.insert(name.clone(), table.into());
        }
        let mut root = toml::Table::new();
        root.insert("active_profile".to_owned(), self.active.clone().into());
        root.insert("profiles".to_owned(), profiles.into());
        let text = toml::to_string(&root)
            .map_err(|error| CliError::usage("cannot write the configuration").because(error))?;
        if let Some(home) = self.path.parent() {
            files::private_dir(home)?;
        }
        files::write_private(&self.path, text.as_bytes(), true)
    }

    /// Where the file is, whether it exists or not.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The active profile's name.
    pub fn active(&self) -> &str {
        &self.active
    }

    /// All profile names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// Makes a profile the active one.
    pub fn activate(&mut self, name: &str) -> Result<()> {
        if !self.profiles.contains_key(name) {
            return Err(self.unknown(name));
        }
        self.active = name.to_owned();
        Ok(())
    }

    /// A profile's own value of a setting.
    pub fn value(&self, profile: &str, key: SettingKey) -> Option<&str> {
        self.profiles.get(profile)?.get(&key).map(String::as_str)
    }

    /// Fails when there is no such profile, naming the nearest.
    pub fn require(&self, profile: &str) -> Result<()> {
        if self.profiles.contains_key(profile) { Ok(()) } else { Err(self.unknown(profile)) }
    }

    /// Sets a value; the profile is made when it is new. The value is checked first.
    pub fn set(&mut self, profile: &str, key: SettingKey, value: &str) -> Result<()> {
        profile.parse::<KeyName>()?;
        key.check(value)?;
        self.profiles.entry(profile.to_owned()).or_default().insert(key, value.to_owned());
        Ok(())
    }

    /// Removes a value, so that the default holds again; whether there was one.
    pub fn unset(&mut self, profile: &str, key: SettingKey) -> Result<bool> {
        self.require(profile)?;
        Ok(self.profiles.get_mut(profile).is_some_and(|settings| settings.remove(&key).is_some()))
    }

    fn unknown(&self, name: &str) -> CliError {
        let error = CliError::usage(format!("there is no profile `{name}`"));
        match nearest(name, self.names()) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!("make it with `agora --profile {name} config set chain_id ID`")),
        }
    }
}

fn read_profile(name: &str, settings: &toml::Value) -> Result<BTreeMap<SettingKey, String>> {
    name.parse::<KeyName>()?;
    let toml::Value::Table(settings) = settings else {
        return Err(CliError::usage("it is not a table").hint(format!("write [profiles.{name}]")));
    };
    let mut values = BTreeMap::new();
    for (key, value) in settings {
        let key: SettingKey = key.parse()?;
        let toml::Value::String(value) = value else {
            return Err(
                CliError::usage(format!("{} is not text", key.name())).hint("put the value in double quotes")
            );
        };
        key.check(value)?;
        values.insert(key, value.clone());
    }
    Ok(values)
}
