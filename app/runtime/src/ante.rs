//! Everything between a decoded transaction and its messages: limits, time-outs, fee, keys, signatures, sequences.
//!
//! Order and texts are those of the Cosmos SDK, because clients read them.

use agora_auth::api as auth;
use agora_auth::{Account, PubKey};
use agora_bank::api as bank;
use agora_feemarket::api::GasPrice;
use agora_framework::errors::sdk;
use agora_framework::time::{self, nanoseconds};
use agora_framework::{AppError, Event, ExecCtx, StateCtx};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost::Message;

use crate::runtime::Runtime;
use crate::tx::{Signer, Tx};

/// The longest life of an unordered transaction, in nanoseconds.
pub(crate) const MAX_UNORDERED_TTL: u64 = 600_000_000_000;

/// The bytes a signature, a key with its type, and a fee with gas limit and one coin take in a transaction.
const SIMULATED_SIGNATURE_BYTES: u64 = 64;
const SIMULATED_KEY_BYTES: u64 = 80;
const SIMULATED_FEE_BYTES: u64 = 48;

/// What a transaction is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To take it into the mempool, or into a proposal.
    Check,
    /// To execute it in a block.
    Deliver,
    /// To see what it would do: signatures do not count, an empty fee is no fault.
    Simulate,
}

pub(crate) struct Ante<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) price: &'a GasPrice,
    pub(crate) purpose: Purpose,
    /// The signatures are known to be good.
    pub(crate) verified: bool,
}

impl Ante<'_> {
    /// Runs the pipeline; on success the fee is paid and the sequences are used up.
    pub(crate) fn run(&self, ctx: &mut ExecCtx<'_>, tx: &Tx) -> Result<(), AppError> {
        self.check_gas_limit(tx)?;
        check_timeouts(ctx, tx)?;
        let params = auth::params(ctx)?;
        let memo = tx.body.memo.len() as u64;
        if memo > params.max_memo_characters {
            return Err(sdk::MEMO_TOO_LARGE.wrap(format_args!(
                "maximum number of characters is {} but received {memo} characters",
                params.max_memo_characters
            )));
        }
        let len = (tx.len as u64).saturating_add(self.missing_bytes(tx));
        ctx.gas().charge(params.tx_size_cost_per_byte.saturating_mul(len), "txSize")?;
        let signatures: u64 = tx.signers.iter().filter_map(|s| s.pub_key.as_ref()).map(PubKey::count).sum();
        if signatures > params.tx_sig_limit {
            return Err(sdk::TOO_MANY_SIGNATURES
                .wrap(format_args!("signatures: {signatures}, limit: {}", params.tx_sig_limit)));
        }
        let accounts = self.load_accounts(ctx, tx)?;
        self.take_fee(ctx, tx)?;
        for (signer, mut account) in tx.signers.iter().zip(accounts) {
            let key = self.key_of(tx, signer, &account)?;
            self.charge_signature(ctx, &params, key.as_ref())?;
            self.use_sequence(ctx, tx, signer, &mut account)?;
            if self.purpose != Purpose::Simulate && !self.verified {
                let key =
                    key.as_ref().ok_or_else(|| sdk::INVALID_PUB_KEY.wrap("account pubkey is not set"))?;
                let verifier = self.runtime.verifier(&ctx.block().chain_id);
                verifier.verify(tx, signer, key)?;
            }
            account.pub_key = account.pub_key.or(key);
            if self.purpose == Purpose::Simulate {
                // Wallets may leave the key out here; the write must cost what it will cost with it.
                account.pub_key.get_or_insert(PubKey::Secp256k1([2; 33]));
            }
            auth::set_account(ctx, &signer.address, &account)?;
            emit_signer(ctx, tx, signer);
        }
        Ok(())
    }

    /// What a simulated transaction will still grow by: signatures, keys, the fee. Simulations must not come out below what
    /// the signed transaction will use.
    fn missing_bytes(&self, tx: &Tx) -> u64 {
        if self.purpose != Purpose::Simulate {
            return 0;
        }
        let fee = if tx.fee_coins.is_empty() { SIMULATED_FEE_BYTES } else { 0 };
        tx.signers.iter().fold(fee, |sum, signer| {
            let signature = if signer.signature.is_empty() { SIMULATED_SIGNATURE_BYTES } else { 0 };
            let key = if signer.pub_key.is_none() { SIMULATED_KEY_BYTES } else { 0 };
            sum.saturating_add(signature).saturating_add(key)
        })
    }

    fn check_gas_limit(&self, tx: &Tx) -> Result<(), AppError> {
        if self.purpose != Purpose::Simulate && tx.gas_wanted() > self.price.max_block_gas {
            return Err(sdk::INVALID_GAS_LIMIT.wrap(format_args!(
                "tx gas limit {} exceeds block max gas {}",
                tx.gas_wanted(),
                self.price.max_block_gas
            )));
        }
        Ok(())
    }

    /// The signers' accounts; each must exist, that is, be known or hold something.
    fn load_accounts(&self, ctx: &mut ExecCtx<'_>, tx: &Tx) -> Result<Vec<Account>, AppError> {
        tx.signers
            .iter()
            .map(|signer| {
                let known = auth::known(ctx, &signer.address)?;
                // Who pays a fee holds some of it as a rule: one look, where a scan would meet every payment.
                if known.is_none()
                    && !bank::holds_some(ctx, &signer.address, &self.price.denom)?
                    && !bank::holds_anything(ctx, &signer.address)?
                {
                    let whose =
                        if signer.address == tx.fee_payer { "fee payer address: " } else { "account " };
                    return Err(
                        sdk::UNKNOWN_ADDRESS.wrap(format_args!("{whose}{} does not exist", signer.address))
                    );
                }
                Ok(known.unwrap_or_default())
            })
            .collect()
    }

    /// The key that stands for a signer: shown by the transaction, or known from before. They must agree.
    fn key_of(&self, tx: &Tx, signer: &Signer, account: &Account) -> Result<Option<PubKey>, AppError> {
        let (key, fits) = match &signer.pub_key {
            Some(key) => (Some(key), signer.key_fits),
            // What the account knows was seen to stand for it, but genesis may say anything.
            None => {
                let key = account.pub_key.as_ref();
                (key, key.is_some_and(|key| key.address() == signer.address))
            }
        };
        match key {
            Some(key) if fits => Ok(Some(key.clone())),
            _ if self.purpose == Purpose::Simulate => Ok(None),
            Some(_) => {
                let index = tx.signers.iter().position(|s| s.address == signer.address).unwrap_or_default();
                Err(sdk::INVALID_PUB_KEY.wrap(format_args!(
                    "pubKey does not match signer address {} with signer index: {index}",
                    signer.address
                )))
            }
            None => Err(sdk::INVALID_PUB_KEY.wrap(format_args!(
                "account {} has no public key yet; the first transaction must show it",
                signer.address
            ))),
        }
    }

    fn charge_signature(
        &self,
        ctx: &ExecCtx<'_>,
        params: &agora_auth::Params,
        key: Option<&PubKey>,
    ) -> Result<(), AppError> {
        let charge = |key: &PubKey| match key {
            PubKey::Ed25519(_) => ctx.gas().charge(params.sig_verify_cost_ed25519, "ante verify: ed25519"),
            PubKey::Secp256k1(_) | PubKey::Multisig { .. } => {
                ctx.gas().charge(params.sig_verify_cost_secp256k1, "ante verify: secp256k1")
            }
        };
        match key {
            Some(PubKey::Multisig { keys, threshold }) => {
                // Paid for as many as must sign, whichever they are.
                keys.iter().take(usize::try_from(*threshold).unwrap_or(usize::MAX)).try_for_each(charge)
            }
            Some(key) => charge(key),
            // A simulation without key: wallets will sign with secp256k1.
            None => ctx.gas().charge(params.sig_verify_cost_secp256k1, "ante verify: secp256k1"),
        }
    }

    fn use_sequence(
        &self,
        ctx: &mut ExecCtx<'_>,
        tx: &Tx,
        signer: &Signer,
        account: &mut Account,
    ) -> Result<(), AppError> {
        if tx.body.unordered {
            if signer.sequence != 0 {
                return Err(sdk::INVALID_REQUEST.wrap("sequence is not allowed for unordered transactions"));
            }
            let timeout = tx.body.timeout_timestamp.as_ref().and_then(nanoseconds).unwrap_or_default();
            return auth::use_nonce(ctx, &signer.address, timeout);
        }
        if signer.sequence != account.sequence {
            return Err(sdk::WRONG_SEQUENCE.wrap(format_args!(
                "account sequence mismatch, expected {}, got {}",
                account.sequence, signer.sequence
            )));
        }
        account.sequence = account
            .sequence
            .checked_add(1)
            .ok_or_else(|| sdk::INVALID_SEQUENCE.wrap("the account has used up its sequences"))?;
        Ok(())
    }
}

