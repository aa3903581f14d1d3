//! Giving the accounts of the load what they need, by multi-sends of the funding key.

use std::time::{Duration, Instant};

use agora_proto::cosmos::bank::v1beta1::{Input, MsgMultiSend, Output};
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::pack;
use agora_proto::prost_types::Any;
use sha2::{Digest, Sha256};

use super::FEE_DENOM;
use super::account::LoadAccount;
use super::sign::{fee, rehearse, transaction};
use crate::amount::GasPrice;
use crate::client::Client;
use crate::error::{CliError, Result};

/// Accounts paid by one transaction.
const AT_ONCE: usize = 250;
/// How long a payment may wait for its block.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who pays whom what.
pub(super) struct Funding<'a> {
    pub(super) client: &'a Client,
    pub(super) chain_id: &'a str,
    pub(super) price: &'a GasPrice,
}

impl Funding<'_> {
    /// Pays each address its amount of the fee denom and waits for the blocks; `funder` is looked up before.
    pub(super) fn pay(&self, funder: &mut LoadAccount, wanted: &[(String, u128)]) -> Result<()> {
        let total = wanted.iter().fold(0_u128, |sum, (_, amount)| sum.saturating_add(*amount));
        let held = self.client.balance(&funder.address, FEE_DENOM)?.amount;
        if held < total {
            return Err(CliError::usage(format!(
                "the funding account {} holds {held}{FEE_DENOM}, and the load needs {total}{FEE_DENOM}",
                funder.address
            ))
            .hint("send less, for a shorter time, or at a lower --gas-price; or name another account with --from"));
        }
        let mut last = None;
        for part in wanted.chunks(AT_ONCE) {
            let message = multi_send(&funder.address.to_string(), part);
            let gas = rehearse(self.client, funder, vec![message.clone()])?;
            let tx = transaction(funder, self.chain_id, vec![message], fee(self.price, gas)?);
            let check = self.client.broadcast(&tx)?;
            if check.code != 0 {
                return Err(CliError::execution("the node refused to fund the accounts of the load")
                    .code(check.codespace, check.code)
                    .hint(check.log));
            }
            funder.sequence += 1;
            let hash: [u8; 32] = Sha256::digest(&tx).into();
            // Rehearsals see blocks only, so each payment waits for the one before it.
            self.wait(&hash)?;
            last = Some(hash);
        }
        last.map_or(Ok(()), |hash| self.wait(&hash))
    }

    fn wait(&self, hash: &[u8; 32]) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(found) = self.client.tx(hash)? {
                let result = found.tx_result;
                return match result.code {
                    0 => Ok(()),
                    code => Err(CliError::execution("the accounts of the load could not be funded")
                        .code(result.codespace, code)
                        .hint(result.log)),
                };
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let seconds = PATIENCE.as_secs();
        Err(CliError::unreachable(format!(
            "no block held the funding of the accounts within {seconds} seconds"
        ))
        .hint("is the chain moving? agora status"))
    }
}

fn multi_send(from: &str, to: &[(String, u128)]) -> Any {
    let coins = |amount: u128| vec![Coin { denom: FEE_DENOM.to_owned(), amount: amount.to_string() }];
    let total = to.iter().map(|(_, amount)| amount).sum();
    let inputs = vec![Input { address: from.to_owned(), coins: coins(total) }];
    let output =
        |(address, amount): &(String, u128)| Output { address: address.clone(), coins: coins(*amount) };
    pack(&MsgMultiSend { inputs, outputs: to.iter().map(output).collect() })
}
