//! Threshold keys: `threshold` of several members sign together for one account.

use std::collections::BTreeMap;

use agora_proto::cosmos::crypto::multisig::v1beta1::MultiSignature;
use agora_proto::cosmos::tx::v1beta1::ModeInfo;
use prost::Message;

use super::amino;
use super::key::{PublicKey, Signature, verify};
use super::wire::{SignMode, multi_mode_info};
use crate::address::Address;
use crate::error::{CliError, Result};

/// More members than this make transactions that chains refuse (the SDK's limit on signatures is 7 by default).
const MAX_MEMBERS: usize = 100;

/// A threshold key. The order of the members is part of the key: another order is another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multisig {
    threshold: u32,
    members: Vec<[u8; 33]>,
}

/// One member's signature and the mode it was made in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSignature {
    /// Who signed.
    pub key: [u8; 33],
    /// The signature.
    pub signature: Signature,
    /// How the signed bytes were made.
    pub mode: SignMode,
}

/// What a combined signature contributes to a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiAuth {
    /// The mode for the `SignerInfo`.
    pub mode_info: ModeInfo,
    /// The encoded `MultiSignature` for the transaction's list of signatures.
    pub signature: Vec<u8>,
}

impl Multisig {
    /// A threshold key of `keys` in the order given. Members are single keys, each once; 1 <= threshold <= members.
    pub fn new(threshold: u32, keys: impl IntoIterator<Item = PublicKey>) -> Result<Self> {
        let mut members: Vec<[u8; 33]> = Vec::new();
        for key in keys {
            let PublicKey::Secp256k1(bytes) = key else {
                return Err(CliError::usage("a multisig cannot be a member of another one")
                    .hint("list the members of the inner multisig instead"));
            };
            if members.contains(&bytes) {
                return Err(CliError::usage(format!("{} is a member twice", Address::of_secp256k1(&bytes)))
                    .hint("name each key once"));
            }
            members.push(bytes);
        }
        if members.is_empty() || members.len() > MAX_MEMBERS {
            return Err(CliError::usage(format!(
                "a multisig has 1 to {MAX_MEMBERS} members, not {}",
                members.len()
            )));
        }
        if threshold == 0 || usize::try_from(threshold).is_ok_and(|threshold| threshold > members.len()) {
            return Err(CliError::usage(format!(
                "the threshold {threshold} does not fit {} members",
                members.len()
            ))
            .hint(format!("choose 1 to {}", members.len())));
        }
        Ok(Self { threshold, members })
    }

    /// The same with members sorted by address, as the SDK's tools do unless told otherwise.
    pub fn sorted(threshold: u32, keys: impl IntoIterator<Item = PublicKey>) -> Result<Self> {
        let mut multisig = Self::new(threshold, keys)?;
        multisig.members.sort_by_cached_key(Address::of_secp256k1);
        Ok(multisig)
    }

    /// How many members must sign.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// The members' compressed keys in order.
    pub fn members(&self) -> &[[u8; 33]] {
        &self.members
    }

    /// The account address.
    pub fn address(&self) -> Address {
        Address::of_amino_key(&amino::multisig_bytes(self.threshold, &self.members))
    }

    /// Joins members' signatures. `sign_bytes` gives the bytes signed in each mode; every signature is checked against
    /// them. Signatures beyond the threshold are kept, as the chain accepts and counts them all.
    pub fn combine(
        &self,
        signatures: &[MemberSignature],
        sign_bytes: impl Fn(SignMode) -> Result<Vec<u8>>,
    ) -> Result<MultiAuth> {
        let mut by_member: BTreeMap<&[u8; 33], &MemberSignature> = BTreeMap::new();
        for one in signatures {
            let who = Address::of_secp256k1(&one.key);
            if !self.members.contains(&one.key) {
                return Err(CliError::usage(format!("{who} is not a member of {}", self.address()))
                    .hint("combine signatures of members only"));
            }
            if !verify(&one.key, &sign_bytes(one.mode)?, &one.signature) {
                return Err(CliError::usage(format!("the signature of {who} does not fit this transaction"))
                    .hint("sign this very file with the right chain id, account number and sequence"));
            }
            by_member.insert(&one.key, one);
        }
        let have = by_member.len();
        if usize::try_from(self.threshold).is_ok_and(|needed| have < needed) {
            return Err(CliError::usage(format!("{have} of {} needed signatures are there", self.threshold))
                .hint("collect more members' signatures"));
        }
        let bits: Vec<bool> = self.members.iter().map(|member| by_member.contains_key(member)).collect();
        let ordered: Vec<&MemberSignature> =
            self.members.iter().filter_map(|member| by_member.get(member).copied()).collect();
        let modes: Vec<SignMode> = ordered.iter().map(|one| one.mode).collect();
        let signatures = ordered.iter().map(|one| one.signature.to_vec()).collect();
        Ok(MultiAuth {
            mode_info: multi_mode_info(&bits, &modes),
            signature: MultiSignature { signatures }.encode_to_vec(),
        })
    }
}
