//! Workers killed at random moments.

use std::time::Duration;

use rand::Rng;

use super::chain::{Chain, random};
use super::process::Site;
use super::verify::{copy, verify};
use super::{scratch, seed, times};

/// Heights of a chain.
const END: u64 = 150;

/// Kills `kills` workers at random moments, one after the other on one database, and compares each time.
fn killed(seed: u64, kills: usize, planted: &[(&str, &str)]) -> Result<(), String> {
    let chain = Chain::new(seed, END);
    let mut rng = random(seed, u64::MAX);
    let mut site = Site::new(seed, END);
    let mut done = 0;
    while done < kills {
        let moment = Duration::from_millis(rng.gen_range(10..400));
        if let Some(ended) = site.start(planted).kill_after(moment) {
            // It was faster; the next one begins anew.
            if !ended.finished()? {
                return Err(format!("undisturbed, the worker failed: {}", ended.said));
            }
            site = Site::new(seed, END);
            continue;
        }
        done += 1;
        // The next worker goes on with the same database, so this looks at a copy.
        let left = scratch();
        let wrong = |what| format!("after kill {done}: {what}");
        let bounds = site.bounds(&chain).map_err(wrong)?;
        copy(&site.home(), left.path());
        verify(left.path(), &chain, bounds).map_err(|fault| wrong(format!("{fault:?}")))?;
    }
    Ok(())
}

#[test]
fn a_killed_process_loses_no_acknowledged_height() {
    let seed = seed();
    assert_eq!(killed(seed, times(10, 100), &[]), Ok(()));
}

#[test]
fn kills_find_a_height_acknowledged_before_it_is_written() {
    let wrong = killed(seed(), 100, &[("AGORA_PLANTED", "ack:early")]).unwrap_err();
    assert!(wrong.contains("possible was"), "{wrong}");
}

#[test]
fn kills_find_a_head_written_apart_from_its_values() {
    let wrong = killed(seed(), 100, &[("AGORA_PLANTED", "commit:head_first")]).unwrap_err();
    assert!(wrong.contains("RootMismatch"), "{wrong}");
}
