//! What validators lose for not signing and for signing twice.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use agora_bank::Bank;
use agora_consensus::Consensus;
use agora_framework::{
    AppError, BlockCtx, Decided, Event, Misbehavior, Module, Offence, ValidatorUpdate, Vote, Voted,
};
use agora_primitives::{Address, module_address};
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::evidence::v1beta1 as evidence;
use agora_proto::cosmos::slashing::v1beta1 as wire;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_proto::tendermint::types::{ConsensusParams, EvidenceParams};
use agora_slashing::Slashing;
use agora_stage::{SECOND, Stage, account};
use agora_staking::{Staking, api};
use agora_state::{KeyRange, Space, StateRead as _, TrackedView};
use prost::Message;
use serde_json::{Value, json};

const AGO: u128 = 1_000_000;
const START: u64 = 1_000_000;

struct World {
    stage: Stage,
    events: Vec<Event>,
    updates: Vec<ValidatorUpdate>,
}

impl Deref for World {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Stage {
        &mut self.stage
    }
}

fn key(n: u8) -> [u8; 32] {
    [n; 32]
}

fn consensus(n: u8) -> Address {
    Address::from_sha256(&key(n))
}

fn valoper(n: u8) -> String {
    api::operator_text(&account(n))
}

fn vote(n: u8, voted: Voted) -> Vote {
    Vote { address: consensus(n), power: 5, voted }
}

fn validator(n: u8, ago: u128) -> Value {
    json!({
        "operator_address": valoper(n),
        "consensus_pubkey": {
            "@type": "/cosmos.crypto.ed25519.PubKey",
            "key": BASE64[usize::from(n) - 1],
        },
        "jailed": false,
        "status": "BOND_STATUS_BONDED",
        "tokens": (ago * AGO).to_string(),
        "delegator_shares": format!("{}.000000000000000000", ago * AGO),
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
    })
}

/// The keys of the first three validators: 32 bytes of 1, 2 and 3.
const BASE64: [&str; 3] = [
    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
    "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
];

impl World {
    /// Three validators of 5 AGO, a window of ten blocks of which five must be signed.
    fn new() -> Self {
        let held = |address: Address, amount: u128| {
            json!({
                "address": address.to_string(),
                "coins": [{"denom": "uago", "amount": amount.to_string()}]
            })
        };
        let mut bank = Bank.default_genesis();
        bank["balances"] = json!([
            held(account(1), 100 * AGO),
            held(account(9), 100 * AGO),
            held(module_address("bonded_tokens_pool"), 15 * AGO),
        ]);
        let mut stake = Staking.default_genesis();
        stake["validators"] = (1..=3).map(|n| validator(n, 5)).collect();
        stake["delegations"] = (1..=3u8)
            .map(|n| {
                json!({
                    "delegator_address": account(n).to_string(),
                    "validator_address": valoper(n),
                    "shares": "5000000.000000000000000000"
                })
            })
            .collect();
        let mut slashing = Slashing.default_genesis();
        slashing["params"]["signed_blocks_window"] = "10".into();
        Self::from_genesis(&[json!({}), bank, stake, slashing])
    }

    fn from_genesis(sections: &[Value]) -> Self {
        let modules: Vec<Arc<dyn Module>> =
            vec![Arc::new(Consensus), Arc::new(Bank), Arc::new(Staking), Arc::new(Slashing)];
        let mut stage = Stage::new(modules, "cosmos.slashing.v1beta1", START);
        let params = ConsensusParams {
            evidence: Some(EvidenceParams {
                max_age_num_blocks: 50,
                max_age_duration: Some(prost_types::Duration { seconds: 500, nanos: 0 }),
                max_bytes: 1000,
            }),
            ..Default::default()
        };
        stage.write(|view| agora_consensus::api::init(view, "test", Default::default(), params).unwrap());
        stage.genesis(sections, &[]).unwrap();
        Self { stage, events: vec![], updates: vec![] }
    }

