//! Names: moved, removed, added.

use std::path::PathBuf;

use libc::{c_char, c_int, c_long, c_uint, mode_t};

use super::none;
use crate::journal::Record;
use crate::plan::{Kind, Verdict};
use crate::sys;
use crate::watch::{Seen, Watch, watch};

/// The path inside the watched folder, when it is there.
///
/// # Safety
/// `path` is a C string.
unsafe fn inside(dir: c_int, path: *const c_char) -> Option<(&'static Watch, PathBuf)> {
    let watch = watch()?;
    // SAFETY: the caller's promise is passed on.
    match watch.sees(&unsafe { sys::absolute(dir, path) }?)? {
        Seen::Inside(path) => Some((watch, path)),
        Seen::Notes => None,
    }
}

/// An operation on one name.
fn on_name(
    seen: Option<(&'static Watch, PathBuf)>,
    kind: Kind,
    record: Record,
    call: impl FnOnce() -> c_long,
) -> c_int {
    let result = match seen {
        None => call(),
        Some((watch, path)) => {
            let mut state = watch.begin();
            let length = if matches!(record, Record::Unlink) { sys::length(&watch.full(&path)) } else { 0 };
            match state.decide(kind, 0) {
                Verdict::Fail(error) => sys::failed(error),
                _ => {
                    let result = call();
                    if result == 0 {
                        state.resized(length, 0);
                        state.record(record, &path, none(), 0, &[]);
                    }
                    result
                }
            }
        }
    };
    c_int::try_from(result).unwrap_or(-1)
}

/// An operation that makes the second name from the first.
///
/// # Safety
/// The paths are C strings.
unsafe fn on_names(
    (from_dir, from): (c_int, *const c_char),
    (to_dir, to): (c_int, *const c_char),
    record: Record,
    call: impl FnOnce() -> c_long,
) -> c_int {
    // SAFETY: the caller's promise is passed on.
    let seen = unsafe { inside(from_dir, from).zip(inside(to_dir, to)) };
    let result = match seen {
        None => call(),
        Some(((watch, from), (_, to))) => {
            let mut state = watch.begin();
            let replaced = sys::length(&watch.full(&to));
            match state.decide(Kind::Name, 0) {
                Verdict::Fail(error) => sys::failed(error),
                _ => {
                    let result = call();
                    if result == 0 {
                        state.resized(replaced, 0);
                        state.record(record, &from, &to, 0, &[]);
                    }
                    result
                }
            }
        }
    };
    c_int::try_from(result).unwrap_or(-1)
}

/// Stands in for `renameat2`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn renameat2(
    from_dir: c_int,
    from: *const c_char,
    to_dir: c_int,
    to: *const c_char,
    flags: c_uint,
) -> c_int {
    let call = || {
        let (from_dir, to_dir) = (c_long::from(from_dir), c_long::from(to_dir));
        // SAFETY: the caller's arguments are passed on as they came.
        unsafe { libc::syscall(libc::SYS_renameat2, from_dir, from, to_dir, to, c_long::from(flags)) }
    };
    // SAFETY: the caller's promise is passed on.
    unsafe { on_names((from_dir, from), (to_dir, to), Record::Rename, call) }
}

/// Stands in for `renameat`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn renameat(
    from_dir: c_int,
    from: *const c_char,
    to_dir: c_int,
    to: *const c_char,
) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { renameat2(from_dir, from, to_dir, to, 0) }
}

/// Stands in for `rename`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { renameat2(libc::AT_FDCWD, from, libc::AT_FDCWD, to, 0) }
}

/// Stands in for `linkat`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn linkat(
    from_dir: c_int,
    from: *const c_char,
    to_dir: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    let call = || {
        let (from_dir, to_dir) = (c_long::from(from_dir), c_long::from(to_dir));
        // SAFETY: the caller's arguments are passed on as they came.
        unsafe { libc::syscall(libc::SYS_linkat, from_dir, from, to_dir, to, c_long::from(flags)) }
    };
    // SAFETY: the caller's promise is passed on.
    unsafe { on_names((from_dir, from), (to_dir, to), Record::Link, call) }
}

/// Stands in for `link`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn link(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { linkat(libc::AT_FDCWD, from, libc::AT_FDCWD, to, 0) }
}

/// Stands in for `unlinkat`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
    let folder = flags & libc::AT_REMOVEDIR != 0;
    let record = if folder { Record::RemoveFolder } else { Record::Unlink };
    // SAFETY: the caller's promise is passed on.
    on_name(unsafe { inside(dir, path) }, Kind::Remove, record, || {
        // SAFETY: the caller's arguments are passed on as they came.
        unsafe { libc::syscall(libc::SYS_unlinkat, c_long::from(dir), path, c_long::from(flags)) }
    })
}

/// Stands in for `unlink`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { unlinkat(libc::AT_FDCWD, path, 0) }
}

/// Stands in for `rmdir`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { unlinkat(libc::AT_FDCWD, path, libc::AT_REMOVEDIR) }
}

/// Stands in for `mkdirat`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn mkdirat(dir: c_int, path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise is passed on.
    on_name(unsafe { inside(dir, path) }, Kind::Name, Record::MakeFolder, || {
        // SAFETY: the caller's arguments are passed on as they came.
        unsafe { libc::syscall(libc::SYS_mkdirat, c_long::from(dir), path, c_long::from(mode)) }
    })
}

/// Stands in for `mkdir`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: the caller's promise is passed on.
    unsafe { mkdirat(libc::AT_FDCWD, path, mode) }
}
