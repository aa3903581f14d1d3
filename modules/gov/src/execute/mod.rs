//! What the messages do.

pub(crate) mod beta;
mod cancel_proposal;
mod deposit;
mod legacy;
mod submit_proposal;
mod update_params;
mod vote;

pub(crate) use cancel_proposal::cancel_proposal;
pub(crate) use deposit::deposit;
pub(crate) use legacy::exec_legacy_content;
pub(crate) use submit_proposal::submit_proposal;
pub(crate) use update_params::{check_dest, update_params};
pub(crate) use vote::{vote, vote_weighted};