    fn hooks(&mut self, decided: &Decided, run: fn(&dyn Module, &mut BlockCtx<'_>) -> Result<(), AppError>) {
        for module in self.registry.modules().to_vec() {
            let mut done = self.stage.hook(decided, |ctx| run(module.as_ref(), ctx));
            self.events.append(&mut done.events);
            self.updates.append(&mut done.updates);
        }
    }

    /// A block in which these have voted on the one before, and these faults are shown.
    fn decided(&mut self, votes: Vec<Vote>, misbehavior: Vec<Misbehavior>) {
        self.block.height += 1;
        self.block.time += SECOND;
        (self.events, self.updates) = (vec![], vec![]);
        let decided = Decided { votes, misbehavior, ..Decided::default() };
        self.hooks(&decided, |module, ctx| module.begin_block(ctx));
        self.hooks(&decided, |module, ctx| module.end_block(ctx));
        let all = Slashing.invariants().into_iter().chain(Staking.invariants().into_iter().take(5));
        for invariant in all {
            (invariant.check)(&self.state).unwrap_or_else(|why| panic!("{}: {why}", invariant.name));
        }
    }

    /// A block that validator 1 has not signed, or signed with all others.
    fn signed(&mut self, by_first: bool) {
        let first = vote(1, if by_first { Voted::Commit } else { Voted::Absent });
        self.decided(vec![first, vote(2, Voted::Commit), vote(3, Voted::Nil)], vec![]);
    }

    fn info(&self, n: u8) -> wire::ValidatorSigningInfo {
        let request = wire::QuerySigningInfoRequest { cons_address: consensus(n).to_bech32("agoravalcons") };
        let found: wire::QuerySigningInfoResponse = self.query("SigningInfo", &request).unwrap();
        found.val_signing_info.unwrap()
    }

    fn tokens(&self, n: u8) -> u128 {
        api::tokens_and_shares(&self.state, &account(n)).unwrap().0
    }

    fn unjail(&mut self, n: u8) -> Result<(), u32> {
        self.run(&wire::MsgUnjail { validator_addr: valoper(n) }).map(drop).map_err(|error| error.code)
    }

    fn kinds(&self) -> Vec<String> {
        let keys = |e: &Event| e.attributes.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>().join(",");
        self.events.iter().map(|e| format!("{}:{}", e.kind, keys(e))).collect()
    }
}

fn double_sign(n: u8, height: u64) -> Misbehavior {
    let time = (START + height) * SECOND;
    Misbehavior { offence: Offence::DoubleSign, address: consensus(n), power: 5, height, time }
}

#[test]
fn a_validator_that_misses_too_many_blocks_of_its_window_is_slashed_and_jailed_once() {
    let mut world = World::new();
    for _ in 0..11 {
        world.signed(true);
    }
    for missed in 1..=5 {
        world.signed(false);
        assert_eq!(world.kinds(), ["liveness:address,missed_blocks,height"]);
        assert_eq!(world.info(1).missed_blocks_counter, missed);
    }
    assert_eq!(world.tokens(1), 5 * AGO);
    world.signed(false);
    assert_eq!(world.tokens(1), 5 * AGO - AGO * 5 / 100);
    assert_eq!(
        world.kinds()[..4],
        [
            "liveness:address,missed_blocks,height",
            "coin_spent:spender,amount",
            "burn:burner,amount",
            "slash:address,power,reason,jailed,burned_coins"
        ]
    );
    assert_eq!(world.updates, [ValidatorUpdate { pub_key: key(1), power: 0 }]);
    // Its votes come for two blocks more.
    world.signed(false);
    world.signed(false);
    assert_eq!((world.tokens(1), world.info(1).missed_blocks_counter), (5 * AGO - AGO * 5 / 100, 0));
    assert_eq!(world.unjail(2), Err(5));
    assert_eq!(world.unjail(1), Err(4));
    assert_eq!(world.unjail(7), Err(3));
    world.block.time += 600 * SECOND;
    assert_eq!(world.unjail(1), Ok(()));
    // It has less than five units of power now.
    world.decided(vec![vote(2, Voted::Commit)], vec![]);
    assert_eq!(world.updates, [ValidatorUpdate { pub_key: key(1), power: 4 }]);
}

#[test]
fn blocks_signed_again_push_missed_ones_out_of_the_window() {
    let mut world = World::new();
    for _ in 0..11 {
        world.signed(true);
    }
    for round in 0..40 {
        world.signed(round % 2 == 0);
    }
    assert_eq!(world.info(1).missed_blocks_counter, 5);
    for _ in 0..10 {
        world.signed(true);
    }
    assert_eq!(world.info(1).missed_blocks_counter, 0);
    assert_eq!(world.tokens(1), 5 * AGO);
}

#[test]
fn nobody_is_punished_before_a_whole_window_was_measured() {
    let mut world = World::new();
    for _ in 0..10 {
        world.signed(false);
    }
    assert_eq!((world.tokens(1), world.info(1).missed_blocks_counter), (5 * AGO, 10));
}

#[test]
fn who_signs_twice_is_slashed_once_and_jailed_for_ever() {
    let mut world = World::new();
    let all = || vec![vote(1, Voted::Commit), vote(2, Voted::Commit), vote(3, Voted::Commit)];
    world.decided(all(), vec![]);
    // What leaves before the fault is free, what leaves afterwards is not.
    let coin = |n: u128| Some(Coin { denom: "uago".into(), amount: n.to_string() });
    let leave = |n| staking::MsgUndelegate {
        delegator_address: account(1).to_string(),
        validator_address: valoper(1),
        amount: coin(n),
    };
    world.run(&leave(100_000)).unwrap();
    world.decided(all(), vec![]);
    world.decided(all(), vec![]);
    world.run(&leave(200_000)).unwrap();
    world.decided(all(), vec![]);
    let supply = |world: &World| agora_bank::api::supply(&world.state, &"uago".parse().unwrap()).unwrap();
    let before = supply(&world);
    world.decided(all(), vec![double_sign(1, 4), double_sign(1, 4)]);
    // 5 % of 5 AGO are owed: 10,000 by what left, the rest by the validator.
    assert_eq!(before - supply(&world), 250_000);
    assert_eq!(world.tokens(1), 4_700_000 - 240_000);
    let request = staking::QueryUnbondingDelegationRequest {
        delegator_addr: account(1).to_string(),
        validator_addr: valoper(1),
    };
    let found: staking::QueryUnbondingDelegationResponse =
        world.query("/cosmos.staking.v1beta1.Query/UnbondingDelegation", &request).unwrap();
    let balances: Vec<_> = found.unbond.unwrap().entries.into_iter().map(|e| e.balance).collect();
    assert_eq!(balances, ["100000", "190000"]);
    assert_eq!(world.kinds().iter().filter(|kind| kind.starts_with("slash:")).count(), 1);
    assert!(world.kinds().contains(&"slash:address,power,reason,burned_coins".to_owned()));
    let info = world.info(1);
    assert!(info.tombstoned && info.jailed_until.unwrap().to_string() == "9999-12-31T23:59:59Z");
    // Whatever it did besides costs nothing more, and it never returns.
    let before = supply(&world);
    world.decided(all(), vec![double_sign(1, 5)]);
    assert_eq!(supply(&world), before);
    world.block.time += 1_000_000 * SECOND;
    assert_eq!(world.unjail(1), Err(4));
    let found: evidence::QueryAllEvidenceResponse = world
        .query("/cosmos.evidence.v1beta1.Query/AllEvidence", &evidence::QueryAllEvidenceRequest::default())
        .unwrap();
    assert_eq!(found.evidence.len(), 1);
    let fault = evidence::Equivocation::decode(found.evidence[0].value.as_slice()).unwrap();
    assert_eq!((fault.height, fault.power), (4, 5));
    let hash = hex::encode(sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        &found.evidence[0].value,
    )));
    #[allow(deprecated)] // The superseded field stays empty.
    let request = evidence::QueryEvidenceRequest { evidence_hash: vec![], hash };
    let one: evidence::QueryEvidenceResponse =
        world.query("/cosmos.evidence.v1beta1.Query/Evidence", &request).unwrap();
    assert_eq!(one.evidence.unwrap(), found.evidence[0]);
}

