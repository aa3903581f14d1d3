//! `agora tx dex provide`: liquidity in a range that is given in prices.

mod offer;

use agora_dex::proto::agora::dex::v1 as dex;
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::pack;
use clap::{Args, Command};
use prost_types::Timestamp;
use serde_json::json;

use super::super::extra::Extra;
use super::super::session::Session;
use super::flags::TxFlags;
use super::{draft, terms, who};
use crate::amount::Coin;
use crate::dynamic::Resolve as _;
use crate::error::{CliError, Result};
use offer::Offer;

/// The command, in the group of the exchange.
pub(super) const EXTRA: Extra = Extra { group: "dex", name: "provide", command, run };

// No doc comment: clap would take it for the description of the command.
#[derive(Args, Clone, Debug)]
struct Wish {
    /// A concentrated pool
    #[arg(value_name = "POOL")]
    pool: String,
    /// The most to put in, such as "0.5 BTC, 6000 AGO"; what the range does not need stays with you
    #[arg(value_name = "COINS")]
    coins: String,
}

// See above for why there is no doc comment.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Range options")]
struct RangeFlags {
    /// Where the range begins: a price of the pool's first coin in its second
    #[arg(long, value_name = "PRICE", required_unless_present = "full")]
    low: Option<f64>,
    /// Where it ends
    #[arg(long, value_name = "PRICE", required_unless_present = "full")]
    high: Option<f64>,
    /// All prices
    #[arg(long, conflicts_with_all = ["low", "high"])]
    full: bool,
    /// How much less liquidity than shown it may become before the transaction is in a block
    #[arg(long, value_name = "SHARE", default_value = "0.5%")]
    slippage: String,
    /// How long the transaction may wait for a block
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    deadline: String,
}

fn command() -> Command {
    let command = Command::new("provide").about("Provide liquidity in a range of prices").after_help(
        "Example:\n  agora tx dex provide 4 '0.5 BTC, 6000 AGO' --low 9000 --high 16000 --from alice",
    );
    TxFlags::augment_args(RangeFlags::augment_args(Wish::augment_args(command)))
}

fn run(session: &Session<'_>, matches: &clap::ArgMatches) -> Result<()> {
    let flags: TxFlags = super::typed(matches)?;
    let wish: Wish = super::typed(matches)?;
    let range: RangeFlags = super::typed(matches)?;
    if flags.offline {
        return Err(CliError::usage("--offline cannot ask for the price")
            .hint("name the ticks yourself: agora tx dex open-position --help"));
    }
    let from = who::sender(session, &flags, None)?;
    let (slippage, deadline) =
        (terms::slippage(&range.slippage)?, terms::deadline(session, &range.deadline)?);
    let coins = session.coins(&wish.coins)?;
    let request = dex::QueryPoolRequest { pool_id: wish.pool.clone() };
    let answer: dex::QueryPoolResponse = session.client()?.query("/agora.dex.v1.Query/Pool", &request, 0)?;
    let pool = answer.pool.unwrap_or_default();
    let ends = match (range.low, range.high) {
        (Some(low), Some(high)) => Some((low, high)),
        _ => None,
    };
    let offer = Offer::new(session, &pool, ends, &coins, slippage)?;
    let terminal = session.terminal();
    let table = offer.table(session, &pool, slippage);
    if flags.dry_run && !terminal.is_json() {
        terminal.table(&table)?;
    } else {
        terminal.note(table.render(terminal.is_interactive(), false).trim_end());
    }
    let message = dex::MsgOpenPosition {
        sender: from.address.clone(),
        pool_id: pool.id.clone(),
        tick_lower: offer.lower,
        tick_upper: offer.upper,
        coins_max: coins.iter().map(wire).collect(),
        liquidity_min: offer.least.to_string(),
        deadline: Some(Timestamp { seconds: deadline, nanos: 0 }),
    };
    let plan = json!({
        "tick_lower": offer.lower,
        "tick_upper": offer.upper,
        "liquidity": offer.liquidity.to_string(),
        "liquidity_min": offer.least.to_string(),
        "coins": offer.coins,
    });
    draft::run_planned(
        session,
        &flags,
        &from,
        vec![session.definitions().dynamic(&pack(&message))?],
        Some(plan),
    )
}

fn wire(coin: &Coin) -> WireCoin {
    WireCoin { denom: coin.denom.clone(), amount: coin.amount.to_string() }
}
