//! `agora query dex chart`: the price of a coin as a small chart.

use agora_dex::proto::agora::dex::v1 as dex;
use clap::{Args, Command, ValueEnum};
use prost_types::Timestamp;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::super::extra::Extra;
use super::super::super::session::Session;
use crate::dynamic::{Resolve as _, values};
use crate::error::{CliError, Result};
use crate::render::Labels as _;
use crate::render::chart::{self, Style};
use crate::render::dex::{decimal, scale};
use crate::render::figure::{change, figure};
use crate::terminal::{Table, Terminal};

/// The command, in the group of the exchange.
pub(in super::super) const EXTRA: Extra = Extra { group: "dex", name: "chart", command, run };

/// Where the prices come from.
const HISTORY: &str = "/agora.dex.v1.Query/PriceHistory";
/// Where the pool comes from that is not named.
const PAIR: &str = "/agora.dex.v1.Query/PairPools";
/// The most points that the query gives.
const MAX_POINTS: usize = 200;
/// Where the size of the terminal is not known.
const SIZE: (usize, usize) = (80, 24);
/// The most lines of a chart; an odd number has a middle.
const LINES: usize = 13;
/// For so long the chain remembers prices, in seconds.
const MAX_WINDOW: i64 = 48 * 3600;
/// How many points are listed where nothing is drawn.
const COLUMNS: usize = 48;
/// Characters left for the scale.
const MARGIN: usize = 14;

// No doc comments on the values: they would force the long form of the help text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Look {
    Auto,
    Braille,
    Ascii,
    Columns,
}

// No doc comment: clap would take it for the description of the command.
#[derive(Args, Clone, Debug)]
struct ChartFlags {
    /// What is priced
    #[arg(value_name = "BASE")]
    base: String,
    /// In what
    #[arg(value_name = "QUOTE")]
    quote: String,
    /// How far back, at most 48h
    #[arg(long, value_name = "DURATION", default_value = "24h")]
    window: String,
    /// Which pool [default: the deepest]
    #[arg(long, value_name = "ID")]
    pool: Option<String>,
    /// How to draw: braille, ascii, columns, or auto: braille on a terminal and columns elsewhere
    #[arg(long, value_name = "STYLE", default_value = "auto", hide_possible_values = true)]
    style: Look,
}

fn command() -> Command {
    ChartFlags::augment_args(
        Command::new("chart")
            .about("Draw the price of a coin in another")
            .after_help("Example:\n  agora query dex chart AGO USDC --window 6h"),
    )
}

/// A price at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    /// Seconds since 1970.
    time: i64,
    /// In display units; nothing where it is not known.
    price: Option<f64>,
}

fn run(session: &Session<'_>, matches: &clap::ArgMatches) -> Result<()> {
    let flags: ChartFlags = super::super::super::typed(matches)?;
    let (base, quote) = (session.denom(&flags.base)?, session.denom(&flags.quote)?);
    let terminal = session.terminal();
    let (width, height) = size();
    let pool = match &flags.pool {
        Some(pool) => pool.clone(),
        None => choose(session, &flags, &base, &quote)?,
    };
    let window = window(&flags.window)?;
    let now = head_time(session)?;
    let style = style(flags.style, terminal);
    let points = style.map_or(COLUMNS, |_| width.saturating_mul(2).clamp(2, MAX_POINTS));
    let request = dex::QueryPriceHistoryRequest {
        pool_id: pool.clone(),
        base: base.clone(),
        quote: quote.clone(),
        from: Some(Timestamp { seconds: now.saturating_sub(window), nanos: 0 }),
        to: None,
        points: u32::try_from(points).unwrap_or_default(),
    };
    let answer: dex::QueryPriceHistoryResponse = session.client()?.query(HISTORY, &request, 0)?;
    if terminal.is_json() {
        let points = session.definitions().to_json(&answer)?;
        return terminal
            .json(&json!({ "pool_id": pool, "base": base, "quote": quote, "points": points["points"] }));
    }
    let factor = scale(session, &base) / scale(session, &quote);
    let points: Vec<Point> = answer.points.iter().map(|point| of_wire(point, factor)).collect();
    let (base, quote) = (session.unit(&base).0, session.unit(&quote).0);
    let summary = summary(&points).ok_or_else(|| {
        CliError::usage(format!("pool {pool} has no price of {base} in that time"))
            .hint("look further back with --window 48h, or at another pool with --pool")
    })?;
    match style {
        Some(style) => {
            terminal.line(terminal.bold(&format!("{base} in {quote}, pool {pool}")))?;
            draw(terminal, &points, (width.min(MAX_POINTS / 2), height), style)?;
            terminal.line(terminal.dim(&summary))
        }
        None => {
            terminal.note(format!("{base} in {quote}, pool {pool}: {summary}"));
            let mut table = Table::new(["time", "price"]);
            for point in &points {
                let price = point.price.map_or_else(|| "-".to_owned(), figure);
                table.row([moment(point.time), price]);
            }
            terminal.table(&table)
        }
    }
}

/// How far back, in seconds.
fn window(text: &str) -> Result<i64> {
    let window =
        i64::try_from(values::seconds(text)?).ok().filter(|window| (1..=MAX_WINDOW).contains(window));
    window.ok_or_else(|| {
        CliError::usage(format!("--window {text}: the chain remembers prices for 48 hours"))
            .hint("give 1s to 48h")
    })
}

