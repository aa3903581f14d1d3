//! Rights on a chain: given, used, taken back, forgotten.

mod world;

use agora_auth::api as auth;
use agora_authz::PRUNED_PER_BLOCK;
use agora_framework::{MAX_NESTING, PageRequest};
use agora_primitives::Address;
use agora_proto::cosmos::authz::v1beta1 as wire;
use agora_proto::cosmos::bank::v1beta1::{Input, MsgMultiSend, Output, SendAuthorization};
use agora_proto::cosmos::staking::v1beta1::{AuthorizationType, StakeAuthorization, stake_authorization};
use agora_proto::pack;
use agora_stage::{Done, account};
use prost::Message;

use world::{SEND, START, VOTE, World, exec, generic, limited, send, text, uago, until};

#[test]
fn a_grantee_sends_for_its_granter_until_the_limit_is_used_up() {
    let mut world = World::new();
    let events = world.grant(1, 3, limited(100, &[2]), until(50)).unwrap();
    let quoted = |n: u8| format!("\"{}\"", text(n));
    let shown: Vec<(String, String)> =
        events[0].attributes.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let expected = [("grantee", quoted(3)), ("granter", quoted(1)), ("msg_type_url", format!("\"{SEND}\""))];
    assert_eq!(events[0].kind, "cosmos.authz.v1beta1.EventGrant");
    assert_eq!(shown, expected.map(|(key, value)| (key.to_owned(), value)));

    let Done { response, events, .. } = world.exec(3, vec![send(1, 2, 30), send(1, 2, 30)]).unwrap();
    assert_eq!((world.has(1), world.has(2)), (940, 1060));
    let results = wire::MsgExecResponse::decode(response.as_slice()).unwrap().results;
    assert_eq!(results, vec![Vec::<u8>::new(); 2], "an empty response each");
    let places: Vec<String> = events.iter().map(|event| event.get("authz_msg_index").unwrap()).collect();
    assert_eq!(places, ["0", "0", "0", "0", "1", "1", "1", "1"]);

    let beyond = world.exec(3, vec![send(1, 2, 41)]).unwrap_err();
    assert_eq!(beyond.log, "requested amount is more than spend limit: insufficient funds");
    let stranger = world.exec(3, vec![send(1, 4, 1)]).unwrap_err();
    assert_eq!(stranger.log, format!("cannot send to {} address: unauthorized", text(4)));
    let Done { events, .. } = world.exec(3, vec![send(1, 2, 40)]).unwrap();
    assert_eq!(events[0].kind, "cosmos.authz.v1beta1.EventRevoke");
    assert_eq!((events[0].get("authz_msg_index"), world.held(3)), (None, 0));
}

#[test]
fn without_a_right_in_force_nobody_acts_for_another_and_everybody_for_itself() {
    let mut world = World::new();
    let refused = world.exec(2, vec![send(1, 2, 1)]).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("authz", 2));
    let _ = world.exec(1, vec![send(1, 2, 1)]).unwrap();
    assert_eq!(world.has(2), 1001);
    // A right goes one way, and for one type.
    let _ = world.grant(1, 2, generic(SEND), None).unwrap();
    assert_eq!(world.exec(1, vec![send(2, 1, 1)]).unwrap_err().code, 2);
    let many = |from: &[u8]| {
        let inputs: Vec<Input> = from.iter().map(|n| Input { address: text(*n), coins: uago(1) }).collect();
        let outputs = vec![Output { address: text(2), coins: uago(inputs.len() as u128) }];
        pack(&MsgMultiSend { inputs, outputs })
    };
    assert_eq!(world.exec(2, vec![many(&[1])]).unwrap_err().code, 2);
    let two = world.exec(2, vec![many(&[1, 2])]).unwrap_err();
    assert_eq!((two.codespace, two.code), ("authz", 9));
    let none = world.exec(2, vec![]).unwrap_err();
    assert_eq!(none.log, "messages cannot be empty: invalid request");
}

