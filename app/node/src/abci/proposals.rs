//! ProcessProposal and FinalizeBlock of one block, which tell the same facts.

use tendermint_proto::v0_38::abci::{RequestFinalizeBlock, RequestProcessProposal};

/// The request with which a proposal is decided, if it is.
#[must_use]
pub fn decision_of(proposal: RequestProcessProposal) -> RequestFinalizeBlock {
    let RequestProcessProposal {
        txs,
        proposed_last_commit,
        misbehavior,
        hash,
        height,
        time,
        next_validators_hash,
        proposer_address,
    } = proposal;
    RequestFinalizeBlock {
        txs,
        decided_last_commit: proposed_last_commit,
        misbehavior,
        hash,
        height,
        time,
        next_validators_hash,
        proposer_address,
    }
}

/// The proposal that is decided with this request, which has the same facts.
#[must_use]
pub fn proposal_of(request: &RequestFinalizeBlock) -> RequestProcessProposal {
    let RequestFinalizeBlock {
        txs,
        decided_last_commit,
        misbehavior,
        hash,
        height,
        time,
        next_validators_hash,
        proposer_address,
    } = request.clone();
    RequestProcessProposal {
        txs,
        proposed_last_commit: decided_last_commit,
        misbehavior,
        hash,
        height,
        time,
        next_validators_hash,
        proposer_address,
    }
}

#[cfg(test)]
mod tests {
    use tendermint_proto::google::protobuf::Timestamp;
    use tendermint_proto::v0_38::abci::{CommitInfo, Misbehavior};

    use super::*;

    #[test]
    fn a_proposal_and_its_decision_tell_the_same() {
        let decision = RequestFinalizeBlock {
            txs: vec![vec![1].into(), vec![2, 3].into()],
            decided_last_commit: Some(CommitInfo { round: 4, votes: Vec::new() }),
            misbehavior: vec![Misbehavior { height: 5, ..Misbehavior::default() }],
            hash: vec![6].into(),
            height: 7,
            time: Some(Timestamp { seconds: 8, nanos: 9 }),
            next_validators_hash: vec![10].into(),
            proposer_address: vec![11].into(),
        };
        assert_eq!(decision_of(proposal_of(&decision)), decision);
    }
}
