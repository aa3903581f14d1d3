//! What became of a transaction.

use std::sync::Arc;

use agora_primitives::Denom;
use agora_proto::cosmos::base::abci::v1beta1::TxMsgData;
use agora_store::Store;
use prost::Message;
use tendermint_proto::v0_38::abci::{ExecTxResult, ResponseCheckTx};

use super::events::{Event, TypedEvent};
use crate::txs::Addressed;

/// The result of a transaction, of CheckTx or of a block. It must be looked at.
#[derive(Clone)]
#[must_use = "a transaction may have failed: expect_ok or expect_code says what it must have done"]
pub struct Outcome {
    /// 0, or the error's code.
    pub code: u32,
    /// Whose code it is.
    pub codespace: String,
    /// What went wrong.
    pub log: String,
    /// Encoded `TxMsgData`.
    pub data: Vec<u8>,
    /// Gas asked for.
    pub gas_wanted: i64,
    /// Gas used.
    pub gas_used: i64,
    /// The events, in order.
    pub events: Vec<Event>,
    /// The block's height; the head's for CheckTx.
    pub height: u64,
    store: Arc<Store>,
}

impl Outcome {
    pub(super) fn delivered(result: &ExecTxResult, height: u64, store: &Arc<Store>) -> Self {
        Self {
            code: result.code,
            codespace: result.codespace.clone(),
            log: result.log.clone(),
            data: result.data.to_vec(),
            gas_wanted: result.gas_wanted,
            gas_used: result.gas_used,
            events: result.events.iter().map(Event::from).collect(),
            height,
            store: Arc::clone(store),
        }
    }

    pub(super) fn checked(result: &ResponseCheckTx, height: u64, store: &Arc<Store>) -> Self {
        Self {
            code: result.code,
            codespace: result.codespace.clone(),
            log: result.log.clone(),
            data: result.data.to_vec(),
            gas_wanted: result.gas_wanted,
            gas_used: result.gas_used,
            events: result.events.iter().map(Event::from).collect(),
            height,
            store: Arc::clone(store),
        }
    }

    /// Codespace and code.
    #[must_use]
    pub fn verdict(&self) -> (&str, u32) {
        (&self.codespace, self.code)
    }

    /// It succeeded.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)]
    pub fn expect_ok(self) -> Checked {
        assert_eq!(self.verdict(), ("", 0), "expected success: {}", self.log);
        assert!(self.log.is_empty(), "a success has no log: {}", self.log);
        Checked(self)
    }

    /// It failed with this code.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn expect_code(self, codespace: &str, code: u32) -> Checked {
        assert_eq!(self.verdict(), (codespace, code), "another outcome was expected: {}", self.log);
        assert!(!self.log.is_empty(), "a failure says why");
        assert!(self.data.is_empty(), "a failure has no data");
        Checked(self)
    }
}

/// An outcome that was looked at.
#[derive(Clone)]
pub struct Checked(Outcome);

impl std::ops::Deref for Checked {
    type Target = Outcome;

    fn deref(&self) -> &Outcome {
        &self.0
    }
}

impl Checked {
    /// The log has this in it.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)]
    pub fn saying(self, text: &str) -> Self {
        assert!(self.log.contains(text), "{:?} is not in {:?}", text, self.log);
        self
    }

    /// By how much the block changed a balance.
    ///
    /// # Panics
    /// If the state around the block cannot be read.
    #[must_use]
    pub fn delta(&self, holder: &impl Addressed, denom: &str) -> i128 {
        let denom: Denom = denom.parse().expect("a denom");
        let at = |height| {
            let state = self.store.snapshot(Some(height)).expect("the state around the block");
            agora_bank::api::balance(&state, &holder.address(), &denom).expect("a balance").cast_signed()
        };
        at(self.height) - at(self.height - 1)
    }

    /// Every event of this shape.
    #[must_use]
    pub fn all<E: TypedEvent>(&self) -> Vec<E> {
        self.events.iter().filter_map(E::read).collect()
    }

    /// The only event of this shape.
    ///
    /// # Panics
    /// If there is none or more than one.
    #[track_caller]
    #[must_use]
    pub fn only<E: TypedEvent>(&self) -> E {
        let mut all = self.all::<E>();
        assert_eq!(all.len(), 1, "one {} was expected: {}", E::KIND, self.event_lines().join("\n"));
        all.remove(0)
    }

    /// The events of a type.
    #[must_use]
    pub fn of(&self, kind: &str) -> Vec<&Event> {
        self.events.iter().filter(|event| event.kind == kind).collect()
    }

    /// The events, one a line.
    #[must_use]
    pub fn event_lines(&self) -> Vec<String> {
        self.events.iter().map(Event::line).collect()
    }

    /// The types of the events with their keys, in order: the shape that clients rely on.
    #[must_use]
    pub fn shape(&self) -> Vec<String> {
        self.events.iter().map(|event| format!("{}:{}", event.kind, event.keys().join(","))).collect()
    }

    /// The responses of the messages: type URLs and bytes.
    ///
    /// # Panics
    /// If the data is malformed.
    #[must_use]
    pub fn responses(&self) -> Vec<prost_types::Any> {
        TxMsgData::decode(self.data.as_slice()).expect("TxMsgData").msg_responses
    }
}
