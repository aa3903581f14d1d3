//! From messages to a signed transaction: who signs, how much gas, what fee, and whether the person agrees.

use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::crypto::multisig::v1beta1::{CompactBitArray, MultiSignature};
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignerInfo, TxBody, mode_info};
use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _};
use prost_types::{Any, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::json;

use super::super::session::Session;
use super::file::{Document, signers_of};
use super::flags::TxFlags;
use super::signing::{self, Signer, SignerData, can_sign, local_members};
use super::submit::{self, Submitted};
use super::failure;
use crate::amount::{Coin, GasPrice};
use crate::client::chain::Simulation;
use crate::dynamic::{Resolve as _, values::seconds};
use crate::error::{CliError, Result};
use crate::keyring::KeyInfo;
use crate::render::Labels as _;
use crate::render::changes::BalanceChanges;
use crate::sign::{PublicKey, SignMode, single_mode_info};
use crate::terminal::Table;

/// An unordered transaction without --timeout is valid for this long; chains allow ten minutes.
const UNORDERED_SECONDS: u64 = 180;

/// The length of a signature; gas is charged for it.
const SIGNATURE_BYTES: usize = 64;

/// Who sends: an address, and the key behind it where this keyring has one.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) address: String,
    key: Option<KeyInfo>,
}

/// The sender: what the signer's argument says, or --from, or the default key.
pub(super) fn sender(session: &Session<'_>, flags: &TxFlags, argument: Option<&str>) -> Result<Sender> {
    let context = session.context();
    let find = |text: &str| -> Result<Sender> {
        match context.key(Some(text)) {
            Ok(key) => Ok(Sender { address: key.address().to_string(), key: Some(key) }),
            // Only signing needs the key; a name from the address book is enough for an unsigned transaction.
            Err(error) => match context.resolve_address(text) {
                Ok(address) if flags.generate_only => Ok(Sender { address: address.to_string(), key: None }),
                Ok(address) => Err(CliError::usage(format!("this keyring has no key for {address}"))
                    .because(&error)
                    .hint("add the key with `agora keys recover`, or pass --generate-only to sign elsewhere")),
                Err(_) => Err(error),
            },
        }
    };
    match (argument, &flags.from) {
        (Some(argument), None) => find(argument),
        (None, Some(from)) => find(from),
        (None, None) => {
            let key = context.key(None)?;
            Ok(Sender { address: key.address().to_string(), key: Some(key) })
        }
        (Some(argument), Some(from)) => {
            let sender = find(from)?;
            // An account may act in another's name only where the message says who signs.
            let named = context.resolve_address(argument)?.to_string();
            if named != sender.address {
                return Err(CliError::usage(format!("`{argument}` must sign, but --from names `{from}`"))
                    .hint("leave out --from, or name the same account twice"));
            }
            Ok(sender)
        }
    }
}

/// Makes, rehearses, shows, signs and sends a transaction, as far as the flags say.
pub(super) fn run(
    session: &Session<'_>,
    flags: &TxFlags,
    from: &Sender,
    messages: Vec<DynamicMessage>,
) -> Result<()> {
    let body = body(session, flags, &messages)?;
    let mut fee = Fee {
        payer: optional_address(session, flags.fee_payer.as_deref())?,
        granter: optional_address(session, flags.fee_granter.as_deref())?,
        ..Fee::default()
    };
    let addresses = signers_of(session.definitions(), &body, &fee)?;
    if !addresses.contains(&from.address) {
        let needed: Vec<String> = addresses.iter().map(|address| session.short(address)).collect();
        return Err(CliError::usage(format!("{} is not who must sign: {}", session.short(&from.address), needed.join(", ")))
            .hint("name the right account with --from, or pass --generate-only"));
    }
    if flags.generate_only {
        estimate(session, flags, &body, &addresses, &mut fee, None)?;
        let document = Document::new(body, AuthInfo { fee: Some(fee), ..AuthInfo::default() }, Vec::new());
        return session.terminal().json(&document.to_json(session.definitions())?);
    }
    let mut signers = signers(session, flags, from, &addresses)?;
    let simulation = estimate(session, flags, &body, &addresses, &mut fee, Some(&signers))?;
    if flags.dry_run {
        return show_rehearsal(session, &fee, &addresses, simulation.unwrap_or_default());
    }
    if !flags.offline && !session.terminal().assumes_yes() {
        confirm(session, &body, &fee, &addresses, simulation)?;
    }
    let mut document = signing::sign(session, body.clone(), fee.clone(), &signers)?;
    if flags.offline {
        return session.terminal().json(&document.to_json(session.definitions())?);
    }
    if let Submitted::WrongSequence(expected, error) = submit::submit(session, &document)? {
        // Someone else used this account in between. Once, and only where the person did not fix the sequence.
        let [signer] = signers.as_mut_slice() else { return Err(error) };
        if flags.sequence.is_some() || flags.unordered {
            return Err(error.hint("leave out --sequence to have it looked up"));
        }
        signer.data.sequence = match expected {
            Some(expected) => expected,
            None => account(session, flags, &from.address)?.sequence,
        };
        session.terminal().note(format!("another transaction came in between; trying again with sequence {}", signer.data.sequence));
        document = signing::sign(session, body, fee, &signers)?;
        if let Submitted::WrongSequence(_, error) = submit::submit(session, &document)? {
            return Err(error);
        }
    }
    submit::conclude(session, &document, &flags.wait)
}

