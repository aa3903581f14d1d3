//! What validators lose for not signing and for signing twice.

mod double_signs;
mod downtime;

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
use agora_stage::on_stage;
use agora_stage::{SECOND, Stage, account};
use agora_staking::{Staking, api};
use agora_state::TrackedView;
use prost::Message;
use serde_json::{Value, json};

const AGO: u128 = 1_000_000;
const START: u64 = 1_000_000;

struct World {
    stage: Stage,
    events: Vec<Event>,
    updates: Vec<ValidatorUpdate>,
}

on_stage!(World);

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
