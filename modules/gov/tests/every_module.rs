//! Parameters of every module are changed by a proposal, and by nothing else.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_framework::{Module, QueryCtx};
use agora_proto::cosmos::gov::v1::ProposalStatus;
use agora_proto::tendermint::types::{BlockParams, ConsensusParams, EvidenceParams, ValidatorParams};
use common::{AGO, World, account, authority, create, propose, sections};
use prost::Message;
use prost_reflect::MessageDescriptor;
use prost_types::Any;
use serde_json::{Value, json};

/// What is changed of each module: the message, where, and to what. A message that sets parameters and has no row fails the test.
fn rows() -> BTreeMap<&'static str, (&'static str, Value)> {
    BTreeMap::from([
        ("/agora.dex.v1.MsgUpdateParams", ("/taker_fee/rate", json!("0.002000000000000000"))),
        ("/cosmos.auth.v1beta1.MsgUpdateParams", ("/max_memo_characters", json!("300"))),
        ("/cosmos.bank.v1beta1.MsgUpdateParams", ("/default_send_enabled", json!(false))),
        ("/cosmos.consensus.v1.MsgUpdateParams", ("/evidence/max_age_num_blocks", json!("77"))),
        ("/cosmos.distribution.v1beta1.MsgUpdateParams", ("/community_tax", json!("0.050000000000000000"))),
        ("/cosmos.gov.v1.MsgUpdateParams", ("/quorum", json!("0.400000000000000000"))),
        ("/cosmos.mint.v1beta1.MsgUpdateParams", ("/inflation_max", json!("0.180000000000000000"))),
        ("/cosmos.slashing.v1beta1.MsgUpdateParams", ("/signed_blocks_window", json!("200"))),
        ("/cosmos.staking.v1beta1.MsgUpdateParams", ("/max_entries", json!(9))),
        ("/feemarket.feemarket.v1.MsgParams", ("/min_base_gas_price", json!("0.020000000000000000"))),
    ])
}

/// What else the authority alone may do, and whether a proposal can do it here, where there is no pool and no coin for the community.
/// A message of the authority that has no row here or above fails the test.
fn deeds() -> BTreeMap<&'static str, (Value, bool)> {
    let spend =
        json!({ "recipient": account(20).to_string(), "amount": [{ "denom": "uago", "amount": "1" }] });
    let words =
        json!({ "@type": "/cosmos.gov.v1beta1.TextProposal", "title": "Words", "description": "Only" });
    let plan = json!({ "name": "next", "height": "1000000", "info": "" });
    let until = "2100-01-01T00:00:00Z";
    BTreeMap::from([
        (
            "/agora.dex.v1.MsgRampAmplification",
            (json!({ "pool_id": "1", "amplification": "7", "until": until }), false),
        ),
        ("/agora.dex.v1.MsgSetPoolBreaker", (json!({ "pool_id": "1", "halted": true }), false)),
        (
            "/cosmos.bank.v1beta1.MsgSetSendEnabled",
            (json!({ "send_enabled": [{ "denom": "uago", "enabled": false }] }), true),
        ),
        ("/cosmos.circuit.v1.MsgResetCircuitBreaker", (json!({ "msg_type_urls": ["dex"] }), false)),
        ("/cosmos.circuit.v1.MsgTripCircuitBreaker", (json!({ "msg_type_urls": ["dex"] }), true)),
        ("/cosmos.distribution.v1beta1.MsgCommunityPoolSpend", (spend, false)),
        ("/cosmos.gov.v1.MsgExecLegacyContent", (json!({ "content": words }), true)),
        ("/cosmos.upgrade.v1beta1.MsgCancelUpgrade", (json!({}), false)),
        ("/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade", (json!({ "plan": plan }), true)),
    ])
}

