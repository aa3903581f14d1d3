//! What every command works with: settings, terminal, keyring and names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::address::{Address, looks_like_address};
use crate::address_book::AddressBook;
use crate::amount::DenomTable;
use crate::error::{CliError, Result, nearest};
use crate::files;
use crate::keyring::{KeyInfo, KeyName, Keyring, PasswordSource};
use crate::profile::{ConfigFile, SettingKey, Settings, home_dir};
use crate::terminal::{OutputFormat, Terminal};

/// The flags every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Directory of keys and configuration [env: AGORA_HOME] [default: ~/.agora]
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Profile to use instead of the active one [env: AGORA_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// How results are written: text or json [env: AGORA_OUTPUT]
    #[arg(long, short = 'o', global = true, value_name = "FORMAT")]
    pub output: Option<String>,
    /// Where keys are kept: file, test or memory [env: AGORA_KEYRING_BACKEND]
    #[arg(long, global = true, value_name = "BACKEND")]
    pub keyring_backend: Option<String>,
    /// URL of a node's RPC [env: AGORA_NODE]
    #[arg(long, global = true, value_name = "URL")]
    pub node: Option<String>,
    /// Chain id [env: AGORA_CHAIN_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub chain_id: Option<String>,
    /// Answer yes to every question
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,
    /// No colour in the output [env: NO_COLOR]
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Read the password from the first line of a file [env: AGORA_PASSWORD_FILE, or the password in AGORA_PASSWORD]
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Read the password from an open file descriptor
    #[arg(long, global = true, value_name = "N", conflicts_with = "password_file")]
    pub password_fd: Option<u32>,
}

impl GlobalArgs {
    /// The terminal before any configuration is read, for errors about the configuration itself.
    pub fn first_terminal(&self) -> Terminal {
        let text = self.output.clone().or_else(|| std::env::var(SettingKey::Output.env()).ok());
        let format = text.and_then(|text| <OutputFormat as ValueEnum>::from_str(&text, false).ok());
        Terminal::detect(format.unwrap_or_default(), self.no_color, self.yes)
    }

    fn flags(&self) -> BTreeMap<SettingKey, String> {
        let pairs = [
            (SettingKey::Output, &self.output),
            (SettingKey::KeyringBackend, &self.keyring_backend),
            (SettingKey::Node, &self.node),
            (SettingKey::ChainId, &self.chain_id),
        ];
        pairs.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect()
    }
}

/// What a command works with.
#[derive(Debug)]
pub struct Context {
    home: PathBuf,
    args: GlobalArgs,
    config: ConfigFile,
    profile: String,
    terminal: Terminal,
}

impl Context {
    /// Reads the configuration and decides on profile and output.
    pub fn new(args: GlobalArgs) -> Result<Self> {
        let home = home_dir(args.home.clone())?;
        let config = ConfigFile::load(&home)?;
        let from_env = || std::env::var("AGORA_PROFILE").ok().filter(|name| !name.is_empty());
        let profile = args.profile.clone().or_else(from_env).unwrap_or_else(|| config.active().to_owned());
        let terminal = args.first_terminal();
        let mut context = Self { home, args, config, profile, terminal };
        // A profile that does not exist yet is an error only for those who need its settings.
        if context.config.require(&context.profile).is_ok() {
            let format = context.settings()?.output()?;
            context.terminal = context.terminal.with_format(format);
        } else if let Some(format) = &context.args.output {
            SettingKey::Output.check(format)?;
        }
        Ok(context)
    }

    /// The directory of keys and configuration.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The name of the profile in force; it may not exist yet.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// The configuration file as read.
    pub fn config(&self) -> &ConfigFile {
        &self.config
    }

    /// Where results, remarks and questions go.
    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// The settings in force.
    pub fn settings(&self) -> Result<Settings> {
        self.config.require(&self.profile)?;
        Settings::resolve(&self.config, &self.profile, &self.args.flags(), |name| std::env::var(name).ok())
    }

    /// The keyring in force.
    pub fn keyring(&self) -> Result<Keyring> {
        let settings = self.settings()?;
        Keyring::open(settings.keyring_backend()?, &self.home, settings.chain_id()?)
    }

    /// Where passwords come from.
    pub fn passwords(&self) -> PasswordSource {
        PasswordSource::new(self.terminal, self.args.password_file.clone(), self.args.password_fd)
    }

    /// The address book.
    pub fn address_book(&self) -> Result<AddressBook> {
        AddressBook::load(&self.home)
    }

    /// The known units: AGO, and what `<home>/denoms.json` (a list of bank metadata) adds.
    pub fn denoms(&self) -> Result<DenomTable> {
        let mut table = DenomTable::builtin();
        let path = self.home.join("denoms.json");
        if let Some(text) = files::read_optional(&path)? {
            table.add_json(&text).map_err(|error| {
                CliError::usage(format!("{} cannot be used", path.display()))
                    .because(error)
                    .hint("correct it, or move it away")
            })?;
        }
        Ok(table)
    }

    /// The address meant by `text`: an address, the name of a key, or a name of the address book.
    pub fn resolve_address(&self, text: &str) -> Result<Address> {
        let text = text.trim();
        let name = match text.parse::<KeyName>() {
            Ok(name) if !looks_like_address(text) => name,
            _ => return Address::parse(text),
        };
        let keyring = self.keyring()?;
        if let Some(info) = keyring.find(&name)? {
            return Ok(info.address());
        }
        let book = self.address_book()?;
        if let Some(address) = book.get(&name) {
            return Ok(address.clone());
        }
        let keys = keyring.names()?;
        let known = keys.iter().chain(book.entries().map(|(name, _)| name)).map(KeyName::as_str);
        let error = CliError::usage(format!("`{name}` is neither an address nor a known name"));
        Err(match nearest(name.as_str(), known) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint("`agora keys list` and `agora address list` show known names"),
        })
    }

    /// The name an address has here: a key's, or one of the address book.
    pub fn name_of(&self, address: &Address) -> Result<Option<KeyName>> {
        if let Some(info) = self.keyring()?.find_address(address)? {
            return Ok(Some(info.name));
        }
        Ok(self.address_book()?.name_of(address).cloned())
    }

    /// The key meant by `text`, a name or an address, or the default key where nothing is given.
    pub fn key(&self, text: Option<&str>) -> Result<KeyInfo> {
        let keyring = self.keyring()?;
        let Some(text) = text else {
            let name = self.settings()?.default_key()?.ok_or_else(|| {
                CliError::usage("no key was named")
                    .hint("name one, or set one: agora config set default_key NAME")
            })?;
            return keyring.get(&name);
        };
        if looks_like_address(text) {
            let address = Address::parse(text)?;
            return keyring.find_address(&address)?.ok_or_else(|| {
                CliError::usage(format!("no key in this keyring has the address {address}"))
                    .hint("`agora keys list` shows all keys of this keyring")
            });
        }
        keyring.get(&text.parse()?)
    }
}
