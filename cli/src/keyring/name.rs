//! Names of keys and of address-book entries.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::address::looks_like_address;
use crate::error::{CliError, Result};

/// A name for an account: 1 to 64 letters, digits, `-`, `_` or `.`, starting with a letter or digit, and nothing
/// that could be taken for an address. It is a file name too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(String);

impl KeyName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = CliError;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Err(CliError::usage(format!("`{}` cannot be a name: {why}", text.escape_debug()))
                .hint("use up to 64 letters, digits, `-`, `_` or `.`, for example `savings-2`"))
        };
        if text.is_empty() {
            return bad("it is empty");
        }
        if text.len() > 64 {
            return bad("it is longer than 64 characters");
        }
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return bad("it does not start with a letter or digit");
        }
        if let Some(c) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.".contains(*c))) {
            return bad(&format!("`{}` is not allowed in it", c.escape_debug()));
        }
        if looks_like_address(text) {
            return bad("it looks like an address");
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for KeyName {
    type Error = CliError;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> Self {
        name.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_directory_or_pass_for_addresses() {
        for good in ["alice", "Savings-2", "a.b_c", "7"] {
            assert!(good.parse::<KeyName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../x", "a/b", "a b", "-x", "agora1abc", "é", "a\n", &"x".repeat(65)] {
            assert!(bad.parse::<KeyName>().is_err(), "{bad:?}");
        }
    }
}
