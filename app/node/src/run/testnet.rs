//! Laying out the homes of a network of several validators on one machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use agora_primitives::Address;
use agora_runtime::Runtime;
use anyhow::{Context, bail, ensure};
use rand::Rng as _;

use super::genesis;
use crate::comet::home::CometHome;
use crate::comet::supervisor::{CometBinary, CometNode, CometOptions};

/// The most validators of a network on one machine.
pub const MOST_VALIDATORS: usize = 64;
/// Ports of one node and the next are so far apart.
const STEP: u16 = 10;

/// What a network is laid out with.
#[derive(Clone, Debug)]
pub struct TestnetOptions {
    /// The folder of all homes, which are `node0`, `node1` and so on.
    pub root: PathBuf,
    /// How many validators there are; 1 to [`MOST_VALIDATORS`].
    pub validators: usize,
    /// The chain id; it must be a development chain's.
    pub chain_id: String,
    /// Accounts funded beside the published ones.
    pub funded: Vec<Address>,
    /// The CometBFT program; `None` looks for it.
    pub comet: Option<PathBuf>,
    /// The pause after a block; `None` is CometBFT's default.
    pub block_interval: Option<Duration>,
    /// Takes free ports in place of the usual ones, 10 apart.
    pub any_ports: bool,
}

/// The ports of one node, all on the loopback interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// CometBFT's RPC.
    pub rpc: SocketAddr,
    /// CometBFT's peers.
    pub p2p: SocketAddr,
    /// gRPC.
    pub grpc: SocketAddr,
    /// REST.
    pub rest: SocketAddr,
    /// Metrics and health.
    pub metrics: SocketAddr,
    /// The faucet.
    pub faucet: SocketAddr,
}

/// A home that was laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaidOut {
    /// Its folder.
    pub home: PathBuf,
    /// Its name among its peers.
    pub moniker: String,
    /// Its id among its peers: 40 hex digits.
    pub node_id: String,
    /// Where it listens; gRPC, REST, metrics and faucet are for the caller to write down.
    pub ports: Ports,
}

/// Makes the homes: keys, one genesis in which all of them validate with equal power, and each knows all others.
///
/// # Errors
/// There is no CometBFT, a home holds a chain already, or files cannot be written.
pub fn lay_out(options: &TestnetOptions) -> anyhow::Result<Vec<LaidOut>> {
    ensure!(
        (1..=MOST_VALIDATORS).contains(&options.validators),
        "a network on one machine has 1 to {MOST_VALIDATORS} validators"
    );
    if !genesis::is_dev(&options.chain_id) {
        bail!("the chain id {:?} must begin with {}", options.chain_id, genesis::DEV_PREFIX);
    }
    let binary = CometBinary::find(options.comet.as_deref())?;
    let runtime = Runtime::standard()?;
    let mut homes = Vec::with_capacity(options.validators);
    for index in 0..options.validators {
        let home = CometHome::open(&options.root.join(format!("node{index}")))?;
        if home.has_chain() {
            bail!("{} holds a chain already; choose another folder, or start over", home.root().display());
        }
        CometNode::init(&home, &binary)?;
        homes.push(home);
    }
    let named: Vec<(&CometHome, String)> =
        homes.iter().enumerate().map(|(index, home)| (home, format!("node{index}"))).collect();
    let now = prost_types::Timestamp::from(SystemTime::now()).to_string();
    let document = genesis::of_validators(&runtime, &options.chain_id, &now, &options.funded, &named)?;
    let document = serde_json::to_string_pretty(&document)?;
    let mut ports = Vec::with_capacity(options.validators);
    let mut held = Vec::new();
    for index in 0..options.validators {
        ports.push(if options.any_ports { any_ports(&mut held)? } else { usual_ports(index)? });
    }
    drop(held);
    let laid_out: Vec<LaidOut> = named
        .iter()
        .zip(&ports)
        .map(|((home, moniker), ports)| {
            let (home_path, node_id) = (home.root().to_owned(), home.node_id()?);
            Ok(LaidOut { home: home_path, moniker: moniker.clone(), node_id, ports: *ports })
        })
        .collect::<anyhow::Result<_>>()?;
    for (home, node) in homes.into_iter().zip(&laid_out) {
        let others = laid_out.iter().filter(|other| other.node_id != node.node_id);
        let peers = others.map(|other| format!("{}@{}", other.node_id, other.ports.p2p)).collect();
        let comet = CometOptions {
            moniker: Some(node.moniker.clone()),
            rpc_laddr: Some(format!("tcp://{}", node.ports.rpc)),
            p2p_laddr: Some(format!("tcp://{}", node.ports.p2p)),
            persistent_peers: Some(peers),
            loopback_peers: true,
            cors_allowed_origins: Some(vec!["*".to_owned()]),
            timeout_commit: options.block_interval,
            ..CometOptions::default()
        };
        CometNode::prepare(home, binary.clone(), Some(&document), comet)?;
    }
    Ok(laid_out)
}

/// Whether a network was laid out in `root`.
#[must_use]
pub fn is_laid_out(root: &Path) -> bool {
    root.join("node0/config/genesis.json").exists()
}

/// The ports of a devnet, each node's 10 above those of the one before.
fn usual_ports(index: usize) -> anyhow::Result<Ports> {
    let offset = u16::try_from(index).ok().and_then(|index| index.checked_mul(STEP));
    let offset = offset.context("there are not so many ports")?;
    let at = |port: u16| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.saturating_add(offset));
    Ok(Ports {
        rpc: at(26657),
        p2p: at(26656),
        grpc: at(9090),
        rest: at(1317),
        metrics: at(26661),
        faucet: at(4500),
    })
}

/// Free ports; `held` keeps them apart until all are found. They are not those that the system gives to outgoing connections,
/// which it could do before the nodes start.
fn any_ports(held: &mut Vec<TcpListener>) -> anyhow::Result<Ports> {
    const RANGE: std::ops::Range<u16> = 12_000..32_000;
    const TRIES: usize = 1_000;
    let mut free = || {
        let found = (0..TRIES)
            .find_map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, rand::thread_rng().gen_range(RANGE))).ok());
        let listener = found.context("there is no free port from 12000 to 31999")?;
        let address = listener.local_addr()?;
        held.push(listener);
        anyhow::Ok(address)
    };
    Ok(Ports { rpc: free()?, p2p: free()?, grpc: free()?, rest: free()?, metrics: free()?, faucet: free()? })
}
