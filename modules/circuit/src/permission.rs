//! Who may close what.

use agora_framework::AppError;
use agora_framework::errors::sdk;
use agora_proto::cosmos::circuit::v1 as wire;
use borsh::{BorshDeserialize, BorshSerialize};
use wire::permissions::Level;

/// The most entries of a permission.
const MAX_LISTED: usize = 64;

/// What an account may close and open.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Permission {
    /// These type URLs and modules; not empty.
    Some(Vec<String>),
    /// Everything that can be closed.
    All,
    /// That, and who else may.
    SuperAdmin,
}
agora_state::borsh_value!(Permission, 1);

impl Permission {
    /// Whether it is for an entry, which belongs to `module`.
    #[must_use]
    pub fn covers(&self, entry: &str, module: &str) -> bool {
        match self {
            Self::Some(entries) => entries.iter().any(|own| own == entry || own == module),
            Self::All | Self::SuperAdmin => true,
        }
    }

    /// Reads a permission; `None` for none.
    ///
    /// # Errors
    /// Code 18 for an unknown level, or a list that does not fit it.
    pub(crate) fn parse(wire: Option<&wire::Permissions>) -> Result<Option<Self>, AppError> {
        let refused = |what: String| Err(sdk::INVALID_REQUEST.wrap(what));
        let Some(wire) = wire else { return refused("the permissions are missing".to_owned()) };
        let Ok(level) = Level::try_from(wire.level) else {
            return refused(format!("{} is no level of permissions; it is 0 to 3", wire.level));
        };
        let entries = &wire.limit_type_urls;
        if level != Level::SomeMsgs && !entries.is_empty() {
            return refused(format!(
                "limit_type_urls go with LEVEL_SOME_MSGS, not with {}",
                level.as_str_name()
            ));
        }
        Ok(match level {
            Level::NoneUnspecified => None,
            Level::AllMsgs => Some(Self::All),
            Level::SuperAdmin => Some(Self::SuperAdmin),
            Level::SomeMsgs if entries.is_empty() || entries.len() > MAX_LISTED => {
                return refused(format!(
                    "LEVEL_SOME_MSGS needs 1 to {MAX_LISTED} limit_type_urls, got {}",
                    entries.len()
                ));
            }
            Level::SomeMsgs => Some(Self::Some(entries.clone())),
        })
    }

    /// A permission as the wire has it.
    pub(crate) fn wire(permission: Option<&Self>) -> wire::Permissions {
        let (level, limit_type_urls) = match permission {
            None => (Level::NoneUnspecified, Vec::new()),
            Some(Self::Some(entries)) => (Level::SomeMsgs, entries.clone()),
            Some(Self::All) => (Level::AllMsgs, Vec::new()),
            Some(Self::SuperAdmin) => (Level::SuperAdmin, Vec::new()),
        };
        wire::Permissions { level: level.into(), limit_type_urls }
    }
}
