//! Rights to act for others, kept by the book: what the chain must have.

use std::collections::BTreeMap;

use agora_proto::cosmos::authz::v1beta1 as wire;
use agora_proto::cosmos::bank::v1beta1::{MsgSend, SendAuthorization};
use agora_proto::cosmos::gov::v1::MsgVote;
use agora_proto::cosmos::staking::v1beta1::{MsgDelegate, StakeAuthorization};
use agora_tests::TestChain;
use prost_types::{Any, Timestamp};

use super::done::{Done, Step, read};

pub(super) const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";
pub(super) const DELEGATE: &str = "/cosmos.staking.v1beta1.MsgDelegate";
pub(super) const VOTE: &str = "/cosmos.gov.v1.MsgVote";
pub(super) const EXEC: &str = "/cosmos.authz.v1beta1.MsgExec";

/// Granter, grantee, type URL.
pub(super) type Place = (String, String, String);

/// A right: how many uago are left if it is limited, who may receive them if not all, and its last moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Right {
    pub(super) left: Option<u128>,
    pub(super) only: Vec<String>,
    pub(super) until: Option<u64>,
}

/// Why a message is not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// There is no such right.
    Missing,
    /// There is, and it does not go so far.
    Beyond,
}

/// The book.
#[derive(Clone, Debug, Default)]
pub(super) struct Rights {
    pub(super) all: BTreeMap<Place, Right>,
    seen: Seen,
}

/// How often something has happened.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    used: usize,
    used_up: usize,
    used_through: usize,
    taken_back: usize,
    over: usize,
    missing: usize,
    beyond: usize,
}

/// A moment in nanoseconds since 1970.
pub(super) fn nanos(time: &Timestamp) -> u64 {
    agora_framework::time::nanoseconds(time).expect("a moment after 1970")
}

fn units(coins: &[agora_proto::cosmos::base::v1beta1::Coin]) -> u128 {
    coins.iter().filter(|coin| coin.denom == "uago").map(|coin| coin.amount.parse::<u128>().unwrap()).sum()
}

/// The type URL a right is for, and the right.
fn right(authorization: &Any, until: Option<u64>) -> (String, Right) {
    match authorization.type_url.rsplit('.').next().unwrap() {
        "SendAuthorization" => {
            let send: SendAuthorization = read(authorization);
            (SEND.to_owned(), Right { left: Some(units(&send.spend_limit)), only: send.allow_list, until })
        }
        "StakeAuthorization" => {
            let stake: StakeAuthorization = read(authorization);
            let left = stake.max_tokens.map(|coin| units(&[coin]));
            (DELEGATE.to_owned(), Right { left, only: vec![], until })
        }
        _ => {
            let generic: wire::GenericAuthorization = read(authorization);
            (generic.msg, Right { left: None, only: vec![], until })
        }
    }
}

/// Who signs a message, what it takes in uago, and who receives.
fn asked(message: &Any) -> (String, u128, Option<String>) {
    match message.type_url.as_str() {
        SEND => {
            let send: MsgSend = read(message);
            (send.from_address, units(&send.amount), Some(send.to_address))
        }
        DELEGATE => {
            let stake: MsgDelegate = read(message);
            (stake.delegator_address, units(&stake.amount.into_iter().collect::<Vec<_>>()), None)
        }
        VOTE => (read::<MsgVote>(message).voter, 0, None),
        EXEC => (read::<wire::MsgExec>(message).grantee, 0, None),
        other => panic!("nobody in the simulation executes {other} for others"),
    }
}

