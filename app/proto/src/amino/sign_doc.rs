//! The sign document of a transaction.

use super::encode::{Encoder, no_unknown_fields};
use super::error::{AminoError, AminoErrorKind};
use crate::json::plan::Plans;
use prost_reflect::{DynamicMessage, Value as Proto};
use serde_json::{Map, Value};

/// What a signer signs in amino mode.
#[derive(Debug, Clone, Copy)]
pub struct SignDocInput<'a> {
    /// Chain id.
    pub chain_id: &'a str,
    /// Account number of the signer.
    pub account_number: u64,
    /// Sequence of the signer.
    pub sequence: u64,
    /// `TxRaw.body_bytes`.
    pub body_bytes: &'a [u8],
    /// `TxRaw.auth_info_bytes`.
    pub auth_info_bytes: &'a [u8],
}

pub(super) fn build(plans: &Plans, input: &SignDocInput<'_>) -> Result<Value, AminoError> {
    let body = decode(plans, "cosmos.tx.v1beta1.TxBody", input.body_bytes).map_err(|e| e.at("body"))?;
    let auth_info =
        decode(plans, "cosmos.tx.v1beta1.AuthInfo", input.auth_info_bytes).map_err(|e| e.at("auth_info"))?;
    let mut doc = Map::new();
    put(&mut doc, "account_number", Value::String(input.account_number.to_string()));
    put(&mut doc, "chain_id", Value::from(input.chain_id));
    put(&mut doc, "fee", fee(plans, &auth_info).map_err(|e| e.at("auth_info"))?);
    put(&mut doc, "sequence", Value::String(input.sequence.to_string()));
    put_body(plans, &mut doc, &body).map_err(|e| e.at("body"))?;
    Ok(Value::Object(doc))
}

fn put_body(plans: &Plans, doc: &mut Map<String, Value>, body: &DynamicMessage) -> Result<(), AminoError> {
    for name in ["extension_options", "non_critical_extension_options"] {
        if body.has_field_by_name(name) {
            return Err(AminoError::from(AminoErrorKind::Unsupported("an extension option")).at(name));
        }
    }
    put(doc, "memo", Value::String(text(body, "memo")));
    let messages = body.get_field_by_name("messages");
    let mut msgs = Vec::new();
    for (i, any) in messages.as_deref().and_then(Proto::as_list).unwrap_or_default().iter().enumerate() {
        let Proto::Message(any) = any else { continue };
        let value = Encoder::new(plans).message(any, 1);
        msgs.push(value.map_err(|e| e.at(&format!("messages[{i}]")))?);
    }
    put(doc, "msgs", Value::Array(msgs));
    match number(body, "timeout_height") {
        0 => {}
        height => put(doc, "timeout_height", Value::String(height.to_string())),
    }
    if body.get_field_by_name("unordered").and_then(|v| v.as_bool()) == Some(true) {
        put(doc, "unordered", Value::Bool(true));
    }
    if body.has_field_by_name("timeout_timestamp")
        && let Some(Proto::Message(time)) = body.get_field_by_name("timeout_timestamp").as_deref()
    {
        let shown = Encoder::new(plans).message(time, 1).map_err(|e| e.at("timeout_timestamp"))?;
        put(doc, "timeout_timestamp", shown);
    }
    Ok(())
}

fn fee(plans: &Plans, auth_info: &DynamicMessage) -> Result<Value, AminoError> {
    if auth_info.has_field_by_name("tip") {
        return Err(AminoError::from(AminoErrorKind::Unsupported("a tip")).at("tip"));
    }
    if !auth_info.has_field_by_name("fee") {
        return Err(AminoErrorKind::NoFee.into());
    }
    let fee = auth_info.get_field_by_name("fee");
    let Some(Proto::Message(fee)) = fee.as_deref() else { return Err(AminoErrorKind::NoFee.into()) };
    no_unknown_fields(fee).map_err(|e| e.at("fee"))?;
    let mut coins = Vec::new();
    let amount = fee.get_field_by_name("amount");
    for (i, coin) in amount.as_deref().and_then(Proto::as_list).unwrap_or_default().iter().enumerate() {
        let Proto::Message(coin) = coin else { continue };
        let shown = Encoder::new(plans).message(coin, 2);
        coins.push(shown.map_err(|e| e.at(&format!("fee.amount[{i}]")))?);
    }
    let mut map = Map::new();
    put(&mut map, "amount", Value::Array(coins));
    put(&mut map, "gas", Value::String(number(fee, "gas_limit").to_string()));
    for name in ["payer", "granter"] {
        let address = text(fee, name);
        if !address.is_empty() {
            put(&mut map, name, Value::String(address));
        }
    }
    Ok(Value::Object(map))
}

fn decode(plans: &Plans, name: &'static str, bytes: &[u8]) -> Result<DynamicMessage, AminoError> {
    let desc = plans
        .pool()
        .get_message_by_name(name)
        .ok_or_else(|| AminoErrorKind::UnknownMessage(name.to_owned()))?;
    let msg = DynamicMessage::decode(desc, bytes)
        .map_err(|e| AminoErrorKind::Malformed { message: name.to_owned(), cause: e.to_string() })?;
    no_unknown_fields(&msg)?;
    Ok(msg)
}

fn put(map: &mut Map<String, Value>, key: &str, value: Value) {
    map.insert(key.to_owned(), value);
}

fn text(msg: &DynamicMessage, name: &str) -> String {
    msg.get_field_by_name(name).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn number(msg: &DynamicMessage, name: &str) -> u64 {
    msg.get_field_by_name(name).and_then(|v| v.as_u64()).unwrap_or_default()
}
