//! Transactions as files: the SDK's JSON of `cosmos.tx.v1beta1.Tx`, or the encoded bytes as base64 or hex.

use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, Tx, TxBody, TxRaw};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost::Message as _;
use prost_reflect::DynamicMessage;
use serde_json::Value;

use crate::dynamic::request::read_input;
use crate::dynamic::{Definitions, signers};
use crate::error::{CliError, Result};

/// A transaction taken apart, with the bytes that were or will be signed.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub(super) body: TxBody,
    pub(super) auth: AuthInfo,
    pub(super) raw: TxRaw,
}

impl Document {
    /// A transaction of these parts, encoded afresh.
    pub(super) fn new(body: TxBody, auth: AuthInfo, signatures: Vec<Vec<u8>>) -> Self {
        let raw =
            TxRaw { body_bytes: body.encode_to_vec(), auth_info_bytes: auth.encode_to_vec(), signatures };
        Self { body, auth, raw }
    }

    /// A transaction from its bytes, which are kept as they are.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let bad =
            |error: prost::DecodeError| CliError::usage("these bytes are not a transaction").because(error);
        let raw = TxRaw::decode(bytes).map_err(bad)?;
        let body = TxBody::decode(raw.body_bytes.as_slice()).map_err(bad)?;
        let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).map_err(bad)?;
        if body.messages.is_empty() {
            return Err(CliError::usage("these bytes are not a transaction")
                .hint("it would hold at least one message"));
        }
        Ok(Self { body, auth, raw })
    }

    /// Reads a file, or standard input for `-`.
    pub(super) fn read(definitions: &Definitions, path: &str) -> Result<Self> {
        let text = read_input(path)?;
        Self::parse(definitions, &text).map_err(|error| {
            let hint = error
                .remedy()
                .unwrap_or("give what `--generate-only`, `agora tx sign` or `agora tx encode` print");
            CliError::usage(format!("{path} does not hold a transaction")).because(&error).hint(hint)
        })
    }

    /// Reads JSON, base64 or hex.
    pub(super) fn parse(definitions: &Definitions, text: &str) -> Result<Self> {
        let text = text.trim();
        if text.starts_with('{') {
            let mut value: Value = serde_json::from_str(text)
                .map_err(|error| CliError::usage("this is not JSON").because(error))?;
            // What REST and `query tx` answer holds the transaction one level down.
            if let Some(inner) = value.get("tx").filter(|inner| inner.get("body").is_some()) {
                value = inner.clone();
            }
            if let Some(fields) = value.as_object_mut() {
                fields.remove("@type");
            }
            // A signer who has not signed yet leaves an empty place, which JSON of the SDK writes as null.
            for signature in value.get_mut("signatures").and_then(Value::as_array_mut).into_iter().flatten() {
                if signature.is_null() {
                    *signature = Value::from("");
                }
            }
            let tx: Tx = definitions.from_json(&value)?;
            let document =
                Self::new(tx.body.unwrap_or_default(), tx.auth_info.unwrap_or_default(), tx.signatures);
            if document.body.messages.is_empty() {
                return Err(CliError::usage("the transaction holds no message"));
            }
            return Ok(document);
        }
        let bytes = match text.strip_prefix("0x") {
            Some(digits) => hex::decode(digits).ok(),
            None => BASE64.decode(text).ok(),
        };
        let bytes =
            bytes.ok_or_else(|| CliError::usage("this is neither JSON, nor base64, nor hex after 0x"))?;
        Self::decode(&bytes)
    }

    /// The transaction as an object.
    pub(super) fn tx(&self) -> Tx {
        Tx {
            body: Some(self.body.clone()),
            auth_info: Some(self.auth.clone()),
            signatures: self.raw.signatures.clone(),
        }
    }

    /// The SDK's JSON.
    pub(super) fn to_json(&self, definitions: &Definitions) -> Result<Value> {
        definitions.to_json(&self.tx())
    }

    /// The bytes that travel.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.raw.encode_to_vec()
    }

    /// The fee, empty where there is none.
    pub(super) fn fee(&self) -> Fee {
        self.auth.fee.clone().unwrap_or_default()
    }

    /// Who must sign, in the order of the signatures.
    pub(super) fn signers(&self, definitions: &Definitions) -> Result<Vec<String>> {
        signers_of(definitions, &self.body, &self.fee())
    }

    /// Whether every signer has signed.
    pub(super) fn is_signed(&self, signers: usize) -> bool {
        self.raw.signatures.len() == signers
            && self.auth.signer_infos.len() == signers
            && self.raw.signatures.iter().all(|signature| !signature.is_empty())
    }
}

