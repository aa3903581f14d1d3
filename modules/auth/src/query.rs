//! Queries of `cosmos.auth.v1beta1.Query`.

use agora_framework::{ModuleAccount, QueryCtx, QueryError, Registry, paginate};
use agora_primitives::{Address, BECH32_PREFIX};
use agora_proto::cosmos::auth::v1beta1 as wire;
use agora_proto::pack;
use agora_state::StateError;
use prost_types::Any;

use crate::msgs::wire_params;
use crate::state::{self, ACCOUNTS, Account};

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.auth.v1beta1.Query/Account", account);
    registry.query("/cosmos.auth.v1beta1.Query/AccountInfo", account_info);
    registry.query("/cosmos.auth.v1beta1.Query/Accounts", accounts);
    registry.query("/cosmos.auth.v1beta1.Query/AccountAddressByID", account_address_by_id);
    registry.query("/cosmos.auth.v1beta1.Query/Params", params);
    registry.query("/cosmos.auth.v1beta1.Query/ModuleAccounts", module_accounts);
    registry.query("/cosmos.auth.v1beta1.Query/ModuleAccountByName", module_account_by_name);
    registry.query("/cosmos.auth.v1beta1.Query/Bech32Prefix", bech32_prefix);
    registry.query("/cosmos.auth.v1beta1.Query/AddressBytesToString", address_bytes_to_string);
    registry.query("/cosmos.auth.v1beta1.Query/AddressStringToBytes", address_string_to_bytes);
}

/// Every account has the number 0: nothing orders accounts but their addresses.
pub(crate) fn base_account(address: &Address, account: &Account) -> wire::BaseAccount {
    wire::BaseAccount {
        address: address.to_string(),
        pub_key: account.pub_key.as_ref().map(crate::PubKey::to_any),
        account_number: 0,
        sequence: account.sequence,
    }
}

pub(crate) fn module_account(account: &ModuleAccount) -> wire::ModuleAccount {
    wire::ModuleAccount {
        base_account: Some(base_account(&account.address(), &Account::default())),
        name: account.name.to_owned(),
        permissions: account.permissions.iter().map(|p| p.name().to_owned()).collect(),
    }
}

fn any_account(registry: &Registry, address: &Address, account: &Account) -> Any {
    match registry.module_account(address) {
        Some(module) => pack(&module_account(module)),
        None => pack(&base_account(address, account)),
    }
}

/// An account exists when it has signed, is named by genesis, holds anything, or belongs to a module.
fn find(ctx: &QueryCtx<'_>, address: &Address) -> Result<Option<Account>, StateError> {
    if let Some(account) = ACCOUNTS.get(ctx, address)? {
        return Ok(Some(account));
    }
    let exists =
        ctx.registry().module_account(address).is_some() || agora_bank::api::holds_anything(ctx, address)?;
    Ok(exists.then(Account::default))
}

fn require(ctx: &QueryCtx<'_>, text: &str) -> Result<(Address, Account), QueryError> {
    let address: Address = text.parse()?;
    match find(ctx, &address)? {
        Some(account) => Ok((address, account)),
        None => Err(QueryError::not_found(format_args!("account {text} not found"))),
    }
}

fn account(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAccountRequest,
) -> Result<wire::QueryAccountResponse, QueryError> {
    let (address, account) = require(ctx, &request.address)?;
    Ok(wire::QueryAccountResponse { account: Some(any_account(ctx.registry(), &address, &account)) })
}

fn account_info(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAccountInfoRequest,
) -> Result<wire::QueryAccountInfoResponse, QueryError> {
    let (address, account) = require(ctx, &request.address)?;
    Ok(wire::QueryAccountInfoResponse { info: Some(base_account(&address, &account)) })
}

/// The accounts that have signed or that genesis names. Mere holders are found by address only.
fn accounts(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAccountsRequest,
) -> Result<wire::QueryAccountsResponse, QueryError> {
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| ACCOUNTS.page(ctx, &[], from, reverse, limit))
            .map_err(|e| if e.grpc == 3 { QueryError { grpc: 2, ..e } } else { e })?;
    let accounts =
        entries.iter().map(|(address, account)| any_account(ctx.registry(), address, account)).collect();
    Ok(wire::QueryAccountsResponse { accounts, pagination: Some(page) })
}

/// There are no account numbers to find an address by.
fn account_address_by_id(
    _: &QueryCtx<'_>,
    request: wire::QueryAccountAddressByIdRequest,
) -> Result<wire::QueryAccountAddressByIdResponse, QueryError> {
    Err(QueryError::not_found(format_args!(
        "account address not found with account number {}",
        request.account_id
    )))
}

fn params(ctx: &QueryCtx<'_>, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse, QueryError> {
    Ok(wire::QueryParamsResponse { params: Some(wire_params(&state::params(ctx)?)) })
}

fn module_accounts(
    ctx: &QueryCtx<'_>,
    _: wire::QueryModuleAccountsRequest,
) -> Result<wire::QueryModuleAccountsResponse, QueryError> {
    let mut all: Vec<&ModuleAccount> = ctx.registry().module_accounts().map(|(_, account)| account).collect();
    all.sort_by_key(|account| account.name);
    Ok(wire::QueryModuleAccountsResponse {
        accounts: all.into_iter().map(|a| pack(&module_account(a))).collect(),
    })
}

fn module_account_by_name(
    ctx: &QueryCtx<'_>,
    request: wire::QueryModuleAccountByNameRequest,
) -> Result<wire::QueryModuleAccountByNameResponse, QueryError> {
    let found = ctx.registry().module_accounts().find(|(_, account)| account.name == request.name);
    match found {
        Some((_, account)) => {
            Ok(wire::QueryModuleAccountByNameResponse { account: Some(pack(&module_account(account))) })
        }
        None => Err(QueryError::not_found(format_args!("account {} not found", request.name))),
    }
}

fn bech32_prefix(
    _: &QueryCtx<'_>,
    _: wire::Bech32PrefixRequest,
) -> Result<wire::Bech32PrefixResponse, QueryError> {
    Ok(wire::Bech32PrefixResponse { bech32_prefix: BECH32_PREFIX.to_owned() })
}

fn address_bytes_to_string(
    _: &QueryCtx<'_>,
    request: wire::AddressBytesToStringRequest,
) -> Result<wire::AddressBytesToStringResponse, QueryError> {
    if request.address_bytes.is_empty() {
        return Err(QueryError::invalid("empty address bytes is not allowed"));
    }
    let address = Address::from_slice(&request.address_bytes).map_err(QueryError::invalid)?;
    Ok(wire::AddressBytesToStringResponse { address_string: address.to_string() })
}

fn address_string_to_bytes(
    _: &QueryCtx<'_>,
    request: wire::AddressStringToBytesRequest,
) -> Result<wire::AddressStringToBytesResponse, QueryError> {
    if request.address_string.is_empty() {
        return Err(QueryError::invalid("empty address string is not allowed"));
    }
    let address: Address = request.address_string.parse()?;
    Ok(wire::AddressStringToBytesResponse { address_bytes: address.as_bytes().to_vec() })
}
