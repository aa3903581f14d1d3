//! A reference machine: random messages run through the application's message layer and through a simple model in exact ratios.
//! After every step they agree, and every invariant of the module holds.

mod model;
mod moves;
mod ratio;

use model::{ACCOUNTS, Model, Path, Step};
use moves::Machine;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::common::Random;
use super::holds_and_finds;

/// The model as `proptest` drives it.
pub(crate) struct Reference;

/// Dust, or any size up to all there is.
fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![1u128..10, (0u32..42, 0u128..1000).prop_map(|(bits, more)| (1 << bits) + more)]
}

fn path() -> impl Strategy<Value = Path> {
    (0usize..3, 1usize..3).prop_map(|(from, further)| Path { from, to: (from + further) % 3 })
}

impl ReferenceStateMachine for Reference {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::new()).boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Step> {
        let who = 0..ACCOUNTS;
        prop_oneof![
            6 => (who.clone(), path(), any::<bool>(), amount(), 0u8..8).prop_map(|(who, path, exact_in, amount, strict)| {
                Step::Swap { who, path, exact_in, amount, too_strict: strict == 0 }
            }),
            2 => (who.clone(), 0usize..2, [amount(), amount()]).prop_map(|(who, pool, most)| Step::Join { who, pool, most }),
            1 => (who.clone(), 0usize..2, amount()).prop_map(|(who, pool, shares)| Step::JoinExact { who, pool, shares }),
            2 => (who.clone(), 0usize..2, prop_oneof![0u128..1_000_001, Just(1_000_001), Just(3_000_000)])
                .prop_map(|(who, pool, part)| Step::Exit { who, pool, part }),
            1 => (who.clone(), 1i32..40).prop_map(|(who, width)| Step::Open { who, width }),
            2 => (who.clone(), 0usize..64).prop_map(|(who, position)| Step::Decrease { who, position }),
            1 => (who.clone(), 0usize..64, who.clone()).prop_map(|(who, position, to)| Step::Transfer { who, position, to }),
            2 => (who.clone(), any::<bool>(), amount()).prop_map(|(who, up, amount)| Step::Cross { who, up, amount }),
            2 => (who, 0usize..2, 0usize..5, amount()).prop_map(|(who, kind, way, amount)| Step::Single { who, kind, way, amount }),
            1 => Just(Step::Wait),
        ]
        .boxed()
    }

    fn apply(mut state: Model, step: &Step) -> Model {
        state.take(step);
        state
    }
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Self;
    type Reference = Reference;

    fn init_test(_: &Model) -> Self {
        Self::new()
    }

    fn apply(mut machine: Self, model: &Model, step: Step) -> Self {
        machine.run(model, &step);
        machine
    }

    fn check_invariants(machine: &Self, model: &Model) {
        machine.agree(model);
        machine.world.check();
        machine.world.check_exact();
    }
}

/// Random sequences of messages: `PROPTEST_CASES` says how many, `AGORA_SEED` which.
fn messages_do_what_the_model_does() {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 48;
    }
    let mut random = Random::new(5);
    let seed: Vec<u8> = (0..4).flat_map(|_| random.next().to_be_bytes()).collect();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(config.clone(), rng);
    let sequences = Reference::sequential_strategy(1..80);
    let outcome = runner.run(&sequences, |(model, steps, seen)| {
        Machine::test_sequential(config.clone(), model, steps, seen);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn messages_do_what_the_model_does_and_every_invariant_holds_after_each() {
    let bugs =
        ["constant_product:out_rounded_up", "join:untaken_counted", "concentrated:net_of_the_other_way"];
    holds_and_finds(&bugs, messages_do_what_the_model_does);
}
