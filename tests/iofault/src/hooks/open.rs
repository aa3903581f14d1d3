//! `open` and its kin: files made, and files emptied.

use libc::{c_char, c_int, c_long, mode_t};

use super::none;
use crate::journal::Record;
use crate::plan::{Kind, Verdict};
use crate::sys;
use crate::watch::{Seen, watch};

/// # Safety
/// `path` is a C string.
unsafe fn open_at(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let call = || {
        // SAFETY: the arguments are passed on as they came.
        let fd = unsafe {
            libc::syscall(libc::SYS_openat, c_long::from(dir), path, c_long::from(flags), c_long::from(mode))
        };
        c_int::try_from(fd).unwrap_or(-1)
    };
    if flags & (libc::O_CREAT | libc::O_TRUNC) == 0 {
        return call();
    }
    let Some(watch) = watch() else { return call() };
    // SAFETY: the caller passes a C string.
    let Some(absolute) = (unsafe { sys::absolute(dir, path) }) else { return call() };
    let Some(Seen::Inside(inside)) = watch.sees(&absolute) else { return call() };
    let mut state = watch.begin();
    let (existed, length) = (sys::exists(&absolute), sys::length(&absolute));
    let changes = (!existed && flags & libc::O_CREAT != 0) || (length > 0 && flags & libc::O_TRUNC != 0);
    if !changes {
        return call();
    }
    if let Verdict::Fail(error) = state.decide(Kind::Name, 0) {
        sys::set_errno(error);
        return -1;
    }
    let fd = call();
    if fd >= 0 && !existed {
        state.record(Record::Create, &inside, none(), 0, &[]);
    } else if fd >= 0 {
        state.resized(length, 0);
        state.record(Record::Resize, &inside, none(), 0, &[]);
    }
    fd
}

/// Stands in for `open`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { open_at(libc::AT_FDCWD, path, flags, mode) }
}

/// Stands in for `open64`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { open_at(libc::AT_FDCWD, path, flags, mode) }
}

/// Stands in for `openat`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { open_at(dir, path, flags, mode) }
}

/// Stands in for `openat64`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { open_at(dir, path, flags, mode) }
}

/// Stands in for `creat`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn creat(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { open_at(libc::AT_FDCWD, path, libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode) }
}

/// Stands in for `creat64`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn creat64(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { creat(path, mode) }
}
