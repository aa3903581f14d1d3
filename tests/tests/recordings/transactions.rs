//! The recorded transactions of bank, ante and multisig, sent in their order to one chain.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tendermint_proto::v0_38::abci::ExecTxResult;

use crate::chain::Chain;
use crate::mapping;
use crate::meant::MEANT;
use crate::resign::Resigner;
use crate::vectors::{self, Case, Event, Outcome};

/// The recorded limit is enough here, where gas is cheaper: [`Resigner`] asks for less.
const TOO_LITTLE: (&str, &str) = ("60000", "20000");

/// Figures that belong to one machine's storage and clock.
fn without_figures(log: &str) -> String {
    let mut plain = log.to_owned();
    for (start, end) in [
        ("gasUsed: ", ":"),
        ("location: ", ";"),
        ("block height: ", ","),
        ("block time: ", ", timeout"),
        ("account number (", ")"),
    ] {
        if let Some((before, rest)) = plain.split_once(start)
            && let Some(at) = rest.find(end)
        {
            plain = format!("{before}{start}...{}", &rest[at..]);
        }
    }
    plain
}

fn expected(recorded: &Outcome) -> Outcome {
    let event = |(kind, attributes): &Event| {
        let attribute = |(key, value): &(String, String)| {
            // Other bytes are signed here.
            let value = if key == "signature" { String::new() } else { mapping::text(value) };
            (key.clone(), value)
        };
        (kind.clone(), attributes.iter().map(attribute).collect())
    };
    let (theirs, ours) = TOO_LITTLE;
    Outcome {
        log: without_figures(&mapping::text(&recorded.log)).replace(theirs, ours),
        gas_wanted: recorded.gas_wanted.replace(theirs, ours),
        events: recorded.events.iter().map(event).collect(),
        ..recorded.clone()
    }
}

fn actual(result: &ExecTxResult) -> Outcome {
    let events = result.events.iter().map(|event| {
        let attributes = event.attributes.iter().map(|a| {
            assert!(a.index, "every attribute is indexed");
            let value = if a.key == "signature" { String::new() } else { a.value.clone() };
            (a.key.clone(), value)
        });
        (event.r#type.clone(), attributes.collect())
    });
    Outcome {
        code: result.code,
        codespace: result.codespace.clone(),
        log: without_figures(&result.log),
        data: Some(BASE64.encode(&result.data)).filter(|data| !data.is_empty()),
        gas_wanted: result.gas_wanted.to_string(),
        events: events.collect(),
    }
}

/// Compares; what differs goes into `found`.
fn check(chain: &Chain, case: &Case, tx: &[u8], found: &mut Vec<String>) -> bool {
    let answer = chain.check(tx);
    let ours = (answer.code, answer.codespace.as_str(), without_figures(&answer.log));
    let theirs =
        (case.check.code, case.check.codespace.as_str(), without_figures(&mapping::text(&case.check.log)));
    if !answer.events.is_empty() {
        found.push(format!("{}: CheckTx shows events", case.name));
    }
    if let Some(meant) = MEANT.iter().find(|meant| meant.case == case.name) {
        let (code, codespace, log) = meant.answer;
        if ours != (code, codespace, log.to_owned()) {
            found.push(format!(
                "{} ({}):\n  meant {:?}\n  ours  {ours:?}",
                case.name, meant.reason, meant.answer
            ));
        }
        if ours == theirs {
            found.push(format!("{} is no difference any more: take it out of the list", case.name));
        }
        return false;
    }
    if ours != theirs {
        found.push(format!("{} in CheckTx:\n  theirs {theirs:?}\n  ours   {ours:?}", case.name));
    }
    answer.code == 0
}

/// A chain on which all recorded transactions have been sent that were taken.
pub(crate) fn replayed() -> Chain {
    let mut chain = Chain::start();
    let resigner = Resigner::new(chain.pool());
    for case in cases().iter().filter(|case| case.result.is_some()) {
        let _ = chain.block(&[resigner.plain_bytes(case)]);
    }
    chain
}

fn cases() -> Vec<Case> {
    let files = ["tx_bank.json", "tx_ante.json", "tx_multisig.json"];
    files.iter().flat_map(|file| vectors::read::<Vec<Case>>(file)).collect()
}

#[test]
fn the_recorded_transactions_end_as_they_did_on_the_recorded_chain() {
    let mut chain = Chain::start();
    let resigner = Resigner::new(chain.pool());
    let cases = cases();
    assert!(cases.len() > 80, "only {} cases were read", cases.len());
    let mut found = Vec::new();
    // Consecutive cases of one recorded block share one here.
    for group in cases.chunk_by(|a, b| a.height != 0 && a.height == b.height) {
        let mut block = Vec::new();
        let mut waiting = Vec::new();
        for case in group {
            let mut tx = resigner.bytes(case);
            let mut taken = check(&chain, case, &tx, &mut found);
            if case.name == "ante_tx_raw_duplicate_body" {
                // Refused here; sent plainly it has the recorded outcome, and the account's sequence goes on.
                tx = resigner.plain_bytes(case);
                taken = chain.check(&tx).code == 0;
            }
            if taken && let Some(result) = &case.result {
                block.push(tx);
                waiting.push((case, result));
            }
        }
        if block.is_empty() {
            continue;
        }
        for ((case, recorded), result) in waiting.into_iter().zip(chain.block(&block)) {
            let (theirs, ours) = (expected(recorded), actual(&result));
            if theirs != ours {
                found.push(format!("{} in the block:\n  theirs {theirs:?}\n  ours   {ours:?}", case.name));
            }
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
