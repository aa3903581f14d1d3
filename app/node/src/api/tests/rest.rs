//! The REST gateway, exchange by exchange.

use std::collections::BTreeSet;
use std::sync::Arc;

use agora_proto::descriptor_pool;
use agora_proto::json::{JsonCodec, write_value};
use prost_reflect::DynamicMessage;
use prost_reflect::prost::Message;
use serde_json::{Value, json};

use super::support::{HEAD, Script, http, ok, recorded, refused, start};
use crate::api::backend::method_of;
use crate::api::{Cors, Limits};
use crate::query::{QueryAnswer, QueryStatus};

/// Exchanges in which this gateway differs on purpose, and how.
const DIFFERENT: [(&str, &str); 15] = [
    ("http: root", "an index instead of 501"),
    ("auth: height header: not a number", "code 3, not 2: the client is wrong, not the node"),
    ("auth: height header: negative", "code 3, not 2: the client is wrong, not the node"),
    ("gov_v1: by unknown status name", "the enum's full name"),
    ("gov_v1beta1: status by name is refused before dispatch", "enum names are taken everywhere"),
    ("gov_v1beta1: id not a number is refused before dispatch", "an unserved method has no routes at all"),
    ("gov_v1beta1: all proposals", "the words of any unknown route"),
    ("gov_v1beta1: proposal", "the words of any unknown route"),
    ("gov_v1beta1: params", "the words of any unknown route"),
    ("tx: simulate: tx_bytes not base64", "the decoder's own words"),
    ("tx: simulate: body not JSON", "the decoder's own words"),
    ("tx: broadcast, unknown mode", "the decoder's own words"),
    ("http: CORS preflight", "tested apart"),
    ("http: CORS preflight for POST", "tested apart"),
    ("pruned: CORS off (default): preflight", "tested apart"),
];

/// The status of those of them that must still hold.
const SAME_STATUS: [&str; 7] = [
    "gov_v1beta1: all proposals",
    "gov_v1beta1: proposal",
    "gov_v1beta1: params",
    "gov_v1: by unknown status name",
    "tx: simulate: tx_bytes not base64",
    "tx: simulate: body not JSON",
    "tx: broadcast, unknown mode",
];

