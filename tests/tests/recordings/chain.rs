//! A chain in memory with the recorded genesis, as it was when the recorded transactions began.

use std::sync::Arc;

use agora_node::app::App;
use agora_runtime::Runtime;
use agora_store::{Options, Store};
use serde_json::{Value, json};
use tendermint_abci::Application;
use tendermint_proto::google::protobuf::{Duration, Timestamp};
use tendermint_proto::v0_38::abci::{
    ExecTxResult, RequestCheckTx, RequestFinalizeBlock, RequestInitChain, ResponseCheckTx,
};
use tendermint_proto::v0_38::types::{
    AbciParams, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams, VersionParams,
};

use crate::{mapping, vectors};

/// The second at which the first block is made: the recorded time-outs are counted from about there.
const GENESIS_SECOND: i64 = 1_795_247_640;

/// Sequences before the first recorded transaction: the recorded chain had done other things before.
const SEQUENCES: [(&str, u64); 3] = [
    ("cosmos1rrnssalnzkc3ax7mq90z4geum7uczg7tdhrfyv", 11),
    ("cosmos1s5wdnulv02xtyry4my4rtsjvpg6m9ky0y079ew", 20),
    ("cosmos1kln3nlq9kfrxgt25tcwn2r4nz0refl79zxty9a", 1),
];

/// The application, and where it stands.
pub(crate) struct Chain {
    pub(crate) app: App,
    height: i64,
}

fn block_time(height: i64) -> Option<Timestamp> {
    // A tenth of a second per block keeps the whole story within the recorded time-outs.
    let nanos = i32::try_from(height % 10 * 100_000_000).unwrap();
    Some(Timestamp { seconds: GENESIS_SECOND + height / 10, nanos })
}

fn consensus_params() -> ConsensusParams {
    ConsensusParams {
        block: Some(BlockParams { max_bytes: 4_194_304, max_gas: 50_000_000 }),
        evidence: Some(EvidenceParams {
            max_age_num_blocks: 400,
            max_age_duration: Some(Duration { seconds: 400, nanos: 0 }),
            max_bytes: 1_048_576,
        }),
        validator: Some(ValidatorParams { pub_key_types: vec!["ed25519".to_owned()] }),
        version: Some(VersionParams { app: 0 }),
        abci: Some(AbciParams { vote_extensions_enable_height: 0 }),
    }
}

fn genesis(runtime: &Runtime) -> Value {
    let recorded: Value = vectors::read("genesis_bank.json");
    let mut bank: Value = serde_json::from_str(&mapping::text(&recorded.to_string())).unwrap();
    // It follows from the balances, one of which is changed.
    bank["supply"] = json!([]);
    // Frank had paid one fee before.
    let frank = mapping::text(SEQUENCES[2].0);
    for balance in bank["balances"].as_array_mut().unwrap() {
        if balance["address"] == frank {
            balance["coins"][0]["amount"] = json!("49999999700");
        }
    }
    let mut state = runtime.default_genesis();
    state["bank"] = bank;
    for (address, sequence) in SEQUENCES {
        let account = json!({
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": mapping::text(address),
            "pub_key": null,
            "account_number": "0",
            "sequence": sequence.to_string()
        });
        state["auth"]["accounts"].as_array_mut().unwrap().push(account);
    }
    // The recorded node's price and block limit.
    state["feemarket"]["params"]["min_base_gas_price"] = json!("0.001000000000000000");
    state["feemarket"]["params"]["max_block_utilization"] = json!("40000000");
    state["feemarket"]["state"]["base_gas_price"] = json!("0.001000000000000000");
    state
}

impl Chain {
    pub(crate) fn start() -> Self {
        let runtime = Arc::new(Runtime::standard().unwrap());
        let stores = runtime.registry().stores().to_vec();
        let store = Arc::new(Store::open(Options::memory(stores)).unwrap());
        let state = genesis(&runtime);
        let app = App::new(runtime, store).unwrap();
        let request = RequestInitChain {
            time: block_time(0),
            chain_id: "rec-1".to_owned(),
            app_state_bytes: state.to_string().into_bytes().into(),
            initial_height: 1,
            consensus_params: Some(consensus_params()),
            ..Default::default()
        };
        let _ = app.init_chain(request);
        let mut chain = Self { app, height: 0 };
        // As many as the recorded heights that are asked for need.
        for _ in 0..30 {
            let _ = chain.block(&[]);
        }
        chain
    }

    pub(crate) fn check(&self, tx: &[u8]) -> ResponseCheckTx {
        self.app.check_tx(RequestCheckTx { tx: tx.to_vec().into(), r#type: 0 })
    }

    pub(crate) fn block(&mut self, txs: &[Vec<u8>]) -> Vec<ExecTxResult> {
        self.height += 1;
        let request = RequestFinalizeBlock {
            txs: txs.iter().map(|tx| tx.clone().into()).collect(),
            height: self.height,
            time: block_time(self.height),
            ..Default::default()
        };
        let response = self.app.finalize_block(request);
        let _ = self.app.commit();
        response.tx_results
    }

    /// The definitions the application serves.
    pub(crate) fn pool(&self) -> &prost_reflect::DescriptorPool {
        self.app.runtime().registry().pool()
    }
}
