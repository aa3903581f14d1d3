//! Fees from others: allowances given, used, used up, taken back and over.

use agora_framework::time::timestamp;
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::feegrant::v1beta1 as wire;
use agora_proto::pack;
use agora_tests::txs::wire_coins;
use agora_tests::{Account, TestChain};
use prost_types::{Any, Duration};
use rand::Rng;
use rand::seq::IteratorRandom as _;

use super::allowances::{Allowance, Allowances, Pair};
use super::done::Done;
use super::parts::Part;
use super::world::World;

/// With so many allowances no more are given: those of one account fit into a page of an answer.
const MOST_ALLOWANCES: usize = 90;

/// What is known of the allowances.
#[derive(Default)]
pub(super) struct Sponsors {
    allowances: Allowances,
}

#[derive(Clone, Copy)]
enum Deed {
    Grant,
    Use,
    Revoke,
    Prune,
}

const DEEDS: [(u32, Deed); 4] = [(8, Deed::Grant), (18, Deed::Use), (3, Deed::Revoke), (1, Deed::Prune)];

/// A few times what a transaction costs at present, or less.
fn limit(world: &mut World) -> Vec<Coin> {
    let price: u64 = price(&world.chain);
    let units = if world.rng.gen_bool(0.7) { price * world.rng.gen_range(1..6) } else { world.units(price) };
    wire_coins(&format!("{units}uago"))
}

fn price(chain: &TestChain) -> u64 {
    chain.fee_for(200_000).trim_end_matches("uago").parse().unwrap()
}

/// An allowance of any kind, in lists of messages around it.
fn allowance(world: &mut World) -> Any {
    let later = world.rng.gen_range(0..90) * 1_000_000_000;
    let expiration = world.rng.gen_bool(0.5).then(|| timestamp(world.chain.time() + later));
    let spend_limit = if world.rng.gen_bool(0.2) { vec![] } else { limit(world) };
    let basic = wire::BasicAllowance { spend_limit, expiration };
    let mut allowance = if world.rng.gen_bool(0.5) {
        pack(&basic)
    } else {
        pack(&wire::PeriodicAllowance {
            basic: Some(basic),
            period: Some(Duration { seconds: world.rng.gen_range(1..40), nanos: 0 }),
            period_spend_limit: limit(world),
            period_can_spend: if world.rng.gen_bool(0.5) { vec![] } else { limit(world) },
            period_reset: Some(timestamp(world.chain.time() + 5_000_000_000)),
        })
    };
    for _ in 0..world.rng.gen_range(0..6) / 3 {
        let allowed = ["/cosmos.bank.v1beta1.MsgSend", "/cosmos.gov.v1.MsgVote"];
        let allowed_messages = allowed[world.rng.gen_range(0..4) / 3..].iter().map(|&url| url.to_owned());
        allowance = pack(&wire::AllowedMsgAllowance {
            allowance: Some(allowance),
            allowed_messages: allowed_messages.collect(),
        });
    }
    allowance
}

impl Sponsors {
    /// An allowance there is, mostly, with who has it.
    fn pick(&self, world: &mut World) -> (Pair, Account) {
        let known = self.allowances.all.keys().choose(&mut world.rng).cloned();
        let known = known.filter(|_| world.rng.gen_bool(0.9));
        let found = known.and_then(|pair| world.find(&pair.1).map(|grantee| (pair, grantee)));
        found.unwrap_or_else(|| {
            let (granter, grantee) = (world.pick(), world.pick());
            ((granter.address.to_string(), grantee.address.to_string()), grantee)
        })
    }
}

impl Part for Sponsors {
    fn name(&self) -> &'static str {
        "feegrant"
    }

    fn weight(&self) -> u32 {
        20
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        match world.choose(&DEEDS) {
            Deed::Grant if self.allowances.all.len() < MOST_ALLOWANCES => {
                let (granter, grantee) = (world.pick(), world.pick());
                let message = wire::MsgGrantAllowance {
                    granter: granter.address.to_string(),
                    grantee: grantee.address.to_string(),
                    allowance: Some(allowance(world)),
                };
                world.rich_draft(&granter).msg(&message).bytes()
            }
            Deed::Grant | Deed::Use => {
                let (pair, from) = self.pick(world);
                let left = self.allowances.all.get(&pair).and_then(Allowance::left).unwrap_or_default();
                let (to, more) = (world.pick(), world.rng.gen_bool(0.1));
                // Some want more than anybody has: their fee is paid all the same.
                let amount = if more { "900000000000uago" } else { "3uago" };
                let draft = world.draft(&from).send(&to, amount);
                // Some pay with all that is left.
                let all = left > price(&world.chain).into() && world.rng.gen_bool(0.3);
                let draft = if all { draft.fee(&format!("{left}uago")) } else { draft };
                draft.with(|draft| draft.fee.granter = pair.0).bytes()
            }
            Deed::Revoke => {
                let ((granter, grantee), _) = self.pick(world);
                let from = world.find(&granter).unwrap_or_else(|| world.pick());
                world.rich_draft(&from).msg(&wire::MsgRevokeAllowance { granter, grantee }).bytes()
            }
            Deed::Prune => {
                let from = world.pick();
                let pruner = from.address.to_string();
                world.rich_draft(&from).msg(&wire::MsgPruneAllowances { pruner }).bytes()
            }
        }
    }

    fn seen(&self) -> Vec<(&'static str, usize)> {
        self.allowances.seen()
    }

    fn after_block(&mut self, world: &World, block: &[Done]) {
        self.allowances.follow(world.chain.time(), block);
        for account in &world.accounts {
            self.allowances.require(&world.chain, &account.address.to_string());
        }
    }
}
