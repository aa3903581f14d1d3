//! The node's own services over a chain made of recorded blocks and transactions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use agora_proto::descriptor_pool;
use agora_proto::json::{JsonCodec, write_value};
use prost::Message;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tendermint_proto::v0_38::abci::{
    ExecTxResult, RequestQuery, ResponseCheckTx, ResponseFinalizeBlock, ResponseInfo, ResponseQuery,
};
use tendermint_proto::v0_38::crypto::{PublicKey, public_key::Sum};
use tendermint_proto::v0_38::types::{Block, BlockId, ConsensusParams, Header, Validator};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::support::{Script, base64, http, recorded, start};
use crate::api::{ApiServers, Cors, Limits, NodeConfig, NodeServices, Services};
use crate::chain::{
    BlockEvent, BlockInfo, Chain, ChainError, CommitInfo, IndexedTx, Order, SearchPage, Status,
};

const HEAD: i64 = 204;
const PREFIX: &str = "cosmosvalcons";

/// A chain that holds what was recorded.
struct Recorded {
    blocks: BTreeMap<u64, Arc<BlockInfo>>,
    txs: Vec<IndexedTx>,
    validators: Vec<Validator>,
    results: Arc<ResponseFinalizeBlock>,
    check: Mutex<Result<ResponseCheckTx, ChainError>>,
    searches: Mutex<Vec<(String, usize, usize, Order)>>,
}

/// Reads recorded JSON as a message of another crate's type.
fn read<M: Message + Default>(name: &str, value: &Value) -> M {
    let codec = JsonCodec::new(descriptor_pool());
    let descriptor = descriptor_pool().get_message_by_name(name).unwrap();
    let message = codec.from_json(descriptor, value).unwrap();
    M::decode(message.encode_to_vec().as_slice()).unwrap()
}

fn seconds(text: &str) -> i64 {
    OffsetDateTime::parse(text, &Rfc3339).unwrap().unix_timestamp()
}

fn load(exchanges: &[Value]) -> Recorded {
    let mut blocks = BTreeMap::new();
    let mut txs = Vec::new();
    let (mut validators, mut results) = (Vec::new(), ResponseFinalizeBlock::default());
    for body in exchanges.iter().map(|exchange| &exchange["body"]) {
        if body["block"].is_object() {
            let block: Block = read("tendermint.types.Block", &body["block"]);
            let height = u64::try_from(block.header.as_ref().unwrap().height).unwrap();
            let block_id: BlockId = read("tendermint.types.BlockID", &body["block_id"]);
            let size = block.encoded_len();
            blocks.insert(height, Arc::new(BlockInfo { block_id, block, size }));
        }
        if let Some(response) = body["tx_response"].as_object().filter(|_| body["tx"].is_object()) {
            let tx: agora_proto::types::cosmos::tx::v1beta1::Tx = read("cosmos.tx.v1beta1.Tx", &body["tx"]);
            let mut as_result = body["tx_response"].clone();
            as_result["data"] = Value::Null;
            as_result["log"] = response["raw_log"].clone();
            let mut result: ExecTxResult = read("tendermint.abci.ExecTxResult", &as_result);
            result.data = hex::decode(response["data"].as_str().unwrap()).unwrap().into();
            let tx = tx.encode_to_vec();
            let hash: [u8; 32] = Sha256::digest(&tx).into();
            assert_eq!(
                hex::encode_upper(hash),
                response["txhash"],
                "the recorded transaction reads back to its bytes"
            );
            let height = response["height"].as_str().unwrap().parse().unwrap();
            txs.push(IndexedTx { hash, height, index: 0, tx, result });
            // Of some blocks nothing but the second was recorded.
            let time = seconds(response["timestamp"].as_str().unwrap());
            let header = Header {
                height: i64::try_from(height).unwrap(),
                time: Some(tendermint_proto::google::protobuf::Timestamp { seconds: time, nanos: 5 }),
                ..Header::default()
            };
            let block = Block { header: Some(header), ..Block::default() };
            let info = BlockInfo { block_id: BlockId::default(), block, size: 0 };
            blocks.entry(height).or_insert_with(|| Arc::new(info));
        }
        if body["block_height"] == "141" && body["validators"].as_array().is_some_and(|all| all.len() == 3) {
            for entry in body["validators"].as_array().unwrap() {
                let key = base64(&entry["pub_key"]["key"]);
                validators.push(Validator {
                    address: Sha256::digest(&key)[..20].to_vec(),
                    pub_key: Some(PublicKey { sum: Some(Sum::Ed25519(key)) }),
                    voting_power: entry["voting_power"].as_str().unwrap().parse().unwrap(),
                    proposer_priority: entry["proposer_priority"].as_str().unwrap().parse().unwrap(),
                });
            }
        }
        if body["finalize_block_events"].is_array() {
            let list = |name: &str| body[name].as_array().unwrap().clone();
            let param = &body["consensus_param_updates"];
            results = ResponseFinalizeBlock {
                events: list("finalize_block_events")
                    .iter()
                    .map(|e| read("tendermint.abci.Event", e))
                    .collect(),
                tx_results: list("txs_results")
                    .iter()
                    .map(|e| read("tendermint.abci.ExecTxResult", e))
                    .collect(),
                validator_updates: Vec::new(),
                consensus_param_updates: Some(read("tendermint.types.ConsensusParams", param)),
                app_hash: base64(&body["app_hash"]).into(),
            };
        }
    }
    Recorded {
        blocks,
        txs,
        validators,
        results: Arc::new(results),
        check: Mutex::new(Ok(ResponseCheckTx::default())),
        searches: Mutex::default(),
    }
}

