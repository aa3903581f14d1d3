//! What can go wrong, said so that a person can act on it, and the exit code each kind maps to.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | the request could not be carried out: bad arguments, wrong password, unknown name, unreadable file |
//! | 2 | a transaction was executed and failed, or was refused by the node |
//! | 3 | the node could not be reached or did not answer as a node does |

use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, CliError>;

/// Who has to act on an error; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The arguments, the configuration or the local files are at fault. Exit code 1.
    Usage,
    /// A transaction was executed and failed, or was refused by the node. Exit code 2.
    Execution,
    /// The node could not be reached. Exit code 3.
    Unreachable,
}

impl ErrorKind {
    /// The process exit code of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 1,
            Self::Execution => 2,
            Self::Unreachable => 3,
        }
    }

    /// The stable name in JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Execution => "execution",
            Self::Unreachable => "unreachable",
        }
    }
}

/// An error for the person at the terminal: what failed, why, and what to do about it.
///
/// The message is lower case without a trailing period. Causes run from the nearest to the deepest.
#[derive(Debug)]
pub struct CliError {
    kind: ErrorKind,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
    code: Option<(String, u32)>,
}

impl CliError {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hint: None, code: None }
    }

    /// An error in arguments, configuration or local files (exit code 1).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// A transaction that failed or was refused (exit code 2).
    pub fn execution(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Execution, message)
    }

    /// A node that cannot be reached (exit code 3).
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unreachable, message)
    }

    /// Adds the cause chain of `source`.
    pub fn because(mut self, source: impl std::error::Error) -> Self {
        let mut text = source.to_string();
        let mut next = source.source();
        loop {
            // Many errors repeat their source in their own text; once is enough.
            if !self.causes.iter().any(|cause| cause.contains(&text)) {
                self.causes.push(text);
            }
            let Some(error) = next else { break };
            text = error.to_string();
            next = error.source();
        }
        self
    }

    /// Adds what the person can do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the code space and code a chain answered with.
    pub fn code(mut self, codespace: impl Into<String>, code: u32) -> Self {
        self.code = Some((codespace.into(), code));
        self
    }

    /// The kind, which decides the exit code.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message without causes and hint.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The remedy, where one is known.
    pub fn remedy(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The JSON document printed to standard error with `--output json`.
    pub fn to_json(&self) -> serde_json::Value {
        let mut error = serde_json::Map::new();
        error.insert("kind".into(), self.kind.name().into());
        error.insert("message".into(), self.message.clone().into());
        if !self.causes.is_empty() {
            error.insert("causes".into(), self.causes.clone().into());
        }
        if let Some(hint) = &self.hint {
            error.insert("hint".into(), hint.clone().into());
        }
        if let Some((codespace, code)) = &self.code {
            error.insert("codespace".into(), codespace.clone().into());
            error.insert("code".into(), (*code).into());
        }
        serde_json::json!({ "error": error })
    }

    /// Several lines for a terminal: message, causes, code, hint.
    pub fn to_text(&self) -> String {
        let mut text = self.message.clone();
        for cause in &self.causes {
            text.push_str("\n  cause: ");
            text.push_str(cause);
        }
        if let Some((codespace, code)) = &self.code {
            text.push_str(&format!("\n  code: {code} in {codespace}"));
        }
        if let Some(hint) = &self.hint {
            text.push_str("\n  hint: ");
            text.push_str(hint);
        }
        text
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CliError {}

/// The candidate nearest to `word`, if it is near enough to be what was meant.
///
/// Letter case is ignored; one third of the letters, at least one and at most three, may differ.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = word.to_lowercase();
    let limit = (wanted.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous: Option<char> = None;
    for (i, x) in a.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&last, j) + usize::from(x != *y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if j > 0 && previous == Some(*y) && b.get(j - 1) == Some(&x) {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        previous = Some(x);
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not_offered() {
        let keys = ["chain_id", "node", "gas_price"];
        assert_eq!(nearest("chainid", keys), Some("chain_id"));
        assert_eq!(nearest("ndoe", keys), Some("node"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("aog", ["uago", "AGO"]), Some("AGO"));
    }

    #[test]
    fn an_error_tells_cause_and_remedy_in_text_and_json() {
        let io = std::io::Error::other("disk on fire");
        let error = CliError::usage("cannot write key").because(io).hint("extinguish it");
        assert_eq!(error.to_text(), "cannot write key\n  cause: disk on fire\n  hint: extinguish it");
        assert_eq!(error.to_json()["error"]["kind"], "usage");
        assert_eq!(error.kind().exit_code(), 1);
        assert_eq!(CliError::execution("x").kind().exit_code(), 2);
        assert_eq!(CliError::unreachable("x").kind().exit_code(), 3);
    }
}
