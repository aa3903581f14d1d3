//! From the recorded chain's names to ours: addresses get our prefix, the native denom is ours.

use agora_primitives::Address;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MapKey, ReflectMessage as _, Value};

/// The native denom of the recorded chain.
const STAKE: &str = "stake";
/// A module account of the recorded chain that takes no payments, and the one of ours that stands for it.
const BLOCKED: (&str, &str) = ("bonded_tokens_pool", "fee_collector");

/// Maps every address, native denom and name of the prefix in a text.
pub(crate) fn text(recorded: &str) -> String {
    let text = denoms(&addresses(recorded));
    text.replace("expected 'cosmos'", "expected 'agora'")
}

fn addresses(recorded: &str) -> String {
    let mut mapped = String::new();
    let mut rest = recorded;
    while let Some(at) = rest.find("cosmos1") {
        let (before, from) = rest.split_at(at);
        mapped.push_str(before);
        let len = from.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(from.len());
        let (word, after) = from.split_at(len);
        mapped.push_str(&address(word).unwrap_or_else(|| word.to_owned()));
        rest = after;
    }
    mapped + rest
}

/// Our spelling of a recorded address; `None` if it is not one.
fn address(recorded: &str) -> Option<String> {
    let bytes = recorded.parse::<cosmrs::AccountId>().ok()?.to_bytes();
    let address = Address::from_slice(&bytes).ok()?;
    let (theirs, ours) = BLOCKED;
    let address = if address == agora_primitives::module_address(theirs) {
        agora_primitives::module_address(ours)
    } else {
        address
    };
    Some(address.to_string())
}

fn denoms(recorded: &str) -> String {
    let mut mapped = String::new();
    let mut rest = recorded;
    while let Some(at) = rest.find(STAKE) {
        let (before, from) = rest.split_at(at);
        let after = &from[STAKE.len()..];
        mapped.push_str(before);
        let alone = !mapped.ends_with(|c: char| c.is_ascii_alphabetic())
            && !after.starts_with(|c: char| c.is_ascii_alphanumeric());
        mapped.push_str(if alone { "uago" } else { STAKE });
        rest = after;
    }
    mapped + rest
}

/// Maps every text of a message, inside of `Any` too; unknown fields stay. Bytes that are no such message stay.
pub(crate) fn message(pool: &DescriptorPool, name: &str, recorded: &[u8]) -> Vec<u8> {
    let Some(descriptor) = pool.get_message_by_name(name) else { return recorded.to_vec() };
    match DynamicMessage::decode(descriptor, recorded) {
        Ok(mut message) => {
            fields(pool, &mut message);
            message.encode_to_vec()
        }
        Err(_) => recorded.to_vec(),
    }
}

fn fields(pool: &DescriptorPool, message: &mut DynamicMessage) {
    if message.descriptor().full_name() == "google.protobuf.Any" {
        let url = message.get_field_by_name("type_url").and_then(|v| v.as_str().map(str::to_owned));
        let inner = message.get_field_by_name("value").and_then(|v| v.as_bytes().cloned());
        if let (Some(url), Some(inner)) = (url, inner) {
            let mapped = self::message(pool, url.trim_start_matches('/'), &inner);
            message.set_field_by_name("value", Value::Bytes(mapped.into()));
        }
        return;
    }
    for (_, field) in message.fields_mut() {
        value(pool, field);
    }
}

fn value(pool: &DescriptorPool, field: &mut Value) {
    match field {
        Value::String(recorded) => *recorded = text(recorded),
        Value::Message(inner) => fields(pool, inner),
        Value::List(items) => items.iter_mut().for_each(|item| value(pool, item)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, item): (&MapKey, _)| value(pool, item)),
        _ => {}
    }
}
