//! Signed messages outside of transactions (ADR-036): a login or an off-chain vote that can never pass as a payment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::amino::canonical_json;
use super::key::{PublicKey, SECP256K1_AMINO, SecretKey, verify};
use crate::address::Address;
use crate::error::{CliError, Result};

/// The bytes signed for `data` by `signer`: an amino document with an empty chain id, which no chain accepts.
pub fn message_sign_bytes(signer: &Address, data: &[u8]) -> Vec<u8> {
    canonical_json(&json!({
        "account_number": "0",
        "chain_id": "",
        "fee": { "amount": [], "gas": "0" },
        "memo": "",
        "msgs": [{ "type": "sign/MsgSignData", "value": { "data": BASE64.encode(data), "signer": signer.to_string() } }],
        "sequence": "0",
    }))
}

/// The public key as amino JSON writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AminoKey {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

/// A signature with the key it belongs to, in the form browser wallets exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedMessage {
    pub_key: AminoKey,
    signature: String,
}

impl SignedMessage {
    /// Signs `data` with `key`.
    pub fn sign(key: &SecretKey, data: &[u8]) -> Result<Self> {
        let public = key.public_key();
        let signature = key.sign(&message_sign_bytes(&public.address(), data));
        Self::new(&public, &signature)
    }

    /// A signature made elsewhere.
    pub fn new(key: &PublicKey, signature: &[u8]) -> Result<Self> {
        let PublicKey::Secp256k1(bytes) = key else {
            return Err(
                CliError::usage("a multisig cannot sign messages").hint("let its members sign one each")
            );
        };
        let pub_key = AminoKey { kind: SECP256K1_AMINO.to_owned(), value: BASE64.encode(bytes) };
        Ok(Self { pub_key, signature: BASE64.encode(signature) })
    }

    /// The signature in base64.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Checks that the account `signer` signed `data`; the error says what does not fit.
    pub fn verify(&self, signer: &Address, data: &[u8]) -> Result<()> {
        let key = PublicKey::from_json(&json!({ "type": self.pub_key.kind, "value": self.pub_key.value }))?;
        let PublicKey::Secp256k1(bytes) = key else {
            return Err(CliError::usage("a multisig cannot sign messages"));
        };
        let found = Address::of_secp256k1(&bytes);
        if found != *signer {
            return Err(CliError::usage(format!("the public key belongs to {found}, not to {signer}"))
                .hint("someone else signed this, or the wrong signer was named"));
        }
        let signature = BASE64
            .decode(&self.signature)
            .map_err(|error| CliError::usage("the signature is not base64").because(error))?;
        if verify(&bytes, &message_sign_bytes(signer, data), &signature) {
            Ok(())
        } else {
            Err(CliError::usage(format!("the signature is not one of {signer} over this message"))
                .hint("the message must be the same to the last byte, line ends included"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_message_verifies_for_its_signer_and_text_only() {
        let key = SecretKey::from_bytes(&[7; 32]).unwrap();
        let signer = key.public_key().address();
        let signed = SignedMessage::sign(&key, b"hello").unwrap();
        signed.verify(&signer, b"hello").unwrap();
        assert!(signed.verify(&signer, b"hello\n").unwrap_err().to_string().contains("not one of"));
        let other = SecretKey::from_bytes(&[8; 32]).unwrap().public_key().address();
        assert!(signed.verify(&other, b"hello").unwrap_err().to_string().contains("belongs to"));
        let text = serde_json::to_string(&signed).unwrap();
        assert!(text.starts_with(r#"{"pub_key":{"type":"tendermint/PubKeySecp256k1","value":""#), "{text}");
    }

    #[test]
    fn the_document_is_the_one_of_adr_036() {
        let signer = SecretKey::from_bytes(&[7; 32]).unwrap().public_key().address();
        let expected = format!(
            r#"{{"account_number":"0","chain_id":"","fee":{{"amount":[],"gas":"0"}},"memo":"","msgs":[{{"type":"sign/MsgSignData","value":{{"data":"aGVsbG8=","signer":"{signer}"}}}}],"sequence":"0"}}"#
        );
        assert_eq!(String::from_utf8(message_sign_bytes(&signer, b"hello")).unwrap(), expected);
    }
}
