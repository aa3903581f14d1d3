//! Reads: only looked at when they are to fail.

use libc::{c_int, c_long, c_void, off_t, size_t, ssize_t};

use crate::plan::{Kind, Verdict};
use crate::sys;
use crate::watch::{Seen, watch};

/// Whether this read is to fail, and how.
fn fails(fd: c_int) -> Option<c_int> {
    let watch = watch().filter(|watch| watch.reads())?;
    let Some(Seen::Inside(_)) = watch.sees_fd(fd) else { return None };
    match watch.begin().decide(Kind::Read, 0) {
        Verdict::Fail(error) => Some(error),
        _ => None,
    }
}

fn finished(result: c_long) -> ssize_t {
    ssize_t::try_from(result).unwrap_or(-1)
}

/// Stands in for `read`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn read(fd: c_int, bytes: *mut c_void, count: size_t) -> ssize_t {
    if let Some(error) = fails(fd) {
        return finished(sys::failed(error));
    }
    // SAFETY: the caller's arguments are passed on as they came.
    finished(unsafe { libc::syscall(libc::SYS_read, c_long::from(fd), bytes, count) })
}

/// Stands in for `pread`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pread(fd: c_int, bytes: *mut c_void, count: size_t, at: off_t) -> ssize_t {
    if let Some(error) = fails(fd) {
        return finished(sys::failed(error));
    }
    // SAFETY: the caller's arguments are passed on as they came.
    finished(unsafe { libc::syscall(libc::SYS_pread64, c_long::from(fd), bytes, count, at) })
}

/// Stands in for `pread64`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pread64(fd: c_int, bytes: *mut c_void, count: size_t, at: off_t) -> ssize_t {
    // SAFETY: the caller's promise is passed on.
    unsafe { pread(fd, bytes, count, at) }
}
