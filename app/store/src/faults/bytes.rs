//! The bytes of one file, written and not always synced.

use rand::Rng;
use rand::rngs::StdRng;

/// The unit that is written as a whole.
const SECTOR: usize = 512;

/// What becomes of bytes that were never synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsynced {
    /// They are gone.
    Lost,
    /// A file keeps a random number of its writes, the last of them torn at a sector: file systems that publish the length of a
    /// file after its bytes, as ext4 (ordered), XFS and btrfs do.
    InOrder,
    /// A file keeps any of its writes, and any sectors of them, with zeros between.
    InAnyOrder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Safety {
    Pending,
    Safe,
    /// A sync has failed since.
    Doubtful,
}

#[derive(Debug)]
pub(super) enum Change<'a> {
    /// What had been there before anything was recorded.
    Had(Vec<u8>),
    Write(u64, &'a [u8]),
    Resize(u64),
}

/// The bytes of a file: its safe changes, and a share of the others.
pub(super) fn content(
    changes: &[(Change<'_>, Safety)],
    rng: &mut StdRng,
    (unsynced, share): (Unsynced, f64),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    // In order, what follows a change that did not survive does not either.
    let mut ended = false;
    for (change, safety) in changes {
        let safe = *safety == Safety::Safe;
        let survives = safe || (!ended && rng.gen_bool(share));
        ended |= !survives && unsynced == Unsynced::InOrder;
        match change {
            _ if !survives => {}
            Change::Had(content) => bytes.clone_from(content),
            Change::Resize(length) => {
                let length = usize::try_from(*length).unwrap();
                // What was lost before does not come back as zeros.
                if bytes.len() > length || !ended {
                    bytes.resize(length, 0);
                }
            }
            Change::Write(offset, data) => {
                let offset = usize::try_from(*offset).unwrap();
                let torn = !safe && share < 1.0 && rng.gen_ratio(1, 3);
                ended |= torn && unsynced == Unsynced::InOrder;
                let (mut from, mut kept) = (0, true);
                while from < data.len() {
                    let until = data.len().min(from + SECTOR - (offset + from) % SECTOR);
                    if torn {
                        kept = rng.gen_bool(0.5) && (kept || unsynced != Unsynced::InOrder);
                    }
                    if kept {
                        if bytes.len() < offset + until {
                            bytes.resize(offset + until, 0);
                        }
                        bytes[offset + from..offset + until].copy_from_slice(&data[from..until]);
                    }
                    from = until;
                }
            }
        }
    }
    bytes
}
