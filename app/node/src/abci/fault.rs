//! How an application that cannot go on says so, through a trait whose methods cannot fail.

use std::sync::OnceLock;

/// The reason an application must not answer any more. Shared between the application and its server; the first
/// reason stays.
#[derive(Debug, Default)]
pub struct Fault(OnceLock<String>);

impl Fault {
    /// No fault yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records that the application cannot go on, with cause and remedy. Whatever the call that found it returns is
    /// thrown away by the server. Later reasons are dropped: the first one is the cause.
    pub fn set(&self, reason: impl Into<String>) {
        let _ = self.0.set(reason.into());
    }

    /// The reason, once there is one.
    pub fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}
