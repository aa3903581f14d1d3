//! What a query is refused with: the application's code, and the gRPC status written in its log.

use crate::error::CliError;

/// A query that the application refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    path: String,
    /// The gRPC status, for example `NotFound`; empty where the log names none.
    pub status: String,
    /// The reason.
    pub message: String,
    /// Whose code it is.
    pub codespace: String,
    /// The code.
    pub code: u32,
}

impl Refusal {
    /// Reads the log of a refused query: `rpc error: code = NotFound desc = account ... not found`.
    pub fn parse(path: &str, codespace: &str, code: u32, log: &str) -> Self {
        let (status, message) = match log.split_once("rpc error: code = ") {
            Some((before, rest)) => {
                let (status, text) = rest.split_once(" desc = ").unwrap_or((rest, ""));
                let text = if text.is_empty() { before.trim_end_matches(": ") } else { text };
                (status.trim().to_owned(), text.to_owned())
            }
            None => (String::new(), log.to_owned()),
        };
        // Some nodes append the registered text of the code to the status: it repeats what the status says.
        let message = message.trim().strip_suffix(": key not found").unwrap_or(message.trim()).to_owned();
        Self { path: path.to_owned(), status, message, codespace: codespace.to_owned(), code }
    }

    /// Whether what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.status == "NotFound" || (self.codespace == "sdk" && matches!(self.code, 22 | 38))
    }

    /// Whether the node does not serve the path at all.
    pub fn is_unserved(&self) -> bool {
        matches!(self.status.as_str(), "Unimplemented" | "Unimplemented service")
            || self.message.contains("unknown query path")
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        let text = if refusal.message.is_empty() { "no reason was given" } else { &refusal.message };
        if refusal.is_unserved() {
            return CliError::usage(format!("this node does not serve {}", refusal.path))
                .code(refusal.codespace, refusal.code)
                .hint("it may run another version; `agora status` shows which");
        }
        let hint = match refusal.status.as_str() {
            "InvalidArgument" => "check the arguments; --help shows what they mean",
            "Unauthenticated" | "PermissionDenied" => "this node does not answer that to everyone",
            "ResourceExhausted" => "ask for less: lower --limit, or page with --page-key",
            "FailedPrecondition" | "OutOfRange" => "the node keeps recent heights only; try without --height",
            _ if text.contains("pruned") || text.contains("no longer available") => {
                "the node keeps recent heights only; try without --height"
            }
            _ => "",
        };
        let error = CliError::usage(text.to_owned());
        // A code of 0 cannot be: it would not be a refusal.
        let error =
            if refusal.codespace.is_empty() { error } else { error.code(refusal.codespace, refusal.code) };
        if hint.is_empty() { error } else { error.hint(hint) }
    }
}

/// The sequence an account must use, read from `account sequence mismatch, expected 5, got 4`.
pub(crate) fn expected_sequence(log: &str) -> Option<u64> {
    let (_, rest) = log.split_once("expected ")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grpc_status_in_a_log_becomes_a_readable_error() {
        let log = "rpc error: code = NotFound desc = account agora1xyz not found: key not found";
        let refusal = Refusal::parse("/cosmos.auth.v1beta1.Query/Account", "sdk", 22, log);
        assert!(refusal.is_not_found());
        let error = CliError::from(refusal);
        assert_eq!(error.message(), "account agora1xyz not found");
        assert_eq!(error.kind().exit_code(), 1);
    }

    #[test]
    fn an_unknown_path_says_that_the_node_does_not_serve_it() {
        let refusal = Refusal::parse("/a.B/C", "sdk", 6, "unknown query path: unknown request");
        assert!(CliError::from(refusal).to_text().contains("does not serve /a.B/C"));
    }

    #[test]
    fn a_log_without_status_is_shown_as_it_is() {
        let refusal = Refusal::parse("/x", "bank", 7, "boom");
        assert_eq!((refusal.status.as_str(), refusal.message.as_str()), ("", "boom"));
        assert!(CliError::from(refusal).to_text().contains("code: 7 in bank"));
    }
}
