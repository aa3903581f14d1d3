#![doc = include_str!("../README.md")]
// The determinism and money rules; `.clippy.toml` has the lists.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::iter_over_hash_type,
        clippy::panic,
        clippy::unwrap_used
    )
)]

mod access;
mod context;
mod decided;
pub mod errors;
mod event;
mod gas;
mod gate;
pub mod genesis;
mod guard;
mod hook_tx;
mod message;
mod module;
mod pagination;
mod registry;
mod stake;
pub mod time;
pub mod wire;

pub use access::{Access, AccessHint, MAX_HINTS};
pub use context::{
    BlockCtx, BlockInfo, Dispatched, ExecCtx, GenesisCtx, MAX_NESTING, QueryCtx, StateCtx, TxInfo, TxView,
};
pub use decided::{Decided, Misbehavior, Offence, Vote, Voted};
pub use errors::{AppError, ErrorCode, QueryError};
pub use event::{Event, Events, PackedEvent, PackedText, Text};
pub use gas::{GasMeter, GasSchedule};
pub use gate::MessageGate;
pub use guard::guarded;
pub use hook_tx::{HookOutcome, HookTx};
pub use message::{DynMessage, Message};
pub use module::{Invariant, Module, ModuleAccount, Permission, ValidatorUpdate};
pub use pagination::{PageRequest, PageResponse, paginate, paginate_within};
pub use registry::{QueryHandler, Registry, RegistryError};
pub use stake::{SharesChange, StakeHooks};