#[test]
fn evidence_that_is_too_old_or_against_a_stranger_is_put_aside() {
    let mut world = World::new();
    let all = || vec![vote(1, Voted::Commit), vote(2, Voted::Commit), vote(3, Voted::Commit)];
    world.decided(all(), vec![]);
    world.block.height += 60;
    world.block.time += 600 * SECOND;
    world.decided(all(), vec![double_sign(1, 2), double_sign(9, 60)]);
    assert_eq!(world.tokens(1), 5 * AGO);
    // Beyond one of the limits only it still counts.
    world.decided(all(), vec![Misbehavior { time: world.block.time, ..double_sign(1, 2) }]);
    assert!(world.tokens(1) < 5 * AGO);
}

#[test]
fn an_operator_that_takes_its_stake_back_cannot_come_back_without() {
    let mut world = World::new();
    let coin = Some(Coin { denom: "uago".into(), amount: (5 * AGO).to_string() });
    world
        .run(&staking::MsgUndelegate {
            delegator_address: account(1).to_string(),
            validator_address: valoper(1),
            amount: coin,
        })
        .unwrap();
    assert_eq!(world.unjail(1), Err(6));
}

#[test]
fn another_window_measures_everybody_anew() {
    let mut world = World::new();
    for _ in 0..8 {
        world.signed(false);
    }
    let found: wire::QueryParamsResponse = world.query("Params", &wire::QueryParamsRequest {}).unwrap();
    let params = found.params.unwrap();
    let update = |authority: Address, window| wire::MsgUpdateParams {
        authority: authority.to_string(),
        params: Some(wire::Params { signed_blocks_window: window, ..params.clone() }),
    };
    assert_eq!(world.run(&update(account(1), 5)).unwrap_err().code, 4);
    assert_eq!(world.run(&update(module_address("gov"), 0)).unwrap_err().code, 18);
    world.run(&update(module_address("gov"), 4)).unwrap();
    assert_eq!(world.info(1).missed_blocks_counter, 0);
    for _ in 0..4 {
        world.signed(false);
    }
    assert_eq!(world.tokens(1), 5 * AGO);
    world.signed(false);
    assert!(world.tokens(1) < 5 * AGO);
}

