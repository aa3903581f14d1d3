//! All blocks of a chain, executed again by an application that has never seen them.

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_node::app::App;
use agora_runtime::Runtime;
use agora_store::{Options, Store};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tendermint::{Hash, Time};
use tendermint_abci::Application as _;
use tendermint_proto::google::protobuf::Duration;
use tendermint_proto::v0_38::abci::{
    CommitInfo, RequestFinalizeBlock, RequestInitChain, Validator, ValidatorUpdate, VoteInfo,
};
use tendermint_proto::v0_38::crypto::{PublicKey, public_key::Sum};
use tendermint_proto::v0_38::types::{
    AbciParams, Block, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams, VersionParams,
};
use tendermint_rpc::{Client as _, HttpClient};

use super::Known;

/// What the chain has published.
pub(crate) struct Evidence {
    genesis: Value,
    /// The blocks from the first on, with their hashes.
    blocks: Vec<(Block, Hash)>,
}

impl Evidence {
    /// Asks a node for everything but its genesis document.
    pub(crate) async fn collect(client: &HttpClient, genesis: Value) -> Self {
        let latest = client.status().await.unwrap().sync_info.latest_block_height.value();
        let mut blocks = Vec::new();
        for height in 1..=u32::try_from(latest).unwrap() {
            let answer = client.block(height).await.unwrap();
            blocks.push((answer.block.into(), answer.block_id.hash));
        }
        Self { genesis, blocks }
    }

    /// Takes a transaction out of its block.
    pub(crate) fn lose(&mut self, tx: Hash) {
        let all = self.blocks.iter_mut().filter_map(|(block, _)| block.data.as_mut());
        all.for_each(|data| data.txs.retain(|one| hash(one) != tx));
    }

    /// Compares what the chain has published with what a client knows and with what a fresh application makes of it.
    pub(crate) fn judge(&self, known: &Known) -> Result<(), String> {
        for (height, hash) in &known.blocks {
            if self.blocks[*height as usize - 1].1 != *hash {
                return Err(format!("another block at height {height}"));
            }
        }
        let mut found = BTreeMap::new();
        for (height, (block, _)) in (1_u32..).zip(&self.blocks) {
            for tx in block.data.iter().flat_map(|data| &data.txs) {
                if let Some(before) = found.insert(hash(tx), height) {
                    return Err(format!("{} is in the blocks {before} and {height}", hash(tx)));
                }
            }
        }
        for (hash, height) in &known.committed {
            match found.get(hash) {
                None => return Err(format!("{hash} was committed at {height:?} and is in no block")),
                Some(at) if height.is_some_and(|height| height != *at) => {
                    return Err(format!("{hash} was committed at {height:?} and is in block {at}"));
                }
                Some(_) => {}
            }
        }
        self.replay()
    }

    /// Executes every block; the hash after each is in the header of the next.
    fn replay(&self) -> Result<(), String> {
        let runtime = Arc::new(Runtime::standard().unwrap());
        let options = Options::memory(runtime.registry().stores().to_vec());
        let app = App::new(runtime, Arc::new(Store::open(options).unwrap())).unwrap();
        let genesis = &self.genesis;
        app.init_chain(RequestInitChain {
            time: Some(text(&genesis["genesis_time"]).parse::<Time>().unwrap().into()),
            chain_id: text(&genesis["chain_id"]).to_owned(),
            consensus_params: Some(params(&genesis["consensus_params"])),
            validators: self.validators(),
            app_state_bytes: serde_json::to_vec(&genesis["app_state"]).unwrap().into(),
            initial_height: number(&genesis["initial_height"]),
        });
        for pair in self.blocks.windows(2) {
            let ((block, hash), (next, _)) = (&pair[0], &pair[1]);
            let app_hash = app.finalize_block(self.request(block, hash)).app_hash;
            app.commit();
            let (header, next) = (block.header.as_ref().unwrap(), next.header.as_ref().unwrap());
            if next.app_hash != app_hash {
                return Err(format!("another application hash after block {}", header.height));
            }
        }
        Ok(())
    }

    /// Those of the genesis document, as consensus tells them.
    fn validators(&self) -> Vec<ValidatorUpdate> {
        let validator = |validator: &Value| {
            let key = BASE64.decode(text(&validator["pub_key"]["value"])).unwrap();
            let pub_key = Some(PublicKey { sum: Some(Sum::Ed25519(key)) });
            ValidatorUpdate { pub_key, power: number(&validator["power"]) }
        };
        self.genesis["validators"].as_array().into_iter().flatten().map(validator).collect()
    }

    fn request(&self, block: &Block, hash: &Hash) -> RequestFinalizeBlock {
        let header = block.header.clone().unwrap();
        // The only validator signs every block, the first excepted, which nobody has signed before.
        let votes = block.last_commit.iter().flat_map(|commit| &commit.signatures).map(|vote| VoteInfo {
            validator: Some(Validator {
                address: vote.validator_address.clone().into(),
                power: number(&self.genesis["validators"][0]["power"]),
            }),
            block_id_flag: vote.block_id_flag,
        });
        RequestFinalizeBlock {
            txs: block.data.iter().flat_map(|data| &data.txs).map(|tx| tx.clone().into()).collect(),
            decided_last_commit: Some(CommitInfo { round: 0, votes: votes.collect() }),
            misbehavior: Vec::new(),
            hash: hash.as_bytes().to_vec().into(),
            height: header.height,
            time: header.time,
            next_validators_hash: header.next_validators_hash.into(),
            proposer_address: header.proposer_address.into(),
        }
    }
}

/// The hash of a transaction, by which it is known.
fn hash(tx: &[u8]) -> Hash {
    Hash::Sha256(Sha256::digest(tx).into())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string"))
}

/// A 64-bit number, which JSON of the Cosmos writes as a string.
fn number(value: &Value) -> i64 {
    text(value).parse().unwrap()
}

/// The consensus parameters of a genesis document.
fn params(document: &Value) -> ConsensusParams {
    let [block, evidence] = ["block", "evidence"].map(|name| &document[name]);
    let age = number(&evidence["max_age_duration"]);
    let key_types = document["validator"]["pub_key_types"].as_array().unwrap();
    ConsensusParams {
        block: Some(BlockParams {
            max_bytes: number(&block["max_bytes"]),
            max_gas: number(&block["max_gas"]),
        }),
        evidence: Some(EvidenceParams {
            max_age_num_blocks: number(&evidence["max_age_num_blocks"]),
            max_age_duration: Some(Duration {
                seconds: age / 1_000_000_000,
                nanos: i32::try_from(age % 1_000_000_000).unwrap(),
            }),
            max_bytes: number(&evidence["max_bytes"]),
        }),
        validator: Some(ValidatorParams {
            pub_key_types: key_types.iter().map(|name| text(name).to_owned()).collect(),
        }),
        version: Some(VersionParams { app: number(&document["version"]["app"]).cast_unsigned() }),
        abci: Some(AbciParams {
            vote_extensions_enable_height: number(&document["abci"]["vote_extensions_enable_height"]),
        }),
    }
}
