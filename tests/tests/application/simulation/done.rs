//! What became of a transaction, with its messages in the order in which they ran.

use agora_proto::cosmos::authz::v1beta1::MsgExec;
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody, TxRaw};
use agora_tests::harness::Outcome;
use prost::Message as _;
use prost_types::Any;

/// A transaction of a block and its outcome.
pub(super) struct Done {
    pub(super) bytes: Vec<u8>,
    pub(super) outcome: Outcome,
}

/// A message of a transaction, or of an execution within.
pub(super) struct Step {
    /// Who executes it for its signer; nobody if it is one of the transaction's own.
    pub(super) by: Option<String>,
    pub(super) message: Any,
}

/// A message that is known to be of this type.
pub(super) fn read<M: prost::Message + Default>(message: &Any) -> M {
    M::decode(message.value.as_slice()).expect("a message of its type")
}

impl Done {
    /// Whether its messages have had their effect.
    pub(super) fn passed(&self) -> bool {
        self.outcome.code == 0
    }

    /// Its messages, those of executions after them.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for message in self.body().messages {
            descend(None, message, &mut steps);
        }
        steps
    }

    /// Type URLs of its own messages.
    pub(super) fn type_urls(&self) -> Vec<String> {
        self.body().messages.into_iter().map(|message| message.type_url).collect()
    }

    /// Its fee.
    pub(super) fn fee(&self) -> Fee {
        let raw = TxRaw::decode(self.bytes.as_slice()).expect("a transaction");
        let info = AuthInfo::decode(raw.auth_info_bytes.as_slice()).expect("signers and a fee");
        info.fee.unwrap_or_default()
    }

    fn body(&self) -> TxBody {
        let raw = TxRaw::decode(self.bytes.as_slice()).expect("a transaction");
        TxBody::decode(raw.body_bytes.as_slice()).expect("a body")
    }
}

fn descend(by: Option<String>, message: Any, steps: &mut Vec<Step>) {
    let within = message.type_url.ends_with("authz.v1beta1.MsgExec").then(|| read::<MsgExec>(&message));
    steps.push(Step { by, message });
    if let Some(exec) = within {
        for message in exec.msgs {
            descend(Some(exec.grantee.clone()), message, steps);
        }
    }
}
