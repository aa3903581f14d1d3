//! Recorded transactions for this chain: mapped, and signed anew by the recorded keys over what they had signed.

use agora_proto::cosmos::crypto::multisig::v1beta1::MultiSignature;
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, SignDoc, SignDocDirectAux, TxRaw};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use k256::ecdsa::signature::Signer as _;
use prost::Message as _;
use prost_reflect::DescriptorPool;
use sha2::{Digest as _, Sha256};

use crate::mapping;
use crate::vectors::{self, Account, Case, Signer};

const BODY: &str = "cosmos.tx.v1beta1.TxBody";
const AUTH_INFO: &str = "cosmos.tx.v1beta1.AuthInfo";

/// Makes transactions for this chain.
pub(crate) struct Resigner {
    accounts: Vec<Account>,
    pool: DescriptorPool,
}

fn base64(text: &str) -> Vec<u8> {
    BASE64.decode(text).unwrap()
}

impl Resigner {
    pub(crate) fn new(pool: &DescriptorPool) -> Self {
        Self { accounts: vectors::read("accounts.json"), pool: pool.clone() }
    }

    /// The bytes of a recorded case for this chain.
    pub(crate) fn bytes(&self, case: &Case) -> Vec<u8> {
        let recorded = base64(&case.tx);
        match case.name.as_str() {
            // No transaction at all.
            "ante_garbage_bytes" | "ante_empty_bytes" => recorded,
            "ante_tx_raw_unknown_field" | "ante_tx_raw_trailing_byte" => {
                let plain = self.longest_transaction(&recorded);
                let tail = &recorded[plain..];
                [self.plain(case, &recorded[..plain]).encode_to_vec(), tail.to_vec()].concat()
            }
            "ante_tx_raw_fields_out_of_order" => {
                let tx = self.plain(case, &recorded);
                let head = TxRaw { body_bytes: Vec::new(), ..tx.clone() }.encode_to_vec();
                let body = TxRaw { body_bytes: tx.body_bytes, ..TxRaw::default() }.encode_to_vec();
                [head, body].concat()
            }
            "ante_tx_raw_duplicate_body" => {
                let tx = self.plain(case, &recorded);
                let body = TxRaw { body_bytes: tx.body_bytes.clone(), ..TxRaw::default() }.encode_to_vec();
                [body, tx.encode_to_vec()].concat()
            }
            _ => self.plain(case, &recorded).encode_to_vec(),
        }
    }

    /// The same without what is unusual about the framing of its bytes.
    pub(crate) fn plain_bytes(&self, case: &Case) -> Vec<u8> {
        self.plain(case, &base64(&case.tx)).encode_to_vec()
    }

    /// How many of the bytes are a transaction whose fields are known.
    fn longest_transaction(&self, recorded: &[u8]) -> usize {
        let known = |len: &usize| {
            TxRaw::decode(&recorded[..*len])
                .is_ok_and(|tx| tx.encoded_len() == *len && !tx.signatures.is_empty())
        };
        (1..=recorded.len()).rev().find(known).unwrap()
    }

    fn plain(&self, case: &Case, recorded: &[u8]) -> TxRaw {
        let recorded = TxRaw::decode(recorded).unwrap();
        let mut tx = TxRaw {
            body_bytes: mapping::message(&self.pool, BODY, &recorded.body_bytes),
            auth_info_bytes: self.auth_info(&recorded.auth_info_bytes),
            signatures: Vec::new(),
        };
        tx.signatures = self.signatures(case, &recorded, &tx);
        if case.name.starts_with("ante_bad_signature") {
            tx.signatures[0][40] ^= 1;
        }
        tx
    }

    /// Mapped; the one gas limit that is meant to be too little for the message, and is enough here, is lowered.
    fn auth_info(&self, recorded: &[u8]) -> Vec<u8> {
        let mapped = mapping::message(&self.pool, AUTH_INFO, recorded);
        match AuthInfo::decode(mapped.as_slice()) {
            Ok(mut info) => match &mut info.fee {
                Some(fee) if fee.gas_limit == 60_000 => {
                    fee.gas_limit = 20_000;
                    info.encode_to_vec()
                }
                _ => mapped,
            },
            Err(_) => mapped,
        }
    }

    fn signatures(&self, case: &Case, recorded: &TxRaw, tx: &TxRaw) -> Vec<Vec<u8>> {
        let signs = |signer: &Signer, what: &Signer| self.sign(&signer.name, &self.sign_bytes(what));
        if let [account, members @ ..] = case.signers.as_slice()
            && account.name == "multisig"
        {
            // The members sign what the account signs.
            let signatures = members.iter().map(|member| signs(member, account)).collect();
            return vec![MultiSignature { signatures }.encode_to_vec()];
        }
        let signers = case.signers.iter().take(recorded.signatures.len());
        let mut signatures: Vec<_> = signers.map(|signer| signs(signer, signer)).collect();
        if signatures.is_empty() && !recorded.signatures.is_empty() {
            // Nothing is known of what was signed: the transaction as it is, by the account that made most of them.
            let doc = SignDoc {
                body_bytes: tx.body_bytes.clone(),
                auth_info_bytes: tx.auth_info_bytes.clone(),
                chain_id: "rec-1".to_owned(),
                account_number: 0,
            };
            signatures.push(self.sign("alice", &doc.encode_to_vec()));
        }
        signatures
    }

    /// What was signed, mapped. Account numbers are 0 here.
    fn sign_bytes(&self, signer: &Signer) -> Vec<u8> {
        if let Some(text) = &signer.amino_json_sign_bytes {
            let text = mapping::text(text);
            let (start, rest) = text.split_once("\"account_number\":\"").unwrap();
            let rest = rest.split_once('"').unwrap().1;
            return format!("{start}\"account_number\":\"0\"{rest}").into_bytes();
        }
        if let Some(doc) = &signer.direct_aux_sign_bytes_base64 {
            let mut doc = SignDocDirectAux::decode(base64(doc).as_slice()).unwrap();
            doc.body_bytes = mapping::message(&self.pool, BODY, &doc.body_bytes);
            doc.account_number = 0;
            return doc.encode_to_vec();
        }
        let doc = signer.direct_sign_bytes_base64.as_ref().unwrap();
        let mut doc = SignDoc::decode(base64(doc).as_slice()).unwrap();
        doc.body_bytes = mapping::message(&self.pool, BODY, &doc.body_bytes);
        doc.auth_info_bytes = self.auth_info(&doc.auth_info_bytes);
        doc.account_number = 0;
        doc.encode_to_vec()
    }

    fn sign(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        if name == "user-ed25519" {
            // As the note beside the recorded account says.
            let seed: [u8; 32] = Sha256::digest("sdk-recordings/user-ed25519").into();
            return ed25519_consensus::SigningKey::from(seed).sign(bytes).to_bytes().to_vec();
        }
        let account = self.accounts.iter().find(|account| account.name == name);
        let account = account.unwrap_or_else(|| panic!("no key of {name}"));
        let key = k256::ecdsa::SigningKey::from_slice(&hex::decode(&account.private_key).unwrap()).unwrap();
        let signature: k256::ecdsa::Signature = key.sign(bytes);
        signature.to_bytes().to_vec()
    }
}
