//! The questions every transaction asks: the account, the gas price, the units, a rehearsal.

use agora_proto::cosmos::auth::v1beta1::{
    BaseAccount, ModuleAccount, QueryAccountRequest, QueryAccountResponse,
};
use agora_proto::cosmos::bank::v1beta1::{
    QueryBalanceRequest, QueryBalanceResponse, QueryDenomsMetadataRequest, QueryDenomsMetadataResponse,
};
use agora_proto::cosmos::base::query::v1beta1::PageRequest;
use agora_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use agora_proto::cosmos::vesting::v1beta1 as vesting;
use agora_proto::feemarket::v1::{GasPricesRequest, GasPricesResponse};
use prost::Message;

use super::Client;
use super::types::{Event, EventAttribute};
use crate::address::Address;
use crate::amount::{Coin, DenomInfo, DenomUnit, GasPrice};
use crate::error::{CliError, Result};

/// The path that runs a transaction without keeping what it does.
const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";
/// More denoms than this are looked up one by one.
const METADATA_LIMIT: u64 = 500;

/// What a signature needs to know about an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// The account number.
    pub number: u64,
    /// The sequence of its next transaction.
    pub sequence: u64,
    /// Whether the chain knows its public key already.
    pub has_public_key: bool,
}

/// What a rehearsal told.
#[derive(Clone, Debug, Default)]
pub struct Simulation {
    /// The gas it took.
    pub gas_used: u64,
    /// What would happen.
    pub events: Vec<Event>,
}

impl Client {
    /// The account at an address, or `None` where the chain knows none.
    pub fn account(&self, address: &Address) -> Result<Option<AccountState>> {
        let path = "/cosmos.auth.v1beta1.Query/Account";
        let request = QueryAccountRequest { address: address.to_string() };
        let bytes = match self.query_raw(path, &request.encode_to_vec(), 0)? {
            Ok(bytes) => bytes,
            Err(refusal) if refusal.is_not_found() => return Ok(None),
            Err(refusal) => return Err(refusal.into()),
        };
        let answer = QueryAccountResponse::decode(bytes.as_slice())
            .map_err(|error| odd_answer(path).because(error))?;
        let any = answer.account.ok_or_else(|| odd_answer(path))?;
        let base =
            base_account(&any.type_url, &any.value).map_err(|error| odd_answer(path).because(error))?;
        let base = base.ok_or_else(|| {
            CliError::usage(format!("accounts of type {} are not supported", any.type_url))
                .hint("use a newer agora")
        })?;
        Ok(Some(AccountState {
            number: base.account_number,
            sequence: base.sequence,
            has_public_key: base.pub_key.is_some(),
        }))
    }

    /// The prices of gas in every accepted denom, in the chain's order.
    pub fn gas_prices(&self) -> Result<Vec<GasPrice>> {
        let path = "/feemarket.feemarket.v1.Query/GasPrices";
        let answer: GasPricesResponse = self.query(path, &GasPricesRequest {}, 0)?;
        let price = |coin: &agora_proto::cosmos::base::v1beta1::DecCoin| {
            // On the wire a decimal is the integer times 10^18.
            let atomics = coin.amount.parse::<u128>().map_err(|error| odd_answer(path).because(error))?;
            Ok(GasPrice::from_atomics(atomics, coin.denom.clone()))
        };
        answer.prices.iter().map(price).collect()
    }

    /// What an address holds of one denom.
    pub fn balance(&self, address: &Address, denom: &str) -> Result<Coin> {
        let path = "/cosmos.bank.v1beta1.Query/Balance";
        let request = QueryBalanceRequest { address: address.to_string(), denom: denom.to_owned() };
        let answer: QueryBalanceResponse = self.query(path, &request, 0)?;
        let amount = match answer.balance {
            Some(coin) => coin.amount.parse().map_err(|error| odd_answer(path).because(error))?,
            None => 0,
        };
        Ok(Coin::new(amount, denom))
    }

