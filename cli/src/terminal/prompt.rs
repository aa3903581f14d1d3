//! Questions, asked only when someone is there to answer.

use dialoguer::{Confirm, Input};
use zeroize::Zeroizing;

use super::Terminal;
use crate::error::{CliError, Result};

impl Terminal {
    /// Asks a yes-or-no question whose default is no; `Ok(false)` when declined.
    ///
    /// `--yes` answers it. Without a terminal it fails and names `--yes`, for silence is not consent.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        if self.assumes_yes() {
            return Ok(true);
        }
        if !self.is_interactive() {
            return Err(CliError::usage(format!(
                "cannot ask for confirmation without a terminal: {question}"
            ))
            .hint("pass --yes to confirm in advance"));
        }
        Confirm::new().with_prompt(question).default(false).interact().map_err(no_answer)
    }

    /// Like [`Terminal::confirm`], but declining is an error, so that the exit code shows that nothing was done.
    pub fn require_confirmation(&self, question: &str) -> Result<()> {
        if self.confirm(question)? { Ok(()) } else { Err(CliError::usage("cancelled; nothing was changed")) }
    }

    /// Asks to type a word; anything else is an error, so that nobody agrees by habit. `--yes` does not answer it.
    ///
    /// Fails without a terminal, naming `instead` as the way out.
    pub fn require_word(&self, question: &str, word: &str, instead: &str) -> Result<()> {
        if !self.is_interactive() || self.assumes_yes() {
            return Err(CliError::usage("this needs a consent of its own").hint(instead));
        }
        let answer: String = Input::new()
            .with_prompt(question)
            .allow_empty(true)
            .interact_text()
            .map_err(|error| CliError::usage("cannot read the answer").because(error).hint(instead))?;
        if answer.trim() == word { Ok(()) } else { Err(CliError::usage("cancelled; nothing was changed")) }
    }

    /// Asks for a secret without echo. Fails without a terminal, naming `instead` as the way out.
    pub fn ask_secret(&self, prompt: &str, instead: &str) -> Result<Zeroizing<String>> {
        if !self.is_interactive() {
            return Err(
                CliError::usage(format!("cannot ask for the {prompt} without a terminal")).hint(instead)
            );
        }
        rpassword::prompt_password(format!("{prompt}: "))
            .map(Zeroizing::new)
            .map_err(|error| CliError::usage(format!("cannot read the {prompt}")).because(error))
    }
}

fn no_answer(error: dialoguer::Error) -> CliError {
    CliError::usage("cannot read the answer").because(error).hint("pass --yes to confirm in advance")
}
