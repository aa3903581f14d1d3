//! Bytes to transaction.

use agora_auth::PubKey;
use agora_framework::errors::sdk;
use agora_framework::{AppError, DynMessage};
use agora_primitives::{Address, Coins};
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, TxBody, TxRaw};
use prost::Message;
use sha2::{Digest, Sha256};

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
    /// The key as it was shown.
    pub(crate) pub_key_any: Option<prost_types::Any>,
    /// The sign mode.
    pub(crate) mode: Option<ModeInfo>,
    /// The sequence signed.
    pub(crate) sequence: u64,
    /// The signature.
    pub(crate) signature: Vec<u8>,
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
    pub(crate) fee: Fee,
    pub(crate) fee_coins: Coins,
    pub(crate) messages: Vec<TxMessage>,
    pub(crate) fee_payer: Address,
    pub(crate) signers: Vec<Signer>,
}

impl Tx {
    /// Gas the sender wants, and pays for.
    #[must_use]
    pub fn gas_wanted(&self) -> u64 {
        self.fee.gas_limit
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
        self.decode_as(bytes, Decode::Signed)
    }

    pub(crate) fn decode_as(&self, bytes: &[u8], how: Decode) -> Result<Tx, AppError> {
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
        let fee = match auth_info.fee.clone() {
            Some(fee) => fee,
            None if how == Decode::Unsigned => Fee::default(),
            None => return Err(parse_error("auth_info has no fee; state at least a gas limit")),
        };
        let messages = messages
            .into_iter()
            .map(|message| Ok(TxMessage { signers: message.signers()?, message }))
            .collect::<Result<Vec<_>, AppError>>()?;
        let (required, fee_payer) = required_signers(&messages, &fee, raw.signatures.len())?;
        let signers = match how {
            Decode::Signed => signed(&raw, &auth_info, required)?,
            Decode::Unsigned => unsigned(&raw, &auth_info, required),
        };
        Ok(Tx {
            hash: Sha256::digest(bytes).into(),
            len: bytes.len(),
            fee_coins: fee_coins(&fee)?,
            body_bytes: raw.body_bytes,
            auth_info_bytes: raw.auth_info_bytes,
            body,
            auth_info,
            fee,
            messages,
            fee_payer,
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

fn signed(raw: &TxRaw, auth_info: &AuthInfo, required: Vec<Address>) -> Result<Vec<Signer>, AppError> {
    if raw.signatures.is_empty() {
        return Err(sdk::NO_SIGNATURES.bare());
    }
    let wrong = |got: usize| {
        sdk::UNAUTHORIZED
            .wrap(format_args!("wrong number of signers; expected {}, got {got}", required.len()))
    };
    if raw.signatures.len() != required.len() {
        return Err(wrong(raw.signatures.len()));
    }
    if auth_info.signer_infos.len() != required.len() {
        return Err(wrong(auth_info.signer_infos.len()));
    }
    required
        .iter()
        .zip(&auth_info.signer_infos)
        .zip(&raw.signatures)
        .map(|((address, info), signature)| {
            let pub_key = info
                .public_key
                .as_ref()
                .map(PubKey::from_any)
                .transpose()
                .map_err(|e| sdk::INVALID_PUB_KEY.wrap(e))?;
            Ok(Signer {
                address: *address,
                pub_key,
                pub_key_any: info.public_key.clone(),
                mode: info.mode_info.clone(),
                sequence: info.sequence,
                signature: signature.clone(),
            })
        })
        .collect()
}

/// Simulations come with an empty signature, no mode, and perhaps a key that does not fit yet.
fn unsigned(raw: &TxRaw, auth_info: &AuthInfo, required: Vec<Address>) -> Vec<Signer> {
    required
        .into_iter()
        .enumerate()
        .map(|(i, address)| {
            let info = auth_info.signer_infos.get(i);
            let pub_key_any = info.and_then(|info| info.public_key.clone());
            Signer {
                address,
                pub_key: pub_key_any.as_ref().and_then(|any| PubKey::from_any(any).ok()),
                pub_key_any,
                mode: info.and_then(|info| info.mode_info.clone()),
                sequence: info.map_or(0, |info| info.sequence),
                signature: raw.signatures.get(i).cloned().unwrap_or_default(),
            }
        })
        .collect()
}
