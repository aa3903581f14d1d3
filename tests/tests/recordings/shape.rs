//! Two JSON documents beside each other: the same fields in the same order, the same kinds, and - where it is asked
//! for - the same texts. Figures in strings are never compared: they belong to one chain's story.

use serde_json::Value;

/// Where ours differs from theirs; empty if it does not. `exact` compares texts, numbers and flags as well.
pub(crate) fn differences(theirs: &Value, ours: &Value, exact: bool) -> Vec<String> {
    let mut found = Vec::new();
    compare("", theirs, ours, exact, &mut found);
    found
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(text) if is_figure(text) => "figure",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn is_figure(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn compare(at: &str, theirs: &Value, ours: &Value, exact: bool, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            let (theirs, ours): (Vec<_>, Vec<_>) = (a.keys().collect(), b.keys().collect());
            if theirs != ours {
                found.push(format!("{at}: fields {theirs:?}, ours {ours:?}"));
                return;
            }
            for (key, value) in a {
                compare(&format!("{at}/{key}"), value, &b[key], exact, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{at}/{i}"), a, b, exact, found);
            }
        }
        (Value::Array(a), Value::Array(b)) => match (a.first(), b.first()) {
            _ if exact => found.push(format!("{at}: {} entries, ours {}", a.len(), b.len())),
            (Some(a), Some(b)) => compare(&format!("{at}/0"), a, b, false, found),
            _ => found.push(format!("{at}: {} entries, ours {}", a.len(), b.len())),
        },
        _ if kind(theirs) != kind(ours) => found.push(format!("{at}: {theirs}, ours {ours}")),
        // A key of the database.
        _ if at.ends_with("/next_key") => {}
        _ if exact && kind(theirs) != "figure" && theirs != ours => {
            found.push(format!("{at}: {theirs}, ours {ours}"));
        }
        _ => {}
    }
}
