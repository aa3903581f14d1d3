//! The golden chain: the hashes of many blocks, as they have been and must stay.
//!
//! The file is text. Its head names the application version, the seed, and a SHA-256 over the full hashes of all blocks; then
//! comes a line for each block with the first six bytes of the application hash and of the hash of the results, which tells
//! where two chains part.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::digest::BlockHashes;

/// The bytes of each hash that a line shows.
const SHOWN: usize = 6;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Golden {
    /// The application version the hashes belong to.
    pub app_version: u64,
    /// The seed of the blocks.
    pub seed: u64,
    /// The hash over all blocks' full hashes, as text.
    pub digest: String,
    /// A line for each block, from height 1 on.
    pub lines: Vec<String>,
}

/// Collects the blocks of a chain.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    digest: Sha256,
    lines: Vec<String>,
}

impl Collector {
    /// Adds the next block.
    pub fn add(&mut self, block: &BlockHashes) {
        self.digest.update(block.app);
        self.digest.update(block.results);
        self.lines.push(format!(
            "{} {}",
            hex::encode(&block.app[..SHOWN]),
            hex::encode(&block.results[..SHOWN])
        ));
    }

    /// All of them.
    #[must_use]
    pub fn finish(self, app_version: u64, seed: u64) -> Golden {
        Golden { app_version, seed, digest: hex::encode(self.digest.finalize()), lines: self.lines }
    }
}

impl std::fmt::Display for Golden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { app_version, seed, digest, lines } = self;
        let mut text = format!("app_version {app_version}\nseed {seed}\ndigest {digest}\n");
        for line in lines {
            writeln!(text, "{line}")?;
        }
        f.write_str(&text)
    }
}

impl std::str::FromStr for Golden {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, anyhow::Error> {
        let mut lines = text.lines();
        let mut named = |name: &str| {
            let value = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(' '));
            value.map(str::to_owned).ok_or_else(|| anyhow::anyhow!("the golden chain has no line {name:?}"))
        };
        let (app_version, seed, digest) = (named("app_version")?, named("seed")?, named("digest")?);
        let lines = lines.map(str::to_owned).collect();
        Ok(Self { app_version: app_version.parse()?, seed: seed.parse()?, digest, lines })
    }
}

impl Golden {
    /// Compares what the file says with what was computed now.
    ///
    /// `remake` is the command that writes the file anew.
    ///
    /// # Errors
    /// What differs from where on, and what to do about it.
    pub fn check(&self, now: &Self, remake: &str) -> Result<(), String> {
        if self == now {
            return Ok(());
        }
        let found = match self.lines.iter().zip(&now.lines).position(|(was, is)| was != is) {
            Some(index) => {
                let (was, is) = (&self.lines[index], &now.lines[index]);
                let what = if was.get(..2 * SHOWN) == is.get(..2 * SHOWN) { "results" } else { "state" };
                format!("the {what} of block {} changed: {was} became {is}", index + 1)
            }
            None if self.digest == now.digest => "all blocks are the same".to_owned(),
            None => format!("{} blocks became {}", self.lines.len(), now.lines.len()),
        };
        if self.app_version == now.app_version {
            return Err(format!(
                "{found}; nodes of the same version would part here. If the change is meant, raise APP_VERSION in \
                 app/runtime/src/lib.rs, then run: {remake}"
            ));
        }
        Err(format!(
            "APP_VERSION is {}, the golden chain belongs to {} ({found}); run: {remake}",
            now.app_version, self.app_version
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden(app_version: u64, last: u8) -> Golden {
        let mut collector = Collector::default();
        for (height, byte) in [(1, 1), (2, 2), (3, last)] {
            collector.add(&BlockHashes { height, app: [byte; 32], results: [9; 32], logs: [0; 32] });
        }
        collector.finish(app_version, 7)
    }

    #[test]
    fn the_file_says_what_was_collected() {
        let golden = golden(1, 3);
        assert_eq!(golden.to_string().parse::<Golden>().unwrap(), golden);
        assert!("app_version 1\n".parse::<Golden>().is_err());
    }

    #[test]
    fn a_change_asks_for_a_new_version_and_a_new_version_for_a_new_file() {
        assert_eq!(golden(1, 3).check(&golden(1, 3), "remake"), Ok(()));
        let changed = golden(1, 3).check(&golden(1, 4), "remake").unwrap_err();
        assert!(changed.contains("state of block 3") && changed.contains("raise APP_VERSION"), "{changed}");
        for last in [3, 4] {
            let bumped = golden(1, 3).check(&golden(2, last), "remake").unwrap_err();
            assert!(bumped.contains("APP_VERSION is 2") && bumped.ends_with("run: remake"), "{bumped}");
            assert!(!bumped.contains("raise"), "{bumped}");
        }
    }

    #[test]
    fn a_change_in_a_byte_that_is_not_shown_is_found() {
        let (was, mut is) = (golden(1, 3), Collector::default());
        for (height, byte) in [(1, 1), (2, 2), (3, 3)] {
            let mut app = [byte; 32];
            app[31] ^= u8::from(height == 2);
            is.add(&BlockHashes { height, app, results: [9; 32], logs: [0; 32] });
        }
        assert!(was.check(&is.finish(1, 7), "remake").is_err());
    }
}
