//! grpc-web on both ports, as recorded.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::support::{Answer, HEAD, Script, http, ok, refused, start};
use crate::api::{Cors, Limits};

const BALANCE: &str = "/cosmos.bank.v1beta1.Query/Balance";
const REQUEST: &str = "Ci1jb3Ntb3MxcnJuc3NhbG56a2MzYXg3bXE5MHo0Z2V1bTd1Y3pnN3RkaHJmeXYSBXN0YWtl";
const RESPONSE: &str = "ChUKBXN0YWtlEgw5Njk4MzI1Nzk2MTA=";

fn framed(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(message);
    frame
}

fn frames(mut raw: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    while let [flag, a, b, c, d, rest @ ..] = raw {
        let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap();
        found.push((*flag, rest[..length].to_vec()));
        raw = &rest[length..];
    }
    assert!(raw.is_empty(), "{raw:?}");
    found
}

async fn post(address: SocketAddr, path: &str, kind: &str, body: &[u8]) -> Answer {
    let headers = [("content-type", kind), ("x-grpc-web", "1"), ("x-cosmos-block-height", "5")];
    http(address, "POST", path, &headers, body).await
}

/// The status, from the headers or the last frame.
fn status(answer: &Answer, frames: &[(u8, Vec<u8>)]) -> (String, String) {
    let trailers = frames
        .iter()
        .find(|(flag, _)| flag & 0x80 != 0)
        .map(|(_, t)| String::from_utf8_lossy(t).into_owned());
    let find = |name: &str| {
        answer.header(name).map(str::to_owned).or_else(|| {
            let trailers = trailers.as_ref()?;
            trailers
                .split("\r\n")
                .find_map(|line| Some(line.strip_prefix(name)?.trim_start_matches([':', ' ']).to_owned()))
        })
    };
    (find("grpc-status").unwrap_or_default(), find("grpc-message").unwrap_or_default())
}

#[tokio::test]
async fn grpc_web_is_answered_on_both_ports_in_binary_and_text() {
    let script = Arc::new(Script::default());
    let servers = start(script.clone(), Cors::Any, Limits::default()).await;
    for address in [servers.grpc_address().unwrap(), servers.rest_address().unwrap()] {
        let request = STANDARD.decode(REQUEST).unwrap();
        script.set(ok(STANDARD.decode(RESPONSE).unwrap()));
        script.take_asked();
        for kind in ["application/grpc-web", "application/grpc-web+proto"] {
            let answer = post(address, BALANCE, kind, &framed(&request)).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("content-type"), Some("application/grpc-web+proto"));
            assert_eq!(answer.header("x-cosmos-block-height"), Some(HEAD.to_string().as_str()));
            let frames = frames(&answer.body);
            assert_eq!(frames[0], (0, STANDARD.decode(RESPONSE).unwrap()));
            assert_eq!(status(&answer, &frames).0, "0", "{answer:?}");
            let asked = script.take_asked();
            assert_eq!(asked, [(BALANCE.to_owned(), request.clone(), Some(5))]);
        }
        let text = STANDARD.encode(framed(&request));
        for accept in [None, Some("*/*"), Some("application/grpc-web-text")] {
            let mut headers = vec![("content-type", "application/grpc-web-text"), ("x-grpc-web", "1")];
            headers.extend(accept.map(|accept| ("accept", accept)));
            let answer = http(address, "POST", BALANCE, &headers, text.as_bytes()).await;
            let kind = answer.header("content-type").unwrap();
            assert!(kind.starts_with("application/grpc-web-text"), "{accept:?} {kind}");
            // Each write is padded separately: decode group by group.
            let decoded: Vec<u8> =
                answer.body.chunks(4).flat_map(|group| STANDARD.decode(group).unwrap()).collect();
            let frames = frames(&decoded);
            assert_eq!(frames[0], (0, STANDARD.decode(RESPONSE).unwrap()));
            assert_eq!(status(&answer, &frames).0, "0", "{answer:?}");
        }
        let binary =
            [("content-type", "application/grpc-web-text"), ("accept", "application/grpc-web+proto")];
        let answer = http(address, "POST", BALANCE, &binary, text.as_bytes()).await;
        assert_eq!(answer.header("content-type"), Some("application/grpc-web+proto"));
        assert_eq!(frames(&answer.body)[0], (0, STANDARD.decode(RESPONSE).unwrap()));

        script.set(refused(5, "account x not found"));
        let answer = post(address, BALANCE, "application/grpc-web+proto", &framed(&request)).await;
        assert_eq!((answer.status, status(&answer, &frames(&answer.body)).0.as_str()), (200, "5"));
        let answer = post(address, "/no.such.Query/X", "application/grpc-web+proto", &framed(&[])).await;
        assert_eq!((answer.status, status(&answer, &frames(&answer.body)).0.as_str()), (200, "12"));
    }
    servers.stop().await;
}

#[tokio::test]
async fn a_browser_may_call_grpc_web_after_a_preflight() {
    let script = Arc::new(Script::default());
    script.set(ok(STANDARD.decode(RESPONSE).unwrap()));
    let servers = start(script, Cors::Any, Limits::default()).await;
    for address in [servers.grpc_address().unwrap(), servers.rest_address().unwrap()] {
        let asked = [
            ("origin", "https://wallet.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-grpc-web"),
        ];
        let answer = http(address, "OPTIONS", BALANCE, &asked, b"").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
        assert_eq!(answer.header("access-control-allow-headers"), Some("content-type,x-grpc-web"));
        let headers = [("origin", "https://wallet.example"), ("content-type", "application/grpc-web+proto")];
        let answer = http(address, "POST", BALANCE, &headers, &framed(&[])).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(answer.header("access-control-expose-headers").unwrap().contains("grpc-status"));
    }
    servers.stop().await;
}

#[tokio::test]
async fn plain_grpc_over_http_1_is_refused_on_both_ports() {
    let servers = start(Arc::new(Script::default()), Cors::Off, Limits::default()).await;
    let grpc = post(servers.grpc_address().unwrap(), BALANCE, "application/grpc", &framed(&[])).await;
    let rest = post(servers.rest_address().unwrap(), BALANCE, "application/grpc", &framed(&[])).await;
    servers.stop().await;
    assert_eq!((grpc.status, rest.status), (415, 501));
    assert_eq!(rest.text(), r#"{"code":12,"message":"Not Implemented","details":[]}"#);
}

#[tokio::test]
async fn the_deadline_of_a_client_is_kept() {
    let script = Arc::new(Script { delay: Duration::from_millis(300), ..Script::default() });
    script.set(ok(STANDARD.decode(RESPONSE).unwrap()));
    let servers = start(script, Cors::Off, Limits::default()).await;
    let address = servers.grpc_address().unwrap();
    for (timeout, wanted) in [("50m", "4"), ("5S", "0"), ("nonsense", "0")] {
        let headers = [("content-type", "application/grpc-web+proto"), ("grpc-timeout", timeout)];
        let answer = http(address, "POST", BALANCE, &headers, &framed(&[])).await;
        assert_eq!(status(&answer, &frames(&answer.body)).0, wanted, "{timeout}");
    }
    servers.stop().await;
}