impl Chain for Recorded {
    fn status(&self) -> Result<Status, ChainError> {
        Ok(Status {
            network: "rec-1".to_owned(),
            moniker: "rec-node".to_owned(),
            node_id: "c5952a67aa67d9d89e1f64b63265b9e4a8eed372".to_owned(),
            comet_version: "0.38.25".to_owned(),
            listen_addr: "tcp://127.0.0.1:56656".to_owned(),
            rpc_address: "tcp://127.0.0.1:56657".to_owned(),
            app_version: 0,
            latest: self.blocks.get(&204).cloned(),
            earliest: self.blocks.get(&1).cloned(),
            catching_up: false,
            validator: Validator::default(),
        })
    }

    fn block(&self, height: Option<u64>) -> Result<Arc<BlockInfo>, ChainError> {
        let height = height.unwrap_or(204);
        let missing =
            || ChainError::Height(format!("height {height} is not available, lowest height is 142"));
        self.blocks.get(&height).cloned().ok_or_else(missing)
    }

    fn height_by_hash(&self, _: &[u8]) -> Result<Option<u64>, ChainError> {
        Ok(None)
    }

    fn block_results(&self, height: Option<u64>) -> Result<(u64, Arc<ResponseFinalizeBlock>), ChainError> {
        Ok((height.unwrap_or(204), Arc::clone(&self.results)))
    }

    fn commit(&self, _: Option<u64>) -> Result<CommitInfo, ChainError> {
        Err(ChainError::Internal("not recorded".to_owned()))
    }

    fn validators(&self, height: Option<u64>) -> Result<(u64, Vec<Validator>), ChainError> {
        Ok((height.unwrap_or(205), self.validators.clone()))
    }

    fn consensus_params(&self, _: Option<u64>) -> Result<(u64, ConsensusParams), ChainError> {
        Err(ChainError::Internal("not recorded".to_owned()))
    }

    fn genesis(&self) -> Result<Arc<str>, ChainError> {
        Err(ChainError::Internal("not recorded".to_owned()))
    }

    fn tx(&self, hash: &[u8; 32]) -> Result<Option<IndexedTx>, ChainError> {
        Ok(self.txs.iter().find(|tx| tx.hash == *hash).cloned())
    }

    fn tx_search(
        &self,
        query: &str,
        page: usize,
        per_page: usize,
        order: Order,
    ) -> Result<SearchPage<IndexedTx>, ChainError> {
        self.searches.lock().unwrap().push((query.to_owned(), page, per_page, order));
        if query == "abc" {
            return Err(ChainError::Query("offset 3: EOF".to_owned()));
        }
        let found: Vec<IndexedTx> =
            self.txs.iter().filter(|tx| query == format!("tx.height={}", tx.height)).cloned().collect();
        let total = found.len();
        Ok(SearchPage {
            items: found.into_iter().skip((page - 1) * per_page).take(per_page).collect(),
            total,
        })
    }

    fn block_search(
        &self,
        _: &str,
        _: usize,
        _: usize,
        _: Order,
    ) -> Result<SearchPage<Arc<BlockInfo>>, ChainError> {
        Ok(SearchPage { items: Vec::new(), total: 0 })
    }

    fn broadcast(&self, _: Vec<u8>) -> Result<ResponseCheckTx, ChainError> {
        self.check.lock().unwrap().clone()
    }

    fn check_tx(&self, _: Vec<u8>) -> Result<ResponseCheckTx, ChainError> {
        self.check.lock().unwrap().clone()
    }

    fn unconfirmed(&self, _: usize) -> Result<(Vec<Vec<u8>>, usize, usize), ChainError> {
        Ok((Vec::new(), 0, 0))
    }

    fn abci_query(&self, request: RequestQuery) -> Result<ResponseQuery, ChainError> {
        Ok(ResponseQuery {
            value: request.path.into_bytes().into(),
            height: HEAD,
            codespace: "sdk".to_owned(),
            ..ResponseQuery::default()
        })
    }

