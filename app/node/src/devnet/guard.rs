//! Calls into the application: a panic there becomes an error here.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The application failed in a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the application failed in {call}: {reason}")]
pub(super) struct Fault {
    call: &'static str,
    reason: String,
}

/// Runs `call`, which enters the application.
pub(super) fn guarded<T>(name: &'static str, call: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| Fault { call: name, reason: text(panic.as_ref()) })
}

fn text(panic: &(dyn Any + Send)) -> String {
    (panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked without a message".to_owned())
}
