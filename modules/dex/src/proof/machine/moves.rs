//! The application: each step as a message.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::AppError;
use agora_proto::cosmos::base::v1beta1::Coin;
use num_bigint::BigUint;

use super::super::common::{
    Done, World, account, amount, coin, coins, millionths, n, open, route, swap_in, swap_out,
};
use super::model::{ACCOUNTS, EACH, FEES, Model, Path, Step};
use crate::math::stable::{fine, fine_invariant};

const DENOMS: [&str; 3] = ["aaa", "bbb", "ccc"];
/// The amplification of the stable pool, with its decimals.
const AMPLIFICATION: u64 = 8500;

pub(crate) struct Machine {
    pub(crate) world: World,
    /// The two constant products.
    pools: [String; 2],
    /// A weighted and a stable pool of coins of their own.
    others: [String; 2],
    concentrated: String,
    /// Id and a quarter of the liquidity.
    positions: Vec<(String, u128)>,
}

fn who(n: usize) -> u8 {
    u8::try_from(n + 1).unwrap()
}

fn decoded<R: prost::Message + Default>(done: &Done) -> R {
    R::decode(done.response.as_slice()).unwrap()
}

fn first(coins: Vec<Coin>, denom: &str) -> u128 {
    coins.into_iter().find(|c| c.denom == denom).map_or(0, |c| c.amount.parse().unwrap())
}

impl Machine {
    pub(crate) fn new() -> Self {
        let each =
            format!("{EACH}aaa,{EACH}bbb,{EACH}ccc,{0}ppp,{0}qqq,{0}sss,{0}ttt,{0}uuu,{0}vvv", u64::MAX);
        let mut world = World::new(u8::try_from(ACCOUNTS).unwrap(), &each);
        let pools = [
            world.constant_product(1, "4000000aaa,9000000bbb", FEES[0]),
            world.constant_product(1, "1000000bbb,1000000ccc", FEES[1]),
        ];
        let weights = [("ppp", 300_000), ("qqq", 700_000)];
        let others = [
            world.weighted(1, "4000000000ppp,9000000000qqq", &weights, 3000),
            world.stable(1, "4000000000sss,9000000000ttt", AMPLIFICATION / 100, 400),
        ];
        let message = wire::MsgCreateConcentratedPool {
            sender: account(1).to_string(),
            denom_0: "uuu".into(),
            denom_1: "vvv".into(),
            swap_fee: millionths(3000),
            price: millionths(1_000_000),
            sqrt_price: String::new(),
        };
        let concentrated = world.ok::<wire::MsgCreateConcentratedPoolResponse>(&message).pool_id;
        world.open(1, &concentrated, (-60_000, 60_000), "1000000000uuu,1000000000vvv");
        Self { world, pools, others, concentrated, positions: vec![] }
    }

