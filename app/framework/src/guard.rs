//! The boundary of a transaction: whatever happens inside is its own failure.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::errors::{AppError, sdk};
use crate::gas::GasMeter;

/// Runs `body`. A panic in it is an error, and used-up gas decides whatever `body` made of it.
///
/// Open savepoints of a body that failed are the caller's to drop.
///
/// # Errors
/// Those of `body`; out of gas; [`sdk::PANIC`] with the panic's text.
pub fn guarded<T>(meter: &GasMeter, body: impl FnOnce() -> Result<T, AppError>) -> Result<T, AppError> {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "unknown cause".to_owned());
        Err(sdk::PANIC.wrap(format_args!("recovered: {text}")))
    });
    match (outcome, meter.exhausted()) {
        (Err(error), _) if error.fatal => Err(error),
        (_, Some(out_of_gas)) => Err(out_of_gas),
        (outcome, None) => outcome,
    }
}
