//! New coins on a chain with stakes: how many, for whom, and where they end.

use std::sync::Arc;

use agora_bank::{Bank, api as bank};
use agora_framework::{BlockCtx, Decided, Event, Module};
use agora_mint::Mint;
use agora_mint::proto::agora::mint::v1 as own;
use agora_primitives::{Address, module_address};
use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;
use agora_proto::cosmos::mint::v1beta1 as wire;
use agora_stage::on_stage;
use agora_stage::{SECOND, Stage};
use agora_staking::Staking;
use agora_state::TrackedView;
use serde_json::{Value, json};

/// In seconds since 1970.
const START: u64 = 1_767_225_600;
const AGO: u128 = 1_000_000;

struct World {
    stage: Stage,
    /// Events of the last hook.
    events: Vec<Event>,
}

on_stage!(World);

impl World {
    /// A supply of so many AGO, of which some are bonded.
    fn new(supply: u128, bonded: u128, max_supply: u128) -> Self {
        let held = |address: Address, ago: u128| {
            json!({
                "address": address.to_string(),
                "coins": [{"denom": "uago", "amount": (ago * AGO).to_string()}]
            })
        };
        let owner = Address::from_20([1; 20]);
        let mut section = Bank.default_genesis();
        section["balances"] = json!([held(owner, supply - bonded)]);
        let mut stake = Staking.default_genesis();
        if bonded > 0 {
            section["balances"]
                .as_array_mut()
                .unwrap()
                .push(held(module_address("bonded_tokens_pool"), bonded));
            let tokens = (bonded * AGO).to_string();
            stake["validators"] = json!([{
                "operator_address": agora_staking::api::operator_text(&owner),
                "consensus_pubkey": {
                    "@type": "/cosmos.crypto.ed25519.PubKey",
                    "key": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
                },
                "jailed": false,
                "status": "BOND_STATUS_BONDED",
                "tokens": tokens,
                "delegator_shares": format!("{tokens}.000000000000000000"),
                "description": {
                    "moniker": "v", "identity": "", "website": "", "security_contact": "", "details": ""
                },
                "unbonding_height": "0",
                "unbonding_time": "1970-01-01T00:00:00Z",
                "commission": {
                    "commission_rates": { "rate": "0.1", "max_rate": "0.2", "max_change_rate": "0.01" },
                    "update_time": "1970-01-01T00:00:00Z"
                },
                "min_self_delegation": "1",
                "unbonding_on_hold_ref_count": "0",
                "unbonding_ids": []
            }]);
            stake["delegations"] = json!([{
                "delegator_address": owner.to_string(),
                "validator_address": agora_staking::api::operator_text(&owner),
                "shares": format!("{tokens}.000000000000000000")
            }]);
        }
        let mut mint = Mint.default_genesis();
        mint["params"]["max_supply"] = (max_supply * AGO).to_string().into();
        Self::from_genesis(&[section, stake, mint])
    }

    fn from_genesis(sections: &[Value]) -> Self {
        let modules: Vec<Arc<dyn Module>> = vec![Arc::new(Bank), Arc::new(Staking), Arc::new(Mint)];
        let mut stage = Stage::new(modules, "cosmos.mint.v1beta1", START);
        stage.genesis(sections, &[]).unwrap();
        Self { stage, events: vec![] }
    }

    /// A block so many seconds later.
    fn block(&mut self, seconds: u64) {
        self.block.height += 1;
        self.block.time += seconds * SECOND;
        self.events = self.stage.hook(&Decided::default(), |ctx| Mint.begin_block(ctx)).events;
        for invariant in Mint.invariants() {
            (invariant.check)(&self.state).unwrap_or_else(|why| panic!("{}: {why}", invariant.name));
        }
    }

    fn supply(&self) -> u128 {
        bank::supply(&self.state, &"uago".parse().unwrap()).unwrap()
    }
}

/// Thirteen per cent of a million AGO for so many seconds of a year of 365.25 days.
fn curve(seconds: u128) -> u128 {
    130_000 * AGO * seconds / 31_557_600
}

#[test]
fn a_second_makes_its_part_of_a_year_and_the_fee_collector_has_it() {
    let mut world = World::new(1_000_000, 670_000, 0);
    let before = world.supply();
    world.block(0);
    assert!(world.events.is_empty(), "the first block begins the hour");
    world.block(1);
    assert_eq!(world.supply() - before, curve(1));
    let collector = module_address("fee_collector");
    let held = bank::balance(&world.state, &collector, &"uago".parse().unwrap()).unwrap();
    assert_eq!(held, curve(1));
    let shape: Vec<&str> = world.events.iter().map(|event| event.kind.as_ref()).collect();
    assert_eq!(
        shape,
        ["coin_received", "coinbase", "coin_spent", "coin_received", "transfer", "message", "mint"]
    );
    let mint = &world.events[6];
    assert_eq!(mint.get("bonded_ratio").unwrap(), "0.670000000000000000");
    assert_eq!(mint.get("inflation").unwrap(), "0.130000000000000000");
    assert_eq!(mint.get("annual_provisions").unwrap(), "130000000000.000000000000000000");
    assert_eq!(mint.get("amount").unwrap(), curve(1).to_string());
}

