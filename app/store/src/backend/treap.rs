//! A sorted map that shares structure between versions: cloning is one reference count.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use agora_state::Value;

type Link = Option<Arc<Node>>;

#[derive(Clone, Debug)]
struct Node {
    key: Arc<[u8]>,
    value: Value,
    priority: u64,
    left: Link,
    right: Link,
}

/// A persistent treap from bytes to values.
#[derive(Clone, Debug, Default)]
pub(super) struct Treap {
    root: Link,
}

impl Treap {
    pub(super) fn get(&self, key: &[u8]) -> Option<&Value> {
        let mut link = &self.root;
        while let Some(node) = link {
            link = match key.cmp(&node.key) {
                Ordering::Less => &node.left,
                Ordering::Greater => &node.right,
                Ordering::Equal => return Some(&node.value),
            };
        }
        None
    }

    pub(super) fn insert(&mut self, key: &[u8], value: Value) {
        insert(&mut self.root, key, value);
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        // Looked up first: a removal of what is absent must not copy the path.
        if self.get(key).is_some() {
            remove(&mut self.root, key);
        }
    }

    /// The first entry at (`inclusive`) or after `key`.
    pub(super) fn at_or_after(&self, key: &[u8], inclusive: bool) -> Option<(Arc<[u8]>, Value)> {
        let (mut link, mut best) = (&self.root, None);
        while let Some(node) = link {
            let fits = match node.key.as_ref().cmp(key) {
                Ordering::Greater => true,
                Ordering::Equal => inclusive,
                Ordering::Less => false,
            };
            link = if fits {
                best = Some(node);
                &node.left
            } else {
                &node.right
            };
        }
        best.map(|node| (node.key.clone(), node.value.clone()))
    }

    /// The last entry at (`inclusive`) or before `key`.
    pub(super) fn at_or_before(&self, key: &[u8], inclusive: bool) -> Option<(Arc<[u8]>, Value)> {
        let (mut link, mut best) = (&self.root, None);
        while let Some(node) = link {
            let fits = match node.key.as_ref().cmp(key) {
                Ordering::Less => true,
                Ordering::Equal => inclusive,
                Ordering::Greater => false,
            };
            link = if fits {
                best = Some(node);
                &node.right
            } else {
                &node.left
            };
        }
        best.map(|node| (node.key.clone(), node.value.clone()))
    }
}

fn priority(key: &[u8]) -> u64 {
    // The default hasher has fixed keys: the shape is a function of the keys alone.
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

fn insert(link: &mut Link, key: &[u8], value: Value) {
    let Some(shared) = link else {
        let priority = priority(key);
        *link = Some(Arc::new(Node { key: key.into(), value, priority, left: None, right: None }));
        return;
    };
    let node = Arc::make_mut(shared);
    match key.cmp(&node.key) {
        Ordering::Equal => node.value = value,
        Ordering::Less => {
            insert(&mut node.left, key, value);
            if node.left.as_ref().is_some_and(|left| left.priority > node.priority) {
                rotate_right(link);
            }
        }
        Ordering::Greater => {
            insert(&mut node.right, key, value);
            if node.right.as_ref().is_some_and(|right| right.priority > node.priority) {
                rotate_left(link);
            }
        }
    }
}

fn rotate_right(link: &mut Link) {
    let Some(mut top) = link.take() else { return };
    let Some(mut left) = Arc::make_mut(&mut top).left.take() else {
        *link = Some(top);
        return;
    };
    Arc::make_mut(&mut top).left = Arc::make_mut(&mut left).right.take();
    Arc::make_mut(&mut left).right = Some(top);
    *link = Some(left);
}

fn rotate_left(link: &mut Link) {
    let Some(mut top) = link.take() else { return };
    let Some(mut right) = Arc::make_mut(&mut top).right.take() else {
        *link = Some(top);
        return;
    };
    Arc::make_mut(&mut top).right = Arc::make_mut(&mut right).left.take();
    Arc::make_mut(&mut right).left = Some(top);
    *link = Some(right);
}

fn remove(link: &mut Link, key: &[u8]) {
    let Some(shared) = link else { return };
    let node = Arc::make_mut(shared);
    match key.cmp(&node.key) {
        Ordering::Less => remove(&mut node.left, key),
        Ordering::Greater => remove(&mut node.right, key),
        Ordering::Equal => {
            let (left, right) = (node.left.take(), node.right.take());
            *link = merge(left, right);
        }
    }
}

fn merge(left: Link, right: Link) -> Link {
    match (left, right) {
        (None, one) | (one, None) => one,
        (Some(mut left), Some(mut right)) => {
            if left.priority >= right.priority {
                let node = Arc::make_mut(&mut left);
                node.right = merge(node.right.take(), Some(right));
                Some(left)
            } else {
                let node = Arc::make_mut(&mut right);
                node.left = merge(Some(left), node.left.take());
                Some(right)
            }
        }
    }
}