fn check_timeouts(ctx: &ExecCtx<'_>, tx: &Tx) -> Result<(), AppError> {
    let block = ctx.block();
    let timeout_height = tx.body.timeout_height;
    if timeout_height > 0 && block.height > timeout_height {
        return Err(sdk::TX_TIMEOUT_HEIGHT
            .wrap(format_args!("block height: {}, timeout height: {timeout_height}", block.height)));
    }
    let Some(timestamp) = &tx.body.timeout_timestamp else {
        if tx.body.unordered {
            return Err(sdk::INVALID_REQUEST.wrap("unordered transaction must have timeout_timestamp set"));
        }
        return Ok(());
    };
    let timeout = nanoseconds(timestamp)
        .ok_or_else(|| sdk::INVALID_REQUEST.wrap("timeout_timestamp lies outside 1970 to 2554"))?;
    if block.time > timeout {
        return Err(sdk::TX_TIMEOUT.wrap(format_args!(
            "block time: {}, timeout timestamp: {}",
            time::timestamp(block.time),
            time::timestamp(timeout)
        )));
    }
    if tx.body.unordered && timeout > block.time.saturating_add(MAX_UNORDERED_TTL) {
        return Err(sdk::INVALID_REQUEST.wrap("unordered tx ttl exceeds 10m0s"));
    }
    Ok(())
}

/// `acc_seq` and the signatures, a multisig's parts first.
fn emit_signer(ctx: &mut ExecCtx<'_>, tx: &Tx, signer: &Signer) {
    if !tx.body.unordered {
        let acc_seq = format!("{}/{}", signer.address, signer.sequence);
        ctx.emit(Event::new("tx").with("acc_seq", acc_seq));
    }
    if matches!(signer.pub_key, Some(PubKey::Multisig { .. }))
        && let Ok(parts) = agora_proto::cosmos::crypto::multisig::v1beta1::MultiSignature::decode(
            signer.signature.as_slice(),
        )
    {
        for part in parts.signatures {
            ctx.emit(Event::new("tx").with("signature", BASE64.encode(part)));
        }
    }
    ctx.emit(Event::new("tx").with("signature", BASE64.encode(&signer.signature)));
}
