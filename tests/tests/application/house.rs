//! The order of the house: which crate may name which.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// The crates from the ground up. A crate names only crates below it; modules have rules of their own among themselves.
const FLOORS: [&[&str]; 10] = [
    &["agora-primitives", "agora-proto"],
    &["agora-state"],
    &["agora-framework"],
    &["agora-store", "agora-executor", "agora-stage", "(modules)"],
    &["agora-runtime", "agora-wasm"],
    &["agora-genesis", "agora-replica"],
    &["agora-node"],
    &["agora"],
    &["agora-tests", "agora-iofault"],
    &["agora-bench"],
];

/// What no module may name, not even in its tests.
const FORBIDDEN_TO_MODULES: [&str; 6] =
    ["agora-store", "agora-executor", "agora-wasm", "agora-node", "agora-runtime", "agora"];

/// Words in names of crates that have no place below a module.
const HEAVY: [&str; 5] = ["rocksdb", "wasmer", "wasmtime", "cosmwasm", "wasmparser"];

/// A crate of the workspace: whether it is a module, and whom it names, for tests only or not.
#[derive(Clone, Debug, Default)]
struct Crate {
    is_module: bool,
    names: BTreeSet<(String, bool)>,
}

type House = BTreeMap<String, Crate>;

fn metadata() -> Metadata {
    let manifest = agora_tests::folder().join("../Cargo.toml");
    // Only what is built here: crates for other systems need not have been downloaded.
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let options = ["--locked".to_owned(), "--filter-platform".to_owned(), platform];
    MetadataCommand::new().manifest_path(manifest).other_options(options).exec().expect("cargo metadata")
}

fn house(metadata: &Metadata) -> House {
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let names = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.path.is_some())
                .map(|dependency| (dependency.name.clone(), dependency.kind == DependencyKind::Development))
                .collect();
            let is_module = package.manifest_path.as_str().contains("/modules/");
            (package.name.clone(), Crate { is_module, names })
        })
        .collect()
}

fn floor(house: &House, name: &str) -> Option<usize> {
    let name = if house.get(name).is_some_and(|c| c.is_module) { "(modules)" } else { name };
    FLOORS.iter().position(|floor| floor.contains(&name))
}

/// Every broken rule, as a sentence.
fn faults(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, krate) in house {
        let Some(own) = floor(house, name) else {
            faults.push(format!("{name} stands on no floor"));
            continue;
        };
        for (other, in_tests) in &krate.names {
            let Some(theirs) = floor(house, other) else { continue };
            let both_modules = krate.is_module && house.get(other).is_some_and(|c| c.is_module);
            if krate.is_module && FORBIDDEN_TO_MODULES.contains(&other.as_str()) {
                faults.push(format!("module {name} names {other}"));
            } else if !in_tests && !both_modules && theirs >= own {
                faults.push(format!("{name} names {other}, which stands above or beside it"));
            }
        }
        if krate.is_module && reaches(house, name, name) {
            faults.push(format!("module {name} names itself in a circle"));
        }
    }
    faults
}

/// Whether `from` names `to` over one crate or several.
fn reaches(house: &House, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from.to_owned()];
    while let Some(name) = waiting.pop() {
        for (other, in_tests) in house.get(&name).map(|c| c.names.clone()).unwrap_or_default() {
            if other == to && !in_tests {
                return true;
            }
            if !in_tests && seen.insert(other.clone()) {
                waiting.push(other);
            }
        }
    }
    false
}

/// Every crate below one, itself included, without what only tests need.
fn below(metadata: &Metadata, name: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().expect("a resolved graph");
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let root = metadata.packages.iter().find(|p| p.name == name).unwrap_or_else(|| panic!("no crate {name}"));
    let mut seen: BTreeSet<&PackageId> = [&root.id].into();
    let mut waiting = vec![&root.id];
    while let Some(id) = waiting.pop() {
        for dependency in &nodes[id].deps {
            let needed = dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development);
            if needed && seen.insert(&dependency.pkg) {
                waiting.push(&dependency.pkg);
            }
        }
    }
    seen.into_iter().map(|id| metadata[id].name.clone()).collect()
}

#[test]
fn crates_name_only_what_stands_below_them() {
    let house = house(&metadata());
    assert!(house.values().filter(|c| c.is_module).count() >= 4, "the modules are found: {house:?}");
    assert_eq!(faults(&house), Vec::<String>::new());
}

