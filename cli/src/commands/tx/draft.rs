//! From messages to a transaction on its way, asking the person in between.

use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody};
use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _};
use prost_types::{Any, Timestamp};
use serde_json::{Value, json};

use super::super::session::Session;
use super::file::{Document, signers_of};
use super::flags::TxFlags;
use super::gas::estimate;
use super::signing;
use super::submit::{self, Submitted};
use super::who::{Sender, signers};
use crate::client::chain::Simulation;
use crate::dynamic::{Resolve as _, values::seconds};
use crate::error::{CliError, Result};
use crate::render::Labels as _;
use crate::render::changes::BalanceChanges;
use crate::terminal::Table;

/// How often another sequence is tried when other transactions of the account come in between.
const SEQUENCE_TRIES: u32 = 4;
/// An unordered transaction without --timeout is valid for this long; chains allow ten minutes.
const UNORDERED_SECONDS: u64 = 180;

/// Makes, rehearses, shows, signs and sends a transaction, as far as the flags say.
pub(super) fn run(
    session: &Session<'_>,
    flags: &TxFlags,
    from: &Sender,
    messages: Vec<DynamicMessage>,
) -> Result<()> {
    run_planned(session, flags, from, messages, None)
}

/// The same for messages that follow a plan, which `--dry-run` shows to programs.
pub(super) fn run_planned(
    session: &Session<'_>,
    flags: &TxFlags,
    from: &Sender,
    messages: Vec<DynamicMessage>,
    plan: Option<Value>,
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
        return Err(CliError::usage(format!(
            "{} is not who must sign: {}",
            session.short(&from.address),
            needed.join(", ")
        ))
        .hint("name the right account with --from, or pass --generate-only"));
    }
    if flags.generate_only {
        estimate(session, flags, &body, &addresses, &mut fee, &mut [])?;
        let document = Document::new(body, AuthInfo { fee: Some(fee), ..AuthInfo::default() }, Vec::new());
        return session.terminal().json(&document.to_json(session.definitions())?);
    }
    if !flags.offline {
        check_chain(session)?;
    }
    let mut signers = signers(session, flags, from, &addresses)?;
    let simulation = estimate(session, flags, &body, &addresses, &mut fee, &mut signers)?;
    if flags.dry_run {
        return show_rehearsal(session, &fee, &addresses, simulation.unwrap_or_default(), plan);
    }
    if !flags.offline && !session.terminal().assumes_yes() {
        confirm(session, &body, &fee, &addresses, simulation)?;
    }
    let mut document = signing::sign(session, body.clone(), fee.clone(), &signers)?;
    if flags.offline {
        return session.terminal().json(&document.to_json(session.definitions())?);
    }
    let mut tries = 0;
    loop {
        let (expected, error) = match submit::submit(session, &document)? {
            Submitted::Taken => return submit::conclude(session, &document, &flags.wait),
            // The very same transaction of an earlier command waits for its block; this one is to come after it.
            Submitted::Known => (None, CliError::execution("the node has this very transaction already")),
            Submitted::WrongSequence(expected, error) => (expected, error),
        };
        let [signer] = signers.as_mut_slice() else { return Err(error) };
        if flags.unordered || tries == SEQUENCE_TRIES {
            return Err(error);
        }
        if flags.sequence.is_some() {
            return Err(error.hint("leave out --sequence to have it looked up"));
        }
        tries += 1;
        signer.data.sequence = expected.unwrap_or_else(|| signer.data.sequence.saturating_add(1));
        let sequence = signer.data.sequence;
        session
            .terminal()
            .note(format!("other transactions of this account are under way; trying sequence {sequence}"));
        document = signing::sign(session, body.clone(), fee.clone(), &signers)?;
    }
}

/// A signature is good on one chain only, and what it is good for must be what the person means.
fn check_chain(session: &Session<'_>) -> Result<()> {
    let settings = session.context().settings()?;
    let (wanted, found) = (settings.chain_id()?, session.client()?.status()?.node_info.network);
    if wanted == found {
        return Ok(());
    }
    Err(CliError::usage(format!(
        "the node is on chain {found}, but profile `{}` is for {wanted}",
        settings.profile()
    ))
    .hint("use a node of the right chain with --node, or another profile with --profile"))
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
            let until =
                u64::try_from(session.now().unix_timestamp()).ok().and_then(|now| now.checked_add(duration));
            let seconds = until.and_then(|until| i64::try_from(until).ok());
            let seconds = seconds
                .ok_or_else(|| CliError::usage("--timeout is too long").hint("give for example 2m"))?;
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
        return Err(CliError::usage(
            "this would send a transaction, and there is no terminal to ask for consent",
        )
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
fn show_rehearsal(
    session: &Session<'_>,
    fee: &Fee,
    addresses: &[String],
    simulation: Simulation,
    plan: Option<Value>,
) -> Result<()> {
    let coins = crate::render::tx::coins(&fee.amount);
    let changes = BalanceChanges::of_events(&simulation.events).with_fee(payer(fee, addresses), &coins);
    let terminal = session.terminal();
    if terminal.is_json() {
        let mut outcome = json!({
            "gas_used": simulation.gas_used.to_string(),
            "gas_limit": fee.gas_limit.to_string(),
            "fee": coins,
            "balance_changes": changes.to_json(),
        });
        if let (Some(plan), Some(fields)) = (plan, outcome.as_object_mut()) {
            fields.insert("plan".to_owned(), plan);
        }
        return terminal.json(&outcome);
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
