//! Settings: which chain, which node, which key - from flags, environment, profiles and defaults, in that order.

mod file;
mod key;
mod settings;

pub use file::{ConfigFile, home_dir};
pub use key::SettingKey;
pub use settings::{Setting, Settings, Source};

/// The profile that is there without any configuration: the embedded development network.
pub const BUILTIN_PROFILE: &str = "devnet";