    /// What the chain knows about its denoms: their units and names.
    pub fn denoms_metadata(&self) -> Result<Vec<DenomInfo>> {
        let path = "/cosmos.bank.v1beta1.Query/DenomsMetadata";
        let page = PageRequest { limit: METADATA_LIMIT, ..PageRequest::default() };
        let request = QueryDenomsMetadataRequest { pagination: Some(page) };
        let answer: QueryDenomsMetadataResponse = self.query(path, &request, 0)?;
        let unit = |unit: agora_proto::cosmos::bank::v1beta1::DenomUnit| DenomUnit {
            denom: unit.denom,
            exponent: unit.exponent,
            aliases: unit.aliases,
        };
        Ok(answer
            .metadatas
            .into_iter()
            .map(|one| DenomInfo {
                base: one.base,
                display: one.display,
                symbol: one.symbol,
                denom_units: one.denom_units.into_iter().map(unit).collect(),
            })
            .collect())
    }

    /// Runs a transaction without keeping what it does. The outer error is the connection's, the inner one why it
    /// would fail.
    pub fn simulate(&self, tx: &[u8]) -> Result<std::result::Result<Simulation, super::status::Refusal>> {
        #[allow(deprecated)]
        let request = SimulateRequest { tx: None, tx_bytes: tx.to_vec() };
        let bytes = match self.query_raw(SIMULATE, &request.encode_to_vec(), 0)? {
            Ok(bytes) => bytes,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let answer = SimulateResponse::decode(bytes.as_slice())
            .map_err(|error| odd_answer(SIMULATE).because(error))?;
        let events = answer.result.map(|result| result.events).unwrap_or_default();
        let attribute = |one: agora_proto::tendermint::abci::EventAttribute| EventAttribute {
            key: one.key,
            value: one.value,
            index: one.index,
        };
        let event = |event: agora_proto::tendermint::abci::Event| Event {
            kind: event.r#type,
            attributes: event.attributes.into_iter().map(attribute).collect(),
        };
        Ok(Ok(Simulation {
            gas_used: answer.gas_info.unwrap_or_default().gas_used,
            events: events.into_iter().map(event).collect(),
        }))
    }
}

/// The common part of an account of any standard type; `None` for a type that is not known.
fn base_account(
    type_url: &str,
    bytes: &[u8],
) -> std::result::Result<Option<BaseAccount>, prost::DecodeError> {
    let of_vesting = |base: Option<vesting::BaseVestingAccount>| base.and_then(|base| base.base_account);
    let base = match type_url {
        "/cosmos.auth.v1beta1.BaseAccount" => Some(BaseAccount::decode(bytes)?),
        "/cosmos.auth.v1beta1.ModuleAccount" => ModuleAccount::decode(bytes)?.base_account,
        "/cosmos.vesting.v1beta1.BaseVestingAccount" => {
            vesting::BaseVestingAccount::decode(bytes)?.base_account
        }
        "/cosmos.vesting.v1beta1.ContinuousVestingAccount" => {
            of_vesting(vesting::ContinuousVestingAccount::decode(bytes)?.base_vesting_account)
        }
        "/cosmos.vesting.v1beta1.DelayedVestingAccount" => {
            of_vesting(vesting::DelayedVestingAccount::decode(bytes)?.base_vesting_account)
        }
        "/cosmos.vesting.v1beta1.PeriodicVestingAccount" => {
            of_vesting(vesting::PeriodicVestingAccount::decode(bytes)?.base_vesting_account)
        }
        "/cosmos.vesting.v1beta1.PermanentLockedAccount" => {
            of_vesting(vesting::PermanentLockedAccount::decode(bytes)?.base_vesting_account)
        }
        _ => return Ok(None),
    };
    Ok(Some(base.unwrap_or_default()))
}

fn odd_answer(path: &str) -> CliError {
    CliError::unreachable(format!("the answer to {path} is not what was asked for"))
        .hint("check that --node is a node of this chain")
}