fn body(session: &Session<'_>, flags: &TxFlags, messages: &[DynamicMessage]) -> Result<TxBody> {
    let any = |message: &DynamicMessage| Any {
        type_url: format!("/{}", message.descriptor().full_name()),
        value: message.encode_to_vec(),
    };
    let valid_for = match (&flags.timeout, flags.unordered) {
        (Some(text), _) => Some(seconds(text)?),
        (None, true) => Some(UNORDERED_SECONDS),
        (None, false) => None,
    };
    let timeout_timestamp = match valid_for {
        Some(duration) => {
            let until = u64::try_from(session.now().unix_timestamp()).ok().and_then(|now| now.checked_add(duration));
            let seconds = until.and_then(|until| i64::try_from(until).ok());
            let seconds = seconds.ok_or_else(|| CliError::usage("--timeout is too long").hint("give for example 2m"))?;
            // Nanoseconds keep two unordered transactions of the same second apart.
            let nanos = if flags.unordered { session.now().nanosecond() } else { 0 };
            Some(Timestamp { seconds, nanos: i32::try_from(nanos).unwrap_or_default() })
        }
        None => None,
    };
    Ok(TxBody {
        messages: messages.iter().map(any).collect(),
        memo: flags.note.clone().unwrap_or_default(),
        timeout_height: flags.timeout_height.unwrap_or_default(),
        unordered: flags.unordered,
        timeout_timestamp,
        ..TxBody::default()
    })
}

fn optional_address(session: &Session<'_>, text: Option<&str>) -> Result<String> {
    text.map_or_else(|| Ok(String::new()), |text| session.address(text))
}

/// The keys that sign, in order, each with what its account needs.
fn signers(session: &Session<'_>, flags: &TxFlags, from: &Sender, addresses: &[String]) -> Result<Vec<Signer>> {
    let several = addresses.len() > 1;
    if several && (flags.sequence.is_some() || flags.account_number.is_some()) {
        return Err(CliError::usage("--sequence and --account-number are for transactions with one signer")
            .hint("pass --generate-only, then sign for each account with `agora tx sign`"));
    }
    let keyring = session.context().keyring()?;
    let mode = flags.sign_mode.map(SignMode::from).unwrap_or(SignMode::Direct);
    let chain_id = session.context().settings()?.chain_id()?.to_owned();
    let mut signers = Vec::new();
    for address in addresses {
        let key = match &from.key {
            Some(key) if *address == from.address => key.clone(),
            _ => keyring.find_address(&address.parse()?)?.ok_or_else(|| {
                CliError::usage(format!("{} must sign as well, and its key is not in this keyring", session.short(address)))
                    .hint("pass --generate-only, then let every signer sign with `agora tx sign`")
            })?,
        };
        check_can_sign(session, &key)?;
        let state = account(session, flags, address)?;
        let mode = match key.public_key {
            PublicKey::Multisig(_) => SignMode::LegacyAminoJson,
            PublicKey::Secp256k1(_) => mode,
        };
        let sequence = if flags.unordered { 0 } else { state.sequence };
        let data = SignerData { chain_id: chain_id.clone(), account_number: state.account_number, sequence };
        signers.push(Signer { key, mode, data });
    }
    Ok(signers)
}

