//! Bytes to transaction.

use agora_auth::PubKey;
use agora_framework::errors::sdk;
use agora_framework::{AccessHint, AppError, DynMessage};
use agora_primitives::{Address, Coins};
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignerInfo, TxBody, TxRaw};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::hints::{self, Payment};
use crate::runtime::Runtime;

/// The most messages of a transaction.
pub(crate) const MAX_MESSAGES: usize = 256;

/// A message with its signers, parsed once: addresses are read often and cost a checksum each.
pub(crate) struct TxMessage {
    pub(crate) message: Box<dyn DynMessage>,
    pub(crate) signers: Vec<Address>,
}

/// Who signs, and how.
pub(crate) struct Signer {
    /// The address the messages name.
    pub(crate) address: Address,
    /// The key the transaction shows; `None` leaves it to the account.
    pub(crate) pub_key: Option<PubKey>,
    /// Whether that key stands for the address.
    pub(crate) key_fits: bool,
    /// The place among the signer infos.
    pub(crate) index: usize,
    /// The sign mode.
    pub(crate) mode: Option<ModeInfo>,
    /// The sequence signed.
    pub(crate) sequence: u64,
    /// The signature.
    pub(crate) signature: Vec<u8>,
}

impl Signer {
    fn new(
        address: Address,
        pub_key: Option<PubKey>,
        index: usize,
        info: Option<&SignerInfo>,
        signature: Vec<u8>,
    ) -> Self {
        Self {
            address,
            key_fits: pub_key.as_ref().is_some_and(|key| key.address() == address),
            pub_key,
            index,
            mode: info.and_then(|info| info.mode_info.clone()),
            sequence: info.map_or(0, |info| info.sequence),
            signature,
        }
    }
}

/// A decoded transaction: well-formed, its messages known, nothing checked against state.
pub struct Tx {
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
    /// The bytes' length.
    pub len: usize,
    pub(crate) body_bytes: Vec<u8>,
    pub(crate) auth_info_bytes: Vec<u8>,
    pub(crate) body: TxBody,
    pub(crate) auth_info: AuthInfo,
    pub(crate) gas_limit: u64,
    pub(crate) fee_coins: Coins,
    pub(crate) messages: Vec<TxMessage>,
    pub(crate) fee_payer: Address,
    /// Whose balance the fee is asked of, if not the payer's.
    pub(crate) fee_granter: Option<Address>,
    pub(crate) signers: Vec<Signer>,
    /// What it is likely to touch.
    pub(crate) access: AccessHint,
    /// A number that transactions with the same messages share.
    pub(crate) class: u32,
}

impl Tx {
    /// Gas the sender wants, and pays for.
    #[must_use]
    pub fn gas_wanted(&self) -> u64 {
        self.gas_limit
    }

    /// Who pays the fee.
    #[must_use]
    pub fn fee_payer(&self) -> Address {
        self.fee_payer
    }

    /// The coins offered as fee.
    #[must_use]
    pub fn fee(&self) -> &Coins {
        &self.fee_coins
    }

    /// The signers with the sequences they signed.
    pub fn sequences(&self) -> impl Iterator<Item = (Address, u64)> + '_ {
        self.signers.iter().map(|s| (s.address, s.sequence))
    }

    /// Whose balance the fee comes from: the granter's, or the payer's own.
    #[must_use]
    pub fn fee_source(&self) -> Address {
        self.fee_granter.unwrap_or(self.fee_payer)
    }

    /// Whether the transaction has a time-out instead of a sequence.
    #[must_use]
    pub fn is_unordered(&self) -> bool {
        self.body.unordered
    }
}

/// Whether signatures must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decode {
    /// A transaction to be executed.
    Signed,
    /// A simulation: signatures and keys may be missing.
    Unsigned,
}

fn parse_error(what: impl std::fmt::Display) -> AppError {
    sdk::TX_DECODE.wrap(what)
}

impl Runtime {
    /// Decodes a transaction. A pure function of the bytes.
    ///
    /// # Errors
    /// Code 2 for malformed bytes, 18 without messages, 15 without signatures, 4 for a wrong number of them, 8 for an
    /// unusable key, 7 for a malformed address, 10 for a malformed fee.
    pub fn decode(&self, bytes: &[u8]) -> Result<Tx, AppError> {
        self.decode_as(bytes, Sha256::digest(bytes).into(), Decode::Signed)
    }

