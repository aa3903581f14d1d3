//! A module is one folder and one line: everything else follows from its definitions.

use std::sync::Arc;

use agora_cli::amount::{Coin, DenomTable};
use agora_cli::dynamic::tree::groups;
use agora_cli::dynamic::{Definitions, Purpose, Resolve};
use agora_framework::Module;
use agora_genesis::GenesisDocument;
use agora_node::api::{ApiConfig, ApiServers, HeadHeight};
use agora_node::app::{App, AppQueries};
use agora_node::chain::Chain;
use agora_node::devnet::{BlockMode, Devnet, DevnetConfig};
use agora_primitives::Address;
use agora_proto::types::grpc::reflection::v1::server_reflection_request::MessageRequest;
use agora_proto::types::grpc::reflection::v1::server_reflection_response::MessageResponse;
use agora_proto::types::grpc::reflection::v1::{ServerReflectionRequest, ServerReflectionResponse};
use agora_runtime::Runtime;
use agora_store::{Options, Store};
use agora_tests::demo::Demo;
use agora_tests::demo::proto::agora::demo::v1 as wire;
use agora_tests::txs::{Draft, SignMode};
use agora_tests::{Account, TestChain};
use prost::Message;
use serde_json::{Value, json};
use tonic::codec::ProstCodec;
use tonic::codegen::http::uri::PathAndQuery;

/// The list of modules with one line more.
fn modules() -> Vec<Arc<dyn Module>> {
    let mut modules = agora_runtime::modules();
    modules.push(Arc::new(Demo));
    modules
}

fn chain() -> (TestChain, Account) {
    let alice = Account::new("alice");
    (TestChain::builder().modules(modules).accounts([&alice]).build(), alice)
}

fn words(account: &Account, words: &str) -> wire::MsgSignBook {
    wire::MsgSignBook { guest: account.address.to_string(), words: words.to_owned() }
}

#[test]
fn it_executes_messages_and_answers_queries_and_records_events() {
    let (mut chain, alice) = chain();
    let done = chain.tx(&alice).msg(&words(&alice, "a fine evening")).run().expect_ok();
    let answer = wire::MsgSignBookResponse::decode(done.responses()[0].value.as_slice()).unwrap();
    assert_eq!(answer.entries, 1);
    let line = format!("signed(guest={alice}, words=a fine evening, entries=1, msg_index=0)");
    assert!(done.event_lines().contains(&line), "{:?}", done.event_lines());
    let request = wire::QueryEntryRequest { guest: alice.address.to_string() };
    let entry: wire::QueryEntryResponse = chain.query("/agora.demo.v1.Query/Entry", &request).unwrap();
    assert_eq!((entry.words.as_str(), entry.entries), ("a fine evening", 1));
    let _ = chain.tx(&alice).msg(&words(&alice, "")).run().expect_code("demo", 2).saying("0 bytes");
    let _ = chain.tx(&alice).msg(&words(&alice, &"x".repeat(141))).run().expect_code("demo", 2);
}

#[test]
fn any_wallet_signs_its_messages_in_amino() {
    let (mut chain, alice) = chain();
    let _ = chain.tx(&alice).msg(&words(&alice, "in amino")).mode(SignMode::Amino).run().expect_ok();
    let registry = chain.runtime().registry();
    let document = agora_proto::amino::AminoCodec::new(registry.pool())
        .any_to_amino("/agora.demo.v1.MsgSignBook", &words(&alice, "<b>").encode_to_vec())
        .unwrap();
    assert_eq!(
        document,
        json!({"type": "agora/demo/MsgSignBook", "value": {"guest": alice.address.to_string(), "words": "<b>"}})
    );
}

#[test]
fn its_genesis_section_goes_out_and_in() {
    let (mut chain, alice) = chain();
    let _ = chain.tx(&alice).msg(&words(&alice, "kept")).run().expect_ok();
    let export = chain.export();
    assert_eq!(export["demo"]["entries"][alice.address.to_string()], "kept");
    let next = TestChain::builder().modules(modules).app_state(export.clone()).build();
    assert_eq!(next.export()["demo"], export["demo"]);
}

