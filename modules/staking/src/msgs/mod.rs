//! Messages, valid once constructed.

mod create_validator;
mod delegation;
mod edit_validator;
mod update_params;

pub use create_validator::CreateValidator;
pub(crate) use create_validator::{check_description, check_rates};
pub use delegation::{BeginRedelegate, CancelUnbonding, Delegate, Undelegate};
pub use edit_validator::{EditValidator, KEEP};
pub use update_params::UpdateParams;
