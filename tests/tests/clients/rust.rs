//! `cosmrs` and `tendermint-rpc`, unmodified: what bots and relayers written in Rust use.

use std::time::Duration;

use agora_genesis::dev_accounts::dev_account;
use cosmrs::bank::MsgSend;
use cosmrs::crypto::secp256k1::SigningKey;
use cosmrs::proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use cosmrs::proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use cosmrs::proto::prost::Message;
use cosmrs::tx::{Body, Fee, Msg as _, Raw, SignDoc, SignerInfo};
use cosmrs::{AccountId, Coin};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tendermint::Hash;
use tendermint_rpc::client::CompatMode;
use tendermint_rpc::endpoint::tx::Response as FoundTx;
use tendermint_rpc::event::EventData;
use tendermint_rpc::query::EventType;
use tendermint_rpc::{
    Client as _, HttpClient, Order, Paging, SubscriptionClient as _, WebSocketClient, WebSocketClientUrl,
};

use agora_tests::process::{Kind, Node};

const SOON: Duration = Duration::from_secs(30);

struct Sender {
    key: SigningKey,
    address: AccountId,
    chain_id: tendermint::chain::Id,
}

impl Sender {
    fn alice(node: &Node) -> Self {
        let account = dev_account("alice").unwrap();
        let key = SigningKey::from_slice(&account.secret_key().unwrap()).unwrap();
        let address = key.public_key().account_id("agora").unwrap();
        assert_eq!(address.to_string(), account.address);
        Self { key, address, chain_id: node.field("chain_id").parse().unwrap() }
    }

    /// A signed transfer.
    fn send(&self, to: &AccountId, amount: u128, sequence: u64, memo: &str) -> Raw {
        let coin = |amount| Coin { denom: "uago".parse().unwrap(), amount };
        let message = MsgSend {
            from_address: self.address.clone(),
            to_address: to.clone(),
            amount: vec![coin(amount)],
        };
        let body = Body::new([message.to_any().unwrap()], memo, 0_u32);
        let signer = SignerInfo::single_direct(Some(self.key.public_key()), sequence);
        let auth = signer.auth_info(Fee::from_amount_and_gas(coin(10_000), 200_000_u64));
        SignDoc::new(&body, &auth, &self.chain_id, 0).unwrap().sign(&self.key).unwrap()
    }
}

/// A query by `abci_query`, as `cosmrs` users make it.
async fn query<A: Message + Default>(client: &HttpClient, path: &str, request: impl Message) -> A {
    let answer =
        client.abci_query(Some(path.to_owned()), request.encode_to_vec(), None, false).await.unwrap();
    assert!(answer.code.is_ok(), "{path}: {}", answer.log);
    A::decode(answer.value.as_slice()).unwrap()
}

async fn account(client: &HttpClient, address: &AccountId) -> BaseAccount {
    let request = QueryAccountRequest { address: address.to_string() };
    let answer: QueryAccountResponse = query(client, "/cosmos.auth.v1beta1.Query/Account", request).await;
    answer.account.unwrap().to_msg::<BaseAccount>().unwrap()
}

async fn balance(client: &HttpClient, address: &AccountId) -> u128 {
    let request = QueryBalanceRequest { address: address.to_string(), denom: "uago".to_owned() };
    let answer: QueryBalanceResponse = query(client, "/cosmos.bank.v1beta1.Query/Balance", request).await;
    answer.balance.unwrap().amount.parse().unwrap()
}

