//! JSON text as Go writes it: compact, with the HTML escapes.

use serde_json::{Map, Number, Value};
use std::fmt::Write as _;

/// Compact text of `value`, keys in the order of the map.
pub(crate) fn to_string(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, false);
    out
}

/// Compact text of `value`, keys of every object sorted by their bytes.
pub(crate) fn to_sorted_string(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, true);
    out
}

// Recursion is as deep as the value, whose depth its makers bound.
fn write(out: &mut String, value: &Value, sorted: bool) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(n) => write_number(out, n),
        Value::String(s) => write_text(out, s),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(out, item, sorted);
            }
            out.push(']');
        }
        Value::Object(map) => write_object(out, map, sorted),
    }
}

fn write_object(out: &mut String, map: &Map<String, Value>, sorted: bool) {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    if sorted {
        entries.sort_unstable_by_key(|(key, _)| *key);
    }
    out.push('{');
    for (i, (key, value)) in entries.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_text(out, key);
        out.push(':');
        write(out, value, sorted);
    }
    out.push('}');
}

/// Integers exactly; others in the shortest form, with an exponent outside 1e-6..1e21 as Go and JavaScript do.
fn write_number(out: &mut String, number: &Number) {
    let float = match number.as_f64() {
        Some(float) if number.is_f64() => float,
        _ => {
            // Writing to a string cannot fail.
            let _ = write!(out, "{number}");
            return;
        }
    };
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{float:e}");
        match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => {
                let _ = write!(out, "{mantissa}e+{exponent}");
            }
            _ => out.push_str(&text),
        }
    } else {
        let _ = write!(out, "{float}");
    }
}

/// A JSON string with Go's escapes.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => "",
            _ => continue,
        };
        out.push_str(text.get(plain..at).unwrap_or_default());
        if short.is_empty() {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push_str(short);
        }
        plain = at + c.len_utf8();
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn html_and_line_separators_are_escaped_and_other_unicode_is_not() {
        assert_eq!(
            to_string(&json!("<b>&\"\\/'\n\t\r\u{8}\u{c}\0\u{1f}\u{7f}é😀\u{2028}\u{2029}")),
            "\"\\u003cb\\u003e\\u0026\\\"\\\\/'\\n\\t\\r\\b\\f\\u0000\\u001f\u{7f}é😀\\u2028\\u2029\""
        );
    }

    #[test]
    fn keys_keep_their_order_or_are_sorted_at_every_level() {
        let value = json!({"b": [{"z": 1, "a": null}], "a": {}});
        assert_eq!(to_string(&value), r#"{"b":[{"z":1,"a":null}],"a":{}}"#);
        assert_eq!(to_sorted_string(&value), r#"{"a":{},"b":[{"a":null,"z":1}]}"#);
    }

    #[test]
    fn floats_take_the_form_that_go_and_javascript_share() {
        for (value, text) in [
            (0.1, "0.1"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-7"),
            (-2.5, "-2.5"),
        ] {
            assert_eq!(to_string(&json!(value)), text);
        }
    }
}