/// The room for the drawing, in characters.
fn size() -> (usize, usize) {
    let (height, width) = dialoguer::console::Term::stdout()
        .size_checked()
        .map_or((SIZE.1, SIZE.0), |(height, width)| (height.into(), width.into()));
    (width.saturating_sub(MARGIN).max(10), height.saturating_sub(8).clamp(5, LINES) | 1)
}

/// The time of the newest block: a chain that stands still has prices up to then.
fn head_time(session: &Session<'_>) -> Result<i64> {
    let text = session.client()?.status()?.sync_info.latest_block_time;
    let time = OffsetDateTime::parse(&text, &Rfc3339).map_err(|error| {
        CliError::unreachable(format!("`{text}` is not the time of a block")).because(error)
    })?;
    Ok(time.unix_timestamp())
}

/// The deepest pool of the pair.
fn choose(session: &Session<'_>, flags: &ChartFlags, base: &str, quote: &str) -> Result<String> {
    let request = dex::QueryPairPoolsRequest { base: base.to_owned(), quote: quote.to_owned() };
    let found: dex::QueryPairPoolsResponse = session.client()?.query(PAIR, &request, 0)?;
    found.pools.into_iter().next().map(|pool| pool.id).ok_or_else(|| {
        CliError::usage(format!("no pool exchanges {} and {} for each other", flags.base, flags.quote))
            .hint("chart each of them against a coin that both are exchanged for; `agora query dex pools` lists the pools")
    })
}

fn of_wire(point: &dex::PricePoint, factor: f64) -> Point {
    let price = decimal(&point.price) * factor;
    Point {
        time: point.time.as_ref().map_or(0, |time| time.seconds),
        price: (price.is_finite() && price > 0.0).then_some(price),
    }
}

fn style(look: Look, terminal: &Terminal) -> Option<Style> {
    match look {
        Look::Braille => Some(Style::Braille),
        Look::Ascii => Some(Style::Ascii),
        Look::Columns => None,
        Look::Auto if !terminal.stdout_is_terminal() => None,
        Look::Auto if std::env::var_os("TERM").is_some_and(|term| term == "dumb") => Some(Style::Ascii),
        Look::Auto => Some(Style::Braille),
    }
}

/// First, last, lowest and highest; nothing where no price is known.
fn summary(points: &[Point]) -> Option<String> {
    let known = || points.iter().filter_map(|point| point.price);
    let (first, last) = (known().next()?, known().next_back()?);
    let (low, high) = (known().reduce(f64::min)?, known().reduce(f64::max)?);
    Some(format!(
        "last {} ({}), low {}, high {}",
        figure(last),
        change(last / first - 1.0),
        figure(low),
        figure(high)
    ))
}

fn draw(terminal: &Terminal, points: &[Point], (width, height): (usize, usize), style: Style) -> Result<()> {
    let prices: Vec<Option<f64>> = points.iter().map(|point| point.price).collect();
    let lines = chart::draw(&prices, width, height, style);
    for line in &lines {
        terminal.line(line)?;
    }
    let ends = points.first().zip(points.last()).map(|(first, last)| (moment(first.time), moment(last.time)));
    let (from, to) = ends.unwrap_or_default();
    let room = width.saturating_sub(from.len());
    terminal.line(format!("{:margin$}{from}{to:>room$}", "", margin = chart::margin(&lines)))
}

/// A time in UTC: `2026-01-31 12:05:00`.
fn moment(seconds: i64) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok();
    time.and_then(|time| time.format(format).ok()).unwrap_or_else(|| seconds.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(time: i64, atomics: &str) -> dex::PricePoint {
        dex::PricePoint {
            time: Some(Timestamp { seconds: time, nanos: 5 }),
            price: atomics.to_owned(),
            price_x128: String::new(),
        }
    }

    #[test]
    fn prices_are_scaled_to_display_units_and_unknown_ones_are_gaps() {
        // 120 micro-AGO for a satoshi is 12,000 AGO for a bitcoin.
        let found = of_wire(&point(7, "120000000000000000000"), 1e8 / 1e6);
        assert_eq!(found, Point { time: 7, price: Some(12_000.0) });
        assert_eq!(of_wire(&point(7, "0"), 1.0).price, None);
        assert_eq!(of_wire(&point(7, ""), 1.0).price, None);
    }

    #[test]
    fn the_summary_names_what_a_trader_looks_for() {
        let points = [None, Some(5.0), Some(4.5), Some(5.5), Some(5.25), None];
        let points = points.map(|price| Point { time: 0, price });
        assert_eq!(summary(&points).unwrap(), "last 5.25 (+5.00%), low 4.5, high 5.5");
        assert_eq!(summary(&[Point { time: 0, price: None }]), None);
    }

    #[test]
    fn the_window_is_what_the_chain_remembers() {
        assert_eq!((window("90m").unwrap(), window("48h").unwrap()), (5400, MAX_WINDOW));
        for text in ["0s", "49h", "x"] {
            assert!(window(text).unwrap_err().remedy().is_some(), "{text}");
        }
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(moment(1_767_225_599), "2025-12-31 23:59:59");
    }
}
