//! Queries of `cosmos.bank.v1beta1.Query`.

use agora_framework::{PageRequest, PageResponse, QueryCtx, QueryError, Registry, paginate, paginate_within};
use agora_primitives::{Address, Denom};
use agora_proto::cosmos::bank::v1beta1 as wire;
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_state::{KeyBytes, KeyCodec};

use crate::api;
use crate::state::{self, BALANCES, DENOM_METADATA, HOLDERS, SEND_ENABLED, SUPPLY};

/// The most denoms asked for by name at once.
const MAX_DENOMS: usize = 100;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.bank.v1beta1.Query/Balance", balance);
    registry.query("/cosmos.bank.v1beta1.Query/AllBalances", all_balances);
    registry.query("/cosmos.bank.v1beta1.Query/SpendableBalances", spendable_balances);
    registry.query("/cosmos.bank.v1beta1.Query/SpendableBalanceByDenom", spendable_balance_by_denom);
    registry.query("/cosmos.bank.v1beta1.Query/TotalSupply", total_supply);
    registry.query("/cosmos.bank.v1beta1.Query/SupplyOf", supply_of);
    registry.query("/cosmos.bank.v1beta1.Query/Params", params);
    registry.query("/cosmos.bank.v1beta1.Query/DenomsMetadata", denoms_metadata);
    registry.query("/cosmos.bank.v1beta1.Query/DenomMetadata", denom_metadata);
    registry.query("/cosmos.bank.v1beta1.Query/DenomMetadataByQueryString", denom_metadata_by_query_string);
    registry.query("/cosmos.bank.v1beta1.Query/DenomOwners", denom_owners);
    registry.query("/cosmos.bank.v1beta1.Query/DenomOwnersByQuery", denom_owners_by_query);
    registry.query("/cosmos.bank.v1beta1.Query/SendEnabled", send_enabled);
}

fn address(text: &str) -> Result<Address, QueryError> {
    text.parse().map_err(|e| QueryError::invalid(format_args!("invalid address: {e}")))
}

fn denom(text: &str) -> Result<Denom, QueryError> {
    text.parse().map_err(QueryError::invalid)
}

fn coin(denom: impl ToString, amount: impl ToString) -> WireCoin {
    WireCoin { denom: denom.to_string(), amount: amount.to_string() }
}

fn balance(
    ctx: &QueryCtx<'_>,
    request: wire::QueryBalanceRequest,
) -> Result<wire::QueryBalanceResponse, QueryError> {
    let (denom, holder) = (denom(&request.denom)?, address(&request.address)?);
    let amount = api::balance(ctx, &holder, &denom)?;
    Ok(wire::QueryBalanceResponse { balance: Some(coin(denom, amount)) })
}

/// A page of what `holder` has.
fn balances_of(
    ctx: &QueryCtx<'_>,
    holder: &Address,
    pagination: Option<PageRequest>,
) -> Result<(Vec<WireCoin>, PageResponse), QueryError> {
    let prefix = api::holder_prefix(holder);
    let (entries, page) = paginate_within(pagination, &prefix, |from, reverse, limit| {
        BALANCES.page(ctx, &prefix, from, reverse, limit)
    })?;
    Ok((entries.into_iter().map(|((_, denom), amount)| coin(denom, amount)).collect(), page))
}

fn all_balances(
    ctx: &QueryCtx<'_>,
    request: wire::QueryAllBalancesRequest,
) -> Result<wire::QueryAllBalancesResponse, QueryError> {
    let holder = address(&request.address)?;
    let (mut balances, pagination) = balances_of(ctx, &holder, request.pagination)?;
    if request.resolve_denom {
        for coin in &mut balances {
            if let Some(metadata) = DENOM_METADATA.get(ctx, &denom(&coin.denom)?)?
                && !metadata.0.display.is_empty()
            {
                coin.denom = metadata.0.display;
            }
        }
    }
    Ok(wire::QueryAllBalancesResponse { balances, pagination: Some(pagination) })
}

/// Nothing is locked yet: what is held can be spent.
fn spendable_balances(
    ctx: &QueryCtx<'_>,
    request: wire::QuerySpendableBalancesRequest,
) -> Result<wire::QuerySpendableBalancesResponse, QueryError> {
    let holder = address(&request.address)?;
    let (balances, pagination) = balances_of(ctx, &holder, request.pagination)?;
    Ok(wire::QuerySpendableBalancesResponse { balances, pagination: Some(pagination) })
}

fn spendable_balance_by_denom(
    ctx: &QueryCtx<'_>,
    request: wire::QuerySpendableBalanceByDenomRequest,
) -> Result<wire::QuerySpendableBalanceByDenomResponse, QueryError> {
    let (holder, denom) = (address(&request.address)?, denom(&request.denom)?);
    let amount = api::balance(ctx, &holder, &denom)?;
    Ok(wire::QuerySpendableBalanceByDenomResponse { balance: Some(coin(denom, amount)) })
}

fn total_supply(
    ctx: &QueryCtx<'_>,
    request: wire::QueryTotalSupplyRequest,
) -> Result<wire::QueryTotalSupplyResponse, QueryError> {
    let (entries, page) =
        paginate(request.pagination, |from, reverse, limit| SUPPLY.page(ctx, &[], from, reverse, limit))?;
    let supply = entries.into_iter().map(|(denom, amount)| coin(denom, amount)).collect();
    Ok(wire::QueryTotalSupplyResponse { supply, pagination: Some(page) })
}

