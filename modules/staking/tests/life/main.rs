//! Random lives on the chain and on the model: every outcome and every figure is the same.

#[path = "../common/mod.rs"]
mod common;
mod compare;

use std::collections::BTreeMap;

use agora_framework::Module;
use agora_proto::cosmos::base::query::v1beta1::PageRequest;
use agora_proto::cosmos::staking::v1beta1 as wire;
use agora_staking::{Staking, api};
use common::model::{Leaving, Model, Moved, Status};
use common::{
    Random, SECOND, World, account, authority, cancel, create, delegate, redelegate, undelegate, valoper,
};
use serde_json::json;

const ACCOUNTS: u8 = 8;
const EACH: u128 = 10_000_000_000_000;
const UNBONDING: u64 = 100;
const MAX_VALIDATORS: usize = 3;
const MAX_ENTRIES: usize = 2;

struct Life {
    world: World,
    model: Model,
    random: Random,
    passed: usize,
    refused: BTreeMap<(&'static str, u32), usize>,
    slashed: usize,
}

impl Life {
    fn new(seed: u64) -> Self {
        let params = [
            ("unbonding_time", json!(format!("{UNBONDING}s"))),
            ("max_validators", json!(MAX_VALIDATORS)),
            ("max_entries", json!(MAX_ENTRIES)),
            ("historical_entries", json!(5)),
        ];
        let world = World::with_params(ACCOUNTS, EACH, &params);
        let model = Model {
            held: (1..=ACCOUNTS).map(|n| (n, EACH)).collect(),
            height: world.block.height,
            time: world.block.time / SECOND,
            unbonding: UNBONDING,
            max_validators: MAX_VALIDATORS,
            max_entries: MAX_ENTRIES,
            ..Model::default()
        };
        let random = Random::new(seed);
        Self { world, model, random, passed: 0, refused: BTreeMap::new(), slashed: 0 }
    }

    fn who(&mut self) -> u8 {
        u8::try_from(self.random.below(u64::from(ACCOUNTS))).unwrap() + 1
    }

    /// Mostly a few powers, sometimes next to nothing, sometimes too much.
    fn amount(&mut self) -> u128 {
        match self.random.below(12) {
            0 => 1 + u128::from(self.random.below(3)),
            1 => 2 * EACH,
            2..=4 => u128::from(self.random.below(5) + 1) * 1_000_000,
            5 => u128::from(self.random.below(1_000_000)) + 1,
            _ => u128::from(self.random.below(20_000_000)) + 1,
        }
    }

    /// What somebody has at a validator, or part of it.
    fn delegation(&mut self) -> Option<(u8, u8, u128)> {
        let list: Vec<_> = self.model.delegations.iter().map(|(k, v)| (*k, *v)).collect();
        if list.is_empty() {
            return None;
        }
        // Some are favourites, so that their entries run out.
        let list = if self.random.below(2) == 0 { &list[..list.len().min(2)] } else { &list[..] };
        let ((who, at), shares) = self.random.one(list);
        let worth = self.model.worth(at, shares);
        let amount = match self.random.below(4) {
            0 => worth,
            1 => worth + 1,
            2 => self.amount().min(worth.max(1)),
            _ => u128::from(self.random.next()) % worth.max(1) + 1,
        };
        Some((who, at, amount.max(1)))
    }

