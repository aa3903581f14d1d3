//! Syncs, and lengths set.

use std::path::Path;

use libc::{c_char, c_int, c_long, c_uint, off_t};

use super::none;
use crate::journal::Record;
use crate::plan::{Kind, Verdict};
use crate::sys;
use crate::watch::{Seen, Watch, watch};

/// A sync, or a hint to begin one (`durable` false).
fn sync(fd: c_int, durable: bool, call: impl FnOnce() -> c_long) -> c_int {
    let result = match watch().and_then(|watch| Some((watch, watch.sees_fd(fd)?))) {
        Some((watch, Seen::Inside(inside))) => {
            let mut state = watch.begin();
            let result = match state.decide(if durable { Kind::Sync } else { Kind::Hint }, 0) {
                Verdict::Fail(error) => sys::failed(error),
                _ => call(),
            };
            let record = if result == 0 { Record::Sync } else { Record::SyncFailed };
            if durable {
                state.record(record, &inside, none(), 0, &[]);
            }
            result
        }
        _ => call(),
    };
    c_int::try_from(result).unwrap_or(-1)
}

/// Stands in for `fsync`.
#[unsafe(no_mangle)]
extern "C" fn fsync(fd: c_int) -> c_int {
    // SAFETY: no memory is passed.
    sync(fd, true, || unsafe { libc::syscall(libc::SYS_fsync, c_long::from(fd)) })
}

/// Stands in for `fdatasync`.
#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    // SAFETY: no memory is passed.
    sync(fd, true, || unsafe { libc::syscall(libc::SYS_fdatasync, c_long::from(fd)) })
}

/// Stands in for `sync_file_range`, which makes nothing durable.
#[unsafe(no_mangle)]
extern "C" fn sync_file_range(fd: c_int, at: off_t, count: off_t, flags: c_uint) -> c_int {
    sync(fd, false, || {
        // SAFETY: no memory is passed.
        unsafe { libc::syscall(libc::SYS_sync_file_range, c_long::from(fd), at, count, c_long::from(flags)) }
    })
}

/// A change of a file's length to `length`; `shrinks` when it can be shorter than before.
fn resize(inside: &Path, watch: &Watch, length: u64, shrinks: bool, call: impl FnOnce() -> c_long) -> c_long {
    let mut state = watch.begin();
    let before = sys::length(&watch.full(inside));
    let after = if shrinks { length } else { length.max(before) };
    let kind = if after > before { Kind::Space } else { Kind::Remove };
    if let Verdict::Fail(error) = state.decide(kind, 0) {
        return sys::failed(error);
    }
    if state.fits(before, before, after) != Verdict::Go {
        return sys::failed(libc::ENOSPC);
    }
    let result = call();
    if result == 0 && after != before {
        state.resized(before, after);
        state.record(Record::Resize, inside, none(), after, &[]);
    }
    result
}

/// Stands in for `ftruncate`.
#[unsafe(no_mangle)]
extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    // SAFETY: no memory is passed.
    let call = || unsafe { libc::syscall(libc::SYS_ftruncate, c_long::from(fd), length) };
    let result = match watch().and_then(|watch| Some((watch, watch.sees_fd(fd)?))) {
        Some((watch, Seen::Inside(inside))) => {
            resize(&inside, watch, u64::try_from(length).unwrap_or(0), true, call)
        }
        _ => call(),
    };
    c_int::try_from(result).unwrap_or(-1)
}

/// Stands in for `ftruncate64`.
#[unsafe(no_mangle)]
extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    ftruncate(fd, length)
}

/// Stands in for `truncate`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn truncate(path: *const c_char, length: off_t) -> c_int {
    // SAFETY: the caller's argument is passed on as it came.
    let call = || unsafe { libc::syscall(libc::SYS_truncate, path, length) };
    let seen = watch().and_then(|watch| {
        // SAFETY: the caller passes a C string.
        let absolute = unsafe { sys::absolute(libc::AT_FDCWD, path) }?;
        Some((watch, watch.sees(&absolute)?))
    });
    let result = match seen {
        Some((watch, Seen::Inside(inside))) => {
            resize(&inside, watch, u64::try_from(length).unwrap_or(0), true, call)
        }
        _ => call(),
    };
    c_int::try_from(result).unwrap_or(-1)
}

/// Stands in for `truncate64`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn truncate64(path: *const c_char, length: off_t) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { truncate(path, length) }
}

/// Stands in for `fallocate`.
#[unsafe(no_mangle)]
extern "C" fn fallocate(fd: c_int, mode: c_int, at: off_t, count: off_t) -> c_int {
    // SAFETY: no memory is passed.
    let call =
        || unsafe { libc::syscall(libc::SYS_fallocate, c_long::from(fd), c_long::from(mode), at, count) };
    let result = match watch().and_then(|watch| Some((watch, watch.sees_fd(fd)?))) {
        Some((watch, Seen::Inside(inside))) => {
            // With the length kept, nothing is changed that a reader could see.
            let keeps = mode & libc::FALLOC_FL_KEEP_SIZE != 0;
            let end = if keeps { 0 } else { u64::try_from(at.saturating_add(count)).unwrap_or(0) };
            resize(&inside, watch, end, false, call)
        }
        _ => call(),
    };
    c_int::try_from(result).unwrap_or(-1)
}

/// Stands in for `fallocate64`.
#[unsafe(no_mangle)]
extern "C" fn fallocate64(fd: c_int, mode: c_int, at: off_t, count: off_t) -> c_int {
    fallocate(fd, mode, at, count)
}

/// Stands in for `posix_fallocate`, which returns its error instead of setting it.
#[unsafe(no_mangle)]
extern "C" fn posix_fallocate(fd: c_int, at: off_t, count: off_t) -> c_int {
    if fallocate(fd, 0, at, count) == 0 { 0 } else { sys::errno() }
}

/// Stands in for `posix_fallocate64`.
#[unsafe(no_mangle)]
extern "C" fn posix_fallocate64(fd: c_int, at: off_t, count: off_t) -> c_int {
    posix_fallocate(fd, at, count)
}