fn supply_of(
    ctx: &QueryCtx<'_>,
    request: wire::QuerySupplyOfRequest,
) -> Result<wire::QuerySupplyOfResponse, QueryError> {
    let denom = denom(&request.denom)?;
    let amount = api::supply(ctx, &denom)?;
    Ok(wire::QuerySupplyOfResponse { amount: Some(coin(denom, amount)) })
}

fn params(ctx: &QueryCtx<'_>, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse, QueryError> {
    let params = state::params(ctx)?;
    let params = wire::Params { default_send_enabled: params.default_send_enabled, ..Default::default() };
    Ok(wire::QueryParamsResponse { params: Some(params) })
}

fn denoms_metadata(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDenomsMetadataRequest,
) -> Result<wire::QueryDenomsMetadataResponse, QueryError> {
    let (entries, page) = paginate(request.pagination, |from, reverse, limit| {
        DENOM_METADATA.page(ctx, &[], from, reverse, limit)
    })?;
    let metadatas = entries.into_iter().map(|(_, metadata)| metadata.0).collect();
    Ok(wire::QueryDenomsMetadataResponse { metadatas, pagination: Some(page) })
}

fn metadata_of(ctx: &QueryCtx<'_>, text: &str) -> Result<wire::Metadata, QueryError> {
    let denom = denom(text)?;
    match DENOM_METADATA.get(ctx, &denom)? {
        Some(metadata) => Ok(metadata.0),
        None => Err(QueryError::not_found(format_args!("client metadata for denom {denom}"))),
    }
}

fn denom_metadata(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDenomMetadataRequest,
) -> Result<wire::QueryDenomMetadataResponse, QueryError> {
    Ok(wire::QueryDenomMetadataResponse { metadata: Some(metadata_of(ctx, &request.denom)?) })
}

fn denom_metadata_by_query_string(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDenomMetadataByQueryStringRequest,
) -> Result<wire::QueryDenomMetadataByQueryStringResponse, QueryError> {
    Ok(wire::QueryDenomMetadataByQueryStringResponse { metadata: Some(metadata_of(ctx, &request.denom)?) })
}

fn owners(
    ctx: &QueryCtx<'_>,
    text: &str,
    pagination: Option<PageRequest>,
) -> Result<(Vec<wire::DenomOwner>, PageResponse), QueryError> {
    let denom = denom(text)?;
    let mut prefix = KeyBytes::new();
    denom.encode_inner(&mut prefix);
    let (entries, page) = paginate_within(pagination, &prefix, |from, reverse, limit| {
        HOLDERS.page(ctx, &prefix, from, reverse, limit)
    })?;
    let owners = entries
        .into_iter()
        .map(|((denom, holder), ())| {
            let amount = api::balance(ctx, &holder, &denom)?;
            Ok(wire::DenomOwner { address: holder.to_string(), balance: Some(coin(denom, amount)) })
        })
        .collect::<Result<_, QueryError>>()?;
    Ok((owners, page))
}

fn denom_owners(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDenomOwnersRequest,
) -> Result<wire::QueryDenomOwnersResponse, QueryError> {
    let (denom_owners, page) = owners(ctx, &request.denom, request.pagination)?;
    Ok(wire::QueryDenomOwnersResponse { denom_owners, pagination: Some(page) })
}

fn denom_owners_by_query(
    ctx: &QueryCtx<'_>,
    request: wire::QueryDenomOwnersByQueryRequest,
) -> Result<wire::QueryDenomOwnersByQueryResponse, QueryError> {
    let (denom_owners, page) = owners(ctx, &request.denom, request.pagination)?;
    Ok(wire::QueryDenomOwnersByQueryResponse { denom_owners, pagination: Some(page) })
}

fn send_enabled(
    ctx: &QueryCtx<'_>,
    request: wire::QuerySendEnabledRequest,
) -> Result<wire::QuerySendEnabledResponse, QueryError> {
    if request.denoms.is_empty() {
        let (entries, page) = paginate(request.pagination, |from, reverse, limit| {
            SEND_ENABLED.page(ctx, &[], from, reverse, limit)
        })?;
        let send_enabled = entries
            .into_iter()
            .map(|(denom, enabled)| wire::SendEnabled { denom: denom.to_string(), enabled })
            .collect();
        return Ok(wire::QuerySendEnabledResponse { send_enabled, pagination: Some(page) });
    }
    if request.denoms.len() > MAX_DENOMS {
        return Err(QueryError::invalid(format_args!(
            "{} denoms, at most {MAX_DENOMS} can be asked for at once",
            request.denoms.len()
        )));
    }
    let mut send_enabled = Vec::new();
    for text in &request.denoms {
        let denom = denom(text)?;
        if let Some(enabled) = SEND_ENABLED.get(ctx, &denom)? {
            send_enabled.push(wire::SendEnabled { denom: denom.to_string(), enabled });
        }
    }
    Ok(wire::QuerySendEnabledResponse { send_enabled, pagination: None })
}
