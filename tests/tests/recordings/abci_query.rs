//! The recorded `abci_query` requests, asked of the application.

use agora_state::{KeyRange, Space, StateRead as _};
use serde::Deserialize;
use tendermint_abci::Application as _;
use tendermint_proto::v0_38::abci::{RequestQuery, ResponseQuery};

use crate::chain::Chain;
use crate::meant::ABCI_QUERY;
use crate::{mapping, transactions, vectors};

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    path: String,
    /// Hex.
    data: String,
    height: String,
    prove: bool,
    response: Response,
}

/// What is compared: values only for being there or not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Response {
    code: u32,
    codespace: String,
    log: String,
    /// `0`, or something else.
    height: String,
    value: bool,
    key: bool,
    proof: bool,
}

/// The layout of keys is each chain's own: in place of a recorded key that holds something, one of ours that does.
fn store_key(chain: &Chain, path: &str, recorded: &str) -> Vec<u8> {
    let name = path.trim_start_matches('/').split('/').nth(1).unwrap_or_default();
    let store = chain.app.store();
    let held = recorded.contains("18e70877f315b11e9bdb015e2aa33cdfb98123cb");
    match store.stores().iter().find(|id| id.name() == name) {
        Some(id) if held => {
            let range = KeyRange {
                store: *id,
                space: Space::Tree,
                start: Vec::new(),
                end: None,
                reverse: false,
                limit: 1,
            };
            store.snapshot(None).unwrap().range(&range).unwrap()[0].0.clone()
        }
        _ => hex::decode(recorded).unwrap(),
    }
}

fn request(chain: &Chain, case: &Case) -> RequestQuery {
    // The store of accounts has another name here.
    let path = case.path.replace("/store/acc/", "/store/auth/");
    let data = hex::decode(&case.data).unwrap();
    let method = case.path.trim_start_matches('/').split_once('/').and_then(|(service, method)| {
        let service = chain.pool().get_service_by_name(service)?;
        service.methods().find(|m| m.name() == method)
    });
    let data = match method {
        Some(method) => mapping::message(chain.pool(), method.input().full_name(), &data),
        None if case.path.contains("store/") => store_key(chain, &path, &case.data),
        None if case.path == "/app/simulate" => mapping::message(chain.pool(), "cosmos.tx.v1beta1.Tx", &data),
        None => data,
    };
    RequestQuery { data: data.into(), path, height: case.height.parse().unwrap(), prove: case.prove }
}

fn comparable(response: &ResponseQuery) -> Response {
    Response {
        code: response.code,
        codespace: response.codespace.clone(),
        log: response.log.clone(),
        height: response.height.to_string(),
        value: !response.value.is_empty(),
        key: !response.key.is_empty(),
        proof: response.proof_ops.is_some(),
    }
}

/// The head's height, whatever it is.
fn without_heads_height(response: Response, head: &str) -> Response {
    if response.height == head { Response { height: "head".to_owned(), ..response } } else { response }
}

#[test]
fn the_application_answers_abci_queries_as_the_recorded_node_did() {
    let chain = transactions::replayed();
    let head = chain.app.store().latest().unwrap().height.to_string();
    let cases: Vec<Case> = vectors::read("abci_query.json");
    assert!(cases.len() > 30);
    let mut found = Vec::new();
    for case in cases {
        let ours = without_heads_height(comparable(&chain.app.query(request(&chain, &case))), &head);
        let theirs = Response { log: mapping::text(&case.response.log), ..case.response.clone() };
        let theirs = without_heads_height(theirs, "205");
        match ABCI_QUERY.iter().find(|meant| meant.0 == case.name) {
            Some(_) if ours == theirs => found.push(format!("{}: no difference any more", case.name)),
            Some((_, code, codespace, log, _))
                if ours.code == *code && ours.codespace == *codespace && ours.log.contains(log) => {}
            Some(meant) => found.push(format!("{}: meant {meant:?}\n  ours   {ours:?}", case.name)),
            None if ours != theirs => {
                found.push(format!("{}:\n  theirs {theirs:?}\n  ours   {ours:?}", case.name));
            }
            None => {}
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
