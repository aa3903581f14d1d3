//! A disk that is only as good as its promise: what was synced is there, of the rest anything may be.
//!
//! Bytes of a file are safe once the file was synced; a name is safe once its folder was synced. Of the other changes of a
//! folder a random number happened, in their order; of the other bytes see [`Unsynced`]. A sync that failed leaves bytes that
//! no later sync makes safe, as kernels do. The length to which a file was cut is safe with the next sync of anything: file
//! systems with a journal write such changes in order. (RocksDB relies on it when it cuts a log whose last write failed.)

use std::collections::BTreeMap;
use std::path::Path;

use rand::Rng;
use rand::rngs::StdRng;

use super::bytes::{Change, Safety, Unsynced, content};
use super::journal::Op;

#[derive(Debug)]
enum NameChange {
    Add(String, usize),
    Remove(String),
    Move(String, String, usize),
}

#[derive(Debug)]
enum Node<'a> {
    File(Vec<(Change<'a>, Safety)>),
    Folder { now: BTreeMap<String, usize>, safe: BTreeMap<String, usize>, pending: Vec<NameChange> },
}

/// The files of a folder, safe parts and others.
#[derive(Debug)]
pub(super) struct Disk<'a> {
    nodes: Vec<Node<'a>>,
}

fn folder<'a>() -> Node<'a> {
    Node::Folder { now: BTreeMap::new(), safe: BTreeMap::new(), pending: Vec::new() }
}

fn apply(names: &mut BTreeMap<String, usize>, change: &NameChange) {
    match change {
        NameChange::Add(name, node) => {
            names.insert(name.clone(), *node);
        }
        NameChange::Remove(name) => {
            names.remove(name);
        }
        NameChange::Move(from, to, node) => {
            names.remove(from);
            names.insert(to.clone(), *node);
        }
    }
}

impl<'a> Disk<'a> {
    /// An empty disk.
    pub(super) fn new() -> Self {
        Self { nodes: vec![folder()] }
    }

    /// A disk that holds the files below `root`, all of them safe.
    pub(super) fn holding(root: &Path) -> Self {
        let mut disk = Self::new();
        disk.import(0, root);
        disk
    }

