//! Allowances on a chain: given, used, taken back, forgotten.

mod world;

use agora_auth::api as auth;
use agora_feegrant::{FeeGrant, PRUNED_PER_BLOCK, PRUNED_PER_MESSAGE, api};
use agora_framework::Module;
use agora_primitives::Address;
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::feegrant::v1beta1 as wire;
use agora_proto::pack;
use agora_stage::{SECOND, account};
use agora_state::StateRead;
use prost_types::{Duration, Timestamp};
use serde_json::json;

use world::{SEND, START, World, basic, grant_message, kinds, revoke_message, uago};

#[test]
fn an_allowance_is_given_used_up_and_gone() {
    let mut world = World::new();
    let events = world.grant(1, 2, &basic(10, None)).unwrap();
    assert_eq!(kinds(&events), ["set_feegrant"]);
    assert_eq!(events[0].get("granter").as_deref(), Some(account(1).to_string().as_str()));
    assert_eq!(events[0].get("grantee").as_deref(), Some(account(2).to_string().as_str()));
    assert_eq!(kinds(&world.spend(1, 2, 4, &[SEND]).unwrap()), ["use_feegrant", "update_feegrant"]);
    assert_eq!(world.allowance(1, 2), Some(pack(&basic(6, None))));
    let refused = world.spend(1, 2, 7, &[SEND]).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("feegrant", 2));
    assert_eq!(
        refused.log,
        format!(
            "{} does not allow to pay fees for {}: basic allowance: fee limit exceeded",
            account(1),
            account(2)
        )
    );
    assert_eq!(kinds(&world.spend(1, 2, 6, &[SEND]).unwrap()), ["revoke_feegrant", "use_feegrant"]);
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 5);
    assert_eq!((world.count(1), world.allowance(1, 2)), (0, None));
}

#[test]
fn a_grantee_without_account_gets_one_and_another_keeps_its_own() {
    let mut world = World::new();
    let known = |world: &World, n| auth::known(&world.state, &account(n)).unwrap();
    assert_eq!(known(&world, 2), None);
    let _ = world.grant(1, 2, &basic(10, None)).unwrap();
    assert_eq!(known(&world, 2), Some(agora_auth::Account::default()));
    let own = agora_auth::Account { sequence: 7, pub_key: None };
    let _ = world.within_tx(|ctx| Ok(auth::set_account(ctx, &account(3), &own)?)).unwrap();
    let _ = world.grant(1, 3, &basic(10, None)).unwrap();
    assert_eq!(known(&world, 3), Some(own));
}

#[test]
fn an_allowance_in_force_is_not_replaced_and_one_that_is_over_is() {
    let mut world = World::new();
    let _ = world.grant(1, 2, &basic(10, Some(5))).unwrap();
    let refused = world.grant(1, 2, &basic(20, None)).unwrap_err();
    assert_eq!(refused.log, "fee allowance already exists: invalid request");
    world.block.time = (START + 6) * SECOND;
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 3);
    let _ = world.grant(1, 2, &basic(20, None)).unwrap();
    world.end_block(100);
    assert_eq!(world.allowance(1, 2), Some(pack(&basic(20, None))));
}

#[test]
fn what_is_revoked_cannot_be_used_and_what_is_not_there_not_revoked() {
    let mut world = World::new();
    let _ = world.grant(1, 2, &basic(0, Some(50))).unwrap();
    let events = world.run(&revoke_message(&account(1), &account(2))).unwrap();
    assert_eq!(kinds(&events), ["revoke_feegrant"]);
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 5);
    let refused = world.run(&revoke_message(&account(1), &account(2))).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("feegrant", 5));
    world.end_block(100);
}

