//! Everything that touches the terminal: output modes, colour, tables, questions, spinners.
//!
//! Results go to standard output; remarks, warnings, questions and errors go to standard error, so that a
//! pipe only ever carries results.

mod prompt;
mod spinner;
mod table;

use std::io::{self, IsTerminal, Write};

use owo_colors::OwoColorize;
use serde::Serialize;

pub use spinner::Spinner;
pub use table::Table;

use crate::error::{CliError, Result};

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// For people: tables on a terminal, aligned columns in a pipe.
    #[default]
    Text,
    /// For programs: one JSON document with a stable schema.
    Json,
}

/// What the process may write to and ask of its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    format: OutputFormat,
    stdin_tty: bool,
    stdout_tty: bool,
    stderr_tty: bool,
    colour: bool,
    assume_yes: bool,
}

impl Terminal {
    /// Looks at the process's streams and at `NO_COLOR` and `TERM`.
    ///
    /// `no_colour` and `assume_yes` are the flags `--no-color` and `--yes`.
    pub fn detect(format: OutputFormat, no_colour: bool, assume_yes: bool) -> Self {
        let forbidden = no_colour
            || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            format,
            stdin_tty: io::stdin().is_terminal(),
            stdout_tty: io::stdout().is_terminal(),
            stderr_tty: io::stderr().is_terminal(),
            colour: !forbidden,
            assume_yes,
        }
    }

    /// The output format in force.
    pub fn format(&self) -> OutputFormat {
        self.format
    }

    /// The same terminal with another output format.
    pub fn with_format(self, format: OutputFormat) -> Self {
        Self { format, ..self }
    }

    /// Whether results are JSON documents.
    pub fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }

    /// Whether questions can be asked: input and standard error are a terminal.
    pub fn is_interactive(&self) -> bool {
        self.stdin_tty && self.stderr_tty
    }

    /// Whether standard input is a terminal rather than a pipe or file.
    pub fn stdin_is_terminal(&self) -> bool {
        self.stdin_tty
    }

    /// Whether standard output is a terminal.
    pub fn stdout_is_terminal(&self) -> bool {
        self.stdout_tty
    }

    /// Whether `--yes` was given.
    pub fn assumes_yes(&self) -> bool {
        self.assume_yes
    }

    /// Whether results may be coloured.
    pub fn colours_stdout(&self) -> bool {
        self.colour && self.stdout_tty && self.format == OutputFormat::Text
    }

    /// Whether remarks may be coloured.
    pub fn colours_stderr(&self) -> bool {
        self.colour && self.stderr_tty
    }

    /// Writes one line of results.
    pub fn line(&self, text: impl AsRef<str>) -> Result<()> {
        self.raw(format!("{}\n", text.as_ref()))
    }

    /// Writes results as they are, without a line end.
    pub fn raw(&self, text: impl AsRef<[u8]>) -> Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_ref()).and_then(|()| out.flush()) {
            // The reader of the pipe has seen enough (`| head`); that is not a failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(CliError::usage("cannot write to standard output").because(error)),
            Ok(()) => Ok(()),
        }
    }

    /// Writes a JSON document, two spaces deep, keys in the order the value gives them.
    pub fn json(&self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| CliError::usage("cannot write the result as JSON").because(error))?;
        self.line(text)
    }

    /// Writes a table of results.
    pub fn table(&self, table: &Table) -> Result<()> {
        self.raw(table.render(self.stdout_tty, self.colours_stdout()))
    }

    /// A remark on standard error; silent with JSON output, where nobody reads along.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.is_json() {
            self.stderr_line(text.as_ref());
        }
    }

    /// A warning on standard error, in every output format.
    pub fn warn(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        if self.colours_stderr() {
            self.stderr_line(&format!("{} {text}", "warning:".yellow().bold()));
        } else {
            self.stderr_line(&format!("warning: {text}"));
        }
    }

    /// An error on standard error: text, or a JSON document with `--output json`.
    pub fn error(&self, error: &CliError) {
        if self.is_json() {
            self.stderr_line(&error.to_json().to_string());
        } else if self.colours_stderr() {
            self.stderr_line(&format!("{} {}", "error:".red().bold(), error.to_text()));
        } else {
            self.stderr_line(&format!("error: {}", error.to_text()));
        }
    }

    /// Emphasised text for results, plain where colour is off.
    pub fn bold(&self, text: &str) -> String {
        if self.colours_stdout() { text.bold().to_string() } else { text.to_owned() }
    }

    /// Text in green for results, plain where colour is off.
    pub fn green(&self, text: &str) -> String {
        if self.colours_stdout() { text.green().to_string() } else { text.to_owned() }
    }

    /// Text in red for results, plain where colour is off.
    pub fn red(&self, text: &str) -> String {
        if self.colours_stdout() { text.red().to_string() } else { text.to_owned() }
    }

    /// Text that matters less, plain where colour is off.
    pub fn dim(&self, text: &str) -> String {
        if self.colours_stdout() { text.dimmed().to_string() } else { text.to_owned() }
    }

    /// A spinner on standard error; invisible without a terminal or with JSON output.
    pub fn spinner(&self, message: impl Into<String>) -> Spinner {
        Spinner::start(self.stderr_tty && !self.is_json(), self.colours_stderr(), message.into())
    }

    fn stderr_line(&self, text: &str) {
        // Nothing is left to tell anyone when standard error is gone.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}
