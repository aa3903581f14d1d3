//! From matched arguments to a message: every argument becomes JSON, and the JSON becomes the message, so that
//! files, flags and positions follow the same rules and give the same errors.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use clap::ArgMatches;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::arguments::{Input, JSON_ID, Place, is_coins};
use super::{Definitions, Resolve, values};
use crate::error::{CliError, Result};
use crate::files;

/// The message that `matches` stand for.
pub(super) fn build(
    definitions: &Definitions,
    message: &MessageDescriptor,
    inputs: &[Input],
    matches: &ArgMatches,
    resolve: &dyn Resolve,
    signer: Option<&str>,
) -> Result<DynamicMessage> {
    let mut fields = match matches.get_one::<String>(JSON_ID) {
        Some(path) => from_file(definitions, message, path, resolve)?,
        None => Map::new(),
    };
    for input in inputs {
        let name = input.field().name();
        let value = match input.place() {
            Place::Page => page(matches)?,
            Place::Position { .. } | Place::Flag => {
                let texts: Vec<&str> = matches
                    .get_many::<String>(&input.id())
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect();
                let value =
                    if texts.is_empty() { None } else { Some(value(definitions, input, &texts, resolve)?) };
                match (value, signer) {
                    (None, Some(signer)) if input.is_signer() && !fields.contains_key(name) => {
                        Some(Value::from(signer))
                    }
                    (value, _) => value,
                }
            }
        };
        if let Some(value) = value {
            // A flag beats the file, also where the file writes the field in camel case.
            fields.remove(input.field().json_name());
            fields.insert(name.to_owned(), value);
        }
    }
    definitions.dynamic_from_json(message, &Value::Object(fields))
}

/// All texts of one argument as the value of its field.
fn value(definitions: &Definitions, input: &Input, texts: &[&str], resolve: &dyn Resolve) -> Result<Value> {
    let field = input.field();
    let bad = |error: CliError| {
        let hint = error.remedy().unwrap_or_default().to_owned();
        let failure = CliError::usage(format!("{} cannot be used", input.label())).because(&error);
        if hint.is_empty() { failure } else { failure.hint(hint) }
    };
    let one = |text: &str| values::to_json(definitions, field, input.kind(), text, resolve).map_err(bad);
    if is_coins(input.kind()) {
        // By position an amount without quotes is several words; by flag every one is a list of its own.
        let joined = if input.place() == Place::Flag { texts.join(",") } else { texts.join(" ") };
        return one(&joined);
    }
    if field.is_map() {
        let mut merged = Map::new();
        for text in texts {
            match one(text)? {
                Value::Object(entries) => merged.extend(entries),
                other => return Ok(other),
            }
        }
        return Ok(Value::Object(merged));
    }
    if field.is_list() {
        let mut items = Vec::new();
        for text in texts {
            match one(text)? {
                Value::Array(several) => items.extend(several),
                single => items.push(single),
            }
        }
        return Ok(Value::Array(items));
    }
    match (texts, input.place()) {
        ([text], _) => one(text),
        (several, Place::Position { .. }) => one(&several.join(" ")),
        _ => Err(CliError::usage(format!("{} was given {} times", input.label(), texts.len()))
            .hint("give it once")),
    }
}

/// The message in a file, with names and amounts in it resolved.
fn from_file(
    definitions: &Definitions,
    message: &MessageDescriptor,
    path: &str,
    resolve: &dyn Resolve,
) -> Result<Map<String, Value>> {
    let text = read_input(path)?;
    let mut value: Value = serde_json::from_str(&text)
        .map_err(|error| CliError::usage(format!("{path} is not JSON")).because(error))?;
    // A file with "@type" is fine as long as it is the right one.
    if let Some(fields) = value.as_object_mut()
        && let Some(Value::String(url)) = fields.remove("@type")
        && url.strip_prefix('/') != Some(message.full_name())
    {
        return Err(CliError::usage(format!(
            "{path} holds {url}, but this command takes /{}",
            message.full_name()
        )));
    }
    match values::resolve_nested(definitions, message, value, resolve)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(CliError::usage(format!("{path} does not hold a JSON object"))
            .hint(format!("give the fields of {}", message.full_name()))),
    }
}

/// The text of a file, or of standard input for `-`.
pub(crate) fn read_input(path: &str) -> Result<String> {
    let text = match path {
        "-" => files::text_of(std::io::stdin(), "standard input")?,
        _ => files::read_text(Path::new(path))?,
    };
    Ok(text.as_str().to_owned())
}

/// The page request, where any of its flags was given.
fn page(matches: &ArgMatches) -> Result<Option<Value>> {
    let mut page = Map::new();
    for (flag, field) in [("limit", "limit"), ("offset", "offset")] {
        if let Some(number) = matches.get_one::<u64>(flag) {
            page.insert(field.to_owned(), json!(number.to_string()));
        }
    }
    for (flag, field) in [("reverse", "reverse"), ("count-total", "count_total")] {
        if matches.get_flag(flag) {
            page.insert(field.to_owned(), Value::Bool(true));
        }
    }
    if let Some(key) = matches.get_one::<String>("page-key") {
        let bytes = STANDARD.decode(key).or_else(|_| URL_SAFE.decode(key)).map_err(|_| {
            CliError::usage(format!("--page-key `{key}` is not base64"))
                .hint("copy the key that the page before ended with")
        })?;
        page.insert("key".to_owned(), json!(STANDARD.encode(bytes)));
    }
    Ok(if page.is_empty() { None } else { Some(Value::Object(page)) })
}