#[test]
fn without_its_line_the_chain_knows_nothing_of_it() {
    let alice = Account::new("alice");
    let mut chain = TestChain::builder().accounts([&alice]).build();
    let _ = chain.tx(&alice).msg(&words(&alice, "hello")).run().expect_code("sdk", 2);
    let request = wire::QueryEntryRequest { guest: alice.address.to_string() };
    assert!(chain.query::<_, wire::QueryEntryResponse>("/agora.demo.v1.Query/Entry", &request).is_err());
}

#[test]
fn its_generated_code_is_what_its_definitions_say() {
    for module in ["src/demo", "src/faults", "../modules/dex"] {
        let root = agora_tests::folder().join(module);
        let generated = agora_proto::codegen::generate(&[root.join("proto")], &[], &[]).unwrap();
        let differences = generated
            .differences(&if module.starts_with("src") { root.join("gen") } else { root.join("src/gen") })
            .unwrap();
        assert!(
            differences.is_empty(),
            "run the generator (see app/proto/README.md): {differences:?} differ"
        );
    }
}

/// A wallet that knows one name.
struct Wallet(Address);

impl Resolve for Wallet {
    fn address(&self, _: &str) -> agora_cli::error::Result<String> {
        Ok(self.0.to_string())
    }

    fn role_address(&self, text: &str, _: &str) -> agora_cli::error::Result<String> {
        self.address(text)
    }

    fn coin(&self, text: &str) -> agora_cli::error::Result<Coin> {
        DenomTable::builtin().parse(text)
    }

    fn coins(&self, text: &str) -> agora_cli::error::Result<Vec<Coin>> {
        DenomTable::builtin().parse_all(text)
    }

    fn denom(&self, text: &str) -> agora_cli::error::Result<String> {
        Ok(text.to_owned())
    }

    fn public_key(&self, _: &str) -> agora_cli::error::Result<Value> {
        Ok(Value::Null)
    }

    fn now(&self) -> time::OffsetDateTime {
        time::OffsetDateTime::UNIX_EPOCH
    }
}

#[test]
fn it_gets_its_commands() {
    let runtime = Runtime::new(modules()).unwrap();
    let registry = runtime.registry();
    let urls = registry.message_types().map(|(url, _)| url);
    let definitions = Definitions::of_chain(registry.pool(), registry.query_paths(), urls);
    let alice = Account::new("alice");
    let build = |purpose, words: &[&str]| {
        let groups = groups(&definitions, purpose);
        let group = groups.iter().find(|group| group.name == "guestbook").expect("the module's group");
        let matches = clap::Command::new("agora")
            .subcommand(group.command(|leaf| leaf))
            .try_get_matches_from(["agora", "guestbook"].iter().chain(words))
            .unwrap();
        let (_, inner) = matches.subcommand().unwrap();
        let (name, arguments) = inner.subcommand().unwrap();
        let me = alice.address.to_string();
        let leaf = group.find(name).expect("the command");
        let message = leaf.message(&definitions, arguments, &Wallet(alice.address), Some(&me)).unwrap();
        definitions.json().to_value(&message).unwrap()
    };
    let me = alice.address.to_string();
    assert_eq!(
        build(Purpose::Tx, &["sign", "a fine evening"]),
        json!({"guest": me, "words": "a fine evening"})
    );
    assert_eq!(build(Purpose::Query, &["entry", "alice"]), json!({"guest": me}));
}

/// The module's chain as a node: blocks, gRPC and REST.
struct Node {
    chain: Arc<Devnet<App>>,
    api: ApiServers,
    pool: prost_reflect::DescriptorPool,
    _home: tempfile::TempDir,
}

const CHAIN_ID: &str = "agora-guests-1";

