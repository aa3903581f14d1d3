//! Random life on pools of every kind: after every message the invariants hold, coins are conserved to the unit, and what
//! was quoted was given.

#[path = "../common/mod.rs"]
mod common;
mod moves;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_primitives::Address;
use common::{Random, World, account, route};

const EACH: &str = "1000000000000000aaa,1000000000000000bbb,1000000000000000ccc";
const DENOMS: [&str; 3] = ["aaa", "bbb", "ccc"];
const TRADERS: u8 = 4;

/// A figure from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

struct Life {
    world: World,
    pools: Vec<String>,
    concentrated: Vec<String>,
    positions: Vec<(u8, String, u128)>,
    random: Random,
    /// What was sent to addresses of pools from outside, by denom.
    donated: [u128; 3],
    done: usize,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut world = World::new(TRADERS, EACH);
        let thirds = [("aaa", 500_000), ("bbb", 300_000), ("ccc", 200_000)];
        let pools = vec![
            world.constant_product(1, "1000000000aaa,2000000000bbb", 3000),
            world.constant_product(1, "5000bbb,7000ccc", 0),
            world.weighted(1, "1000000000aaa,3000000000bbb,2000000000ccc", &thirds, 1000),
            world.stable(1, "1000000000aaa,1100000000bbb,900000000ccc", 85, 400),
        ];
        let concentrated = vec![world.concentrated(1, 3000), world.concentrated(1, 100)];
        let mut life = Self {
            world,
            pools,
            concentrated,
            positions: vec![],
            random: Random::new(seed),
            donated: [0; 3],
            done: 0,
        };
        for _ in 0..4 {
            life.open();
        }
        life
    }

    fn who(&mut self) -> u8 {
        1 + u8::try_from(self.random.below(TRADERS.into())).unwrap()
    }

    fn denom(&mut self) -> &'static str {
        DENOMS[usize::try_from(self.random.below(3)).unwrap()]
    }

    fn pool(&mut self) -> String {
        let all = self.pools.len() + self.concentrated.len();
        let index = usize::try_from(self.random.below(u64::try_from(all).unwrap())).unwrap();
        self.pools.iter().chain(&self.concentrated).nth(index).unwrap().clone()
    }

    fn routes(&mut self) -> (Vec<wire::Route>, &'static str) {
        let last = self.denom();
        let count = 1 + self.random.below(3);
        let routes = (0..count)
            .map(|_| {
                let hops = self.random.below(3);
                let mut way: Vec<(String, &str)> = (0..hops).map(|_| (self.pool(), self.denom())).collect();
                way.push((self.pool(), last));
                let hops: Vec<(&str, &str)> =
                    way.iter().map(|(pool, denom)| (pool.as_str(), *denom)).collect();
                let mut route = route(&hops);
                route.weight = 1 + self.random.below(100);
                route
            })
            .collect();
        (routes, last)
    }

    /// What pools hold, traders hold and was donated is what there was: conservation, to the unit.
    fn check(&self) {
        self.world.check();
        let all: wire::QueryPoolsResponse =
            self.world.query("Pools", &wire::QueryPoolsRequest::default()).unwrap();
        for (index, denom) in DENOMS.iter().enumerate() {
            let traders: u128 = (1..=TRADERS).map(|n| self.world.balance(&account(n), denom)).sum();
            let mut reserves = 0;
            let mut held = 0;
            for pool in &all.pools {
                let address: Address = pool.address.parse().unwrap();
                held += self.world.balance(&address, denom);
                let own = pool.reserves.iter().find(|c| c.denom == *denom);
                reserves += own.map_or(0, |c| c.amount.parse::<u128>().unwrap());
            }
            assert_eq!(
                held,
                reserves + self.donated[index],
                "{denom}: pools hold what they count and what was given"
            );
            assert_eq!(traders + held, u128::from(TRADERS) * 1_000_000_000_000_000, "{denom}");
        }
    }
}

#[test]
fn a_random_life_conserves_every_unit_and_breaks_no_invariant() {
    let steps = setting("DEX_STEPS", 3000);
    let mut life = Life::new(setting("DEX_SEED", 20_240_611));
    for step in 0..steps {
        match life.random.below(10) {
            0..5 => life.swap(),
            5..7 => life.join_or_exit(),
            7 => life.open(),
            8 => life.change_position(),
            _ if life.random.below(5) == 0 => life.donate(),
            _ => life.world.advance(6),
        }
        if step % 10 == 0 {
            life.check();
        }
    }
    life.check();
    assert!(life.done > usize::try_from(steps).unwrap() / 5, "too little happened: {}", life.done);
    // The whole state goes out and comes in again.
    let (bank, dex) = life.world.export();
    let again = World::from_genesis(&bank, &dex);
    assert_eq!(again.export(), (bank, dex));
    again.check();
    // Everybody takes out everything, and what remains is dust.
    for (owner, position_id, liquidity) in std::mem::take(&mut life.positions) {
        let message = wire::MsgDecreasePosition {
            sender: account(owner).to_string(),
            position_id,
            liquidity: liquidity.to_string(),
            coins_min: vec![],
            deadline: None,
        };
        let _: wire::MsgDecreasePositionResponse = life.world.ok(&message);
    }
    life.check();
    for id in &life.concentrated {
        for reserve in life.world.pool(id).reserves {
            let dust: u64 = reserve.amount.parse().unwrap();
            assert!(dust <= 20 * steps, "rounding leaves units, not {dust}");
        }
    }
}

#[test]
fn genesis_that_contradicts_itself_is_refused() {
    let mut life = Life::new(5);
    life.swap();
    let (bank, dex) = life.world.export();
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut dex = dex.clone();
        change(&mut dex);
        assert!(World::try_from_genesis(&bank, &dex).is_err(), "{dex}");
    };
    refused(&|dex| dex["pools"][0]["reserves"][0]["amount"] = "999999999999999999".into());
    refused(&|dex| dex["pools"][0]["shares"]["amount"] = "1".into());
    refused(&|dex| dex["pools"][0]["address"] = account(1).to_string().into());
    refused(&|dex| dex["positions"][0]["liquidity"] = "1".into());
    refused(&|dex| dex["positions"][0]["tick_lower"] = 1.into());
    refused(&|dex| {
        dex["ticks"].as_array_mut().unwrap().pop();
    });
    refused(&|dex| {
        dex["positions"].as_array_mut().unwrap().pop();
    });
    refused(&|dex| {
        let pool = dex["pools"][0].clone();
        dex["pools"].as_array_mut().unwrap().push(pool);
    });
}
