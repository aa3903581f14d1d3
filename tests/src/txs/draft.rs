//! A transaction on its way to bytes.

use agora_framework::time::timestamp;
use agora_primitives::Address;
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, SignerInfo, TxBody, TxRaw};
use agora_proto::pack;
use prost::{Message, Name};
use prost_reflect::DescriptorPool;
use prost_types::Any;

use super::{Account, multi_send, send, sign, wire_coins};

/// How a signer signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignMode {
    /// `SIGN_MODE_DIRECT`.
    Direct,
    /// `SIGN_MODE_LEGACY_AMINO_JSON`.
    Amino,
    /// `SIGN_MODE_DIRECT_AUX`.
    DirectAux,
    /// Any other number, with the bytes of `Direct`.
    Other(i32),
    /// A multisig of which these members sign, each with amino JSON.
    Members(Vec<usize>),
}

/// One signer of a draft.
#[derive(Clone, Debug)]
pub struct Signer {
    /// Whose key signs.
    pub account: Account,
    /// The sequence signed.
    pub sequence: u64,
    /// How.
    pub mode: SignMode,
    /// Whether the key is shown.
    pub show_key: bool,
}

/// A transaction being written. `C` is the chain it was asked of, if it can be run there.
#[derive(Clone, Debug)]
#[must_use]
pub struct Draft<C = ()> {
    pub(crate) chain: C,
    /// The definitions amino documents are made with.
    pub(crate) pool: DescriptorPool,
    /// The chain id signed for.
    pub chain_id: String,
    /// The account number signed for.
    pub account_number: u64,
    /// The signers, in order.
    pub signers: Vec<Signer>,
    /// Everything but signatures and signer infos.
    pub body: TxBody,
    /// The fee.
    pub fee: Fee,
}

impl Draft {
    /// A draft for no chain in particular.
    pub fn new(pool: &DescriptorPool, chain_id: &str, account: &Account, sequence: u64) -> Self {
        Self::of((), pool, chain_id, account, sequence)
    }
}

impl<C> Draft<C> {
    pub(crate) fn of(
        chain: C,
        pool: &DescriptorPool,
        chain_id: &str,
        account: &Account,
        sequence: u64,
    ) -> Self {
        let draft = Self {
            chain,
            pool: pool.clone(),
            chain_id: chain_id.to_owned(),
            account_number: 0,
            signers: Vec::new(),
            body: TxBody::default(),
            fee: Fee { gas_limit: 200_000, ..Fee::default() },
        };
        draft.and_signer(account, sequence)
    }

    /// The draft without its chain.
    pub fn detached(self) -> Draft {
        Draft {
            chain: (),
            pool: self.pool,
            chain_id: self.chain_id,
            account_number: self.account_number,
            signers: self.signers,
            body: self.body,
            fee: self.fee,
        }
    }

    /// Adds a signer.
    pub fn and_signer(mut self, account: &Account, sequence: u64) -> Self {
        let mode = match account.members().len() {
            0 => SignMode::Direct,
            _ => match &account.pub_key {
                agora_auth::PubKey::Multisig { threshold, .. } => {
                    SignMode::Members((0..usize::try_from(*threshold).unwrap_or_default()).collect())
                }
                _ => SignMode::Direct,
            },
        };
        self.signers.push(Signer { account: account.clone(), sequence, mode, show_key: true });
        self
    }

    /// Adds a message.
    pub fn msg<M: Message + Name>(self, message: &M) -> Self {
        self.any(pack(message))
    }

    /// Adds a message as it stands.
    pub fn any(mut self, message: Any) -> Self {
        self.body.messages.push(message);
        self
    }

    /// Adds a transfer from the first signer.
    pub fn send(self, to: &impl Addressed, amount: &str) -> Self {
        let message = send(&self.signers[0].account.address, &to.address(), amount);
        self.msg(&message)
    }

    /// Adds a multi-send from the first signer.
    pub fn multi_send(self, outputs: &[(&Account, &str)]) -> Self {
        let outputs: Vec<(Address, &str)> =
            outputs.iter().map(|(to, amount)| (to.address, *amount)).collect();
        let message = multi_send(&self.signers[0].account.address, &outputs);
        self.msg(&message)
    }