    /// Runs a step and compares what it does with what the model says.
    pub(crate) fn run(&mut self, model: &Model, step: &Step) {
        let done: Result<u128, AppError> = match step {
            Step::Swap { who, path, exact_in, amount, too_strict } => {
                self.swap(*who, *path, *exact_in, *amount, *too_strict)
            }
            Step::Join { who: n, pool, most: [x, y] } => {
                let message = wire::MsgJoin {
                    sender: account(who(*n)).to_string(),
                    pool_id: self.pools[*pool].clone(),
                    coins_max: coins(&format!("{x}{},{y}{}", DENOMS[*pool], DENOMS[pool + 1])),
                    shares_min: String::new(),
                    deadline: None,
                };
                self.world.run(&message).map(|done| amount(decoded::<wire::MsgJoinResponse>(&done).shares))
            }
            Step::JoinExact { who: n, pool, shares } => {
                let message = wire::MsgJoinExactShares {
                    sender: account(who(*n)).to_string(),
                    shares: coin(&format!("{shares}lp/{}", self.pools[*pool])),
                    coins_max: coins(&format!(
                        "{0}{1},{0}{2}",
                        u128::MAX >> 1,
                        DENOMS[*pool],
                        DENOMS[pool + 1]
                    )),
                    deadline: None,
                };
                self.world.run(&message).map(|done| amount(decoded::<wire::MsgJoinResponse>(&done).shares))
            }
            Step::Exit { who: n, pool, part } => {
                let lp = format!("lp/{}", self.pools[*pool]);
                let held = self.world.balance(&account(who(*n)), &lp);
                let shares = (held * part / 1_000_000).max(1);
                let message = wire::MsgExit {
                    sender: account(who(*n)).to_string(),
                    shares: coin(&format!("{shares}{lp}")),
                    coins_min: vec![],
                    deadline: None,
                };
                let denom = DENOMS[*pool];
                self.world
                    .run(&message)
                    .map(|done| first(decoded::<wire::MsgExitResponse>(&done).coins_out, denom))
            }
            Step::Open { who: n, width } => {
                let range = (-60 * width, 60 * width);
                let message = open(who(*n), &self.concentrated, range, "1000000uuu,1000000vvv");
                let opened: wire::MsgOpenPositionResponse = self.world.ok(&message);
                self.positions.push((opened.position_id, opened.liquidity.parse::<u128>().unwrap() / 4));
                return;
            }
            Step::Decrease { who: n, position } => {
                if self.positions.is_empty() {
                    return;
                }
                let index = position % self.positions.len();
                let (position_id, quarter) = self.positions[index].clone();
                // The last quarter is all that is left.
                let last = model.outcome == Some(Ok(0)) && model.positions[index].1 == 0;
                let liquidity = if last { self.liquidity(&position_id) } else { quarter };
                let message = wire::MsgDecreasePosition {
                    sender: account(who(*n)).to_string(),
                    position_id,
                    liquidity: liquidity.to_string(),
                    coins_min: vec![],
                    deadline: None,
                };
                self.world.run(&message).map(|_| 0)
            }
            Step::Transfer { who: n, position, to } => {
                if self.positions.is_empty() {
                    return;
                }
                let message = wire::MsgTransferPosition {
                    sender: account(who(*n)).to_string(),
                    position_id: self.positions[position % self.positions.len()].0.clone(),
                    recipient: account(who(*to)).to_string(),
                };
                self.world.run(&message).map(|_| 0)
            }
            Step::Cross { who: n, up, amount } => {
                let (give, take) = if *up { ("vvv", "uuu") } else { ("uuu", "vvv") };
                let way = [route(&[(&self.concentrated, take)])];
                let _ = self.world.run(&swap_in(who(*n), &format!("{amount}{give}"), take, &way));
                return;
            }
            Step::Single { who, kind, way, amount } => return self.single(*who, *kind, *way, *amount),
            Step::Wait => return self.world.advance(6),
        };
        let done = done.map_err(|error| (error.codespace, error.code));
        assert_eq!(Some(done), model.outcome, "{step:?}");
    }

    fn liquidity(&self, position_id: &str) -> u128 {
        let request = wire::QueryPositionRequest { position_id: position_id.to_owned() };
        let view: wire::QueryPositionResponse = self.world.query("Position", &request).unwrap();
        view.position.unwrap().position.unwrap().liquidity.parse().unwrap()
    }

    fn swap(
        &mut self,
        n: usize,
        path: Path,
        exact_in: bool,
        size: u128,
        too_strict: bool,
    ) -> Result<u128, AppError> {
        let hops = path.hops();
        let way: Vec<(&str, &str)> =
            hops.iter().map(|(pool, _, to)| (self.pools[*pool].as_str(), DENOMS[*to])).collect();
        let routes = [route(&way)];
        let (from, to) = (DENOMS[path.from], DENOMS[path.to]);
        if exact_in {
            let mut message = swap_in(who(n), &format!("{size}{from}"), to, &routes);
            if too_strict {
                message.token_out_min = coin(&format!("{}{to}", u128::MAX >> 1));
            }
            let done = self.world.run(&message)?;
            Ok(amount(decoded::<wire::MsgSwapExactInResponse>(&done).token_out))
        } else {
            // Nothing costs less than a unit, so a limit of one fails unless it costs just that.
            let most = if too_strict { 1 } else { u128::MAX >> 1 };
            let message = swap_out(who(n), &format!("{most}{from}"), &format!("{size}{to}"), &routes);
            let done = self.world.run(&message)?;
            Ok(amount(decoded::<wire::MsgSwapExactOutResponse>(&done).token_in))
        }
    }

