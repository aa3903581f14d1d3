//! The home of a new node that joins a network.

use std::path::Path;

use agora_runtime::Runtime;
use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use crate::comet::home::CometHome;
use crate::comet::supervisor::{CometBinary, CometNode, CometOptions};

/// What others need to know of a new node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNode {
    /// The chain of its genesis.
    pub chain_id: String,
    /// Its id among its peers: 40 hex digits.
    pub node_id: String,
    /// The key it would validate with, in base64.
    pub validator_key: String,
}

/// Makes the home of a node: keys where there are none, the network's genesis, its name and its peers (`id@host:port`).
///
/// # Errors
/// The application refuses the genesis, a peer is malformed, the home holds a chain already, or files cannot be written.
pub fn init_node(
    home: &Path,
    binary: &CometBinary,
    moniker: &str,
    genesis: &Value,
    peers: &[String],
) -> anyhow::Result<NewNode> {
    // Before the home is touched.
    let init = agora_genesis::from_json(genesis)?;
    Runtime::standard()?.init_chain(&init).context("the application refuses this genesis")?;
    if let Some(peer) = peers.iter().find(|peer| !is_peer(peer)) {
        bail!("the peer {peer:?} is not id@host:port, with an id of 40 hex digits");
    }
    let home = CometHome::open(home)?;
    if home.has_chain() {
        bail!("{} holds a chain already; choose another folder", home.root().display());
    }
    CometNode::init(&home, binary)?;
    let node = NewNode {
        chain_id: init.chain_id,
        node_id: home.node_id()?,
        validator_key: BASE64.encode(home.validator_key()?.public_key),
    };
    let options = CometOptions {
        moniker: Some(moniker.to_owned()),
        persistent_peers: (!peers.is_empty()).then(|| peers.to_vec()),
        ..CometOptions::default()
    };
    CometNode::prepare(home, binary.clone(), Some(&serde_json::to_string_pretty(genesis)?), options)?;
    Ok(node)
}

fn is_peer(text: &str) -> bool {
    let Some((id, place)) = text.split_once('@') else { return false };
    let port =
        place.rsplit_once(':').and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
    id.len() == 40 && id.bytes().all(|b| b.is_ascii_hexdigit()) && port.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_an_id_a_host_and_a_port() {
        let id = "0".repeat(40);
        assert!(is_peer(&format!("{id}@10.0.0.1:26656")) && is_peer(&format!("{id}@[::1]:1")));
        for wrong in
            [String::new(), id.clone(), format!("{id}@host"), format!("{id}@:1"), "ab@host:1".to_owned()]
        {
            assert!(!is_peer(&wrong), "{wrong}");
        }
    }
}
