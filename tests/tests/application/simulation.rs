//! Random but plausible life, with every invariant checked after every block.

use std::sync::Arc;

use agora_proto::cosmos::distribution::v1beta1 as distribution;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_tests::faults::Faults;
use agora_tests::faults::proto::agora::faults::v1::{MsgConjure, MsgForget, MsgPanic};
use agora_tests::txs::{Draft, SignMode, wire_coins};
use agora_tests::{Account, TestChain};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;

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
    BecomeValidator,
    Delegate,
    Undelegate,
    Redelegate,
    CancelUnbonding,
    WithdrawReward,
}

const DEEDS: [(Deed, u32); 18] = [
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
    (Deed::BecomeValidator, 1),
    (Deed::Delegate, 10),
    (Deed::Undelegate, 8),
    (Deed::Redelegate, 6),
    (Deed::CancelUnbonding, 3),
    (Deed::WithdrawReward, 4),
];

struct Life {
    chain: TestChain,
    accounts: Vec<Account>,
    committee: Account,
    newcomers: usize,
    operators: Vec<Account>,
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
        let operators = vec![accounts[0].clone()];
        // No new coins: so the supply shows what went wrong.
        let chain = TestChain::builder()
            .modules(modules)
            .accounts(&accounts)
            .accounts([&committee])
            .validator(&operators[0])
            .genesis("/staking/params/unbonding_time", json!("700s"))
            .genesis("/staking/params/max_validators", json!(3))
            .genesis("/mint/minter/inflation", json!("0"))
            .genesis("/mint/params/inflation_min", json!("0"))
            .genesis("/mint/params/inflation_max", json!("0"))
            .build();
        let rng = StdRng::seed_from_u64(seed);
        Self { chain, accounts, committee, newcomers: 0, operators, last: vec![], rng }
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
            Deed::BecomeValidator
            | Deed::Delegate
            | Deed::Undelegate
            | Deed::Redelegate
            | Deed::CancelUnbonding
            | Deed::WithdrawReward => self.stake(deed, draft, &from),
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

    /// Something with stakes: often of what is not there.
    fn stake(&mut self, deed: Deed, draft: Draft, from: &Account) -> Vec<u8> {
        let fee = self.chain.fee_for(600_000);
        let draft = draft.gas(600_000).fee(&fee);
        let operators: Vec<String> =
            self.operators.iter().map(|operator| operator.address.to_bech32("agoravaloper")).collect();
        let mut pick = || operators.choose(&mut self.rng).expect("an operator").clone();
        let (validator_address, other) = (pick(), pick());
        let delegator_address = from.address.to_string();
        let units = self.rng.gen_range(1..30_000_000_u64);
        let amount = Some(wire_coins(&format!("{units}uago")).remove(0));
        match deed {
            Deed::BecomeValidator => {
                let key = [u8::try_from(self.operators.len() + 1).unwrap_or(u8::MAX); 32];
                if !self.operators.iter().any(|operator| operator.address == from.address) {
                    self.operators.push(from.clone());
                }
                draft.msg(&super::staking::create(from, key, units.into())).bytes()
            }
            Deed::Delegate => {
                draft.msg(&staking::MsgDelegate { delegator_address, validator_address, amount }).bytes()
            }
            Deed::Undelegate => {
                draft.msg(&staking::MsgUndelegate { delegator_address, validator_address, amount }).bytes()
            }
            Deed::Redelegate => {
                let (validator_src_address, validator_dst_address) = (validator_address, other);
                let message = staking::MsgBeginRedelegate {
                    delegator_address,
                    validator_src_address,
                    validator_dst_address,
                    amount,
                };
                draft.msg(&message).bytes()
            }
            Deed::CancelUnbonding => {
                let back = self.rng.gen_range(0..i64::try_from(self.chain.height()).unwrap().min(40));
                let creation_height = i64::try_from(self.chain.height()).unwrap() - back;
                let message = staking::MsgCancelUnbondingDelegation {
                    delegator_address,
                    validator_address,
                    amount: Some(wire_coins("1uago").remove(0)),
                    creation_height,
                };
                draft.msg(&message).bytes()
            }
            _ => draft
                .msg(&distribution::MsgWithdrawDelegatorReward { delegator_address, validator_address })
                .bytes(),
        }
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
    // The new chain has made its first block, so the old one makes it, too; nobody has voted on the one before.
    life.chain.validators().forget_votes();
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
    let holds = |account: &&Account| life.chain.balance(*account, "uusdc") > 0;
    let victim = life.accounts.iter().find(holds).expect("somebody holds the coin").clone();
    let planted = MsgForget { signer: victim.address.to_string(), denom: "uusdc".to_owned() };
    let _ = life.chain.tx(&victim).msg(&planted).run().expect_ok();
    let broken = life.chain.check_invariants().unwrap_err();
    assert!(broken.contains("the holders of a denom are those with a balance"), "{broken}");
}
