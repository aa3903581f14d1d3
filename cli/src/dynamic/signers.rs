//! Who must sign a message, told by its definition.

use agora_primitives::{Address, BECH32_VALOPER_PREFIX};
use agora_proto::options;
use prost_reflect::{DynamicMessage, Value};

use crate::error::{CliError, Result};

/// Nesting beyond this is not a message anyone writes.
const MAX_DEPTH: u32 = 8;

/// The addresses that must sign `message`, in order, each once.
pub fn signers_of(message: &DynamicMessage) -> Result<Vec<String>> {
    let mut found = Vec::new();
    collect(message, &mut found, 0)?;
    Ok(found)
}

fn collect(message: &DynamicMessage, found: &mut Vec<String>, depth: u32) -> Result<()> {
    let descriptor = prost_reflect::ReflectMessage::descriptor(message);
    let fields = options::signer_fields(&descriptor);
    if fields.is_empty() || depth > MAX_DEPTH {
        return Err(CliError::usage(format!(
            "{} is not a message that an account can sign",
            descriptor.full_name()
        ))
        .hint("give a message of a Msg service"));
    }
    for name in fields {
        let Some(value) = message.get_field_by_name(&name) else { continue };
        match value.as_ref() {
            Value::List(items) => items.iter().try_for_each(|item| one(item, found, depth))?,
            single => one(single, found, depth)?,
        }
    }
    Ok(())
}

fn one(value: &Value, found: &mut Vec<String>, depth: u32) -> Result<()> {
    match value {
        Value::String(address) => {
            // A validator's operator signs with its account.
            let operator = Address::from_bech32(address, BECH32_VALOPER_PREFIX);
            let address = operator.map_or_else(|_| address.clone(), |operator| operator.to_string());
            if !address.is_empty() && !found.contains(&address) {
                found.push(address);
            }
            Ok(())
        }
        Value::Message(inner) => collect(inner, found, depth.saturating_add(1)),
        _ => Ok(()),
    }
}
