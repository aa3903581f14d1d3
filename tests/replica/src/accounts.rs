//! Who signs. Every signature is a function of key and bytes: RFC 6979 for secp256k1, RFC 8032 for ed25519.

use std::sync::Arc;

use agora_auth::PubKey;
use agora_primitives::Address;
use agora_proto::amino::{SignDocInput, sign_doc};
use agora_proto::cosmos::crypto::multisig::v1beta1::{CompactBitArray, MultiSignature};
use agora_proto::cosmos::tx::signing::v1beta1::SignMode;
use agora_proto::cosmos::tx::v1beta1::mode_info::{Multi, Single, Sum};
use agora_proto::cosmos::tx::v1beta1::{ModeInfo, SignDoc};
use prost::Message as _;
use secp256k1::{Message, PublicKey, SECP256K1, SecretKey};
use sha2::{Digest, Sha256};

/// An account with its key, which follows from its name. Cheap to clone.
#[derive(Clone)]
pub struct Account {
    /// Its address.
    pub address: Address,
    /// Its key as the chain sees it.
    pub pub_key: PubKey,
    secret: Arc<Secret>,
}

enum Secret {
    Secp256k1(SecretKey),
    Ed25519(Box<ed25519_consensus::SigningKey>),
    /// All members sign, with amino JSON.
    Multisig(Vec<Account>),
}

/// What a signature is made over.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The definitions amino documents are made with.
    pub pool: &'a prost_reflect::DescriptorPool,
    /// The chain signed for.
    pub chain_id: &'a str,
    /// The sequence signed.
    pub sequence: u64,
    /// The encoded body.
    pub body_bytes: &'a [u8],
    /// The encoded signer infos and fee.
    pub auth_info_bytes: &'a [u8],
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.address, f)
    }
}

fn single(mode: SignMode) -> ModeInfo {
    ModeInfo { sum: Some(Sum::Single(Single { mode: mode.into() })) }
}

impl Account {
    /// A secp256k1 account: what every wallet makes.
    ///
    /// # Panics
    /// Never for names that hash to a valid key, which all do in practice.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let secret = SecretKey::from_byte_array(Sha256::digest(name).into()).expect("a hash is a key");
        let pub_key = PubKey::Secp256k1(PublicKey::from_secret_key(SECP256K1, &secret).serialize());
        Self { address: pub_key.address(), pub_key, secret: Arc::new(Secret::Secp256k1(secret)) }
    }

    /// An ed25519 account.
    #[must_use]
    pub fn ed25519(name: &str) -> Self {
        let secret = ed25519_consensus::SigningKey::from(<[u8; 32]>::from(Sha256::digest(name)));
        let pub_key = PubKey::Ed25519(secret.verification_key().to_bytes());
        Self { address: pub_key.address(), pub_key, secret: Arc::new(Secret::Ed25519(Box::new(secret))) }
    }

    /// An account for which all of these must sign.
    #[must_use]
    pub fn multisig(members: Vec<Self>) -> Self {
        let keys: Vec<PubKey> = members.iter().map(|member| member.pub_key.clone()).collect();
        let pub_key = PubKey::Multisig { threshold: u32::try_from(keys.len()).unwrap_or(u32::MAX), keys };
        Self { address: pub_key.address(), pub_key, secret: Arc::new(Secret::Multisig(members)) }
    }

    /// Whether it signs with amino JSON only.
    #[must_use]
    pub fn is_multisig(&self) -> bool {
        matches!(*self.secret, Secret::Multisig(_))
    }

    /// How it signs, as the transaction says it.
    #[must_use]
    pub fn mode_info(&self, amino: bool) -> ModeInfo {
        let Secret::Multisig(members) = &*self.secret else {
            return single(if amino { SignMode::LegacyAminoJson } else { SignMode::Direct });
        };
        let size = members.len();
        let elems = (0..size.div_ceil(8))
            .map(|byte| (0..8).filter(|bit| byte * 8 + bit < size).fold(0u8, |sum, bit| sum | 0x80 >> bit))
            .collect();
        let bits = CompactBitArray { extra_bits_stored: u32::try_from(size % 8).unwrap_or_default(), elems };
        let mode_infos = members.iter().map(|_| single(SignMode::LegacyAminoJson)).collect();
        ModeInfo { sum: Some(Sum::Multi(Multi { bitarray: Some(bits), mode_infos })) }
    }

    /// Signs a transaction. What cannot be shown as an amino document is signed as nothing: the chain refuses it.
    #[must_use]
    pub fn sign(&self, document: &Document<'_>, amino: bool) -> Vec<u8> {
        let bytes = if amino || self.is_multisig() {
            let input = SignDocInput {
                chain_id: document.chain_id,
                account_number: 0,
                sequence: document.sequence,
                body_bytes: document.body_bytes,
                auth_info_bytes: document.auth_info_bytes,
            };
            sign_doc(document.pool, &input).unwrap_or_default()
        } else {
            let direct = SignDoc {
                body_bytes: document.body_bytes.to_vec(),
                auth_info_bytes: document.auth_info_bytes.to_vec(),
                chain_id: document.chain_id.to_owned(),
                account_number: 0,
            };
            direct.encode_to_vec()
        };
        self.sign_bytes(&bytes)
    }

    fn sign_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        match &*self.secret {
            Secret::Secp256k1(secret) => {
                let message = Message::from_digest(Sha256::digest(bytes).into());
                SECP256K1.sign_ecdsa(message, secret).serialize_compact().to_vec()
            }
            Secret::Ed25519(secret) => secret.sign(bytes).to_bytes().to_vec(),
            Secret::Multisig(members) => {
                let signatures = members.iter().map(|member| member.sign_bytes(bytes)).collect();
                MultiSignature { signatures }.encode_to_vec()
            }
        }
    }
}
