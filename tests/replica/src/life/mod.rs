//! Random blocks. They follow from the seed and the state alone.

mod genesis;
mod now;

use std::collections::BTreeMap;

use agora_primitives::Address;
use agora_proto::cosmos::auth::v1beta1::MsgUpdateParams;
use agora_proto::cosmos::base::v1beta1::Coin;
use anyhow::Result;
use now::Now;
use prost::Message;
use prost_reflect::DescriptorPool;

use crate::accounts::Account;
use crate::chain::Chain;
use crate::draft::{Draft, coin};
use crate::rng::Rng;

/// The chain id of every random chain.
pub const CHAIN_ID: &str = "agora-replica-1";
const SECOND: u64 = 1_000_000_000;
/// How many denoms move to and fro in every block: their balances are deleted and come back.
pub const SWINGING: u64 = 20;
/// What exists of each of them.
pub const SWINGING_SUPPLY: u128 = 1_000_003;
/// The most accounts that sign; newcomers beyond only receive.
const MAX_PEOPLE: usize = 60;

/// How many different newcomers there are.
const NEWCOMERS: u64 = 400;

/// What accounts do, with weights that add up to 100.
const DEEDS: [(Deed, u64); 16] = [
    (Deed::Send, 28),
    (Deed::TimeOut, 2),
    (Deed::SendAll, 8),
    (Deed::MultiSend, 12),
    (Deed::Newcomer, 8),
    (Deed::Unordered, 10),
    (Deed::Overspend, 5),
    (Deed::OutOfGas, 6),
    (Deed::WrongSequence, 3),
    (Deed::WrongSignature, 4),
    (Deed::OtherChain, 2),
    (Deed::Undecodable, 3),
    (Deed::TooCheap, 3),
    (Deed::LongMemo, 2),
    (Deed::UpdateParams, 1),
    (Deed::Replay, 3),
];

#[derive(Clone, Copy, Debug)]
enum Deed {
    Send,
    TimeOut,
    SendAll,
    MultiSend,
    Newcomer,
    Unordered,
    Overspend,
    OutOfGas,
    WrongSequence,
    WrongSignature,
    OtherChain,
    Undecodable,
    TooCheap,
    LongMemo,
    UpdateParams,
    Replay,
}

/// The people of a chain and their chances.
#[derive(Clone, Debug)]
pub struct Life {
    rng: Rng,
    people: Vec<Account>,
    newcomers: u64,
    /// Between whom the swinging denoms move.
    swing: [Account; 2],
    /// Transactions of earlier blocks.
    past: Vec<Vec<u8>>,
}

/// A block to be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its time, in nanoseconds since 1970.
    pub time: u64,
    /// Its transactions.
    pub txs: Vec<Vec<u8>>,
}

/// The name of a swinging denom.
#[must_use]
pub fn swinging(i: u64) -> String {
    format!("uswing{i:02}")
}

