//! The groups and commands that the served definitions add up to.

use agora_proto::options;
use clap::{ArgMatches, Command};
use prost_reflect::{DynamicMessage, MethodDescriptor};

use super::arguments::{self, Input};
use super::definitions::{Definitions, path_of};
use super::{Resolve, request};
use crate::error::Result;

/// What the commands of a tree do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Each command asks a query.
    Query,
    /// Each command makes a message of a transaction.
    Tx,
}

/// The commands of one module.
#[derive(Debug)]
pub struct Group {
    /// The word typed.
    pub name: String,
    /// One line.
    pub help: String,
    /// Its commands, in the order of the definitions.
    pub leaves: Vec<Leaf>,
}

/// One command: a query or a message.
#[derive(Debug)]
pub struct Leaf {
    purpose: Purpose,
    method: MethodDescriptor,
    command: options::Command,
    inputs: Vec<Input>,
}

/// The groups of a purpose, sorted by name. Services that share a group are merged; where two commands would get the
/// same name, the later one carries the version of its package behind it.
pub fn groups(definitions: &Definitions, purpose: Purpose) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for service in definitions.services() {
        if options::is_msg_service(&service) != (purpose == Purpose::Tx) {
            continue;
        }
        let said = options::cli_group(&service);
        let (name, help) = match said {
            Some(group) => (group.name, group.help),
            None => (default_group(service.package_name()), String::new()),
        };
        let leaves: Vec<Leaf> = service
            .methods()
            .filter(|method| {
                definitions.serves(method) && !method.is_server_streaming() && !method.is_client_streaming()
            })
            .map(|method| Leaf::new(purpose, method))
            .filter(|leaf| !leaf.command.hidden)
            .collect();
        if leaves.is_empty() {
            continue;
        }
        let version = service.package_name().rsplit('.').next().unwrap_or_default().to_owned();
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.merge(leaves, &version),
            None => {
                let mut group = Group { name, help, leaves: Vec::new() };
                group.merge(leaves, &version);
                groups.push(group);
            }
        }
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups
}

/// `cosmos.bank.v1beta1` is `bank`; `agora.dex.v1` is `dex`.
fn default_group(package: &str) -> String {
    let is_version = |part: &str| {
        part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let name = package.rsplit('.').find(|part| !is_version(part)).unwrap_or(package);
    name.replace('_', "-")
}

impl Group {
    fn merge(&mut self, leaves: Vec<Leaf>, version: &str) {
        for mut leaf in leaves {
            if self.find(&leaf.command.name).is_some() {
                leaf.command.name = format!("{}-{version}", leaf.command.name);
            }
            let others = std::mem::take(&mut leaf.command.aliases);
            leaf.command.aliases = others.into_iter().filter(|alias| self.find(alias).is_none()).collect();
            self.leaves.push(leaf);
        }
    }

    /// The command of this name.
    pub fn find(&self, name: &str) -> Option<&Leaf> {
        self.leaves
            .iter()
            .find(|leaf| leaf.command.name == name || leaf.command.aliases.iter().any(|a| a == name))
    }

    /// The definition for the command line; `finish` adds what all commands of a purpose have.
    pub fn command(&self, finish: impl Fn(Command) -> Command) -> Command {
        let command = Command::new(self.name.clone())
            .about(sentence(&self.help))
            .subcommand_required(true)
            .arg_required_else_help(true);
        self.leaves
            .iter()
            .fold(command, |command, leaf| command.subcommand(finish(leaf.definition(&self.name))))
    }
}

impl Leaf {
    fn new(purpose: Purpose, method: MethodDescriptor) -> Self {
        let command = options::cli_command(&method);
        let inputs = arguments::inputs(&method.input(), &command, purpose);
        Self { purpose, method, command, inputs }
    }

    /// The word typed.
    pub fn name(&self) -> &str {
        &self.command.name
    }

    /// The method behind the command.
    pub fn method(&self) -> &MethodDescriptor {
        &self.method
    }

    /// The path of the query.
    pub fn path(&self) -> String {
        path_of(&self.method)
    }

    /// The arguments that come from the message's fields.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn definition(&self, group: &str) -> Command {
        let about = if self.command.help.is_empty() {
            match self.purpose {
                Purpose::Query => format!("ask {}", self.method.name()),
                Purpose::Tx => format!("send {}", self.method.input().name()),
            }
        } else {
            self.command.help.clone()
        };
        let mut command = Command::new(self.command.name.clone()).about(sentence(&about));
        for alias in &self.command.aliases {
            command = command.visible_alias(alias.clone());
        }
        if !self.command.example.is_empty() {
            command = command.after_help(format!(
                "Example:\n  agora {} {group} {} {}",
                self.word(),
                self.command.name,
                self.command.example
            ));
        }
        command = command.args(arguments::arguments(&self.inputs)).override_usage(self.usage(group));
        command.arg(arguments::json_argument(self.method.input().full_name()))
    }

    /// The line that shows how to call it. Positions are needed although clap does not think so: a file can stand for them.
    fn usage(&self, group: &str) -> String {
        let mut usage = format!("agora {} {group} {}", self.word(), self.command.name);
        for input in &self.inputs {
            if let Some(position) = input.usage() {
                usage.push(' ');
                usage.push_str(&position);
            }
        }
        usage.push_str(" [OPTIONS]");
        usage
    }

    fn word(&self) -> &'static str {
        match self.purpose {
            Purpose::Query => "query",
            Purpose::Tx => "tx",
        }
    }

    /// The message that the arguments stand for. `signer` fills the signer's field where no argument does.
    pub fn message(
        &self,
        definitions: &Definitions,
        matches: &ArgMatches,
        resolve: &dyn Resolve,
        signer: Option<&str>,
    ) -> Result<DynamicMessage> {
        request::build(definitions, &self.method.input(), &self.inputs, matches, resolve, signer)
    }

    /// The text given for the signer's field, where it is an argument and was given.
    pub fn signer_text(&self, matches: &ArgMatches) -> Option<String> {
        let input = self.inputs.iter().find(|input| input.is_signer())?;
        matches.get_many::<String>(&input.id())?.next().cloned()
    }
}

