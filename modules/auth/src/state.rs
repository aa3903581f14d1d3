//! Everything auth stores.

use agora_primitives::Address;
use agora_state::{CollectionInfo, Item, Map, Set, Space, StateError, StateRead, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::pubkey::PubKey;

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("auth");

/// Accounts that have signed, or that genesis names.
pub(crate) const ACCOUNTS: Map<Address, Account> = Map::new(STORE, 1, Space::Tree, "ACCOUNTS");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 2, Space::Tree, "PARAMS");

/// Nonces of unordered transactions, by time-out (nanoseconds) and signer, until they expire.
pub(crate) const UNORDERED_NONCES: Set<(u64, Address)> = Set::new(STORE, 3, Space::Tree, "UNORDERED_NONCES");

/// What is remembered of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// The sequence the next transaction must have.
    pub sequence: u64,
    /// The key, known from the first signature on.
    pub pub_key: Option<PubKey>,
}
agora_state::borsh_value!(Account, 1);

/// Limits and gas prices of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// The most bytes of a memo.
    pub max_memo_characters: u64,
    /// The most signatures of a transaction, those within multisigs included.
    pub tx_sig_limit: u64,
    /// Gas for each byte of a transaction.
    pub tx_size_cost_per_byte: u64,
    /// Gas for an ed25519 signature.
    pub sig_verify_cost_ed25519: u64,
    /// Gas for a secp256k1 signature.
    pub sig_verify_cost_secp256k1: u64,
}
agora_state::borsh_value!(Params, 1);

impl Default for Params {
    fn default() -> Self {
        Self {
            max_memo_characters: 256,
            tx_sig_limit: 7,
            tx_size_cost_per_byte: 10,
            sig_verify_cost_ed25519: 590,
            sig_verify_cost_secp256k1: 1000,
        }
    }
}

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![ACCOUNTS.info(), PARAMS.info(), UNORDERED_NONCES.info()]
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}
