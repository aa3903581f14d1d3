//! Typed access to the options that the definitions carry: amino names, signers, scalars, HTTP rules, commands.
//!
//! Each call decodes an option anew; whoever needs one per transaction keeps the result.

use prost::Message as _;
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, ServiceDescriptor, Value,
};

use crate::types::agora::cli::v1 as cli;
use crate::types::google::api::{HttpRule as HttpRuleProto, http_rule::Pattern};

/// The options of a field that steer JSON, amino documents and the wallet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldOptions {
    /// What a string or bytes field stands for: "cosmos.AddressString", "cosmos.Int", "cosmos.Dec".
    pub scalar: Option<String>,
    /// The interface an `Any` must hold.
    pub accepts_interface: Option<String>,
    /// False if the value is always there; `None` where not said.
    pub nullable: Option<bool>,
    /// The fields of the message appear among those of its owner.
    pub embed: bool,
    /// The Go list type without its import path: "Coins", "DecCoins".
    pub castrepeated: Option<String>,
    /// The Go type without its import path: "Int", "LegacyDec".
    pub customtype: Option<String>,
    /// The Go type a number or string is cast to, without its import path.
    pub casttype: Option<String>,
    /// The Go name of the field.
    pub customname: Option<String>,
    /// A `Timestamp` held as a Go time.
    pub stdtime: bool,
    /// A `Duration` held as a Go duration: nanoseconds in amino documents.
    pub stdduration: bool,
    /// A special amino form: "legacy_coins", "inline_json", "cosmos_dec_bytes".
    pub amino_encoding: Option<String>,
    /// The amino key, where it is not the field's name.
    pub amino_field_name: Option<String>,
    /// The "type" under which a member of a oneof is wrapped in amino documents.
    pub oneof_name: Option<String>,
    /// Shown in amino documents even when it holds its default.
    pub dont_omitempty: bool,
}

/// The HTTP verbs a rule can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HttpMethod {
    /// Reads.
    Get,
    /// Acts; has a body.
    Post,
    /// Replaces; has a body.
    Put,
    /// Removes.
    Delete,
    /// Changes a part; has a body.
    Patch,
}

impl HttpMethod {
    /// The verb as written in a request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
        }
    }
}

/// One REST route to a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRule {
    /// The verb.
    pub method: HttpMethod,
    /// The path template: "/cosmos/bank/v1beta1/balances/{address}", "/x/{denom=**}".
    pub path: String,
    /// The request field that the body fills; "*" is the whole request, empty means no body.
    pub body: String,
}

/// The command of a method: what its options say, with gaps filled from the descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The word typed after the group.
    pub name: String,
    /// One line; empty if the definitions say nothing.
    pub help: String,
    /// Request fields taken by position, in order.
    pub positional: Vec<String>,
    /// The words after the command's name in an example; empty if none is given.
    pub example: String,
    /// Other words for the same command.
    pub aliases: Vec<String>,
    /// Not offered as a command.
    pub hidden: bool,
}

/// One field as an argument of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// How text becomes a value, said or derived; `Unspecified` for plain scalars, enums and booleans.
    pub kind: cli::Kind,
    /// One line; empty if the definitions say nothing.
    pub help: String,
    /// The flag's name, without dashes in front.
    pub flag: String,
    /// The command is refused without it.
    pub required: bool,
    /// Not offered as an argument.
    pub hidden: bool,
}

/// The "type" of a message in amino documents.
#[must_use]
pub fn amino_name(message: &MessageDescriptor) -> Option<String> {
    text(message.parent_pool(), &message.options(), "amino.name")
}

/// The special amino form of a whole message: "key_field", "module_account", "threshold_string".
#[must_use]
pub fn amino_message_encoding(message: &MessageDescriptor) -> Option<String> {
    text(message.parent_pool(), &message.options(), "amino.message_encoding")
}

