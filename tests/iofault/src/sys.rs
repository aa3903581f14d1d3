//! The system calls behind the functions that are taken over, and what is asked of the kernel about a descriptor.
//!
//! Only raw system calls: the ordinary functions of the C library are the ones that this library replaces.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use libc::{c_char, c_int, c_long};

/// Makes the calling function fail with `error`, as the C library does.
pub(crate) fn set_errno(error: c_int) {
    // SAFETY: the address is that of this thread's own variable.
    unsafe { *libc::__errno_location() = error };
}

/// This thread's last error.
pub(crate) fn errno() -> c_int {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() }
}

/// `-1` with `error` set: what a function that failed returns.
pub(crate) fn failed(error: c_int) -> c_long {
    set_errno(error);
    -1
}

/// Ends this process as `kill -9` does.
pub(crate) fn kill_this() {
    // SAFETY: plain system calls, with a number that is this process's own.
    unsafe { libc::syscall(libc::SYS_kill, libc::syscall(libc::SYS_getpid), libc::SIGKILL) };
}

/// The path that a C string spells; absolute, taken from `dir` (a descriptor or `AT_FDCWD`) when it is relative.
///
/// # Safety
/// `path` is null or a C string.
pub(crate) unsafe fn absolute(dir: c_int, path: *const c_char) -> Option<PathBuf> {
    if path.is_null() {
        return None;
    }
    // SAFETY: not null, and the caller says it is a C string.
    let given = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()));
    if given.is_absolute() {
        return Some(given.to_owned());
    }
    let base = if dir == libc::AT_FDCWD { std::env::current_dir().ok()? } else { path_of(dir)? };
    Some(base.join(given))
}

/// The path of an open file, as the kernel knows it now: right after renames, `dup` and `fdopen` alike.
pub(crate) fn path_of(fd: c_int) -> Option<PathBuf> {
    // `read_link` is not among the functions taken over.
    std::fs::read_link(format!("/proc/self/fd/{fd}")).ok().filter(|path| path.is_absolute())
}

/// Where the next sequential operation on `fd` happens.
pub(crate) fn position(fd: c_int) -> Option<u64> {
    // SAFETY: no memory is passed.
    let at = unsafe { libc::syscall(libc::SYS_lseek, c_long::from(fd), 0, c_long::from(libc::SEEK_CUR)) };
    u64::try_from(at).ok()
}

/// Whether `fd` writes at the end of the file, wherever it stands.
pub(crate) fn appends(fd: c_int) -> bool {
    // SAFETY: no memory is passed.
    let flags = unsafe { libc::syscall(libc::SYS_fcntl, c_long::from(fd), c_long::from(libc::F_GETFL)) };
    flags > 0 && flags & c_long::from(libc::O_APPEND) != 0
}

/// The length of what lies at `path`; 0 when nothing does.
pub(crate) fn length(path: &Path) -> u64 {
    // `symlink_metadata` is not among the functions taken over.
    std::fs::symlink_metadata(path).map_or(0, |meta| meta.len())
}

/// Whether anything lies at `path`.
pub(crate) fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// Opens `path` for appending, making it when it is not there.
pub(crate) fn open_append(path: &CStr) -> c_int {
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
    // SAFETY: `path` is a C string.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_openat,
            c_long::from(libc::AT_FDCWD),
            path.as_ptr(),
            c_long::from(flags),
            c_long::from(0o644),
        )
    };
    c_int::try_from(fd).unwrap_or(-1)
}

/// Writes all of `bytes`; false when that fails.
pub(crate) fn write_all(fd: c_int, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        // SAFETY: pointer and length are those of a slice.
        let n = unsafe { libc::syscall(libc::SYS_write, c_long::from(fd), bytes.as_ptr(), bytes.len()) };
        match usize::try_from(n) {
            Ok(n) if n > 0 => bytes = bytes.get(n..).unwrap_or_default(),
            _ if errno() == libc::EINTR => {}
            _ => return false,
        }
    }
    true
}
