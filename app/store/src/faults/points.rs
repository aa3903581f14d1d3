//! Workers that end at a fail point.

use std::os::unix::process::ExitStatusExt;

use super::chain::Chain;
use super::process::Site;
use super::verify::{copy, verify};
use super::{each, scratch, seed, times};
use crate::FAIL_POINTS;

/// Heights of a chain.
const END: u64 = 40;

/// Signal number of an abort.
const ABORTED: i32 = 6;

/// Ends workers at `point`, the n-th time they come by for each of `passes`; says how many ended there.
fn end_at(point: &str, seed: u64, passes: &[u64], planted: &[(&str, &str)]) -> Result<u64, String> {
    let chain = Chain::new(seed, END);
    let new_site = || {
        let mut site = Site::new(seed, END);
        // Whatever the point stands in happens often.
        site.odds = if point.starts_with("clear") { [0, 100, 0] } else { [150, 20, 50] };
        site
    };
    let mut site = new_site();
    let mut ended_there = 0;
    for pass in passes {
        let place = format!("{point}:{pass}");
        let ended = site.start(&[&[("AGORA_FAIL_POINT", place.as_str())], planted].concat()).wait();
        let wrong = |what: String| format!("at {place}: {what}");
        let aborted = ended.status.signal() == Some(ABORTED);
        if !aborted && !ended.finished().map_err(wrong)? {
            return Err(wrong(format!("the worker failed: {}", ended.said)));
        }
        let bounds = site.bounds(&chain).map_err(wrong)?;
        let left = scratch();
        copy(&site.home(), left.path());
        verify(left.path(), &chain, bounds).map_err(|fault| wrong(format!("{fault:?}")))?;
        if aborted {
            ended_there += 1;
        } else {
            site = new_site();
        }
    }
    Ok(ended_there)
}

#[test]
fn a_process_that_ends_at_any_fail_point_loses_no_acknowledged_height() {
    let seed = seed();
    let passes: Vec<u64> = [1, 2, 1, 4, 1, 3, 7, 2, 1, 5].into_iter().cycle().take(times(5, 25)).collect();
    for (point, ended) in
        FAIL_POINTS.iter().zip(each(&FAIL_POINTS, |point| end_at(point, seed, &passes, &[])))
    {
        let ended = ended.unwrap_or_else(|wrong| panic!("{wrong}"));
        assert!(ended >= 2, "{point} ended {ended} workers");
    }
}

#[test]
fn fail_points_find_history_that_is_removed_too_early() {
    let wrong =
        end_at("prune:after_batch", seed(), &[1, 2, 3, 4], &[("AGORA_PLANTED", "prune:early")]).unwrap_err();
    assert!(wrong.contains("another hash") || wrong.contains("other values"), "{wrong}");
}

#[test]
fn fail_points_find_a_clearing_that_ends_before_its_records_are_written() {
    let planted = [("AGORA_PLANTED", "clear:records_later")];
    let wrong = end_at("clear:after_end", seed(), &[1, 1], &planted).unwrap_err();
    assert!(wrong.contains("the stores are missing"), "{wrong}");
}

#[test]
fn fail_points_find_a_head_written_apart_from_its_values() {
    let planted = [("AGORA_PLANTED", "commit:head_first")];
    let wrong = end_at("planted:between_batches", seed(), &[5], &planted).unwrap_err();
    assert!(wrong.contains("RootMismatch"), "{wrong}");
}