#[test]
fn many_blocks_make_as_much_as_one() {
    let (mut many, mut one) = (World::new(1_000_000, 670_000, 0), World::new(1_000_000, 670_000, 0));
    many.block(0);
    one.block(0);
    for _ in 0..3599 {
        many.block(1);
    }
    one.block(3599);
    assert_eq!((many.supply(), many.sections()[2].clone()), (one.supply(), one.sections()[2].clone()));
    assert_eq!(one.supply(), 1_000_000 * AGO + curve(3599));
}

#[test]
fn the_rate_follows_what_is_bonded() {
    let mut world = World::new(1_000_000, 100_000, 0);
    world.block(0);
    let rate = |world: &World| {
        let found: wire::QueryInflationResponse =
            world.query("Inflation", &wire::QueryInflationRequest {}).unwrap();
        String::from_utf8(found.inflation).unwrap().parse::<u128>().unwrap()
    };
    assert_eq!(rate(&world), 130_000_000_000_000_000);
    world.block(3600);
    let first = rate(&world);
    assert!(first > 130_000_000_000_000_000);
    world.block(10 * 31_557_600);
    assert_eq!(rate(&world), 200_000_000_000_000_000);
}

#[test]
fn the_cap_is_reached_and_never_passed() {
    let mut world = World::new(1_000_000, 670_000, 1_000_001);
    world.block(0);
    for _ in 0..40 {
        world.block(60);
        assert!(world.supply() <= 1_000_001 * AGO);
    }
    assert_eq!(world.supply(), 1_000_001 * AGO);
    assert!(world.events.is_empty());
}

#[test]
fn while_nothing_is_bonded_nothing_is_made_nor_made_up_for() {
    let mut world = World::new(1_000_000, 0, 0);
    let before = world.sections();
    for _ in 0..3 {
        world.block(100_000);
    }
    assert_eq!(world.supply(), 1_000_000 * AGO);
    assert_eq!(world.sections(), before);
}

#[test]
fn an_export_begins_the_same_curve() {
    let mut world = World::new(1_000_000, 300_000, 0);
    world.block(0);
    world.block(5000);
    let mut again = World::from_genesis(&world.sections());
    again.block = world.block.clone();
    assert_eq!(again.sections(), world.sections());
    world.block(7);
    again.block(7);
    assert_eq!(again.sections(), world.sections());
}

#[test]
fn parameters_change_by_the_authority_alone_and_within_their_bounds() {
    let mut world = World::new(1_000_000, 300_000, 0);
    let found: wire::QueryParamsResponse = world.query("Params", &wire::QueryParamsRequest {}).unwrap();
    let params = found.params.unwrap();
    let update = |who: Address, change: &dyn Fn(&mut wire::Params)| {
        let mut params = params.clone();
        change(&mut params);
        wire::MsgUpdateParams { authority: who.to_string(), params: Some(params) }
    };
    assert_eq!(world.run(&update(Address::from_20([1; 20]), &|_| {})).unwrap_err().code, 4);
    let gov = module_address("gov");
    let changes: [&dyn Fn(&mut wire::Params); 5] = [
        &|p| p.goal_bonded = "0".into(),
        &|p| p.inflation_max = "1".into(),
        &|p| p.inflation_rate_change = "1000000000000000001".into(),
        &|p| p.blocks_per_year = 0,
        &|p| p.max_supply = "-1".into(),
    ];
    for change in changes {
        assert_eq!(world.run(&update(gov, change)).unwrap_err().code, 18);
    }
    world.run(&update(gov, &|p| p.inflation_min = "0".into())).unwrap();
}

#[test]
fn an_account_burns_its_own_coins_and_the_supply_is_less_by_them() {
    let mut world = World::new(1000, 0, 0);
    let before = world.supply();
    let burn = |who: u8, amount: u128| own::MsgBurn {
        sender: Address::from_20([who; 20]).to_string(),
        amount: vec![WireCoin { denom: "uago".into(), amount: amount.to_string() }],
    };
    world.run(&burn(1, 7)).unwrap();
    assert_eq!(world.supply(), before - 7);
    assert_eq!(
        bank::balance(&world.state, &Address::from_20([1; 20]), &"uago".parse().unwrap()),
        Ok(before - 7)
    );
    assert_eq!(world.run(&burn(2, 1)).unwrap_err().code, 5);
    assert_eq!(world.run(&burn(1, before)).unwrap_err().code, 5);
    assert_eq!(world.run(&burn(1, 0)).unwrap_err().code, 10);
    assert_eq!(world.run(&own::MsgBurn { amount: vec![], ..burn(1, 1) }).unwrap_err().code, 10);
    assert_eq!(world.supply(), before - 7);
}

#[test]
fn every_invariant_finds_what_it_is_for() {
    let mut world = World::new(1_000_000, 300_000, 0);
    world.block(0);
    world.block(60);
    let coins = agora_primitives::Coins::one(agora_primitives::Coin::new(1, "uago".parse().unwrap()));
    let mut fork = world.state.fork();
    let mut view = TrackedView::new(&fork);
    let mut ctx = BlockCtx::new(&mut view, &world.block, &world.registry, 0);
    bank::mint(&mut ctx, agora_mint::ACCOUNT, &coins).unwrap();
    let (changes, _) = view.finish();
    fork.apply(changes).unwrap();
    assert!((Mint.invariants()[1].check)(&fork).is_err());
    // A genesis may say that more was made than the curve gives; it is seen.
    let mut sections = world.sections();
    sections[2]["hour"]["made"] = "99999999999999".into();
    let mut broken = World::from_genesis(&sections);
    broken.block = world.block.clone();
    assert!((Mint.invariants()[0].check)(&broken.state).is_err());
}