/// The chain's modules, in their order.
fn world() -> World {
    let modules: Vec<Arc<dyn Module>> = vec![
        Arc::new(agora_upgrade::Upgrade::new(vec![])),
        Arc::new(agora_consensus::Consensus),
        Arc::new(agora_auth::Auth),
        Arc::new(agora_bank::Bank),
        Arc::new(agora_gov::Gov),
        Arc::new(agora_staking::Staking),
        Arc::new(agora_mint::Mint),
        Arc::new(agora_distribution::Distribution),
        Arc::new(agora_slashing::Slashing),
        Arc::new(agora_feegrant::FeeGrant),
        Arc::new(agora_authz::Authz),
        Arc::new(agora_circuit::Circuit),
        Arc::new(agora_feemarket::FeeMarket),
        Arc::new(agora_dex::Dex),
    ];
    let own = sections(60, 1_000_000 * AGO);
    let section = |module: &Arc<dyn Module>| match module.name() {
        "bank" => own[0].clone(),
        "gov" => own[1].clone(),
        _ => module.default_genesis(),
    };
    let sections: Vec<Value> = modules.iter().map(section).collect();
    let mut world = World::of_modules(modules, &sections);
    world.hook(|ctx| {
        let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
        let params = ConsensusParams {
            block: Some(BlockParams { max_bytes: -1, max_gas: -1 }),
            evidence: Some(EvidenceParams {
                max_age_num_blocks: 100_000,
                max_age_duration: seconds(172_800),
                max_bytes: 1_048_576,
            }),
            validator: Some(ValidatorParams { pub_key_types: vec!["ed25519".into()] }),
            ..ConsensusParams::default()
        };
        Ok(agora_consensus::api::init(ctx, "test", agora_consensus::Head::default(), params)?)
    });
    for n in 1..=3 {
        world.does(&create(n, u128::from(n) * 100 * AGO));
    }
    world.next_block();
    world
}

fn descriptor(world: &World, url: &str) -> MessageDescriptor {
    world.registry.pool().get_message_by_name(url.trim_start_matches('/')).unwrap()
}

/// Every message that sets parameters.
fn setters(world: &World) -> Vec<String> {
    let sets = |url: &&str| {
        let descriptor = descriptor(world, url);
        descriptor.name() == "MsgUpdateParams"
            || ["authority", "params"].iter().all(|name| descriptor.get_field_by_name(name).is_some())
    };
    world.registry.message_types().map(|(url, _)| url).filter(sets).map(str::to_owned).collect()
}

/// The parameters of the module of this message, as JSON.
fn params(world: &World, url: &str) -> Value {
    let package = url.trim_start_matches('/').rsplit_once('.').unwrap().0;
    let path = format!("/{package}.Query/Params");
    let ctx = QueryCtx::new(&world.state, &world.block, &world.registry);
    let answer = world.registry.answer(&ctx, &path, &[]).unwrap();
    let output = world.registry.method(&path).unwrap().output();
    world.registry.json().encode_value(output.full_name(), &answer).unwrap()["params"].clone()
}

/// The message with these parameters, as one field or, where there is none, each of them as its own.
fn message(world: &World, url: &str, params: &Value, authority: &str) -> Any {
    let json = if descriptor(world, url).get_field_by_name("params").is_some() {
        json!({ "authority": authority, "params": params })
    } else {
        let groups =
            ["block", "evidence", "validator"].map(|group| (group.to_owned(), params[group].clone()));
        Value::Object(groups.into_iter().chain([("authority".to_owned(), authority.into())]).collect())
    };
    let message = world.registry.json().from_json_strict(descriptor(world, url), &json).unwrap();
    Any { type_url: url.to_owned(), value: message.encode_to_vec() }
}