/// Waits for the transaction to be in the index.
async fn found(client: &HttpClient, hash: Hash) -> FoundTx {
    let looking = async {
        loop {
            match client.tx(hash, true).await {
                Ok(found) => return found,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    };
    tokio::time::timeout(SOON, looking).await.expect("the transaction is found")
}

async fn use_it(node: &Node) {
    let client = HttpClient::builder(node.field("rpc").parse().unwrap())
        .compat_mode(CompatMode::V0_38)
        .build()
        .unwrap();
    let url: WebSocketClientUrl =
        format!("{}/websocket", node.field("rpc").replace("http", "ws")).parse().unwrap();
    let (socket, driver) =
        WebSocketClient::builder(url).compat_mode(CompatMode::V0_38).build().await.unwrap();
    let driving = tokio::spawn(driver.run());
    let mut blocks = socket.subscribe(EventType::NewBlock.into()).await.unwrap();
    let mut txs = socket.subscribe(EventType::Tx.into()).await.unwrap();

    let alice = Sender::alice(node);
    let to = SigningKey::random().public_key().account_id("agora").unwrap();
    let before = balance(&client, &alice.address).await;
    let sequence = account(&client, &alice.address).await.sequence;

    // Refused where a signature is for another sequence, taken where it is right, and not taken twice.
    let wrong = alice.send(&to, 7, sequence + 5, "too early").to_bytes().unwrap();
    let refused = client.broadcast_tx_sync(wrong).await.unwrap();
    assert_eq!((refused.code.value(), refused.codespace.as_str()), (32, "sdk"), "{}", refused.log);
    let raw = alice.send(&to, 7, sequence, "from cosmrs").to_bytes().unwrap();
    let sent = client.broadcast_tx_sync(raw.clone()).await.unwrap();
    assert!(sent.code.is_ok(), "{}", sent.log);
    assert_eq!(sent.hash.as_bytes(), Sha256::digest(&raw).as_slice());
    let again = client.broadcast_tx_sync(raw.clone()).await.unwrap_err();
    assert!(again.to_string().contains("tx already exists in cache"), "{again}");

    let tx = found(&client, sent.hash).await;
    assert!(tx.tx_result.code.is_ok() && tx.tx_result.gas_used > 0, "{:?}", tx.tx_result);
    assert_eq!((tx.tx.as_slice(), tx.tx_result.gas_wanted), (raw.as_slice(), 200_000));
    let decoded = cosmrs::Tx::from_bytes(&tx.tx).unwrap();
    assert_eq!(decoded.body.memo, "from cosmrs");
    assert_eq!(MsgSend::from_any(&decoded.body.messages[0]).unwrap().to_address, to);
    assert_eq!(balance(&client, &to).await, 7);
    assert_eq!(balance(&client, &alice.address).await, before - 7 - 10_000);
    assert_eq!(account(&client, &alice.address).await.sequence, sequence + 1);

    // Everything that speaks of its block agrees.
    let height = tx.height;
    let block = client.block(height).await.unwrap();
    assert_eq!(block.block.header.hash(), block.block_id.hash);
    assert_eq!(block.block.data, std::slice::from_ref(&raw));
    assert_eq!(tx.proof.as_ref().map(|proof| Some(proof.root_hash)), Some(block.block.header.data_hash));
    let results = client.block_results(height).await.unwrap();
    let executed = results.txs_results.unwrap();
    assert_eq!((executed.len(), executed[0].gas_used), (1, tx.tx_result.gas_used));
    let next = tendermint::block::Height::from(u32::try_from(height.value()).unwrap() + 1);
    agora_tests::process::eventually("the next block is made", || {
        (agora_tests::process::height_of(&node.rpc("status")) > height.value() + 1).then_some(())
    });
    assert_eq!(client.block(next).await.unwrap().block.header.app_hash, results.app_hash);
    let commit = client.commit(height).await.unwrap().signed_header;
    assert_eq!((commit.header.hash(), commit.commit.height), (block.block_id.hash, height));
    let validators = client.validators(height, Paging::All).await.unwrap();
    assert_eq!(validators.validators.len(), commit.commit.signatures.len());
    assert_eq!(validators.validators[0].address, commit.header.proposer_address);
    // `genesis` and `consensus_params` of this client read `block.max_bytes` as unsigned: -1, "no limit of its own" to
    // CometBFT, is beyond them. The chunks are bytes.
    let chunks: Vec<Vec<u8>> = client.genesis_chunked_stream().await.map(Result::unwrap).collect().await;
    let genesis: serde_json::Value = serde_json::from_slice(&chunks.concat()).unwrap();
    assert_eq!(genesis["chain_id"], alice.chain_id.as_str());

    let recipient = format!("transfer.recipient='{to}'").parse().unwrap();
    let search = client.tx_search(recipient, true, 1, 10, Order::Ascending).await.unwrap();
    assert_eq!((search.total_count, search.txs[0].hash), (1, sent.hash));
    let nobody = SigningKey::random().public_key().account_id("agora").unwrap();
    let nothing = format!("transfer.recipient='{nobody}'").parse().unwrap();
    assert_eq!(client.tx_search(nothing, false, 1, 10, Order::Ascending).await.unwrap().total_count, 0);

    let event = tokio::time::timeout(SOON, txs.next()).await.unwrap().unwrap().unwrap();
    let EventData::Tx { tx_result } = event.data else { panic!("{:?}", event.data) };
    assert_eq!(
        (tx_result.height, tx_result.tx.as_slice()),
        (i64::try_from(height.value()).unwrap(), raw.as_slice())
    );
    let event = tokio::time::timeout(SOON, blocks.next()).await.unwrap().unwrap().unwrap();
    let EventData::NewBlock { block: Some(block), .. } = event.data else { panic!("{:?}", event.data) };
    assert_eq!(block.header.chain_id, alice.chain_id);
    socket.close().unwrap();
    driving.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cosmrs_and_tendermint_rpc_work_with_a_devnet() {
    use_it(&Node::start(Kind::Devnet).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cosmrs_and_tendermint_rpc_work_with_a_node_under_cometbft() {
    let Some(node) = Node::start(Kind::Comet) else { return };
    use_it(&node).await;
}
