//! Text as people write it, turned into the JSON that the definitions read.

use agora_proto::agora::cli::v1::Kind as CliKind;
use agora_proto::options;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Definitions;
use super::request::read_input;
use crate::address::looks_like_address;
use crate::amount::{Coin, GasPrice};
use crate::error::{CliError, Result, nearest};

/// Nesting of JSON beyond this is refused before anything recursive looks at it.
const MAX_DEPTH: u32 = 64;

/// What reading an argument needs to know of the wallet.
pub trait Resolve {
    /// The account address meant by an address or a name.
    fn address(&self, text: &str) -> Result<String>;
    /// The validator or consensus address meant by an address, or by the name of its account; `role` is `valoper` or
    /// `valcons`.
    fn role_address(&self, text: &str, role: &str) -> Result<String>;
    /// An amount with its unit.
    fn coin(&self, text: &str) -> Result<Coin>;
    /// Amounts separated by commas.
    fn coins(&self, text: &str) -> Result<Vec<Coin>>;
    /// The base denom meant by a denom or a symbol.
    fn denom(&self, text: &str) -> Result<String>;
    /// The JSON of a public key, given as a key or by name.
    fn public_key(&self, text: &str) -> Result<Value>;
    /// The clock.
    fn now(&self) -> OffsetDateTime;
}

/// One text as the JSON of a value of `field`.
pub(super) fn to_json(
    definitions: &Definitions,
    field: &FieldDescriptor,
    kind: CliKind,
    text: &str,
    resolve: &dyn Resolve,
) -> Result<Value> {
    Ok(match kind {
        CliKind::Address => resolve.address(text)?.into(),
        CliKind::ValidatorAddress => resolve.role_address(text, "valoper")?.into(),
        CliKind::ConsensusAddress => resolve.role_address(text, "valcons")?.into(),
        CliKind::Coin => json!(resolve.coin(text)?),
        CliKind::Coins => json!(resolve.coins(text)?),
        CliKind::DecCoin => dec_coin(text)?,
        CliKind::DecCoins => Value::Array(text.split(',').map(dec_coin).collect::<Result<_>>()?),
        CliKind::Denom => resolve.denom(text)?.into(),
        CliKind::Amount => whole_number(text)?.into(),
        CliKind::Decimal => decimal(text)?.into(),
        CliKind::Duration => format!("{}s", seconds(text)?).into(),
        CliKind::Timestamp => timestamp(text, resolve.now())?.into(),
        CliKind::Text => text_or_file(text)?.into(),
        CliKind::Bytes => BASE64.encode(bytes(text)?).into(),
        CliKind::PublicKey => resolve.public_key(text)?,
        CliKind::Json | CliKind::Messages => nested(definitions, field, text, resolve)?,
        CliKind::Unspecified => plain(field, text)?,
    })
}

fn plain(field: &FieldDescriptor, text: &str) -> Result<Value> {
    Ok(match field.kind() {
        Kind::Bool => match text {
            "true" | "yes" => true.into(),
            "false" | "no" => false.into(),
            _ => return Err(CliError::usage(format!("`{text}` is neither true nor false"))),
        },
        Kind::String => text.into(),
        Kind::Enum(values) => enum_value(&values, text)?,
        Kind::Float | Kind::Double => {
            let number: f64 = text.parse().map_err(|_| {
                CliError::usage(format!("`{text}` is not a number")).hint("write for example 0.5")
            })?;
            json!(number)
        }
        // The reader of the definitions checks the bounds of the field's type.
        _ => text.replace('_', "").into(),
    })
}

/// The words of an enum: `asc` for `ORDER_BY_ASC`; the value 0 is left out where it means "unspecified".
pub(super) fn enum_words(values: &EnumDescriptor) -> impl Iterator<Item = String> {
    let prefix = shouting(values.name());
    let words: Vec<String> = values
        .values()
        .filter(|value| !value.name().ends_with("UNSPECIFIED"))
        .map(|value| {
            value.name().strip_prefix(&prefix).unwrap_or(value.name()).to_lowercase().replace('_', "-")
        })
        .collect();
    words.into_iter()
}

