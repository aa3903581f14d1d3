//! Who signs.

use std::sync::Arc;

use agora_auth::PubKey;
use agora_primitives::Address;
use secp256k1::{Message, PublicKey, SECP256K1, SecretKey};
use sha2::{Digest, Sha256};

/// An account with its key. Clones share the key; the same name always gives the same account.
#[derive(Clone)]
pub struct Account {
    /// What messages of failed assertions call it.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// Its key as the chain sees it.
    pub pub_key: PubKey,
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Secp256k1(SecretKey),
    Ed25519(Arc<ed25519_consensus::SigningKey>),
    /// The members, in the order of the key.
    Multisig(Vec<Account>),
}

impl Account {
    /// A secp256k1 account: what every wallet makes.
    ///
    /// # Panics
    /// Never for names that hash to a valid key, which all do in practice.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::of_secret(name, Sha256::digest(name).into())
    }

    /// The secp256k1 account of a key that is known from elsewhere.
    ///
    /// # Panics
    /// The bytes are no key.
    #[must_use]
    pub fn of_secret(name: &str, secret: [u8; 32]) -> Self {
        let secret = SecretKey::from_byte_array(secret).expect("a key");
        let pub_key = PubKey::Secp256k1(PublicKey::from_secret_key(SECP256K1, &secret).serialize());
        Self { name: name.to_owned(), address: pub_key.address(), pub_key, secret: Secret::Secp256k1(secret) }
    }

    /// An ed25519 account.
    #[must_use]
    pub fn ed25519(name: &str) -> Self {
        let secret = ed25519_consensus::SigningKey::from(<[u8; 32]>::from(Sha256::digest(name)));
        let pub_key = PubKey::Ed25519(secret.verification_key().to_bytes());
        let secret = Secret::Ed25519(Arc::new(secret));
        Self { name: name.to_owned(), address: pub_key.address(), pub_key, secret }
    }

    /// An account of which `threshold` members must sign.
    #[must_use]
    pub fn multisig(name: &str, threshold: u32, members: &[&Self]) -> Self {
        let members: Vec<Self> = members.iter().map(|member| (*member).clone()).collect();
        let keys = members.iter().map(|member| member.pub_key.clone()).collect();
        let pub_key = PubKey::Multisig { threshold, keys };
        let address = pub_key.address();
        Self { name: name.to_owned(), address, pub_key, secret: Secret::Multisig(members) }
    }

    /// The members of a multisig; empty for others.
    #[must_use]
    pub fn members(&self) -> &[Self] {
        match &self.secret {
            Secret::Multisig(members) => members,
            _ => &[],
        }
    }

    /// Signs bytes: SHA-256 and secp256k1 with a low s, or ed25519.
    ///
    /// # Panics
    /// For a multisig, whose members sign one by one.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::Secp256k1(secret) => {
                let message = Message::from_digest(Sha256::digest(bytes).into());
                SECP256K1.sign_ecdsa(message, secret).serialize_compact().to_vec()
            }
            Secret::Ed25519(secret) => secret.sign(bytes).to_bytes().to_vec(),
            Secret::Multisig(_) => panic!("the members of {} sign one by one", self.name),
        }
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.address)
    }
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.address.fmt(f)
    }
}
