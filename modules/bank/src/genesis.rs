//! The genesis section: `cosmos.bank.v1beta1.GenesisState`.

use std::collections::BTreeMap;

use agora_framework::errors::sdk;
use agora_framework::wire::{payment, wire_coin};
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_primitives::{Address, Coin, Coins, Denom};
use agora_proto::cosmos::bank::v1beta1 as wire;
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_state::every;
use serde_json::{Value, json};

use crate::api;
use crate::state::{self, BALANCES, DENOM_METADATA, PARAMS, Params, SEND_ENABLED, SUPPLY, StoredMetadata};

pub(crate) fn default() -> Value {
    json!({
        "params": { "send_enabled": [], "default_send_enabled": true },
        "balances": [],
        "supply": [],
        "denom_metadata": [],
        "send_enabled": []
    })
}

fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section bank: {what}"))
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), section)?;
    let params = genesis.params.unwrap_or_default();
    PARAMS.set(ctx, &Params { default_send_enabled: params.default_send_enabled })?;
    #[allow(deprecated)] // Older genesis files have the switches among the parameters.
    let older = params.send_enabled;
    for switch in older.iter().chain(&genesis.send_enabled) {
        SEND_ENABLED.set(ctx, &denom(&switch.denom)?, &switch.enabled)?;
    }
    for metadata in genesis.denom_metadata {
        check_metadata(&metadata)?;
        DENOM_METADATA.set(ctx, &denom(&metadata.base)?, &StoredMetadata(metadata))?;
    }
    let mut total = Coins::default();
    let mut holders = std::collections::BTreeSet::new();
    for balance in &genesis.balances {
        let holder: Address =
            balance.address.parse().map_err(|e| invalid(format_args!("{:?}: {e}", balance.address)))?;
        if !holders.insert(holder) {
            return Err(invalid(format_args!("{holder} is listed twice")));
        }
        if balance.coins.is_empty() {
            continue;
        }
        let coins = payment(&balance.coins).map_err(|e| invalid(format_args!("balance of {holder}: {e}")))?;
        for coin in &coins {
            total.add(coin).map_err(invalid)?;
        }
        api::credit(ctx, &holder, &coins)?;
    }
    for coin in &total {
        api::change_supply(ctx, coin, 1)?;
    }
    if !genesis.supply.is_empty() {
        let stated = payment(&genesis.supply).map_err(|e| invalid(format_args!("supply: {e}")))?;
        if stated != total {
            return Err(invalid(format_args!("the supply says {stated}, the balances add up to {total}")));
        }
    }
    Ok(())
}

fn denom(text: &str) -> Result<Denom, AppError> {
    text.parse().map_err(invalid)
}

/// Units begin with the base at exponent 0, ascend, and contain the display unit.
fn check_metadata(metadata: &wire::Metadata) -> Result<(), AppError> {
    let base = &metadata.base;
    denom(base)?;
    match metadata.denom_units.first() {
        Some(first) if first.denom == *base && first.exponent == 0 => {}
        _ => {
            return Err(invalid(format_args!(
                "metadata of {base}: the first unit must be {base} with exponent 0"
            )));
        }
    }
    if !metadata.denom_units.is_sorted_by(|a, b| a.exponent < b.exponent) {
        return Err(invalid(format_args!("metadata of {base}: exponents must ascend")));
    }
    if !metadata.denom_units.iter().any(|unit| unit.denom == metadata.display) {
        return Err(invalid(format_args!(
            "metadata of {base}: no unit is the display unit {:?}",
            metadata.display
        )));
    }
    Ok(())
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let params = state::params(ctx)?;
    let mut held: BTreeMap<Address, Vec<WireCoin>> = BTreeMap::new();
    for ((holder, denom), amount) in every(|from, limit| BALANCES.page(ctx, &[], from, false, limit))? {
        held.entry(holder).or_default().push(wire_coin(&Coin::new(amount.unsigned_abs(), denom)));
    }
    let supply = every(|from, limit| SUPPLY.page(ctx, &[], from, false, limit))?
        .into_iter()
        .map(|(denom, amount)| wire_coin(&Coin::new(amount.unsigned_abs(), denom)))
        .collect();
    let denom_metadata = every(|from, limit| DENOM_METADATA.page(ctx, &[], from, false, limit))?
        .into_iter()
        .map(|(_, m)| m.0)
        .collect();
    let send_enabled = every(|from, limit| SEND_ENABLED.page(ctx, &[], from, false, limit))?
        .into_iter()
        .map(|(denom, enabled)| wire::SendEnabled { denom: denom.to_string(), enabled })
        .collect();
    let state = wire::GenesisState {
        params: Some(wire::Params {
            default_send_enabled: params.default_send_enabled,
            ..Default::default()
        }),
        balances: held
            .into_iter()
            .map(|(holder, coins)| wire::Balance { address: holder.to_string(), coins })
            .collect(),
        supply,
        denom_metadata,
        send_enabled,
    };
    genesis::encode(ctx.registry(), &state)
}
