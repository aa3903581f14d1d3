//! What every message is asked.

use agora_framework::errors::sdk;
use agora_framework::{AppError, DynMessage, MessageGate, Registry};
use agora_state::StateRead;

use crate::Circuit;
use crate::error::{ALWAYS_OPEN as NEVER_CLOSED, CLOSED};
use crate::state;

/// Modules whose messages are never closed: with them closed, nobody could open anything again.
pub const ALWAYS_OPEN: [&str; 2] = ["gov", "circuit"];

impl MessageGate for Circuit {
    fn admits(&self, state: &dyn StateRead, message: &dyn DynMessage) -> Result<(), AppError> {
        let closed = state::closed(state)?;
        let (url, module) = (message.type_url(), message.module());
        if closed.is_empty() || ALWAYS_OPEN.contains(&module) {
            return Ok(());
        }
        match closed.iter().find(|entry| *entry == url || *entry == module) {
            Some(entry) => Err(CLOSED.wrap(format_args!(
                "{url} is refused at present, because {entry:?} is closed; governance, or an account with the permission, opens it \
                 with MsgResetCircuitBreaker"
            ))),
            None => Ok(()),
        }
    }
}

/// The module that an entry is about: it names it, or one of its messages.
///
/// # Errors
/// Code 18 for what is neither, 3 for what is never closed.
pub(crate) fn module_of(registry: &Registry, entry: &str) -> Result<&'static str, AppError> {
    let module = registry.modules().iter().map(|module| module.name()).find(|name| *name == entry);
    let module = module.or_else(|| registry.message_module(entry)).ok_or_else(|| {
        sdk::INVALID_REQUEST.wrap(format_args!(
            "{entry:?} is neither the type URL of a message that the chain handles nor the name of a module"
        ))
    })?;
    if ALWAYS_OPEN.contains(&module) {
        return Err(NEVER_CLOSED.wrap(format_args!(
            "{entry:?} belongs to {module}, without which nothing could be opened again"
        )));
    }
    Ok(module)
}