    /// Decodes bytes whose SHA-256 is known.
    pub(crate) fn decode_as(&self, bytes: &[u8], hash: [u8; 32], how: Decode) -> Result<Tx, AppError> {
        if bytes.is_empty() {
            return Err(sdk::INVALID_REQUEST.wrap("must contain at least one message"));
        }
        self.strict().check_tx_raw(bytes).map_err(parse_error)?;
        let raw = TxRaw::decode(bytes).map_err(parse_error)?;
        let body = TxBody::decode(raw.body_bytes.as_slice()).map_err(parse_error)?;
        let auth_info = AuthInfo::decode(raw.auth_info_bytes.as_slice()).map_err(parse_error)?;
        if let Some(option) = body.extension_options.iter().chain(&body.non_critical_extension_options).next()
        {
            return Err(parse_error(format_args!("extension option {:?} is not supported", option.type_url)));
        }
        if body.messages.is_empty() {
            return Err(sdk::INVALID_REQUEST.wrap("must contain at least one message"));
        }
        if body.messages.len() > MAX_MESSAGES {
            return Err(sdk::INVALID_REQUEST
                .wrap(format_args!("{} messages, at most {MAX_MESSAGES} are allowed", body.messages.len())));
        }
        let messages =
            body.messages.iter().map(|any| self.registry().decode(any)).collect::<Result<Vec<_>, _>>()?;
        let none = Fee::default();
        let fee = match &auth_info.fee {
            Some(fee) => fee,
            None if how == Decode::Unsigned => &none,
            None => return Err(parse_error("auth_info has no fee; state at least a gas limit")),
        };
        let messages = messages
            .into_iter()
            .map(|message| Ok(TxMessage { signers: message.signers()?, message }))
            .collect::<Result<Vec<_>, AppError>>()?;
        let (required, fee_payer) = required_signers(&messages, fee, raw.signatures.len())?;
        let signers = match how {
            Decode::Signed => signed(raw.signatures, &auth_info, required)?,
            Decode::Unsigned => unsigned(raw.signatures, &auth_info, required),
        };
        let fee_coins = fee_coins(fee)?;
        let fee_granter = fee_granter(fee)?;
        let payment = Payment { payer: &fee_payer, granter: fee_granter.as_ref(), coins: &fee_coins };
        Ok(Tx {
            hash,
            len: bytes.len(),
            gas_limit: fee.gas_limit,
            access: hints::access(&signers, &payment, &messages),
            class: hints::class(&messages),
            fee_coins,
            body_bytes: raw.body_bytes,
            auth_info_bytes: raw.auth_info_bytes,
            body,
            auth_info,
            messages,
            fee_payer,
            fee_granter,
            signers,
        })
    }
}

/// The messages' signers in order, then the fee payer. `got` is how many signed.
fn required_signers(
    messages: &[TxMessage],
    fee: &Fee,
    got: usize,
) -> Result<(Vec<Address>, Address), AppError> {
    let mut required: Vec<Address> = Vec::new();
    for signer in messages.iter().flat_map(|message| &message.signers) {
        if !required.contains(signer) {
            required.push(*signer);
        }
    }
    let payer = if fee.payer.is_empty() {
        *required.first().ok_or_else(|| {
            sdk::UNAUTHORIZED.wrap(format_args!("wrong number of signers; expected 0, got {got}"))
        })?
    } else {
        let payer: Address = fee
            .payer
            .parse()
            .map_err(|e| sdk::INVALID_ADDRESS.wrap(format_args!("invalid fee payer address: {e}")))?;
        if !required.contains(&payer) {
            required.push(payer);
        }
        payer
    };
    Ok((required, payer))
}

/// Who is asked for the fee; `None` for the payer.
fn fee_granter(fee: &Fee) -> Result<Option<Address>, AppError> {
    if fee.granter.is_empty() {
        return Ok(None);
    }
    let granter = fee.granter.parse();
    granter.map(Some).map_err(|e| sdk::INVALID_ADDRESS.wrap(format_args!("invalid fee granter address: {e}")))
}

fn fee_coins(fee: &Fee) -> Result<Coins, AppError> {
    let text = || {
        fee.amount.iter().take(8).map(|c| format!("{}{}", c.amount, c.denom)).collect::<Vec<_>>().join(",")
    };
    let coins = fee
        .amount
        .iter()
        .map(|c| agora_primitives::Coin::parse(&c.denom, &c.amount))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| sdk::INVALID_COINS.wrap(format_args!("invalid fee {}: {e}", text())))?;
    // Wallets write a fee of nothing as one zero coin.
    let coins: Vec<_> = coins.into_iter().filter(|c| c.amount > 0).collect();
    Coins::new(coins).map_err(|e| sdk::INVALID_COINS.wrap(format_args!("invalid fee {}: {e}", text())))
}

fn signed(
    signatures: Vec<Vec<u8>>,
    auth_info: &AuthInfo,
    required: Vec<Address>,
) -> Result<Vec<Signer>, AppError> {
    if signatures.is_empty() {
        return Err(sdk::NO_SIGNATURES.bare());
    }
    let wrong = |got: usize| {
        sdk::UNAUTHORIZED
            .wrap(format_args!("wrong number of signers; expected {}, got {got}", required.len()))
    };
    if signatures.len() != required.len() {
        return Err(wrong(signatures.len()));
    }
    if auth_info.signer_infos.len() != required.len() {
        return Err(wrong(auth_info.signer_infos.len()));
    }
    let infos = required.iter().zip(&auth_info.signer_infos).zip(signatures);
    infos
        .enumerate()
        .map(|(index, ((address, info), signature))| {
            let pub_key = info
                .public_key
                .as_ref()
                .map(PubKey::from_any)
                .transpose()
                .map_err(|e| sdk::INVALID_PUB_KEY.wrap(e))?;
            Ok(Signer::new(*address, pub_key, index, Some(info), signature))
        })
        .collect()
}

/// Simulations come with an empty signature, no mode, and perhaps a key that does not fit yet.
fn unsigned(signatures: Vec<Vec<u8>>, auth_info: &AuthInfo, required: Vec<Address>) -> Vec<Signer> {
    let signatures = signatures.into_iter().chain(std::iter::repeat(Vec::new()));
    required
        .into_iter()
        .zip(signatures)
        .enumerate()
        .map(|(index, (address, signature))| {
            let info = auth_info.signer_infos.get(index);
            let shown = info.and_then(|info| info.public_key.as_ref());
            let pub_key = shown.and_then(|any| PubKey::from_any(any).ok());
            Signer::new(address, pub_key, index, info, signature)
        })
        .collect()
}
