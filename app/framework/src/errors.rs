//! Errors as clients see them: codespace, code, log.

use agora_primitives::AddressError;
use agora_state::StateError;

/// A registered error: stable codespace and code, and the text that ends the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// The codespace: `sdk`, or the module's name.
    pub codespace: &'static str,
    /// The code, unique in the codespace, never 0 or 1.
    pub code: u32,
    /// The registered text.
    pub text: &'static str,
}

impl ErrorCode {
    /// Registers an error.
    #[must_use]
    pub const fn new(codespace: &'static str, code: u32, text: &'static str) -> Self {
        Self { codespace, code, text }
    }

    /// The error with a detail in front: `<detail>: <text>`.
    #[must_use]
    pub fn wrap(&self, detail: impl std::fmt::Display) -> AppError {
        AppError {
            codespace: self.codespace,
            code: self.code,
            log: format!("{detail}: {}", self.text),
            fatal: false,
        }
    }

    /// The error without detail.
    #[must_use]
    pub fn bare(&self) -> AppError {
        AppError { codespace: self.codespace, code: self.code, log: self.text.to_owned(), fatal: false }
    }
}

/// A failed transaction, message or hook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{log}")]
pub struct AppError {
    /// The codespace.
    pub codespace: &'static str,
    /// The code.
    pub code: u32,
    /// What happened, ending in the registered text.
    pub log: String,
    /// The node itself is broken (disk, corruption): it must stop instead of recording a result.
    pub fatal: bool,
}

impl AppError {
    /// Puts more context in front of the log.
    #[must_use]
    pub fn context(mut self, context: impl std::fmt::Display) -> Self {
        self.log = format!("{context}: {}", self.log);
        self
    }
}

impl From<StateError> for AppError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::OutOfGas => sdk::OUT_OF_GAS.bare(),
            StateError::OutOfBounds { .. } => sdk::INVALID_COINS.wrap(error),
            StateError::Size(_) => sdk::INVALID_REQUEST.wrap(error),
            StateError::UnknownHeight { .. } => sdk::INVALID_HEIGHT.wrap(error),
            StateError::Corrupt { .. } | StateError::Backend(_) => {
                Self { fatal: true, ..sdk::IO.wrap(error) }
            }
        }
    }
}

/// A refused query, as gRPC sees it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The gRPC status code.
    pub grpc: u32,
    /// What went wrong.
    pub message: String,
}

impl QueryError {
    /// Code 3: the request is malformed.
    #[must_use]
    pub fn invalid(message: impl std::fmt::Display) -> Self {
        Self { grpc: 3, message: message.to_string() }
    }

    /// Code 5: there is no such thing.
    #[must_use]
    pub fn not_found(message: impl std::fmt::Display) -> Self {
        Self { grpc: 5, message: message.to_string() }
    }

    /// Code 12: nobody answers this path.
    #[must_use]
    pub fn unimplemented(message: impl std::fmt::Display) -> Self {
        Self { grpc: 12, message: message.to_string() }
    }

    /// Code 13: the node failed.
    #[must_use]
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self { grpc: 13, message: message.to_string() }
    }
}

/// A plain application error is gRPC `Unknown` with codespace and code in the text, as the Cosmos SDK has it.
impl From<AppError> for QueryError {
    fn from(error: AppError) -> Self {
        Self { grpc: 2, message: format!("codespace {} code {}: {}", error.codespace, error.code, error.log) }
    }
}

impl From<StateError> for QueryError {
    fn from(error: StateError) -> Self {
        AppError::from(error).into()
    }
}

/// A malformed address is gRPC `Unknown` in most queries of the Cosmos SDK, which registers one of these errors.
impl From<AddressError> for QueryError {
    fn from(error: AddressError) -> Self {
        let message = match error {
            AddressError::Prefix { .. } => {
                format!("codespace sdk code {}: {}: {error}", sdk::LOGIC.code, sdk::LOGIC.text)
            }
            _ => error.to_string(),
        };
        Self { grpc: 2, message }
    }
}

/// The codes of the `sdk` codespace, as the Cosmos SDK registers them.
pub mod sdk {
    use super::ErrorCode;

