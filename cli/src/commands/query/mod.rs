//! `agora query`: a command for every query of the definitions, and the node's own transactions and blocks.

mod dex;
mod node;

use clap::{Arg, ArgMatches, Command};
use prost::Message as _;
use prost_reflect::DynamicMessage;

use super::Group;
use super::extra::Extra;
use super::session::Session;
use crate::context::Context;
use crate::dynamic::tree::{self, Purpose};
use crate::dynamic::{Definitions, Leaf};
use crate::error::{CliError, Result};
use crate::render::message::{Renderer, View, next_page_key};

pub(super) const GROUP: Group = Group { name: "query", command, run };

/// Commands in groups of modules that are more than a query.
const EXTRAS: &[Extra] = &[dex::CHART];

fn command() -> Command {
    let mut command = Command::new("query")
        .about("Ask the chain")
        .visible_alias("q")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Addresses may be given as names of keys or of the address book.");
    command = node::commands().into_iter().fold(command, Command::subcommand);
    for group in tree::groups(Definitions::current(), Purpose::Query) {
        let definition =
            Extra::attach(EXTRAS, &group, group.command(|leaf| dex::flags(&group.name, leaf.arg(height()))));
        command = if group.name == node::TX {
            // `query tx HASH` and the commands of the tx service share a word.
            command.mut_subcommand(node::TX, |own| {
                own.subcommands(definition.get_subcommands().cloned()).subcommand_negates_reqs(true)
            })
        } else {
            command.subcommand(definition)
        };
    }
    command
}

fn height() -> Arg {
    Arg::new("height")
        .long("height")
        .value_name("N")
        .value_parser(clap::value_parser!(u64).range(1..))
        .help("Ask the state after this block instead of the newest")
}

fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let session = Session::new(context);
    let Some((word, inner)) = matches.subcommand() else { return Err(CliError::usage("no query was given")) };
    let Some((name, arguments)) = inner.subcommand() else { return node::run(&session, word, inner) };
    if let Some(extra) = Extra::find(EXTRAS, word, name) {
        return (extra.run)(&session, arguments);
    }
    let groups = tree::groups(session.definitions(), Purpose::Query);
    let leaf = groups.iter().find(|group| group.name == word).and_then(|group| group.find(name));
    match leaf {
        Some(leaf) => ask(&session, leaf, arguments),
        None => Err(CliError::usage(format!("there is no query `{word} {name}`"))),
    }
}

fn ask(session: &Session<'_>, leaf: &Leaf, matches: &ArgMatches) -> Result<()> {
    let request = leaf.message(session.definitions(), matches, session, None)?;
    let height = matches.get_one::<u64>("height").copied().unwrap_or_default();
    let path = leaf.path();
    let bytes =
        session.client()?.query_raw(&path, &request.encode_to_vec(), height)?.map_err(CliError::from)?;
    let output = leaf.method().output();
    let answer = DynamicMessage::decode(output.clone(), bytes.as_slice()).map_err(|error| {
        CliError::unreachable(format!("the answer to {path} cannot be read")).because(error)
    })?;
    let json = session.definitions().json().to_value(&answer).map_err(|error| {
        CliError::unreachable(format!("the answer to {path} cannot be shown")).because(error)
    })?;
    let terminal = session.terminal();
    if terminal.is_json() {
        return terminal.json(&json);
    }
    if !dex::show(session, &path, &bytes, matches)? {
        show(session, Renderer::new(session.definitions(), session).answer(&output, &json))?;
    }
    if let Some(key) = next_page_key(&json) {
        terminal.note(format!("there is more: add --page-key {key}"));
    }
    Ok(())
}

/// Shows an answer as its definition lays it out.
fn show(session: &Session<'_>, view: View) -> Result<()> {
    let terminal = session.terminal();
    match view {
        View::Line(line) => terminal.line(line)?,
        View::Table(table) => terminal.table(&table)?,
        View::Records(records) => {
            for (at, record) in records.iter().enumerate() {
                if at > 0 {
                    terminal.line("")?;
                }
                terminal.table(record)?;
            }
        }
        View::Nothing => terminal.note("nothing found"),
    }
    Ok(())
}