    #[track_caller]
    fn both(
        &mut self,
        what: &str,
        chain: Result<common::Done, agora_framework::AppError>,
        model: Model,
        expected: Result<(), (&'static str, u32)>,
    ) {
        match (chain, expected) {
            (Ok(_), Ok(())) => {
                self.model = model;
                self.passed += 1;
            }
            (Err(error), Err(code)) if (error.codespace, error.code) == code => {
                *self.refused.entry(code).or_default() += 1;
            }
            (chain, expected) => {
                panic!("{what}: the chain says {:?}, the model {expected:?}", chain.map(|_| ()))
            }
        }
    }

    fn act(&mut self) {
        let mut model = self.model.clone();
        match self.random.below(40) {
            0 | 1 => {
                let (who, amount) = (self.who(), self.amount());
                let expected = model.create(who, amount);
                let done = self.world.run(&create(who, amount));
                self.both("create", done, model, expected);
            }
            2..=13 => {
                let (who, to, amount) = (self.who(), self.who(), self.amount());
                let expected = model.delegate(who, to, amount);
                let done = self.world.run(&delegate(who, to, amount));
                self.both("delegate", done, model, expected);
            }
            14..=22 => {
                let (who, from, amount) = match self.delegation() {
                    Some(found) if self.random.below(8) > 0 => found,
                    _ => (self.who(), self.who(), self.amount()),
                };
                let expected = model.undelegate(who, from, amount);
                let done = self.world.run(&undelegate(who, from, amount));
                self.both("undelegate", done, model, expected);
            }
            23..=30 => {
                let (who, from, amount) = match self.delegation() {
                    Some(found) if self.random.below(8) > 0 => found,
                    _ => (self.who(), self.who(), self.amount()),
                };
                let to = self.who();
                let expected = model.redelegate(who, from, to, amount);
                let done = self.world.run(&redelegate(who, from, to, amount));
                self.both("redelegate", done, model, expected);
            }
            31..=34 => {
                let list: Vec<_> =
                    model.leaving.iter().flat_map(|(k, list)| list.iter().map(|e| (*k, *e))).collect();
                let (who, from, amount, height) = if list.is_empty() || self.random.below(8) == 0 {
                    (self.who(), self.who(), self.amount(), self.model.height)
                } else {
                    let ((who, from), entry) = self.random.one(&list);
                    let amount = self.random.one(&[entry.balance, entry.balance + 1, entry.balance / 2]);
                    (who, from, amount.max(1), entry.height)
                };
                let expected = model.cancel(who, from, amount, height);
                let done = self.world.run(&cancel(who, from, amount, height));
                self.both("cancel", done, model, expected);
            }
            35 => self.punish(),
            _ => {
                let who = self.who();
                if let Some(record) = model.validators.get_mut(&who)
                    && record.jailed
                {
                    record.jailed = false;
                    self.world.hook(&Default::default(), |ctx| api::unjail(ctx, &account(who)));
                    self.model = model;
                }
            }
        }
    }

    /// Slashes somebody for the present or the past, and jails mostly.
    fn punish(&mut self) {
        let who = self.who();
        let height = self.model.height - self.random.below(30).min(self.model.height - 1);
        let power = self.model.set.get(&who).copied().unwrap_or(1 + u128::from(self.random.below(30)));
        let fraction = self.random.one(&[1, 10, 10, 50, 50, 50, 333, 500, 1000]);
        let burned = self.world.slash(who, height, u64::try_from(power).unwrap(), fraction);
        assert_eq!(burned, self.model.slash(who, height, power, fraction), "slashing {who} at {height}");
        self.slashed += usize::from(burned > 0);
        if let Some(record) = self.model.validators.get_mut(&who)
            && self.random.below(3) > 0
        {
            record.jailed = true;
            self.world.hook(&Default::default(), |ctx| api::jail(ctx, &account(who)));
        }
    }

    fn next_block(&mut self) {
        let seconds = if self.random.below(10) == 0 { 60 } else { 1 + self.random.below(5) };
        self.world.next_block(seconds);
        self.model.next_block(seconds);
        self.compare();
    }
}

/// A life of so many blocks; it ends with an export that begins the same chain again.
fn live(seed: u64, blocks: u64) -> Life {
    let mut life = Life::new(seed);
    for n in 0..blocks {
        for _ in 0..life.random.below(6) {
            life.act();
        }
        if n % 50 == 49 {
            let most = 1 + u32::try_from(life.random.below(5)).unwrap();
            life.model.max_validators = usize::try_from(most).unwrap();
            let params: wire::QueryParamsResponse =
                life.world.query("Params", &wire::QueryParamsRequest {}).unwrap();
            let params = wire::Params { max_validators: most, ..params.params.unwrap() };
            life.world
                .does(&wire::MsgUpdateParams { authority: authority().to_string(), params: Some(params) });
        }
        life.next_block();
        if n % 100 == 99 {
            let (bank, staking) = life.world.export();
            let again = World::from_genesis(&bank, &staking, &[]).unwrap();
            assert_eq!(again.export(), (bank, staking), "an export begins the same chain");
            assert_eq!(again.everything(), life.world.everything(), "an import is the same state");
        }
    }
    life
}

#[test]
fn random_lives_are_those_of_the_model() {
    let blocks = std::env::var("AGORA_BLOCKS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_500);
    let life = live(1, blocks);
    println!("{} passed, refused {:?}, {} slashes", life.passed, life.refused, life.slashed);
    assert!(life.passed > 1_000 && life.slashed > 20, "the life tests nothing");
    // Every way to be refused was met.
    for code in [3, 4, 7, 19, 26, 27, 29, 31, 32] {
        assert!(life.refused.contains_key(&("staking", code)), "nobody was refused with staking {code}");
    }
    for code in [5, 18, 38] {
        assert!(life.refused.contains_key(&("sdk", code)), "nobody was refused with sdk {code}");
    }
}

#[test]
fn many_short_lives_are_those_of_the_model() {
    for seed in 100..130 {
        live(seed, 60);
    }
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let export = || live(7, 40).world.export();
    assert_eq!(export(), export());
    assert!(!Staking.invariants().is_empty());
}