impl Rights {
    /// What a block must have made of the rights.
    pub(super) fn follow(&mut self, now: u64, block: &[Done]) {
        // What was over before the block began is forgotten first.
        let before = self.all.len();
        self.all.retain(|_, right| right.until.is_none_or(|until| until >= now));
        self.seen.over += before - self.all.len();
        for done in block {
            let mut next = self.clone();
            let refusal = done.steps().iter().try_for_each(|step| next.take(now, step)).err();
            let log = &done.outcome.log;
            if done.passed() {
                assert_eq!(refusal, None, "a right that is not there was used: {:?}", done.steps().len());
                *self = next;
            } else if done.outcome.codespace == "authz" && done.outcome.code == 2 {
                assert_eq!(refusal, Some(Refusal::Missing), "a right was not found: {log}");
                self.seen.missing += 1;
            } else if log.contains("requested amount is more than spend limit") {
                assert_eq!(refusal, Some(Refusal::Beyond), "a right went further: {log}");
                self.seen.beyond += 1;
            }
        }
    }

    fn take(&mut self, now: u64, step: &Step) -> Result<(), Refusal> {
        let message = &step.message;
        if let Some(by) = &step.by {
            let (signer, units, to) = asked(message);
            if signer != *by {
                self.spend((signer, by.clone(), message.type_url.clone()), units, to)?;
            }
        }
        match message.type_url.as_str() {
            "/cosmos.authz.v1beta1.MsgGrant" => {
                let wire::MsgGrant { granter, grantee, grant } = read(message);
                let grant = grant.unwrap_or_default();
                let until = grant.expiration.as_ref().map(nanos);
                if until.is_none_or(|until| until > now) {
                    let (url, right) = right(&grant.authorization.unwrap(), until);
                    self.all.insert((granter, grantee, url), right);
                }
            }
            "/cosmos.authz.v1beta1.MsgRevoke" => {
                let wire::MsgRevoke { granter, grantee, msg_type_url } = read(message);
                self.all.remove(&(granter, grantee, msg_type_url)).ok_or(Refusal::Missing)?;
                self.seen.taken_back += 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn spend(&mut self, place: Place, units: u128, to: Option<String>) -> Result<(), Refusal> {
        let right = self.all.get_mut(&place).ok_or(Refusal::Missing)?;
        if to.is_some_and(|to| !right.only.is_empty() && !right.only.contains(&to)) {
            return Err(Refusal::Beyond);
        }
        self.seen.used += 1;
        self.seen.used_through += usize::from(place.2 == EXEC);
        if let Some(left) = &mut right.left {
            *left = left.checked_sub(units).ok_or(Refusal::Beyond)?;
            if *left == 0 {
                self.seen.used_up += 1;
                self.all.remove(&place);
            }
        }
        Ok(())
    }

    /// What has happened to rights, and how often.
    pub(super) fn seen(&self) -> Vec<(&'static str, usize)> {
        let Seen { used, used_up, used_through, taken_back, over, missing, beyond } = self.seen;
        vec![
            ("rights used", used),
            ("rights used up", used_up),
            ("rights used to execute for others", used_through),
            ("rights taken back", taken_back),
            ("rights over", over),
            ("rights missing", missing),
            ("rights that did not go so far", beyond),
        ]
    }

    /// The rights that an account has given are those by the book.
    pub(super) fn require(&self, chain: &TestChain, granter: &str) {
        let path = "/cosmos.authz.v1beta1.Query/GranterGrants";
        let request = wire::QueryGranterGrantsRequest { granter: granter.to_owned(), pagination: None };
        let found: wire::QueryGranterGrantsResponse = chain.query(path, &request).unwrap();
        let found: BTreeMap<Place, Right> = found
            .grants
            .into_iter()
            .map(|grant| {
                let until = grant.expiration.as_ref().map(nanos);
                let (url, right) = right(&grant.authorization.unwrap(), until);
                ((grant.granter, grant.grantee, url), right)
            })
            .collect();
        let given = self.all.iter().filter(|((from, ..), _)| from == granter);
        let given: BTreeMap<Place, Right> =
            given.map(|(place, right)| (place.clone(), right.clone())).collect();
        assert_eq!(found, given, "rights that {granter} has given, and those by the book");
    }
}
