//! Who may refuse messages of other modules.

use agora_state::StateRead;

use crate::errors::AppError;
use crate::message::DynMessage;

/// A module that may refuse messages, its own or others'.
///
/// It is asked before every message: of a transaction, within another message, in a block hook. The question costs no gas, so it
/// must be cheap: one read of one entry.
pub trait MessageGate: Send + Sync {
    /// Lets the message run.
    ///
    /// # Errors
    /// Why it may not run at present, and what would change that.
    fn admits(&self, state: &dyn StateRead, message: &dyn DynMessage) -> Result<(), AppError>;
}
