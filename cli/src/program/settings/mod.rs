//! `config/app.toml` of a node: what the application's side does, beside CometBFT's `config.toml`.
//!
//! Flags of `agora start` go before it. A key that is not known is an error: a setting that is silently ignored is worse
//! than none.

mod keys;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{CliError, Result, nearest};
use agora_node::run::{Mode, Pruning};
use toml::{Table, Value};

use self::keys::{KEYS, Key};
use crate::program::logging::LogFormat;
use crate::program::state::pruning;

/// What the file says; its defaults where it says nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) pruning: Pruning,
    /// The node stops when it has committed this height.
    pub(crate) halt_height: Option<u64>,
    /// The node stops when it has committed a block of this time or later.
    pub(crate) halt_time: Option<SystemTime>,
    pub(crate) grpc: Option<SocketAddr>,
    pub(crate) rest: Option<SocketAddr>,
    pub(crate) faucet: Option<SocketAddr>,
    pub(crate) metrics: Option<SocketAddr>,
    /// Memory for the state's tree in GiB; `None` is three fifths of the machine's.
    pub(crate) state_memory: Option<u64>,
    pub(crate) exec: Mode,
    /// `None` is as many as the machine has.
    pub(crate) exec_threads: Option<u16>,
    pub(crate) log_format: LogFormat,
    pub(crate) log_level: String,
}

/// Where the file lies in a node's folder.
pub(crate) fn path(home: &Path) -> PathBuf {
    home.join("config/app.toml")
}

/// The file as it is made for a new node: every setting with what it is about.
pub(crate) fn template() -> String {
    let mut text = String::from(
        "# The application's side of this node; CometBFT's is in config.toml. Flags of `agora start` go before what is said here.\n",
    );
    let mut section = "";
    for key in KEYS {
        if key.section != section {
            section = key.section;
            text.push_str(&format!("\n[{section}]\n"));
        }
        text.push_str(&format!("\n# {}\n{} = {}\n", key.about, key.name, key.default));
    }
    text
}

/// Writes the template if there is no file.
///
/// # Errors
/// It cannot be written.
pub(crate) fn make(home: &Path) -> Result<()> {
    let path = path(home);
    if path.exists() {
        return Ok(());
    }
    write(&path, &template())
}

/// Writes the file with some settings in place of their defaults.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_with(home: &Path, values: &[(&str, &str, String)]) -> Result<()> {
    let mut table: String = template();
    for (section, name, value) in values {
        if let Some(key) = KEYS.iter().find(|key| key.section == *section && key.name == *name) {
            let line = |value: &str| format!("\n# {}\n{} = {value}\n", key.about, key.name);
            table = table.replace(&line(key.default), &line(value));
        }
    }
    write(&path(home), &table)
}

fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| {
        CliError::usage(format!("{} cannot be written", path.display())).because(error)
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

impl Settings {
    /// Reads the file of a node; without one everything has its default.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, or has a key or value that is not known.
    pub(crate) fn load(home: &Path) -> Result<Self> {
        let path = path(home);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(CliError::usage(format!("{} cannot be read", path.display())).because(error));
            }
        };
        Self::parse(&text, &path.display().to_string())
    }

    /// What a file that says nothing means.
    ///
    /// # Errors
    /// Never: a test reads every default.
    pub(crate) fn built_in() -> Result<Self> {
        Self::parse("", "the built-in settings")
    }

    fn parse(text: &str, place: &str) -> Result<Self> {
        let given: Table = toml::from_str(text).map_err(|error| {
            CliError::usage(format!("{place} is not valid TOML"))
                .because(error)
                .hint("correct it, or move it away")
        })?;
        only_known(&given, place)?;
        let read = Reader { given: &given, place };
        Ok(Self {
            pruning: read.text("", "pruning", pruning)?,
            halt_height: read.count("", "halt-height")?,
            halt_time: read.text("", "halt-time", time)?,
            grpc: read.text("grpc", "address", address)?,
            rest: read.text("rest", "address", address)?,
            faucet: read.text("faucet", "address", address)?,
            metrics: read.text("metrics", "address", address)?,
            state_memory: read.count("state", "memory-gib")?,
            exec: read.text("execution", "mode", str::parse)?,
            exec_threads: read
                .count("execution", "threads")?
                .map(|threads| u16::try_from(threads).ok().filter(|threads| *threads <= 256).ok_or(threads))
                .transpose()
                .map_err(|threads| {
                    read.wrong("execution", "threads", format!("{threads} is more than 256"))
                })?,
            log_format: read.text("log", "format", str::parse)?,
            log_level: read.text("log", "level", crate::program::logging::level)?,
        })
    }
}

fn full(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

/// Every key of the file must be one of [`KEYS`].
fn only_known(given: &Table, place: &str) -> Result<()> {
    let known: Vec<String> = KEYS.iter().map(|key| full(key.section, key.name)).collect();
    let check = |name: String| {
        if known.contains(&name) {
            return Ok(());
        }
        let error = CliError::usage(format!("unknown key `{name}` in {place}"));
        Err(match nearest(&name, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("known are {}", known.join(", "))),
        })
    };
    for (name, value) in given {
        match value {
            Value::Table(section) => section.keys().try_for_each(|key| check(full(name, key)))?,
            _ => check(name.clone())?,
        }
    }
    Ok(())
}