#[test]
fn a_right_counts_to_its_last_moment_and_not_beyond() {
    let mut world = World::new();
    let _ = world.grant(1, 2, generic(SEND), until(10)).unwrap();
    world.begin_block(10);
    let _ = world.exec(2, vec![send(1, 2, 1)]).unwrap();
    world.block.time += 1;
    let refused = world.exec(2, vec![send(1, 2, 1)]).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("authz", 6));
    world.begin_block(11);
    assert_eq!(world.exec(2, vec![send(1, 2, 1)]).unwrap_err().code, 2);
}

#[test]
fn messages_of_an_execution_run_all_or_none() {
    let mut world = World::new();
    let _ = world.grant(1, 2, limited(5000, &[]), None).unwrap();
    let refused = world.exec(2, vec![send(1, 2, 600), send(1, 2, 600)]).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("sdk", 5));
    assert!(
        refused.log.starts_with("failed to execute message; authz message index: 1: spendable balance"),
        "{refused}"
    );
    assert_eq!(world.has(1), 1000);
    assert_eq!(world.grants(1, 2)[0].authorization, Some(limited(5000, &[])));
}

#[test]
fn executions_lie_in_each_other_no_deeper_than_messages_may() {
    let mut world = World::new();
    let _ = world.grant(1, 2, generic(SEND), None).unwrap();
    let nested = |depth: usize| (1..depth).fold(send(1, 2, 1), |inner, _| pack(&exec(2, vec![inner])));
    for depth in 2..=MAX_NESTING {
        let message = wire::MsgExec::decode(nested(depth).value.as_slice()).unwrap();
        let _ = world.run(&message).unwrap();
    }
    assert_eq!(world.has(2), 1000 + MAX_NESTING as u128 - 1);
    let deeper = wire::MsgExec::decode(nested(MAX_NESTING + 1).value.as_slice()).unwrap();
    let refused = world.run(&deeper).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("sdk", 18));
    assert!(refused.log.contains("messages lie in each other"), "{refused}");
    // Another's execution is another's message: it needs a right as any other.
    let other = world.exec(3, vec![pack(&exec(2, vec![send(1, 2, 1)]))]).unwrap_err();
    assert_eq!((other.codespace, other.code), ("authz", 2));
}

#[test]
fn rights_that_cannot_be_are_refused_with_the_reason() {
    let stake = |kind: AuthorizationType, max: Option<u128>, list: Option<&[u8]>| {
        pack(&StakeAuthorization {
            max_tokens: max.and_then(|max| uago(max).pop()),
            authorization_type: kind.into(),
            validators_choice: list.map(|list| {
                let operator = |n: &u8| account(*n).to_bech32("agoravaloper");
                let address = list.iter().map(operator).collect();
                stake_authorization::ValidatorsChoice::AllowList(stake_authorization::Validators { address })
            }),
        })
    };
    let delegate = AuthorizationType::Delegate;
    for (authorization, end, codespace, code) in [
        (generic("/no.such.Msg"), None, "sdk", 29),
        (generic(SEND), until(0), "authz", 3),
        (generic(SEND), until(-START.cast_signed() - 1), "authz", 3),
        (limited(0, &[]), None, "sdk", 10),
        (limited(1, &[2, 2]), None, "sdk", 18),
        (pack(&SendAuthorization::default()), None, "sdk", 10),
        (send(1, 2, 3), None, "authz", 4),
        (stake(AuthorizationType::Unspecified, None, None), None, "authz", 4),
        (stake(delegate, Some(0), None), None, "authz", 12),
        (stake(delegate, None, Some(&[])), None, "sdk", 18),
    ] {
        let refused = World::new().grant(1, 2, authorization, end).unwrap_err();
        assert_eq!((refused.codespace, refused.code), (codespace, code), "{refused}");
    }
    let _ = World::new().grant(1, 2, stake(delegate, Some(1), Some(&[1])), until(1)).unwrap();
    let own = World::new().grant(1, 1, generic(SEND), None).unwrap_err();
    assert_eq!(own.log, "grantee and granter should be different");
}

