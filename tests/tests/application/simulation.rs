//! Random but plausible life, with every invariant checked after every block.

use std::sync::Arc;

use agora_tests::faults::Faults;
use agora_tests::faults::proto::agora::faults::v1::{MsgConjure, MsgForget, MsgPanic};
use agora_tests::txs::{Draft, SignMode, wire_coins};
use agora_tests::{Account, TestChain};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// A figure from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// What accounts do, with weights.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Send,
    SendAll,
    MultiSend,
    Overspend,
    ToNewcomer,
    ToModule,
    Unordered,
    Multisig,
    Replay,
    TooCheap,
    OutOfGas,
    Panic,
}

const DEEDS: [(Deed, u32); 12] = [
    (Deed::Send, 40),
    (Deed::SendAll, 3),
    (Deed::MultiSend, 15),
    (Deed::Overspend, 5),
    (Deed::ToNewcomer, 8),
    (Deed::ToModule, 3),
    (Deed::Unordered, 10),
    (Deed::Multisig, 5),
    (Deed::Replay, 4),
    (Deed::TooCheap, 3),
    (Deed::OutOfGas, 4),
    (Deed::Panic, 2),
];

struct Life {
    chain: TestChain,
    accounts: Vec<Account>,
    committee: Account,
    newcomers: usize,
    last: Vec<u8>,
    rng: StdRng,
}

fn modules() -> Vec<Arc<dyn agora_framework::Module>> {
    let mut modules = agora_runtime::modules();
    modules.push(Arc::new(Faults));
    modules
}

impl Life {
    fn new(seed: u64) -> Self {
        let accounts: Vec<Account> = (0..12)
            .map(|i| {
                if i % 5 == 4 {
                    Account::ed25519(&format!("sim {i}"))
                } else {
                    Account::new(&format!("sim {i}"))
                }
            })
            .collect();
        let committee = Account::multisig("committee", 2, &[&accounts[0], &accounts[1], &accounts[2]]);
        let chain = TestChain::builder().modules(modules).accounts(&accounts).accounts([&committee]).build();
        Self { chain, accounts, committee, newcomers: 0, last: vec![], rng: StdRng::seed_from_u64(seed) }
    }

    fn pick(&mut self) -> Account {
        self.accounts.choose(&mut self.rng).expect("accounts").clone()
    }

    fn draft(&mut self, from: &Account) -> Draft {
        let draft = self.chain.draft(from);
        if from.members().is_empty() && self.rng.gen_bool(0.3) { draft.mode(SignMode::Amino) } else { draft }
    }

    fn amount(&mut self) -> String {
        let (small, usdc) = (self.rng.gen_range(1..1_000_000), self.rng.gen_range(1..1_000));
        match self.rng.gen_range(0..3) {
            0 => format!("{small}uago"),
            1 => format!("{usdc}uusdc"),
            _ => format!("{small}uago,{usdc}uusdc"),
        }
    }

    fn deed(&mut self) -> Deed {
        DEEDS.choose_weighted(&mut self.rng, |(_, weight)| *weight).expect("weights").0
    }

    fn transaction(&mut self) -> Vec<u8> {
        let (from, to, amount) = (self.pick(), self.pick(), self.amount());
        let deed = self.deed();
        let draft = self.draft(&from);
        let bytes = match deed {
            Deed::Send => draft.send(&to, &amount).bytes(),
            Deed::SendAll => {
                let rest = self.chain.balance(&from, "uusdc");
                draft.send(&to, &format!("{rest}uusdc")).bytes()
            }
            Deed::MultiSend => {
                draft.multi_send(&[(&to, &amount), (&from, "1uago"), (&self.committee, "2uago")]).bytes()
            }
            Deed::Overspend => {
                let more = self.chain.balance(&from, "uago") + 1;
                draft.send(&to, "1uago").send(&to, &format!("{more}uago")).bytes()
            }
            Deed::ToNewcomer => {
                self.newcomers += 1;
                let newcomer = Account::new(&format!("newcomer {}", self.newcomers));
                if self.newcomers.is_multiple_of(4) {
                    self.accounts.push(newcomer.clone());
                }
                draft.send(&newcomer, "5000000uago").bytes()
            }
            Deed::ToModule => draft.send(&agora_primitives::module_address("fee_collector"), "1uago").bytes(),
            Deed::Unordered => {
                let timeout = self.chain.next_time() + self.rng.gen_range(0..20_000_000_000);
                draft.send(&to, &amount).unordered(timeout).bytes()
            }
            Deed::Multisig => self.chain.draft(&self.committee).send(&to, "3uago").bytes(),
            Deed::Replay => return self.last.clone(),
            Deed::TooCheap => draft.send(&to, &amount).fee("1uago").bytes(),
            Deed::OutOfGas => {
                let gas = self.rng.gen_range(1..90_000);
                draft.send(&to, &amount).gas(gas).bytes()
            }
            Deed::Panic => {
                let signer = from.address.to_string();
                draft
                    .msg(&MsgPanic { signer, last_words: "a planted panic of the simulation".to_owned() })
                    .bytes()
            }
        };
        self.last.clone_from(&bytes);
        bytes
    }