    fn abci_info(&self) -> Result<ResponseInfo, ChainError> {
        Ok(ResponseInfo::default())
    }

    fn subscribe(&self) -> tokio::sync::broadcast::Receiver<BlockEvent> {
        tokio::sync::broadcast::channel(1).1
    }
}

async fn serve(chain: Arc<Recorded>) -> ApiServers {
    let config = NodeConfig {
        consensus_prefix: PREFIX.to_owned(),
        minimum_gas_price: "0.001000000000000000stake".to_owned(),
        pruning_keep_recent: 2000,
        pruning_interval: 10,
        ..NodeConfig::default()
    };
    let node = NodeServices::new(chain, descriptor_pool(), config);
    // The application behind it answers what is not the node's; here nothing.
    let application = Script { unserved: vec![String::new()], ..Script::default() };
    let services = Services(vec![Arc::new(node), Arc::new(application)]);
    start(Arc::new(services), Cors::Off, Limits::default()).await
}

async fn get(servers: &ApiServers, path: &str) -> (u16, Value) {
    let answer = http(servers.rest_address().unwrap(), "GET", path, &[], b"").await;
    (answer.status, serde_json::from_str(answer.text()).unwrap())
}

#[tokio::test]
async fn blocks_and_transactions_are_shown_as_recorded_byte_for_byte() {
    let exchanges = recorded(include_str!("data/node.json"));
    let chain = Arc::new(load(&exchanges));
    let servers = serve(Arc::clone(&chain)).await;
    let mut wrong = Vec::new();
    for exchange in &exchanges {
        let name = exchange["name"].as_str().unwrap();
        // What the mempool said is the chain's part of the recording.
        let sent = &exchange["body"]["tx_response"];
        *chain.check.lock().unwrap() = match name {
            "broadcast, already in cache" => Err(ChainError::TxInCache),
            _ => Ok(ResponseCheckTx {
                code: u32::try_from(sent["code"].as_u64().unwrap_or_default()).unwrap(),
                log: sent["raw_log"].as_str().unwrap_or_default().to_owned(),
                codespace: sent["codespace"].as_str().unwrap_or_default().to_owned(),
                ..ResponseCheckTx::default()
            }),
        };
        let (method, path) = (exchange["method"].as_str().unwrap(), exchange["path"].as_str().unwrap());
        let body = exchange.get("request_body").map(Value::to_string).unwrap_or_default();
        let answer = http(servers.rest_address().unwrap(), method, path, &[], body.as_bytes()).await;
        let mut wanted = exchange["body"].clone();
        if name == "block results" {
            // A part of newer CometBFT versions that 0.38 does not send.
            wanted["consensus_param_updates"]["authority"] = Value::Null;
        }
        let wanted = write_value(&wanted);
        if u64::from(answer.status) != exchange["status"].as_u64().unwrap() || answer.text() != wanted {
            wrong.push(format!("{name} {path}: {} {}\ninstead of\n{wanted}", answer.status, answer.text()));
        }
    }
    servers.stop().await;
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), exchanges.len(), wrong.join("\n"));
}

#[tokio::test]
async fn the_node_tells_clients_which_dialect_to_speak() {
    let servers = serve(Arc::new(load(&recorded(include_str!("data/node.json"))))).await;
    let (status, info) = get(&servers, "/cosmos/base/tendermint/v1beta1/node_info").await;
    assert_eq!(status, 200);
    assert_eq!(info["default_node_info"]["network"], "rec-1");
    assert_eq!(info["default_node_info"]["channels"], "QCAhIiMwOGBhAA==");
    assert_eq!(info["default_node_info"]["protocol_version"], json!({"p2p": "8", "block": "11", "app": "0"}));
    let version = &info["application_version"];
    assert_eq!((&version["name"], &version["cosmos_sdk_version"]), (&json!("agora"), &json!("v0.50.15")));
    let comet = json!({"path": "github.com/cometbft/cometbft", "version": "v0.38.25", "sum": ""});
    assert!(version["build_deps"].as_array().unwrap().contains(&comet), "{version}");
    let (_, found) = get(&servers, "/cosmos/base/reflection/v1beta1/interfaces").await;
    let names = found["interface_names"].as_array().unwrap();
    assert!(names.contains(&json!("cosmos.auth.v1beta1.AccountI")), "{found}");
    let path = "/cosmos/base/reflection/v1beta1/interfaces/cosmos.auth.v1beta1.AccountI/implementations";
    let (_, found) = get(&servers, path).await;
    let names = found["implementation_message_names"].as_array().unwrap();
    assert!(names.contains(&json!("/cosmos.auth.v1beta1.BaseAccount")), "{found}");
    servers.stop().await;
}

