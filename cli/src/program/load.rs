//! `agora load`: gives a running node work and says what became of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::amount::GasPrice;
use crate::client::Client;
use crate::commands::{Group, typed};
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::load::{self, Kind, MAX_COUNT, Mix, Plan, Progress, Report};
use crate::sign::SecretKey;
use agora_genesis::dev_accounts::FAUCET;
use clap::{ArgMatches, Args, Command};

use crate::program::devnet::duration;
use crate::program::interrupts::Interrupts;

pub(crate) const GROUP: Group = Group { name: "load", command, run };

/// How long a load of a given number of transactions may take, where no duration is given.
const LONGEST: Duration = Duration::from_secs(3600);

#[derive(Args, Debug)]
struct LoadArgs {
    /// Transactions a second, or max for as many as the node takes
    #[arg(long, value_name = "N|max", default_value = "100", value_parser = rate)]
    rate: Rate,
    /// How long to send, e.g. 30s, 5m [default: 30s, or until --count are sent]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    duration: Option<Duration>,
    /// How many transactions to send at most [default: as many as the rate gives in that time]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_COUNT))]
    count: Option<u64>,
    /// Kinds with their weights: send, multisend, swap, and what a node must bear: minimum, invalid, duplicate
    #[arg(long, value_name = "KIND=WEIGHT,...", default_value = "send=1", value_parser = mix)]
    mix: Mix,
    /// Accounts that send, derived from the funding key; each sends in order
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    accounts: u32,
    /// Connections to the node; CometBFT takes about 50 transactions a second over each
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
    /// Key that funds the accounts, by name or address [default: the faucet's, on a development network]
    #[arg(long, value_name = "KEY")]
    from: Option<String>,
    /// Price per gas to offer, for example 0.05uago [default: 100 times what the chain asks, for full blocks raise it]
    #[arg(long, value_name = "PRICE")]
    gas_price: Option<String>,
    /// Gas each transaction asks for; more fills blocks with fewer of them [default: a third more than a rehearsal takes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    gas: Option<u64>,
    /// How long to wait for blocks after the last transaction
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    drain: Duration,
}

/// How fast.
#[derive(Clone, Copy, Debug)]
struct Rate(Option<u64>);

fn rate(text: &str) -> std::result::Result<Rate, String> {
    if text == "max" {
        return Ok(Rate(None));
    }
    let rate = text.parse().ok().filter(|rate| (1..=1_000_000).contains(rate));
    rate.map(|rate| Rate(Some(rate))).ok_or_else(|| "expected a number from 1 to 1000000, or max".to_owned())
}

fn mix(text: &str) -> std::result::Result<Mix, String> {
    text.parse().map_err(|error: CliError| match error.remedy() {
        Some(remedy) => format!("{}; {remedy}", error.message()),
        None => error.message().to_owned(),
    })
}

fn command() -> Command {
    let command = Command::new("load")
        .about("Send transactions to a node at a chosen rate, and report throughput, latency and failures")
        .after_help(
            "Examples:\n  \
             agora load                                               100 transfers a second for 30 seconds, to a devnet\n  \
             agora load --rate max --count 20000                      20,000 transfers as fast as the node takes them\n  \
             agora load --rate 500 --duration 2m --mix send=80,multisend=10,swap=10 --from alice\n  \
             agora load --rate 3000 --mix minimum=2,invalid=1,duplicate=1   what a node must bear\n\n\
             Transactions are signed before the first is sent. The accounts belong to the funding key: what is left on \
             them serves the next load. Ctrl-C ends early, with the report. Latency is from handing in to seeing the \
             block; throughput from the first handed in to the last seen in a block.",
        );
    LoadArgs::augment_args(command)
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let args: LoadArgs = typed(matches)?;
    let plan = plan(context, &args)?;
    let terminal = context.terminal();
    let stop = Arc::new(AtomicBool::new(false));
    listen(stop.clone())?;
    let spinner = terminal.spinner("asking the node");
    let result = load::run(&plan, &|progress| spinner.message(show(&progress)), &stop);
    spinner.finish();
    let report = result?;
    if terminal.is_json() {
        terminal.json(&report.to_json())?;
    } else {
        terminal.table(&report.to_table())?;
    }
    verdict(&report, &plan)
}