#[test]
fn parameters_of_every_module_are_changed_by_governance_alone() {
    let mut world = world();
    let rows = rows();
    let setters = setters(&world);
    assert_eq!(
        setters,
        rows.keys().copied().collect::<Vec<_>>(),
        "every message that sets parameters has a row"
    );
    let mut expected = BTreeMap::new();
    let mut messages = Vec::new();
    for (url, (pointer, value)) in &rows {
        let before = params(&world, url);
        let mut after = before.clone();
        *after.pointer_mut(pointer).unwrap_or_else(|| panic!("{url} has no {pointer}: {before}")) =
            value.clone();
        assert_ne!(after, before, "{url} is not changed");
        // Nobody else may, not even with the same message.
        let own = message(&world, url, &after, &account(20).to_string());
        let refusal = world.run_any(&own).err().unwrap_or_else(|| panic!("{url} obeys anybody"));
        assert_eq!((refusal.codespace, refusal.code), ("sdk", 4), "{url}: {refusal}");
        messages.push(message(&world, url, &after, &authority().to_string()));
        expected.insert(*url, after);
    }
    let proposal = world.decide(messages);
    assert_eq!(proposal.status(), ProposalStatus::Passed, "{}", proposal.failed_reason);
    for (url, after) in expected {
        assert_eq!(params(&world, url), after, "{url}");
    }
    // Consensus is told of its own, and of nothing that must not change.
    let writes = world.entries().into_iter().map(|(key, value)| (key, Some(value))).collect();
    let told = agora_consensus::api::changed_params(&writes).unwrap().unwrap();
    assert_eq!((told.evidence.unwrap().max_age_num_blocks, told.abci, told.version), (77, None, None));
    // The chain goes on with them.
    (0..100).for_each(|_| world.next_block());
}

#[test]
fn what_the_authority_may_do_nobody_else_may_and_a_proposal_does_it() {
    let mut world = world();
    let deeds = deeds();
    let (setters, rows) = (setters(&world), rows());
    let of_the_authority = |url: &&str| descriptor(&world, url).get_field_by_name("authority").is_some();
    let all = world.registry.message_types().map(|(url, _)| url).filter(of_the_authority);
    let others: Vec<&str> = all.filter(|url| !setters.iter().any(|setter| setter == url)).collect();
    assert_eq!(others, deeds.keys().copied().collect::<Vec<_>>(), "every message of the authority has a row");
    assert!(deeds.keys().all(|url| !rows.contains_key(url)));
    let by = |world: &World, url: &str, who: &str| {
        let mut json = deeds[url].0.clone();
        json["authority"] = who.into();
        let message = world.registry.json().from_json_strict(descriptor(world, url), &json).unwrap();
        Any { type_url: url.to_owned(), value: message.encode_to_vec() }
    };
    for url in deeds.keys() {
        let own = by(&world, url, &account(20).to_string());
        let refusal = world.run_any(&own).err().unwrap_or_else(|| panic!("{url} obeys anybody"));
        assert_eq!((refusal.codespace, refusal.code), ("sdk", 4), "{url}: {refusal}");
    }
    let possible = deeds.iter().filter(|(_, (_, possible))| *possible);
    let messages = possible.map(|(url, _)| by(&world, url, &authority().to_string())).collect();
    let proposal = world.decide(messages);
    assert_eq!(proposal.status(), ProposalStatus::Passed, "{}", proposal.failed_reason);
}

#[test]
fn parameters_that_would_stop_consensus_are_refused_when_they_are_proposed() {
    let mut world = world();
    let url = "/cosmos.consensus.v1.MsgUpdateParams";
    let good = params(&world, url);
    for (pointer, value) in [
        ("/block/max_bytes", json!("0")),
        ("/block/max_bytes", json!("1000")),
        ("/block/max_bytes", json!("104857601")),
        ("/block/max_gas", json!("0")),
        ("/block/max_gas", json!("-2")),
        ("/evidence/max_age_num_blocks", json!("0")),
        ("/evidence/max_age_duration", json!("0s")),
        ("/evidence/max_bytes", json!("1048577")),
        ("/validator/pub_key_types", json!(["secp256k1"])),
        ("/validator/pub_key_types", json!([])),
        ("/block", json!(null)),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let message = message(&world, url, &bad, &authority().to_string());
        let log = world.refused("gov", 12, &propose(vec![message]));
        assert!(log.starts_with("message 0: "), "{log}");
    }
    let extensions = agora_proto::cosmos::consensus::v1::MsgUpdateParams {
        abci: Some(agora_proto::tendermint::types::AbciParams { vote_extensions_enable_height: 5 }),
        ..Message::decode(message(&world, url, &good, &authority().to_string()).value.as_slice()).unwrap()
    };
    world.refused("gov", 12, &propose(vec![common::pack(&extensions)]));
}
