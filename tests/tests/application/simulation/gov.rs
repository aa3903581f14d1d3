//! Proposals: deposits that come or do not, votes whole and divided, and messages that do what they say or nothing.

use agora_primitives::{Address, module_address};
use agora_proto::cosmos::authz::v1beta1::MsgExec;
use agora_proto::cosmos::bank::v1beta1::MsgSend;
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_proto::cosmos::distribution::v1beta1::{MsgCommunityPoolSpend, MsgSetWithdrawAddress};
use agora_proto::cosmos::gov::v1 as wire;
use agora_proto::cosmos::gov::v1beta1 as beta;
use agora_proto::pack;
use agora_tests::Account;
use agora_tests::faults::proto::agora::faults::v1::MsgPanic;
use agora_tests::txs::wire_coins;
use prost_types::Any;
use rand::Rng;
use rand::seq::SliceRandom as _;

use super::done::Done;
use super::parts::Part;
use super::proposals::Proposals;
use super::world::World;
use crate::support::authority;

/// With so many proposals open no more are made, so that some are voted on by enough.
const MOST_OPEN: usize = 8;

/// What is known of the proposals.
#[derive(Default)]
pub(super) struct Assembly {
    proposals: Proposals,
}

#[derive(Clone, Copy)]
enum Deed {
    Submit,
    SubmitBeta,
    Deposit,
    Vote,
    VoteWeighted,
    Cancel,
    Stray,
}

const DEEDS: [(u32, Deed); 7] = [
    (8, Deed::Submit),
    (2, Deed::SubmitBeta),
    (5, Deed::Deposit),
    (20, Deed::Vote),
    (8, Deed::VoteWeighted),
    (1, Deed::Cancel),
    (1, Deed::Stray),
];

/// The whole of a vote, times 10^18.
const WHOLE: u128 = 1_000_000_000_000_000_000;

fn coins(units: u64) -> Vec<Coin> {
    wire_coins(&format!("{units}uago"))
}

/// A deposit: all that is needed, or some.
fn deposit(world: &mut World, needed: u64) -> Vec<Coin> {
    if world.rng.gen_bool(0.6) { coins(needed) } else { coins(world.units(needed)) }
}

fn option(world: &mut World) -> wire::VoteOption {
    use wire::VoteOption::{Abstain, No, NoWithVeto, Yes};
    world.choose(&[(12, Yes), (3, No), (2, Abstain), (1, NoWithVeto)])
}

fn spend(to: &Address, units: u64) -> Any {
    let (authority, recipient) = (authority().to_string(), to.to_string());
    pack(&MsgCommunityPoolSpend { authority, recipient, amount: coins(units) })
}