fn check_can_sign(session: &Session<'_>, key: &KeyInfo) -> Result<()> {
    match &key.public_key {
        PublicKey::Multisig(multisig) => {
            let (have, needed) = (local_members(session, multisig)?.len(), multisig.threshold());
            if usize::try_from(needed).is_ok_and(|needed| have >= needed) {
                return Ok(());
            }
            Err(CliError::usage(format!("`{}` needs {needed} members, and {have} of their keys are in this keyring", key.name))
                .hint(format!(
                    "pass --generate-only; let members run `agora tx sign FILE --from MEMBER --multisig {0}`; then `agora tx multisign FILE {0} SIGNATURE...`",
                    key.name
                )))
        }
        PublicKey::Secp256k1(_) if can_sign(key) => Ok(()),
        PublicKey::Secp256k1(_) => Err(CliError::usage(format!("only the public key of `{}` is here", key.name))
            .hint("recover the key on this machine, or pass --generate-only to sign elsewhere")),
    }
}

/// Account number and sequence: given, or asked from the node.
pub(super) fn account(session: &Session<'_>, flags: &TxFlags, address: &str) -> Result<SignerData> {
    account_data(session, flags.offline, flags.sequence, flags.account_number, address)
}

/// Account number and sequence: given, or asked from the node.
pub(super) fn account_data(
    session: &Session<'_>,
    offline: bool,
    sequence: Option<u64>,
    number: Option<u64>,
    address: &str,
) -> Result<SignerData> {
    let chain_id = session.context().settings()?.chain_id()?.to_owned();
    if offline {
        let sequence = sequence.ok_or_else(|| {
            CliError::usage("--offline needs --sequence")
                .hint(format!("look it up where there is a node: agora query auth account {address}"))
        })?;
        return Ok(SignerData { chain_id, account_number: number.unwrap_or_default(), sequence });
    }
    if let (Some(sequence), Some(account_number)) = (sequence, number) {
        return Ok(SignerData { chain_id, account_number, sequence });
    }
    let state = session.client()?.account(&address.parse()?)?.ok_or_else(|| {
        CliError::usage(format!("{} is not known to the chain: it never received coins", session.short(address)))
            .hint(format!("send it some first; on a devnet: agora tx faucet {}", session.short(address)))
    })?;
    Ok(SignerData {
        chain_id,
        account_number: number.unwrap_or(state.number),
        sequence: sequence.unwrap_or(state.sequence),
    })
}

/// Decides gas and fee, and gives the rehearsal where there was one. `fee` comes without amount and limit.
fn estimate(
    session: &Session<'_>,
    flags: &TxFlags,
    body: &TxBody,
    addresses: &[String],
    fee: &mut Fee,
    signers: Option<&[Signer]>,
) -> Result<Option<Simulation>> {
    let fixed = match flags.gas.as_str() {
        "auto" => None,
        text => Some(text.replace('_', "").parse::<u64>().ok().filter(|gas| *gas > 0).ok_or_else(|| {
            CliError::usage(format!("--gas `{text}` is neither auto nor a number")).hint("write --gas auto, or for example --gas 200000")
        })?),
    };
    if flags.offline && fixed.is_none() {
        return Err(CliError::usage("--offline cannot rehearse the transaction").hint("give the gas limit: --gas 200000"));
    }
    // With a fixed limit and no question to answer the rehearsal would be of no use.
    let wanted = fixed.is_none() || flags.dry_run || (!flags.generate_only && !session.terminal().assumes_yes());
    let rehearse = |fee: &Fee| simulate(session, body, fee, addresses, signers);
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

/// Rehearses the transaction on the node, unsigned.
pub(super) fn simulate(
    session: &Session<'_>,
    body: &TxBody,
    fee: &Fee,
    addresses: &[String],
    signers: Option<&[Signer]>,
) -> Result<Simulation> {
    let (mut infos, mut signatures) = (Vec::new(), Vec::new());
    for (at, address) in addresses.iter().enumerate() {
        let known = signers.and_then(|signers| signers.get(at)).map(|signer| (signer.key.public_key.clone(), signer.data.sequence));
        let (key, sequence) = match known {
            Some((key, sequence)) => (Some(key), sequence),
            None => {
                let key = session.context().keyring()?.find_address(&address.parse()?)?;
                let sequence = if body.unordered { 0 } else { account_data(session, false, None, None, address)?.sequence };
                (key.map(|key| key.public_key), sequence)
            }
        };
        let (mode_info, signature) = unsigned(key.as_ref());
        infos.push(SignerInfo { public_key: key.as_ref().map(PublicKey::to_any), mode_info: Some(mode_info), sequence });
        signatures.push(signature);
    }
    let auth = AuthInfo { signer_infos: infos, fee: Some(fee.clone()), ..AuthInfo::default() };
    let document = Document::new(body.clone(), auth, signatures);
    session.client()?.simulate(&document.bytes())?.map_err(|refusal| {
        if refusal.is_unserved() {
            return CliError::from(refusal).hint("give the gas limit: --gas N");
        }
        failure::explain_rehearsal(&refusal.message)
    })
}

/// The form of a signature that is not there: its gas is that of the real one.
fn unsigned(key: Option<&PublicKey>) -> (ModeInfo, Vec<u8>) {
    let Some(PublicKey::Multisig(multisig)) = key else {
        return (single_mode_info(SignMode::Direct), vec![0; SIGNATURE_BYTES]);
    };
    let signers = usize::try_from(multisig.threshold()).unwrap_or_default();
    let members = multisig.members().len();
    let byte = |first: usize| (0..8).fold(0u8, |bits, bit| (bits << 1) | u8::from(first.saturating_add(bit) < signers));
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
    let bad = || CliError::usage(format!("`{text}` is not a gas adjustment")).hint("give a number of at least 1, for example 1.3");
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
            return Err(CliError::usage("--offline cannot ask for the gas price").hint("give --fees or --gas-price"));
        }
        None => match session.client()?.gas_prices()?.into_iter().next() {
            Some(price) => price,
            // A chain that names no price takes transactions for nothing.
            None => return Ok(Vec::new()),
        },
    };
    Ok(vec![price.fee(gas)?])
}

