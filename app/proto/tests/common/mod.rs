//! Reading the test vectors: requests and answers of a recorded Cosmos SDK 0.55 node.
#![allow(dead_code, unreachable_pub)]

use ::base64::Engine as _;
use serde_json::Value;

/// The entries of a file in `tests/vectors`.
pub fn vectors(name: &str) -> Vec<Value> {
    // The folder where the test runs, not where it was built: built tests are kept between clones.
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let path = format!("{root}/tests/vectors/{name}");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A text entry.
pub fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap()
}

/// A number that is given as text.
pub fn number(value: &Value, key: &str) -> u64 {
    text(value, key).parse().unwrap()
}

/// Standard base64.
pub fn base64(text: &str) -> Vec<u8> {
    ::base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}
