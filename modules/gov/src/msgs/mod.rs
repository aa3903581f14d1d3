//! Messages, valid once constructed.

mod beta;
mod content;
mod deposit;
mod submit;
mod update_params;
mod vote;

pub use beta::{DepositBeta, SubmitBeta, VoteBeta, VoteWeightedBeta};
pub use content::ExecLegacyContent;
pub(crate) use content::{Legacy, shown as legacy_content};
pub use deposit::{CancelProposal, Deposit};
pub use submit::SubmitProposal;
pub use update_params::UpdateParams;
pub(crate) use vote::shown;
pub use vote::{Vote, VoteWeighted};
