//! The definitions the wallet works with, and which of them the chain serves.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use agora_proto::amino::AminoCodec;
use agora_proto::json::JsonCodec;
use agora_proto::options;
use prost::Name;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, ServiceDescriptor};
use serde_json::Value;

use crate::error::{CliError, Result};

/// Which services of a pool a chain serves. What is not served gets no command.
#[derive(Clone, Debug)]
pub enum Served {
    /// Services of these packages, or whose package starts with one of them and a point.
    Packages(Vec<String>),
    /// Exactly these query paths (`/package.Query/Method`) and message type URLs.
    Exactly {
        /// Paths of queries.
        queries: BTreeSet<String>,
        /// Type URLs of messages.
        messages: BTreeSet<String>,
    },
}

/// The definitions of one chain.
#[derive(Debug)]
pub struct Definitions {
    pool: DescriptorPool,
    served: Served,
    json: JsonCodec,
    amino: AminoCodec,
}

/// Packages whose services every chain of this wallet has.
const STANDARD_PACKAGES: [&str; 6] = [
    "cosmos.auth.v1beta1",
    "cosmos.bank.v1beta1",
    "cosmos.base.node.v1beta1",
    "cosmos.base.tendermint.v1beta1",
    "cosmos.tx.v1beta1",
    "feemarket.feemarket.v1",
];

static CURRENT: OnceLock<Definitions> = OnceLock::new();

impl Definitions {
    /// The definitions in `pool`, of which `served` have commands.
    pub fn new(pool: &DescriptorPool, served: Served) -> Self {
        Self { pool: pool.clone(), served, json: JsonCodec::new(pool), amino: AminoCodec::new(pool) }
    }

    /// The standard definitions alone.
    pub fn standard() -> Self {
        let packages = STANDARD_PACKAGES.map(str::to_owned).to_vec();
        Self::new(agora_proto::descriptor_pool(), Served::Packages(packages))
    }

    /// The definitions of this process: what [`Definitions::install`] was given, or the standard ones.
    pub fn current() -> &'static Self {
        CURRENT.get_or_init(Self::standard)
    }

    /// Makes these the definitions of the process. Only the first call counts, and only before
    /// [`Definitions::current`] was asked; gives whether it did.
    pub fn install(self) -> bool {
        CURRENT.set(self).is_ok()
    }

    /// All definitions, served or not.
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// JSON of these definitions.
    pub fn json(&self) -> &JsonCodec {
        &self.json
    }

    /// Amino JSON of these definitions.
    pub fn amino(&self) -> &AminoCodec {
        &self.amino
    }

    /// The message of this full name.
    pub fn message(&self, full_name: &str) -> Result<MessageDescriptor> {
        self.pool.get_message_by_name(full_name).ok_or_else(|| {
            CliError::usage(format!("this wallet does not know messages of type {full_name}"))
                .hint("use a newer agora, or correct the name")
        })
    }

    /// The message of this type URL.
    pub fn message_of_url(&self, type_url: &str) -> Result<MessageDescriptor> {
        match type_url.strip_prefix('/') {
            Some(name) => self.message(name),
            None => Err(CliError::usage(format!("`{type_url}` is not a type url"))
                .hint("write \"/\" and the full name, for example /cosmos.bank.v1beta1.MsgSend")),
        }
    }

    /// The JSON form of a typed message.
    pub fn to_json<M: prost::Message + Name>(&self, message: &M) -> Result<Value> {
        self.json.encode_value(&M::full_name(), &message.encode_to_vec()).map_err(|error| {
            CliError::usage(format!("{} cannot be shown as JSON", M::full_name())).because(error)
        })
    }

    /// A typed message from its JSON form; unknown keys are refused.
    pub fn from_json<M: prost::Message + Name + Default>(&self, value: &Value) -> Result<M> {
        let dynamic = self.dynamic_from_json(&self.message(&M::full_name())?, value)?;
        M::decode(prost::Message::encode_to_vec(&dynamic).as_slice())
            .map_err(|error| CliError::usage(format!("this is not a {}", M::full_name())).because(error))
    }

    /// A message from its JSON form; unknown keys are refused.
    pub fn dynamic_from_json(&self, descriptor: &MessageDescriptor, value: &Value) -> Result<DynamicMessage> {
        self.json.from_json_strict(descriptor.clone(), value).map_err(|error| {
            CliError::usage(format!("this is not the JSON of {}", descriptor.full_name())).because(error)
        })
    }

    /// The services of the pool, sorted by name, without those of options and reflection.
    pub(super) fn services(&self) -> Vec<ServiceDescriptor> {
        let mut services: Vec<ServiceDescriptor> = self.pool.services().collect();
        services.sort_by(|a, b| a.full_name().cmp(b.full_name()));
        services
    }

    /// Whether the chain serves a method: as a message if its service is one of transactions, else as a query.
    pub(super) fn serves(&self, method: &MethodDescriptor) -> bool {
        let service = method.parent_service();
        match &self.served {
            Served::Packages(packages) => packages.iter().any(|package| package == service.package_name()),
            Served::Exactly { queries, messages } => {
                if options::is_msg_service(service) {
                    messages.contains(&format!("/{}", method.input().full_name()))
                } else {
                    queries.contains(&path_of(method))
                }
            }
        }
    }
}

/// The path a method is queried at.
pub fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}
