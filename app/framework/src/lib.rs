#![doc = include_str!("../README.md")]

mod access;
mod context;
pub mod errors;
mod event;
mod gas;
pub mod genesis;
mod message;
mod module;
mod pagination;
mod registry;

pub use access::{Access, AccessHint, MAX_HINTS};
pub use context::{BlockCtx, BlockInfo, ExecCtx, GenesisCtx, QueryCtx, StateCtx, TxInfo, TxView};
pub use errors::{AppError, ErrorCode, QueryError};
pub use event::Event;
pub use gas::{GasMeter, GasSchedule};
pub use message::{DynMessage, Message};
pub use module::{Invariant, Module, ModuleAccount, Permission, ValidatorUpdate};
pub use pagination::{PageRequest, PageResponse, paginate};
pub use registry::{QueryHandler, Registry, RegistryError};