#[test]
fn a_new_right_takes_the_place_of_the_old_and_of_its_end() {
    let mut world = World::new();
    let _ = world.grant(1, 9, limited(10, &[]), until(10)).unwrap();
    let account = auth::known(&world.state, &account(9)).unwrap();
    assert_eq!(account, Some(agora_auth::Account::default()), "wallets must find the grantee");
    let _ = world.grant(1, 9, generic(SEND), None).unwrap();
    world.begin_block(100);
    assert_eq!(world.held(9), 1);
    let _ = world.exec(9, vec![send(1, 2, 500)]).unwrap();
    let revoke = wire::MsgRevoke { granter: text(1), grantee: text(9), msg_type_url: SEND.to_owned() };
    let events = world.run(&revoke).unwrap().events;
    assert_eq!(events[0].kind, "cosmos.authz.v1beta1.EventRevoke");
    assert_eq!(world.exec(9, vec![send(1, 2, 1)]).unwrap_err().code, 2);
    let again = world.run(&revoke).unwrap_err();
    assert_eq!((again.codespace, again.code), ("authz", 2));
}

#[test]
fn what_is_over_is_forgotten_the_oldest_first_and_the_rest_in_later_blocks() {
    let mut world = World::new();
    let many = PRUNED_PER_BLOCK + 30;
    for n in 0..many {
        let granter = Address::from_20({
            let mut bytes = [9; 20];
            bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
            bytes
        });
        let grant =
            wire::Grant { authorization: Some(generic(SEND)), expiration: until(10 + (n % 5) as i64) };
        let message = wire::MsgGrant { granter: granter.to_string(), grantee: text(7), grant: Some(grant) };
        let _ = world.run(&message).unwrap();
    }
    let _ = world.grant(1, 7, generic(SEND), until(1000)).unwrap();
    world.begin_block(100);
    assert_eq!(world.held(7), 31);
    world.begin_block(101);
    assert_eq!(world.held(7), 1);
}

#[test]
fn rights_are_found_from_both_sides_page_by_page() {
    let mut world = World::new();
    for (from, to, message) in [(1, 2, SEND), (1, 2, VOTE), (1, 3, SEND), (4, 2, SEND)] {
        let _ = world.grant(from, to, generic(message), None).unwrap();
    }
    assert_eq!(world.grants(1, 2).len(), 2);
    assert_eq!((world.held(2), world.held(3), world.held(1)), (3, 1, 0));
    let mut request = wire::QueryGranterGrantsRequest {
        granter: text(1),
        pagination: Some(PageRequest { limit: 2, ..Default::default() }),
    };
    let first: wire::QueryGranterGrantsResponse = world.query("GranterGrants", &request).unwrap();
    request.pagination.as_mut().unwrap().key = first.pagination.unwrap().next_key;
    let second: wire::QueryGranterGrantsResponse = world.query("GranterGrants", &request).unwrap();
    let grantees: Vec<String> =
        first.grants.into_iter().chain(second.grants).map(|grant| grant.grantee).collect();
    assert_eq!(grantees, [text(2), text(2), text(3)]);
    let one = |message: &str| wire::QueryGrantsRequest {
        granter: text(1),
        grantee: text(2),
        msg_type_url: message.into(),
        pagination: None,
    };
    let found: wire::QueryGrantsResponse = world.query("Grants", &one(VOTE)).unwrap();
    assert_eq!((found.grants.len(), found.pagination), (1, None));
    let missing = world.query::<_, wire::QueryGrantsResponse>("Grants", &one("/a.B")).unwrap_err();
    assert_eq!(
        (missing.grpc, missing.message.as_str()),
        (2, "codespace authz code 2: authorization not found: authorization not found for /a.B type")
    );
}

#[test]
fn an_exported_state_comes_back_whole() {
    let mut world = World::new();
    let _ = world.grant(1, 2, limited(7, &[3, 1]), until(10)).unwrap();
    let _ = world.grant(2, 1, generic(VOTE), None).unwrap();
    let sections = world.sections();
    let again = World::from_genesis(&sections).unwrap();
    assert_eq!(again.sections(), sections);
    let all = |world: &World| world.state.fork().into_writes();
    assert_eq!(all(&again), all(&world));
    let mut twice = sections;
    let grants = twice[3]["authorization"].as_array_mut().unwrap();
    grants.push(grants[0].clone());
    let error = World::from_genesis(&twice).map(|_| ()).unwrap_err();
    assert!(error.log.starts_with("genesis section authz: authorization 2"), "{error}");
}
