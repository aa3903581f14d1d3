//! The files of a node's home.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A key of a home's `config.toml`.
fn config(home: &Path) -> (PathBuf, String) {
    let path = home.join("config/config.toml");
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

/// Gives a key that is there another value.
pub(crate) fn set(home: &Path, key: &str, value: &str) {
    let (path, text) = config(home);
    let is_it = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    assert_eq!(text.lines().filter(|line| is_it(line)).count(), 1, "{key}");
    let lines: Vec<String> = text
        .lines()
        .map(|line| if is_it(line) { format!("{key} = {value}") } else { line.to_owned() })
        .collect();
    fs::write(path, lines.join("\n")).unwrap();
}

/// Where peers connect.
pub(crate) fn p2p_address(home: &Path) -> SocketAddr {
    let (_, text) = config(home);
    let section = text.split("[p2p]").nth(1).unwrap();
    let line = section.lines().find(|line| line.starts_with("laddr")).unwrap();
    line.split('"').nth(1).unwrap().trim_start_matches("tcp://").parse().unwrap()
}

/// The node's id among its peers.
pub(crate) fn node_id(home: &Path) -> String {
    agora_node::comet::home::CometHome::open(home).unwrap().node_id().unwrap()
}