async fn start(funded: &Account) -> Node {
    let home = tempfile::tempdir().unwrap();
    let runtime = Arc::new(Runtime::new(modules()).unwrap());
    let pool = runtime.registry().pool().clone();
    let mut genesis = GenesisDocument::new(&runtime, CHAIN_ID, "2026-01-01T00:00:00Z").unwrap();
    let coins: Vec<_> = agora_tests::txs::coins("1000000uago").into_iter().collect();
    genesis.fund(&funded.address, &coins);
    let store = Arc::new(Store::open(Options::memory(runtime.registry().stores().to_vec())).unwrap());
    let app = App::new(runtime, Arc::clone(&store)).unwrap();
    let mut config = DevnetConfig::new(home.path());
    config.mode = BlockMode::Manual;
    let (starting, text) = (app.clone(), genesis.to_json().to_string());
    let chain = tokio::task::spawn_blocking(move || Devnet::start(config, starting, Some(&text)).unwrap())
        .await
        .unwrap();
    let free = Some(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    let config = ApiConfig { grpc_listen: free, rest_listen: free, ..ApiConfig::default() };
    let head: HeadHeight = Arc::new(move || store.latest().map(|c| c.height));
    let api = ApiServers::start(config, pool.clone(), Arc::new(AppQueries(app)), head).await.unwrap();
    Node { chain, api, pool, _home: home }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_gets_its_grpc_method_with_reflection_and_its_rest_route() {
    let alice = Account::new("alice");
    let node = start(&alice).await;
    let draft =
        Draft::new(&node.pool, CHAIN_ID, &alice, 0).fee("500uago").msg(&words(&alice, "over the wire"));
    let (chain, bytes) = (Arc::clone(&node.chain), draft.bytes());
    tokio::task::spawn_blocking(move || {
        let checked = chain.broadcast(bytes).expect("the mempool takes it");
        assert_eq!(checked.code, 0, "{}", checked.log);
        chain.mine(2).unwrap();
    })
    .await
    .unwrap();

    let grpc = format!("http://{}", node.api.grpc_address().unwrap());
    let channel = tonic::transport::Channel::from_shared(grpc).unwrap().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let request = wire::QueryEntryRequest { guest: alice.address.to_string() };
    let codec: ProstCodec<wire::QueryEntryRequest, wire::QueryEntryResponse> = ProstCodec::default();
    let path = PathAndQuery::from_static("/agora.demo.v1.Query/Entry");
    let answer = client.unary(tonic::Request::new(request), path, codec).await.unwrap().into_inner();
    assert_eq!((answer.words.as_str(), answer.entries), ("over the wire", 1));

    client.ready().await.unwrap();
    let ask = |question| ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let questions = futures::stream::iter([
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("agora.demo.v1.Query".to_owned())),
    ]);
    let codec: ProstCodec<ServerReflectionRequest, ServerReflectionResponse> = ProstCodec::default();
    let path = PathAndQuery::from_static("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    let mut answers =
        client.streaming(tonic::Request::new(questions), path, codec).await.unwrap().into_inner();
    let listed = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = listed else { panic!("{listed:?}") };
    assert!(list.service.iter().any(|service| service.name == "agora.demo.v1.Query"), "{list:?}");
    let described = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::FileDescriptorResponse(files) = described else { panic!("{described:?}") };
    assert!(files.file_descriptor_proto.iter().any(|file| {
        prost_types::FileDescriptorProto::decode(file.as_slice()).unwrap().name()
            == "agora/demo/v1/query.proto"
    }));

    let rest = node.api.rest_address().unwrap();
    let get = |guest: String| {
        let url = format!("http://{rest}/agora/demo/v1/entries/{guest}");
        tokio::task::spawn_blocking(move || {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let mut answer = agent.get(&url).call().unwrap();
            (answer.status().as_u16(), answer.body_mut().read_json::<Value>().unwrap())
        })
    };
    let found = get(alice.address.to_string()).await.unwrap();
    assert_eq!(found, (200, json!({"words": "over the wire", "entries": "1"})));
    let missing = get(Account::new("bob").address.to_string()).await.unwrap();
    assert_eq!((missing.0, missing.1["code"].as_u64()), (404, Some(5)), "{}", missing.1);

    let Node { chain, api, .. } = node;
    api.stop().await;
    tokio::task::spawn_blocking(move || chain.stop().unwrap()).await.unwrap();
}