    fn import(&mut self, into: usize, from: &Path) {
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            let (path, name, node) =
                (entry.path(), entry.file_name().into_string().unwrap(), self.nodes.len());
            if path.is_dir() {
                self.nodes.push(folder());
                self.import(node, &path);
            } else {
                let content = Change::Had(std::fs::read(&path).unwrap());
                self.nodes.push(Node::File(vec![(content, Safety::Safe)]));
            }
            let Node::Folder { now, safe, .. } = &mut self.nodes[into] else { panic!("not a folder") };
            now.insert(name.clone(), node);
            safe.insert(name, node);
        }
    }

    /// The disk after `ops`.
    pub(super) fn after(mut self, ops: &'a [Op]) -> Self {
        for op in ops {
            self.apply(op);
        }
        self
    }

    /// The node at `path`; `None` when there is none (an open file whose name was removed).
    fn find(&self, path: &str) -> Option<usize> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(0, |node, name| match &self.nodes[node] {
            Node::Folder { now, .. } => now.get(name).copied(),
            Node::File(_) => None,
        })
    }

    /// The folder of `path`, and the last name.
    fn parent(&self, path: &str) -> (usize, String) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        (self.find(parent).unwrap(), name.to_owned())
    }

    fn rename_in(&mut self, parent: usize, change: NameChange) {
        let Node::Folder { now, pending, .. } = &mut self.nodes[parent] else { panic!("not a folder") };
        apply(now, &change);
        pending.push(change);
    }

    fn add(&mut self, path: &str, node: usize) {
        let (parent, name) = self.parent(path);
        self.rename_in(parent, NameChange::Add(name, node));
    }

    fn add_new(&mut self, path: &str, node: Node<'a>) {
        self.nodes.push(node);
        self.add(path, self.nodes.len() - 1);
    }

    fn remove(&mut self, path: &str) {
        let (parent, name) = self.parent(path);
        self.rename_in(parent, NameChange::Remove(name));
    }

    fn change(&mut self, path: &str, change: Change<'a>) {
        if let Some(node) = self.find(path)
            && let Node::File(changes) = &mut self.nodes[node]
        {
            changes.push((change, Safety::Pending));
        }
    }

    fn apply(&mut self, op: &'a Op) {
        match op {
            Op::Create(path) => self.add_new(path, Node::File(Vec::new())),
            Op::MakeFolder(path) => self.add_new(path, folder()),
            Op::Resize(path, length) => self.change(path, Change::Resize(*length)),
            Op::Write(path, offset, data) => self.change(path, Change::Write(*offset, data)),
            Op::Unlink(path) | Op::RemoveFolder(path) => self.remove(path),
            Op::Link(from, to) => {
                let node = self.find(from).unwrap();
                self.add(to, node);
            }
            Op::Rename(from, to) => {
                let node = self.find(from).unwrap();
                let ((from_parent, from), (to_parent, to)) = (self.parent(from), self.parent(to));
                if from_parent == to_parent {
                    self.rename_in(from_parent, NameChange::Move(from, to, node));
                } else {
                    self.rename_in(to_parent, NameChange::Add(to, node));
                    self.rename_in(from_parent, NameChange::Remove(from));
                }
            }
            Op::Sync(path) => self.sync(path, Safety::Safe),
            Op::SyncFailed(path) => self.sync(path, Safety::Doubtful),
            Op::Note(_) | Op::Struck => {}
        }
    }

    fn sync(&mut self, path: &str, safety: Safety) {
        if safety == Safety::Safe {
            for (change, now) in self.nodes.iter_mut().flat_map(|node| match node {
                Node::File(changes) => changes.as_mut_slice(),
                Node::Folder { .. } => &mut [],
            }) {
                if matches!(change, Change::Resize(_)) && *now == Safety::Pending {
                    *now = Safety::Safe;
                }
            }
        }
        let Some(node) = self.find(path) else { return };
        match &mut self.nodes[node] {
            Node::File(changes) => {
                changes
                    .iter_mut()
                    .filter(|(_, now)| *now == Safety::Pending)
                    .for_each(|(_, now)| *now = safety);
            }
            Node::Folder { now, safe, pending } if safety == Safety::Safe => {
                safe.clone_from(now);
                pending.clear();
            }
            Node::Folder { .. } => {}
        }
    }

    /// Writes into `to` what a loss of power leaves.
    pub(super) fn lose_power(&self, to: &Path, rng: &mut StdRng, unsynced: Unsynced) {
        // Often all or nothing: half of everything is what a recovery likes best.
        let share = match unsynced {
            Unsynced::Lost => 0.0,
            _ => [0.0, 0.5, 0.9, 1.0][rng.gen_range(0..4)],
        };
        self.write(0, to, rng, (unsynced, share));
    }

    fn write(&self, node: usize, to: &Path, rng: &mut StdRng, kept: (Unsynced, f64)) {
        match &self.nodes[node] {
            Node::File(changes) => std::fs::write(to, content(changes, rng, kept)).unwrap(),
            Node::Folder { safe, pending, .. } => {
                let mut names = safe.clone();
                let happened = match kept.1 {
                    0.0 => 0,
                    1.0 => pending.len(),
                    _ => rng.gen_range(0..=pending.len()),
                };
                pending[..happened].iter().for_each(|change| apply(&mut names, change));
                std::fs::create_dir_all(to).unwrap();
                for (name, node) in names {
                    self.write(node, &to.join(name), rng, kept);
                }
            }
        }
    }
}

#[test]
fn only_what_was_synced_is_sure_to_survive() {
    let write = |path: &str, offset, data: &[u8]| Op::Write(path.to_owned(), offset, data.to_vec());
    let path = |path: &str| path.to_owned();
    let ops = [
        Op::MakeFolder(path("d")),
        Op::Sync(path("")),
        Op::Create(path("d/a")),
        write("d/a", 0, b"safe"),
        Op::Sync(path("d/a")),
        Op::Sync(path("d")),
        write("d/a", 4, b"lost"),
        Op::SyncFailed(path("d/a")),
        Op::Sync(path("d/a")),
        Op::Create(path("d/b")),
        write("d/b", 0, b"nameless"),
        Op::Sync(path("d/b")),
        Op::Rename(path("d/a"), path("d/c")),
    ];
    let disk = Disk::new().after(&ops);
    let mut rng = super::chain::random(1, 1);
    let folder = tempfile::tempdir().unwrap();
    disk.lose_power(folder.path(), &mut rng, Unsynced::Lost);
    let names = |folder: &Path| {
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&folder.path().join("d")), ["a"]);
    assert_eq!(std::fs::read(folder.path().join("d/a")).unwrap(), b"safe");
    let folder = tempfile::tempdir().unwrap();
    disk.write(0, folder.path(), &mut rng, (Unsynced::InOrder, 1.0));
    assert_eq!(names(&folder.path().join("d")), ["b", "c"]);
    assert_eq!(std::fs::read(folder.path().join("d/c")).unwrap(), b"safelost");
    assert_eq!(std::fs::read(folder.path().join("d/b")).unwrap(), b"nameless");
    // What a disk holds from before is safe.
    let ops = [write("d/c", 0, b"SAFE")];
    let again = tempfile::tempdir().unwrap();
    Disk::holding(folder.path()).after(&ops).lose_power(again.path(), &mut rng, Unsynced::Lost);
    assert_eq!(std::fs::read(again.path().join("d/c")).unwrap(), b"safelost");
}
