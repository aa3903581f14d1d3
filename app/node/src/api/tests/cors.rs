//! Cross-origin access.

use std::sync::Arc;

use super::support::{Answer, Script, http, ok, start};
use crate::api::{Cors, Limits};

const ORIGIN: &str = "https://wallet.example";
const PARAMS: &str = "/cosmos/bank/v1beta1/params";

/// A preflight, a simple request and an unknown route under a policy.
async fn answers(cors: Cors) -> [Answer; 3] {
    let script = Arc::new(Script::default());
    script.set(ok(Vec::new()));
    let servers = start(script, cors, Limits::default()).await;
    let address = servers.rest_address().unwrap();
    let asked = [
        ("origin", ORIGIN),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "content-type"),
    ];
    let found = [
        http(address, "OPTIONS", PARAMS, &asked, b"").await,
        http(address, "GET", PARAMS, &[("origin", ORIGIN)], b"").await,
        http(address, "GET", "/nope", &[("origin", ORIGIN)], b"").await,
    ];
    servers.stop().await;
    found
}

fn allowed(answers: &[Answer; 3]) -> Vec<Option<&str>> {
    answers.iter().map(|answer| answer.header("access-control-allow-origin")).collect()
}

#[tokio::test]
async fn without_a_policy_no_page_may_read() {
    let found = answers(Cors::Off).await;
    assert_eq!(found.each_ref().map(|a| a.status), [501, 200, 501]);
    assert_eq!(allowed(&found), [None; 3]);
}

#[tokio::test]
async fn any_origin_may_read_answers_and_errors() {
    let found = answers(Cors::Any).await;
    assert_eq!(found.each_ref().map(|a| a.status), [200, 200, 501]);
    assert_eq!(allowed(&found), [Some("*"); 3]);
    assert_eq!(found[0].header("access-control-allow-headers"), Some("content-type"));
    assert!(found[0].body.is_empty());
}

#[tokio::test]
async fn only_listed_origins_may_read() {
    let found = answers(Cors::Origins(vec![ORIGIN.to_owned()])).await;
    assert_eq!(allowed(&found), [Some(ORIGIN); 3]);
    assert_eq!(found[1].header("vary"), Some("origin"));
    let found = answers(Cors::Origins(vec!["https://other.example".to_owned()])).await;
    assert_eq!(found.each_ref().map(|a| a.status), [501, 200, 501]);
    assert_eq!(allowed(&found), [None; 3]);
}
