//! Fields of a message as arguments of a command.

use agora_proto::agora::cli::v1::Kind as CliKind;
use agora_proto::options;
use clap::{Arg, ArgAction};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::Purpose;

/// The id of the argument that takes a whole message.
pub(super) const JSON_ID: &str = "message-json";

/// Flags that every command has already; a field of such a name gets `field-` before it.
const RESERVED: &[&str] = &[
    // All commands.
    "home",
    "profile",
    "output",
    "keyring-backend",
    "node",
    "chain-id",
    "yes",
    "no-color",
    "password-file",
    "password-fd",
    "help",
    "version",
    "json",
    // Queries.
    "height",
    // Transactions.
    "from",
    "fees",
    "gas",
    "gas-adjustment",
    "gas-price",
    "note",
    "memo",
    "timeout-height",
    "timeout",
    "unordered",
    "fee-payer",
    "fee-granter",
    "sign-mode",
    "generate-only",
    "offline",
    "sequence",
    "account-number",
    "dry-run",
    "async",
    "wait",
];

/// Flags of commands that page.
const PAGE_FLAGS: [&str; 5] = ["limit", "page-key", "offset", "reverse", "count-total"];

/// How a field is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// By position; the last one may take several words.
    Position {
        /// Whether nothing follows.
        last: bool,
    },
    /// By flag.
    Flag,
    /// As the flags of a page request.
    Page,
}

/// A field of the message as an argument.
#[derive(Clone, Debug)]
pub struct Input {
    field: FieldDescriptor,
    argument: options::Argument,
    place: Place,
    signer: bool,
    flag: String,
}

/// The arguments of a message, positions first.
pub(super) fn inputs(
    message: &MessageDescriptor,
    command: &options::Command,
    purpose: Purpose,
) -> Vec<Input> {
    let signers = if purpose == Purpose::Tx { options::signer_fields(message) } else { Vec::new() };
    let mut inputs = Vec::new();
    let pages = message.fields().any(|field| is_page_request(&field));
    let mut flags: Vec<String> = Vec::new();
    if pages {
        flags.extend(PAGE_FLAGS.map(str::to_owned));
    }
    let positional: Vec<FieldDescriptor> =
        command.positional.iter().filter_map(|name| message.get_field_by_name(name)).collect();
    let count = positional.len();
    for (at, field) in positional.into_iter().enumerate() {
        let last = at + 1 == count;
        inputs.push(Input::new(field, Place::Position { last }, &signers, &mut flags));
    }
    for field in message.fields() {
        let by_position = command.positional.iter().any(|name| name == field.name());
        if by_position || options::cli_argument(&field).hidden || is_deprecated(&field) {
            continue;
        }
        let place = if is_page_request(&field) { Place::Page } else { Place::Flag };
        inputs.push(Input::new(field, place, &signers, &mut flags));
    }
    inputs
}

/// What newer fields took the place of is still read from files.
fn is_deprecated(field: &FieldDescriptor) -> bool {
    field.field_descriptor_proto().options.as_ref().is_some_and(|options| options.deprecated())
}

fn is_page_request(field: &FieldDescriptor) -> bool {
    !is_deprecated(field)
        && matches!(field.kind(), Kind::Message(message) if message.full_name() == "cosmos.base.query.v1beta1.PageRequest")
}

impl Input {
    fn new(field: FieldDescriptor, place: Place, signers: &[String], flags: &mut Vec<String>) -> Self {
        let argument = options::cli_argument(&field);
        let signer = signers.first().is_some_and(|name| name == field.name()) && field.kind() == Kind::String;
        let taken =
            |flag: &str, flags: &[String]| RESERVED.contains(&flag) || flags.iter().any(|one| one == flag);
        let mut flag = argument.flag.clone();
        while place == Place::Flag && taken(&flag, flags) {
            flag = format!("field-{flag}");
        }
        if place == Place::Flag {
            flags.push(flag.clone());
        }
        Self { field, argument, place, signer, flag }
    }

    /// The field.
    pub fn field(&self) -> &FieldDescriptor {
        &self.field
    }

    /// How text becomes its value.
    pub fn kind(&self) -> CliKind {
        self.argument.kind
    }

    /// Where it stands on the command line.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether it names who signs.
    pub fn is_signer(&self) -> bool {
        self.signer
    }

    /// The id of the argument.
    pub fn id(&self) -> String {
        // A prefix of its own: ids share one space with the wallet's own arguments.
        format!("field:{}", self.field.name())
    }

    /// What the person calls it: `AMOUNT` or `--expedited`.
    pub fn label(&self) -> String {
        match self.place {
            Place::Position { .. } => self.field.name().to_uppercase(),
            _ => format!("--{}", self.flag),
        }
    }

    fn arguments(&self) -> Vec<Arg> {
        match self.place {
            Place::Position { last } => vec![self.positional(last)],
            Place::Flag => vec![self.flag()],
            Place::Page => page_arguments(),
        }
    }

    fn positional(&self, last: bool) -> Arg {
        let arg = Arg::new(self.id()).value_name(self.field.name().to_uppercase()).help(self.help());
        // `1.5 AGO` without quotes arrives as two words.
        let arg = if last && self.is_several() { arg.num_args(1..) } else { arg };
        if self.is_optional() { arg } else { arg.required_unless_present(JSON_ID) }
    }

    fn is_several(&self) -> bool {
        self.field.is_list() || self.kind() == CliKind::Coin
    }

    fn is_optional(&self) -> bool {
        self.field.is_list() && !is_coins(self.kind())
    }

