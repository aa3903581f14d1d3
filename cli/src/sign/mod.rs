//! Signing without a node: keys, the bytes that are signed, multisig, and messages outside of transactions.
//!
//! The pieces, in the order a transaction meets them: [`direct_sign_bytes`] or [`canonical_json`] gives the bytes,
//! [`SecretKey::sign`] signs them, [`Multisig::combine`] joins the signatures of a shared account, and
//! [`tx_raw_bytes`] packs the result.

mod amino;
mod hd;
mod key;
mod message;
mod multisig;
#[cfg(test)]
mod recorded;
mod wire;

pub use amino::{canonical_json, check_amino_sign_bytes};
pub use hd::{HdPath, generate_mnemonic, parse_mnemonic, secret_from_mnemonic};
pub use key::{PublicKey, SecretKey, Signature, verify};
pub use message::{SignedMessage, message_sign_bytes};
pub use multisig::{MemberSignature, MultiAuth, Multisig};
pub use wire::{SignMode, TxParts, direct_sign_bytes, signer_info, single_mode_info, tx_raw_bytes};
