//! The genesis section: `cosmos.slashing.v1beta1.GenesisState`, and two members more, left out when empty: `voters`, the addresses
//! whose votes the last block had, and `evidence`, the faults that were punished.

use agora_framework::errors::sdk;
use agora_framework::time::nanoseconds;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_primitives::{Address, BECH32_VALCONS_PREFIX};
use agora_proto::cosmos::evidence::v1beta1::Equivocation;
use agora_proto::cosmos::slashing::v1beta1 as wire;
use agora_state::every;
use serde_json::{Value, json};

use crate::double_sign::hash;
use crate::liveness::consensus_text;
use crate::msgs::{parse_params, wire_params};
use crate::query::wire_info;
use crate::state::{self, EVIDENCE, Fault, INFOS, Info, PARAMS, VOTERS, Voters};
use crate::window;

const VOTERS_MEMBER: &str = "voters";
const EVIDENCE_MEMBER: &str = "evidence";

pub(crate) fn default() -> Value {
    let params = state::Params::default();
    json!({
        "params": {
            "signed_blocks_window": params.window.to_string(),
            "min_signed_per_window": params.min_signed.to_string(),
            "downtime_jail_duration": "600s",
            "slash_fraction_double_sign": params.double_sign_fraction.to_string(),
            "slash_fraction_downtime": params.downtime_fraction.to_string()
        },
        "signing_infos": [],
        "missed_blocks": []
    })
}

fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section slashing: {what}"))
}

fn address(text: &str) -> Result<Address, AppError> {
    Address::from_bech32(text, BECH32_VALCONS_PREFIX).map_err(|e| invalid(format_args!("{text:?}: {e}")))
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let mut section = section.clone();
    let mut take = |name: &str| section.as_object_mut().and_then(|members| members.shift_remove(name));
    let (voters, faults) = (take(VOTERS_MEMBER), take(EVIDENCE_MEMBER));
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), &section)?;
    let params = parse_params(genesis.params.as_ref()).map_err(invalid)?;
    PARAMS.set(ctx, &params)?;
    for entry in &genesis.signing_infos {
        let address = address(&entry.address)?;
        let info = entry.validator_signing_info.clone().unwrap_or_default();
        let number = |n: i64| u64::try_from(n).map_err(|_| invalid(format_args!("{address}: {n}")));
        let until = info.jailed_until.unwrap_or_default();
        let jailed_until = if info.tombstoned {
            0
        } else {
            nanoseconds(&until)
                .ok_or_else(|| invalid(format_args!("{address}: jailed_until lies outside 1970 to 2554")))?
        };
        let info =
            Info { start: number(info.start_height)?, jailed_until, tombstoned: info.tombstoned, missed: 0 };
        INFOS.set(ctx, &address, &info)?;
    }
    for entry in &genesis.missed_blocks {
        let address = address(&entry.address)?;
        let mut info = INFOS.get(ctx, &address)?.ok_or_else(|| {
            invalid(format_args!("{} missed blocks and has no signing info", entry.address))
        })?;
        for block in entry.missed_blocks.iter().filter(|block| block.missed) {
            let place = u64::try_from(block.index).ok().filter(|place| *place < params.window);
            let place = place
                .ok_or_else(|| invalid(format_args!("place {} lies outside of the window", block.index)))?;
            if window::put(ctx, &address, place, true)? {
                info.missed = info.missed.saturating_add(1);
            }
        }
        INFOS.set(ctx, &address, &info)?;
    }
    init_members(ctx, voters.as_ref(), faults.as_ref())
}

fn init_members(
    ctx: &mut GenesisCtx<'_>,
    voters: Option<&Value>,
    faults: Option<&Value>,
) -> Result<(), AppError> {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut voters = list(voters)
        .iter()
        .map(|text| address(text.as_str().unwrap_or_default()))
        .collect::<Result<Vec<_>, _>>()?;
    voters.sort_unstable();
    if !voters.is_empty() {
        VOTERS.set(ctx, &Voters(voters))?;
    }
    for fault in list(faults) {
        let message: Equivocation = genesis::decode(ctx.registry(), &fault)?;
        EVIDENCE.set(ctx, &hash(&message), &Fault(message))?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let height = ctx.block().height;
    let (mut signing_infos, mut missed_blocks) = (Vec::new(), Vec::new());
    for (address, info) in every(|from, limit| INFOS.page(ctx, &[], from, false, limit))? {
        signing_infos.push(wire::SigningInfo {
            address: consensus_text(&address),
            validator_signing_info: Some(wire_info(&address, &info, height)),
        });
        let places = window::places(ctx, &address)?;
        let block =
            |place: u64| wire::MissedBlock { index: i64::try_from(place).unwrap_or(i64::MAX), missed: true };
        if !places.is_empty() {
            missed_blocks.push(wire::ValidatorMissedBlocks {
                address: consensus_text(&address),
                missed_blocks: places.into_iter().map(block).collect(),
            });
        }
    }
    let params = Some(wire_params(&state::params(ctx)?));
    let mut section =
        genesis::encode(ctx.registry(), &wire::GenesisState { params, signing_infos, missed_blocks })?;
    let voters = VOTERS.get(ctx)?.unwrap_or_default().0;
    let faults = every(|from, limit| EVIDENCE.page(ctx, &[], from, false, limit))?;
    let faults = faults
        .iter()
        .map(|(_, fault)| genesis::encode(ctx.registry(), &fault.0))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(members) = section.as_object_mut() {
        if !voters.is_empty() {
            members.insert(VOTERS_MEMBER.to_owned(), voters.iter().map(consensus_text).collect());
        }
        if !faults.is_empty() {
            members.insert(EVIDENCE_MEMBER.to_owned(), faults.into());
        }
    }
    Ok(section)
}