    /// The position in a usage line: `<TO_ADDRESS>`, `[DENOMS]...`.
    pub(super) fn usage(&self) -> Option<String> {
        let Place::Position { last } = self.place else { return None };
        let name = self.label();
        let name = if self.is_optional() { format!("[{name}]") } else { format!("<{name}>") };
        // An amount of two words is one amount.
        Some(if last && self.field.is_list() && !is_coins(self.kind()) { format!("{name}...") } else { name })
    }

    fn flag(&self) -> Arg {
        let arg = Arg::new(self.id()).long(self.flag.clone()).help(self.help()).help_heading("Fields");
        let arg = if self.field.kind() == Kind::Bool && !self.field.is_list() {
            arg.value_name("BOOL").num_args(0..=1).require_equals(true).default_missing_value("true")
        } else {
            arg.value_name(self.value_name()).action(ArgAction::Append)
        };
        if self.argument.required && !self.signer { arg.required_unless_present(JSON_ID) } else { arg }
    }

    fn value_name(&self) -> String {
        if let Kind::Enum(values) = self.field.kind() {
            let names: Vec<String> = super::values::enum_words(&values).collect();
            if names.len() <= 6 {
                return names.join("|");
            }
        }
        let name = match self.kind() {
            CliKind::Address => "ADDRESS",
            CliKind::ValidatorAddress => "VALIDATOR",
            CliKind::ConsensusAddress => "CONSENSUS_ADDRESS",
            CliKind::Coin | CliKind::DecCoin => "COIN",
            CliKind::Coins | CliKind::DecCoins => "COINS",
            CliKind::Denom => "DENOM",
            CliKind::Amount => "AMOUNT",
            CliKind::Decimal => "DECIMAL",
            CliKind::Duration => "DURATION",
            CliKind::Timestamp => "TIME",
            CliKind::Text => "TEXT",
            CliKind::Bytes => "BYTES",
            CliKind::Json => "JSON",
            CliKind::Messages => "JSON",
            CliKind::PublicKey => "KEY",
            CliKind::Unspecified => match self.field.kind() {
                Kind::String => "TEXT",
                Kind::Float | Kind::Double => "NUMBER",
                Kind::Enum(_) => "WORD",
                _ => "N",
            },
        };
        name.to_owned()
    }

    fn help(&self) -> String {
        if !self.argument.help.is_empty() {
            return self.argument.help.clone();
        }
        if self.signer {
            return "who signs: the name of a key; --from or the default key if left out".to_owned();
        }
        let text = match self.kind() {
            CliKind::Address => "an address, key or contact",
            CliKind::ValidatorAddress => "a validator's address, or the key or contact that runs it",
            CliKind::ConsensusAddress => "a consensus address",
            CliKind::Coin => "an amount such as 1.5 AGO or 1500000uago",
            CliKind::Coins => "amounts such as 1.5 AGO or 1500000uago, separated by commas",
            CliKind::DecCoin | CliKind::DecCoins => "decimal amounts such as 0.025uago, separated by commas",
            CliKind::Denom => "a denom such as uago, or its symbol",
            CliKind::Amount => "a whole number of base units",
            CliKind::Decimal => "a decimal number such as 0.05, or 5%",
            CliKind::Duration => "a duration such as 90s, 15m, 2h or 14d",
            CliKind::Timestamp => "a time such as 2030-01-31T12:00:00Z, or +2h from now",
            CliKind::Text => "text, or @FILE",
            CliKind::Bytes => "bytes as 0x..., base64, or @FILE",
            CliKind::Json => "JSON, or @FILE",
            CliKind::Messages => "messages as JSON with \"@type\", or @FILE",
            CliKind::PublicKey => "a public key: base64, hex, JSON, or the name of a key",
            CliKind::Unspecified => "",
        };
        let mut text = text.to_owned();
        if self.kind() == CliKind::Json
            && let Kind::Message(message) = self.field.kind()
        {
            text = format!("{} as JSON, or @FILE", message.name());
        }
        if self.field.is_list() && !is_coins(self.kind()) && self.place == Place::Flag {
            let repeat = "may be given several times";
            text = if text.is_empty() { repeat.to_owned() } else { format!("{text}; {repeat}") };
        }
        text
    }
}

/// Whether one argument holds a whole list.
pub(super) fn is_coins(kind: CliKind) -> bool {
    matches!(kind, CliKind::Coins | CliKind::DecCoins)
}

/// The clap arguments of a message's fields.
pub(super) fn arguments(inputs: &[Input]) -> Vec<Arg> {
    inputs.iter().flat_map(Input::arguments).collect()
}

/// The argument that takes a whole message.
pub(super) fn json_argument(full_name: &str) -> Arg {
    let help =
        format!("Take {full_name} from a JSON file (- for standard input); arguments override its fields");
    Arg::new(JSON_ID).long("json").value_name("FILE").help(help).help_heading("Fields")
}

fn page_arguments() -> Vec<Arg> {
    let arg = |id: &'static str| Arg::new(id).long(id).help_heading("Pages");
    vec![
        arg("limit").value_name("N").value_parser(clap::value_parser!(u64)).help("How many entries at most"),
        arg("page-key").value_name("KEY").help("Where to go on: the key that the page before ended with"),
        arg("offset")
            .value_name("N")
            .value_parser(clap::value_parser!(u64))
            .conflicts_with("page-key")
            .help("How many entries to pass over"),
        arg("reverse").action(ArgAction::SetTrue).help("Last entries first"),
        arg("count-total").action(ArgAction::SetTrue).help("Count all entries as well"),
    ]
}