    /// The memo.
    pub fn memo(mut self, memo: impl Into<String>) -> Self {
        self.body.memo = memo.into();
        self
    }

    /// The last height it may be included at.
    pub fn timeout_height(mut self, height: u64) -> Self {
        self.body.timeout_height = height;
        self
    }

    /// The last time it may be included at, in nanoseconds since 1970.
    pub fn timeout(mut self, time: u64) -> Self {
        self.body.timeout_timestamp = Some(timestamp(time));
        self
    }

    /// No sequence but a time-out, in nanoseconds since 1970.
    pub fn unordered(mut self, timeout: u64) -> Self {
        self.body.unordered = true;
        self.signers.iter_mut().for_each(|signer| signer.sequence = 0);
        self.timeout(timeout)
    }

    /// The gas limit; the fee stays.
    pub fn gas(mut self, limit: u64) -> Self {
        self.fee.gas_limit = limit;
        self
    }

    /// The fee.
    pub fn fee(mut self, amount: &str) -> Self {
        self.fee.amount = wire_coins(amount);
        self
    }

    /// Another account pays the fee; it signs last, with sequence `sequence`, unless it signs already.
    pub fn fee_payer(mut self, payer: &Account, sequence: u64) -> Self {
        self.fee.payer = payer.address.to_string();
        if self.signers.iter().any(|signer| signer.account.address == payer.address) {
            return self;
        }
        self.and_signer(payer, sequence)
    }

    /// How the first signer signs.
    pub fn mode(self, mode: SignMode) -> Self {
        self.mode_of(0, mode)
    }

    /// How a signer signs.
    pub fn mode_of(mut self, signer: usize, mode: SignMode) -> Self {
        self.signers[signer].mode = mode;
        self
    }

    /// The sequence of the first signer.
    pub fn sequence(mut self, sequence: u64) -> Self {
        self.signers[0].sequence = sequence;
        self
    }

    /// Leaves the keys out, as wallets may from the second transaction on.
    pub fn without_keys(mut self) -> Self {
        self.signers.iter_mut().for_each(|signer| signer.show_key = false);
        self
    }

    /// Signs for another chain.
    pub fn chain_id(mut self, chain_id: &str) -> Self {
        chain_id.clone_into(&mut self.chain_id);
        self
    }

    /// Changes anything else.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Body, signer infos and fee, encoded and not yet signed.
    #[must_use]
    pub fn unsigned(&self) -> (Vec<u8>, Vec<u8>) {
        let signer_infos = self
            .signers
            .iter()
            .map(|signer| SignerInfo {
                public_key: signer.show_key.then(|| signer.account.pub_key.to_any()),
                mode_info: Some(sign::mode_info(signer)),
                sequence: signer.sequence,
            })
            .collect();
        #[allow(deprecated)] // Tips are never sent.
        let auth_info = AuthInfo { signer_infos, fee: Some(self.fee.clone()), tip: None };
        (self.body.encode_to_vec(), auth_info.encode_to_vec())
    }

    /// The parts, signed.
    #[must_use]
    pub fn signed(&self) -> TxRaw {
        let (body_bytes, auth_info_bytes) = self.unsigned();
        self.signed_over(body_bytes, auth_info_bytes)
    }

    /// Signs parts that need not be those of the draft.
    #[must_use]
    pub fn signed_over(&self, body_bytes: Vec<u8>, auth_info_bytes: Vec<u8>) -> TxRaw {
        let document = sign::Document {
            pool: &self.pool,
            chain_id: &self.chain_id,
            account_number: self.account_number,
            body_bytes: &body_bytes,
            auth_info_bytes: &auth_info_bytes,
        };
        let signatures = self.signers.iter().map(|signer| document.signature(signer)).collect();
        TxRaw { body_bytes, auth_info_bytes, signatures }
    }

    /// The signed transaction as bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.signed().encode_to_vec()
    }

    /// The fee's coins.
    #[must_use]
    pub fn fee_coins(&self) -> &[WireCoin] {
        &self.fee.amount
    }
}

/// What has an address.
pub trait Addressed {
    /// The address.
    fn address(&self) -> Address;
}

impl Addressed for Account {
    fn address(&self) -> Address {
        self.address
    }
}

impl Addressed for Address {
    fn address(&self) -> Address {
        *self
    }
}
