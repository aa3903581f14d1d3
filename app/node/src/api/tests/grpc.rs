//! gRPC calls over HTTP/2 as recorded.

use std::sync::Arc;

use bytes::Bytes;
use http::uri::PathAndQuery;
use tonic::Code;
use tonic::client::Grpc;
use tonic::metadata::AsciiMetadataKey;
use tonic::transport::Channel;

use super::support::{HEAD, Script, base64, ok, recorded, refused, start};
use crate::api::grpc::BytesCodec;
use crate::api::{ApiServers, Cors, Limits};

pub(super) async fn connect(servers: &ApiServers) -> Grpc<Channel> {
    let address = servers.grpc_address().unwrap();
    Grpc::new(Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap())
}

pub(super) async fn call(
    client: &mut Grpc<Channel>,
    path: &str,
    metadata: &[(&str, &str)],
    message: Vec<u8>,
) -> Result<tonic::Response<Bytes>, tonic::Status> {
    let mut request = tonic::Request::new(Bytes::from(message));
    for (name, value) in metadata {
        let name = AsciiMetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes()).unwrap();
        request.metadata_mut().append(name, value.parse().unwrap());
    }
    client.ready().await.map_err(|e| tonic::Status::unavailable(e.to_string()))?;
    client.unary(request, PathAndQuery::try_from(path).unwrap(), BytesCodec).await
}

fn height(metadata: &tonic::metadata::MetadataMap) -> Option<u64> {
    metadata.get("x-cosmos-block-height").map(|value| value.to_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn recorded_grpc_calls_are_answered_as_recorded() {
    let script = Arc::new(Script { unserved: vec!["/cosmos.gov.v1beta1.".to_owned()], ..Script::default() });
    let servers = start(script.clone(), Cors::Off, Limits::default()).await;
    let mut client = connect(&servers).await;
    let mut wrong = Vec::new();
    let calls = recorded(include_str!("data/calls.json"));
    for recorded in &calls {
        let name = recorded["name"].as_str().unwrap();
        let code = u32::try_from(recorded["code"].as_u64().unwrap()).unwrap();
        let wanted = recorded["message"].as_str().unwrap_or_default();
        // The application's part of the recording; the rest is the server's.
        script.set(if code == 0 { ok(base64(&recorded["response"])) } else { refused(code, wanted) });
        let metadata: Vec<&str> = recorded["request_metadata"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|v| v.as_str().unwrap())
            .collect();
        let pairs: Vec<(&str, &str)> = metadata.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        let path = recorded["method"].as_str().unwrap();
        let answer = call(&mut client, path, &pairs, base64(&recorded["request"])).await;
        let asked = script.take_asked();
        match (name, answer) {
            // The client is wrong, not the node: code 3 where the SDK says 2.
            ("height header not a number", Err(status)) => assert_eq!(status.code(), Code::InvalidArgument),
            (_, Ok(response)) => {
                if code != 0 || response.get_ref().as_ref() != base64(&recorded["response"]) {
                    wrong.push(format!("{name}: an answer instead of {code} {wanted}"));
                }
                if height(response.metadata()) != Some(HEAD) {
                    wrong.push(format!("{name}: height {:?}", response.metadata()));
                }
                let asked_height = match pairs.as_slice() {
                    [(_, height)] if *height != "0" => Some(height.parse().unwrap()),
                    _ => None,
                };
                assert_eq!(asked.first().map(|a| a.2), Some(asked_height), "{name}");
            }
            (_, Err(status)) => {
                // Our decoder words a malformed request in its own way.
                let known = "grpc: error unmarshalling request: ";
                let same = status.message() == wanted
                    || (wanted.starts_with(known) && status.message().starts_with(known));
                if i32::from(status.code()) != i32::try_from(code).unwrap() || !same {
                    wrong.push(format!("{name}: {status:?} instead of {code} {wanted}"));
                }
                if height(status.metadata()).is_some() != recorded.get("height").is_some() {
                    wrong.push(format!("{name}: height {:?}", status.metadata()));
                }
            }
        }
    }
    servers.stop().await;
    assert!(calls.len() > 60);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn a_malformed_request_is_said_to_be_malformed() {
    let script = Arc::new(Script::default());
    script.set(refused(3, "empty address string is not allowed"));
    let servers = start(script, Cors::Off, Limits::default()).await;
    let mut client = connect(&servers).await;
    let status = call(&mut client, "/cosmos.bank.v1beta1.Query/Balance", &[], vec![0x0a, 0x05, b'x'])
        .await
        .unwrap_err();
    servers.stop().await;
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().starts_with("grpc: error unmarshalling request: "), "{status:?}");
}

#[tokio::test]
async fn messages_over_the_limit_are_refused_and_the_connection_lives_on() {
    let limits = Limits { max_message_bytes: 1000, ..Limits::default() };
    let script = Arc::new(Script::default());
    script.set(ok(Vec::new()));
    let servers = start(script.clone(), Cors::Off, limits).await;
    let mut client = connect(&servers).await;
    let path = "/cosmos.bank.v1beta1.Query/Params";
    let status = call(&mut client, path, &[], vec![0; 1001]).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    script.set(ok(vec![0; 1001]));
    let status = call(&mut client, path, &[], Vec::new()).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    script.set(ok(vec![0x0a, 0x02, 0x10, 0x01]));
    assert_eq!(
        call(&mut client, path, &[], Vec::new()).await.unwrap().into_inner().as_ref(),
        [0x0a, 0x02, 0x10, 0x01]
    );
    servers.stop().await;
}