/// `OrderBy` as `ORDER_BY_`.
fn shouting(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out.push('_');
    out
}

fn enum_value(values: &EnumDescriptor, text: &str) -> Result<Value> {
    let wanted = text.to_uppercase().replace('-', "_");
    let prefix = shouting(values.name());
    let found = values.values().find(|value| {
        value.name() == wanted
            || value.name().strip_prefix(&prefix) == Some(&wanted)
            || value.number().to_string() == text
    });
    match found {
        Some(value) => Ok(value.name().into()),
        None => {
            let words: Vec<String> = enum_words(values).collect();
            let error = CliError::usage(format!("`{text}` is not one of {}", words.join(", ")));
            Err(match nearest(text, words.iter().map(String::as_str)) {
                Some(word) => error.hint(format!("did you mean `{word}`?")),
                None => error,
            })
        }
    }
}

fn whole_number(text: &str) -> Result<String> {
    let digits = text.replace('_', "");
    let body = digits.strip_prefix('-').unwrap_or(&digits);
    if body.is_empty() || !body.chars().all(|c| c.is_ascii_digit()) {
        return Err(CliError::usage(format!("`{text}` is not a whole number"))
            .hint("give base units, for example 1500000"));
    }
    Ok(digits)
}

/// A decimal number of at most 18 decimals, without needless zeros; `5%` is `0.05`.
pub(crate) fn decimal(text: &str) -> Result<String> {
    let bad =
        || CliError::usage(format!("`{text}` is not a decimal number")).hint("write for example 0.05 or 5%");
    let (number, percent) = match text.strip_suffix('%') {
        Some(number) => (number.trim_end(), true),
        None => (text, false),
    };
    let exact = Decimal::from_str_exact(&number.replace('_', "")).map_err(|error| bad().because(error))?;
    let exact = if percent { exact.checked_div(Decimal::ONE_HUNDRED).ok_or_else(bad)? } else { exact };
    if exact.normalize().scale() > 18 {
        return Err(bad().hint("at most 18 decimals are kept"));
    }
    Ok(exact.normalize().to_string())
}

fn dec_coin(text: &str) -> Result<Value> {
    let price = GasPrice::parse(text)?;
    let shown = price.to_string();
    let amount = shown.strip_suffix(price.denom()).unwrap_or(&shown);
    Ok(json!({ "denom": price.denom(), "amount": amount }))
}

/// Seconds of `90s`, `15m`, `2h`, `14d`, or of several in a row: `1h30m`.
pub(crate) fn seconds(text: &str) -> Result<u64> {
    let bad = || {
        CliError::usage(format!("`{text}` is not a duration")).hint("write for example 90s, 15m, 2h or 14d")
    };
    let mut total: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (digits, tail) = rest.split_at(end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let factor: u64 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return Err(bad()),
        };
        let number: u64 = digits.parse().map_err(|_| bad())?;
        total = number.checked_mul(factor).and_then(|n| total.checked_add(n)).ok_or_else(bad)?;
        rest = tail;
    }
    Ok(total)
}

fn timestamp(text: &str, now: OffsetDateTime) -> Result<String> {
    let bad = || {
        CliError::usage(format!("`{text}` is not a time"))
            .hint("write for example 2030-01-31T12:00:00Z, or +2h from now")
    };
    let time = match text.strip_prefix('+') {
        Some(duration) => {
            let seconds = i64::try_from(seconds(duration)?).map_err(|_| bad())?;
            let now = now.replace_nanosecond(0).map_err(|error| bad().because(error))?;
            now.checked_add(time::Duration::seconds(seconds)).ok_or_else(bad)?
        }
        None => OffsetDateTime::parse(text, &Rfc3339).map_err(|error| bad().because(error))?,
    };
    let utc = time.to_offset(time::UtcOffset::UTC);
    utc.format(&Rfc3339).map_err(|error| bad().because(error))
}

