//! A transaction on its way to bytes.

use agora_primitives::Address;
use agora_proto::cosmos::bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output};
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, SignerInfo, TxBody, TxRaw};
use prost::{Message, Name};
use prost_reflect::DescriptorPool;
use prost_types::{Any, Timestamp};

use crate::accounts::{Account, Document};

/// A transaction of one signer.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Who signs and pays.
    pub from: Account,
    /// The chain signed for.
    pub chain_id: String,
    /// The sequence signed.
    pub sequence: u64,
    /// Whether it is signed with amino JSON.
    pub amino: bool,
    /// Messages, memo, time-outs.
    pub body: TxBody,
    /// The gas limit.
    pub gas: u64,
    /// The fee in the native denom.
    pub fee: u128,
}

/// A coin on the wire.
#[must_use]
pub fn coin(amount: u128, denom: &str) -> Coin {
    Coin { denom: denom.to_owned(), amount: amount.to_string() }
}

impl Draft {
    /// Adds a message.
    #[must_use]
    pub fn message<M: Message + Name>(mut self, message: &M) -> Self {
        let any = Any { type_url: agora_proto::type_url::<M>(), value: message.encode_to_vec() };
        self.body.messages.push(any);
        self
    }

    /// Adds a transfer.
    #[must_use]
    pub fn send(self, to: &Address, amount: Vec<Coin>) -> Self {
        let from_address = self.from.address.to_string();
        self.message(&MsgSend { from_address, to_address: to.to_string(), amount })
    }

    /// Adds a transfer of the same coin to several.
    #[must_use]
    pub fn multi_send(self, to: &[Address], amount: u128, denom: &str) -> Self {
        let total = amount * to.len() as u128;
        let input = Input { address: self.from.address.to_string(), coins: vec![coin(total, denom)] };
        let output = |to: &Address| Output { address: to.to_string(), coins: vec![coin(amount, denom)] };
        self.message(&MsgMultiSend { inputs: vec![input], outputs: to.iter().map(output).collect() })
    }

    /// Takes a time-out, in nanoseconds since 1970, for the sequence.
    #[must_use]
    pub fn unordered(mut self, timeout: u64) -> Self {
        self.body.unordered = true;
        self.sequence = 0;
        self.body.timeout_timestamp = Some(Timestamp {
            seconds: i64::try_from(timeout / 1_000_000_000).unwrap_or(i64::MAX),
            nanos: i32::try_from(timeout % 1_000_000_000).unwrap_or_default(),
        });
        self
    }

    /// The signed transaction.
    #[must_use]
    pub fn sign(&self, pool: &DescriptorPool) -> TxRaw {
        let info = SignerInfo {
            public_key: Some(self.from.pub_key.to_any()),
            mode_info: Some(self.from.mode_info(self.amino)),
            sequence: self.sequence,
        };
        let fee = Fee { amount: vec![coin(self.fee, "uago")], gas_limit: self.gas, ..Fee::default() };
        #[allow(deprecated)] // Tips are never sent.
        let auth_info = AuthInfo { signer_infos: vec![info], fee: Some(fee), tip: None };
        let (body_bytes, auth_info_bytes) = (self.body.encode_to_vec(), auth_info.encode_to_vec());
        let document = Document {
            pool,
            chain_id: &self.chain_id,
            sequence: self.sequence,
            body_bytes: &body_bytes,
            auth_info_bytes: &auth_info_bytes,
        };
        let signatures = vec![self.from.sign(&document, self.amino)];
        TxRaw { body_bytes, auth_info_bytes, signatures }
    }

    /// The signed transaction as bytes.
    #[must_use]
    pub fn bytes(&self, pool: &DescriptorPool) -> Vec<u8> {
        self.sign(pool).encode_to_vec()
    }
}
