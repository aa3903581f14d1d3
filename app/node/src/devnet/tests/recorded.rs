use serde_json::Value;
use tendermint_proto::v0_38::types::{Block, ValidatorSet};

use super::*;

/// Blocks of a node running CometBFT, as its RPC showed them.
const RECORDED: &str = include_str!("recorded_blocks.json");

#[test]
fn recorded_blocks_get_the_hashes_cometbft_gave_them() {
    let recorded: Vec<Value> = serde_json::from_str(RECORDED).expect("JSON");
    assert_eq!(recorded.len(), 2);
    for answer in recorded {
        let block: Block = serde_json::from_value(answer["block"].clone()).expect("a block");
        let (id, _) = hashes::block_id(&block).expect("hashes");
        assert_eq!(hex::encode_upper(&id.hash), answer["block_id"]["hash"].as_str().expect("text"));
        let header = block.header.expect("a header");
        assert_eq!(hashes::data(&block.data.expect("data").txs), header.data_hash);
        let commit = block.last_commit.expect("a commit");
        assert_eq!(hashes::commit(&commit), header.last_commit_hash);
        let parts = id.part_set_header.expect("parts");
        assert_eq!(
            hex::encode_upper(parts.hash),
            answer["block_id"]["parts"]["hash"].as_str().expect("text")
        );
    }
}

/// Random updates applied by CometBFT 0.38.25: `[key, power]` in, `[key, power, priority]` in order out; a key is one byte
/// repeated.
const SETS: &str = include_str!("validator_vectors.json");

#[test]
fn validator_sets_are_those_of_cometbft_order_priority_proposer_and_hash() {
    let steps: Vec<Value> = serde_json::from_str(SETS).expect("JSON");
    assert!(steps.len() > 40);
    let integer = |value: &Value| value.as_i64().expect("an integer");
    let key_of = |validator: &tendermint_proto::v0_38::types::Validator| {
        let seeds = (1_u8..10).find(|key| home::address(&[*key; 32]).as_slice() == validator.address);
        i64::from(seeds.expect("a known key"))
    };
    let mut set = ValidatorSet::default();
    for (number, step) in steps.iter().enumerate() {
        let updates = step["updates"].as_array().expect("a list").iter().map(|update| {
            let key = u8::try_from(integer(&update[0])).expect("a byte");
            validators::update(&[key; 32], integer(&update[1]))
        });
        set = validators::next(&set, &updates.collect::<Vec<_>>()).expect("CometBFT took it");
        let found = set.validators.iter().map(|v| vec![key_of(v), v.voting_power, v.proposer_priority]);
        let expected = step["validators"].as_array().expect("a list").iter();
        let expected =
            expected.map(|v| v.as_array().expect("a list").iter().map(integer).collect::<Vec<_>>());
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "step {number}");
        assert_eq!(
            key_of(set.proposer.as_ref().expect("a proposer")),
            integer(&step["proposer"]),
            "step {number}"
        );
        assert_eq!(
            hex::encode_upper(hashes::validators(&set.validators)),
            step["hash"].as_str().expect("text")
        );
    }
}

#[test]
fn priorities_take_turns_by_power_and_newcomers_wait() {
    let set =
        validators::initial(&[validators::update(&[1; 32], 3), validators::update(&[2; 32], 1)]).expect("ok");
    let turns = |mut set: ValidatorSet, rounds: usize| -> Vec<i64> {
        (0..rounds)
            .map(|_| {
                let power = set.proposer.as_ref().expect("a proposer").voting_power;
                set = validators::next(&set, &[]).expect("ok");
                power
            })
            .collect()
    };
    assert_eq!(turns(set.clone(), 8), [3, 3, 1, 3, 3, 3, 1, 3]);
    let larger = validators::next(&set, &[validators::update(&[3; 32], 4)]).expect("ok");
    assert_eq!(larger.validators[0].voting_power, 4);
    assert!(larger.validators[0].proposer_priority < 0);
    assert_eq!(validators::total(&larger.validators), 8);
    let removed = validators::next(&larger, &[validators::update(&[3; 32], 0)]).expect("ok");
    assert_eq!(removed.validators.len(), 2);
}

#[test]
fn impossible_validator_updates_are_refused() {
    let (one, two) = ([1; 32], [2; 32]);
    let set = validators::initial(&[validators::update(&one, 3)]).expect("ok");
    let refused = |updates: &[ValidatorUpdate]| validators::next(&set, updates).expect_err("refused");
    assert!(refused(&[validators::update(&two, 0)]).contains("failed to find validator"));
    assert!(refused(&[validators::update(&one, 0)]).contains("last validator"));
    assert!(refused(&[validators::update(&two, 1), validators::update(&two, 2)]).contains("twice"));
    assert!(refused(&[validators::update(&two, -1)]).contains("out of range"));
    assert!(refused(&[validators::update(&two, i64::MAX / 8)]).contains("exceeds max"));
    assert!(refused(&[ValidatorUpdate { pub_key: None, power: 1 }]).contains("ed25519"));
}
