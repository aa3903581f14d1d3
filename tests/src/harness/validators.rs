//! The validators of a chain as consensus has them: updates count two blocks later, votes are of the block before.

use std::collections::{BTreeMap, BTreeSet};

use agora_primitives::Address;
use tendermint_proto::v0_38::abci::{
    CommitInfo, Misbehavior, MisbehaviorType, Validator, ValidatorUpdate, VoteInfo,
};
use tendermint_proto::v0_38::crypto::{PublicKey, public_key::Sum};
use tendermint_proto::v0_38::types::BlockIdFlag;

use super::chain::timestamp;

/// The consensus key of the validator a chain begins with.
pub const FIRST_KEY: [u8; 32] = [1; 32];

type Set = BTreeMap<[u8; 32], u64>;

/// The sets of three heights, and what their members do.
#[derive(Clone, Debug, Default)]
pub struct Validators {
    /// Those who vote on the block before, on this one, and on the next.
    sets: [Set; 3],
    silent: BTreeSet<[u8; 32]>,
    faults: Vec<Misbehavior>,
}

/// Keys and powers as ABCI has them.
pub(super) fn abci(set: &[([u8; 32], u64)]) -> Vec<ValidatorUpdate> {
    let update = |(key, power): &([u8; 32], u64)| ValidatorUpdate {
        pub_key: Some(PublicKey { sum: Some(Sum::Ed25519(key.to_vec())) }),
        power: i64::try_from(*power).expect("a power"),
    };
    set.iter().map(update).collect()
}

fn read(updates: &[ValidatorUpdate]) -> Vec<([u8; 32], u64)> {
    let update = |update: &ValidatorUpdate| match update.pub_key.as_ref().and_then(|key| key.sum.as_ref()) {
        Some(Sum::Ed25519(key)) => (
            <[u8; 32]>::try_from(key.as_slice()).expect("a key"),
            u64::try_from(update.power).expect("a power"),
        ),
        other => panic!("an update names no ed25519 key: {other:?}"),
    };
    updates.iter().map(update).collect()
}

fn address(key: &[u8; 32]) -> Vec<u8> {
    Address::from_sha256(key).as_bytes().to_vec()
}

impl Validators {
    /// Those of the genesis document, or those the application names instead.
    pub(super) fn start(given: Vec<([u8; 32], u64)>, answered: &[ValidatorUpdate]) -> Self {
        let first: Set = if answered.is_empty() { given } else { read(answered) }.into_iter().collect();
        Self { sets: [Set::new(), first.clone(), first], ..Self::default() }
    }

    /// Who votes on the next block, with powers.
    #[must_use]
    pub fn set(&self) -> &BTreeMap<[u8; 32], u64> {
        &self.sets[2]
    }

    /// Lets a validator vote no more, or again.
    pub fn silence(&mut self, key: [u8; 32], silent: bool) {
        if silent {
            self.silent.insert(key);
        } else {
            self.silent.remove(&key);
        }
    }

    /// Forgets who votes on the next block, as a chain that begins with a new genesis has forgotten.
    pub fn forget_votes(&mut self) {
        self.sets[0].clear();
    }

    /// Shows in the next block that a validator signed twice at a height.
    ///
    /// # Panics
    /// If the height is none.
    pub fn sign_twice(&mut self, key: [u8; 32], power: u64, height: u64, time: u64) {
        let validator =
            Validator { address: address(&key).into(), power: i64::try_from(power).expect("a power") };
        self.faults.push(Misbehavior {
            r#type: MisbehaviorType::DuplicateVote.into(),
            validator: Some(validator),
            height: i64::try_from(height).expect("a height"),
            time: timestamp(time),
            total_voting_power: 0,
        });
    }

    pub(super) fn votes(&self) -> Option<CommitInfo> {
        let vote = |(key, power): (&[u8; 32], &u64)| VoteInfo {
            validator: Some(Validator {
                address: address(key).into(),
                power: i64::try_from(*power).expect("a power"),
            }),
            block_id_flag: if self.silent.contains(key) { BlockIdFlag::Absent } else { BlockIdFlag::Commit }
                .into(),
        };
        Some(CommitInfo { round: 0, votes: self.sets[0].iter().map(vote).collect() })
    }

    pub(super) fn faults(&self) -> Vec<Misbehavior> {
        self.faults.clone()
    }

    pub(super) fn proposer(&self) -> Vec<u8> {
        self.sets[1].keys().next().map(address).unwrap_or_default()
    }

    /// Goes on to the next block, with what was reported told of, as CometBFT takes updates: none twice, none unknown removed, never nobody left.
    pub(super) fn next(&mut self, updates: &[ValidatorUpdate]) -> Vec<([u8; 32], u64)> {
        self.faults.clear();
        let updates = read(updates);
        let keys: BTreeSet<_> = updates.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), updates.len(), "a validator is updated twice: {updates:?}");
        let mut next = self.sets[2].clone();
        for (key, power) in &updates {
            match power {
                0 => assert!(next.remove(key).is_some(), "an unknown validator is removed"),
                power => drop(next.insert(*key, *power)),
            }
        }
        assert!(updates.is_empty() || !next.is_empty(), "the last validator is removed");
        self.sets.rotate_left(1);
        self.sets[2] = next;
        updates
    }
}
