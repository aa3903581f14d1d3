//! Pools of every kind, swaps, liquidity and positions.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_primitives::Address;
use agora_proto::cosmos::base::abci::v1beta1::TxMsgData;
use agora_proto::cosmos::base::v1beta1::DecCoin;
use agora_proto::pack;
use agora_tests::txs::wire_coins;
use agora_tests::{Account, TestChain};
use prost::Message as _;
use prost_types::Any;
use rand::Rng;
use rand::seq::SliceRandom;

use super::done::Done;
use super::parts::Part;
use super::world::World;

const DENOMS: [&str; 3] = ["uago", "uatom", "uusdc"];
/// 0.3 %.
const FEE: &str = "3000000000000000";
/// Pools are found by their index in a list that stays short.
const POOLS: usize = 12;

/// What is known of the exchange.
#[derive(Default)]
pub(super) struct Trade {
    /// Pools with their denoms.
    pools: Vec<(String, Vec<String>)>,
    positions: Vec<String>,
}

#[derive(Clone, Copy)]
enum Deed {
    CreatePool,
    SwapExactIn,
    SwapExactOut,
    Join,
    JoinSingle,
    Exit,
    OpenPosition,
    MovePosition,
}

const DEEDS: [(u32, Deed); 8] = [
    (2, Deed::CreatePool),
    (16, Deed::SwapExactIn),
    (8, Deed::SwapExactOut),
    (8, Deed::Join),
    (4, Deed::JoinSingle),
    (8, Deed::Exit),
    (7, Deed::OpenPosition),
    (10, Deed::MovePosition),
];

fn coin(units: impl std::fmt::Display, denom: &str) -> String {
    format!("{units}{denom}")
}

/// The denoms of a pool; those of an empty one follow from its curve, and are not asked for.
fn denoms(chain: &TestChain, id: &str) -> Vec<String> {
    let request = wire::QueryPoolRequest { pool_id: id.to_owned() };
    let answer: wire::QueryPoolResponse = chain.query("/agora.dex.v1.Query/Pool", &request).unwrap();
    answer.pool.unwrap().reserves.into_iter().map(|coin| coin.denom).collect()
}

impl Trade {
    /// Two denoms of a pool, in any order.
    fn pair(&self, world: &mut World) -> Option<(String, String, String)> {
        let (id, denoms) = self.pools.choose(&mut world.rng)?;
        let mut two = denoms.choose_multiple(&mut world.rng, 2);
        Some((id.clone(), two.next()?.clone(), two.next()?.clone()))
    }

    fn create(world: &mut World, sender: String) -> Any {
        let mut coins: Vec<String> =
            DENOMS.iter().map(|denom| coin(1_000 + world.units(5_000_000), denom)).collect();
        let swap_fee = FEE.to_owned();
        if world.rng.gen_bool(0.5) {
            coins.remove(world.rng.gen_range(0..3));
        }
        let all = wire_coins(&coins.join(","));
        match world.rng.gen_range(0..4) {
            0 => {
                let mut two = DENOMS.choose_multiple(&mut world.rng, 2).copied().collect::<Vec<_>>();
                two.sort_unstable();
                pack(&wire::MsgCreateConcentratedPool {
                    sender,
                    denom_0: two[0].to_owned(),
                    denom_1: two[1].to_owned(),
                    swap_fee,
                    price: (u128::from(world.units(8)) * 10_u128.pow(18)).to_string(),
                    sqrt_price: String::new(),
                })
            }
            1 => {
                let even = 10_u128.pow(18) / all.len() as u128;
                let rest = 10_u128.pow(18) - even * (all.len() as u128 - 1);
                let weight = |(at, coin): (usize, &agora_proto::cosmos::base::v1beta1::Coin)| DecCoin {
                    denom: coin.denom.clone(),
                    amount: if at == 0 { rest } else { even }.to_string(),
                };
                let weights = all.iter().enumerate().map(weight).collect();
                pack(&wire::MsgCreateWeightedPool { sender, coins: all, weights, swap_fee })
            }
            2 => pack(&wire::MsgCreateStablePool {
                sender,
                coins: all,
                amplification: world.rng.gen_range(1..1_000),
                swap_fee,
                rates: Vec::new(),
                rate_provider: String::new(),
            }),
            _ => pack(&wire::MsgCreatePool { sender, coins: all.into_iter().take(2).collect(), swap_fee }),
        }
    }

    fn swap(&self, world: &mut World, sender: String, exact_out: bool) -> Option<Any> {
        let (pool_id, from, to) = self.pair(world)?;
        let units = world.units(3_000_000);
        let hop = wire::Hop { pool_id, denom_out: to.clone(), limit: String::new() };
        let routes = vec![wire::Route { hops: vec![hop], weight: 1 }];
        Some(if exact_out {
            pack(&wire::MsgSwapExactOut {
                sender,
                token_in_max: wire_coins(&coin(20_000_000, &from)).pop(),
                token_out: wire_coins(&coin(units, &to)).pop(),
                routes,
                deadline: None,
            })
        } else {
            pack(&wire::MsgSwapExactIn {
                sender,
                token_in: wire_coins(&coin(units, &from)).pop(),
                token_out_min: wire_coins(&coin(1, &to)).pop(),
                routes,
                deadline: None,
            })
        })
    }