#[test]
fn a_list_of_messages_narrows_any_allowance_and_is_paid_for_by_its_length() {
    let mut world = World::new();
    let periodic = wire::PeriodicAllowance {
        basic: Some(basic(0, None)),
        period: Some(Duration { seconds: 60, nanos: 0 }),
        period_spend_limit: uago(5),
        period_can_spend: uago(5),
        period_reset: Some(Timestamp { seconds: -62_135_596_800, nanos: 0 }),
    };
    let allowed = wire::AllowedMsgAllowance {
        allowance: Some(pack(&periodic)),
        allowed_messages: vec![SEND.into(), "/cosmos.gov.v1.MsgVote".into()],
    };
    let _ = world.grant(1, 2, &allowed).unwrap();
    let delegate = "/cosmos.staking.v1beta1.MsgDelegate";
    let refused = world.spend(1, 2, 1, &[SEND, delegate]).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("feegrant", 7));
    let _ = world.spend(1, 2, 5, &[SEND, SEND]).unwrap();
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 2);
    world.block.time += 60 * SECOND;
    let _ = world.spend(1, 2, 5, &[SEND]).unwrap();
}

#[test]
fn one_denom_may_be_used_up_before_another() {
    let mut world = World::new();
    let both = |uago: u32, ubto: u32| {
        [(uago, "uago"), (ubto, "ubto")]
            .map(|(n, denom)| WireCoin { denom: denom.into(), amount: n.to_string() })
    };
    let periodic = wire::PeriodicAllowance {
        basic: Some(wire::BasicAllowance { spend_limit: both(5, 5).to_vec(), expiration: None }),
        period: Some(Duration { seconds: 60, nanos: 0 }),
        period_spend_limit: both(5, 5).to_vec(),
        period_can_spend: both(5, 5).to_vec(),
        period_reset: None,
    };
    let _ = world.grant(1, 2, &periodic).unwrap();
    let _ = world.spend(1, 2, 5, &[SEND]).unwrap();
    assert_eq!(world.spend(1, 2, 1, &[SEND]).unwrap_err().code, 2);
    assert_eq!(world.count(1), 1);
    // And such a state can be exported and goes on.
    let again = World::from_genesis(&world.sections()).unwrap();
    assert_eq!(again.allowance(1, 2), world.allowance(1, 2));
}

#[test]
fn allowances_that_cannot_be_are_refused_with_the_reason() {
    let nested = |depth: usize| {
        (1..depth).fold(pack(&basic(1, None)), |inner, _| {
            pack(&wire::AllowedMsgAllowance { allowance: Some(inner), allowed_messages: vec![SEND.into()] })
        })
    };
    let periodic = |limit: Vec<WireCoin>, seconds| {
        pack(&wire::PeriodicAllowance {
            basic: Some(basic(10, None)),
            period: Some(Duration { seconds, nanos: 0 }),
            period_spend_limit: limit,
            period_can_spend: vec![],
            period_reset: None,
        })
    };
    let other = vec![WireCoin { denom: "ubto".into(), amount: "1".into() }];
    let list = wire::AllowedMsgAllowance { allowance: Some(pack(&basic(1, None))), allowed_messages: vec![] };
    let zero = wire::BasicAllowance { spend_limit: uago(0), expiration: None };
    for (allowance, codespace, code) in [
        (nested(5), "sdk", 18),
        (pack(&list), "feegrant", 6),
        (pack(&wire::AllowedMsgAllowance { allowance: None, ..list.clone() }), "feegrant", 6),
        (pack(&zero), "sdk", 10),
        (pack(&basic(1, Some(-1))), "sdk", 18),
        (pack(&basic(1, Some(-2_000_000_000))), "feegrant", 4),
        (periodic(vec![], 5), "sdk", 10),
        (periodic(other, 5), "sdk", 10),
        (periodic(uago(1), -5), "feegrant", 4),
        (pack(&revoke_message(&account(1), &account(2))), "sdk", 18),
    ] {
        let refused =
            World::new().run(&grant_message(&account(1), &account(2), allowance.clone())).unwrap_err();
        assert_eq!((refused.codespace, refused.code), (codespace, code), "{allowance:?}: {refused}");
    }
    let _ = World::new().run(&grant_message(&account(1), &account(2), nested(4))).unwrap();
    let own = World::new().grant(1, 1, &basic(1, None)).unwrap_err();
    assert_eq!(own.log, "cannot self-grant fee authorization: invalid address");
}

