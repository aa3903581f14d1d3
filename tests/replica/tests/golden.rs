//! The golden chain: results of years ago, to the bit, or a new application version.

use std::path::PathBuf;

use agora_replica::golden::{Collector, Golden};
use agora_replica::{Plant, Settings, run};
use agora_runtime::APP_VERSION;
use anyhow::{Context, Result};

const SEED: u64 = 1;
const BLOCKS: u64 = 5000;
/// What writes the file anew.
const REMAKE: &str = "AGORA_GOLDEN=write cargo test --release -p agora-replica --test golden";

fn path() -> PathBuf {
    // Asked when the test runs: what was built may be kept between clones.
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into());
    PathBuf::from(folder).join("../vectors/golden/chain.txt")
}

fn committed() -> Result<Golden> {
    let path = path();
    std::fs::read_to_string(&path)
        .with_context(|| format!("reading {}; run: {REMAKE}", path.display()))?
        .parse()
}

fn computed(blocks: u64, plant: Option<Plant>) -> Result<Golden> {
    let mut collector = Collector::default();
    run(&Settings { plant, ..Settings::memory(SEED, blocks) }, |block| collector.add(block))?;
    Ok(collector.finish(APP_VERSION, SEED))
}

fn is_to_be_written() -> bool {
    std::env::var("AGORA_GOLDEN").is_ok_and(|wish| wish == "write")
}

#[test]
fn the_golden_chain_is_computed_again() -> Result<()> {
    let now = computed(BLOCKS, None)?;
    if is_to_be_written() {
        if let Ok(before) = committed() {
            assert!(
                before == now || before.app_version < APP_VERSION,
                "the hashes changed, but APP_VERSION is still {APP_VERSION}; raise it in app/runtime/src/lib.rs first"
            );
        }
        std::fs::write(path(), now.to_string())?;
        return Ok(());
    }
    let golden = committed()?;
    assert_eq!(
        (golden.seed, golden.lines.len() as u64),
        (SEED, BLOCKS),
        "the file is another chain; run: {REMAKE}"
    );
    golden.check(&now, REMAKE).map_err(anyhow::Error::msg)
}

#[test]
fn one_rounding_that_changed_is_found_and_the_message_says_what_to_do() -> Result<()> {
    if is_to_be_written() {
        // There is nothing yet to compare with.
        return Ok(());
    }
    let golden = committed()?;
    let planted = computed(1000, Some(Plant::Rounding))?;
    let found = golden.check(&planted, REMAKE).expect_err("a price rounded the other way is another chain");
    assert!(found.contains("the state of block"), "{found}");
    assert!(found.contains("raise APP_VERSION") && found.ends_with(REMAKE), "{found}");
    Ok(())
}