struct Reader<'f> {
    given: &'f Table,
    place: &'f str,
}

impl Reader<'_> {
    fn wrong(&self, section: &str, name: &str, why: impl std::fmt::Display) -> CliError {
        CliError::usage(format!("`{}` in {} cannot be used: {why}", full(section, name), self.place))
            .hint(key(section, name).map_or(String::new(), |key| format!("the default is {}", key.default)))
    }

    /// The value given, or the default.
    fn value(&self, section: &str, name: &str) -> Option<Value> {
        let table = if section.is_empty() { Some(self.given) } else { self.given.get(section)?.as_table() };
        table?.get(name).cloned()
    }

    fn value_or_default(&self, section: &str, name: &str) -> Value {
        self.value(section, name)
            .or_else(|| {
                toml::from_str::<Table>(&format!("it = {}", key(section, name)?.default)).ok()?.remove("it")
            })
            .unwrap_or_else(|| Value::String(String::new()))
    }

    fn text<T>(
        &self,
        section: &str,
        name: &str,
        parse: impl Fn(&str) -> std::result::Result<T, String>,
    ) -> Result<T> {
        let value = self.value_or_default(section, name);
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Datetime(time) => time.to_string(),
            Value::Integer(number) => number.to_string(),
            other => {
                return Err(self.wrong(section, name, format!("text is expected, not {}", other.type_str())));
            }
        };
        parse(&text).map_err(|why| self.wrong(section, name, why))
    }

    /// A whole number; 0 stands for none.
    fn count(&self, section: &str, name: &str) -> Result<Option<u64>> {
        let value = self.value_or_default(section, name);
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
        let number = number.ok_or_else(|| self.wrong(section, name, "a whole number from 0 is expected"))?;
        Ok((number > 0).then_some(number))
    }
}

fn key(section: &str, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.section == section && key.name == name)
}

/// `ip:port`, or `off`.
fn address(text: &str) -> std::result::Result<Option<SocketAddr>, String> {
    match text {
        "off" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("{text:?} is neither ip:port nor \"off\"")),
    }
}

/// RFC 3339, or nothing.
pub(crate) fn time(text: &str) -> std::result::Result<Option<SystemTime>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let time = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339);
    time.map(|time| Some(time.into()))
        .map_err(|_| format!("{text:?} is not RFC 3339, such as 2027-01-01T00:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings> {
        Settings::parse(text, "app.toml")
    }

    #[test]
    fn a_new_file_says_what_is_the_case_without_one() {
        assert_eq!(parse(&template()).unwrap(), parse("").unwrap());
        let settings = parse("").unwrap();
        assert_eq!(settings.halt_height, None);
        assert_eq!(settings.grpc, Some("127.0.0.1:9090".parse().unwrap()));
    }

    #[test]
    fn every_key_is_read() {
        let settings = parse(
            "pruning = \"everything\"\nhalt-height = 7\nhalt-time = \"2027-01-01T00:00:00Z\"\n\
             [grpc]\naddress = \"off\"\n[rest]\naddress = \"0.0.0.0:1\"\n[faucet]\naddress = \"off\"\n\
             [metrics]\naddress = \"off\"\n[state]\nmemory-gib = 3\n[execution]\nmode = \"verify\"\nthreads = 2\n\
             [log]\nformat = \"json\"\nlevel = \"info\"\n",
        );
        let settings = settings.unwrap();
        let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_798_761_600);
        let expected = Settings {
            pruning: Pruning::Everything,
            halt_height: Some(7),
            halt_time: Some(time),
            grpc: None,
            rest: Some("0.0.0.0:1".parse().unwrap()),
            faucet: None,
            metrics: None,
            state_memory: Some(3),
            exec: Mode::Verify,
            exec_threads: Some(2),
            log_format: LogFormat::Json,
            log_level: "info".to_owned(),
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn what_is_not_known_is_an_error_with_a_suggestion() {
        for (text, message, hint) in [
            ("prunning = \"default\"", "unknown key `prunning` in app.toml", "did you mean `pruning`?"),
            (
                "[grpc]\nadress = \"off\"",
                "unknown key `grpc.adress` in app.toml",
                "did you mean `grpc.address`?",
            ),
            ("halt-height = -1", "`halt-height` in app.toml cannot be used", "the default is 0"),
            ("[execution]\nmode = \"fast\"", "unknown mode \"fast\"", "the default is \"parallel\""),
            (
                "[rest]\naddress = \"here\"",
                "neither ip:port nor \"off\"",
                "the default is \"127.0.0.1:1317\"",
            ),
            ("[execution]\nthreads = 300", "300 is more than 256", "the default is 0"),
            ("halt-time = \"tomorrow\"", "is not RFC 3339", "the default is \"\""),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_text().contains(message), "{}", error.to_text());
            assert!(error.remedy().unwrap_or_default().contains(hint), "{:?}", error.remedy());
        }
    }

    #[test]
    fn settings_replace_their_defaults_in_a_new_file() {
        let home = tempfile::tempdir().unwrap();
        write_with(home.path(), &[("grpc", "address", "\"127.0.0.1:7\"".to_owned())]).unwrap();
        let settings = Settings::load(home.path()).unwrap();
        assert_eq!(settings, Settings { grpc: Some("127.0.0.1:7".parse().unwrap()), ..parse("").unwrap() });
    }
}
