//! The view against a plain map.

use proptest::prelude::*;

use super::*;
use crate::key::KeyBytes;
use crate::key::{Space, StoreId};
use crate::overlay::Overlay;
use crate::traits::EmptyState;

fn key(k: u8) -> StateKey {
    StateKey { store: StoreId::new("t"), space: Space::Tree, key: KeyBytes::from_slice(&[1, k]) }
}

fn value(v: u8) -> Value {
    Value::from(vec![v, v])
}

#[test]
fn a_rolled_back_savepoint_drops_writes_and_keeps_reads() {
    let mut view = TrackedView::new(&EmptyState);
    view.savepoint();
    view.set(&key(1), value(1)).unwrap();
    assert_eq!(view.get(&key(2)).unwrap(), None);
    view.rollback();
    assert_eq!(view.get(&key(1)).unwrap(), None);
    let (changes, log) = view.finish();
    assert!(changes.is_empty());
    assert!(log.reads.get(&key(2)).is_some());
}

#[test]
fn an_unbounded_addition_reads_nothing_and_a_bounded_one_logs_its_predicate() {
    let mut view = TrackedView::new(&EmptyState);
    view.add(&key(1), 5, None).unwrap();
    let refused = view.add(&key(1), -6, Some(Bounds::NON_NEGATIVE));
    assert!(matches!(refused, Err(StateError::OutOfBounds { sum: -1, .. })));
    view.add(&key(1), -5, Some(Bounds::NON_NEGATIVE)).unwrap();
    let (changes, log) = view.finish();
    assert_eq!(changes.deltas.get(&key(1)), Some(&0));
    assert!(log.reads.is_empty());
    assert_eq!(log.bounds.iter().map(|b| b.held).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn an_empty_value_is_refused() {
    let mut view = TrackedView::new(&EmptyState);
    assert!(matches!(view.set(&key(1), Value::from(vec![])), Err(StateError::Size(_))));
}

#[derive(Clone, Debug)]
enum Op {
    Set(u8, u8),
    Delete(u8),
    Add(u8, i8),
    Save,
    Keep,
    Rollback,
}

fn op() -> impl Strategy<Value = Op> {
    // Keys below 8 hold values, the others sums.
    prop_oneof![
        (0u8..8, any::<u8>()).prop_map(|(k, v)| Op::Set(k, v)),
        (0u8..16).prop_map(Op::Delete),
        (8u8..16, any::<i8>()).prop_map(|(k, d)| Op::Add(k, d)),
        Just(Op::Save),
        Just(Op::Keep),
        Just(Op::Rollback),
    ]
}

proptest! {
    #[test]
    fn a_view_behaves_as_a_stack_of_maps(
        before in proptest::collection::vec(op(), 0..20),
        ops in proptest::collection::vec(op(), 0..60),
        (start, len, limit, reverse) in (0u8..16, 0u8..16, 0usize..8, any::<bool>()),
    ) {
        let mut model: Vec<BTreeMap<u8, Value>> = vec![BTreeMap::new()];
        let mut overlay = Overlay::new(&EmptyState);
        let mut first = TrackedView::new(&EmptyState);
        run(&mut first, &mut model, &before);
        model.truncate(1);
        overlay.apply(first.finish().0).unwrap();

        let mut view = TrackedView::new(&overlay);
        run(&mut view, &mut model, &ops);
        let top = model.last().unwrap();
        for k in 0..16 {
            prop_assert_eq!(view.get(&key(k)).unwrap(), top.get(&k).cloned());
        }
        let range = KeyRange {
            store: StoreId::new("t"),
            space: Space::Tree,
            start: vec![1, start],
            end: Some(vec![1, start.saturating_add(len)]),
            reverse,
            limit,
        };
        let mut expected: Vec<_> = top
            .range(start..start.saturating_add(len))
            .map(|(k, v)| (vec![1, *k], v.clone()))
            .collect();
        if reverse {
            expected.reverse();
        }
        expected.truncate(limit);
        prop_assert_eq!(view.range(&range).unwrap(), expected);

        model.truncate(1);
        let (changes, _) = view.finish();
        overlay.apply(changes).unwrap();
        let kept: BTreeMap<u8, Value> = overlay
            .into_writes()
            .into_iter()
            .filter_map(|(k, v)| Some((k.key[1], v?)))
            .collect();
        prop_assert_eq!(&kept, &model[0]);
    }
}

fn run(view: &mut TrackedView<'_>, model: &mut Vec<BTreeMap<u8, Value>>, ops: &[Op]) {
    for op in ops {
        match op {
            Op::Set(k, v) => {
                view.set(&key(*k), value(*v)).unwrap();
                model.last_mut().unwrap().insert(*k, value(*v));
            }
            Op::Delete(k) => {
                view.delete(&key(*k)).unwrap();
                model.last_mut().unwrap().remove(k);
            }
            Op::Add(k, d) => {
                view.add(&key(*k), i128::from(*d), None).unwrap();
                let top = model.last_mut().unwrap();
                let sum = decode_sum(&key(*k), top.get(k).map(|v| &**v)).unwrap() + i128::from(*d);
                match encode_sum(sum) {
                    Some(v) => top.insert(*k, v),
                    None => top.remove(k),
                };
            }
            Op::Save => {
                view.savepoint();
                model.push(model.last().unwrap().clone());
            }
            Op::Keep if view.depth() > 0 => {
                view.keep().unwrap();
                let top = model.pop().unwrap();
                *model.last_mut().unwrap() = top;
            }
            Op::Rollback if view.depth() > 0 => {
                view.rollback();
                model.pop();
            }
            Op::Keep | Op::Rollback => {}
        }
    }
}
