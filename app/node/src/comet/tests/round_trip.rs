//! What a chain knows, served by our RPC server and read back by the client, is the same.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::chain::{BlockEvent, Chain, ChainError, Order};
use crate::comet::{CometChain, CometConfig};
use crate::rpc::tests::recorded::{HEAD, RecordedChain, recorded_events};
use crate::rpc::tests::recordings::exchanges;
use crate::rpc::{RpcConfig, RpcServer};

/// Serves the recorded chain and runs `check` with it and with a client of the server.
async fn with_client(check: impl FnOnce(&RecordedChain, &CometChain) + Send + 'static) {
    let chain = Arc::new(RecordedChain::new());
    let config = RpcConfig { listen: "127.0.0.1:0".parse().unwrap(), ..RpcConfig::default() };
    let server = RpcServer::start(chain.clone(), config).await.unwrap();
    let comet = CometChain::new(&CometConfig {
        url: format!("tcp://{}", server.local_addr()),
        poll_interval: Duration::from_millis(20),
        ..CometConfig::default()
    });
    tokio::task::spawn_blocking(move || check(&chain, &comet)).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn blocks_results_commits_and_sets_are_the_same() {
    with_client(|chain, comet| {
        for height in [1, 65, 193] {
            assert_eq!(comet.block(Some(height)), chain.block(Some(height)));
            let hash = chain.block(Some(height)).unwrap().block_id.hash.clone();
            assert_eq!(comet.height_by_hash(&hash), Ok(Some(height)));
        }
        assert_eq!(comet.height_by_hash(&[1; 32]), Ok(None));
        for height in [2, 65, 90, 138] {
            assert_eq!(comet.block_results(Some(height)), chain.block_results(Some(height)));
        }
        for height in [None, Some(65), Some(141)] {
            assert_eq!(comet.commit(height), chain.commit(height));
        }
        for height in [None, Some(141)] {
            assert_eq!(comet.validators(height), chain.validators(height));
        }
        for height in [None, Some(5)] {
            assert_eq!(comet.consensus_params(height), chain.consensus_params(height));
        }
        assert_eq!(comet.genesis(), chain.genesis());
        assert_eq!(comet.abci_info(), chain.abci_info());
        let (seen, known) = (comet.status().unwrap(), chain.status().unwrap());
        assert_eq!(seen.latest.as_ref().unwrap().block_id, known.latest.as_ref().unwrap().block_id);
        assert_eq!(seen.earliest, known.earliest);
        assert_eq!(
            (seen.node_id, seen.network, seen.validator),
            (known.node_id, known.network, known.validator)
        );
    })
    .await;
}

#[tokio::test]
async fn transactions_and_searches_are_the_same() {
    with_client(|chain, comet| {
        let mut searched = 0;
        for exchange in exchanges("tx").iter().filter(|e| e.name.starts_with("tx_search by")) {
            let Ok(request) = serde_json::from_str::<serde_json::Value>(&exchange.request) else { continue };
            let query = request["params"]["query"].as_str().unwrap();
            let number = |name: &str, default| {
                request["params"][name].as_str().map_or(default, |n: &str| n.parse().unwrap())
            };
            let (page, per_page) = (number("page", 1), number("per_page", 30));
            let found = chain.tx_search(query, page, per_page, Order::Ascending).unwrap();
            assert_eq!(comet.tx_search(query, page, per_page, Order::Ascending), Ok(found.clone()));
            // Beyond the end there is nothing, but the total is known.
            let beyond = comet.tx_search(query, 900, per_page, Order::Ascending).unwrap();
            assert_eq!((beyond.items.len(), beyond.total), (0, found.total));
            for tx in found.items {
                assert_eq!(comet.tx(&tx.hash), Ok(Some(tx)));
                searched += 1;
            }
        }
        assert!(searched >= 3, "{searched}");
        assert_eq!(comet.tx(&[9; 32]), Ok(None));
        let bad = comet.tx_search("abc", 1, 10, Order::Ascending);
        assert_eq!(bad, Err(ChainError::Query("offset 3: EOF".into())));
    })
    .await;
}

#[tokio::test]
async fn checks_and_refusals_are_the_same() {
    with_client(|_, comet| {
        let tx = b"a transaction".to_vec();
        assert_eq!(comet.check_tx(tx.clone()).unwrap().code, 0);
        assert_eq!(comet.broadcast(tx.clone()).unwrap().code, 0);
        assert_eq!(comet.broadcast(tx), Err(ChainError::TxInCache));
        assert_eq!(comet.unconfirmed(5), Ok((vec![], 0, 0)));
        assert_eq!(comet.unconfirmed(0), Ok((vec![], 0, 0)));
        let expected = "height 99999 must be less than or equal to the current blockchain height 205";
        assert_eq!(comet.block(Some(99_999)), Err(ChainError::Height(expected.into())));
    })
    .await;
}

#[tokio::test]
async fn queries_of_the_application_are_the_same() {
    with_client(|chain, comet| {
        let request = tendermint_proto::v0_38::abci::RequestQuery {
            path: "/store/bank/key".into(),
            data: hex::decode("021418e70877f315b11e9bdb015e2aa33cdfb98123cb7374616b65").unwrap().into(),
            height: 0,
            prove: true,
        };
        let answer = comet.abci_query(request.clone()).unwrap();
        assert_eq!(answer.proof_ops.as_ref().unwrap().ops.len(), 2);
        assert_eq!(Ok(answer), chain.abci_query(request));
    })
    .await;
}

#[tokio::test]
async fn a_subscriber_gets_every_new_block_in_order_and_once() {
    with_client(|chain, comet| {
        let mut events = comet.subscribe();
        let (template, with_tx) = recorded_events();
        let at_height = |event: &BlockEvent, height: u64| {
            let mut block = (*event.block).clone();
            block.block.header.as_mut().unwrap().height = height as i64;
            block.block_id.hash = Sha256::digest(height.to_le_bytes()).to_vec();
            block.size = prost::Message::encoded_len(&block.block);
            BlockEvent { block: Arc::new(block), results: event.results.clone() }
        };
        let made =
            [at_height(&template, HEAD + 1), at_height(&with_tx, HEAD + 2), at_height(&template, HEAD + 3)];
        for event in &made {
            chain.grow(event.clone());
        }
        for expected in &made {
            assert_eq!(events.blocking_recv().unwrap(), *expected);
        }
        assert!(events.try_recv().is_err());
    })
    .await;
}

#[test]
fn an_absent_or_foreign_server_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let comet = CometChain::new(&CometConfig { url: format!("http://{at}"), ..CometConfig::default() });
    let Err(ChainError::Internal(text)) = comet.status() else { panic!("there is nobody") };
    assert!(text.starts_with(&format!("cannot ask cometbft at http://{at} for status")), "{text}");
}
