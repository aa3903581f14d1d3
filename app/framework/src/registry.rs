//! Everything the list of modules adds up to.

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_primitives::{Address, module_address};
use agora_proto::json::JsonCodec;
use agora_state::{CollectionInfo, StateRead, StoreId};
use prost::Name;
use prost_reflect::DescriptorPool;

use crate::context::QueryCtx;
use crate::errors::{AppError, QueryError, sdk};
use crate::message::{DynMessage, Handler, Message, Routed};
use crate::module::{Module, ModuleAccount};

/// The module whose account is the authority over parameters.
const AUTHORITY_MODULE: &str = "gov";

/// Answers one query path: bytes in, bytes out.
pub type QueryHandler = Box<dyn Fn(&QueryCtx<'_>, &[u8]) -> Result<Vec<u8>, QueryError> + Send + Sync>;

type Decoder = Box<dyn Fn(&[u8]) -> Result<Box<dyn DynMessage>, AppError> + Send + Sync>;

/// A list of modules that contradicts itself. A mistake of the programmer, found at start and in tests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two of the same.
    #[error("{what} {name:?} is declared twice")]
    Duplicate {
        /// The kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A name, store or collection that breaks a rule.
    #[error("{0}")]
    Invalid(String),
    /// A descriptor set cannot be read.
    #[error("the definitions of module {module:?} cannot be read: {reason}")]
    Descriptors {
        /// The module.
        module: &'static str,
        /// Why not.
        reason: String,
    },
}

/// Message and query routing, module accounts, stores, definitions.
pub struct Registry {
    modules: Vec<Arc<dyn Module>>,
    stake_followers: Arc<[Arc<dyn Module>]>,
    gates: Vec<Arc<dyn Module>>,
    messages: BTreeMap<String, Decoder>,
    message_modules: BTreeMap<String, &'static str>,
    queries: BTreeMap<&'static str, QueryHandler>,
    accounts: BTreeMap<Address, ModuleAccount>,
    collections: Vec<CollectionInfo>,
    stores: Vec<StoreId>,
    pool: DescriptorPool,
    json: JsonCodec,
    current: &'static str,
    errors: Vec<RegistryError>,
}

impl Registry {
    /// Registers the modules in order.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn new(modules: Vec<Arc<dyn Module>>) -> Result<Self, RegistryError> {
        let extra: Vec<&[u8]> = modules.iter().map(|m| m.descriptors()).filter(|d| !d.is_empty()).collect();
        let pool = agora_proto::pool_with(&extra)
            .map_err(|e| RegistryError::Descriptors { module: "(all)", reason: e.to_string() })?;
        let mut registry = Self {
            modules: modules.clone(),
            stake_followers: modules.iter().filter(|m| m.stake_hooks().is_some()).cloned().collect(),
            gates: modules.iter().filter(|m| m.gate().is_some()).cloned().collect(),
            messages: BTreeMap::new(),
            message_modules: BTreeMap::new(),
            queries: BTreeMap::new(),
            accounts: BTreeMap::new(),
            collections: Vec::new(),
            stores: Vec::new(),
            json: JsonCodec::new(&pool),
            pool,
            current: "",
            errors: Vec::new(),
        };
        let mut names: Vec<&'static str> = Vec::new();
        for module in &modules {
            registry.current = module.name();
            if names.contains(&module.name()) {
                return Err(duplicate("module", module.name()));
            }
            names.push(module.name());
            registry.add_state(module.as_ref())?;
            for account in module.accounts() {
                if registry.accounts.insert(account.address(), *account).is_some() {
                    return Err(duplicate("module account", account.name));
                }
            }
            module.register(&mut registry);
        }
        match registry.errors.pop() {
            Some(error) => Err(error),
            None => Ok(registry),
        }
    }

    fn add_state(&mut self, module: &dyn Module) -> Result<(), RegistryError> {
        if let Some(store) = module.store() {
            let name = store.name();
            if name.is_empty()
                || name.len() > 32
                || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            {
                return Err(RegistryError::Invalid(format!(
                    "store name {name:?} is not lower-case ASCII of 1 to 32"
                )));
            }
            if self.stores.contains(&store) {
                return Err(duplicate("store", name));
            }
            self.stores.push(store);
        }
        for info in module.collections() {
            if Some(info.store) != module.store() {
                return Err(RegistryError::Invalid(format!(
                    "collection {} of module {} lies in the foreign store {}",
                    info.name,
                    module.name(),
                    info.store
                )));
            }
            if self.collections.iter().any(|c| c.store == info.store && c.id == info.id) {
                return Err(duplicate("collection id", &format!("{}/{}", info.store, info.id)));
            }
            self.collections.push(info);
        }
        Ok(())
    }

    /// Declares a message and what executes it.
    pub fn message<M: Message>(&mut self, handler: Handler<M>) {
        let type_url = agora_proto::type_url::<M::Wire>();
        let module = self.current;
        if self.pool.get_message_by_name(&M::Wire::full_name()).is_none() {
            self.errors.push(RegistryError::Invalid(format!("{type_url} has no definition")));
        }
        let url = type_url.clone();
        let decoder: Decoder = Box::new(move |bytes| {
            let wire = <M::Wire as prost::Message>::decode(bytes).map_err(|e| sdk::TX_DECODE.wrap(e))?;
            Ok(Box::new(Routed::<M> { wire, type_url: url.clone(), module, handler }))
        });
        self.message_modules.insert(type_url.clone(), module);
        if self.messages.insert(type_url.clone(), decoder).is_some() {
            self.errors.push(duplicate("message", &type_url));
        }
    }

    /// Declares a query: its gRPC path and what answers it.
    pub fn query<Req, Res>(
        &mut self,
        path: &'static str,
        handler: fn(&QueryCtx<'_>, Req) -> Result<Res, QueryError>,
    ) where
        Req: prost::Message + Default + 'static,
        Res: prost::Message + 'static,
    {
        if self.method(path).is_none() {
            self.errors.push(RegistryError::Invalid(format!("query {path} has no definition")));
        }
        let answer: QueryHandler = Box::new(move |ctx, bytes| {
            let request = Req::decode(bytes)
                .map_err(|e| QueryError::invalid(format_args!("malformed request: {e}")))?;
            Ok(handler(ctx, request)?.encode_to_vec())
        });
        if self.queries.insert(path, answer).is_some() {
            self.errors.push(duplicate("query", path));
        }
    }

    /// The definition of a gRPC path.
    #[must_use]
    pub fn method(&self, path: &str) -> Option<prost_reflect::MethodDescriptor> {
        let (service, method) = path.strip_prefix('/')?.split_once('/')?;
        self.pool.get_service_by_name(service)?.methods().find(|m| m.name() == method)
    }

    /// Decodes a message of any module.
    ///
    /// # Errors
    /// Code 6 for a type nobody handles, code 2 for malformed bytes.
    pub fn decode(&self, any: &prost_types::Any) -> Result<Box<dyn DynMessage>, AppError> {
        let decoder = self.messages.get(&any.type_url).ok_or_else(|| {
            sdk::UNKNOWN_REQUEST.wrap(format_args!("no message handler found for {:?}", any.type_url))
        })?;
        decoder(&any.value)
    }

    /// The module that handles messages of this type.
    #[must_use]
    pub fn message_module(&self, type_url: &str) -> Option<&'static str> {
        self.message_modules.get(type_url).copied()
    }

    /// Asks every module that may refuse messages.
    ///
    /// # Errors
    /// The first refusal.
    pub fn admit(&self, state: &dyn StateRead, message: &dyn DynMessage) -> Result<(), AppError> {
        self.gates.iter().filter_map(|module| module.gate()).try_for_each(|gate| gate.admits(state, message))
    }

    /// Answers a query path.
    ///
    /// # Errors
    /// Code 12 for a path nobody answers, else what the module says.
    pub fn answer(&self, ctx: &QueryCtx<'_>, path: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
        let handler = self
            .queries
            .get(path)
            .ok_or_else(|| QueryError::unimplemented(format_args!("unknown query path {path}")))?;
        handler(ctx, request)
    }

    /// Whether a module answers this path.
    #[must_use]
    pub fn has_query(&self, path: &str) -> bool {
        self.queries.contains_key(path)
    }

    /// The paths that are answered, in order.
    pub fn query_paths(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.queries.keys().copied()
    }

    /// The messages that are handled, with their modules, in order.
    pub fn message_types(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.message_modules.iter().map(|(url, module)| (url.as_str(), *module))
    }

    /// The modules in list order.
    #[must_use]
    pub fn modules(&self) -> &[Arc<dyn Module>] {
        &self.modules
    }

    /// The modules that follow stakes, in list order.
    #[must_use]
    pub fn stake_followers(&self) -> Arc<[Arc<dyn Module>]> {
        Arc::clone(&self.stake_followers)
    }

    /// The module account at `address`.
    #[must_use]
    pub fn module_account(&self, address: &Address) -> Option<&ModuleAccount> {
        self.accounts.get(address)
    }

    /// Every module account, by address.
    pub fn module_accounts(&self) -> impl Iterator<Item = (&Address, &ModuleAccount)> {
        self.accounts.iter()
    }

    /// Every collection declared.
    #[must_use]
    pub fn collections(&self) -> &[CollectionInfo] {
        &self.collections
    }

    /// Who may change parameters: the account of governance.
    #[must_use]
    pub fn authority(&self) -> Address {
        module_address(AUTHORITY_MODULE)
    }

    /// Refuses anyone but the authority.
    ///
    /// # Errors
    /// Code 4, naming both addresses.
    pub fn require_authority(&self, claimed: &str) -> Result<(), AppError> {
        let expected = self.authority();
        match claimed.parse::<Address>() {
            Ok(address) if address == expected => Ok(()),
            _ => {
                Err(sdk::UNAUTHORIZED
                    .wrap(format_args!("invalid authority: expected {expected}, got {claimed}")))
            }
        }
    }

    /// The stores, in list order.
    #[must_use]
    pub fn stores(&self) -> &[StoreId] {
        &self.stores
    }

    /// The JSON of the definitions, as REST and genesis files have it.
    #[must_use]
    pub const fn json(&self) -> &JsonCodec {
        &self.json
    }

    /// All definitions: the standard ones and the modules' own.
    #[must_use]
    pub const fn pool(&self) -> &DescriptorPool {
        &self.pool
    }
}

fn duplicate(what: &'static str, name: &str) -> RegistryError {
    RegistryError::Duplicate { what, name: name.to_owned() }
}
