//! The kinds of transactions that can be sent. A kind is a file here and a line in each match below.

mod hostile;
mod multisend;
mod send;
mod swap;

use agora_proto::pack;
use agora_proto::prost_types::Any;

use crate::client::Client;
use crate::error::Result;

/// A kind of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A transfer to another account of the load.
    Send,
    /// A transfer to several accounts of the load.
    Multisend,
    /// A small purchase on one of the chain's pools.
    Swap,
    /// A transfer that offers the lowest price the chain asked for when the load was signed.
    Minimum,
    /// A transfer whose signature is wrong.
    Invalid,
    /// The account's transaction before it, once more.
    Duplicate,
}

/// What transactions are made with.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    /// The accounts of the load.
    pub(super) addresses: Vec<String>,
    /// Where they swap, if they do.
    pools: Vec<swap::Pool>,
}

impl Scene {
    /// Asks the chain for what the kinds need.
    ///
    /// # Errors
    /// It has none of it.
    pub(super) fn look_up(
        client: &Client,
        mut kinds: impl Iterator<Item = Kind>,
        addresses: Vec<String>,
    ) -> Result<Self> {
        let pools = if kinds.any(|kind| kind == Kind::Swap) { swap::pools(client)? } else { Vec::new() };
        Ok(Self { addresses, pools })
    }
}

impl Kind {
    /// Every kind, in the order of the help text.
    pub const ALL: [Self; 6] =
        [Self::Send, Self::Multisend, Self::Swap, Self::Minimum, Self::Invalid, Self::Duplicate];

    /// The word in a mix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Multisend => "multisend",
            Self::Swap => "swap",
            Self::Minimum => "minimum",
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
        }
    }

    /// Whether the node is meant to take it.
    #[must_use]
    pub const fn is_welcome(self) -> bool {
        matches!(self, Self::Send | Self::Multisend | Self::Swap | Self::Minimum)
    }

    /// What the sender gives away, in base units, beside the fee.
    pub(super) const fn given(self) -> u64 {
        match self {
            Self::Multisend => multisend::OUTPUTS,
            Self::Swap => swap::GIVEN,
            Self::Send | Self::Minimum | Self::Invalid | Self::Duplicate => 1,
        }
    }

    /// How many in a row differ in more than accounts: so many are rehearsed.
    pub(super) fn variants(self, scene: &Scene) -> u64 {
        match self {
            Self::Swap => scene.pools.len() as u64,
            _ => 1,
        }
    }

    /// What it does; `n` is its number among all transactions of the load.
    pub(super) fn messages(self, from: usize, Scene { addresses, pools }: &Scene, n: u64) -> Vec<Any> {
        match self {
            Self::Multisend => multisend::messages(from, addresses, n),
            Self::Swap => swap::messages(from, addresses, pools, n),
            _ => send::messages(from, addresses, n),
        }
    }

    /// Changes the finished transaction.
    pub(super) fn spoil(self, tx: &mut [u8]) {
        if self == Self::Invalid {
            hostile::break_signature(tx);
        }
    }
}

/// The address of another account of the load: not `from`, unless there is no other.
fn peer(from: usize, addresses: &[String], n: u64) -> String {
    let others = addresses.len().saturating_sub(1).max(1);
    let step = 1 + usize::try_from(n % others as u64).unwrap_or_default();
    addresses.get((from + step) % addresses.len().max(1)).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_go_to_another_account() {
        let addresses: Vec<String> = (0..5).map(|n| format!("a{n}")).collect();
        for from in 0..5 {
            for n in 0..12 {
                assert_ne!(peer(from, &addresses, n), addresses[from]);
            }
        }
        assert_eq!(peer(0, &addresses[..1], 7), "a0");
    }
}