/// The fields that hold who must sign a message, in order; a field that is itself a message names its own signers.
#[must_use]
pub fn signer_fields(message: &MessageDescriptor) -> Vec<String> {
    texts(message.parent_pool(), &message.options(), "cosmos.msg.v1.signer")
}

/// The interfaces a message may stand for inside an `Any`.
#[must_use]
pub fn implements_interfaces(message: &MessageDescriptor) -> Vec<String> {
    texts(message.parent_pool(), &message.options(), "cosmos_proto.implements_interface")
}

/// Whether the methods of a service are transaction messages.
#[must_use]
pub fn is_msg_service(service: &ServiceDescriptor) -> bool {
    flag(service.parent_pool(), &service.options(), "cosmos.msg.v1.service").unwrap_or(false)
}

/// Whether contracts and other modules may call a query.
#[must_use]
pub fn module_query_safe(method: &MethodDescriptor) -> bool {
    flag(method.parent_pool(), &method.options(), "cosmos.query.v1.module_query_safe").unwrap_or(false)
}

/// The options of a field.
#[must_use]
pub fn field_options(field: &FieldDescriptor) -> FieldOptions {
    let pool = field.parent_pool();
    let options = field.options();
    let text = |name: &str| text(pool, &options, name);
    let go_type = |name: &str| text(name).map(|path| last_segment(&path).to_owned());
    let flag = |name: &str| flag(pool, &options, name);
    FieldOptions {
        scalar: text("cosmos_proto.scalar"),
        accepts_interface: text("cosmos_proto.accepts_interface"),
        nullable: flag("gogoproto.nullable"),
        embed: flag("gogoproto.embed").unwrap_or(false),
        castrepeated: go_type("gogoproto.castrepeated"),
        customtype: go_type("gogoproto.customtype"),
        casttype: go_type("gogoproto.casttype"),
        customname: text("gogoproto.customname"),
        stdtime: flag("gogoproto.stdtime").unwrap_or(false),
        stdduration: flag("gogoproto.stdduration").unwrap_or(false),
        amino_encoding: text("amino.encoding"),
        amino_field_name: text("amino.field_name"),
        oneof_name: text("amino.oneof_name"),
        dont_omitempty: flag("amino.dont_omitempty").unwrap_or(false),
    }
}

/// The REST routes to a method, the main one first. Rules with a verb of their own are left out.
#[must_use]
pub fn http_rules(method: &MethodDescriptor) -> Vec<HttpRule> {
    let Some(rule) = typed::<HttpRuleProto>(method.parent_pool(), &method.options(), "google.api.http")
    else {
        return Vec::new();
    };
    let mut rules: Vec<HttpRule> = http_rule(&rule).into_iter().collect();
    rules.extend(rule.additional_bindings.iter().filter_map(http_rule));
    rules
}

fn http_rule(rule: &HttpRuleProto) -> Option<HttpRule> {
    let (method, path) = match rule.pattern.as_ref()? {
        Pattern::Get(path) => (HttpMethod::Get, path),
        Pattern::Post(path) => (HttpMethod::Post, path),
        Pattern::Put(path) => (HttpMethod::Put, path),
        Pattern::Delete(path) => (HttpMethod::Delete, path),
        Pattern::Patch(path) => (HttpMethod::Patch, path),
        Pattern::Custom(_) => return None,
    };
    Some(HttpRule { method, path: path.clone(), body: rule.body.clone() })
}

/// The word and help under which the commands of a service stand; `None` if the definitions name none.
#[must_use]
pub fn cli_group(service: &ServiceDescriptor) -> Option<cli::Group> {
    typed(service.parent_pool(), &service.options(), "agora.cli.v1.group")
}