#[test]
fn a_broken_rule_is_found() {
    let good = house(&metadata());
    let with = |name: &str, other: &str, in_tests: bool| {
        let mut house = good.clone();
        house.get_mut(name).unwrap().names.insert((other.to_owned(), in_tests));
        faults(&house)
    };
    for (name, other, in_tests) in [
        ("agora-bank", "agora-store", false),
        ("agora-bank", "agora-executor", true),
        ("agora-bank", "agora-node", false),
        ("agora-primitives", "agora-state", false),
        ("agora-state", "agora-framework", false),
        ("agora-framework", "agora-bank", false),
        ("agora-executor", "agora-bank", false),
        ("agora-runtime", "agora-node", false),
        ("agora-node", "agora", false),
    ] {
        assert!(!with(name, other, in_tests).is_empty(), "{name} may name {other}");
    }
    let mut circle = good.clone();
    circle.get_mut("agora-bank").unwrap().names.insert(("agora-auth".to_owned(), false));
    circle.get_mut("agora-auth").unwrap().names.insert(("agora-bank".to_owned(), false));
    assert!(faults(&circle).iter().any(|fault| fault.contains("circle")));
    let mut nameless = good;
    nameless.insert("agora-somewhere".to_owned(), Crate::default());
    assert_eq!(faults(&nameless), ["agora-somewhere stands on no floor"]);
}

#[test]
fn modules_build_without_rocksdb_and_wasm() {
    let metadata = metadata();
    let heavy = |name: &str| -> Vec<String> {
        let all = below(&metadata, name);
        assert!(all.contains("prost"), "{name} is resolved");
        all.into_iter().filter(|one| HEAVY.iter().any(|word| one.contains(word))).collect()
    };
    let house = house(&metadata);
    for (name, _) in house.iter().filter(|(_, krate)| krate.is_module) {
        assert_eq!(heavy(name), Vec::<String>::new(), "{name}");
    }
    assert!(!heavy("agora-node").is_empty(), "the search finds RocksDB where it is");
}

#[test]
fn every_crate_and_module_has_its_page() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let page = package.manifest_path.parent().expect("a folder").join("README.md");
        let text = std::fs::read_to_string(&page).unwrap_or_default();
        assert!(
            text.lines().filter(|line| !line.trim().is_empty()).count() >= 3,
            "{page} says next to nothing"
        );
    }
}

/// What may be seen at the top of the house.
const TOP: [&str; 11] = [
    "app",
    "modules",
    "contracts",
    "cli",
    "genesis",
    "tests",
    "README.md",
    "LICENSE",
    "Cargo.toml",
    "Cargo.lock",
    "Makefile",
];

#[test]
fn the_top_of_the_house_stays_as_it_is() {
    let root = agora_tests::folder().join("..");
    let tracked = std::process::Command::new("git").args(["ls-files"]).current_dir(&root).output();
    let Ok(tracked) = tracked.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()) else {
        return;
    };
    let strange: BTreeSet<&str> = tracked
        .lines()
        .filter_map(|path| path.split('/').next())
        .filter(|name| !name.starts_with('.') && !TOP.contains(name))
        .collect();
    assert!(strange.is_empty(), "tool configuration lives in hidden files, all else below: {strange:?}");
}

#[test]
fn the_determinism_lints_are_on_in_every_consensus_crate() {
    let metadata = metadata();
    let house = house(&metadata);
    let consensus = |name: &str| {
        house[name].is_module
            || [
                "agora-primitives",
                "agora-state",
                "agora-store",
                "agora-framework",
                "agora-executor",
                "agora-runtime",
            ]
            .contains(&name)
    };
    for package in metadata.workspace_packages().into_iter().filter(|package| consensus(&package.name)) {
        let path = package.manifest_path.parent().expect("a folder").join("src/lib.rs");
        let text = std::fs::read_to_string(&path).expect("a library");
        for lint in [
            "clippy::arithmetic_side_effects",
            "clippy::cast_possible_truncation",
            "clippy::disallowed_methods",
            "clippy::disallowed_types",
            "clippy::expect_used",
            "clippy::float_arithmetic",
            "clippy::indexing_slicing",
            "clippy::iter_over_hash_type",
            "clippy::panic",
            "clippy::unwrap_used",
        ] {
            assert!(text.contains(lint), "{path} does not deny {lint}");
        }
    }
}
