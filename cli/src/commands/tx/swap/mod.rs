//! `agora tx dex swap`: an exchange along the best route that the node finds.

mod plan;

use agora_dex::proto::agora::dex::v1 as dex;
use clap::{Args, Command};
use prost::Message as _;

use super::super::extra::Extra;
use super::super::session::Session;
use super::flags::TxFlags;
use super::{draft, terms, who};
use crate::dynamic::Resolve as _;
use crate::error::{CliError, Result};
use plan::{Plan, Terms};

/// The command, in the group of the exchange.
pub(super) const EXTRA: Extra = Extra { group: "dex", name: "swap", command, run };

/// Where the route comes from.
const PATH: &str = "/agora.dex.v1.Query/FindRoute";
/// A price impact from here on needs a yes of its own: 5 %, in millionths.
const MUCH: u32 = 50_000;

// No doc comment: clap would take it for the description of the command.
#[derive(Args, Clone, Debug)]
struct Wish {
    /// What to give, for example "10 AGO"; with --exact-out what to receive
    #[arg(value_name = "AMOUNT")]
    amount: String,
    /// What to receive; with --exact-out what to give
    #[arg(value_name = "DENOM")]
    denom: String,
}

// See above for why there is no doc comment.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Swap options")]
struct SwapFlags {
    /// The amount is what to receive, exactly
    #[arg(long)]
    exact_out: bool,
    /// How much worse than shown it may become before the swap is in a block
    #[arg(long, value_name = "SHARE", default_value = "0.5%")]
    slippage: String,
    /// How long the swap may wait for a block
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    deadline: String,
    /// The most pools of a route, 1 to 6
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=6))]
    max_hops: u32,
    /// The most routes that share the amount, 1 to 3
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=3))]
    max_routes: u32,
    /// Agree to a price impact of 5% and more
    #[arg(long)]
    accept_impact: bool,
}

fn command() -> Command {
    let command = Command::new("swap")
        .about("Exchange coins along the best route")
        .after_help(
            "Examples:\n  agora tx dex swap '10 AGO' USDC --from alice\n  agora tx dex swap '50 USDC' AGO --exact-out --from alice",
        );
    TxFlags::augment_args(SwapFlags::augment_args(Wish::augment_args(command)))
}

fn run(session: &Session<'_>, matches: &clap::ArgMatches) -> Result<()> {
    let flags: TxFlags = super::typed(matches)?;
    let wish: Wish = super::typed(matches)?;
    let swap: SwapFlags = super::typed(matches)?;
    if flags.offline {
        return Err(CliError::usage("--offline cannot ask for a route")
            .hint("name the routes yourself: agora tx dex swap-exact-in --help"));
    }
    let from = who::sender(session, &flags, None)?;
    let plan = plan(session, &wish, &swap)?;
    let terminal = session.terminal();
    if flags.dry_run && !terminal.is_json() {
        terminal.table(&plan.table(session))?;
    } else {
        terminal.note(plan.table(session).render(terminal.is_interactive(), false).trim_end());
    }
    if !flags.dry_run {
        agree(session, &plan, swap.accept_impact)?;
    }
    let message = session.definitions().dynamic(&plan.message(&from.address))?;
    draft::run_planned(session, &flags, &from, vec![message], Some(plan.to_json(session)?))
}

/// Asks the node for the way.
fn plan(session: &Session<'_>, wish: &Wish, swap: &SwapFlags) -> Result<Plan> {
    let slippage = terms::slippage(&swap.slippage)?;
    let deadline = terms::deadline(session, &swap.deadline)?;
    let token = session.coin(&wish.amount)?;
    let denom = session.denom(&wish.denom)?;
    let request = dex::QueryFindRouteRequest {
        token: Some(agora_proto::cosmos::base::v1beta1::Coin {
            denom: token.denom,
            amount: token.amount.to_string(),
        }),
        denom,
        exact_out: swap.exact_out,
        max_hops: swap.max_hops,
        max_routes: swap.max_routes,
    };
    let answer = session.client()?.query_raw(PATH, &request.encode_to_vec(), 0)?;
    let bytes = answer.map_err(|refusal| {
        let hint = match refusal.message.as_str() {
            text if text.contains("no route from") => "try another amount, or --max-hops 6",
            text if text.contains("no route of at most") => {
                "--max-hops 6 looks further; `agora query dex pools` lists what there is"
            }
            _ => "",
        };
        let error = CliError::from(refusal);
        if hint.is_empty() { error } else { error.hint(hint) }
    })?;
    let found = dex::QueryFindRouteResponse::decode(bytes.as_slice()).map_err(|error| {
        CliError::unreachable(format!("the answer to {PATH} cannot be read")).because(error)
    })?;
    Plan::new(found, Terms { exact_out: swap.exact_out, slippage, deadline })
}

/// A great price impact must be agreed to by itself: a `--yes` for everything does not mean it.
fn agree(session: &Session<'_>, plan: &Plan, accepted: bool) -> Result<()> {
    let impact = plan.price_impact();
    if impact < MUCH || accepted {
        return Ok(());
    }
    let terminal = session.terminal();
    let text = crate::render::figure::percent(impact);
    terminal.warn(format!("this swap moves the price against you: {text} of what it promises is lost"));
    terminal.require_word(
        "to accept that, type yes",
        "yes",
        "swap less at once, or pass --accept-impact to accept it in advance",
    )
}
