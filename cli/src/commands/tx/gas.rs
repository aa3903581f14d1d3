//! Gas and fee: rehearsing a transaction on the node, and what the gas costs.

use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::crypto::multisig::v1beta1::{CompactBitArray, MultiSignature};
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignerInfo, TxBody, mode_info};
use prost::Message as _;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::super::session::Session;
use super::failure;
use super::file::Document;
use super::flags::TxFlags;
use super::signing::Signer;
use super::who::account_data;
use crate::amount::{Coin, GasPrice};
use crate::client::chain::Simulation;
use crate::client::status::Refusal;
use crate::dynamic::Resolve as _;
use crate::error::{CliError, Result};
use crate::sign::{PublicKey, SignMode, single_mode_info};

/// The length of a signature; gas is charged for it.
const SIGNATURE_BYTES: usize = 64;

/// A signer as far as a rehearsal needs to know it.
#[derive(Clone, Debug)]
struct Rehearsed {
    key: Option<PublicKey>,
    sequence: u64,
}

impl From<&Signer> for Rehearsed {
    fn from(signer: &Signer) -> Self {
        Self { key: Some(signer.key.public_key.clone()), sequence: signer.data.sequence }
    }
}

/// Decides gas and fee, and gives the rehearsal where there was one. `fee` comes without amount and limit.
pub(super) fn estimate(
    session: &Session<'_>,
    flags: &TxFlags,
    body: &TxBody,
    addresses: &[String],
    fee: &mut Fee,
    signers: &mut [Signer],
) -> Result<Option<Simulation>> {
    let fixed = match flags.gas.as_str() {
        "auto" => None,
        text => Some(text.replace('_', "").parse::<u64>().ok().filter(|gas| *gas > 0).ok_or_else(|| {
            CliError::usage(format!("--gas `{text}` is neither auto nor a number"))
                .hint("write --gas auto, or for example --gas 200000")
        })?),
    };
    if flags.offline && fixed.is_none() {
        return Err(CliError::usage("--offline cannot rehearse the transaction")
            .hint("give the gas limit: --gas 200000"));
    }
    // With a fixed limit and no question to answer the rehearsal would be of no use.
    let wanted =
        fixed.is_none() || flags.dry_run || (!flags.generate_only && !session.terminal().assumes_yes());
    let mut rehearsed: Vec<Rehearsed> = match &*signers {
        [] if wanted && !flags.offline => strangers(session, body, addresses)?,
        known => known.iter().map(Rehearsed::from).collect(),
    };
    let mut rehearse = |fee: &Fee| match try_simulate(session, body, fee, &rehearsed)? {
        Ok(simulation) => Ok(simulation),
        Err(refusal) => {
            // Transactions of this account wait for a block already: the node knows the sequence that comes after them.
            let (Some(expected), [signer], None) =
                (failure::expected_sequence(&refusal.message), rehearsed.as_mut_slice(), flags.sequence)
            else {
                return Err(rehearsal_error(refusal));
            };
            signer.sequence = expected;
            try_simulate(session, body, fee, &rehearsed)?.map_err(rehearsal_error)
        }
    };
    fee.gas_limit = match fixed {
        Some(gas) => gas,
        // Without fee and limit first: paying the fee takes gas as well, but how much is not known yet.
        None => adjust(session, flags, rehearse(fee)?.gas_used)?,
    };
    set_fee(session, flags, fee)?;
    if !wanted || flags.offline {
        return Ok(None);
    }
    let simulation = rehearse(fee)?;
    for (signer, rehearsed) in signers.iter_mut().zip(&rehearsed) {
        signer.data.sequence = rehearsed.sequence;
    }
    if fixed.is_none() {
        fee.gas_limit = adjust(session, flags, simulation.gas_used)?;
        set_fee(session, flags, fee)?;
    }
    Ok(Some(simulation))
}

fn set_fee(session: &Session<'_>, flags: &TxFlags, fee: &mut Fee) -> Result<()> {
    let coins = fee_coins(session, flags, fee.gas_limit)?;
    fee.amount = coins.iter().filter(|coin| coin.amount > 0).map(wire_coin).collect();
    Ok(())
}

/// Who signs elsewhere: accounts whose keys need not be here.
fn strangers(session: &Session<'_>, body: &TxBody, addresses: &[String]) -> Result<Vec<Rehearsed>> {
    let keyring = session.context().keyring()?;
    let one = |address: &String| {
        let key = keyring.find_address(&address.parse()?)?.map(|key| key.public_key);
        let sequence =
            if body.unordered { 0 } else { account_data(session, false, None, None, address)?.sequence };
        Ok(Rehearsed { key, sequence })
    };
    addresses.iter().map(one).collect()
}

