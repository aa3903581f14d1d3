//! The parameters of a call, from a JSON object or list (POST, WebSocket) or from a query string (URI).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::json::render;
use super::jsonrpc::{Fault, kind_of};
use super::syntax;

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole number, in JSON written as a string.
    Int,
    /// A whole number that is not negative.
    Uint,
    /// Text.
    Text,
    /// `true` or `false`.
    Flag,
    /// Bytes, in JSON written in base64.
    Base64,
    /// A transaction: bytes, in JSON written in base64.
    Tx,
    /// Bytes, in JSON written in hex.
    Hex,
    /// Evidence, tagged by its kind; only the tag is looked at.
    Evidence,
}

/// The name and kind of a parameter.
pub(crate) type Param = (&'static str, Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Arg {
    Int(i64),
    Text(String),
    Flag(bool),
    Bytes(Vec<u8>),
}

/// The parameters given in a call, checked against those of the method.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args(Vec<(&'static str, Arg)>);

impl Args {
    /// Whether the parameter is absent.
    pub(crate) fn lacks(&self, name: &str) -> bool {
        self.find(name).is_none()
    }

    /// A number, if it was given.
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        match self.find(name) {
            Some(Arg::Int(n)) => Some(*n),
            _ => None,
        }
    }

    /// Text; empty if it was not given.
    pub(crate) fn text(&self, name: &str) -> &str {
        match self.find(name) {
            Some(Arg::Text(s)) => s,
            _ => "",
        }
    }

    /// A flag; false if it was not given.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.find(name), Some(Arg::Flag(true)))
    }

    /// Bytes; none if they were not given.
    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        match self.find(name) {
            Some(Arg::Bytes(b)) => b,
            _ => &[],
        }
    }

    fn find(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, arg)| arg)
    }

    /// Reads the `params` of a request.
    ///
    /// # Errors
    /// An invalid-params fault that names the place.
    pub(crate) fn from_json(params: Option<&Value>, expected: &'static [Param]) -> Result<Self, Fault> {
        Self::read_json(params, expected)
            .map_err(|e| Fault::invalid_params(format!("error converting json params to arguments: {e}")))
    }

    fn read_json(params: Option<&Value>, expected: &'static [Param]) -> Result<Self, String> {
        let mut args = Vec::new();
        let mut read = |(name, kind): &Param, value: &Value| -> Result<(), String> {
            if !value.is_null() {
                args.push((*name, kind.read_json(value)?));
            }
            Ok(())
        };
        match params {
            None | Some(Value::Null) => {}
            Some(Value::Object(map)) => {
                for param in expected {
                    if let Some(value) = map.get(param.0) {
                        read(param, value)?;
                    }
                }
            }
            Some(Value::Array(list)) => {
                if list.len() != expected.len() {
                    return Err(wrong_number(list, expected));
                }
                for (param, value) in expected.iter().zip(list) {
                    read(param, value)?;
                }
            }
            Some(other) => {
                let kind = kind_of(other);
                return Err(format!(
                    "unknown type for JSON params: json: cannot unmarshal {kind} into Go value of type \
                     []json.RawMessage. Expected map or array"
                ));
            }
        }
        Ok(Self(args))
    }

    /// Reads the query string of a URI request.
    ///
    /// # Errors
    /// An invalid-params fault that names the place.
    pub(crate) fn from_uri(query: &str, expected: &'static [Param]) -> Result<Self, Fault> {
        let given = parse_query(query);
        let mut args = Vec::new();
        for (name, kind) in expected {
            let Some((_, text)) = given.iter().find(|(n, _)| n == name) else { continue };
            if text.is_empty() {
                continue;
            }
            let read = kind.read_uri(text).map_err(|e| {
                Fault::invalid_params(format!("error converting http params to arguments: {e}"))
            })?;
            args.extend(read.map(|arg| (*name, arg)));
        }
        Ok(Self(args))
    }
}

/// Counts parameters as CometBFT does, whose text shows them as lists of byte values.
fn wrong_number(list: &[Value], expected: &[Param]) -> String {
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let shown: Vec<String> = list
        .iter()
        .map(|v| {
            let bytes: Vec<String> = render(v).bytes().take(256).map(|b| b.to_string()).collect();
            format!("[{}]", bytes.join(" "))
        })
        .take(16)
        .collect();
    format!(
        "expected {} parameters ([{}]), got {} ([{}])",
        expected.len(),
        names.join(" "),
        list.len(),
        shown.join(" ")
    )
}