/// The first letter in upper case, as help texts start.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_of_a_package_is_its_module() {
        assert_eq!(default_group("cosmos.bank.v1beta1"), "bank");
        assert_eq!(default_group("agora.dex.v1"), "dex");
        assert_eq!(default_group("cosmwasm.wasm.v1"), "wasm");
        assert_eq!(default_group("x"), "x");
    }

    #[test]
    fn every_served_query_and_message_has_a_command() {
        let definitions = Definitions::of_modules().unwrap();
        let names = |purpose| {
            groups(&definitions, purpose)
                .iter()
                .flat_map(|group| group.leaves.iter().map(|leaf| format!("{} {}", group.name, leaf.name())))
                .collect::<Vec<_>>()
        };
        let queries = names(Purpose::Query);
        for name in ["auth account", "bank balance", "bank balances", "feemarket gas-prices", "tx search"] {
            assert!(queries.iter().any(|one| one == name), "{name} is missing in {queries:?}");
        }
        let messages = names(Purpose::Tx);
        for name in
            ["bank send", "auth update-params", "feemarket update-params", "gov vote", "gov submit-proposal"]
        {
            assert!(messages.iter().any(|one| one == name), "{name} is missing in {messages:?}");
        }
        assert!(!messages.iter().any(|name| name.starts_with("vesting")), "vesting is not served");
    }

    #[test]
    fn a_chain_gets_commands_for_what_it_serves_and_for_nothing_else() {
        let definitions = Definitions::of_chain(
            agora_proto::descriptor_pool(),
            ["/cosmos.bank.v1beta1.Query/Balance"],
            ["/cosmos.bank.v1beta1.MsgSend"],
        );
        for (purpose, name) in [(Purpose::Query, "balance"), (Purpose::Tx, "send")] {
            let groups = groups(&definitions, purpose);
            let bank = groups.iter().find(|group| group.name == "bank").unwrap();
            assert_eq!(bank.leaves.iter().map(Leaf::name).collect::<Vec<_>>(), [name]);
            assert!(!groups.iter().any(|group| group.name == "auth"));
        }
    }

    #[test]
    fn every_definition_that_could_be_served_makes_a_well_formed_command_line() {
        let pool = agora_proto::descriptor_pool();
        let packages = pool.services().map(|service| service.package_name().to_owned()).collect();
        let definitions = Definitions::new(pool, super::super::Served { packages, ..Default::default() });
        for purpose in [Purpose::Query, Purpose::Tx] {
            let groups = groups(&definitions, purpose);
            assert!(groups.len() > 10);
            let root = groups
                .iter()
                .fold(Command::new("all"), |root, group| root.subcommand(group.command(|leaf| leaf)));
            // Panics on flags, positions, names or aliases given twice.
            root.debug_assert();
        }
    }

    /// The help of a command at a width of 100, whatever the terminal of whoever runs the tests.
    fn help(purpose: Purpose, group: &str, name: &str) -> String {
        let groups = groups(&Definitions::of_modules().unwrap(), purpose);
        let group = groups.iter().find(|one| one.name == group).unwrap();
        let mut command = group.command(|leaf| leaf.term_width(100));
        command.find_subcommand_mut(name).unwrap().render_help().to_string().trim_end().to_owned()
    }

    #[test]
    fn the_help_of_commands_reads_as_intended() {
        assert_eq!(help(Purpose::Tx, "bank", "send"), SEND_HELP.trim());
        assert_eq!(help(Purpose::Query, "bank", "denom-owners"), OWNERS_HELP.trim());
    }

    const SEND_HELP: &str = "
Send coins to an account

Usage: agora tx bank send <FROM_ADDRESS> <TO_ADDRESS> <AMOUNT> [OPTIONS]

Arguments:
  [FROM_ADDRESS]  who sends: the name of a key, or an address for offline use
  [TO_ADDRESS]    who receives: an address, key or contact
  [AMOUNT]...     what to send, such as 1.5 AGO or 1500000uago

Options:
  -h, --help  Print help

Fields:
      --json <FILE>  Take cosmos.bank.v1beta1.MsgSend from a JSON file (- for standard input);
                     arguments override its fields

Example:
  agora tx bank send alice bob '1.5 AGO'
";

    const OWNERS_HELP: &str = "
List who holds a denom

Usage: agora query bank denom-owners <DENOM> [OPTIONS]

Arguments:
  [DENOM]  a denom such as uago, or its symbol

Options:
  -h, --help  Print help

Pages:
      --limit <N>       How many entries at most
      --page-key <KEY>  Where to go on: the key that the page before ended with
      --offset <N>      How many entries to pass over
      --reverse         Last entries first
      --count-total     Count all entries as well

Fields:
      --json <FILE>  Take cosmos.bank.v1beta1.QueryDenomOwnersRequest from a JSON file (- for
                     standard input); arguments override its fields

Example:
  agora query bank denom-owners uago
";
}
