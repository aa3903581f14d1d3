//! One file per message.

pub(crate) mod multi_send;
pub(crate) mod send;
pub(crate) mod set_send_enabled;
pub(crate) mod update_params;
