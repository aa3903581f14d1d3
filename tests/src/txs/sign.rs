//! The documents that are signed, and the signatures.

use agora_auth::PubKey;
use agora_proto::amino::{SignDocInput, sign_doc};
use agora_proto::cosmos::crypto::multisig::v1beta1::{CompactBitArray, MultiSignature};
use agora_proto::cosmos::tx::signing::v1beta1::SignMode as WireMode;
use agora_proto::cosmos::tx::v1beta1::mode_info::{Multi, Single, Sum};
use agora_proto::cosmos::tx::v1beta1::{ModeInfo, SignDoc, SignDocDirectAux};
use prost::Message;
use prost_reflect::DescriptorPool;

use super::draft::{SignMode, Signer};

fn single(mode: i32) -> ModeInfo {
    ModeInfo { sum: Some(Sum::Single(Single { mode })) }
}

/// The mode of a multisig of `size` keys of which `members` sign with `mode`.
#[must_use]
pub fn multi_mode(size: usize, members: &[usize], mode: i32) -> ModeInfo {
    let mut elems = vec![0u8; size.div_ceil(8)];
    for member in members {
        if let Some(byte) = elems.get_mut(member / 8) {
            *byte |= 1 << (7 - member % 8);
        }
    }
    let bitarray = CompactBitArray { extra_bits_stored: u32::try_from(size % 8).unwrap_or_default(), elems };
    let mode_infos = members.iter().map(|_| single(mode)).collect();
    ModeInfo { sum: Some(Sum::Multi(Multi { bitarray: Some(bitarray), mode_infos })) }
}

pub(super) fn mode_info(signer: &Signer) -> ModeInfo {
    match &signer.mode {
        SignMode::Direct => single(WireMode::Direct.into()),
        SignMode::Amino => single(WireMode::LegacyAminoJson.into()),
        SignMode::DirectAux => single(WireMode::DirectAux.into()),
        SignMode::Other(mode) => single(*mode),
        SignMode::Members(members) => {
            multi_mode(signer.account.members().len(), members, WireMode::LegacyAminoJson.into())
        }
    }
}

/// What is signed.
pub(super) struct Document<'a> {
    pub(super) pool: &'a DescriptorPool,
    pub(super) chain_id: &'a str,
    pub(super) account_number: u64,
    pub(super) body_bytes: &'a [u8],
    pub(super) auth_info_bytes: &'a [u8],
}

impl Document<'_> {
    pub(super) fn signature(&self, signer: &Signer) -> Vec<u8> {
        match &signer.mode {
            SignMode::Direct | SignMode::Other(_) => signer.account.sign(&self.direct()),
            SignMode::DirectAux => signer.account.sign(&self.direct_aux(signer)),
            SignMode::Amino => signer.account.sign(&self.amino(signer.sequence)),
            SignMode::Members(members) => {
                let bytes = self.amino(signer.sequence);
                let signatures =
                    members.iter().map(|member| signer.account.members()[*member].sign(&bytes)).collect();
                MultiSignature { signatures }.encode_to_vec()
            }
        }
    }

    fn direct(&self) -> Vec<u8> {
        SignDoc {
            body_bytes: self.body_bytes.to_vec(),
            auth_info_bytes: self.auth_info_bytes.to_vec(),
            chain_id: self.chain_id.to_owned(),
            account_number: self.account_number,
        }
        .encode_to_vec()
    }

    fn direct_aux(&self, signer: &Signer) -> Vec<u8> {
        #[allow(deprecated)] // Tips are never sent.
        let document = SignDocDirectAux {
            body_bytes: self.body_bytes.to_vec(),
            public_key: Some(PubKey::to_any(&signer.account.pub_key)),
            chain_id: self.chain_id.to_owned(),
            account_number: self.account_number,
            sequence: signer.sequence,
            tip: None,
        };
        document.encode_to_vec()
    }

    /// Bytes that cannot be shown as an amino document are signed as nothing: the chain must refuse them.
    fn amino(&self, sequence: u64) -> Vec<u8> {
        let input = SignDocInput {
            chain_id: self.chain_id,
            account_number: self.account_number,
            sequence,
            body_bytes: self.body_bytes,
            auth_info_bytes: self.auth_info_bytes,
        };
        sign_doc(self.pool, &input).unwrap_or_default()
    }
}