#[tokio::test]
async fn recorded_rest_exchanges_are_answered_as_recorded() {
    let exchanges = recorded(include_str!("data/exchanges.json"));
    let unserved =
        exchanges.iter().filter(|e| e["status"] == 501).filter_map(|e| Some(e["rpc"].as_str()?.to_owned()));
    let script = Arc::new(Script { unserved: unserved.collect(), ..Script::default() });
    let servers = start(script.clone(), Cors::Off, Limits::default()).await;
    let address = servers.rest_address().unwrap();
    let codec = JsonCodec::new(descriptor_pool());
    let (mut wrong, mut bodies, mut undefined) = (Vec::new(), 0, BTreeSet::new());
    for exchange in &exchanges {
        let name = exchange["name"].as_str().unwrap();
        let different = DIFFERENT.iter().any(|(known, _)| *known == name);
        if different && !SAME_STATUS.contains(&name) {
            continue;
        }
        if exchange["rpc"].as_str().is_some_and(|rpc| method_of(descriptor_pool(), rpc).is_none()) {
            undefined.insert(exchange["rpc"].as_str());
            continue;
        }
        let status = exchange["status"].as_u64().unwrap();
        let height = exchange["height"].as_u64().unwrap_or(HEAD);
        script.set(scripted(&codec, exchange, height));
        let body = exchange.get("request_body").map(body_text).unwrap_or_default();
        let headers: Vec<(&str, &str)> = exchange["request_headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let method = exchange["method"].as_str().unwrap();
        let path = exchange["path"].as_str().unwrap();
        let answer = http(address, method, path, &headers, body.as_bytes()).await;
        let mut complain = |what: String| wrong.push(format!("{name} {path}: {what}"));
        if u64::from(answer.status) != status {
            complain(format!("status {} instead of {status}: {}", answer.status, answer.text()));
            continue;
        }
        if let Some(wanted) = exchange.get("body").filter(|_| !different) {
            bodies += 1;
            if answer.text() != write_value(wanted) {
                complain(format!("{}\ninstead of\n{}", answer.text(), write_value(wanted)));
            }
        }
        if exchange.get("height").is_some() {
            let head = if status == 200 { height } else { HEAD }.to_string();
            if answer.header("grpc-metadata-x-cosmos-block-height") != Some(&head) {
                complain(format!("height {:?} instead of {head}", answer.headers));
            }
            if answer.header("x-cosmos-block-height").is_some() != (status == 200) {
                complain("the plain height header comes with success and only then".to_owned());
            }
        }
        if let Some(location) = exchange.get("location") {
            assert_eq!(answer.header("location"), location.as_str());
        }
        let asked = script.take_asked();
        if let (Some((asked, ..)), Some(rpc)) = (asked.first(), exchange["rpc"].as_str())
            && asked != rpc
        {
            complain(format!("asked {asked} instead of {rpc}"));
        }
        if status == 200 && asked.is_empty() && path != "/" {
            complain("nothing was asked".to_owned());
        }
    }
    servers.stop().await;
    assert!(undefined.len() < 10, "{undefined:?}");
    assert!(bodies > 300, "only {bodies} bodies were compared");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn body_text(body: &Value) -> String {
    body.as_str().map_or_else(|| body.to_string(), str::to_owned)
}

/// What the application would have said for the recorded outcome.
fn scripted(codec: &JsonCodec, exchange: &Value, height: u64) -> Result<QueryAnswer, QueryStatus> {
    let body = &exchange["body"];
    if exchange["status"] != 200 {
        let code = u32::try_from(body["code"].as_u64().unwrap_or(2)).unwrap();
        return refused(code, body["message"].as_str().unwrap_or_default());
    }
    let method = method_of(descriptor_pool(), exchange["rpc"].as_str().unwrap()).unwrap();
    let message = match exchange.get("body") {
        Some(body) => {
            codec.from_json(method.output(), body).unwrap_or_else(|e| panic!("{}: {e}", exchange["name"]))
        }
        None => DynamicMessage::new(method.output()),
    };
    Ok(QueryAnswer { value: message.encode_to_vec(), height })
}

/// The request message that a request line and body lead to.
async fn request(method: &str, path: &str, body: &str) -> Value {
    let script = Arc::new(Script::default());
    script.set(ok(Vec::new()));
    let servers = start(script.clone(), Cors::Off, Limits::default()).await;
    let answer = http(servers.rest_address().unwrap(), method, path, &[], body.as_bytes()).await;
    servers.stop().await;
    let asked = script.take_asked();
    let Some((path, bytes, _)) = asked.first() else { panic!("{}: {}", answer.status, answer.text()) };
    let input = method_of(descriptor_pool(), path).unwrap().input();
    let message = DynamicMessage::decode(input, bytes.as_slice()).unwrap();
    JsonCodec::new(descriptor_pool()).to_value(&message).unwrap()
}

#[tokio::test]
async fn query_parameters_reach_nested_repeated_enum_and_bytes_fields() {
    let balances = "/cosmos/bank/v1beta1/balances/a%2Fb%20c";
    let found = request(
        "GET",
        &format!("{balances}?pagination.limit=7&pagination.key=c3Rha2U%3D&resolve_denom=true"),
        "",
    )
    .await;
    assert_eq!(found["address"], "a/b c");
    assert_eq!(found["pagination"]["limit"], "7");
    assert_eq!(found["pagination"]["key"], "c3Rha2U=");
    assert_eq!(found["resolve_denom"], true);
    let found = request(
        "GET",
        &format!("{balances}?pagination.countTotal=true&resolveDenom=1&address=other&x=y"),
        "",
    )
    .await;
    assert_eq!((&found["pagination"]["count_total"], &found["resolve_denom"]), (&json!(true), &json!(true)));
    assert_eq!(found["address"], "a/b c", "what the path says is not overwritten");
    let found = request("GET", "/cosmos/bank/v1beta1/send_enabled?denoms=b&denoms=a", "").await;
    assert_eq!(found["denoms"], json!(["b", "a"]));
    let found =
        request("GET", "/cosmos/tx/v1beta1/txs?query=a%3D%27b%27&order_by=ORDER_BY_DESC&page=2", "").await;
    assert_eq!(
        (&found["query"], &found["order_by"], &found["page"]),
        (&json!("a='b'"), &json!("ORDER_BY_DESC"), &json!("2"))
    );
    let found = request("GET", "/cosmos/tx/v1beta1/txs?events=a%3D1&events=b%3D2&order_by=1", "").await;
    assert_eq!((&found["events"], &found["order_by"]), (&json!(["a=1", "b=2"]), &json!("ORDER_BY_ASC")));
}

#[tokio::test]
async fn a_denom_with_slashes_fits_in_a_path_raw_and_escaped() {
    for denom in ["factory/agora1x/gold", "factory%2Fagora1x%2Fgold"] {
        let found =
            request("GET", &format!("/cosmos/bank/v1beta1/denom_owners/{denom}?pagination.limit=1"), "")
                .await;
        assert_eq!(found["denom"], "factory/agora1x/gold");
        assert_eq!(found["pagination"]["limit"], "1");
    }
}

#[tokio::test]
async fn a_posted_body_is_the_whole_request() {
    for body in
        [r#"{"tx_bytes":"AAEC","mode":"BROADCAST_MODE_SYNC"}"#, r#"{"txBytes":"AAEC","mode":2,"nope":[1]}"#]
    {
        let found = request("POST", "/cosmos/tx/v1beta1/txs?mode=3", body).await;
        assert_eq!(found, json!({"tx_bytes": "AAEC", "mode": "BROADCAST_MODE_SYNC"}));
    }
    assert_eq!(request("POST", "/cosmos/tx/v1beta1/simulate", "").await["tx_bytes"], Value::Null);
}

#[tokio::test]
async fn the_index_lists_the_routes_that_are_served_and_no_others() {
    let script =
        Script { unserved: vec!["/cosmos.bank.v1beta1.Query/Params".to_owned()], ..Script::default() };
    let servers = start(Arc::new(script), Cors::Off, Limits::default()).await;
    let answer = http(servers.rest_address().unwrap(), "GET", "/", &[], b"").await;
    servers.stop().await;
    let index: Value = serde_json::from_str(answer.text()).unwrap();
    let routes: Vec<&str> = index["routes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(routes.contains(&"GET /cosmos/bank/v1beta1/balances/{address}"), "{routes:?}");
    assert!(routes.contains(&"POST /cosmos/tx/v1beta1/txs"));
    assert!(!routes.contains(&"GET /cosmos/bank/v1beta1/params"));
}

#[tokio::test]
async fn an_answer_that_does_not_decode_is_an_internal_error() {
    let script = Arc::new(Script::default());
    script.set(ok(vec![0xff, 0xff]));
    let servers = start(script, Cors::Off, Limits::default()).await;
    let answer = http(servers.rest_address().unwrap(), "GET", "/cosmos/bank/v1beta1/params", &[], b"").await;
    servers.stop().await;
    assert_eq!(answer.status, 500);
    let body: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(body["code"], 13, "{body}");
}

/// Every schema reference inside `value`.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|inner| references(inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_openapi_document_describes_every_route_and_refers_to_nothing_missing() {
    let servers = start(Arc::new(Script::default()), Cors::Off, Limits::default()).await;
    let address = servers.rest_address().unwrap();
    let index: Value = serde_json::from_str(http(address, "GET", "/", &[], b"").await.text()).unwrap();
    let document: Value =
        serde_json::from_str(http(address, "GET", "/openapi.json", &[], b"").await.text()).unwrap();
    servers.stop().await;
    for route in index["routes"].as_array().unwrap() {
        let (verb, path) = route.as_str().unwrap().split_once(' ').unwrap();
        let operation = &document["paths"][path.replace("=**", "")][verb.to_ascii_lowercase()];
        assert!(operation["responses"]["200"].is_object(), "{route}");
        let parameters = operation["parameters"].as_array().unwrap();
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
        assert_eq!(in_path, path.matches('{').count(), "{route}");
    }
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
    let balances = &document["paths"]["/cosmos/bank/v1beta1/balances/{address}"]["get"]["parameters"];
    let names: Vec<&str> = balances.as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(names[0], "address");
    assert!(names.contains(&"pagination.limit"), "{names:?}");
}