/// Rehearses a transaction that others sign.
pub(super) fn simulate(
    session: &Session<'_>,
    body: &TxBody,
    fee: &Fee,
    addresses: &[String],
) -> Result<Simulation> {
    try_simulate(session, body, fee, &strangers(session, body, addresses)?)?.map_err(rehearsal_error)
}

/// Rehearses the transaction on the node, unsigned.
fn try_simulate(
    session: &Session<'_>,
    body: &TxBody,
    fee: &Fee,
    signers: &[Rehearsed],
) -> Result<std::result::Result<Simulation, Refusal>> {
    let (mut infos, mut signatures) = (Vec::new(), Vec::new());
    for signer in signers {
        let (mode_info, signature) = unsigned(signer.key.as_ref());
        let public_key = signer.key.as_ref().map(PublicKey::to_any);
        infos.push(SignerInfo { public_key, mode_info: Some(mode_info), sequence: signer.sequence });
        signatures.push(signature);
    }
    let auth = AuthInfo { signer_infos: infos, fee: Some(fee.clone()), ..AuthInfo::default() };
    session.client()?.simulate(&Document::new(body.clone(), auth, signatures).bytes())
}

fn rehearsal_error(refusal: Refusal) -> CliError {
    if refusal.is_unserved() {
        return CliError::from(refusal).hint("give the gas limit: --gas N");
    }
    failure::explain_rehearsal(&refusal.message)
}

/// The form of a signature that is not there: its gas is that of the real one.
fn unsigned(key: Option<&PublicKey>) -> (ModeInfo, Vec<u8>) {
    let Some(PublicKey::Multisig(multisig)) = key else {
        return (single_mode_info(SignMode::Direct), vec![0; SIGNATURE_BYTES]);
    };
    let signers = usize::try_from(multisig.threshold()).unwrap_or_default();
    let members = multisig.members().len();
    let byte = |first: usize| {
        (0..8).fold(0u8, |bits, bit| (bits << 1) | u8::from(first.saturating_add(bit) < signers))
    };
    let bits = CompactBitArray {
        extra_bits_stored: u32::try_from(members % 8).unwrap_or_default(),
        elems: (0..members).step_by(8).map(byte).collect(),
    };
    let mode_infos = vec![single_mode_info(SignMode::LegacyAminoJson); signers];
    let multi = mode_info::Multi { bitarray: Some(bits), mode_infos };
    let signature = MultiSignature { signatures: vec![vec![0; SIGNATURE_BYTES]; signers] }.encode_to_vec();
    (ModeInfo { sum: Some(mode_info::Sum::Multi(multi)) }, signature)
}

/// Gas times the adjustment, rounded up.
fn adjust(session: &Session<'_>, flags: &TxFlags, gas: u64) -> Result<u64> {
    let settings = session.context().settings()?;
    let text = match &flags.gas_adjustment {
        Some(text) => text.as_str(),
        None => settings.gas_adjustment()?,
    };
    let bad = || {
        CliError::usage(format!("`{text}` is not a gas adjustment"))
            .hint("give a number of at least 1, for example 1.3")
    };
    let factor = Decimal::from_str_exact(text).map_err(|error| bad().because(error))?;
    if factor < Decimal::ONE || factor > Decimal::ONE_THOUSAND {
        return Err(bad());
    }
    Decimal::from(gas).checked_mul(factor).and_then(|gas| gas.ceil().to_u64()).ok_or_else(bad)
}

/// The fee: given, or the gas limit at the price given, set in the profile, or asked by the chain.
fn fee_coins(session: &Session<'_>, flags: &TxFlags, gas: u64) -> Result<Vec<Coin>> {
    if let Some(fees) = &flags.fees {
        return if fees.trim() == "0" { Ok(Vec::new()) } else { session.coins(fees) };
    }
    let price = match &flags.gas_price {
        Some(text) => Some(GasPrice::parse(text)?),
        None => session.context().settings()?.gas_price()?,
    };
    let price = match price {
        Some(price) => price,
        None if flags.offline => {
            return Err(
                CliError::usage("--offline cannot ask for the gas price").hint("give --fees or --gas-price")
            );
        }
        None => match session.client()?.gas_prices()?.into_iter().next() {
            Some(price) => with_headroom(&price),
            // A chain that names no price takes transactions for nothing.
            None => return Ok(Vec::new()),
        },
    };
    Ok(vec![price.fee(gas)?])
}

/// The price of the next block may be higher by an eighth; a transaction that offers less would be refused there.
fn with_headroom(price: &GasPrice) -> GasPrice {
    let eighth = price.atomics().div_ceil(8);
    GasPrice::from_atomics(price.atomics().saturating_add(eighth), price.denom())
}

fn wire_coin(coin: &Coin) -> WireCoin {
    WireCoin { denom: coin.denom.clone(), amount: coin.amount.to_string() }
}
