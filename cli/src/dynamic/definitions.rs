//! The definitions the wallet works with, and which of them the chain serves.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use agora_framework::{Registry, RegistryError};
use agora_proto::amino::AminoCodec;
use agora_proto::json::JsonCodec;
use agora_proto::options;
use prost::Name;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, ServiceDescriptor};
use prost_types::Any;
use serde_json::Value;

use crate::error::{CliError, Result};

/// Which services of a pool a chain serves. What is not served gets no command; what any of the lists names is.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// Packages served as a whole, for example `cosmos.bank.v1beta1`.
    pub packages: BTreeSet<String>,
    /// Paths of queries, for example `/cosmos.bank.v1beta1.Query/Balance`.
    pub queries: BTreeSet<String>,
    /// Type URLs of messages, for example `/cosmos.bank.v1beta1.MsgSend`.
    pub messages: BTreeSet<String>,
}

/// The definitions of one chain.
#[derive(Debug)]
pub struct Definitions {
    pool: DescriptorPool,
    served: Served,
    json: JsonCodec,
    amino: AminoCodec,
}

/// Packages that the node answers itself, whatever the modules.
const NODE_PACKAGES: [&str; 3] =
    ["cosmos.base.node.v1beta1", "cosmos.base.tendermint.v1beta1", "cosmos.tx.v1beta1"];

static CURRENT: OnceLock<Definitions> = OnceLock::new();

impl Definitions {
    /// The definitions in `pool`, of which `served` have commands.
    pub fn new(pool: &DescriptorPool, served: Served) -> Self {
        Self { pool: pool.clone(), served, json: JsonCodec::new(pool), amino: AminoCodec::new(pool) }
    }

    /// The definitions of a chain that answers these query paths and executes messages of these type URLs, beside what
    /// every node answers itself.
    pub fn of_chain<Q: Into<String>, M: Into<String>>(
        pool: &DescriptorPool,
        queries: impl IntoIterator<Item = Q>,
        messages: impl IntoIterator<Item = M>,
    ) -> Self {
        let served = Served {
            packages: NODE_PACKAGES.iter().map(|name| (*name).to_owned()).collect(),
            queries: queries.into_iter().map(Into::into).collect(),
            messages: messages.into_iter().map(Into::into).collect(),
        };
        Self::new(pool, served)
    }

    /// The definitions of the modules this program is built with.
    ///
    /// # Errors
    /// If the list of modules contradicts itself.
    pub fn of_modules() -> std::result::Result<Self, RegistryError> {
        let registry = Registry::new(agora_runtime::modules())?;
        Ok(Self::of_chain(
            registry.pool(),
            registry.query_paths(),
            registry.message_types().map(|(url, _)| url),
        ))
    }

    /// The definitions of this process: what [`Definitions::install`] was given, or those of the modules.
    pub fn current() -> &'static Self {
        // A list of modules that contradicts itself stops every node; the wallet can still ask what a node answers itself.
        CURRENT.get_or_init(|| {
            let bare = || Self::of_chain(agora_proto::descriptor_pool(), [""; 0], [""; 0]);
            Self::of_modules().unwrap_or_else(|_| bare())
        })
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

    /// A message from its encoded form.
    pub fn dynamic(&self, any: &Any) -> Result<DynamicMessage> {
        DynamicMessage::decode(self.message_of_url(&any.type_url)?, any.value.as_slice())
            .map_err(|error| CliError::usage(format!("this is not a {}", any.type_url)).because(error))
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
        self.served.packages.contains(service.package_name())
            || if options::is_msg_service(service) {
                self.served.messages.contains(&format!("/{}", method.input().full_name()))
            } else {
                self.served.queries.contains(&path_of(method))
            }
    }
}

/// The path a method is queried at.
pub fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_the_modules_serve_has_a_definition_and_is_served_here() {
        let definitions = Definitions::of_modules().unwrap();
        let registry = Registry::new(agora_runtime::modules()).unwrap();
        let methods: Vec<MethodDescriptor> =
            definitions.services().iter().flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
        for path in registry.query_paths() {
            let method = methods.iter().find(|method| path_of(method) == path);
            assert!(method.is_some_and(|method| definitions.serves(method)), "{path}");
        }
        for (url, _) in registry.message_types() {
            let found = methods.iter().find(|method| {
                options::is_msg_service(method.parent_service())
                    && format!("/{}", method.input().full_name()) == url
            });
            assert!(found.is_some_and(|method| definitions.serves(method)), "{url}");
        }
    }
}
