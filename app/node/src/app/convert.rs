//! Between the runtime's types and ABCI's.

use agora_framework::errors::sdk;
use agora_framework::{
    Decided, Events, Misbehavior, Offence, PackedEvent, PackedText, ValidatorUpdate, Vote, Voted,
};
use agora_primitives::Address;
use agora_runtime::TxResult;
use rayon::prelude::*;
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::abci::{
    Event as AbciEvent, EventAttribute, ExecTxResult, Misbehavior as AbciMisbehavior, MisbehaviorType,
    RequestFinalizeBlock, ResponseCheckTx, Validator, ValidatorUpdate as AbciValidatorUpdate,
};
use tendermint_proto::v0_38::crypto::{PublicKey, public_key::Sum};
use tendermint_proto::v0_38::types::BlockIdFlag;

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

    fn text(&mut self, text: PackedText<'_>) -> String {
        let PackedText::Address(address) = text else { return text.to_string() };
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
    fn event(&mut self, event: PackedEvent<'_>) -> AbciEvent {
        let attributes = event.attributes().map(|(key, value)| EventAttribute {
            key: key.to_owned(),
            value: self.text(value),
            index: true,
        });
        AbciEvent { attributes: attributes.collect(), r#type: event.kind.to_owned() }
    }
}

pub(super) fn events(events: &Events) -> Vec<AbciEvent> {
    let mut writer = Writer::default();
    events.iter().map(|event| writer.event(event)).collect()
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
        events: events(&result.events),
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
        events: events(&result.events),
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

/// The validators that a genesis document names.
pub(super) fn validators(updates: &[AbciValidatorUpdate]) -> Result<Vec<ValidatorUpdate>, String> {
    let validator = |update: &AbciValidatorUpdate| match update.pub_key.as_ref().and_then(|k| k.sum.as_ref())
    {
        Some(Sum::Ed25519(key)) => Some(ValidatorUpdate {
            pub_key: key.as_slice().try_into().ok()?,
            power: u64::try_from(update.power).ok()?,
        }),
        _ => None,
    };
    let all: Option<Vec<_>> = updates.iter().map(validator).collect();
    all.ok_or_else(|| {
        "a validator of the genesis document has no ed25519 key of 32 bytes, or a negative power".to_owned()
    })
}

/// What a block was decided with; `app_hash` is that of the state before it.
pub(super) fn decided(request: &RequestFinalizeBlock, app_hash: Vec<u8>) -> Result<Decided, String> {
    let proposer = match request.proposer_address.as_ref() {
        [] => None,
        bytes => Some(consensus_address(bytes)?),
    };
    let votes = request.decided_last_commit.iter().flat_map(|commit| &commit.votes).map(|vote| {
        let (address, power) = validator(vote.validator.as_ref())?;
        let voted = match vote.block_id_flag {
            flag if flag == i32::from(BlockIdFlag::Commit) => Voted::Commit,
            flag if flag == i32::from(BlockIdFlag::Nil) => Voted::Nil,
            _ => Voted::Absent,
        };
        Ok(Vote { address, power, voted })
    });
    Ok(Decided {
        proposer,
        votes: votes.collect::<Result<_, String>>()?,
        misbehavior: request.misbehavior.iter().map(misbehavior).collect::<Result<_, String>>()?,
        app_hash,
        next_validators_hash: request.next_validators_hash.to_vec(),
    })
}

fn misbehavior(evidence: &AbciMisbehavior) -> Result<Misbehavior, String> {
    let (address, power) = validator(evidence.validator.as_ref())?;
    let offence = match evidence.r#type() {
        MisbehaviorType::LightClientAttack => Offence::LightClientAttack,
        MisbehaviorType::DuplicateVote => Offence::DoubleSign,
        MisbehaviorType::Unknown => return Err("evidence of an unknown kind".to_owned()),
    };
    Ok(Misbehavior {
        offence,
        address,
        power,
        height: u64::try_from(evidence.height).map_err(|_| "evidence of a negative height".to_owned())?,
        time: evidence.time.as_ref().map(nanoseconds).transpose()?.unwrap_or_default(),
    })
}

fn validator(validator: Option<&Validator>) -> Result<(Address, u64), String> {
    let validator = validator.ok_or("a vote or evidence names no validator")?;
    let power = u64::try_from(validator.power).map_err(|_| "a validator's power is negative".to_owned())?;
    Ok((consensus_address(&validator.address)?, power))
}

fn consensus_address(bytes: &[u8]) -> Result<Address, String> {
    Address::from_slice(bytes).map_err(|e| format!("a validator's address is malformed: {e}"))
}
