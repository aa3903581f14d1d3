//! Between the runtime's types and ABCI's.

use agora_framework::errors::sdk;
use agora_framework::{Event, ValidatorUpdate};
use agora_runtime::TxResult;
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::{
    Event as AbciEvent, EventAttribute, ExecTxResult, ResponseCheckTx, ValidatorUpdate as AbciValidatorUpdate,
};
use tendermint_proto::v0_38::crypto::{PublicKey, public_key::Sum};

/// Nanoseconds since 1970.
pub(super) fn nanoseconds(time: &Timestamp) -> Result<u64, String> {
    u64::try_from(time.seconds)
        .ok()
        .and_then(|s| s.checked_mul(1_000_000_000)?.checked_add(u64::try_from(time.nanos).ok()?))
        .ok_or_else(|| format!("the time {}s {}ns lies outside 1970 to 2554", time.seconds, time.nanos))
}

/// Every attribute is indexed.
pub(super) fn event(event: &Event) -> AbciEvent {
    AbciEvent {
        r#type: event.kind.clone(),
        attributes: event
            .attributes
            .iter()
            .map(|(key, value)| EventAttribute { key: key.clone(), value: value.clone(), index: true })
            .collect(),
    }
}

fn gas(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

pub(super) fn tx_result(result: TxResult) -> ExecTxResult {
    ExecTxResult {
        code: result.code,
        data: result.data.into(),
        log: result.log,
        info: String::new(),
        gas_wanted: gas(result.gas_wanted),
        gas_used: gas(result.gas_used),
        events: result.events.iter().map(event).collect(),
        codespace: result.codespace,
    }
}

pub(super) fn check_result(result: TxResult) -> ResponseCheckTx {
    ResponseCheckTx {
        code: result.code,
        data: result.data.into(),
        log: result.log,
        info: String::new(),
        gas_wanted: gas(result.gas_wanted),
        gas_used: gas(result.gas_used),
        events: result.events.iter().map(event).collect(),
        codespace: result.codespace,
    }
}

pub(super) fn too_large(len: usize) -> ResponseCheckTx {
    let limit = agora_runtime::MAX_TX_BYTES;
    let error = sdk::TX_TOO_LARGE.wrap(format_args!("{len} bytes, at most {limit} are allowed"));
    refused(&error)
}

/// Before genesis there is nothing to check against.
pub(super) fn not_ready() -> ResponseCheckTx {
    refused(&sdk::LOGIC.wrap("the chain has not started yet; try again"))
}

fn refused(error: &agora_framework::AppError) -> ResponseCheckTx {
    ResponseCheckTx {
        code: error.code,
        log: error.log.clone(),
        codespace: error.codespace.to_owned(),
        ..Default::default()
    }
}

pub(super) fn validator_update(update: &ValidatorUpdate) -> AbciValidatorUpdate {
    AbciValidatorUpdate {
        pub_key: Some(PublicKey { sum: Some(Sum::Ed25519(update.pub_key.to_vec())) }),
        power: i64::try_from(update.power).unwrap_or(i64::MAX),
    }
}