fn text_or_file(text: &str) -> Result<String> {
    match text.strip_prefix('@') {
        Some(path) => read_input(path),
        None => Ok(text.to_owned()),
    }
}

fn bytes(text: &str) -> Result<Vec<u8>> {
    if let Some(path) = text.strip_prefix('@') {
        return std::fs::read(path)
            .map_err(|error| CliError::usage(format!("cannot read {path}")).because(error));
    }
    let decoded = match text.strip_prefix("0x") {
        Some(digits) => hex::decode(digits).ok(),
        None => BASE64.decode(text).ok(),
    };
    decoded.ok_or_else(|| {
        CliError::usage(format!("`{text}` is neither hex nor base64"))
            .hint("write hex as 0x..., or name a file as @FILE")
    })
}

fn nested(
    definitions: &Definitions,
    field: &FieldDescriptor,
    text: &str,
    resolve: &dyn Resolve,
) -> Result<Value> {
    let text = text_or_file(text)?;
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        CliError::usage("this is not JSON")
            .because(error)
            .hint("put it between single quotes, or name a file as @FILE")
    })?;
    match field.kind() {
        Kind::Message(message) if !field.is_map() => match value {
            Value::Array(items) if field.is_list() => {
                let each = |item| resolve_nested(definitions, &message, item, resolve);
                Ok(Value::Array(items.into_iter().map(each).collect::<Result<_>>()?))
            }
            other => resolve_nested(definitions, &message, other, resolve),
        },
        _ => Ok(value),
    }
}

/// JSON of `message` with names turned into addresses, and amounts such as "1.5 AGO" into coins, at every level.
pub(super) fn resolve_nested(
    definitions: &Definitions,
    message: &MessageDescriptor,
    value: Value,
    resolve: &dyn Resolve,
) -> Result<Value> {
    Nested { definitions, resolve }.message(message, value, 0)
}

/// Messages given as JSON with "@type": one, or a list of them, or a list under `messages`.
pub(crate) fn resolve_messages(
    definitions: &Definitions,
    value: Value,
    resolve: &dyn Resolve,
) -> Result<Vec<DynamicMessage>> {
    let items = match value {
        Value::Array(items) => items,
        Value::Object(mut fields) => match fields.remove("messages") {
            Some(Value::Array(items)) => items,
            _ => vec![Value::Object(fields)],
        },
        _ => return Err(CliError::usage("this is neither a message nor a list of messages")),
    };
    let one = |item: Value| {
        let Some(Value::String(url)) = item.get("@type").cloned() else {
            return Err(CliError::usage("a message has no \"@type\"")
                .hint("write for example \"@type\": \"/cosmos.bank.v1beta1.MsgSend\""));
        };
        let descriptor = definitions.message_of_url(&url)?;
        let mut fields = item;
        if let Some(fields) = fields.as_object_mut() {
            fields.remove("@type");
        }
        let resolved = resolve_nested(definitions, &descriptor, fields, resolve)?;
        definitions.dynamic_from_json(&descriptor, &resolved)
    };
    items.into_iter().map(one).collect()
}

struct Nested<'a> {
    definitions: &'a Definitions,
    resolve: &'a dyn Resolve,
}