/// A load of which nothing came into a block has failed, if anything in it was meant to.
fn verdict(report: &Report, plan: &Plan) -> Result<()> {
    if report.committed > 0 || report.interrupted || !plan.mix.kinds().any(Kind::is_welcome) {
        return Ok(());
    }
    let error = CliError::execution("no transaction of the load came into a block");
    Err(match report.refused.iter().max_by_key(|reason| reason.count) {
        Some(most) => error.hint(format!("the reason given most often: {}", most.reason)),
        None => error.hint("is the chain moving? agora status"),
    })
}

fn plan(context: &Context, args: &LoadArgs) -> Result<Plan> {
    let node = context.settings()?.node()?.to_owned();
    let chain_id = Client::new(&node).status()?.node_info.network;
    let (rate, duration) = (args.rate.0, args.duration.unwrap_or(Duration::from_secs(30)));
    let (count, duration) = match (args.count, rate) {
        (Some(count), _) => (count, args.duration.unwrap_or(LONGEST)),
        (None, Some(rate)) => (rate.saturating_mul(duration.as_secs().max(1)), duration),
        (None, None) => {
            return Err(CliError::usage("--rate max needs --count, for transactions are signed ahead")
                .hint("for example: agora load --rate max --count 20000"));
        }
    };
    if count > MAX_COUNT {
        return Err(CliError::usage(format!(
            "{count} transactions are more than the {MAX_COUNT} that fit in memory"
        ))
        .hint("lower --rate or --duration"));
    }
    let gas_price = args.gas_price.as_deref().map(GasPrice::parse).transpose()?;
    Ok(Plan {
        funder: funder(context, args, &chain_id)?,
        node,
        mix: args.mix.clone(),
        rate,
        count,
        duration,
        accounts: usize::try_from(args.accounts)
            .unwrap_or(1)
            .min(usize::try_from(count).unwrap_or(usize::MAX)),
        connections: args.connections.into(),
        gas: args.gas,
        gas_price,
        drain: args.drain,
    })
}

/// The key that pays. Where coins are worth something it must be named.
fn funder(context: &Context, args: &LoadArgs, chain_id: &str) -> Result<SecretKey> {
    if let Some(name) = &args.from {
        let key = context.key(Some(name))?;
        return context.keyring()?.secret(&key.name, &context.passwords());
    }
    if chain_id.starts_with("agora-dev-") {
        let secret =
            FAUCET.secret_key().ok_or_else(|| CliError::usage("the faucet's published key is malformed"))?;
        return SecretKey::from_bytes(&secret);
    }
    Err(CliError::usage(format!("{chain_id} is no development network: a load on it costs coins"))
        .hint("name the key that pays with --from"))
}

/// Sets `stop` on the first interrupt; a second one ends the program at once.
fn listen(stop: Arc<AtomicBool>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| CliError::usage("no threads can be started").because(e))?;
    let mut interrupts = runtime.block_on(async { Interrupts::new() })?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            interrupts.next().await;
            stop.store(true, Ordering::Relaxed);
            interrupts.next().await;
            std::process::exit(130);
        });
    });
    Ok(())
}

fn show(progress: &Progress) -> String {
    match progress {
        Progress::Funding => "looking up and funding the accounts".to_owned(),
        Progress::Signing { accounts, of } => format!("signing for account {accounts} of {of}"),
        Progress::Sending { elapsed, sent, refused, committed, waiting } => {
            let seconds = elapsed.as_secs_f64();
            let rate = *sent as f64 / seconds.max(0.001);
            format!(
                "{seconds:.0} s: {sent} handed in ({rate:.0} a second), {committed} in blocks, {waiting} wait, {refused} refused"
            )
        }
    }
}