impl Life {
    /// The life of a seed, before genesis.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut people: Vec<Account> = (0..24)
            .map(|i| match i % 6 {
                5 => Account::ed25519(&format!("replica {seed} person {i}")),
                _ => Account::new(&format!("replica {seed} person {i}")),
            })
            .collect();
        people.push(Account::multisig(people[..3].to_vec()));
        let swing = ["left", "right"].map(|side| Account::new(&format!("replica {seed} {side}")));
        Self { rng: Rng::new(seed), people, newcomers: 0, swing, past: Vec::new() }
    }

    /// Those who sign or receive, for readers to ask about.
    pub fn addresses(&self) -> impl Iterator<Item = Address> + '_ {
        self.people.iter().chain(&self.swing).map(|person| person.address)
    }

    /// Between whom the swinging denoms move.
    #[must_use]
    pub fn swinging_accounts(&self) -> [Address; 2] {
        [self.swing[0].address, self.swing[1].address]
    }

    /// The next block of a chain.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn plan(&mut self, chain: &Chain) -> Result<Plan> {
        let state = chain.state()?;
        let mut time = chain.head().time + SECOND / 2 + self.rng.below(SECOND);
        if self.rng.one_in(50) {
            // Long enough for all time-outs to pass.
            time += 700 * SECOND;
        }
        let mut now = Now {
            state: &*state,
            pool: chain.runtime().registry().pool(),
            head: chain.head(),
            time,
            price: agora_feemarket::api::gas_price(&*state)?,
            sequences: BTreeMap::new(),
        };
        let mut txs = vec![self.swing_over(&mut now)?];
        for _ in 0..self.rng.below(8) {
            txs.push(self.transaction(&mut now)?);
        }
        let kept = txs[self.rng.index(txs.len())].clone();
        if self.past.len() < 64 {
            self.past.push(kept);
        } else {
            let slot = self.rng.index(self.past.len());
            self.past[slot] = kept;
        }
        Ok(Plan { time, txs })
    }

    /// All swinging denoms from the side that has them to the other.
    fn swing_over(&mut self, now: &mut Now<'_>) -> Result<Vec<u8>> {
        let [left, right] = self.swing.clone();
        let left_has = now.balance(&left.address, &swinging(0))? > 0;
        let (from, to) = if left_has { (left, right) } else { (right, left) };
        let coins = (0..SWINGING).map(|i| coin(SWINGING_SUPPLY, &swinging(i))).collect();
        let bytes = now.draft(&from, 400_000)?.send(&to.address, coins).bytes(now.pool);
        now.used(&from);
        Ok(bytes)
    }

    fn person(&mut self) -> Account {
        let index = self.rng.index(self.people.len());
        self.people[index].clone()
    }

    fn newcomer(&mut self) -> Account {
        self.newcomers += 1;
        // After a while they come again, so that the state stays small enough to be read as a whole all the time.
        let newcomer = Account::new(&format!("newcomer {}", self.newcomers % NEWCOMERS));
        if self.newcomers.is_multiple_of(3) && self.people.len() < MAX_PEOPLE {
            self.people.push(newcomer.clone());
        }
        newcomer
    }

    fn deed(&mut self) -> Deed {
        let mut left = self.rng.below(DEEDS.iter().map(|(_, weight)| weight).sum());
        for (deed, weight) in DEEDS {
            match left.checked_sub(weight) {
                Some(rest) => left = rest,
                None => return deed,
            }
        }
        Deed::Send
    }

    /// What most can pay. Those who gave all their uusdc away have none of it to send.
    fn amount(&mut self, now: &Now<'_>, from: &Account) -> Result<Vec<Coin>> {
        let ago = coin(1 + u128::from(self.rng.below(1_000_000)), "uago");
        let usdc = coin(1 + u128::from(self.rng.below(1000)), "uusdc");
        let kind = self.rng.below(3);
        let has_usdc = now.balance(&from.address, "uusdc")? > 0 || self.rng.one_in(8);
        Ok(match kind {
            0 if has_usdc => vec![usdc],
            1 if has_usdc => vec![ago, usdc],
            _ => vec![ago],
        })
    }

    fn transaction(&mut self, now: &mut Now<'_>) -> Result<Vec<u8>> {
        let (deed, from, to) = (self.deed(), self.person(), self.person());
        let mut draft = now.draft(&from, 120_000 + self.rng.below(200_000))?;
        draft.amino = self.rng.one_in(5);
        let amount = self.amount(now, &from)?;
        let draft = match deed {
            Deed::Send | Deed::WrongSignature => draft.send(&to.address, amount),
            Deed::TimeOut => {
                // Half of them come too late.
                let mut draft = draft.send(&to.address, amount);
                draft.body.timeout_height = now.head.height + self.rng.below(3);
                return Ok(draft.bytes(now.pool));
            }
            Deed::SendAll => {
                let rest = now.balance(&from.address, "uusdc")?;
                draft.send(&to.address, if rest > 0 { vec![coin(rest, "uusdc")] } else { amount })
            }
            Deed::MultiSend => {
                let to: Vec<Address> = (0..2 + self.rng.below(5)).map(|_| self.person().address).collect();
                draft.multi_send(&to, 1 + u128::from(self.rng.below(5000)), "uago")
            }
            Deed::Newcomer => {
                let to: Vec<Address> = (0..=self.rng.below(3)).map(|_| self.newcomer().address).collect();
                draft.multi_send(&to, 10_000_000, "uago")
            }
            Deed::Unordered => {
                // Some have passed, some come twice, some reach beyond what is allowed.
                let timeout = now.time / SECOND * SECOND + self.rng.below(620) * SECOND;
                return Ok(draft.send(&to.address, amount).unordered(timeout).bytes(now.pool));
            }
            Deed::Overspend => {
                let more = now.balance(&from.address, "uago")? + 1;
                draft.send(&to.address, vec![coin(1, "uago")]).send(&to.address, vec![coin(more, "uago")])
            }
            Deed::OutOfGas => {
                let draft = Draft { gas: 1 + self.rng.below(80_000), ..draft };
                return Ok(draft.send(&to.address, amount).bytes(now.pool));
            }
            Deed::WrongSequence => {
                let draft = Draft { sequence: draft.sequence + 1 + self.rng.below(3), ..draft };
                return Ok(draft.send(&to.address, amount).bytes(now.pool));
            }
            Deed::OtherChain => {
                let draft = Draft { chain_id: "agora-replica-2".to_owned(), ..draft };
                return Ok(draft.send(&to.address, amount).bytes(now.pool));
            }
            Deed::Undecodable => return Ok(self.undecodable(&draft.send(&to.address, amount), now.pool)),
            Deed::TooCheap => {
                let draft = Draft { fee: draft.fee.saturating_sub(1), ..draft };
                return Ok(draft.send(&to.address, amount).bytes(now.pool));
            }
            Deed::LongMemo => {
                let mut draft = draft.send(&to.address, amount);
                draft.body.memo = "m".repeat(190 + self.rng.index(80));
                return Ok(draft.bytes(now.pool));
            }
            Deed::UpdateParams => {
                let authority = from.address.to_string();
                draft.message(&MsgUpdateParams { authority, params: None })
            }
            Deed::Replay if self.past.is_empty() => draft.send(&to.address, amount),
            Deed::Replay => {
                let index = self.rng.index(self.past.len());
                return Ok(self.past[index].clone());
            }
        };
        if matches!(deed, Deed::WrongSignature) {
            let mut raw = draft.sign(now.pool);
            let at = self.rng.index(raw.signatures[0].len());
            raw.signatures[0][at] ^= 1 << self.rng.below(8);
            return Ok(raw.encode_to_vec());
        }
        now.used(&from);
        Ok(draft.bytes(now.pool))
    }

    /// Bytes that are no transaction: cut off, with a bit flipped, with a field nobody knows, or noise.
    fn undecodable(&mut self, draft: &Draft, pool: &DescriptorPool) -> Vec<u8> {
        let mut bytes = draft.bytes(pool);
        match self.rng.below(4) {
            0 => bytes.truncate(self.rng.index(bytes.len())),
            1 => {
                let at = self.rng.index(bytes.len());
                bytes[at] ^= 1 << self.rng.below(8);
            }
            2 => bytes.extend([0x7a, 0x01, 0x00]),
            _ => bytes = (0..self.rng.below(200)).map(|_| self.rng.number().to_be_bytes()[0]).collect(),
        }
        bytes
    }
}
