//! One after the other: the specification.

use agora_framework::AppError;
use agora_state::{Overlay, StateRead};

use crate::{BlockExecutor, Program};

/// Runs the transactions in block order, each on the state the one before left.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sequential;

impl BlockExecutor for Sequential {
    fn execute<B, P>(&self, state: &mut Overlay<B>, program: &P) -> Result<Vec<P::Output>, AppError>
    where
        B: StateRead + Send + Sync,
        P: Program,
    {
        let mut outputs = Vec::with_capacity(program.len());
        for index in 0..program.len() {
            let executed = program.run(index, state)?;
            state.apply(executed.changes)?;
            outputs.push(executed.output);
        }
        Ok(outputs)
    }
}

#[cfg(test)]
mod tests {
    use agora_framework::AccessHint;
    use agora_state::{EmptyState, Item, Space, StoreId, TrackedView};

    use super::*;
    use crate::Executed;

    const TOTAL: Item<u64> = Item::new(StoreId::new("t"), 1, Space::Tree, "TOTAL");

    struct Append(Vec<u64>);

    impl Program for Append {
        type Output = u64;

        fn len(&self) -> usize {
            self.0.len()
        }

        fn access(&self, _: usize) -> &AccessHint {
            const { &AccessHint::new() }
        }

        fn run(&self, index: usize, state: &dyn StateRead) -> Result<Executed<u64>, AppError> {
            let mut view = TrackedView::new(state);
            let before = TOTAL.get(&view)?.unwrap_or(0);
            TOTAL.set(&mut view, &(before * 10 + self.0[index]))?;
            let (changes, log) = view.finish();
            Ok(Executed { changes, log, output: before })
        }
    }

    #[test]
    fn each_transaction_sees_what_the_one_before_left() {
        let mut state = Overlay::new(EmptyState);
        let outputs = Sequential.execute(&mut state, &Append(vec![1, 2, 3])).unwrap();
        assert_eq!(outputs, [0, 1, 12]);
        assert_eq!(TOTAL.get(&state).unwrap(), Some(123));
    }
}
