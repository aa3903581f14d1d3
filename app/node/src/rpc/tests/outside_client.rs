//! The `tendermint-rpc` crate, unmodified: cosmrs, Hermes and many bots read a node through it.

use futures::StreamExt as _;
use tendermint_rpc::client::CompatMode;
use tendermint_rpc::query::EventType;
use tendermint_rpc::{
    Client as _, HttpClient, Order, Paging, SubscriptionClient as _, WebSocketClient, WebSocketClientUrl,
};

use super::client::{quick, serve};
use super::recorded::{HEAD, recorded_events};

#[tokio::test]
async fn tendermint_rpc_reads_our_answers() {
    let (server, chain) = serve(quick()).await;
    let url = format!("http://{}", server.local_addr());
    let client = HttpClient::builder(url.parse().unwrap()).compat_mode(CompatMode::V0_38).build().unwrap();

    client.health().await.unwrap();
    let status = client.status().await.unwrap();
    assert_eq!(status.sync_info.latest_block_height.value(), HEAD);
    assert_eq!(status.node_info.network.as_str(), "rec-1");
    assert_eq!(client.abci_info().await.unwrap().data, "SimApp");

    for height in [1u32, 65, 193] {
        let info = crate::chain::Chain::block(chain.as_ref(), Some(height.into())).unwrap();
        let answer = client.block(height).await.unwrap();
        // The header is hashed from what the client understood of it.
        assert_eq!(answer.block.header.hash().as_bytes(), info.block_id.hash);
        assert_eq!(answer.block_id.hash.as_bytes(), info.block_id.hash);
    }
    let results = client.block_results(138u32).await.unwrap();
    assert_eq!((results.txs_results.unwrap().len(), results.validator_updates.len()), (1, 1));
    assert!(client.block_results(2u32).await.unwrap().txs_results.is_none());
    let commit = client.commit(141u32).await.unwrap();
    assert_eq!(commit.signed_header.commit.signatures.len(), 3);
    assert_eq!(client.validators(141u32, Paging::All).await.unwrap().validators.len(), 3);
    assert_eq!(client.consensus_params(5u32).await.unwrap().consensus_params.block.max_gas, 40_000_000);

    let hash = "D3AE4641E71F1FB161746267F528D522A970BF30177FAC9C4D6FAE9AE0FF4556".parse().unwrap();
    let tx = client.tx(hash, true).await.unwrap();
    assert_eq!((tx.height.value(), tx.proof.unwrap().proof.total), (62, 1));
    let query = "message.sender='cosmos1kln3nlq9kfrxgt25tcwn2r4nz0refl79zxty9a'".parse().unwrap();
    let found = client.tx_search(query, false, 1, 2, Order::Ascending).await.unwrap();
    assert_eq!((found.txs.len(), found.total_count), (2, 10));
    assert_eq!(client.broadcast_tx_sync(b"hello".to_vec()).await.unwrap().code.value(), 0);
    let again = client.broadcast_tx_sync(b"hello".to_vec()).await.unwrap_err();
    assert!(again.to_string().contains("tx already exists in cache"), "{again}");
}

#[tokio::test]
async fn tendermint_rpc_reads_our_events() {
    let (server, chain) = serve(quick()).await;
    let url: WebSocketClientUrl = format!("ws://{}/websocket", server.local_addr()).parse().unwrap();
    let (client, driver) =
        WebSocketClient::builder(url).compat_mode(CompatMode::V0_38).build().await.unwrap();
    let driving = tokio::spawn(driver.run());
    let mut blocks = client.subscribe(EventType::NewBlock.into()).await.unwrap();
    let mut txs = client.subscribe(EventType::Tx.into()).await.unwrap();
    let (block, with_tx) = recorded_events();
    assert!(chain.publish(block));
    assert!(chain.publish(with_tx));
    let event = blocks.next().await.unwrap().unwrap();
    assert_eq!(event.events.unwrap()["tm.event"], ["NewBlock"]);
    let tx = txs.next().await.unwrap().unwrap();
    assert_eq!(tx.events.unwrap()["tx.height"], ["211"]);
    client.close().unwrap();
    driving.await.unwrap().unwrap();
}