    /// What a share of a weighted or stable pool is worth: the power of the invariant, and the shares to the same power.
    fn worth(&self, kind: usize) -> (BigUint, BigUint) {
        let pool = self.world.pool(&self.others[kind]);
        let shares: BigUint = pool.shares.unwrap().amount.parse().unwrap();
        let reserves: Vec<u128> = pool.reserves.iter().map(|c| c.amount.parse().unwrap()).collect();
        if kind == 0 {
            (BigUint::from(reserves[0]).pow(3) * BigUint::from(reserves[1]).pow(7), shares.pow(10))
        } else {
            let balances: Vec<_> = reserves.into_iter().map(n).collect();
            let d = fine_invariant(&fine(&balances), AMPLIFICATION).unwrap();
            (d.to_string().parse().unwrap(), shares)
        }
    }

    fn single(&mut self, n: usize, kind: usize, way: usize, amount: u128) {
        let id = self.others[kind].clone();
        let denom = ["ppp", "sss"][kind];
        let (sender, shares) = (account(who(n)).to_string(), coin(&format!("{amount}lp/{id}")));
        let (one, all) = (coin(&format!("{amount}{denom}")), coin(&format!("{}{denom}", u64::MAX)));
        let before = self.worth(kind);
        let done = match way {
            0 => self.world.run(&wire::MsgJoinSingle {
                sender,
                pool_id: id,
                coin_in: one,
                shares_min: String::new(),
                deadline: None,
            }),
            1 => self.world.run(&wire::MsgJoinSingleExactShares {
                sender,
                shares,
                coin_in_max: all,
                deadline: None,
            }),
            2 => self.world.run(&wire::MsgExitSingle {
                sender,
                shares,
                coin_out_min: coin(&format!("0{denom}")),
                deadline: None,
            }),
            3 => {
                let shares_max = coin(&format!("{}lp/{id}", u64::MAX));
                self.world.run(&wire::MsgExitSingleExactOut {
                    sender,
                    coin_out: one,
                    shares_max,
                    deadline: None,
                })
            }
            _ => {
                let other = ["qqq", "ttt"][kind];
                self.world.run(&swap_in(
                    who(n),
                    &format!("{amount}{denom}"),
                    other,
                    &[route(&[(&id, other)])],
                ))
            }
        };
        if done.is_ok() {
            let after = self.worth(kind);
            assert!(
                &after.0 * &before.1 >= &before.0 * &after.1,
                "a share is worth less: {before:?} {after:?}"
            );
        }
    }

    /// Every account and pool is what the model says.
    pub(crate) fn agree(&self, model: &Model) {
        for n in 0..ACCOUNTS {
            let holder = account(who(n));
            let held = DENOMS.map(|denom| self.world.balance(&holder, denom));
            assert_eq!(held, model.coins[n], "account {n}");
            let shares = [0, 1].map(|pool| self.world.balance(&holder, &format!("lp/{}", self.pools[pool])));
            assert_eq!(shares, model.shares[n], "account {n}");
        }
        for (index, expected) in model.pools.iter().enumerate() {
            let pool = self.world.pool(&self.pools[index]);
            let reserves: Vec<u128> = pool.reserves.iter().map(|c| c.amount.parse().unwrap()).collect();
            assert_eq!(
                (reserves.as_slice(), amount(pool.shares)),
                (expected.reserves.as_slice(), expected.shares)
            );
        }
    }
}
