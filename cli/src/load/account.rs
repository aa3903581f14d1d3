//! The accounts that send: derived from the funding key, so that the next load finds them and what is left on them.

use sha2::{Digest, Sha256};

use super::kind::Kind;
use crate::address::Address;
use crate::client::Client;
use crate::error::{CliError, Result};
use crate::sign::{PublicKey, SecretKey};

/// An account of the load.
#[derive(Clone, Debug)]
pub(super) struct LoadAccount {
    pub(super) secret: SecretKey,
    pub(super) public: PublicKey,
    pub(super) address: Address,
    /// The sequence of its next transaction.
    pub(super) sequence: u64,
}

/// The accounts that belong to a funding key.
pub(super) fn derive(funder: &SecretKey, count: usize) -> Result<Vec<LoadAccount>> {
    let seed = funder.to_bytes();
    (0..count)
        .map(|index| {
            let mut hash = Sha256::new();
            hash.update(b"agora load account");
            hash.update(seed.as_slice());
            hash.update((index as u64).to_be_bytes());
            let secret = SecretKey::from_bytes(&hash.finalize())?;
            let public = secret.public_key();
            Ok(LoadAccount { address: public.address(), secret, public, sequence: 0 })
        })
        .collect()
}

/// Asks for the sequences of all accounts and for what they hold, over several connections.
pub(super) fn look_up(
    client: &Client,
    accounts: &mut [LoadAccount],
    connections: usize,
) -> Result<Vec<u128>> {
    let size = accounts.len().div_ceil(connections.max(1)).max(1);
    let parts = std::thread::scope(|scope| {
        let threads: Vec<_> = accounts
            .chunks_mut(size)
            .map(|part| {
                let client = Client::new(client.url());
                scope.spawn(move || {
                    part.iter_mut()
                        .map(|account| {
                            let state = client.account(&account.address)?.unwrap_or_default();
                            account.sequence = state.sequence;
                            Ok(client.balance(&account.address, super::FEE_DENOM)?.amount)
                        })
                        .collect::<Result<Vec<u128>>>()
                })
            })
            .collect();
        threads.into_iter().map(join).collect::<Result<Vec<_>>>()
    })?;
    Ok(parts.concat())
}

/// What a thread of the load came to.
pub(super) fn join<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err(CliError::usage("a thread of the load broke down")))
}

/// A transaction ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
    pub(super) hash: [u8; 32],
    /// The sequence it uses up; none for kinds that are to be refused.
    pub(super) sequence: Option<u64>,
}

/// The transactions of one account, in order, and how far it is with them.
#[derive(Debug)]
pub(super) struct Queue {
    txs: Vec<Signed>,
    next: usize,
    /// Whether nothing more can come of it.
    stuck: bool,
}

impl Queue {
    pub(super) fn new(txs: Vec<Signed>) -> Self {
        Self { txs, next: 0, stuck: false }
    }

    /// The transaction that is to be sent next.
    pub(super) fn head(&self) -> Option<&Signed> {
        if self.stuck { None } else { self.txs.get(self.next) }
    }

    /// The head was taken, or was never meant to be.
    pub(super) fn advance(&mut self) {
        self.next += 1;
    }

    /// Goes to the transaction of the sequence the node expects, forwards over what the chain has already or back to
    /// what the pool has dropped. False if there is none: somebody else uses the account.
    pub(super) fn seek(&mut self, expected: u64) -> bool {
        let last = self.txs.iter().rev().find_map(|tx| tx.sequence);
        match self.txs.iter().position(|tx| tx.sequence == Some(expected)) {
            Some(place) => self.next = place,
            None if last.is_some_and(|last| last.checked_add(1) == Some(expected)) => {
                self.next = self.txs.len();
            }
            None => self.stuck = true,
        }
        !self.stuck
    }

    /// Gives the account up.
    pub(super) fn give_up(&mut self) {
        self.stuck = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(sequences: &[Option<u64>]) -> Queue {
        let signed = |sequence: &Option<u64>| Signed {
            kind: Kind::Send,
            bytes: Vec::new(),
            hash: [0; 32],
            sequence: *sequence,
        };
        Queue::new(sequences.iter().map(signed).collect())
    }

    #[test]
    fn the_same_funding_key_gives_the_same_accounts_and_another_gives_others() {
        let key = |byte| SecretKey::from_bytes(&[byte; 32]).unwrap();
        let addresses = |byte| {
            let accounts = derive(&key(byte), 3).unwrap();
            accounts.into_iter().map(|account| account.address).collect::<Vec<_>>()
        };
        assert_eq!(addresses(1), addresses(1));
        assert!(addresses(1).iter().all(|address| !addresses(2).contains(address)));
        assert_ne!(addresses(1)[0], addresses(1)[1]);
    }

    #[test]
    fn a_queue_goes_back_to_what_was_dropped_and_forward_over_what_is_done() {
        let mut queue = queue(&[Some(4), None, Some(5), Some(6)]);
        for _ in 0..3 {
            queue.advance();
        }
        assert_eq!(queue.head().unwrap().sequence, Some(6));
        assert!(queue.seek(5));
        assert_eq!(queue.head().unwrap().sequence, Some(5));
        assert!(queue.seek(7) && queue.head().is_none());
        assert!(!queue.seek(3), "the account is somebody else's");
        assert!(!queue.seek(9));
    }
}