impl Nested<'_> {
    fn message(&self, message: &MessageDescriptor, value: Value, depth: u32) -> Result<Value> {
        if depth > MAX_DEPTH {
            return Err(CliError::usage(format!("the JSON is nested deeper than {MAX_DEPTH} levels")));
        }
        let depth = depth.saturating_add(1);
        match (message.full_name(), value) {
            ("cosmos.base.v1beta1.Coin", Value::String(text)) => Ok(json!(self.resolve.coin(&text)?)),
            ("google.protobuf.Any", Value::Object(mut fields)) => {
                let Some(Value::String(url)) = fields.get("@type").cloned() else {
                    return Ok(Value::Object(fields));
                };
                let inner = self.definitions.message_of_url(&url)?;
                fields.remove("@type");
                let mut out = serde_json::Map::from_iter([("@type".to_owned(), Value::String(url))]);
                if let Value::Object(resolved) = self.message(&inner, Value::Object(fields), depth)? {
                    out.extend(resolved);
                }
                Ok(Value::Object(out))
            }
            (_, Value::Object(fields)) => {
                let each = |(key, value): (String, Value)| {
                    let field =
                        message.get_field_by_name(&key).or_else(|| message.get_field_by_json_name(&key));
                    let value = match field {
                        Some(field) => self.field(&field, value, depth)?,
                        // Unknown keys are refused later, by the reader that knows how to say it.
                        None => value,
                    };
                    Ok((key, value))
                };
                Ok(Value::Object(fields.into_iter().map(each).collect::<Result<_>>()?))
            }
            (_, other) => Ok(other),
        }
    }

    fn field(&self, field: &FieldDescriptor, value: Value, depth: u32) -> Result<Value> {
        if field.is_map() {
            return Ok(value);
        }
        match value {
            Value::Array(items) if field.is_list() => Ok(Value::Array(
                items.into_iter().map(|item| self.single(field, item, depth)).collect::<Result<_>>()?,
            )),
            Value::String(text) if field.is_list() && options::cli_argument(field).kind == CliKind::Coins => {
                Ok(json!(self.resolve.coins(&text)?))
            }
            other => self.single(field, other, depth),
        }
    }

    fn single(&self, field: &FieldDescriptor, value: Value, depth: u32) -> Result<Value> {
        match (field.kind(), value) {
            (Kind::Message(message), value) => self.message(&message, value, depth),
            (Kind::String, Value::String(text)) if !text.is_empty() && !looks_like_address(&text) => {
                match options::cli_argument(field).kind {
                    CliKind::Address => Ok(self.resolve.address(&text)?.into()),
                    CliKind::Denom => Ok(self.resolve.denom(&text)?.into()),
                    _ => Ok(Value::String(text)),
                }
            }
            (_, value) => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_sums_of_units() {
        assert_eq!(seconds("90s").unwrap(), 90);
        assert_eq!(seconds("1h30m").unwrap(), 5400);
        assert_eq!(seconds("14d").unwrap(), 1_209_600);
        for text in ["", "5", "s", "1y", "-1s", "1.5h", "99999999999999999999s", "9999999999999999w"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_utc_or_counted_from_now() {
        let now = OffsetDateTime::from_unix_timestamp_nanos(1_500_000_000).unwrap();
        assert_eq!(timestamp("+2h", now).unwrap(), "1970-01-01T02:00:01Z");
        assert_eq!(timestamp("2030-01-31T12:00:00+02:00", now).unwrap(), "2030-01-31T10:00:00Z");
        for text in ["tomorrow", "+x", "2030-01-31", "+99999999999999999s"] {
            assert!(timestamp(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn decimals_and_percentages_are_exact() {
        assert_eq!(decimal("0.050").unwrap(), "0.05");
        assert_eq!(decimal("5%").unwrap(), "0.05");
        assert_eq!(decimal("12.5 %").unwrap(), "0.125");
        for text in ["", "%", "five", "1e5", "0.0000000000000000001"] {
            assert!(decimal(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_are_hex_base64_or_a_file() {
        assert_eq!(bytes("0x00ff").unwrap(), [0, 255]);
        assert_eq!(bytes("AP8=").unwrap(), [0, 255]);
        assert!(bytes("0xz").is_err() && bytes("@/nowhere").is_err() && bytes("***").is_err());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [7, 8]).unwrap();
        assert_eq!(bytes(&format!("@{}", file.path().display())).unwrap(), [7, 8]);
    }
}
