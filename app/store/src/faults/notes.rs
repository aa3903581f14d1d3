//! What a worker says it has done, and what follows for the database after it has ended.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use super::chain::Chain;
use crate::Committed;
use crate::error::hex;

/// The worker's pen. Lines are written by one call each, so a kill leaves whole ones.
pub(super) struct Notes(File);

impl Notes {
    pub(super) fn open(path: &Path) -> Self {
        Self(OpenOptions::new().create(true).append(true).open(path).unwrap())
    }

    /// `what` was done, or is about to be; the height it leads to.
    pub(super) fn write(&mut self, what: &str, height: u64, hash: Option<[u8; 32]>) {
        let line = format!("{what} {height} {}\n", hash.map(|hash| hex(&hash)).unwrap_or_default());
        self.0.write_all(line.as_bytes()).unwrap();
        print!("{line}");
    }

    /// A height as it was found.
    pub(super) fn found(&mut self, latest: Option<Committed>) {
        self.write("found", latest.map_or(0, |latest| latest.height), latest.map(|latest| latest.app_hash));
    }
}

/// The heights that a database can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) lowest: u64,
    pub(super) highest: u64,
}

impl Bounds {
    /// An empty database, or one whose first block was about to be acknowledged.
    pub(super) const EMPTY: Self = Self { lowest: 0, highest: 1 };

    /// Follows the notes of all workers of a database; refuses a height out of bounds and a wrong hash.
    pub(super) fn after(notes: &str, chain: &Chain) -> Result<Self, String> {
        let mut bounds = Self::EMPTY;
        // What stands after the last line end was being written when the process was killed.
        let whole = notes.rfind('\n').map_or("", |end| &notes[..end]);
        for line in whole.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [what, height, hash] = words[..] else { return Err(format!("strange note {line:?}")) };
            let height: u64 = height.parse().map_err(|_| format!("strange note {line:?}"))?;
            if !hash.is_empty() && chain.hash(height).map(|hash| hex(&hash)).as_deref() != Some(hash) {
                return Err(format!("the worker said `{line}`, which is not the hash of that height"));
            }
            match what {
                "found" if height < bounds.lowest || height > bounds.highest => {
                    return Err(format!("the worker found height {height}, possible was {bounds:?}"));
                }
                // Until it is done, every height between can be.
                "undo" => bounds = Self { lowest: height, highest: bounds.lowest },
                "found" | "ack" | "undone" => bounds = Self { lowest: height, highest: height + 1 },
                _ => return Err(format!("strange note {line:?}")),
            }
        }
        Ok(bounds)
    }
}

#[test]
fn notes_say_which_heights_are_possible() {
    let chain = Chain::new(1, 3);
    let hash = |height| hex(&chain.hash(height).unwrap());
    let notes = format!("found 0 \nack 1 {}\nack 2 {}\nack 3 {}\n", hash(1), hash(2), hash(3));
    let after = |more: &str| Bounds::after(&format!("{notes}{more}"), &chain);
    assert_eq!(after(""), Ok(Bounds { lowest: 3, highest: 4 }));
    assert_eq!(after("undo 1 \n"), Ok(Bounds { lowest: 1, highest: 3 }));
    assert_eq!(after(&format!("undo 1 \nundone 1 {}\n", hash(1))), Ok(Bounds { lowest: 1, highest: 2 }));
    assert_eq!(after("undo 1"), after(""));
    assert!(after(&format!("found 2 {}\n", hash(2))).unwrap_err().contains("possible was"));
    assert!(after(&format!("ack 3 {}\n", hash(2))).unwrap_err().contains("not the hash"));
}
