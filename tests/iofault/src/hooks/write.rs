//! Bytes written.

use std::path::Path;
use std::sync::MutexGuard;

use libc::{c_int, c_long, c_void, iovec, off_t, size_t, ssize_t};

use super::none;
use crate::journal::Record;
use crate::plan::{Kind, Verdict};
use crate::sys;
use crate::watch::{Seen, State, Watch, watch};

/// Writes `bytes` at `offset`, or where the file stands. The system call is always a plain one on one piece.
fn write_piece(fd: c_int, bytes: &[u8], offset: Option<u64>) -> c_long {
    let fd = c_long::from(fd);
    match offset {
        // SAFETY: pointer and length are those of a slice.
        None => unsafe { libc::syscall(libc::SYS_write, fd, bytes.as_ptr(), bytes.len()) },
        Some(offset) => {
            let offset = c_long::try_from(offset).unwrap_or(c_long::MAX);
            // SAFETY: as above.
            unsafe { libc::syscall(libc::SYS_pwrite64, fd, bytes.as_ptr(), bytes.len(), offset) }
        }
    }
}

/// A write to a file that is watched.
fn write_inside(
    (watch, mut state): (&Watch, MutexGuard<'_, State>),
    (fd, inside): (c_int, &Path),
    bytes: &[u8],
    offset: Option<u64>,
) -> c_long {
    let length = sys::length(&watch.full(inside));
    let start = match offset {
        Some(offset) => offset,
        None if sys::appends(fd) => length,
        None => sys::position(fd).unwrap_or(length),
    };
    let mut verdict = state.decide(Kind::Write, bytes.len());
    if verdict == Verdict::Go {
        verdict = state.fits(length, start, start.saturating_add(bytes.len() as u64));
    }
    let (part, error) = match verdict {
        Verdict::Go => (bytes, None),
        Verdict::Fail(error) => return sys::failed(error),
        Verdict::Part(part, error) => (bytes.get(..part).unwrap_or(bytes), error),
    };
    let written = write_piece(fd, part, offset);
    if let Ok(n) = usize::try_from(written) {
        state.resized(length, length.max(start.saturating_add(n as u64)));
        state.record(Record::Write, inside, none(), start, part.get(..n).unwrap_or(part));
    }
    match error {
        Some(error) => sys::failed(error),
        None => written,
    }
}

fn write_any(fd: c_int, bytes: &[u8], offset: Option<u64>) -> ssize_t {
    let written = match watch().and_then(|watch| Some((watch, watch.sees_fd(fd)?))) {
        None => write_piece(fd, bytes, offset),
        Some((watch, Seen::Notes)) => {
            let state = watch.begin();
            let written = write_piece(fd, bytes, offset);
            if let Ok(n) = usize::try_from(written) {
                state.record(Record::Note, none(), none(), 0, bytes.get(..n).unwrap_or(bytes));
            }
            written
        }
        Some((watch, Seen::Inside(inside))) => {
            write_inside((watch, watch.begin()), (fd, &inside), bytes, offset)
        }
    };
    ssize_t::try_from(written).unwrap_or(-1)
}

/// # Safety
/// `bytes` points to `count` bytes that can be read.
unsafe fn slice<'a>(bytes: *const c_void, count: size_t) -> &'a [u8] {
    if count == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(bytes.cast(), count) }
}

/// The bytes of a vector, in one piece.
///
/// # Safety
/// As of `writev`.
unsafe fn gather(pieces: *const iovec, count: c_int) -> Vec<u8> {
    let mut bytes = Vec::new();
    for index in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the caller promises `count` pieces, each of which says where its bytes are.
        let piece = unsafe { &*pieces.add(index) };
        // SAFETY: as above.
        bytes.extend_from_slice(unsafe { slice(piece.iov_base, piece.iov_len) });
    }
    bytes
}

/// Stands in for `write`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    // SAFETY: the caller's promise is passed on.
    write_any(fd, unsafe { slice(bytes, count) }, None)
}

/// Stands in for `pwrite`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(fd: c_int, bytes: *const c_void, count: size_t, at: off_t) -> ssize_t {
    // SAFETY: the caller's promise is passed on.
    write_any(fd, unsafe { slice(bytes, count) }, Some(u64::try_from(at).unwrap_or(u64::MAX)))
}

/// Stands in for `pwrite64`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, count: size_t, at: off_t) -> ssize_t {
    // SAFETY: the caller's promise is passed on.
    unsafe { pwrite(fd, bytes, count, at) }
}

/// Stands in for `writev`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(fd: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: the caller's promise is passed on.
    write_any(fd, &unsafe { gather(pieces, count) }, None)
}

/// Stands in for `pwritev`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwritev(fd: c_int, pieces: *const iovec, count: c_int, at: off_t) -> ssize_t {
    // SAFETY: the caller's promise is passed on.
    write_any(fd, &unsafe { gather(pieces, count) }, Some(u64::try_from(at).unwrap_or(u64::MAX)))
}

/// Stands in for `pwritev64`.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwritev64(fd: c_int, pieces: *const iovec, count: c_int, at: off_t) -> ssize_t {
    // SAFETY: the caller's promise is passed on.
    unsafe { pwritev(fd, pieces, count, at) }
}