    /// One block of some transactions. Now and then time jumps, or the node restarts.
    fn block(&mut self) -> (usize, usize) {
        let count = self.rng.gen_range(0..12);
        let txs: Vec<Vec<u8>> = (0..count).map(|_| self.transaction()).collect();
        if self.rng.gen_ratio(1, 40) {
            self.chain.advance(std::time::Duration::from_secs(self.rng.gen_range(1..1_000)));
        }
        if self.rng.gen_ratio(1, 60) {
            self.chain.restart();
        }
        // Half of the blocks come from an honest proposer, the others from one who takes anything.
        let block = if self.rng.gen_bool(0.5) { self.chain.mine(txs) } else { self.chain.block(txs) };
        let good = block.outcomes.iter().filter(|outcome| outcome.code == 0).count();
        (good, block.outcomes.len() - good)
    }
}

#[test]
fn a_random_life_breaks_no_invariant_and_survives_export() {
    let seed = setting("AGORA_SIM_SEED", rand::random::<u32>().into());
    let blocks = setting("AGORA_SIM_BLOCKS", 300);
    println!("AGORA_SIM_SEED={seed} AGORA_SIM_BLOCKS={blocks}");
    let mut life = Life::new(seed);
    let supply = (life.chain.supply("uago"), life.chain.supply("uusdc"));
    let (mut good, mut bad) = (0, 0);
    for _ in 0..blocks {
        let (g, b) = life.block();
        (good, bad) = (good + g, bad + b);
        if let Err(broken) = life.chain.check_invariants() {
            panic!("{broken}\nrun it again with AGORA_SIM_SEED={seed} AGORA_SIM_BLOCKS={blocks}");
        }
    }
    println!("{good} transactions passed, {bad} failed");
    let wanted = usize::try_from(blocks).unwrap();
    assert!(good > wanted && bad > wanted / 4, "{good} passed, {bad} failed: the mix tests nothing");
    assert_eq!((life.chain.supply("uago"), life.chain.supply("uusdc")), supply, "nobody mints or burns");

    let next = TestChain::builder().modules(modules).continuing(&life.chain).build();
    next.check_invariants().unwrap();
    // The new chain has made its first block, so the old one makes it, too.
    life.chain.empty_blocks(1);
    assert_eq!(
        next.export(),
        life.chain.export(),
        "AGORA_SIM_SEED={seed}: export and import change the state"
    );
    assert_eq!(next.app_hash(), life.chain.app_hash(), "AGORA_SIM_SEED={seed}");
    for account in &life.accounts {
        assert_eq!(next.balance(account, "uago"), life.chain.balance(account, "uago"));
        assert_eq!(next.sequence(account), life.chain.sequence(account));
    }
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let run = || {
        let mut life = Life::new(7);
        for _ in 0..30 {
            let _ = life.block();
        }
        life.chain.app_hash()
    };
    assert_eq!(run(), run());
}

#[test]
fn coins_out_of_nothing_are_found() {
    let mut life = Life::new(1);
    let _ = life.block();
    life.chain.check_invariants().unwrap();
    let thief = life.pick();
    let coin = Some(wire_coins("1uusdc").remove(0));
    let planted = MsgConjure { signer: thief.address.to_string(), coin };
    let _ = life.chain.tx(&thief).msg(&planted).run().expect_ok();
    let broken = life.chain.check_invariants().unwrap_err();
    assert!(
        broken.contains("the balances of a denom add up to its supply") && broken.contains("uusdc"),
        "{broken}"
    );
}

#[test]
fn an_index_that_forgets_is_found() {
    let mut life = Life::new(1);
    let _ = life.block();
    let victim = life.pick();
    let planted = MsgForget { signer: victim.address.to_string(), denom: "uusdc".to_owned() };
    let _ = life.chain.tx(&victim).msg(&planted).run().expect_ok();
    let broken = life.chain.check_invariants().unwrap_err();
    assert!(broken.contains("the holders of a denom are those with a balance"), "{broken}");
}
