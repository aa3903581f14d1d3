//! The trees of all stores at one height, and the application's tree above them.

use std::collections::BTreeMap;

use agora_state::StoreId;

use crate::tree::{Change, Hash, Tree};

/// One version of everything that is hashed. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Trees {
    stores: BTreeMap<StoreId, Tree>,
    app: Tree,
}

impl Trees {
    /// The trees given, one per store; the empty ones count as well.
    pub(crate) fn new(stores: BTreeMap<StoreId, Tree>) -> Self {
        let roots =
            stores.iter().map(|(store, tree)| Change::new(store.name().as_bytes(), Some(&tree.root())));
        let app = Tree::empty().update(roots.collect());
        Self { stores, app }
    }

    /// Empty trees.
    pub(crate) fn empty(stores: &[StoreId]) -> Self {
        Self::new(stores.iter().map(|store| (*store, Tree::empty())).collect())
    }

    /// The next version.
    pub(crate) fn update(&self, changes: BTreeMap<StoreId, Vec<Change>>) -> Self {
        let mut stores = self.stores.clone();
        let mut roots = Vec::with_capacity(changes.len());
        for (store, changes) in changes {
            if let Some(tree) = stores.get_mut(&store) {
                *tree = tree.update(changes);
                roots.push(Change::new(store.name().as_bytes(), Some(&tree.root())));
            }
        }
        Self { stores, app: self.app.update(roots) }
    }

    /// The application hash.
    pub(crate) const fn app_hash(&self) -> Hash {
        self.app.root()
    }

    /// The application's tree: store name -> store root.
    pub(crate) const fn app(&self) -> &Tree {
        &self.app
    }

    /// The tree of `store`.
    pub(crate) fn store(&self, store: StoreId) -> Option<&Tree> {
        self.stores.get(&store)
    }
}