    macro_rules! codes {
        ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {$(
            $(#[$doc])*
            pub const $name: ErrorCode = ErrorCode::new("sdk", $code, $text);
        )*

        /// Every code of the codespace.
        pub const ALL: &[ErrorCode] = &[$($name),*];
        };
    }

    codes! {
        /// The bytes are no transaction.
        TX_DECODE = 2, "tx parse error";
        /// The sequence cannot be used.
        INVALID_SEQUENCE = 3, "invalid sequence";
        /// Not signed by whom it must be, or by the wrong authority.
        UNAUTHORIZED = 4, "unauthorized";
        /// A balance is too small.
        INSUFFICIENT_FUNDS = 5, "insufficient funds";
        /// Nobody handles this.
        UNKNOWN_REQUEST = 6, "unknown request";
        /// Not an address.
        INVALID_ADDRESS = 7, "invalid address";
        /// Not a usable public key.
        INVALID_PUB_KEY = 8, "invalid pubkey";
        /// No such account.
        UNKNOWN_ADDRESS = 9, "unknown address";
        /// Coins malformed or not positive.
        INVALID_COINS = 10, "invalid coins";
        /// The gas is used up.
        OUT_OF_GAS = 11, "out of gas";
        /// The memo is too long.
        MEMO_TOO_LARGE = 12, "memo too large";
        /// The fee is below the price.
        INSUFFICIENT_FEE = 13, "insufficient fee";
        /// Too many signatures.
        TOO_MANY_SIGNATURES = 14, "maximum number of signatures exceeded";
        /// A signature is missing.
        NO_SIGNATURES = 15, "no signatures supplied";
        /// JSON cannot be written.
        JSON_MARSHAL = 16, "failed to marshal JSON bytes";
        /// JSON cannot be read.
        JSON_UNMARSHAL = 17, "failed to unmarshal JSON bytes";
        /// The request is malformed.
        INVALID_REQUEST = 18, "invalid request";
        /// The transaction waits already.
        TX_IN_MEMPOOL_CACHE = 19, "tx already in mempool";
        /// The mempool is full.
        MEMPOOL_IS_FULL = 20, "mempool is full";
        /// The transaction is too large.
        TX_TOO_LARGE = 21, "tx too large";
        /// No such key.
        KEY_NOT_FOUND = 22, "key not found";
        /// The sequence is not the account's.
        WRONG_SEQUENCE = 32, "incorrect account sequence";
        /// A message cannot be packed.
        PACK_ANY = 33, "failed packing protobuf message to Any";
        /// A message cannot be unpacked.
        UNPACK_ANY = 34, "failed unpacking protobuf message from Any";
        /// A broken rule inside the node.
        LOGIC = 35, "internal logic error";
        /// Two transactions exclude each other.
        CONFLICT = 36, "conflict";
        /// A feature is not supported.
        NOT_SUPPORTED = 37, "feature not supported";
        /// No such thing.
        NOT_FOUND = 38, "not found";
        /// Disk or database failed.
        IO = 39, "internal IO error";
        /// The configuration is wrong.
        APP_CONFIG = 40, "error in app.toml";
        /// More gas is wanted than a block has.
        INVALID_GAS_LIMIT = 41, "invalid gas limit";
        /// The time-out has passed.
        TX_TIMEOUT = 42, "tx timeout";
        /// The height is not available.
        INVALID_HEIGHT = 26, "invalid height";
        /// The version cannot be used.
        INVALID_VERSION = 27, "invalid version";
        /// The chain id is not ours.
        INVALID_CHAIN_ID = 28, "invalid chain-id";
        /// The type is not what is wanted.
        INVALID_TYPE = 29, "invalid type";
        /// The time-out height has passed.
        TX_TIMEOUT_HEIGHT = 30, "tx timeout height";
        /// An extension is not known.
        UNKNOWN_EXTENSION_OPTIONS = 31, "unknown extension options";
        /// A handler panicked; the transaction failed, the node goes on.
        PANIC = 111_222, "panic";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_ends_in_the_registered_text() {
        let error = sdk::INSUFFICIENT_FUNDS.wrap("spendable balance 1uago is smaller than 2uago");
        assert_eq!(error.log, "spendable balance 1uago is smaller than 2uago: insufficient funds");
        assert_eq!((error.codespace, error.code), ("sdk", 5));
        assert_eq!(QueryError::from(error).grpc, 2);
    }

    #[test]
    fn no_code_is_registered_twice() {
        let mut codes: Vec<u32> = sdk::ALL.iter().map(|c| c.code).collect();
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn a_broken_disk_is_fatal_and_a_short_balance_is_not() {
        assert!(AppError::from(StateError::Backend("disk".into())).fatal);
        assert!(!AppError::from(StateError::OutOfGas).fatal);
    }
}
