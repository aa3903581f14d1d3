//! Bugs on purpose: a check that has never found one proves nothing. Compiled in for this crate's tests only.

/// Whether the bug `name` is planted; never, outside this crate's tests.
#[cfg(not(test))]
#[inline]
pub(crate) const fn planted(_: &str) -> bool {
    false
}

#[cfg(test)]
pub(crate) use bugs::{plant, planted};

#[cfg(test)]
mod bugs {
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<&'static str> = const { Cell::new("") };
    }

    /// Plants a bug in this thread, which is one of an executor's.
    pub(crate) fn plant(name: &'static str) {
        PLANTED.set(name);
    }

    pub(crate) fn planted(name: &str) -> bool {
        PLANTED.get() == name
    }
}