/// The command of a method. A method without the option gets its own name in kebab case and flags only.
#[must_use]
pub fn cli_command(method: &MethodDescriptor) -> Command {
    let said: cli::Command =
        typed(method.parent_pool(), &method.options(), "agora.cli.v1.command").unwrap_or_default();
    let name = if said.name.is_empty() { kebab(method.name()) } else { said.name };
    Command {
        name,
        help: said.help,
        positional: said.positional,
        example: said.example,
        aliases: said.aliases,
        hidden: said.hidden,
    }
}

/// A field as an argument of a command.
#[must_use]
pub fn cli_argument(field: &FieldDescriptor) -> Argument {
    let said: cli::Argument =
        typed(field.parent_pool(), &field.options(), "agora.cli.v1.arg").unwrap_or_default();
    let kind = match said.kind() {
        cli::Kind::Unspecified => derived_kind(field),
        kind => kind,
    };
    let flag = if said.flag.is_empty() { field.name().replace('_', "-") } else { said.flag };
    Argument { kind, help: said.help, flag, required: said.required, hidden: said.hidden }
}

/// How a field without an option of its own is read.
fn derived_kind(field: &FieldDescriptor) -> cli::Kind {
    let many = field.cardinality() == Cardinality::Repeated;
    match field.kind() {
        Kind::Bytes => cli::Kind::Bytes,
        Kind::String => match field_options(field).scalar.as_deref() {
            Some("cosmos.AddressString") => cli::Kind::Address,
            Some("cosmos.ValidatorAddressString") => cli::Kind::ValidatorAddress,
            Some("cosmos.ConsensusAddressString") => cli::Kind::ConsensusAddress,
            Some("cosmos.Int") => cli::Kind::Amount,
            Some("cosmos.Dec") => cli::Kind::Decimal,
            _ => cli::Kind::Unspecified,
        },
        Kind::Message(message) => match (message.full_name(), many) {
            ("cosmos.base.v1beta1.Coin", true) => cli::Kind::Coins,
            ("cosmos.base.v1beta1.Coin", false) => cli::Kind::Coin,
            ("cosmos.base.v1beta1.DecCoin", true) => cli::Kind::DecCoins,
            ("cosmos.base.v1beta1.DecCoin", false) => cli::Kind::DecCoin,
            ("google.protobuf.Duration", false) => cli::Kind::Duration,
            ("google.protobuf.Timestamp", false) => cli::Kind::Timestamp,
            ("google.protobuf.Any", true) => cli::Kind::Messages,
            _ => cli::Kind::Json,
        },
        _ => cli::Kind::Unspecified,
    }
}

/// "SpendableBalanceByDenom" as "spendable-balance-by-denom".
fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// "github.com/cosmos/cosmos-sdk/types.Coins" as "Coins".
fn last_segment(path: &str) -> &str {
    path.rsplit(['.', '/']).next().unwrap_or(path)
}

/// The value of an extension, if it is set.
fn extension(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = pool.get_extension_by_name(name)?;
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}

fn text(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> Option<String> {
    extension(pool, options, name)?.as_str().map(str::to_owned)
}

fn texts(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> Vec<String> {
    let value = extension(pool, options, name);
    let list = value.as_ref().and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn flag(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> Option<bool> {
    extension(pool, options, name)?.as_bool()
}

fn typed<T: prost::Message + Default>(
    pool: &DescriptorPool,
    options: &DynamicMessage,
    name: &str,
) -> Option<T> {
    let value = extension(pool, options, name)?;
    let bytes = value.as_message()?.encode_to_vec();
    T::decode(bytes.as_slice()).ok()
}

/// The files of a pool that hold definitions of a chain: all but those of Google and the option files.
pub fn chain_files(pool: &DescriptorPool) -> impl Iterator<Item = FileDescriptor> + '_ {
    let is_option_file = |package: &str| {
        package.starts_with("google.")
            || matches!(
                package,
                "gogoproto" | "amino" | "cosmos_proto" | "cosmos.msg.v1" | "cosmos.query.v1" | "agora.cli.v1"
            )
    };
    pool.files().filter(move |file| !is_option_file(file.package_name()))
}
