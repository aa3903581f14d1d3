//! The JSON that amino wallets sign, and the binary amino form of public keys.

use serde_json::Value;

use crate::error::{CliError, Result};

/// The amino prefix of a secp256k1 key and the length of what follows.
const SECP256K1_PREFIX: [u8; 5] = [0xeb, 0x5a, 0xe9, 0x87, 0x21];
/// The amino prefix of a threshold key.
const MULTISIG_PREFIX: [u8; 4] = [0x22, 0xc1, 0xf7, 0xe2];

/// Canonical JSON: keys sorted, no blanks, and `&`, `<`, `>`, U+2028, U+2029 escaped as Go escapes them.
pub fn canonical_json(value: &Value) -> Vec<u8> {
    agora_proto::amino::to_sorted_string(value).into_bytes()
}

/// Checks that `bytes` are canonical JSON of a sign document for `chain_id`, so that nothing else gets signed by mistake.
pub fn check_amino_sign_bytes(bytes: &[u8], chain_id: &str) -> Result<()> {
    let bad = |what: &str| CliError::usage(format!("these are not amino sign bytes: {what}"));
    let value: Value = serde_json::from_slice(bytes).map_err(|error| bad("not JSON").because(error))?;
    if canonical_json(&value) != bytes {
        return Err(
            bad("the JSON is not canonical").hint("keys must be sorted, without blanks, each given once")
        );
    }
    for key in ["account_number", "chain_id", "fee", "memo", "msgs", "sequence"] {
        if value.get(key).is_none() {
            return Err(bad(&format!("`{key}` is missing")));
        }
    }
    let found = value.get("chain_id").and_then(Value::as_str).unwrap_or_default();
    if found != chain_id {
        return Err(bad(&format!("they are for chain `{found}`, not `{chain_id}`"))
            .hint("set --chain-id or --profile"));
    }
    Ok(())
}

/// The amino bytes of a secp256k1 key.
pub(super) fn secp256k1_bytes(key: &[u8; 33]) -> Vec<u8> {
    [SECP256K1_PREFIX.as_slice(), key].concat()
}

/// The amino bytes of a threshold key: prefix, field 1 the threshold, field 2 each member's amino bytes.
pub(super) fn multisig_bytes(threshold: u32, members: &[[u8; 33]]) -> Vec<u8> {
    let mut out = MULTISIG_PREFIX.to_vec();
    out.push(0x08);
    prost::encoding::encode_varint(u64::from(threshold), &mut out);
    for member in members {
        let bytes = secp256k1_bytes(member);
        out.push(0x12);
        prost::encoding::encode_varint(bytes.len() as u64, &mut out);
        out.extend_from_slice(&bytes);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_sorts_and_escapes() {
        let value: Value =
            serde_json::from_str(r#"{"b":[1,null,true],"a":"<&>\u2028é\u0001\n\"\u007f"}"#).unwrap();
        let text = String::from_utf8(canonical_json(&value)).unwrap();
        assert_eq!(text, "{\"a\":\"\\u003c\\u0026\\u003e\\u2028é\\u0001\\n\\\"\u{7f}\",\"b\":[1,null,true]}");
    }

    #[test]
    fn only_canonical_documents_of_the_right_chain_pass_as_sign_bytes() {
        let good = br#"{"account_number":"0","chain_id":"x-1","fee":{},"memo":"","msgs":[],"sequence":"1"}"#;
        check_amino_sign_bytes(good, "x-1").unwrap();
        assert!(check_amino_sign_bytes(good, "x-2").unwrap_err().to_string().contains("not `x-2`"));
        let spaced = String::from_utf8_lossy(good).replace(':', ": ");
        assert!(
            check_amino_sign_bytes(spaced.as_bytes(), "x-1").unwrap_err().to_string().contains("canonical")
        );
        let twice = br#"{"account_number":"0","chain_id":"x-1","fee":{},"memo":"","msgs":[],"sequence":"1","sequence":"1"}"#;
        assert!(check_amino_sign_bytes(twice, "x-1").is_err());
        assert!(check_amino_sign_bytes(b"{\"memo\":\"\"}", "x-1").is_err());
        assert!(check_amino_sign_bytes(b"\xff", "x-1").is_err());
    }
}
