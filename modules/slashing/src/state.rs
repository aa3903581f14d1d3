//! Everything slashing stores.

use agora_framework::time::NANOS;
use agora_primitives::{Address, Dec};
use agora_proto::cosmos::evidence::v1beta1::Equivocation;
use agora_state::{CollectionInfo, Item, Map, Space, StateError, StateRead, StoreId};
use borsh::{BorshDeserialize, BorshSerialize};

/// The store.
pub(crate) const STORE: StoreId = StoreId::new("slashing");

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1, Space::Tree, "PARAMS");

/// How validators sign, by the address of their consensus key.
pub(crate) const INFOS: Map<Address, Info> = Map::new(STORE, 2, Space::Tree, "INFOS");

/// Blocks missed: a bit for each place of the window, [`CHUNK`] of them in a value; no value where none is set.
pub(crate) const MISSED: Map<(Address, u32), Vec<u8>> = Map::new(STORE, 3, Space::Tree, "MISSED");

/// Whose votes the last block had: who is not among them begins anew.
pub(crate) const VOTERS: Item<Voters> = Item::new(STORE, 4, Space::Tree, "VOTERS");

/// Faults that were punished, by SHA-256 of their message.
pub(crate) const EVIDENCE: Map<[u8; 32], Fault> = Map::new(STORE, 5, Space::Tree, "EVIDENCE");

/// Bits of the window in one value.
pub(crate) const CHUNK: u64 = 1024;

/// Parameters of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// Blocks over which signing is measured; 1 to 100,000.
    pub window: u64,
    /// The part of them that must be signed, from 0 to 1.
    pub min_signed: Dec,
    /// How long a validator that signed less is jailed at least, in nanoseconds.
    pub downtime_jail: u64,
    /// The part that is taken for signing twice, from 0 to 1.
    pub double_sign_fraction: Dec,
    /// The part that is taken for signing too little, from 0 to 1.
    pub downtime_fraction: Dec,
}
agora_state::borsh_value!(Params, 1);

impl Default for Params {
    fn default() -> Self {
        let hundredths = |n: u128| Dec::from_atomics(n.saturating_mul(10_000_000_000_000_000));
        Self {
            window: 100,
            min_signed: hundredths(50),
            downtime_jail: 600 * NANOS,
            double_sign_fraction: hundredths(5),
            downtime_fraction: hundredths(1),
        }
    }
}

impl Params {
    /// The most blocks of the window that may be missed.
    #[must_use]
    pub fn most_missed(&self) -> u64 {
        let signed = self.min_signed.mul_ceil(self.window.into()).unwrap_or(u128::MAX);
        self.window.saturating_sub(u64::try_from(signed).unwrap_or(u64::MAX))
    }
}

/// How a validator signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Info {
    /// Since when it is measured.
    pub(crate) start: u64,
    /// Until when it stays jailed, in nanoseconds since 1970.
    pub(crate) jailed_until: u64,
    /// Jailed for ever.
    pub(crate) tombstoned: bool,
    /// The bits set in the window.
    pub(crate) missed: u64,
}
agora_state::borsh_value!(Info, 1);

/// Addresses of consensus keys, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Voters(pub(crate) Vec<Address>);
agora_state::borsh_value!(Voters, 1);

/// A fault as stored: the wire's message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault(pub(crate) Equivocation);
agora_state::proto_value!(Fault, 1);

/// The declarations, for the registry.
pub(crate) fn collections() -> Vec<CollectionInfo> {
    vec![PARAMS.info(), INFOS.info(), MISSED.info(), VOTERS.info(), EVIDENCE.info()]
}

/// The parameters in force.
pub(crate) fn params(state: &(impl StateRead + ?Sized)) -> Result<Params, StateError> {
    Ok(PARAMS.get(state)?.unwrap_or_default())
}
