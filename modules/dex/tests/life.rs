//! Random life on pools of every kind: after every message the invariants hold, coins are conserved to the unit, and what
//! was quoted was given.

mod common;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_primitives::Address;
use common::{Random, World, account, coin, coins, route, swap_in, swap_out};
use prost::Message as _;

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

    fn swap(&mut self) {
        let (who, denom, amount) = (self.who(), self.denom(), self.random.sized(36));
        let (routes, last) = self.routes();
        if self.random.below(2) == 0 {
            let message = swap_in(who, &format!("{amount}{denom}"), last, &routes);
            let quote: Result<wire::QueryQuoteSwapExactInResponse, _> = self.world.query(
                "QuoteSwapExactIn",
                &wire::QueryQuoteSwapExactInRequest { token_in: message.token_in.clone(), routes },
            );
            match self.world.run(&message) {
                Ok(done) => {
                    let given = wire::MsgSwapExactInResponse::decode(done.response.as_slice()).unwrap();
                    assert_eq!(given.token_out, quote.unwrap().token_out);
                    self.done += 1;
                }
                Err(error) => {
                    assert_eq!(error.log, refusal(quote.map(|_| ()), &error.log), "quoted and refused")
                }
            }
        } else {
            let message = swap_out(
                who,
                &format!("170141183460469231731687303715884105727{denom}"),
                &format!("{amount}{last}"),
                &routes,
            );
            let quote: Result<wire::QueryQuoteSwapExactOutResponse, _> = self.world.query(
                "QuoteSwapExactOut",
                &wire::QueryQuoteSwapExactOutRequest {
                    denom_in: denom.to_owned(),
                    token_out: message.token_out.clone(),
                    routes,
                },
            );
            match self.world.run(&message) {
                Ok(done) => {
                    let taken = wire::MsgSwapExactOutResponse::decode(done.response.as_slice()).unwrap();
                    assert_eq!(taken.token_in, quote.unwrap().token_in);
                    self.done += 1;
                }
                Err(error) => {
                    assert_eq!(error.log, refusal(quote.map(|_| ()), &error.log), "quoted and refused")
                }
            }
        }
    }

    fn join_or_exit(&mut self) {
        let who = self.who();
        let index = usize::try_from(self.random.below(u64::try_from(self.pools.len()).unwrap())).unwrap();
        let id = self.pools[index].clone();
        let denoms: Vec<String> = self.world.pool(&id).reserves.into_iter().map(|c| c.denom).collect();
        let denom =
            denoms[usize::try_from(self.random.below(u64::try_from(denoms.len()).unwrap())).unwrap()].clone();
        let sender = account(who).to_string();
        let held = self.world.balance(&account(who), &format!("lp/{id}"));
        let part = held / (1 + u128::from(self.random.below(20)));
        let done = match self.random.below(5) {
            0 => {
                let most: Vec<String> =
                    denoms.iter().map(|d| format!("{}{d}", self.random.sized(34))).collect();
                let coins_max = coins(&most.join(","));
                self.world.run(&wire::MsgJoin {
                    sender,
                    pool_id: id,
                    coins_max,
                    shares_min: "1".into(),
                    deadline: None,
                })
            }
            1 => {
                let coin_in = coin(&format!("{}{denom}", self.random.sized(34)));
                self.world.run(&wire::MsgJoinSingle {
                    sender,
                    pool_id: id,
                    coin_in,
                    shares_min: "1".into(),
                    deadline: None,
                })
            }
            2 => {
                let shares = coin(&format!("{}lp/{id}", self.random.sized(34)));
                let coins_max = coins(EACH);
                self.world.run(&wire::MsgJoinExactShares { sender, shares, coins_max, deadline: None })
            }
            3 => {
                let shares = coin(&format!("{part}lp/{id}"));
                self.world.run(&wire::MsgExit { sender, shares, coins_min: vec![], deadline: None })
            }
            _ => {
                let shares = coin(&format!("{part}lp/{id}"));
                let coin_out_min = coin(&format!("1{denom}"));
                self.world.run(&wire::MsgExitSingle { sender, shares, coin_out_min, deadline: None })
            }
        };
        self.done += usize::from(done.is_ok());
    }

    fn open(&mut self) {
        let who = self.who();
        let index = usize::try_from(self.random.below(2)).unwrap();
        let (id, spacing) = (self.concentrated[index].clone(), [60, 1][index]);
        let at = |random: &mut Random| (i32::try_from(random.below(401)).unwrap() - 200) * spacing;
        let (a, b) = (at(&mut self.random), at(&mut self.random));
        let most = format!("{}aaa,{}bbb", self.random.sized(36), self.random.sized(36));
        if let Ok(done) = self.world.run(&common::open(who, &id, (a.min(b), a.max(b)), &most)) {
            let opened = wire::MsgOpenPositionResponse::decode(done.response.as_slice()).unwrap();
            self.positions.push((who, opened.position_id, opened.liquidity.parse().unwrap()));
            self.done += 1;
        }
    }

    fn change_position(&mut self) {
        if self.positions.is_empty() {
            return;
        }
        let index = usize::try_from(self.random.below(u64::try_from(self.positions.len()).unwrap())).unwrap();
        let (owner, position_id, liquidity) = self.positions[index].clone();
        let sender = account(owner).to_string();
        match self.random.below(4) {
            0 => {
                let coins_max = coins(&format!("{}aaa,{}bbb", self.random.sized(34), self.random.sized(34)));
                let message = wire::MsgIncreasePosition {
                    sender,
                    position_id,
                    coins_max,
                    liquidity_min: "1".into(),
                    deadline: None,
                };
                if let Ok(done) = self.world.run(&message) {
                    let more = wire::MsgIncreasePositionResponse::decode(done.response.as_slice()).unwrap();
                    self.positions[index].2 += more.liquidity.parse::<u128>().unwrap();
                    self.done += 1;
                }
            }
            1 => {
                let part = (liquidity / (1 + u128::from(self.random.below(3)))).max(1);
                let message = wire::MsgDecreasePosition {
                    sender,
                    position_id,
                    liquidity: part.to_string(),
                    coins_min: vec![],
                    deadline: None,
                };
                // What was put in can always be taken out.
                let _: wire::MsgDecreasePositionResponse = self.world.ok(&message);
                self.positions[index].2 -= part;
                if self.positions[index].2 == 0 {
                    self.positions.remove(index);
                }
                self.done += 1;
            }
            2 => {
                let _: wire::MsgCollectFeesResponse =
                    self.world.ok(&wire::MsgCollectFees { sender, position_id });
                self.done += 1;
            }
            _ => {
                let to = self.who();
                let recipient = account(to).to_string();
                let message = wire::MsgTransferPosition { sender, position_id, recipient };
                let _: wire::MsgTransferPositionResponse = self.world.ok(&message);
                self.positions[index].0 = to;
                self.done += 1;
            }
        }
    }

    fn donate(&mut self) {
        let (who, id) = (self.who(), self.pool());
        let index = usize::try_from(self.random.below(3)).unwrap();
        let amount = self.random.sized(20);
        let send = agora_proto::cosmos::bank::v1beta1::MsgSend {
            from_address: account(who).to_string(),
            to_address: self.world.pool(&id).address,
            amount: coins(&format!("{amount}{}", DENOMS[index])),
        };
        if self.world.run(&send).is_ok() {
            self.donated[index] += amount;
        }
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

/// A swap that fails does so with what its quote says; only what the quote cannot know may differ.
fn refusal(quote: Result<(), agora_framework::QueryError>, log: &str) -> String {
    match quote {
        Ok(()) if log.contains("insufficient funds") => log.to_owned(),
        Ok(()) => "the quote saw no reason".to_owned(),
        Err(error) => error.message.split_once(": ").map_or(String::new(), |(_, text)| text.to_owned()),
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
