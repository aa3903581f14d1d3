//! Signing ahead, on all threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody};
use agora_proto::prost_types::Any;
use prost::Message as _;
use sha2::{Digest, Sha256};

use super::account::{LoadAccount, Queue, Signed, join};
use super::kind::{Kind, Scene};
use super::mix::Mix;
use crate::amount::GasPrice;
use crate::client::Client;
use crate::error::{CliError, Result};
use crate::sign::{SignMode, TxParts, direct_sign_bytes, signer_info, single_mode_info, tx_raw_bytes};

/// The length of a signature; gas is charged for it.
const SIGNATURE_BYTES: usize = 64;

/// The gas and the fee of each kind of a mix.
#[derive(Clone, Debug)]
pub(super) struct Recipes {
    recipes: Vec<(Kind, Fee)>,
    chain_id: String,
}

/// Encodes and signs messages.
pub(super) fn transaction(account: &LoadAccount, chain_id: &str, messages: Vec<Any>, fee: Fee) -> Vec<u8> {
    let (body, auth_info) = halves(account, messages, fee);
    let parts = TxParts { body: &body, auth_info: &auth_info };
    let signature = account.secret.sign(&direct_sign_bytes(parts, chain_id, 0));
    tx_raw_bytes(parts, vec![signature.to_vec()])
}

fn halves(account: &LoadAccount, messages: Vec<Any>, fee: Fee) -> (Vec<u8>, Vec<u8>) {
    let info = signer_info(&account.public, single_mode_info(SignMode::Direct), account.sequence);
    let auth_info = AuthInfo { signer_infos: vec![info], fee: Some(fee), ..AuthInfo::default() };
    let body = TxBody { messages, ..TxBody::default() };
    (body.encode_to_vec(), auth_info.encode_to_vec())
}

/// Rehearses a transaction on the node and gives the gas to ask for: a third more than it took.
pub(super) fn rehearse(client: &Client, account: &LoadAccount, messages: Vec<Any>) -> Result<u64> {
    // Any fee: the bytes of one are charged for, too.
    let (body, auth_info) = halves(account, messages, Fee { gas_limit: 1_000_000, ..Fee::default() });
    let parts = TxParts { body: &body, auth_info: &auth_info };
    let tx = tx_raw_bytes(parts, vec![vec![0; SIGNATURE_BYTES]]);
    let simulation = client.simulate(&tx)?.map_err(|refusal| {
        CliError::from(refusal).hint("the funding account may hold too little; name another with --from")
    })?;
    Ok((simulation.gas_used + simulation.gas_used / 3).next_multiple_of(1_000))
}

/// Rehearses every variant of a kind with `payer`, who holds something, in the place of the sender.
pub(super) fn rehearse_kind(client: &Client, payer: &LoadAccount, kind: Kind, scene: &Scene) -> Result<u64> {
    let mut payer_first = scene.clone();
    payer_first.addresses.insert(0, payer.address.to_string());
    let mut gas =
        (0..kind.variants(scene)).map(|n| rehearse(client, payer, kind.messages(0, &payer_first, n)));
    gas.try_fold(0, |most, gas| Ok(gas?.max(most)))
}

/// The fee of so much gas at a price.
pub(super) fn fee(price: &GasPrice, gas: u64) -> Result<Fee> {
    let coin = price.fee(gas)?;
    let amount = vec![WireCoin { denom: coin.denom, amount: coin.amount.to_string() }];
    Ok(Fee { amount, gas_limit: gas, ..Fee::default() })
}

impl Recipes {
    /// `gas` says what each kind asks for, `offered` what the load pays for it, `least` what the chain wants.
    pub(super) fn new(
        chain_id: &str,
        mix: &Mix,
        gas: impl Fn(Kind) -> Result<u64>,
        offered: &GasPrice,
        least: &GasPrice,
    ) -> Result<Self> {
        let recipes = mix.kinds().map(|kind| {
            let price = if kind == Kind::Minimum { least } else { offered };
            Ok((kind, fee(price, gas(kind)?)?))
        });
        Ok(Self { recipes: recipes.collect::<Result<_>>()?, chain_id: chain_id.to_owned() })
    }

    /// The most that a transaction costs its sender, in base units: the fee and what it gives away.
    pub(super) fn greatest_cost(&self) -> u128 {
        let costs = self.recipes.iter().filter_map(|(kind, fee)| {
            let fee: u128 = fee.amount.first().map_or(Some(0), |coin| coin.amount.parse().ok())?;
            Some(fee.saturating_add(u128::from(kind.given())))
        });
        costs.max().unwrap_or_default()
    }

    fn fee(&self, kind: Kind) -> Fee {
        self.recipes.iter().find(|(known, _)| *known == kind).map(|(_, fee)| fee.clone()).unwrap_or_default()
    }

    /// The transactions of one account: every `step`-th of the load, from its own number on.
    fn queue(&self, account: &LoadAccount, from: usize, scene: &Scene, mix: &Mix, count: u64) -> Vec<Signed> {
        let mut account = account.clone();
        let mut txs: Vec<Signed> = Vec::new();
        for n in (from as u64..count).step_by(scene.addresses.len().max(1)) {
            let mut kind = mix.kind(n);
            let earlier = txs.iter().rev().find(|tx| tx.sequence.is_some());
            if kind == Kind::Duplicate {
                if let Some(earlier) = earlier {
                    txs.push(Signed { kind, sequence: None, ..earlier.clone() });
                    continue;
                }
                // There is nothing to repeat yet.
                kind = Kind::Send;
            }
            let messages = kind.messages(from, scene, n);
            let mut bytes = transaction(&account, &self.chain_id, messages, self.fee(mix.kind(n)));
            kind.spoil(&mut bytes);
            let sequence = kind.is_welcome().then_some(account.sequence);
            account.sequence += u64::from(kind.is_welcome());
            txs.push(Signed { kind, hash: Sha256::digest(&bytes).into(), bytes, sequence });
        }
        txs
    }

    /// Signs `count` transactions for all accounts; `done` grows with each account. Stops early, without any, on `stop`.
    pub(super) fn sign(
        &self,
        accounts: &[LoadAccount],
        scene: &Scene,
        mix: &Mix,
        count: u64,
        done: &AtomicUsize,
        stop: &AtomicBool,
    ) -> Result<Vec<Queue>> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let size = accounts.len().div_ceil(threads).max(1);
        let parts = std::thread::scope(|scope| {
            let threads: Vec<_> = accounts
                .chunks(size)
                .enumerate()
                .map(|(chunk, part)| {
                    scope.spawn(move || {
                        let mut queues = Vec::with_capacity(part.len());
                        for (from, account) in (chunk * size..).zip(part) {
                            if stop.load(Ordering::Relaxed) {
                                break;
                            }
                            queues.push(Queue::new(self.queue(account, from, scene, mix, count)));
                            done.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(queues)
                    })
                })
                .collect();
            threads.into_iter().map(join).collect::<Result<Vec<_>>>()
        })?;
        Ok(parts.into_iter().flatten().collect())
    }
}