/// Who must sign: the signers of each message in order, then whoever else pays the fee.
pub(super) fn signers_of(definitions: &Definitions, body: &TxBody, fee: &Fee) -> Result<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    for any in &body.messages {
        let descriptor = definitions.message_of_url(&any.type_url)?;
        let message = DynamicMessage::decode(descriptor, any.value.as_slice()).map_err(|error| {
            CliError::usage(format!("a message is not a {}", any.type_url)).because(error)
        })?;
        for signer in signers::signers_of(&message)? {
            if !all.contains(&signer) {
                all.push(signer);
            }
        }
    }
    if !fee.payer.is_empty() && !all.contains(&fee.payer) {
        all.push(fee.payer.clone());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::signing::{SignerData, sign_bytes};
    use super::*;
    use crate::sign::SignMode;

    fn recorded(text: &str) -> Vec<Value> {
        serde_json::from_str(text).unwrap()
    }

    fn bytes_of(case: &Value) -> Vec<u8> {
        BASE64.decode(case["tx"].as_str().unwrap()).unwrap()
    }

    #[test]
    fn recorded_transactions_read_from_json_give_the_recorded_bytes() {
        let definitions = Definitions::of_modules().unwrap();
        let mut compared = 0;
        for case in recorded(include_str!("../../../../app/proto/tests/vectors/transactions.json")) {
            if case["decodes"] != true || case.get("json").is_none_or(Value::is_null) {
                continue;
            }
            let bytes = bytes_of(&case);
            let Ok(document) = Document::decode(&bytes) else { continue };
            let json = document.to_json(&definitions).unwrap();
            assert_eq!(json, case["json"], "{}", case["name"]);
            let again = Document::parse(&definitions, &json.to_string()).unwrap();
            assert_eq!(again.tx(), document.tx(), "{}", case["name"]);
            if again.bytes() == bytes {
                compared += 1;
            }
        }
        // The rest were encoded in other ways on purpose.
        assert!(compared > 200, "{compared}");
    }

    #[test]
    fn recorded_amino_documents_are_signed_byte_for_byte() {
        let definitions = Definitions::of_modules().unwrap();
        let cases = recorded(include_str!("../../../../app/proto/tests/vectors/amino.json"));
        assert!(cases.len() > 80);
        for case in cases {
            let document = Document::decode(&bytes_of(&case)).unwrap();
            let number = |key: &str| case[key].as_str().unwrap().parse().unwrap();
            let data = SignerData {
                chain_id: case["chain_id"].as_str().unwrap().to_owned(),
                account_number: number("account_number"),
                sequence: number("sequence"),
            };
            let (body, auth) = (&document.raw.body_bytes, &document.raw.auth_info_bytes);
            let bytes = sign_bytes(&definitions, SignMode::LegacyAminoJson, body, auth, &data).unwrap();
            assert_eq!(
                String::from_utf8(bytes).unwrap(),
                case["sign_bytes"].as_str().unwrap(),
                "{}",
                case["name"]
            );
        }
    }

    #[test]
    fn what_is_no_transaction_is_refused() {
        let definitions = Definitions::of_modules().unwrap();
        for text in ["", "{", "{}", "hello", "0xzz", "AAAA", r#"{"body":{"messages":[]}}"#, r#"{"bdy":{}}"#] {
            assert!(Document::parse(&definitions, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_fee_payer_signs_last() {
        let definitions = Definitions::of_modules().unwrap();
        let case = &recorded(include_str!("../../../../app/proto/tests/vectors/transactions.json"))[0];
        let document = Document::decode(&bytes_of(case)).unwrap();
        let fee = Fee { payer: "cosmos1payer".to_owned(), ..document.fee() };
        let signers = signers_of(&definitions, &document.body, &fee).unwrap();
        assert_eq!(signers.len(), 2);
        assert_eq!(signers.last().map(String::as_str), Some("cosmos1payer"));
        assert!(document.is_signed(1) && !document.is_signed(2));
    }
}