impl Kind {
    fn read_json(self, value: &Value) -> Result<Arg, String> {
        let mismatch = |go_type: &str| {
            format!("json: cannot unmarshal {} into Go value of type {go_type}", kind_of(value))
        };
        match (self, value) {
            (Self::Int | Self::Uint, Value::String(text)) => self.read_number(text),
            (Self::Int | Self::Uint, _) => {
                Err(format!("invalid 64-bit integer encoding {}, expected string", quoted(&render(value))))
            }
            (Self::Text, Value::String(text)) => Ok(Arg::Text(text.clone())),
            (Self::Text, _) => Err(mismatch("string")),
            (Self::Flag, Value::Bool(flag)) => Ok(Arg::Flag(*flag)),
            (Self::Flag, _) => Err(mismatch("bool")),
            (Self::Base64 | Self::Tx, Value::String(text)) => base64_bytes(text).map(Arg::Bytes),
            (Self::Base64, _) => Err(mismatch("[]uint8")),
            (Self::Tx, _) => Err(mismatch("types.Tx")),
            (Self::Hex, Value::String(text)) => hex_bytes(text).map(Arg::Bytes),
            (Self::Hex, _) => Err(format!("invalid hex string: {}", render(value))),
            (Self::Evidence, _) => match value.get("type").and_then(Value::as_str) {
                Some("tendermint/DuplicateVoteEvidence" | "tendermint/LightClientAttackEvidence") => {
                    Ok(Arg::Flag(true))
                }
                Some(other) => Err(format!("unknown type {}", quoted(other))),
                None => Err("evidence is an object with type and value".to_owned()),
            },
        }
    }

    fn read_number(self, text: &str) -> Result<Arg, String> {
        let parsed = text.parse::<i64>().ok().filter(|n| self == Self::Int || *n >= 0);
        // "+5" and "007" are numbers to Rust and not to JSON.
        match (parsed, syntax::error(text.as_bytes())) {
            (Some(n), None) => Ok(Arg::Int(n)),
            (_, Some(message)) => Err(message),
            (None, None) => {
                let go_type = if self == Self::Int { "int64" } else { "uint" };
                Err(format!("json: cannot unmarshal number {text} into Go value of type {go_type}"))
            }
        }
    }

    fn read_uri(self, text: &str) -> Result<Option<Arg>, String> {
        if matches!(self, Self::Int | Self::Uint) && is_integer(text) {
            return self.read_number(text).map(Some);
        }
        let lower = text.get(..2).map(str::to_ascii_lowercase);
        if let (Some("0x"), Some(digits)) = (lower.as_deref(), text.get(2..)) {
            return match self {
                Self::Text => {
                    let bytes = hex_bytes(digits)?;
                    Ok(Some(Arg::Text(String::from_utf8_lossy(&bytes).into_owned())))
                }
                Self::Base64 | Self::Tx | Self::Hex => hex_bytes(digits).map(|b| Some(Arg::Bytes(b))),
                Self::Int => Err("got a hex string arg, but expected 'int64'".to_owned()),
                Self::Uint => Err("got a hex string arg, but expected 'uint'".to_owned()),
                Self::Flag => Err("got a hex string arg, but expected 'bool'".to_owned()),
                Self::Evidence => Err("got a hex string arg, but expected 'interface'".to_owned()),
            };
        }
        if matches!(self, Self::Int | Self::Uint) && !(text.starts_with('"') && text.ends_with('"')) {
            return Err(format!("invalid 64-bit integer encoding {}, expected string", quoted(text)));
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|e| syntax::error(text.as_bytes()).unwrap_or_else(|| e.to_string()))?;
        match (self, value) {
            (_, Value::Null) => Ok(None),
            // Quoted text stands for its own bytes.
            (Self::Base64 | Self::Tx | Self::Hex, Value::String(s)) => Ok(Some(Arg::Bytes(s.into_bytes()))),
            (_, value) => self.read_json(&value).map(Some),
        }
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// `text` in double quotes, with the quotes and backslashes inside escaped.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn base64_bytes(text: &str) -> Result<Vec<u8>, String> {
    // Line breaks inside are allowed, as in the standard MIME form.
    let joined: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD.decode(&joined).map_err(|e| {
        let at = match e {
            base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
            _ => joined.len(),
        };
        format!("illegal base64 data at input byte {at}")
    })
}

fn hex_bytes(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|e| match e {
        hex::FromHexError::InvalidHexCharacter { c, .. } => {
            format!("encoding/hex: invalid byte: U+{:04X} '{}'", u32::from(c), c.escape_default())
        }
        _ => "encoding/hex: odd length hex string".to_owned(),
    })
}

