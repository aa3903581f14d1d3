//! Random lives with rewards, against the F1 algorithm in its own form: periods, records of ratios, and a loop over slashes.

mod common;

use std::collections::BTreeMap;

use agora_stage::Random;
use common::{AGO, World, account, create, delegate, undelegate, withdraw};
use num_bigint::BigUint;

/// Fractions are numbers of 2^-400.
const SHIFT: u32 = 400;
/// Atoms in a unit.
const ATOMS: u128 = 1_000_000_000_000_000_000;

#[derive(Default)]
struct Periods {
    /// Rewards of the current period, in atoms.
    current: u128,
    /// The sum of rewards per token up to the end of each period.
    ratios: Vec<BigUint>,
    /// Slashes: the period that ended with it, and the part that was left.
    slashes: Vec<(usize, BigUint)>,
    tokens: u128,
}

#[derive(Clone)]
struct Start {
    period: usize,
    /// Tokens, as a fraction.
    stake: BigUint,
}

#[derive(Default)]
struct F1 {
    validators: BTreeMap<u8, Periods>,
    starts: BTreeMap<(u8, u8), Start>,
    /// Atoms paid, as fractions.
    paid: BTreeMap<(u8, u8), BigUint>,
}

impl Periods {
    /// Ends the current period.
    fn end(&mut self) -> usize {
        let last = self.ratios.last().cloned().unwrap_or_default();
        let ratio = match self.tokens {
            0 => BigUint::ZERO,
            tokens => (BigUint::from(self.current) << SHIFT) / tokens,
        };
        self.ratios.push(last + ratio);
        self.current = 0;
        self.ratios.len() - 1
    }

    /// What a stake earns from its start until the end of a period, slashed on the way.
    fn earned(&self, start: &Start, until: usize) -> BigUint {
        let (mut stake, mut from, mut sum) = (start.stake.clone(), start.period, BigUint::ZERO);
        for (period, left) in self.slashes.iter().filter(|(period, _)| *period > start.period) {
            sum += (&stake * (&self.ratios[*period] - &self.ratios[from])) >> SHIFT;
            stake = (stake * left) >> SHIFT;
            from = *period;
        }
        sum + ((stake * (&self.ratios[until] - &self.ratios[from])) >> SHIFT)
    }
}

impl F1 {
    /// Pays a delegation and begins it anew with what it has on the chain.
    fn settle(&mut self, world: &World, who: u8, at: u8) {
        let periods = self.validators.entry(at).or_default();
        let ended = periods.end();
        if let Some(start) = self.starts.remove(&(who, at)) {
            *self.paid.entry((who, at)).or_default() += periods.earned(&start, ended);
        }
        let shares = agora_staking::api::delegation(&world.state, &account(who), &account(at)).unwrap();
        let (tokens, all) = agora_staking::api::tokens_and_shares(&world.state, &account(at)).unwrap();
        periods.tokens = tokens;
        if shares.atomics() > 0 {
            let stake = ((BigUint::from(tokens) << SHIFT) * shares.atomics()) / all.atomics();
            self.starts.insert((who, at), Start { period: ended, stake });
        }
    }

    /// What a delegation was paid and has earned, in whole atoms.
    fn total(&mut self, who: u8, at: u8) -> BigUint {
        let mut sum = self.paid.get(&(who, at)).cloned().unwrap_or_default();
        if let Some(start) = self.starts.get(&(who, at)).cloned() {
            let periods = self.validators.get_mut(&at).unwrap();
            let ended = periods.end();
            sum += periods.earned(&start, ended);
        }
        sum >> SHIFT
    }
}

fn live(seed: u64, blocks: usize) {
    println!("AGORA_SEED={seed}");
    let mut random = Random::from_seed(seed);
    let mut world = World::new(9, 1_000_000 * AGO);
    let mut f1 = F1::default();
    // Atoms that left the chain's books for each delegation, fractions included.
    let mut paid: BTreeMap<(u8, u8), u128> = BTreeMap::new();
    let commissions = [(1u8, 0u128), (2, 100), (3, 333)];
    for (n, commission) in commissions {
        world.does(&create(n, 1000 * AGO, commission));
        f1.settle(&world, n, n);
    }
    world.next_block(0);
    for _ in 0..blocks {
        for _ in 0..random.below(4) {
            let (who, at) = (random.one(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), random.one(&[1, 2, 3]));
            let has = agora_staking::api::delegation(&world.state, &account(who), &account(at)).unwrap();
            let owed = if has.atomics() > 0 { world.earned(who, at) } else { 0 };
            let done = match random.below(4) {
                0 | 1 => world.run(&delegate(who, at, 1 + u128::from(random.below(900_000_000)))).is_ok(),
                2 if who != at => {
                    world.run(&undelegate(who, at, 1 + u128::from(random.below(400_000_000)))).is_ok()
                }
                _ => world.run(&withdraw(who, at)).is_ok(),
            };
            if done {
                *paid.entry((who, at)).or_default() += owed;
                f1.settle(&world, who, at);
            }
        }
        if random.below(12) == 0 {
            let at = random.one(&[1, 2, 3]);
            let (before, _) = agora_staking::api::tokens_and_shares(&world.state, &account(at)).unwrap();
            world.slash(at, u64::try_from(before / AGO).unwrap(), 1 + u128::from(random.below(300)));
            let (after, _) = agora_staking::api::tokens_and_shares(&world.state, &account(at)).unwrap();
            let periods = f1.validators.get_mut(&at).unwrap();
            let ended = periods.end();
            periods.slashes.push((ended, (BigUint::from(after) << SHIFT) / before));
            periods.tokens = after;
        }
        let before: Vec<u128> = (1..=3).map(|n| outstanding(&world, n) - world.commission(n)).collect();
        world.next_block(u128::from(random.below(3)) * u128::from(random.below(5_000_000)));
        for (n, before) in (1u8..).zip(before) {
            f1.validators.get_mut(&n).unwrap().current +=
                outstanding(&world, n) - world.commission(n) - before;
        }
    }
    let mut compared = 0;
    for at in 1..=3u8 {
        for who in 1..=9u8 {
            let exact = f1.total(who, at);
            let has = agora_staking::api::delegation(&world.state, &account(who), &account(at)).unwrap();
            let open = if has.atomics() > 0 { world.earned(who, at) } else { 0 };
            let own = BigUint::from(paid.get(&(who, at)).copied().unwrap_or_default() + open);
            let apart = if own > exact { &own - &exact } else { &exact - &own };
            // What a share is worth moves by rounding when others come and go: less than 10^-12 of what is earned.
            let most = BigUint::from(1_000_000u32) + &exact / 1_000_000_000_000u64;
            assert!(apart <= most, "{who} at {at}: {own} here, {exact} by F1, seed {seed}");
            compared += usize::from(exact > BigUint::from(ATOMS));
        }
    }
    assert!(compared > 10, "nobody earned anything");
    let again = World::from_genesis(&world.sections());
    assert_eq!(again.sections()[2], world.sections()[2], "an export begins the same chain");
}

fn outstanding(world: &World, n: u8) -> u128 {
    use agora_proto::cosmos::distribution::v1beta1 as wire;
    let request = wire::QueryValidatorOutstandingRewardsRequest { validator_address: common::valoper(n) };
    let found: wire::QueryValidatorOutstandingRewardsResponse =
        world.query("ValidatorOutstandingRewards", &request).unwrap();
    common::atoms(&found.rewards.unwrap().rewards)
}

#[test]
fn rewards_are_those_of_f1() {
    for seed in 1..=8 {
        live(seed, 150);
    }
}
