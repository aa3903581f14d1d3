//! Acting for others: rights given, used, used up, taken back and over.

use agora_proto::cosmos::authz::v1beta1 as wire;
use agora_proto::cosmos::bank::v1beta1::{MsgSend, SendAuthorization};
use agora_proto::cosmos::gov::v1::{MsgVote, VoteOption};
use agora_proto::cosmos::staking::v1beta1::{AuthorizationType, MsgDelegate, StakeAuthorization};
use agora_proto::pack;
use agora_tests::Account;
use agora_tests::txs::wire_coins;
use prost_types::Any;
use rand::Rng;
use rand::seq::{IteratorRandom as _, SliceRandom as _};

use super::done::Done;
use super::parts::Part;
use super::rights::{DELEGATE, EXEC, Place, Rights, SEND, VOTE};
use super::world::World;

/// With so many rights no more are given: those of one account fit into a page of an answer.
const MOST_RIGHTS: usize = 90;

/// What is known of the rights.
#[derive(Default)]
pub(super) struct Acting {
    rights: Rights,
}

#[derive(Clone, Copy)]
enum Deed {
    Grant,
    Execute,
    ExecuteThrough,
    Revoke,
}

const DEEDS: [(u32, Deed); 4] =
    [(10, Deed::Grant), (16, Deed::Execute), (5, Deed::ExecuteThrough), (3, Deed::Revoke)];

fn coin(units: impl std::fmt::Display) -> String {
    format!("{units}uago")
}

/// A message of somebody, of one of the types that rights are given for.
fn message(world: &mut World, signer: &str, url: &str) -> Any {
    match url {
        DELEGATE => pack(&MsgDelegate {
            delegator_address: signer.to_owned(),
            validator_address: world.validator(),
            amount: wire_coins(&coin(world.units(3_000_000))).pop(),
        }),
        VOTE => pack(&MsgVote {
            proposal_id: world.rng.gen_range(1..40),
            voter: signer.to_owned(),
            option: VoteOption::Yes.into(),
            metadata: String::new(),
        }),
        _ => {
            let amount = coin(world.units(100_000));
            send(world, signer, &amount)
        }
    }
}

fn send(world: &mut World, signer: &str, amount: &str) -> Any {
    pack(&MsgSend {
        from_address: signer.to_owned(),
        to_address: world.pick().address.to_string(),
        amount: wire_coins(amount),
    })
}

fn exec(grantee: &Account, msgs: Vec<Any>) -> Any {
    pack(&wire::MsgExec { grantee: grantee.address.to_string(), msgs })
}

impl Acting {
    /// A right there is, mostly, with who has it.
    fn pick(&self, world: &mut World) -> (Place, Account) {
        let known = self.rights.all.keys().choose(&mut world.rng).cloned();
        let known = known.filter(|_| world.rng.gen_bool(0.85));
        let found = known.and_then(|place| world.find(&place.1).map(|grantee| (place, grantee)));
        found.unwrap_or_else(|| {
            let (granter, grantee) = (world.pick(), world.pick());
            let url = [SEND, DELEGATE, VOTE, EXEC].choose(&mut world.rng).copied().unwrap_or(SEND);
            let place = (granter.address.to_string(), grantee.address.to_string(), url.to_owned());
            (place, grantee)
        })
    }

    fn grant(&self, world: &mut World) -> (Account, Any) {
        let (granter, grantee) = (world.pick(), world.pick());
        let limit = wire_coins(&coin(world.units(1_000_000)));
        let authorization = match world.rng.gen_range(0..8_usize) {
            0..3 => {
                let allow_list = match world.rng.gen_bool(0.3) {
                    true => vec![world.accounts[0].address.to_string()],
                    false => vec![],
                };
                pack(&SendAuthorization { spend_limit: limit, allow_list })
            }
            3 => pack(&StakeAuthorization {
                max_tokens: limit.into_iter().next().filter(|_| world.rng.gen_bool(0.7)),
                authorization_type: AuthorizationType::Delegate.into(),
                validators_choice: None,
            }),
            // To act through others twice as often as the rest.
            n => {
                let msg = [SEND, VOTE, EXEC, EXEC].get(n - 4).copied().unwrap_or(EXEC).to_owned();
                pack(&wire::GenericAuthorization { msg })
            }
        };
        let later = world.rng.gen_range(0..90) * 1_000_000_000;
        let expiration = world.rng.gen_bool(0.5).then(|| world.chain.time() + later);
        let grant = wire::Grant {
            authorization: Some(authorization),
            expiration: expiration.map(agora_framework::time::timestamp),
        };
        let message = wire::MsgGrant {
            granter: granter.address.to_string(),
            grantee: grantee.address.to_string(),
            grant: Some(grant),
        };
        (granter, pack(&message))
    }

    /// One or more messages of the granter by its grantee, in executions of its own around them.
    fn execute(&self, world: &mut World) -> (Account, Any) {
        let ((granter, _, url), grantee) = self.pick(world);
        let place = (granter, grantee.address.to_string(), url);
        let left = self.rights.all.get(&place).and_then(|right| right.left);
        let (granter, _, url) = place;
        let messages = match left.filter(|_| url == SEND && world.rng.gen_bool(0.3)) {
            // All that is left.
            Some(left) => vec![send(world, &granter, &coin(left))],
            None => (0..world.rng.gen_range(1..4)).map(|_| message(world, &granter, &url)).collect(),
        };
        let mut done = exec(&grantee, messages);
        for _ in 0..world.rng.gen_range(0..6) / 2 {
            done = exec(&grantee, vec![done]);
        }
        (grantee, done)
    }

    /// A message by somebody who may have another, who has the right, execute it.
    fn execute_through(&self, world: &mut World) -> (Account, Any) {
        let through = self.rights.all.keys().filter(|(.., url)| url == EXEC).choose(&mut world.rng).cloned();
        let Some((middle, outer, _)) = through else { return self.execute(world) };
        let (Some(middle), Some(outer)) = (world.find(&middle), world.find(&outer)) else {
            return self.execute(world);
        };
        let name = middle.address.to_string();
        let has = self.rights.all.keys().filter(|(_, grantee, url)| *grantee == name && url != EXEC);
        let inner = match has.choose(&mut world.rng).cloned() {
            Some((granter, _, url)) => message(world, &granter, &url),
            None => message(world, &name, SEND),
        };
        (outer.clone(), exec(&outer, vec![exec(&middle, vec![inner])]))
    }
}

impl Part for Acting {
    fn name(&self) -> &'static str {
        "authz"
    }

    fn weight(&self) -> u32 {
        20
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let (from, message) = match world.choose(&DEEDS) {
            Deed::Grant if self.rights.all.len() < MOST_RIGHTS => self.grant(world),
            Deed::Grant | Deed::Execute => self.execute(world),
            Deed::ExecuteThrough => self.execute_through(world),
            Deed::Revoke => {
                let ((granter, grantee, msg_type_url), _) = self.pick(world);
                let from = world.find(&granter).unwrap_or_else(|| world.pick());
                (from, pack(&wire::MsgRevoke { granter, grantee, msg_type_url }))
            }
        };
        world.rich_draft(&from).any(message).bytes()
    }

    fn seen(&self) -> Vec<(&'static str, usize)> {
        self.rights.seen()
    }

    fn after_block(&mut self, world: &World, block: &[Done]) {
        self.rights.follow(world.chain.time(), block);
        for account in &world.accounts {
            self.rights.require(&world.chain, &account.address.to_string());
        }
    }
}
