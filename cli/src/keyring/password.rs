//! Where passwords come from.

use std::cell::OnceCell;
use std::fs::File;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::name::KeyName;
use crate::error::{CliError, Result};
use crate::files;
use crate::terminal::Terminal;

/// Shorter passwords are refused for new keys.
const MIN_LENGTH: usize = 8;
/// The ways to give a password without a terminal, for hints.
const WITHOUT_TERMINAL: &str = "without a terminal use --password-file, --password-fd or AGORA_PASSWORD";

/// Something that knows passwords.
pub trait Passwords {
    /// The password of an existing key.
    fn current(&self, name: &KeyName) -> Result<Zeroizing<String>>;
    /// A password for a new or newly exported key; long enough, and typed twice where it is typed.
    fn fresh(&self, name: &KeyName) -> Result<Zeroizing<String>>;
}

/// Where the person or script has put the password.
#[derive(Clone, Debug)]
enum Source {
    Prompt,
    File(PathBuf),
    Fd(u32),
    Text(Zeroizing<String>),
}

/// Passwords from the first of: `--password-file`, `--password-fd`, `AGORA_PASSWORD_FILE`, `AGORA_PASSWORD`, a prompt.
#[derive(Debug)]
pub struct PasswordSource {
    source: Source,
    terminal: Terminal,
    /// A descriptor can be read only once, and several keys may be needed.
    read: OnceCell<Zeroizing<String>>,
}

impl PasswordSource {
    /// Picks the source by the flags, then by the environment.
    pub fn new(terminal: Terminal, file: Option<PathBuf>, fd: Option<u32>) -> Self {
        let from_env = || {
            let file = std::env::var_os("AGORA_PASSWORD_FILE").filter(|path| !path.is_empty());
            file.map(|path| Source::File(path.into())).or_else(|| {
                std::env::var("AGORA_PASSWORD").ok().map(|text| Source::Text(Zeroizing::new(text)))
            })
        };
        let source =
            file.map(Source::File).or(fd.map(Source::Fd)).or_else(from_env).unwrap_or(Source::Prompt);
        Self { source, terminal, read: OnceCell::new() }
    }

    /// Always asks.
    pub fn prompt(terminal: Terminal) -> Self {
        Self { source: Source::Prompt, terminal, read: OnceCell::new() }
    }

    /// The password from a place that needs no prompt, or `None`.
    fn given(&self) -> Result<Option<Zeroizing<String>>> {
        if let Some(text) = self.read.get() {
            return Ok(Some(text.clone()));
        }
        let text = match &self.source {
            Source::Prompt => return Ok(None),
            Source::Text(text) => text.clone(),
            Source::File(path) => first_line(files::read_text(path)?, &path.display().to_string())?,
            Source::Fd(fd) => {
                let name = format!("file descriptor {fd}");
                let file = File::open(format!("/dev/fd/{fd}")).map_err(|error| {
                    CliError::usage(format!("cannot open {name}"))
                        .because(error)
                        .hint("pass it like `--password-fd 3 3<file`")
                })?;
                first_line(files::text_of(file, &name)?, &name)?
            }
        };
        Ok(Some(self.read.get_or_init(|| text).clone()))
    }
}

impl Passwords for PasswordSource {
    fn current(&self, name: &KeyName) -> Result<Zeroizing<String>> {
        match self.given()? {
            Some(text) => Ok(text),
            None => self.terminal.ask_secret(&format!("password of `{name}`"), WITHOUT_TERMINAL),
        }
    }

    fn fresh(&self, name: &KeyName) -> Result<Zeroizing<String>> {
        let text = match self.given()? {
            Some(text) => text,
            None => {
                let text =
                    self.terminal.ask_secret(&format!("new password for `{name}`"), WITHOUT_TERMINAL)?;
                check_length(&text)?;
                let again = self.terminal.ask_secret("same password again", WITHOUT_TERMINAL)?;
                if text != again {
                    return Err(CliError::usage("the two passwords differ; nothing was changed"));
                }
                text
            }
        };
        check_length(&text)?;
        Ok(text)
    }
}

fn check_length(text: &str) -> Result<()> {
    if text.chars().count() < MIN_LENGTH {
        return Err(CliError::usage(format!("the password has fewer than {MIN_LENGTH} characters"))
            .hint("a few random words make a good one"));
    }
    Ok(())
}

/// Editors and `echo` end files with a line end that is not meant.
fn first_line(text: Zeroizing<String>, name: &str) -> Result<Zeroizing<String>> {
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
        _ => Err(CliError::usage(format!("{name} holds no password"))
            .hint("its first line is taken as the password")),
    }
}
