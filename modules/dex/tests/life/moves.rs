//! What traders and liquidity providers do at random.

use agora_dex::proto::agora::dex::v1 as wire;
use prost::Message as _;

use super::common::{Random, account, coin, coins, open, swap_in, swap_out};
use super::{DENOMS, EACH, Life};

impl Life {
    pub(super) fn swap(&mut self) {
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

    pub(super) fn join_or_exit(&mut self) {
        let who = self.who();
        let index = usize::try_from(self.random.below(u64::try_from(self.pools.len()).unwrap())).unwrap();
        let id = self.pools[index].clone();
        let denoms: Vec<String> = self.world.pool(&id).reserves.into_iter().map(|c| c.denom).collect();
        let denom =
            denoms[usize::try_from(self.random.below(u64::try_from(denoms.len()).unwrap())).unwrap()].clone();
        let sender = account(who).to_string();
        let held = self.world.balance(&account(who), &format!("lp/{id}"));
        let part = held / (1 + u128::from(self.random.below(20)));
        let done = match self.random.below(7) {
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
                let shares = coin(&format!("{}lp/{id}", self.random.sized(34)));
                let coin_in_max = coin(&format!("100000000000{denom}"));
                self.world.run(&wire::MsgJoinSingleExactShares {
                    sender,
                    shares,
                    coin_in_max,
                    deadline: None,
                })
            }
            4 => {
                let coin_out = coin(&format!("{}{denom}", self.random.sized(34)));
                let shares_max = coin(&format!("{held}lp/{id}"));
                self.world.run(&wire::MsgExitSingleExactOut { sender, coin_out, shares_max, deadline: None })
            }
            5 => {
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

    pub(super) fn open(&mut self) {
        let who = self.who();
        let index = usize::try_from(self.random.below(2)).unwrap();
        let (id, spacing) = (self.concentrated[index].clone(), [60, 1][index]);
        let at = |random: &mut Random| (i32::try_from(random.below(401)).unwrap() - 200) * spacing;
        let (a, b) = (at(&mut self.random), at(&mut self.random));
        let most = format!("{}aaa,{}bbb", self.random.sized(36), self.random.sized(36));
        if let Ok(done) = self.world.run(&open(who, &id, (a.min(b), a.max(b)), &most)) {
            let opened = wire::MsgOpenPositionResponse::decode(done.response.as_slice()).unwrap();
            self.positions.push((who, opened.position_id, opened.liquidity.parse().unwrap()));
            self.done += 1;
        }
    }

    pub(super) fn change_position(&mut self) {
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

    pub(super) fn donate(&mut self) {
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
}

/// A swap that fails does so with what its quote says; only what the quote cannot know may differ.
fn refusal(quote: Result<(), agora_framework::QueryError>, log: &str) -> String {
    match quote {
        Ok(()) if log.contains("insufficient funds") => log.to_owned(),
        Ok(()) => "the quote saw no reason".to_owned(),
        Err(error) => error.message.split_once(": ").map_or(String::new(), |(_, text)| text.to_owned()),
    }
}