#[tokio::test]
async fn transactions_are_searched_with_query_and_with_the_older_events() {
    let chain = Arc::new(load(&recorded(include_str!("data/node.json"))));
    let servers = serve(Arc::clone(&chain)).await;
    let (status, found) =
        get(&servers, "/cosmos/tx/v1beta1/txs?query=tx.height%3D62&limit=5&order_by=2").await;
    assert_eq!((status, &found["total"], &found["pagination"]), (200, &json!("1"), &Value::Null));
    assert_eq!(found["tx_responses"][0]["height"], "62");
    assert_eq!(found["txs"][0], {
        let mut tx = found["tx_responses"][0]["tx"].clone();
        tx.as_object_mut().unwrap().shift_remove("@type");
        tx
    });
    let (_, same) = get(&servers, "/cosmos/tx/v1beta1/txs?events=tx.height%3D62").await;
    assert_eq!(same["tx_responses"], found["tx_responses"]);
    get(&servers, "/cosmos/tx/v1beta1/txs?events=a%3D1&events=b%3D2&limit=1000").await;
    let searches = std::mem::take(&mut *chain.searches.lock().unwrap());
    assert_eq!(searches[0], ("tx.height=62".to_owned(), 1, 5, Order::Descending));
    assert_eq!(searches[1], ("tx.height=62".to_owned(), 1, 100, Order::Ascending));
    assert_eq!(searches[2], ("a=1 AND b=2".to_owned(), 1, 100, Order::Ascending));
    let (status, refused) = get(&servers, "/cosmos/tx/v1beta1/txs?query=tx.height%3D62&page=9").await;
    let message = "failed to search for txs: page should be within [1, 1] range, given 9";
    assert_eq!((status, &refused["code"], &refused["message"]), (500, &json!(13), &json!(message)));
    let (status, refused) = get(&servers, "/cosmos/tx/v1beta1/txs?query=abc").await;
    assert_eq!((status, &refused["message"]), (500, &json!("failed to search for txs: offset 3: EOF")));
    servers.stop().await;
}

#[tokio::test]
async fn what_was_pruned_is_an_error_that_says_so() {
    let servers = serve(Arc::new(load(&recorded(include_str!("data/node.json"))))).await;
    for path in ["/cosmos/base/tendermint/v1beta1/blocks/5", "/cosmos/tx/v1beta1/txs/block/5"] {
        let (status, body) = get(&servers, path).await;
        let wanted =
            json!({"code": 2, "message": "height 5 is not available, lowest height is 142", "details": []});
        assert_eq!((status, body), (500, wanted), "{path}");
    }
    servers.stop().await;
}

#[tokio::test]
async fn full_mempools_and_oversized_transactions_have_the_codes_of_the_sdk() {
    let chain = Arc::new(load(&recorded(include_str!("data/node.json"))));
    let servers = serve(Arc::clone(&chain)).await;
    let body = br#"{"tx_bytes":"AAEC","mode":"BROADCAST_MODE_SYNC"}"#;
    let full = ChainError::MempoolFull { txs: 1, max_txs: 1, bytes: 1, max_bytes: 1 };
    for (error, code) in [(full, 20), (ChainError::TxTooLarge { max: 1, size: 3 }, 21)] {
        *chain.check.lock().unwrap() = Err(error);
        let answer = http(servers.rest_address().unwrap(), "POST", "/cosmos/tx/v1beta1/txs", &[], body).await;
        let found: Value = serde_json::from_str(answer.text()).unwrap();
        assert_eq!((answer.status, &found["tx_response"]["code"]), (200, &json!(code)));
        assert_eq!(found["tx_response"]["codespace"], "sdk");
    }
    *chain.check.lock().unwrap() = Err(ChainError::Internal("cannot reach cometbft".to_owned()));
    let answer = http(servers.rest_address().unwrap(), "POST", "/cosmos/tx/v1beta1/txs", &[], body).await;
    assert_eq!(answer.status, 500);
    servers.stop().await;
}

#[tokio::test]
async fn methods_that_nobody_answers_have_no_routes() {
    let servers = serve(Arc::new(load(&recorded(include_str!("data/node.json"))))).await;
    for path in ["/cosmos/bank/v1beta1/params", "/cosmos/base/reflection/v1beta1/app_descriptor/chain"] {
        assert_eq!(get(&servers, path).await.0, 501, "{path}");
    }
    for path in
        ["/cosmos/tx/v1beta1/encode/amino", "/cosmos/tx/v1beta1/decode/amino", "/cosmos/tx/v1beta1/simulate"]
    {
        let answer = http(servers.rest_address().unwrap(), "POST", path, &[], b"{}").await;
        assert_eq!(answer.status, 501, "{path}");
    }
    servers.stop().await;
}