    fn liquidity(&self, world: &mut World, from: &Account, deed: Deed) -> Option<Any> {
        let sender = from.address.to_string();
        let (pool_id, denoms) = self.pools.choose(&mut world.rng)?.clone();
        let shares_min = "1".to_owned();
        let coins: Vec<String> = denoms.iter().map(|denom| coin(world.units(2_000_000), denom)).collect();
        Some(match deed {
            Deed::Join => pack(&wire::MsgJoin {
                sender,
                pool_id,
                coins_max: wire_coins(&coins.join(",")),
                shares_min,
                deadline: None,
            }),
            Deed::JoinSingle => pack(&wire::MsgJoinSingle {
                sender,
                pool_id,
                coin_in: wire_coins(coins.choose(&mut world.rng)?).pop(),
                shares_min,
                deadline: None,
            }),
            _ => {
                let denom = format!("lp/{pool_id}");
                let held = u64::try_from(world.chain.balance(from, &denom)).unwrap_or(u64::MAX);
                let part = world.units(held.max(1));
                pack(&wire::MsgExit {
                    sender,
                    shares: wire_coins(&coin(part, &denom)).pop(),
                    coins_min: Vec::new(),
                    deadline: None,
                })
            }
        })
    }

    fn open(&self, world: &mut World, sender: String) -> Option<Any> {
        let (pool_id, denoms) = self.pools.choose(&mut world.rng)?.clone();
        let coins: Vec<String> = denoms.iter().map(|denom| coin(world.units(5_000_000), denom)).collect();
        let middle = world.rng.gen_range(-100..400);
        let width = world.rng.gen_range(1..200);
        Some(pack(&wire::MsgOpenPosition {
            sender,
            pool_id,
            tick_lower: (middle - width) * 60,
            tick_upper: (middle + width) * 60,
            coins_max: wire_coins(&coins.join(",")),
            liquidity_min: "1".to_owned(),
            deadline: None,
        }))
    }

    /// Something with a position, mostly by its owner.
    fn position(&self, world: &mut World, from: &mut Account) -> Option<Any> {
        let position_id = self.positions.choose(&mut world.rng)?.clone();
        let request = wire::QueryPositionRequest { position_id: position_id.clone() };
        let path = "/agora.dex.v1.Query/Position";
        let found: wire::QueryPositionResponse = world.chain.query(path, &request).ok()?;
        let position = found.position?.position?;
        let owner: Address = position.owner.parse().ok()?;
        if let Some(account) = world.accounts.iter().find(|account| account.address == owner) {
            *from = account.clone();
        }
        let sender = from.address.to_string();
        let liquidity: u128 = position.liquidity.parse().ok()?;
        let part = world.rng.gen_range(1..=4);
        Some(match world.rng.gen_range(0..5) {
            0 => pack(&wire::MsgCollectFees { sender, position_id }),
            1 => {
                let recipient = world.pick().address.to_string();
                pack(&wire::MsgTransferPosition { sender, position_id, recipient })
            }
            2 => {
                let coins = position.deposited.iter().map(|c| coin(world.units(900_000), &c.denom));
                let coins: Vec<String> = coins.collect();
                pack(&wire::MsgIncreasePosition {
                    sender,
                    position_id,
                    coins_max: wire_coins(&coins.join(",")),
                    liquidity_min: "1".to_owned(),
                    deadline: None,
                })
            }
            _ => pack(&wire::MsgDecreasePosition {
                sender,
                position_id,
                liquidity: (liquidity / part).to_string(),
                coins_min: Vec::new(),
                deadline: None,
            }),
        })
    }
}

impl Part for Trade {
    fn name(&self) -> &'static str {
        "dex"
    }

    fn weight(&self) -> u32 {
        30
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let mut from = world.pick();
        let sender = from.address.to_string();
        let deed = if self.pools.is_empty() { Deed::CreatePool } else { world.choose(&DEEDS) };
        let message = match deed {
            Deed::CreatePool if self.pools.len() >= POOLS => self.swap(world, sender.clone(), false),
            Deed::CreatePool => None,
            Deed::SwapExactIn => self.swap(world, sender.clone(), false),
            Deed::SwapExactOut => self.swap(world, sender.clone(), true),
            Deed::Join | Deed::JoinSingle | Deed::Exit => self.liquidity(world, &from, deed),
            Deed::OpenPosition => self.open(world, sender.clone()),
            Deed::MovePosition => self.position(world, &mut from),
        };
        let message = message.unwrap_or_else(|| Self::create(world, sender));
        world.rich_draft(&from).any(message).bytes()
    }

    fn after_block(&mut self, world: &World, block: &[Done]) {
        for done in block.iter().filter(|done| done.passed()) {
            for response in TxMsgData::decode(done.outcome.data.as_slice()).unwrap().msg_responses {
                let value = response.value.as_slice();
                match response.type_url.as_str() {
                    "/agora.dex.v1.MsgCreatePoolResponse" => {
                        let id = wire::MsgCreatePoolResponse::decode(value).unwrap().pool_id;
                        self.pools.push((id.clone(), denoms(&world.chain, &id)));
                    }
                    "/agora.dex.v1.MsgCreateConcentratedPoolResponse" => {
                        let id = wire::MsgCreateConcentratedPoolResponse::decode(value).unwrap().pool_id;
                        self.pools.push((id.clone(), denoms(&world.chain, &id)));
                    }
                    "/agora.dex.v1.MsgOpenPositionResponse" => {
                        self.positions
                            .push(wire::MsgOpenPositionResponse::decode(value).unwrap().position_id);
                    }
                    _ => {}
                }
            }
        }
    }
}
