//! Rounds, and the calls that may come between any two others.

use agora_node::abci::proposal_of;
use bytes::Bytes;
use rand::Rng;
use rand::seq::SliceRandom;
use tendermint_proto::v0_38::abci::request::Value as Question;
use tendermint_proto::v0_38::abci::response::Value as Answer;
use tendermint_proto::v0_38::abci::{
    RequestCheckTx, RequestEcho, RequestExtendVote, RequestFinalizeBlock, RequestInfo, RequestListSnapshots,
    RequestLoadSnapshotChunk, RequestPrepareProposal, RequestQuery, RequestVerifyVoteExtension,
    response_process_proposal::ProposalStatus, response_verify_vote_extension::VerifyStatus,
};

use super::comet::{Comet, Crashed, Point};
use super::line::Line;

/// Paths that wallets ask, and some that nobody answers.
const PATHS: [&str; 8] = [
    "/cosmos.bank.v1beta1.Query/TotalSupply",
    "/cosmos.staking.v1beta1.Query/Validators",
    "/cosmos.staking.v1beta1.Query/HistoricalInfo",
    "/cosmos.distribution.v1beta1.Query/CommunityPool",
    "/store/bank/key",
    "/p2p/filter/id/x",
    "/cosmos.nowhere.v1.Query/Nothing",
    "",
];

impl Comet<'_> {
    /// One round of the height that is due: `proposer` or `non-proposer`.
    pub(super) fn round(&mut self, line: &mut Line) -> Result<(), Crashed> {
        self.got_votes(line)?;
        let proposal = if self.rng.gen_ratio(1, 3) {
            let own = self.prepare(line);
            self.may_end(Point::Rounds)?;
            // The process may learn of another round before it judges its own proposal.
            self.rng.gen_bool(0.8).then_some((own, true))
        } else {
            self.rng.gen_bool(0.8).then(|| self.of_another())
        };
        if let Some((txs, honest)) = proposal {
            self.aside(line);
            self.process(line, txs, honest);
            self.may_end(Point::Rounds)?;
        }
        if self.rng.gen_ratio(1, 4) {
            self.got_votes(line)?;
            let request = RequestExtendVote {
                height: self.next().height,
                txs: self.next().txs.clone(),
                time: self.next().time,
                ..Default::default()
            };
            let Answer::ExtendVote(answer) = self.call(line, Question::ExtendVote(request)) else {
                panic!("another answer to ExtendVote");
            };
            assert!(answer.vote_extension.is_empty(), "there are no vote extensions");
            self.got_votes(line)?;
        }
        self.aside(line);
        self.may_end(Point::Rounds)
    }

    fn got_votes(&mut self, line: &mut Line) -> Result<(), Crashed> {
        for _ in 0..self.rng.gen_range(0_usize..4).saturating_sub(2) {
            let request = RequestVerifyVoteExtension {
                height: self.next().height,
                hash: vec![7; 32].into(),
                validator_address: self.next().proposer_address.clone(),
                vote_extension: Bytes::new(),
            };
            let Answer::VerifyVoteExtension(answer) = self.call(line, Question::VerifyVoteExtension(request))
            else {
                panic!("another answer to VerifyVoteExtension");
            };
            assert_eq!(answer.status(), VerifyStatus::Accept, "an honest vote is refused");
            self.may_end(Point::Rounds)?;
        }
        Ok(())
    }

    /// Transactions of whoever, some of which may have been included long ago.
    fn some_waiting(&mut self) -> Vec<Bytes> {
        let count = self.rng.gen_range(0..=self.waiting.len().min(12));
        self.waiting.choose_multiple(&mut self.rng, count).cloned().collect()
    }

    fn prepare(&mut self, line: &mut Line) -> Vec<Bytes> {
        let max_tx_bytes = if self.rng.gen_bool(0.7) { 4 << 20 } else { self.rng.gen_range(1..2_000) };
        let request = RequestPrepareProposal {
            max_tx_bytes,
            txs: self.some_waiting(),
            height: self.next().height,
            time: self.next().time,
            proposer_address: self.next().proposer_address.clone(),
            ..Default::default()
        };
        let Answer::PrepareProposal(answer) = self.call(line, Question::PrepareProposal(request)) else {
            panic!("another answer to PrepareProposal");
        };
        let bytes: usize = answer.txs.iter().map(Bytes::len).sum();
        assert!(i64::try_from(bytes).unwrap() <= max_tx_bytes, "{bytes} bytes of {max_tx_bytes}");
        answer.txs
    }

    /// A proposal of another validator, and whether it is the honest one that will be decided.
    fn of_another(&mut self) -> (Vec<Bytes>, bool) {
        let mut txs = self.next().txs.clone();
        match self.rng.gen_range(0..6) {
            0..3 => return (txs, true),
            3 => txs.reverse(),
            4 => txs.extend(txs.clone().first().cloned()),
            _ => txs = self.some_waiting(),
        }
        (txs, false)
    }

    /// An honest proposal is accepted; the same proposal is always judged the same way.
    fn process(&mut self, line: &mut Line, txs: Vec<Bytes>, honest: bool) {
        for _ in 0..self.rng.gen_range(1..3) {
            let request = proposal_of(&RequestFinalizeBlock { txs: txs.clone(), ..self.next().clone() });
            let height = request.height;
            let Answer::ProcessProposal(answer) = self.call(line, Question::ProcessProposal(request)) else {
                panic!("another answer to ProcessProposal");
            };
            assert_ne!(answer.status(), ProposalStatus::Unknown);
            if honest {
                assert_eq!(answer.status(), ProposalStatus::Accept, "an honest proposal is rejected");
            }
            let before = *self.verdicts.entry((height, txs.clone())).or_insert(answer.status);
            assert_eq!(answer.status, before, "one proposal is judged in two ways at height {height}");
        }
    }

    /// What other connections ask meanwhile.
    pub(super) fn aside(&mut self, line: &mut Line) {
        for _ in 0..self.rng.gen_range(0_usize..5).saturating_sub(2) {
            let question = self.any_time();
            if let Answer::Exception(exception) = self.call(line, question) {
                panic!("{}", exception.error);
            }
        }
    }

    /// A call that the grammar leaves out because it may come at any time.
    pub(super) fn any_time(&mut self) -> Question {
        match self.rng.gen_range(0..10) {
            0..4 => {
                let tx = self.waiting.choose(&mut self.rng).cloned().unwrap_or_default();
                Question::CheckTx(RequestCheckTx { tx, r#type: self.rng.gen_range(0..2) })
            }
            4 => {
                let mut tx = vec![0; self.rng.gen_range(0..60)];
                self.rng.fill(tx.as_mut_slice());
                Question::CheckTx(RequestCheckTx { tx: tx.into(), r#type: 0 })
            }
            5..8 => Question::Query(RequestQuery {
                path: (*PATHS.choose(&mut self.rng).unwrap()).to_owned(),
                height: self.rng.gen_range(-1..20),
                prove: self.rng.gen_bool(0.3),
                data: Bytes::new(),
            }),
            8 => match self.rng.gen_range(0..3) {
                0 => Question::Echo(RequestEcho { message: "?".to_owned() }),
                1 => Question::ListSnapshots(RequestListSnapshots {}),
                _ => Question::LoadSnapshotChunk(RequestLoadSnapshotChunk::default()),
            },
            _ => Question::Info(RequestInfo::default()),
        }
    }
}