#[test]
fn a_shorter_window_forgets_what_those_who_have_left_the_set_missed() {
    let mut world = World::new();
    for _ in 0..5 {
        world.signed(false);
    }
    world.decided(vec![vote(2, Voted::Commit), vote(3, Voted::Commit)], vec![]);
    assert_eq!(world.info(1).missed_blocks_counter, 5);
    let found: wire::QueryParamsResponse = world.query("Params", &wire::QueryParamsRequest {}).unwrap();
    let params = Some(wire::Params { signed_blocks_window: 3, ..found.params.unwrap() });
    let authority = module_address("gov").to_string();
    world.run(&wire::MsgUpdateParams { authority, params }).unwrap();
    assert_eq!(world.info(1).missed_blocks_counter, 0);
    // Places beyond the window would be refused.
    World::from_genesis(&world.sections());
}

#[test]
fn who_was_jailed_before_it_signed_twice_is_the_same_after_an_export() {
    let mut world = World::new();
    for _ in 0..12 {
        world.signed(false);
    }
    assert_ne!(world.info(1).jailed_until.unwrap().seconds, 0);
    let votes = vec![vote(2, Voted::Commit), vote(3, Voted::Commit)];
    world.decided(votes, vec![double_sign(1, 8)]);
    assert!(world.info(1).tombstoned);
    let again = World::from_genesis(&world.sections());
    let entries = |world: &World| {
        let store = Slashing.store().unwrap();
        let (start, limit) = (vec![], 1000);
        let all = KeyRange { store, space: Space::Tree, start, end: None, reverse: false, limit };
        world.state.range(&all).unwrap()
    };
    assert_eq!(entries(&again), entries(&world));
}

#[test]
fn an_export_begins_the_same_chain() {
    let mut world = World::new();
    for n in 0..9 {
        world.signed(n % 3 == 0);
    }
    world.decided(vec![vote(2, Voted::Absent), vote(3, Voted::Commit)], vec![double_sign(3, 8)]);
    let export = world.sections();
    let mut again = World::from_genesis(&export);
    again.block = world.block.clone();
    assert_eq!(again.sections()[3], export[3]);
    assert_eq!(export[3]["voters"].as_array().unwrap().len(), 2);
    assert_eq!(export[3]["evidence"][0]["height"], "8");
    for _ in 0..12 {
        world.signed(false);
        again.signed(false);
    }
    assert_eq!(again.sections()[2..], world.sections()[2..]);
}

#[test]
fn the_invariant_finds_what_it_is_for() {
    use agora_state::{Space, StateKey, StateWrite, StoreId};
    let mut world = World::new();
    world.signed(false);
    let key = [vec![3, 20], consensus(1).as_bytes().to_vec(), vec![0; 4]].concat();
    let key = StateKey { store: StoreId::new("slashing"), space: Space::Tree, key: key.into() };
    let mut fork = world.state.fork();
    let mut view = TrackedView::new(&fork);
    view.delete(&key).unwrap();
    let (changes, _) = view.finish();
    fork.apply(changes).unwrap();
    let invariant = Slashing.invariants()[0];
    assert!((invariant.check)(&world.state).is_ok() && (invariant.check)(&fork).is_err());
}
