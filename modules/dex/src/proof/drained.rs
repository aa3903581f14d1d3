//! Balancer, November 2025: amounts asked for were scaled by rates and rounded down, and batches of tiny swaps at balances of a
//! few units shrank the invariant.

use agora_dex::proto::agora::dex::v1 as wire;
use num_bigint::BigUint;
use ruint::aliases::U256;

use super::common::{RICH, Random, World, account, coins, figures, millionths, route, swap_in, swap_out};
use super::{exact, holds_and_finds};
use crate::math::stable::{A_PRECISION, invariant};

/// A stable pool of next to nothing of `bbb`.
struct Drained {
    world: World,
    id: String,
    amplification: u64,
    /// What `bbb` counts for, in millionths.
    rate: u128,
}

impl Drained {
    fn new(amplification: u64, rate: u128) -> Self {
        let mut world = World::new(2, RICH);
        let message = wire::MsgCreateStablePool {
            sender: account(1).to_string(),
            coins: coins("80000aaa,9bbb"),
            amplification,
            swap_fee: millionths(0),
            rates: figures(&[("bbb", rate)]),
            rate_provider: String::new(),
        };
        let id = world.ok::<wire::MsgCreatePoolResponse>(&message).pool_id;
        Self { world, id, amplification, rate }
    }

    /// D in base units as the pool computes it.
    fn counted(&self) -> U256 {
        let scaled = self.world.reserve(&self.id, "bbb") * self.rate / 1_000_000;
        let balances = [U256::from(self.world.reserve(&self.id, "aaa")), U256::from(scaled)];
        invariant(&balances, self.amplification * A_PRECISION).unwrap()
    }

    /// The true D of all that the pool holds, with six decimals.
    fn true_worth(&self) -> BigUint {
        let balances = [
            BigUint::from(self.world.reserve(&self.id, "aaa")) * 1_000_000u32,
            BigUint::from(self.world.reserve(&self.id, "bbb")) * self.rate,
        ];
        exact::invariant(&balances, self.amplification * A_PRECISION)
    }
}

fn ten_thousand_swaps_of_one_to_nine_units() {
    for (amplification, rate) in
        [(1, 1_000_000), (50, 1_000_000), (2000, 1_000_000), (50, 1_050_000), (2000, 1_900_000)]
    {
        let mut pool = Drained::new(amplification, rate);
        let mut random = Random::new(20_251_103);
        let mut counted = pool.counted();
        let mut most = pool.true_worth();
        let mut swapped = 0;
        for round in 0..10_000u32 {
            let (give, take) = if random.below(2) == 0 { ("aaa", "bbb") } else { ("bbb", "aaa") };
            let (amount, way) = (1 + random.below(9), [route(&[(&pool.id, take)])]);
            let done = if random.below(2) == 0 {
                pool.world.run(&swap_out(2, &format!("1000000000{give}"), &format!("{amount}{take}"), &way))
            } else {
                pool.world.run(&swap_in(2, &format!("{amount}{give}"), take, &way))
            };
            if done.is_err() {
                continue;
            }
            swapped += 1;
            let now = pool.counted();
            assert!(now >= counted, "round {round}: {counted} -> {now}");
            counted = now;
            let worth = pool.true_worth();
            // What whole units do not tell does not add up.
            assert!(&worth + 2_000_000u32 >= most, "round {round}: {most} -> {worth}");
            most = most.max(worth);
        }
        println!("A {amplification}, rate {rate}: {swapped} swaps");
        assert!(swapped > 500, "{swapped}");
        pool.world.check();
        pool.world.check_exact();
    }
}

#[test]
fn ten_thousand_swaps_of_one_to_nine_units_on_a_drained_stable_pool_never_lower_the_worth_of_a_share() {
    let bugs = ["stable:ask_rounded_down", "stable:invariant_unchecked"];
    holds_and_finds(&bugs, ten_thousand_swaps_of_one_to_nine_units);
}
