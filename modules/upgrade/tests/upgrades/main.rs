//! Upgrades planned, done, missed and passed by.

mod release;

use agora_framework::QueryCtx;
use agora_proto::cosmos::upgrade::v1beta1 as wire;
use agora_state::{Space, StateRead, StoreId};
use agora_upgrade::api;
use serde_json::json;

use release::{NEW, OLD, Release, World, authority, owned, plan};

#[test]
fn a_release_without_the_upgrade_stops_before_the_block_and_changes_nothing() {
    let mut world = World::new();
    let events = world.run(&plan("v2", 10)).unwrap().events;
    assert_eq!(events[0].kind, "upgrade_planned");
    assert_eq!(world.planned(), Some(10));
    world.until(9);
    let before = world.writes();
    let stopped = world.next().unwrap_err();
    assert_eq!((stopped.codespace, stopped.code), (api::NEEDED.codespace, api::NEEDED.code));
    assert!(stopped.log.starts_with("UPGRADE \"v2\" NEEDED at height: 10: {\"at\":\"there\"}"), "{stopped}");
    assert_eq!(world.writes(), before);
    let planned = api::plan(&world.state).unwrap().unwrap();
    assert!(stopped.log.starts_with(&api::needed(&planned)));
}

#[test]
fn the_next_release_migrates_adds_records_and_goes_on() {
    let mut world = World::new();
    let _ = world.run(&plan("v2", 10)).unwrap();
    world.until(9);
    assert_eq!(world.versions(), owned(&[("counter", 1), ("upgrade", 1)]));
    world.release(Release::Second).unwrap();
    let events = world.next().unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_ref()).collect();
    assert_eq!(kinds, ["handled", "upgrade_applied"]);
    // Migrated from 1 to 3, then handled; the new module began.
    assert_eq!((OLD.get(&world.state).unwrap(), NEW.get(&world.state).unwrap()), (Some(701), Some(7)));
    assert_eq!(world.versions(), owned(&[("added", 5), ("counter", 3), ("upgrade", 1)]));
    assert_eq!((world.planned(), api::last_applied(&world.state).unwrap()), (None, Some(10)));
    let request = wire::QueryAppliedPlanRequest { name: "v2".into() };
    let applied: wire::QueryAppliedPlanResponse = world.query("AppliedPlan", &request).unwrap();
    assert_eq!(applied.height, 10);
    world.until(15);
    world.release(Release::Second).unwrap();
    let again = world.run(&plan("v2", 30)).unwrap_err();
    assert!(again.log.contains("has already been completed"), "{again}");
    // An older release is refused, with the reason.
    let refused = world.release(Release::First).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("upgrade", 22));
    assert!(
        refused.log.contains("the upgrade \"v2\" at height 10, which this release does not know"),
        "{refused}"
    );
}

#[test]
fn a_release_before_its_time_is_refused_at_start_and_at_every_block() {
    let mut world = World::new();
    let _ = world.run(&plan("v2", 10)).unwrap();
    world.until(8);
    let refused = world.release(Release::Second).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("upgrade", 21));
    assert!(refused.log.starts_with("BINARY UPDATED BEFORE TRIGGER! UPGRADE \"v2\""), "{refused}");
    assert_eq!(world.next().unwrap_err().code, 21);
    // Without any plan its modules' versions tell.
    let mut unplanned = World::new();
    let refused = unplanned.release(Release::Second).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("upgrade", 22));
    assert!(
        refused.log.contains("module counter has version 3 in this release and 1 in the state"),
        "{refused}"
    );
}

#[test]
fn a_height_that_is_skipped_is_passed_by_with_the_old_release() {
    let mut world = World::new();
    let _ = world.run(&plan("v2", 10)).unwrap();
    world.release(Release::Skipping).unwrap();
    world.until(12);
    assert_eq!((world.planned(), OLD.get(&world.state).unwrap()), (None, Some(7)));
    world.release(Release::First).unwrap();
}

