//! Whether the chain and the model say the same.

use super::*;

fn all() -> Option<PageRequest> {
    Some(PageRequest { limit: 1000, ..Default::default() })
}

fn number(text: &str) -> u128 {
    text.parse().unwrap()
}

fn seconds(time: &prost_types::Timestamp) -> u64 {
    u64::try_from(time.seconds).unwrap()
}

impl Life {
    /// Every figure that can be asked for.
    pub(super) fn compare(&self) {
        let (world, model) = (&self.world, &self.model);
        let request = wire::QueryValidatorsRequest { pagination: all(), ..Default::default() };
        let found: wire::QueryValidatorsResponse = world.query("Validators", &request).unwrap();
        assert_eq!(found.validators.len(), model.validators.len());
        for (shown, (who, record)) in found.validators.iter().zip(&model.validators) {
            assert_eq!(shown.operator_address, valoper(*who));
            assert_eq!(number(&shown.tokens), record.tokens, "tokens of {who}");
            assert_eq!(number(&shown.delegator_shares), model.shares(*who), "shares of {who}");
            assert_eq!(shown.jailed, record.jailed, "{who} is jailed");
            let status = match record.status {
                Status::Unbonded => 1,
                Status::Unbonding { height, until } => {
                    assert_eq!(u64::try_from(shown.unbonding_height).unwrap(), height);
                    assert_eq!(seconds(shown.unbonding_time.as_ref().unwrap()), until);
                    2
                }
                Status::Bonded => 3,
            };
            assert_eq!(shown.status, status, "status of {who}");
        }
        let set: BTreeMap<[u8; 32], u64> = model
            .set
            .iter()
            .map(|(who, power)| (common::key(*who), u64::try_from(*power).unwrap()))
            .collect();
        assert_eq!(world.comet, set, "consensus has the set of the model");
        for who in 1..=ACCOUNTS {
            self.compare_account(who);
        }
        let pool: wire::QueryPoolResponse = world.query("Pool", &wire::QueryPoolRequest {}).unwrap();
        let pool = pool.pool.unwrap();
        let (mut bonded, mut rest) = (0, 0);
        for record in model.validators.values() {
            *if record.status == Status::Bonded { &mut bonded } else { &mut rest } += record.tokens;
        }
        rest += model.leaving.values().flatten().map(|e| e.balance).sum::<u128>();
        assert_eq!((number(&pool.bonded_tokens), number(&pool.not_bonded_tokens)), (bonded, rest));
        assert_eq!(world.supply(), EACH * u128::from(ACCOUNTS) - model.burned);
    }

    fn compare_account(&self, who: u8) {
        let (world, model) = (&self.world, &self.model);
        let delegator_addr = account(who).to_string();
        assert_eq!(world.balance(&account(who)), model.held[&who], "{who} holds");
        let request = wire::QueryDelegatorDelegationsRequest {
            delegator_addr: delegator_addr.clone(),
            pagination: all(),
        };
        let found: wire::QueryDelegatorDelegationsResponse =
            world.query("DelegatorDelegations", &request).unwrap();
        let found: Vec<(String, u128, u128)> = found
            .delegation_responses
            .into_iter()
            .map(|d| {
                let delegation = d.delegation.unwrap();
                (delegation.validator_address, number(&delegation.shares), number(&d.balance.unwrap().amount))
            })
            .collect();
        let own = model.delegations.iter().filter(|((owner, _), _)| *owner == who);
        let own: Vec<_> =
            own.map(|((_, to), shares)| (valoper(*to), *shares, model.worth(*to, *shares))).collect();
        assert_eq!(found, own, "delegations of {who}");
        let request = wire::QueryDelegatorUnbondingDelegationsRequest {
            delegator_addr: delegator_addr.clone(),
            pagination: all(),
        };
        let found: wire::QueryDelegatorUnbondingDelegationsResponse =
            world.query("DelegatorUnbondingDelegations", &request).unwrap();
        let found: Vec<(String, Vec<Leaving>)> = found
            .unbonding_responses
            .into_iter()
            .map(|u| (u.validator_address, u.entries.iter().map(leaving).collect()))
            .collect();
        let own = model.leaving.iter().filter(|((owner, _), _)| *owner == who);
        let own: Vec<_> = own.map(|((_, from), list)| (valoper(*from), list.clone())).collect();
        assert_eq!(found, own, "unbondings of {who}");
        let request =
            wire::QueryRedelegationsRequest { delegator_addr, pagination: all(), ..Default::default() };
        let found: wire::QueryRedelegationsResponse = world.query("Redelegations", &request).unwrap();
        let found: Vec<(String, String, Vec<Moved>)> = found
            .redelegation_responses
            .into_iter()
            .map(|r| {
                let pair = r.redelegation.unwrap();
                let entries = r.entries.into_iter().map(|e| moved(&e.redelegation_entry.unwrap()));
                (pair.validator_src_address, pair.validator_dst_address, entries.collect())
            })
            .collect();
        let own = model.moved.iter().filter(|((owner, ..), _)| *owner == who);
        let own: Vec<_> =
            own.map(|((_, from, to), list)| (valoper(*from), valoper(*to), list.clone())).collect();
        assert_eq!(found, own, "redelegations of {who}");
    }
}

fn leaving(entry: &wire::UnbondingDelegationEntry) -> Leaving {
    Leaving {
        height: u64::try_from(entry.creation_height).unwrap(),
        until: seconds(entry.completion_time.as_ref().unwrap()),
        initial: number(&entry.initial_balance),
        balance: number(&entry.balance),
    }
}

fn moved(entry: &wire::RedelegationEntry) -> Moved {
    Moved {
        height: u64::try_from(entry.creation_height).unwrap(),
        until: seconds(entry.completion_time.as_ref().unwrap()),
        initial: number(&entry.initial_balance),
        shares: number(&entry.shares_dst),
    }
}
