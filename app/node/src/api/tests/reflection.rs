//! Reflection as a client uses it: list, then rebuild every service from the files it is given.

use std::collections::BTreeSet;
use std::sync::Arc;

use agora_proto::types::grpc::reflection::v1::server_reflection_request::MessageRequest;
use agora_proto::types::grpc::reflection::v1::server_reflection_response::MessageResponse;
use agora_proto::types::grpc::reflection::v1::{
    ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse,
};
use futures::StreamExt;
use http::uri::PathAndQuery;
use prost_reflect::DescriptorPool;
use prost_reflect::prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use tonic::codec::ProstCodec;

use super::grpc::connect;
use super::support::{Script, start};
use crate::api::{Cors, Limits};

async fn ask(version: &str, questions: Vec<MessageRequest>) -> Vec<MessageResponse> {
    let script =
        Script { unserved: vec!["/cosmos.mint.v1beta1.Query/Inflation".to_owned()], ..Script::default() };
    let servers = start(Arc::new(script), Cors::Off, Limits::default()).await;
    let mut client = connect(&servers).await;
    client.ready().await.unwrap();
    let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
    let requests: Vec<_> = questions
        .into_iter()
        .map(|q| ServerReflectionRequest { host: "here".to_owned(), message_request: Some(q) })
        .collect();
    let codec: ProstCodec<ServerReflectionRequest, ServerReflectionResponse> = ProstCodec::default();
    let stream = futures::stream::iter(requests.clone());
    let answers = client
        .streaming(tonic::Request::new(stream), PathAndQuery::try_from(path).unwrap(), codec)
        .await
        .unwrap()
        .into_inner();
    let answers: Vec<ServerReflectionResponse> = answers.map(Result::unwrap).collect().await;
    servers.stop().await;
    assert_eq!(answers.len(), requests.len());
    for (answer, request) in answers.iter().zip(&requests) {
        assert_eq!((answer.valid_host.as_str(), answer.original_request.as_ref()), ("here", Some(request)));
    }
    answers.into_iter().map(|answer| answer.message_response.unwrap()).collect()
}

fn services(answer: &MessageResponse) -> Vec<String> {
    match answer {
        MessageResponse::ListServicesResponse(list) => list.service.iter().map(|s| s.name.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_can_list_and_describe_every_service_in_both_versions() {
    for version in ["v1", "v1alpha"] {
        let listed = services(&ask(version, vec![MessageRequest::ListServices(String::new())]).await[0]);
        assert!(listed.iter().any(|name| name == "cosmos.bank.v1beta1.Query"), "{listed:?}");
        assert!(listed.iter().any(|name| name == "grpc.reflection.v1alpha.ServerReflection"), "{listed:?}");
        assert!(!listed.iter().any(|name| name.ends_with(".Msg")), "messages are not callable: {listed:?}");
        let questions = listed.iter().cloned().map(MessageRequest::FileContainingSymbol).collect();
        // One stream for all: files that came with an earlier answer are not sent again.
        let mut set = FileDescriptorSet::default();
        let mut names = BTreeSet::new();
        for answer in ask(version, questions).await {
            let MessageResponse::FileDescriptorResponse(files) = answer else { panic!("{answer:?}") };
            assert!(!files.file_descriptor_proto.is_empty());
            for file in files.file_descriptor_proto {
                let file = FileDescriptorProto::decode(file.as_slice()).unwrap();
                if names.insert(file.name().to_owned()) {
                    set.file.push(file);
                }
            }
        }
        let pool = DescriptorPool::from_file_descriptor_set(set).unwrap();
        for name in &listed {
            let service = pool.get_service_by_name(name).unwrap_or_else(|| panic!("{name} is not described"));
            assert!(service.methods().len() > 0);
        }
        let bank = pool.get_service_by_name("cosmos.bank.v1beta1.Query").unwrap();
        assert!(bank.methods().any(|method| method.name() == "Balance"));
    }
}

#[tokio::test]
async fn files_symbols_and_extensions_are_found_and_the_unknown_is_an_error() {
    let symbol = |name: &str| MessageRequest::FileContainingSymbol(name.to_owned());
    let first = |answer: &MessageResponse| match answer {
        MessageResponse::FileDescriptorResponse(files) => {
            FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).unwrap().name().to_owned()
        }
        other => panic!("{other:?}"),
    };
    let answers = ask(
        "v1",
        vec![
            MessageRequest::FileByFilename("cosmos/bank/v1beta1/bank.proto".to_owned()),
            symbol("cosmos.bank.v1beta1.Query.Balance"),
            symbol(".cosmos.bank.v1beta1.Params.send_enabled"),
            symbol("cosmos.tx.v1beta1.BroadcastMode"),
            symbol("google.api.http"),
            MessageRequest::FileContainingExtension(ExtensionRequest {
                containing_type: "google.protobuf.MethodOptions".to_owned(),
                extension_number: 72_295_728,
            }),
            MessageRequest::AllExtensionNumbersOfType("google.protobuf.MethodOptions".to_owned()),
            symbol("cosmos.bank.v1beta1.Query.Nope"),
            MessageRequest::FileByFilename("nope.proto".to_owned()),
            MessageRequest::AllExtensionNumbersOfType("no.Such".to_owned()),
        ],
    )
    .await;
    assert_eq!(first(&answers[0]), "cosmos/bank/v1beta1/bank.proto");
    assert_eq!(first(&answers[1]), "cosmos/bank/v1beta1/query.proto");
    assert_eq!(first(&answers[2]), "cosmos/bank/v1beta1/bank.proto");
    assert_eq!(first(&answers[3]), "cosmos/tx/v1beta1/service.proto");
    assert_eq!(first(&answers[4]), "google/api/annotations.proto");
    assert_eq!(first(&answers[5]), "google/api/annotations.proto");
    let MessageResponse::AllExtensionNumbersResponse(numbers) = &answers[6] else {
        panic!("{:?}", answers[6])
    };
    assert!(numbers.extension_number.contains(&72_295_728));
    for answer in &answers[7..] {
        let MessageResponse::ErrorResponse(error) = answer else { panic!("{answer:?}") };
        assert_eq!(error.error_code, 5, "{error:?}");
    }
}

#[tokio::test]
async fn custom_options_survive_in_the_files_that_are_sent() {
    let answers =
        ask("v1", vec![MessageRequest::FileContainingSymbol("cosmos.bank.v1beta1.Query".to_owned())]).await;
    let MessageResponse::FileDescriptorResponse(files) = &answers[0] else { panic!("{:?}", answers[0]) };
    let route = b"/cosmos/bank/v1beta1/balances/{address}";
    assert!(files.file_descriptor_proto[0].windows(route.len()).any(|window| window == route));
}