#[test]
fn what_is_over_is_forgotten_the_oldest_first_and_the_rest_in_later_blocks() {
    let mut world = World::new();
    let many = PRUNED_PER_BLOCK + PRUNED_PER_MESSAGE + 10;
    for n in 0..many {
        let mut to = [9; 20];
        to[..8].copy_from_slice(&(n as u64).to_be_bytes());
        let until = 10 + (n % 7) as i64;
        let message = grant_message(&account(1), &Address::from_20(to), pack(&basic(5, Some(until))));
        let _ = world.run(&message).unwrap();
    }
    let _ = world.grant(1, 2, &basic(5, Some(1_000))).unwrap();
    let _ = world.grant(1, 3, &basic(5, None)).unwrap();
    world.end_block(10);
    assert_eq!(world.count(1), many + 2, "the last moment still counts");
    world.end_block(100);
    assert_eq!(world.count(1), many + 2 - PRUNED_PER_BLOCK);
    let events = world.run(&wire::MsgPruneAllowances { pruner: account(5).to_string() }).unwrap();
    assert_eq!(kinds(&events), ["prune_feegrant"]);
    assert_eq!(world.count(1), 12);
    world.end_block(101);
    assert_eq!(world.count(1), 2);
}

#[test]
fn who_pays_for_whom_is_found_from_both_sides_page_by_page() {
    let mut world = World::new();
    for (from, to) in [(1, 2), (1, 3), (4, 3), (5, 3)] {
        let _ = world.grant(from, to, &basic(5, None)).unwrap();
    }
    assert_eq!((world.count(1), world.count(4), world.count(2)), (2, 1, 0));
    let mut request = wire::QueryAllowancesRequest {
        grantee: account(3).to_string(),
        pagination: Some(agora_framework::PageRequest { limit: 2, ..Default::default() }),
    };
    let first: wire::QueryAllowancesResponse = world.query("Allowances", &request).unwrap();
    request.pagination.as_mut().unwrap().key = first.pagination.unwrap().next_key;
    let second: wire::QueryAllowancesResponse = world.query("Allowances", &request).unwrap();
    let granters: Vec<String> =
        first.allowances.into_iter().chain(second.allowances).map(|grant| grant.granter).collect();
    assert_eq!(granters, [1, 4, 5].map(|n| account(n).to_string()));
    let request = wire::QueryAllowanceRequest { granter: account(2).to_string(), grantee: request.grantee };
    let missing = world.query::<_, wire::QueryAllowanceResponse>("Allowance", &request).unwrap_err();
    assert_eq!((missing.grpc, missing.message.as_str()), (13, "fee-grant not found: not found"));
    let request = wire::QueryAllowanceRequest { granter: "abc".into(), ..request };
    assert_eq!(world.query::<_, wire::QueryAllowanceResponse>("Allowance", &request).unwrap_err().grpc, 2);
}

#[test]
fn an_exported_state_comes_back_whole() {
    let mut world = World::new();
    let _ = world.grant(1, 2, &basic(5, Some(10))).unwrap();
    let _ = world.grant(3, 2, &basic(0, None)).unwrap();
    world.block.time = (START + 60) * SECOND;
    let sections = world.sections();
    let mut again = World::from_genesis(&sections).unwrap();
    assert_eq!(again.sections(), sections);
    let all = |world: &World| {
        world.state.fork().into_writes().into_iter().filter(|(_, value)| value.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(all(&again), all(&world));
    again.end_block(100);
    assert_eq!((again.count(1), again.count(3)), (0, 1));
    let mut twice = sections;
    let grants = twice[2]["allowances"].as_array_mut().unwrap();
    grants.push(grants[0].clone());
    let error = World::from_genesis(&twice).map(|_| ()).unwrap_err();
    assert!(error.log.starts_with("genesis section feegrant: allowance 2"), "{error}");
    assert_eq!(json!({"allowances": []}), FeeGrant.default_genesis());
    assert!(again.state.get(&api::allowance_key(&account(3), &account(2))).unwrap().is_some());
}
