//! Messages: from wire to domain.

use agora_primitives::{Address, AddressError};

use crate::access::AccessHint;
use crate::context::ExecCtx;
use crate::errors::{AppError, sdk};

/// A domain message: valid once constructed.
pub trait Message: Sized + Send + Sync + 'static {
    /// The protobuf message.
    type Wire: prost::Message + prost::Name + Default + Send + Sync + 'static;
    /// The protobuf response.
    type Response: prost::Message + prost::Name + Default;

    /// The addresses that must sign, in order, as the wire says them. Equal to the definition's
    /// `cosmos.msg.v1.signer` option; a test compares the two.
    fn signers(wire: &Self::Wire) -> Vec<&str>;

    /// The account behind a signer's text. Most definitions name accounts; a validator's operator is named with a prefix of its
    /// own.
    ///
    /// # Errors
    /// The text is no such address.
    fn signer(text: &str) -> Result<Address, AddressError> {
        text.parse()
    }

    /// Checks everything that can be checked without state.
    ///
    /// # Errors
    /// The first rule broken.
    fn parse(wire: &Self::Wire) -> Result<Self, AppError>;

    /// What the message is likely to touch. Pure, without state.
    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        let _ = (wire, hint);
    }
}

/// Implements the part of [`Message`] that messages with one signer have in common: wire and response, and the field of the wire
/// that names who signs; after `by`, how its text is read where that is not an account's address.
///
/// ```ignore
/// message!(wire::MsgDelegate, wire::MsgDelegateResponse, delegator_address);
/// message!(wire::MsgUnjail, wire::MsgUnjailResponse, validator_addr by operator);
/// ```
#[macro_export]
macro_rules! message {
    ($wire:ty, $response:ty, $signer:ident $(by $read:path)?) => {
        type Wire = $wire;
        type Response = $response;

        fn signers(wire: &Self::Wire) -> Vec<&str> {
            vec![&wire.$signer]
        }

        $(
            fn signer(text: &str) -> Result<::agora_primitives::Address, ::agora_primitives::AddressError> {
                $read(text)
            }
        )?
    };
}

/// A decoded message of any module.
pub trait DynMessage: Send + Sync {
    /// `/package.Message`.
    fn type_url(&self) -> &str;

    /// The owning module.
    fn module(&self) -> &'static str;

    /// Who must sign, in order, without duplicates.
    ///
    /// # Errors
    /// An address is malformed.
    fn signers(&self) -> Result<Vec<Address>, AppError>;

    /// What it is likely to touch.
    fn access(&self, hint: &mut AccessHint);

    /// Checks everything that can be checked without state.
    ///
    /// # Errors
    /// The first rule broken.
    fn validate(&self) -> Result<(), AppError>;

    /// Validates and executes it; returns the encoded response and its type URL.
    ///
    /// # Errors
    /// What the module says.
    fn execute(&self, ctx: &mut ExecCtx<'_>) -> Result<prost_types::Any, AppError>;
}

/// What executes a message of type `M`.
pub(crate) type Handler<M> = fn(&mut ExecCtx<'_>, M) -> Result<<M as Message>::Response, AppError>;

/// A message with its handler.
pub(crate) struct Routed<M: Message> {
    pub(crate) wire: M::Wire,
    pub(crate) type_url: String,
    pub(crate) module: &'static str,
    pub(crate) handler: Handler<M>,
}

impl<M: Message> DynMessage for Routed<M> {
    fn type_url(&self) -> &str {
        &self.type_url
    }

    fn module(&self) -> &'static str {
        self.module
    }

    fn signers(&self) -> Result<Vec<Address>, AppError> {
        let mut signers = Vec::new();
        for text in M::signers(&self.wire) {
            let signer = M::signer(text).map_err(|e| sdk::INVALID_ADDRESS.wrap(e))?;
            if !signers.contains(&signer) {
                signers.push(signer);
            }
        }
        Ok(signers)
    }

    fn access(&self, hint: &mut AccessHint) {
        M::access(&self.wire, hint);
    }

    fn validate(&self) -> Result<(), AppError> {
        M::parse(&self.wire).map(drop)
    }

    fn execute(&self, ctx: &mut ExecCtx<'_>) -> Result<prost_types::Any, AppError> {
        let response = (self.handler)(ctx, M::parse(&self.wire)?)?;
        Ok(agora_proto::pack(&response))
    }
}
