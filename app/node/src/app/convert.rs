//! Between the runtime's types and ABCI's.

use agora_framework::errors::sdk;
use agora_framework::{Event, Text, ValidatorUpdate};
use agora_primitives::Address;
use agora_runtime::TxResult;
use rayon::prelude::*;
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

/// Writes out texts. An address is named many times in a transaction, so the few there are are written once and copied.
#[derive(Default)]
struct Writer {
    addresses: Vec<(Address, String)>,
}

impl Writer {
    /// Addresses remembered: a transfer names three.
    const REMEMBERED: usize = 8;

    fn text(&mut self, text: Text) -> String {
        let Text::Address(address) = text else { return text.to_string() };
        if let Some((_, known)) = self.addresses.iter().find(|(known, _)| *known == address) {
            return known.clone();
        }
        let text = address.to_string();
        if self.addresses.len() < Self::REMEMBERED {
            self.addresses.push((address, text.clone()));
        }
        text
    }

    /// Every attribute is indexed.
    fn event(&mut self, event: Event) -> AbciEvent {
        let attributes = event.attributes.into_iter().map(|(key, value)| EventAttribute {
            key: key.into_owned(),
            value: self.text(value),
            index: true,
        });
        AbciEvent { attributes: attributes.collect(), r#type: event.kind.into_owned() }
    }

    fn events(&mut self, events: Vec<Event>) -> Vec<AbciEvent> {
        events.into_iter().map(|event| self.event(event)).collect()
    }
}

pub(super) fn events(events: Vec<Event>) -> Vec<AbciEvent> {
    Writer::default().events(events)
}

fn gas(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// A block's results: mostly the texts of events, which many threads can write.
pub(super) fn tx_results(results: Vec<TxResult>) -> Vec<ExecTxResult> {
    results.into_par_iter().with_min_len(64).map(tx_result).collect()
}

fn tx_result(result: TxResult) -> ExecTxResult {
    ExecTxResult {
        code: result.code,
        data: result.data.into(),
        log: result.log,
        info: String::new(),
        gas_wanted: gas(result.gas_wanted),
        gas_used: gas(result.gas_used),
        events: events(result.events),
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
        events: events(result.events),
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
