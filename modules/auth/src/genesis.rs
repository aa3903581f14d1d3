//! The genesis section: `cosmos.auth.v1beta1.GenesisState`, and beside its members the nonces of unordered transactions.

use agora_framework::errors::sdk;
use agora_framework::{AppError, GenesisCtx, QueryCtx, StateCtx, genesis};
use agora_primitives::Address;
use agora_proto::cosmos::auth::v1beta1 as wire;
use agora_proto::pack;
use agora_state::every;
use prost::Message;
use serde_json::{Value, json};

use crate::genesis_nonces;
use crate::msgs::{parse_params, wire_params};
use crate::pubkey::PubKey;
use crate::query::{base_account, module_account};
use crate::state::{self, ACCOUNTS, Account, PARAMS};

pub(crate) fn default() -> Value {
    let params = wire_params(&state::Params::default());
    json!({
        "params": {
            "max_memo_characters": params.max_memo_characters.to_string(),
            "tx_sig_limit": params.tx_sig_limit.to_string(),
            "tx_size_cost_per_byte": params.tx_size_cost_per_byte.to_string(),
            "sig_verify_cost_ed25519": params.sig_verify_cost_ed25519.to_string(),
            "sig_verify_cost_secp256k1": params.sig_verify_cost_secp256k1.to_string()
        },
        "accounts": []
    })
}

pub(crate) fn invalid(what: impl std::fmt::Display) -> AppError {
    sdk::INVALID_REQUEST.wrap(format_args!("genesis section auth: {what}"))
}

pub(crate) fn init(ctx: &mut GenesisCtx<'_>, section: &Value) -> Result<(), AppError> {
    let (section, nonces) = genesis_nonces::split(section);
    genesis_nonces::init(ctx, nonces.as_ref())?;
    let genesis: wire::GenesisState = genesis::decode(ctx.registry(), &section)?;
    PARAMS.set(ctx, &parse_params(&genesis.params.unwrap_or_default()).map_err(invalid)?)?;
    let modules: Vec<Address> = ctx.registry().module_accounts().map(|(address, _)| *address).collect();
    for address in modules {
        ACCOUNTS.set(ctx, &address, &Account::default())?;
    }
    for any in &genesis.accounts {
        let base = match any.type_url.as_str() {
            "/cosmos.auth.v1beta1.BaseAccount" => {
                wire::BaseAccount::decode(any.value.as_slice()).map_err(invalid)?
            }
            // A module's account follows from the list of modules; the section may still name it.
            "/cosmos.auth.v1beta1.ModuleAccount" => continue,
            other => return Err(invalid(format_args!("account type {other:?} is not supported"))),
        };
        let address: Address =
            base.address.parse().map_err(|e| invalid(format_args!("{:?}: {e}", base.address)))?;
        let pub_key = base.pub_key.as_ref().map(PubKey::from_any).transpose().map_err(invalid)?;
        if pub_key.as_ref().is_some_and(|key| key.address() != address) {
            return Err(invalid(format_args!("the key of {address} belongs to another address")));
        }
        if ctx.registry().module_account(&address).is_none() && ACCOUNTS.has(ctx, &address)? {
            return Err(invalid(format_args!("{address} is listed twice")));
        }
        ACCOUNTS.set(ctx, &address, &Account { sequence: base.sequence, pub_key })?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &QueryCtx<'_>) -> Result<Value, AppError> {
    let accounts = every(|from, limit| ACCOUNTS.page(ctx, &[], from, false, limit))?
        .iter()
        .map(|(address, account)| match ctx.registry().module_account(address) {
            Some(module) => pack(&module_account(module)),
            None => pack(&base_account(address, account)),
        })
        .collect();
    let state = wire::GenesisState { params: Some(wire_params(&state::params(ctx)?)), accounts };
    genesis_nonces::join(ctx, genesis::encode(ctx.registry(), &state)?)
}
