//! A refused or failed transaction, explained.

use agora_framework::errors::sdk;

pub(super) use crate::client::status::expected_sequence;
use crate::error::CliError;

/// Whether the account's sequence was not the one signed.
pub(super) fn is_sequence_mismatch(codespace: &str, code: u32) -> bool {
    codespace == "sdk" && code == 32
}

/// The error of a transaction that the node refused or a block failed; exit code 2.
pub(super) fn explain(what: &str, codespace: &str, code: u32, log: &str) -> CliError {
    let reason = reason_of(log);
    let error = CliError::execution(format!("{what}: {reason}")).code(codespace, code);
    match hint(codespace, code) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// The error of a rehearsal that failed; exit code 2. The node gives the reason as text, its code is the query's own.
pub(super) fn explain_rehearsal(message: &str) -> CliError {
    let reason = match message.rsplit_once(" with gas used: ") {
        Some((reason, _)) => reason,
        None => message,
    };
    let reason = reason_of(reason);
    let error = CliError::execution(format!("the transaction would fail: {reason}"));
    // The registered text of the code ends the reason.
    let known = sdk::ALL.iter().find(|code| reason.ends_with(code.text));
    match known.and_then(|code| hint("sdk", code.code)) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// The log without what only developers of the chain want to know: the status in front, the line of code in brackets.
fn reason_of(log: &str) -> String {
    let log = match log.strip_prefix("rpc error: code = ").and_then(|rest| rest.split_once(" desc = ")) {
        Some((_, text)) => text,
        None => log,
    };
    let mut text = log.trim().to_owned();
    if let Some((before, rest)) = log.split_once(" [")
        && let Some((place, after)) = rest.split_once(']')
        && place.contains(".go:")
    {
        text = format!("{}{}", before.trim_start(), after.trim_end());
    }
    if text.is_empty() { "no reason was given".to_owned() } else { text }
}

/// What a person can do about a code of the `sdk` code space.
fn hint(codespace: &str, code: u32) -> Option<&'static str> {
    if codespace == "dex" {
        return match code {
            3 => Some("the price moved meanwhile: try again, or allow more with --slippage"),
            4 => Some("the swap came too late: try again, or allow more time with --deadline"),
            6 => Some("the pool cannot exchange that much at once: try less"),
            12 => Some("try again later; `agora tx dex swap` looks for a way around a halted pool"),
            13 => Some("swap less at once, or the rest in a later block"),
            14 => Some("swap less, or wait until the reason says"),
            _ => None,
        };
    }
    if codespace != "sdk" {
        return None;
    }
    Some(match code {
        2 => "the bytes are not a transaction of this chain; make it anew",
        10 => "give amounts above zero, each denom once",
        18 => "a field of the message is not allowed as it is; the reason above says which",
        4 => "the signature does not fit: check --chain-id, --sequence and the key given with --from",
        5 => {
            "see what the account holds: agora query bank balances ACCOUNT; on a devnet: agora tx faucet ACCOUNT"
        }
        7 => "check the addresses; `agora address show NAME` tells what a name stands for",
        8 => "this account must sign with the public key it used before",
        9 => "the account does not exist before it receives coins; on a devnet: agora tx faucet ACCOUNT",
        11 => "raise the gas limit: --gas-adjustment 1.6, or --gas N",
        12 => "shorten the note",
        13 => "offer more: leave out --fees and --gas-price to pay what the chain asks",
        14 | 15 => "each signer signs once: sign again with `agora tx sign`",
        19 => "the node has this very transaction already: agora tx show HASH",
        20 => "the node's pool is full; try again soon, or offer a higher --gas-price",
        21 => "split the transaction into smaller ones",
        24 => "the key given with --from is not that of the account that must sign",
        28 => "the transaction was signed for another chain; check --chain-id and --profile, and sign anew",
        30 | 42 => "the transaction came too late; raise --timeout-height or --timeout and sign again",
        32 => "another transaction of this account came in between; try again, or use --unordered",
        37 => "this chain does not support that",
        41 => "the gas limit is out of bounds; leave out --gas to have it set",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expected_sequence_is_read_from_the_log() {
        let log = "account sequence mismatch, expected 12, got 11: incorrect account sequence";
        assert_eq!(expected_sequence(log), Some(12));
        assert_eq!(expected_sequence("nothing of the kind"), None);
    }

    #[test]
    fn a_failed_rehearsal_is_explained_by_its_text() {
        let message = "spendable balance 1uago is smaller than 2uago: insufficient funds \
                       [cosmos/x/bank/keeper/send.go:1] with gas used: '51843'";
        let text = explain_rehearsal(message).to_text();
        assert!(
            text.starts_with("the transaction would fail: spendable balance") && !text.contains("gas used"),
            "{text}"
        );
        assert!(text.contains("bank balances"), "{text}");
    }

    #[test]
    fn a_refusal_names_reason_code_and_remedy_and_is_exit_code_2() {
        let log = "failed to execute message; message index: 0: spendable balance 1uago is smaller than 2uago: insufficient funds";
        let error = explain("the transaction failed", "sdk", 5, log);
        let text = error.to_text();
        assert_eq!(error.kind().exit_code(), 2);
        assert!(
            text.contains("insufficient funds")
                && text.contains("code: 5 in sdk")
                && text.contains("bank balances"),
            "{text}"
        );
        for code in [4, 11, 13, 32] {
            assert!(explain("x", "sdk", code, "y").remedy().is_some(), "{code}");
        }
        assert!(explain("x", "dex", 3, "y").to_text().contains("--slippage"));
        assert!(explain("x", "dex", 2, "y").remedy().is_none());
        assert!(explain("x", "other", 4, "y").remedy().is_none());
    }
}
