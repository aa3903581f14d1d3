//! What the node is and how it is set up.

use std::collections::{BTreeMap, BTreeSet};

use agora_proto::options::implements_interfaces;
use agora_proto::types::cosmos::base::node::v1beta1 as node;
use agora_proto::types::cosmos::base::reflection::v1beta1 as reflection;
use agora_proto::types::cosmos::base::tendermint::v1beta1::{
    GetNodeInfoRequest, GetNodeInfoResponse, GetSyncingRequest, GetSyncingResponse, Module, VersionInfo,
};
use agora_proto::types::tendermint::p2p::{DefaultNodeInfo, DefaultNodeInfoOther, ProtocolVersion};
use prost_reflect::DescriptorPool;

use super::convert::recast;
use super::{Call, UNKNOWN, height_of, refuse, signed};
use crate::api::HeadHeight;
use crate::query::QueryStatus;

/// CometBFT's peer protocol.
const P2P_PROTOCOL: u64 = 8;
/// CometBFT's block protocol.
const BLOCK_PROTOCOL: u64 = 11;
/// The channels a full CometBFT 0.38 node speaks.
const CHANNELS: [u8; 10] = [0x40, 0x20, 0x21, 0x22, 0x23, 0x30, 0x38, 0x60, 0x61, 0x00];

/// What the node says of itself.
#[derive(Clone)]
pub struct NodeConfig {
    /// The chain's software.
    pub name: String,
    /// The program's name.
    pub app_name: String,
    /// The program's version.
    pub version: String,
    /// The commit it was built from; empty if unknown.
    pub git_commit: String,
    /// The Cosmos SDK whose interfaces are spoken, `v0.50.x`: explorers and relayers choose their dialect by it.
    pub sdk_version: String,
    /// The bech32 prefix of consensus addresses.
    pub consensus_prefix: String,
    /// The price below which this node takes no transaction, `0.025uago`.
    pub minimum_gas_price: String,
    /// How many past states are kept; 0 is all of them.
    pub pruning_keep_recent: u64,
    /// Every how many blocks older states are removed.
    pub pruning_interval: u64,
    /// Where the node stops by itself; 0 is never.
    pub halt_height: u64,
    /// Says the oldest height whose state can be read; `None`: that of the oldest stored block.
    pub earliest_state: Option<HeadHeight>,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            name: "agora".to_owned(),
            app_name: "agora".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            git_commit: String::new(),
            sdk_version: "v0.50.15".to_owned(),
            consensus_prefix: agora_primitives::BECH32_VALCONS_PREFIX.to_owned(),
            minimum_gas_price: String::new(),
            pruning_keep_recent: 0,
            pruning_interval: 0,
            halt_height: 0,
            earliest_state: None,
        }
    }
}

/// The messages that may stand for each interface.
pub(super) struct Interfaces(BTreeMap<String, BTreeSet<String>>);

impl Interfaces {
    pub(super) fn of(pool: &DescriptorPool) -> Self {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for message in pool.all_messages() {
            for interface in implements_interfaces(&message) {
                found.entry(interface).or_default().insert(format!("/{}", message.full_name()));
            }
        }
        Self(found)
    }
}

impl Call<'_> {
    pub(super) fn node_info(&self, _: GetNodeInfoRequest) -> Result<GetNodeInfoResponse, QueryStatus> {
        let status = self.status()?.clone();
        let config = &self.node.config;
        let other = DefaultNodeInfoOther { tx_index: "on".to_owned(), rpc_address: status.rpc_address };
        let dependency =
            |path: &str, version: String| Module { path: path.to_owned(), version, sum: String::new() };
        Ok(GetNodeInfoResponse {
            default_node_info: Some(DefaultNodeInfo {
                protocol_version: Some(ProtocolVersion {
                    p2p: P2P_PROTOCOL,
                    block: BLOCK_PROTOCOL,
                    app: status.app_version,
                }),
                default_node_id: status.node_id,
                listen_addr: status.listen_addr,
                network: status.network,
                version: status.comet_version.clone(),
                channels: CHANNELS.to_vec(),
                moniker: status.moniker,
                other: Some(other),
            }),
            application_version: Some(VersionInfo {
                name: config.name.clone(),
                app_name: config.app_name.clone(),
                version: config.version.clone(),
                git_commit: config.git_commit.clone(),
                build_tags: String::new(),
                // The field is for the compiler; there is no other for ours.
                go_version: concat!("rust ", env!("CARGO_PKG_RUST_VERSION")).to_owned(),
                // Relayers read here which interfaces to expect; the entries are interfaces, not code.
                build_deps: vec![
                    dependency("github.com/cometbft/cometbft", semantic(&status.comet_version)),
                    dependency("github.com/cosmos/cosmos-sdk", semantic(&config.sdk_version)),
                ],
                cosmos_sdk_version: semantic(&config.sdk_version),
            }),
        })
    }

    pub(super) fn syncing(&self, _: GetSyncingRequest) -> Result<GetSyncingResponse, QueryStatus> {
        let status = self.status()?;
        Ok(GetSyncingResponse {
            syncing: status.catching_up,
            earliest_block_height: signed(status.earliest.as_deref().map(height_of).unwrap_or_default()),
            latest_block_height: signed(self.head()?),
        })
    }

    pub(super) fn node_config(&self, _: node::ConfigRequest) -> Result<node::ConfigResponse, QueryStatus> {
        Ok(node::ConfigResponse {
            minimum_gas_price: self.node.config.minimum_gas_price.clone(),
            pruning_keep_recent: self.node.config.pruning_keep_recent.to_string(),
            pruning_interval: self.node.config.pruning_interval.to_string(),
            halt_height: self.node.config.halt_height,
        })
    }

    pub(super) fn node_status(&self, _: node::StatusRequest) -> Result<node::StatusResponse, QueryStatus> {
        let status = self.status()?;
        let earliest = self.node.config.earliest_state.as_ref().and_then(|state| state());
        let Some(header) = status.latest.as_ref().and_then(|info| info.block.header.as_ref()) else {
            return Err(refuse(UNKNOWN, "the chain has no block yet: ask again after the first"));
        };
        Ok(node::StatusResponse {
            earliest_store_height: earliest
                .unwrap_or_else(|| status.earliest.as_deref().map(height_of).unwrap_or_default()),
            height: self.head()?,
            timestamp: header.time.as_ref().map(recast).transpose()?,
            app_hash: header.app_hash.clone(),
            validator_hash: header.next_validators_hash.clone(),
        })
    }

    pub(super) fn list_interfaces(
        &self,
        _: reflection::ListAllInterfacesRequest,
    ) -> Result<reflection::ListAllInterfacesResponse, QueryStatus> {
        Ok(reflection::ListAllInterfacesResponse {
            interface_names: self.node.interfaces.0.keys().cloned().collect(),
        })
    }

    pub(super) fn list_implementations(
        &self,
        request: reflection::ListImplementationsRequest,
    ) -> Result<reflection::ListImplementationsResponse, QueryStatus> {
        let found = self.node.interfaces.0.get(&request.interface_name);
        Ok(reflection::ListImplementationsResponse {
            implementation_message_names: found.into_iter().flatten().cloned().collect(),
        })
    }
}

/// A version with exactly one leading `v`, as Go modules write it.
fn semantic(version: &str) -> String {
    format!("v{}", version.trim_start_matches('v'))
}