/// Messages of which the first pays an account that nobody else pays, and what the proposal says of it: to whom, how much, and
/// whether all of them can succeed.
fn messages(world: &mut World) -> (Vec<Any>, String) {
    let (to, units) = (Address::from_20(world.rng.r#gen()), world.rng.gen_range(1..500));
    let gift = spend(&to, units);
    let own = authority().to_string();
    let (more, possible) = match world.rng.gen_range(0..8) {
        0..3 => (None, true),
        3 => (Some(super::mint::change(world)), true),
        4 => (Some(spend(&to, u64::MAX)), false),
        5 => (Some(pack(&MsgPanic { signer: own, last_words: "a proposal's panic".to_owned() })), false),
        6 => {
            // It holds nothing: deposits lie elsewhere.
            let to_address = to.to_string();
            (Some(pack(&MsgSend { from_address: own, to_address, amount: coins(1) })), false)
        }
        _ => {
            let said = format!("{to} {units} true");
            return (vec![pack(&MsgExec { grantee: own, msgs: vec![gift] })], said);
        }
    };
    (std::iter::once(gift).chain(more).collect(), format!("{to} {units} {possible}"))
}

impl Assembly {
    /// A proposal that is open, mostly.
    fn pick(&self, world: &mut World) -> u64 {
        let open: Vec<u64> = self.proposals.open().collect();
        let known = open.choose(&mut world.rng).copied().filter(|_| world.rng.gen_bool(0.95));
        known.unwrap_or_else(|| world.rng.gen_range(0..40))
    }

    /// Who has something to say, often as an operator.
    fn voter(world: &mut World) -> Account {
        if world.rng.gen_bool(0.6) {
            return world.pick();
        }
        world.operators[world.rng.gen_range(0..world.operators.len())].0.clone()
    }

    fn submit(world: &mut World, from: &Account) -> Any {
        let expedited = world.rng.gen_bool(0.25);
        let (messages, metadata) =
            if world.rng.gen_bool(0.85) { messages(world) } else { (vec![], String::new()) };
        pack(&wire::MsgSubmitProposal {
            messages,
            initial_deposit: deposit(world, if expedited { 50_000_000 } else { 10_000_000 }),
            proposer: from.address.to_string(),
            metadata,
            title: "A proposal".to_owned(),
            summary: "What it is about".to_owned(),
            expedited,
        })
    }

    fn submit_beta(world: &mut World, from: &Account) -> Any {
        let content = beta::TextProposal { title: "Words".to_owned(), description: "Only words".to_owned() };
        pack(&beta::MsgSubmitProposal {
            content: Some(pack(&content)),
            initial_deposit: deposit(world, 10_000_000),
            proposer: from.address.to_string(),
        })
    }

    /// A vote in parts that add up, or now and then do not.
    fn vote_weighted(world: &mut World, proposal_id: u64, voter: String) -> Any {
        let part = WHOLE / 1_000 * world.rng.gen_range(1..1_000);
        let rest = if world.rng.gen_ratio(1, 15) { WHOLE } else { WHOLE - part };
        let options = [(option(world), part), (option(world), rest)];
        let options = options.map(|(option, weight)| (i32::from(option), weight.to_string()));
        if world.rng.gen_bool(0.5) {
            let options = options.map(|(option, weight)| beta::WeightedVoteOption { option, weight });
            return pack(&beta::MsgVoteWeighted { proposal_id, voter, options: options.into() });
        }
        let dec = |atoms: &str| {
            let atoms: u128 = atoms.parse().unwrap();
            format!("{}.{:018}", atoms / WHOLE, atoms % WHOLE)
        };
        let options =
            options.map(|(option, weight)| wire::WeightedVoteOption { option, weight: dec(&weight) });
        pack(&wire::MsgVoteWeighted { proposal_id, voter, options: options.into(), metadata: String::new() })
    }
}

impl Part for Assembly {
    fn name(&self) -> &'static str {
        "gov"
    }

    fn weight(&self) -> u32 {
        35
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let mut from = Self::voter(world);
        let proposal_id = self.pick(world);
        let voter = from.address.to_string();
        let many = self.proposals.open().count() >= MOST_OPEN;
        let message = match world.choose(&DEEDS) {
            Deed::Submit if !many => Self::submit(world, &from),
            Deed::SubmitBeta if !many => Self::submit_beta(world, &from),
            Deed::Deposit => {
                let amount = match world.rng.gen_ratio(1, 12) {
                    true => wire_coins("5000000uusdc"),
                    false => deposit(world, 10_000_000),
                };
                pack(&wire::MsgDeposit { proposal_id, depositor: voter, amount })
            }
            Deed::Submit | Deed::SubmitBeta | Deed::Vote => {
                let (option, metadata) = (option(world).into(), String::new());
                pack(&wire::MsgVote { proposal_id, voter, option, metadata })
            }
            Deed::VoteWeighted => Self::vote_weighted(world, proposal_id, voter),
            Deed::Cancel => {
                let proposer = self.proposals.proposer(proposal_id).and_then(|name| world.find(&name));
                from = proposer.unwrap_or(from);
                pack(&wire::MsgCancelProposal { proposal_id, proposer: from.address.to_string() })
            }
            Deed::Stray => {
                // What lies with the deposits must have been deposited.
                let to = module_address(["gov", "gov_deposits"][world.rng.gen_range(0..2)]).to_string();
                match world.rng.gen_bool(0.5) {
                    true => pack(&MsgSend { from_address: voter, to_address: to, amount: coins(1) }),
                    false => pack(&MsgSetWithdrawAddress { delegator_address: voter, withdraw_address: to }),
                }
            }
        };
        world.rich_draft(&from).any(message).bytes()
    }

    fn seen(&self) -> Vec<(&'static str, usize)> {
        self.proposals.seen()
    }

    fn after_block(&mut self, world: &World, block: &[Done]) {
        self.proposals.follow(&world.chain, block);
    }
}
