//! Somebody with a better fee.

use std::time::{Duration, Instant};

use agora_proto::feemarket::v1::{GasPriceRequest, GasPriceResponse};
use agora_runtime::Runtime;
use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost::Message;
use serde_json::{Value, json};

use super::measure;
use crate::Account;
use crate::txs::Draft;

/// Gas of a transfer, with room to spare.
const GAS: u64 = 100_000;
/// How long a block is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// One on the wire of a decimal.
const ONE: u128 = 1_000_000_000_000_000_000;

pub(super) struct Prober {
    rpc: String,
    chain_id: String,
    runtime: Runtime,
    account: Account,
    sequence: u64,
}

impl Prober {
    /// Somebody whom the faucet has given 1,000 AGO.
    pub(super) fn new(rpc: &str, faucet: &str, chain_id: &str) -> anyhow::Result<Self> {
        let account = Account::new("somebody with a better fee");
        let credit =
            json!({ "address": account.address.to_string(), "denom": "uago", "amount": "1000000000" });
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
        let mut answer = config.new_agent().post(format!("{faucet}/credit")).send_json(credit)?;
        if !answer.status().is_success() {
            bail!("the faucet gives nothing: {}", answer.body_mut().read_to_string()?);
        }
        let (rpc, chain_id) = (rpc.to_owned(), chain_id.to_owned());
        Ok(Self { rpc, chain_id, runtime: Runtime::standard()?, account, sequence: 0 })
    }

    /// Sends a transfer at `price` uago for a unit of gas and says how many blocks after the head it was included.
    pub(super) fn probe(&mut self, price: u128) -> anyhow::Result<u64> {
        let head = measure::height(&self.rpc)?;
        let hash = self.send(price.saturating_mul(GAS.into()))?.map_err(anyhow::Error::msg)?;
        Ok(self.included(&hash)?.saturating_sub(head))
    }

    /// Sends a transfer at what the chain asks for and an eighth, again until it is taken, and waits for its block.
    pub(super) fn pay_what_is_asked(&mut self) -> anyhow::Result<u64> {
        let begun = Instant::now();
        loop {
            let fee = (self.price()?.saturating_mul(9) / 8).saturating_mul(GAS.into()).div_ceil(ONE);
            match self.send(fee)? {
                Ok(hash) => return self.included(&hash),
                Err(why) if begun.elapsed() > PATIENCE => bail!("what the chain asks for is refused: {why}"),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// The price of a unit of gas, times 10^18.
    fn price(&self) -> anyhow::Result<u128> {
        let request = GasPriceRequest { denom: "uago".to_owned() }.encode_to_vec();
        let path = "abci_query?path=%22/feemarket.feemarket.v1.Query/GasPrice%22&data=0x";
        let answer = measure::call(&self.rpc, &format!("{path}{}", hex::encode(request)))?;
        let value = answer["response"]["value"].as_str().context("no price")?;
        let answer = GasPriceResponse::decode(BASE64.decode(value)?.as_slice())?;
        Ok(answer.price.context("no price")?.amount.parse()?)
    }

    /// The hash, or why it was refused.
    fn send(&mut self, fee: u128) -> anyhow::Result<Result<String, String>> {
        let pool = self.runtime.registry().pool();
        let tx = Draft::new(pool, &self.chain_id, &self.account, self.sequence)
            .send(&self.account, "1uago")
            .gas(GAS)
            .fee(&format!("{fee}uago"))
            .bytes();
        let params = json!({ "tx": BASE64.encode(tx) });
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "broadcast_tx_sync", "params": params });
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
        let mut answer = config.new_agent().post(&self.rpc).send_json(request)?;
        let answer: Value = answer.body_mut().read_json()?;
        let result = &answer["result"];
        match (result["code"].as_u64(), result["hash"].as_str()) {
            (Some(0), Some(hash)) => {
                self.sequence += 1;
                Ok(Ok(hash.to_owned()))
            }
            _ => Ok(Err(answer.to_string())),
        }
    }

    /// The height of the block that holds a transaction.
    fn included(&self, hash: &str) -> anyhow::Result<u64> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let found = measure::call(&self.rpc, &format!("tx?hash=0x{hash}"))?;
            if found["height"].is_string() {
                let code = &found["tx_result"]["code"];
                if *code != 0 {
                    bail!("{hash} failed: {found}");
                }
                return measure::number(&found["height"]);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("no block held {hash} within {PATIENCE:?}")
    }
}
