//! What can be said of consensus from outside: where it stands and who takes part. Votes of the round under way
//! are not known here and shown as missing.

use serde_json::{Value, json};
use tendermint_proto::v0_38::types::Validator;

use super::height_of;
use crate::chain::Chain;
use crate::rpc::json::{self, hex_upper, int, render};
use crate::rpc::jsonrpc::{Fault, Outcome};
use crate::rpc::params::Args;

/// The step of a height that has just begun.
const STEP_NEW_HEIGHT: u8 = 1;

pub(crate) fn consensus_state(chain: &dyn Chain, _: &Args) -> Outcome {
    let round = Round::now(chain)?;
    Ok(render(&json!({
        "round_state": {
            "height/round/step": format!("{}/0/{STEP_NEW_HEIGHT}", round.height),
            "start_time": round.start_time,
            "proposal_block_hash": "",
            "locked_block_hash": "",
            "valid_block_hash": "",
            "height_vote_set": round.vote_sets(),
            "proposer": round.proposer(),
        },
    })))
}

pub(crate) fn dump_consensus_state(chain: &dyn Chain, _: &Args) -> Outcome {
    let round = Round::now(chain)?;
    let validators: Vec<Value> = round.validators.iter().map(json::validator).collect();
    Ok(render(&json!({
        "round_state": {
            "height": int(round.height),
            "round": 0,
            "step": STEP_NEW_HEIGHT,
            "start_time": round.start_time,
            "commit_time": round.start_time,
            "validators": {"validators": validators, "proposer": null},
            "proposal": null,
            "proposal_block": null,
            "proposal_block_parts": null,
            "locked_round": -1,
            "locked_block": null,
            "locked_block_parts": null,
            "valid_round": -1,
            "valid_block": null,
            "valid_block_parts": null,
            "votes": round.vote_sets(),
            "commit_round": -1,
            "last_commit": null,
            "last_validators": null,
            "triggered_timeout_precommit": false,
        },
        "peers": [],
    })))
}

/// The height being decided.
struct Round {
    height: u64,
    start_time: Value,
    validators: Vec<Validator>,
}

impl Round {
    fn now(chain: &dyn Chain) -> Result<Self, Fault> {
        let latest = chain.status()?.latest;
        let header = latest.as_ref().and_then(|i| i.block.header.as_ref());
        Ok(Self {
            height: latest.as_ref().map_or(0, |i| height_of(i)).saturating_add(1),
            start_time: json::time(header.and_then(|h| h.time.as_ref())),
            validators: chain.validators(None)?.1,
        })
    }

    fn vote_sets(&self) -> Value {
        let power = self.validators.iter().fold(0i64, |sum, v| sum.saturating_add(v.voting_power));
        let missing = vec!["nil-Vote"; self.validators.len()];
        let bits = format!("BA{{{}:{}}} 0/{power} = 0.00", missing.len(), "_".repeat(missing.len()));
        json!([{
            "round": 0,
            "prevotes": missing,
            "prevotes_bit_array": bits,
            "precommits": missing,
            "precommits_bit_array": bits,
        }])
    }

    /// The proposer, if it cannot be anyone else.
    fn proposer(&self) -> Value {
        match self.validators.as_slice() {
            [only] => json!({"address": hex_upper(&only.address), "index": 0}),
            _ => json!({"address": "", "index": 0}),
        }
    }
}
