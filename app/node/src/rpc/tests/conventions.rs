//! Conventions of transport that the recordings show in part only.

use super::client::{post, quick, raw, send, serve};
use super::recordings::exchanges;

fn health(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"health","params":{{}}}}"#)
}

#[tokio::test]
async fn the_root_lists_the_endpoints_as_recorded() {
    let (server, _) = serve(quick()).await;
    let recorded = exchanges("info").into_iter().find(|e| e.path == "/" && e.method == "GET").unwrap();
    let shown = recorded.body_text.unwrap();
    let beginning = shown.split(" ...(shortened)").next().unwrap();
    let answer =
        raw(server.local_addr(), b"GET / HTTP/1.1\r\nhost: 127.0.0.1:56657\r\nconnection: close\r\n\r\n")
            .await;
    assert_eq!(answer.headers["content-type"], "text/html");
    assert!(answer.body.starts_with(beginning.trim_end_matches("page=_&p")), "{}", answer.body);
    assert!(answer.body.ends_with("</body></html>"));
}

#[tokio::test]
async fn a_host_name_with_markup_does_not_reach_the_page() {
    let (server, _) = serve(quick()).await;
    let request = b"GET / HTTP/1.1\r\nhost: \"><script>x</script>\r\nconnection: close\r\n\r\n";
    let answer = raw(server.local_addr(), request).await;
    assert!(!answer.body.contains("script>"), "{}", answer.body);
}

#[tokio::test]
async fn quotes_and_comparisons_in_a_uri_may_be_raw() {
    let (server, _) = serve(quick()).await;
    let answer =
        send(server.local_addr(), "GET", "/tx_search?query=\"tx.height>99999998\"&per_page=\"5\"", &[], "")
            .await;
    assert_eq!(answer.body, r#"{"jsonrpc":"2.0","id":-1,"result":{"txs":[],"total_count":"0"}}"#);
}

#[tokio::test]
async fn a_fractional_id_is_cut_as_in_version_0_38() {
    let (server, _) = serve(quick()).await;
    let answer = post(server.local_addr(), &health("1.5")).await;
    assert_eq!(answer.body, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
}

#[tokio::test]
async fn every_answer_tells_the_time_of_the_server() {
    let (server, _) = serve(quick()).await;
    let answer = post(server.local_addr(), &health("1")).await;
    assert!(answer.headers["x-server-time"].parse::<u64>().unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn browsers_of_other_origins_are_let_in_only_if_allowed() {
    let ask = [
        ("origin".to_owned(), "https://wallet.example".to_owned()),
        ("access-control-request-method".to_owned(), "POST".to_owned()),
        ("access-control-request-headers".to_owned(), "content-type".to_owned()),
    ];
    let (open, _) = serve(quick()).await;
    let answer = send(open.local_addr(), "OPTIONS", "/", &ask, "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    assert_eq!(answer.headers["access-control-allow-methods"], "POST");
    assert_eq!(answer.headers["access-control-allow-headers"], "content-type");
    let call = send(open.local_addr(), "POST", "/", &ask[..1], &health("1")).await;
    assert_eq!(call.headers["access-control-allow-origin"], "*");
    assert_eq!(call.headers["vary"], "Origin");

    let mut config = quick();
    config.cors_allowed_origins = vec!["https://other.example".to_owned()];
    let (picky, _) = serve(config).await;
    let answer = send(picky.local_addr(), "OPTIONS", "/", &ask, "").await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));

    let mut config = quick();
    config.cors_allowed_origins.clear();
    let (closed, _) = serve(config).await;
    let answer = send(closed.local_addr(), "POST", "/", &ask[..1], &health("1")).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    assert!(!answer.headers.contains_key("vary"));
}

#[tokio::test]
async fn the_genesis_document_is_served_whole_and_in_chunks() {
    let (server, _) = serve(quick()).await;
    let whole = post(server.local_addr(), r#"{"id":1,"method":"genesis"}"#).await;
    let expected = r#"{"jsonrpc":"2.0","id":1,"result":{"genesis":{"chain_id":"rec-1","app_state":{"a \u003c b":[1,2]}}}}"#;
    assert_eq!(whole.body, expected);
    let chunk =
        post(server.local_addr(), r#"{"id":1,"method":"genesis_chunked","params":{"chunk":"0"}}"#).await;
    assert_eq!(chunk.json()["result"]["total"], "1");
    assert!(chunk.json()["result"]["data"].as_str().unwrap().starts_with("ewogICJjaGFpbl9pZCI6"));
}

#[tokio::test]
async fn waiting_for_a_transaction_ends_in_time() {
    let (server, _) = serve(quick()).await;
    let answer =
        post(server.local_addr(), r#"{"id":1,"method":"broadcast_tx_commit","params":{"tx":"YWJj"}}"#).await;
    assert_eq!(answer.json()["error"]["data"], "timed out waiting for tx to be included in a block");
}

#[tokio::test]
async fn a_stopped_server_frees_its_port() {
    let (server, _) = serve(quick()).await;
    let at = server.local_addr();
    assert_eq!(post(at, &health("1")).await.status, 200);
    server.stop().await;
    assert!(tokio::net::TcpListener::bind(at).await.is_ok());
}
