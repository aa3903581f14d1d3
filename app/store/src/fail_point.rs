//! Named places where a test makes the store fail.
//!
//! Compiled in for this crate's tests and under the feature `fail-points` only. A point armed in the thread returns an error,
//! as a failing disk would; `AGORA_FAIL_POINT=name[:n]` ends the process at the n-th pass, as a power cut would.

use crate::error::StoreError;

/// Every fail point, for tests that go through all of them.
#[cfg(any(test, feature = "fail-points"))]
pub const FAIL_POINTS: [&str; 14] = [
    "commit:before_batch",
    "commit:after_batch",
    "prune:before_batch",
    "prune:after_batch",
    "rollback:before_batch",
    "rollback:after_batch",
    "clear:before_batch",
    "clear:after_batch",
    "clear:after_end",
    "genesis:before_batch",
    "genesis:after_batch",
    "checkpoint:before_write",
    "checkpoint:before_rename",
    "checkpoint:after_rename",
];

#[cfg(not(any(test, feature = "fail-points")))]
#[inline]
pub(crate) const fn fail_point(_: &str) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(any(test, feature = "fail-points"))]
pub use armed::arm_fail_point;
#[cfg(any(test, feature = "fail-points"))]
pub(crate) use armed::fail_point;

#[cfg(any(test, feature = "fail-points"))]
mod armed {
    use std::cell::RefCell;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::StoreError;

    thread_local! {
        static ARMED: RefCell<Option<(String, u64)>> = const { RefCell::new(None) };
    }

    /// Makes the `nth` pass (from 1) of this thread through `name` fail, once; `None` disarms.
    pub fn arm_fail_point(point: Option<(&str, u64)>) {
        ARMED.with_borrow_mut(|armed| *armed = point.map(|(name, nth)| (name.to_owned(), nth)));
    }

    pub(crate) fn fail_point(name: &str) -> Result<(), StoreError> {
        end_process_at(name);
        ARMED.with_borrow_mut(|armed| match armed {
            Some((point, nth)) if point == name => {
                *nth = nth.saturating_sub(1);
                if *nth > 0 {
                    return Ok(());
                }
                *armed = None;
                Err(StoreError::FailPoint(name.to_owned()))
            }
            _ => Ok(()),
        })
    }

    fn end_process_at(name: &str) {
        static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
        static PASSES: AtomicU64 = AtomicU64::new(0);
        let wanted = WANTED.get_or_init(|| {
            let text = std::env::var("AGORA_FAIL_POINT").ok()?;
            Some(match text.rsplit_once(':') {
                Some((name, nth)) if nth.parse::<u64>().is_ok() => {
                    (name.to_owned(), nth.parse().unwrap_or(1))
                }
                _ => (text, 1),
            })
        });
        if let Some((point, nth)) = wanted
            && point == name
            && PASSES.fetch_add(1, Ordering::SeqCst).saturating_add(1) >= *nth
        {
            std::process::abort();
        }
    }
}
