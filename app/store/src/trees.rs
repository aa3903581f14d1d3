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
        let roots: Vec<Change<'_>> = stores.iter().map(|(store, tree)| root_of(*store, tree)).collect();
        let app = Tree::empty().update(&roots);
        Self { stores, app }
    }

    /// Empty trees.
    pub(crate) fn empty(stores: &[StoreId]) -> Self {
        Self::new(stores.iter().map(|store| (*store, Tree::empty())).collect())
    }

    /// The same with empty trees for those of `stores` that have none.
    pub(crate) fn with(&self, stores: &[StoreId]) -> Self {
        let mut all = self.stores.clone();
        let added: Vec<StoreId> = stores.iter().filter(|store| !all.contains_key(store)).copied().collect();
        let roots: Vec<Change<'_>> = added.iter().map(|store| root_of(*store, &Tree::empty())).collect();
        all.extend(added.iter().map(|store| (*store, Tree::empty())));
        Self { stores: all, app: self.app.update(&roots) }
    }

    /// The same without the trees of stores whose names are not in `names`.
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        let mut kept = self.stores.clone();
        kept.retain(|store, _| names.contains(&store.name()));
        let gone = self.stores.keys().filter(|store| !kept.contains_key(store));
        let roots: Vec<Change<'_>> = gone.map(|store| Change::new(store.name().as_bytes(), None)).collect();
        Self { stores: kept, app: self.app.update(&roots) }
    }

    /// The next version.
    pub(crate) fn update(&self, changes: &BTreeMap<StoreId, Vec<Change<'_>>>) -> Self {
        let mut stores = self.stores.clone();
        let mut roots = Vec::with_capacity(changes.len());
        for (store, changes) in changes {
            if let Some(tree) = stores.get_mut(store) {
                *tree = tree.update(changes);
                roots.push(root_of(*store, tree));
            }
        }
        Self { stores, app: self.app.update(&roots) }
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

    /// Every store with its tree.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (StoreId, &Tree)> {
        self.stores.iter().map(|(store, tree)| (*store, tree))
    }

    /// Entries of all stores.
    pub(crate) fn keys(&self) -> u64 {
        self.stores.values().map(Tree::keys).fold(0, u64::saturating_add)
    }

    /// Bytes of memory of these trees and all their relatives.
    pub(crate) fn bytes(&self) -> u64 {
        self.stores.values().map(Tree::bytes).fold(self.app.bytes(), u64::saturating_add)
    }

    /// Whether `changes` more changes can be numbered, whichever trees they concern.
    pub(crate) fn have_room_for(&self, changes: u64) -> bool {
        self.stores.values().all(|tree| tree.has_room_for(changes))
    }

    /// About how many bytes of branches `changes` changes take, if they all concern the largest tree.
    pub(crate) fn bytes_for(&self, changes: u64) -> u64 {
        let branches = self.stores.values().map(|tree| tree.branches_for(changes)).max();
        branches.unwrap_or(0).saturating_mul(Tree::BRANCH_BYTES)
    }
}

fn root_of(store: StoreId, tree: &Tree) -> Change<'static> {
    Change::new(store.name().as_bytes(), Some(&tree.root()))
}