fn wire_coin(coin: &Coin) -> WireCoin {
    WireCoin { denom: coin.denom.clone(), amount: coin.amount.to_string() }
}

/// The address that pays the fee.
fn payer<'a>(fee: &'a Fee, addresses: &'a [String]) -> &'a str {
    let named = [&fee.granter, &fee.payer].into_iter().find(|address| !address.is_empty());
    named.or_else(|| addresses.first()).map(String::as_str).unwrap_or_default()
}

/// Shows what the transaction does and asks.
fn confirm(
    session: &Session<'_>,
    body: &TxBody,
    fee: &Fee,
    addresses: &[String],
    simulation: Option<Simulation>,
) -> Result<()> {
    let terminal = session.terminal();
    if !terminal.is_interactive() {
        return Err(CliError::usage("this would send a transaction, and there is no terminal to ask for consent")
            .hint("pass --yes to send without asking, or --dry-run to see what it would do"));
    }
    let coins = crate::render::tx::coins(&fee.amount);
    for any in &body.messages {
        terminal.note(format!("{} {}", terminal.bold("message"), any.type_url.trim_start_matches('/')));
    }
    if let Some(simulation) = simulation {
        let changes = BalanceChanges::of_events(&simulation.events).with_fee(payer(fee, addresses), &coins);
        for (who, change) in changes.lines(session) {
            terminal.note(format!("  {who}  {change}"));
        }
    }
    terminal.note(format!("fee {} for {} gas", session.amounts(&coins), fee.gas_limit));
    let chain = session.context().settings()?.chain_id()?.to_owned();
    terminal.require_confirmation(&format!("sign and send on {chain}?"))
}

/// The outcome of `--dry-run`.
fn show_rehearsal(session: &Session<'_>, fee: &Fee, addresses: &[String], simulation: Simulation) -> Result<()> {
    let coins = crate::render::tx::coins(&fee.amount);
    let changes = BalanceChanges::of_events(&simulation.events).with_fee(payer(fee, addresses), &coins);
    let terminal = session.terminal();
    if terminal.is_json() {
        return terminal.json(&json!({
            "gas_used": simulation.gas_used.to_string(),
            "gas_limit": fee.gas_limit.to_string(),
            "fee": coins,
            "balance_changes": changes.to_json(),
        }));
    }
    let mut table = Table::fields();
    table.row(["gas used", &simulation.gas_used.to_string()]);
    table.row(["gas limit", &fee.gas_limit.to_string()]);
    table.row(["fee", &session.amounts(&coins)]);
    for (who, change) in changes.lines(session) {
        table.row(["balance".to_owned(), format!("{who}  {change}")]);
    }
    terminal.table(&table)?;
    terminal.note("nothing was sent");
    Ok(())
}
