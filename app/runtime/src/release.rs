//! What makes a program a release: its list of modules with their upgrades, and its version.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use agora_framework::Module;

/// A release of the state machine.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// The version of the state machine; see [`crate::APP_VERSION`].
    pub app_version: u64,
    /// Makes the list of modules, of which the first passes by what is planned for the heights given.
    pub modules: fn(BTreeSet<u64>) -> Vec<Arc<dyn Module>>,
}

static RELEASE: OnceLock<Release> = OnceLock::new();

impl Release {
    /// This one.
    #[must_use]
    pub const fn own() -> Self {
        Self { app_version: crate::APP_VERSION, modules: crate::modules::skipping }
    }

    /// Makes it the program's, before anything else: what `Runtime::standard` gives from then on. Later calls do nothing.
    ///
    /// For builds that go on where this one stops, such as those that tests replace a running network by.
    pub fn install(self) {
        let _ = RELEASE.set(self);
    }

    /// The program's.
    pub(crate) fn current() -> Self {
        RELEASE.get().copied().unwrap_or_else(Self::own)
    }
}