/// The pairs of a query string, percent-decoded.
fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name), percent_decode(value))
        })
        .collect()
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let ahead: Vec<u8> = bytes.clone().take(2).collect();
                match hex::decode(&ahead).as_deref() {
                    Ok([decoded]) => {
                        out.push(*decoded);
                        bytes.by_ref().take(2).for_each(drop);
                    }
                    _ => out.push(byte),
                }
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PARAMS: &[Param] = &[
        ("height", Kind::Int),
        ("chunk", Kind::Uint),
        ("query", Kind::Text),
        ("prove", Kind::Flag),
        ("tx", Kind::Tx),
        ("data", Kind::Hex),
    ];

    #[test]
    fn json_parameters_are_read_by_name() {
        let params = json!({"height": "-5", "chunk": "7", "query": "a='b'", "prove": true, "tx": "AAEC",
                            "data": "0aFF", "unknown": {}});
        let args = Args::from_json(Some(&params), PARAMS).unwrap();
        assert_eq!(args.int("height"), Some(-5));
        assert_eq!(args.int("chunk"), Some(7));
        assert_eq!(args.text("query"), "a='b'");
        assert!(args.flag("prove"));
        assert_eq!(args.bytes("tx"), [0, 1, 2]);
        assert_eq!(args.bytes("data"), [0x0a, 0xff]);
    }

    #[test]
    fn bad_json_parameters_are_named() {
        for (params, expected) in [
            (json!({"height": 5}), "invalid 64-bit integer encoding \"5\", expected string"),
            (json!({"height": "1.5"}), "json: cannot unmarshal number 1.5 into Go value of type int64"),
            (json!({"height": "+5"}), "invalid character '+' looking for beginning of value"),
            (json!({"height": ""}), "unexpected end of JSON input"),
            (
                json!({"height": "99999999999999999999"}),
                "json: cannot unmarshal number 99999999999999999999 into Go value of type int64",
            ),
            (json!({"chunk": "-1"}), "json: cannot unmarshal number -1 into Go value of type uint"),
            (json!({"query": 5}), "json: cannot unmarshal number into Go value of type string"),
            (json!({"prove": "x"}), "json: cannot unmarshal string into Go value of type bool"),
            (json!({"tx": "!!!"}), "illegal base64 data at input byte 0"),
            (json!({"data": "abc"}), "encoding/hex: odd length hex string"),
        ] {
            let fault = Args::from_json(Some(&params), PARAMS).unwrap_err();
            assert_eq!(fault.data, format!("error converting json params to arguments: {expected}"));
            assert_eq!(fault.code, -32602);
        }
    }

    #[test]
    fn uri_parameters_follow_the_conventions_of_uris() {
        let query = "height=%225%22&chunk=7&query=%22a=%27b%27+c%22&prove=true&tx=0x00ff&data=%22hi%22";
        let args = Args::from_uri(query, PARAMS).unwrap();
        assert_eq!(args.int("height"), Some(5));
        assert_eq!(args.int("chunk"), Some(7));
        assert_eq!(args.text("query"), "a='b' c");
        assert!(args.flag("prove"));
        assert_eq!(args.bytes("tx"), [0x00, 0xff]);
        assert_eq!(args.bytes("data"), b"hi");
    }

    #[test]
    fn bad_uri_parameters_are_named() {
        for (query, expected) in [
            ("height=abc", "invalid 64-bit integer encoding \"abc\", expected string"),
            ("height=0x05", "got a hex string arg, but expected 'int64'"),
            ("query=tx.height", "invalid character 'x' in literal true (expecting 'r')"),
            ("tx=38D6", "invalid character 'D' after top-level value"),
            ("tx=0xzz", "encoding/hex: invalid byte: U+007A 'z'"),
        ] {
            let fault = Args::from_uri(query, PARAMS).unwrap_err();
            assert_eq!(fault.data, format!("error converting http params to arguments: {expected}"));
        }
    }

    #[test]
    fn broken_percent_encoding_is_kept_as_it_is() {
        assert_eq!(percent_decode("a%2Gb%"), "a%2Gb%");
        assert_eq!(percent_decode("%e2%82%ac"), "\u{20ac}");
    }
}