#[test]
fn a_release_that_lacks_a_module_of_the_state_is_refused() {
    let mut world = World::from_genesis(Release::Second, &json!({ "plan": null, "applied": [] })).unwrap();
    let refused = world.release(Release::First).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("upgrade", 22), "{refused}");
}

#[test]
fn only_the_authority_plans_and_only_what_can_be() {
    let mut world = World::new();
    let stranger = wire::MsgSoftwareUpgrade {
        authority: agora_primitives::Address::from_20([1; 20]).to_string(),
        ..plan("v2", 10)
    };
    assert_eq!(world.run(&stranger).unwrap_err().code, 4);
    for (name, height) in
        [("", 10), ("v2", 0), ("v2", -1), ("v2", 5), ("../v2", 10), (".v2", 10), (&"v".repeat(65), 10)]
    {
        let refused = world.run(&plan(name, height)).unwrap_err();
        assert_eq!((refused.codespace, refused.code), ("sdk", 18), "{name} {height}: {refused}");
    }
    let cancel = wire::MsgCancelUpgrade { authority: authority() };
    assert_eq!(world.run(&cancel).unwrap_err().code, 3);
    let _ = world.run(&plan("v2", 10)).unwrap();
    let _ = world.run(&plan("v3", 12)).unwrap();
    assert_eq!(world.planned(), Some(12), "a plan takes the place of the one before");
    let events = world.run(&cancel).unwrap().events;
    assert_eq!((events[0].kind.as_ref(), world.planned()), ("upgrade_cancelled", None));
    world.until(15);
}

#[test]
fn queries_answer_as_the_cosmos_sdk_does() {
    let world = World::new();
    let request = wire::QueryModuleVersionsRequest { module_name: "nope".into() };
    let missing = world.query::<_, wire::QueryModuleVersionsResponse>("ModuleVersions", &request);
    assert_eq!(
        missing.unwrap_err().message,
        "codespace upgrade code 2: module version not found: x/upgrade: QueryModuleVersions module nope not found"
    );
    let request = wire::QueryModuleVersionsRequest { module_name: "counter".into() };
    let one: wire::QueryModuleVersionsResponse = world.query("ModuleVersions", &request).unwrap();
    assert_eq!(one.module_versions.len(), 1);
    let unknown: wire::QueryAppliedPlanResponse =
        world.query("AppliedPlan", &wire::QueryAppliedPlanRequest { name: "nope".into() }).unwrap();
    assert_eq!((unknown.height, world.planned()), (0, None));
    let who: wire::QueryAuthorityResponse =
        world.query("Authority", &wire::QueryAuthorityRequest {}).unwrap();
    assert_eq!(who.address, authority());
}

#[test]
fn an_exported_state_comes_back_whole() {
    let section = json!({
        "plan": { "name": "v3", "height": "40", "info": "x" },
        "applied": [{ "name": "a", "height": "7" }, { "name": "v1", "height": "3" }],
    });
    let world = World::from_genesis(Release::First, &section).unwrap();
    let ctx = QueryCtx::new(&world.state, &world.block, &world.registry);
    let exported = world.registry.modules()[0].export_genesis(&ctx).unwrap();
    assert_eq!(exported, section);
    assert_eq!(api::last_applied(&world.state).unwrap(), Some(7));
    assert!(
        world
            .state
            .get(&agora_state::StateKey {
                store: StoreId::new("upgrade"),
                space: Space::Tree,
                key: [1].as_slice().into(),
            })
            .unwrap()
            .is_some()
    );
    for bad in [
        json!({ "plans": null }),
        json!({ "plan": { "name": "v3", "height": 40 } }),
        json!({ "plan": { "name": "v3", "height": "40", "time": "0" } }),
        json!({ "applied": [{ "name": "a", "height": "7" }, { "name": "a", "height": "8" }] }),
    ] {
        assert!(World::from_genesis(Release::First, &bad).is_err(), "{bad}");
    }
}
