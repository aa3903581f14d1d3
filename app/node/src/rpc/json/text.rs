//! JSON text as CometBFT writes it: compact, with `<`, `>`, `&`, U+2028 and U+2029 escaped.

use std::io;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

/// `value` as compact text.
pub(crate) fn render(value: &Value) -> String {
    let mut out = Vec::new();
    // Writing a Value into memory cannot fail; the empty text stands for the impossible.
    if value.serialize(&mut Serializer::with_formatter(&mut out, HtmlSafe)).is_err() {
        return String::new();
    }
    String::from_utf8(out).unwrap_or_default()
}

/// JSON text without the white space between its tokens; numbers and strings stay as they were written.
pub(crate) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else if c == '"' {
            in_string = true;
        }
        match escape_of(c) {
            Some(escape) if in_string => out.push_str(escape),
            _ => out.push(c),
        }
    }
    out
}

fn escape_of(c: char) -> Option<&'static str> {
    match c {
        '<' => Some("\\u003c"),
        '>' => Some("\\u003e"),
        '&' => Some("\\u0026"),
        '\u{2028}' => Some("\\u2028"),
        '\u{2029}' => Some("\\u2029"),
        _ => None,
    }
}

struct HtmlSafe;

impl Formatter for HtmlSafe {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| escape_of(*c).is_some()) {
            let (before, after) = rest.split_at(at);
            CompactFormatter.write_string_fragment(writer, before)?;
            writer.write_all(escape_of(c).unwrap_or_default().as_bytes())?;
            rest = after.strip_prefix(c).unwrap_or_default();
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn angle_brackets_ampersands_and_line_separators_are_escaped() {
        let text = render(&json!({"log": "a <b> & c\u{2028}\u{2029} \u{e9}\n\u{1}\u{7f}\u{8}"}));
        let expected = "{\"log\":\"a \\u003cb\\u003e \\u0026 c\\u2028\\u2029 \u{e9}\\n\\u0001\u{7f}\\b\"}";
        assert_eq!(text, expected);
    }

    #[test]
    fn keys_keep_their_order() {
        assert_eq!(render(&json!({"z": 1, "a": "x", "m": null})), r#"{"z":1,"a":"x","m":null}"#);
    }

    #[test]
    fn compacting_touches_nothing_inside_strings() {
        let text = "{ \"a b\" : [ 1.50 , \"x \\\" y\" ],\n\t\"c\": \"<\" }";
        assert_eq!(compact(text), "{\"a b\":[1.50,\"x \\\" y\"],\"c\":\"\\u003c\"}");
    }
}
