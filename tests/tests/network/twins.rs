//! Two nodes with one key: what an operator must never do, and what the chain makes of it.

use std::time::Duration;

use agora_genesis::dev_accounts::VALIDATOR;
use agora_primitives::Address;
use agora_runtime::Runtime;
use agora_tests::Account;
use agora_tests::process::{eventually, get, has_comet};
use agora_tests::txs::Draft;
use serde_json::Value;
use tendermint_rpc::client::CompatMode;
use tendermint_rpc::{Client as _, HttpClient};

use crate::nodes::Network;

/// Whose key is copied, and who is asked.
const TWIN: usize = 0;
const PEER: usize = 1;
/// Validators tell each other whose votes they have, so that nobody hears of a second vote where the first comes at once. This
/// is the way of the light around half the Earth, and back.
const DELAY: Duration = Duration::from_millis(150);

fn rest(network: &Network, path: &str) -> Value {
    get(&format!("{}{path}", network.node(PEER).field("rest")))
}

fn tokens(validator: &Value) -> u128 {
    validator["tokens"].as_str().unwrap().parse().unwrap()
}

/// Blocks with evidence, and the events of slashes for it, up to a height.
fn punished(network: &Network, head: u64) -> (usize, Vec<Value>) {
    let node = network.node(PEER);
    let (mut evidence, mut slashes) = (0, Vec::new());
    for height in 1..=head {
        let block = node.rpc(&format!("block?height={height}"));
        evidence += block["block"]["evidence"]["evidence"].as_array().map_or(0, Vec::len);
        let results = node.rpc(&format!("block_results?height={height}"));
        let events = results["finalize_block_events"].as_array().cloned().unwrap_or_default();
        let is_it = |event: &Value| {
            let attributes = event["attributes"].as_array().into_iter().flatten();
            event["type"] == "slash" && attributes.clone().any(|a| a["value"] == "double_sign")
        };
        slashes.extend(events.into_iter().filter(is_it));
    }
    (evidence, slashes)
}

/// What the chain says to the operator who asks to come back.
async fn unjail(rpc: String) -> (String, u32) {
    let operator = Account::of_secret("operator", VALIDATOR.secret_key().unwrap());
    assert_eq!(operator.address.to_string(), VALIDATOR.address);
    let client = HttpClient::builder(rpc.parse().unwrap()).compat_mode(CompatMode::V0_38).build().unwrap();
    let chain_id = client.status().await.unwrap().node_info.network.to_string();
    let runtime = Runtime::standard().unwrap();
    let message = agora_proto::cosmos::slashing::v1beta1::MsgUnjail {
        validator_addr: operator.address.to_bech32("agoravaloper"),
    };
    let draft = Draft::new(runtime.registry().pool(), &chain_id, &operator, 0);
    let bytes = draft.msg(&message).gas(400_000).fee("1000000uago").bytes();
    let answer = client.broadcast_tx_commit(bytes).await.unwrap();
    assert!(answer.check_tx.code.is_ok(), "{}", answer.check_tx.log);
    (answer.tx_result.codespace, answer.tx_result.code.value())
}

#[test]
fn a_copied_key_signs_twice_and_its_validator_is_slashed_once_and_never_comes_back() {
    if !has_comet() {
        return;
    }
    let mut network = Network::start_apart(4, DELAY);
    network.wait_for_all(3);
    let operator: Address = VALIDATOR.address.parse().unwrap();
    let path = format!("/cosmos/staking/v1beta1/validators/{}", operator.to_bech32("agoravaloper"));
    let before = rest(&network, &path)["validator"].take();
    let key = network.node(TWIN).rpc("status")["validator_info"]["address"].take();
    let key: [u8; 20] = hex::decode(key.as_str().unwrap()).unwrap().try_into().unwrap();
    let consensus = Address::from_20(key).to_bech32("agoravalcons");

    let mut twin = network.twin(TWIN, DELAY);
    eventually("the validator is jailed", || {
        (rest(&network, &path)["validator"]["jailed"] == true).then_some(())
    });
    let found = network.height(PEER);
    let jailed = rest(&network, &path)["validator"].take();
    let params = rest(&network, "/cosmos/slashing/v1beta1/params")["params"].take();
    assert_eq!(params["slash_fraction_double_sign"], "0.050000000000000000");
    assert_eq!(tokens(&jailed), tokens(&before) - tokens(&before) / 20, "{jailed}");

    // The network goes on without it, and whatever else the two sign costs no more.
    network.wait_for(PEER, found + 8);
    let head = network.height(PEER);
    let info =
        rest(&network, &format!("/cosmos/slashing/v1beta1/signing_infos/{consensus}"))["val_signing_info"]
            .take();
    assert_eq!(info["tombstoned"], true, "{info}");
    assert_eq!(info["jailed_until"], "9999-12-31T23:59:59Z", "{info}");
    assert_eq!(tokens(&rest(&network, &path)["validator"]), tokens(&jailed));
    let listed = rest(&network, "/cosmos/evidence/v1beta1/evidence")["evidence"].take();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0]["consensus_address"], Value::from(consensus.clone()), "{listed:?}");
    let (evidence, slashes) = punished(&network, head);
    assert!(evidence >= 1, "no block has evidence");
    assert_eq!(slashes.len(), 1, "{slashes:?}");
    let set = network.node(PEER).rpc("validators")["validators"].take();
    assert_eq!(set.as_array().unwrap().len(), 3, "{set}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(unjail(network.rpc(PEER))), ("slashing".to_owned(), 4));

    assert_eq!(twin.block_hash(found), network.block_hash(PEER, found));
    assert!(twin.process.terminate().success());
    network.wait_for_all(head);
    network.require_one_chain(head);
    (1..4).for_each(|node| network.require_balanced_books(node));
}
