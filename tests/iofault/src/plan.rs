//! Which fault was asked for, and when it strikes.

use libc::c_int;

/// What an operation does, as far as faults tell operations apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Makes or empties a file, or makes, moves or links a name.
    Name,
    /// Removes a name, or shortens a file: needs no space.
    Remove,
    /// Writes bytes.
    Write,
    /// Reserves space.
    Space,
    /// Waits for the disk.
    Sync,
    /// Starts writing to the disk, without waiting.
    Hint,
    /// Reads bytes.
    Read,
}

/// What becomes of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is carried out.
    Go,
    /// Nothing happens, and this error is returned.
    Fail(c_int),
    /// Only so many bytes are written; with an error, that is returned although they were.
    Part(usize, Option<c_int>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Everything but reading fails.
    Eio,
    /// Half of the bytes are written, and the call says so.
    Short,
    /// Half of the bytes are written, and the call fails.
    Torn,
    /// What needs space fails.
    Enospc,
    /// Waiting for the disk fails.
    Fsync,
    /// Reading fails.
    Read,
    /// The process ends.
    Kill,
}

/// A fault and its moment.
#[derive(Debug)]
pub(crate) struct Fault {
    mode: Mode,
    nth: u64,
    forever: bool,
    seen: u64,
}

impl Fault {
    /// Parses `mode:nth[:once|:forever]`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "AGORA_IO_FAIL={text}: want eio|short|torn|enospc|fsync|read|kill:<nth from 1>[:once|:forever]"
            )
        };
        let mut parts = text.split(':');
        let mode = match parts.next() {
            Some("eio") => Mode::Eio,
            Some("short") => Mode::Short,
            Some("torn") => Mode::Torn,
            Some("enospc") => Mode::Enospc,
            Some("fsync") => Mode::Fsync,
            Some("read") => Mode::Read,
            Some("kill") => Mode::Kill,
            _ => return Err(wrong()),
        };
        let nth = parts.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0).ok_or_else(wrong)?;
        let forever = match parts.next() {
            None | Some("once") => false,
            Some("forever") => true,
            Some(_) => return Err(wrong()),
        };
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Self { mode, nth, forever, seen: 0 })
    }

    /// Whether reads have to be looked at, which is not free.
    pub(crate) fn wants_reads(&self) -> bool {
        self.mode == Mode::Read
    }

    /// Whether it ends the process.
    pub(crate) fn kills(&self) -> bool {
        self.mode == Mode::Kill
    }

    /// The name of the fault, for the journal.
    pub(crate) const fn name(&self) -> &'static str {
        match self.mode {
            Mode::Eio => "eio",
            Mode::Short => "short",
            Mode::Torn => "torn",
            Mode::Enospc => "enospc",
            Mode::Fsync => "fsync",
            Mode::Read => "read",
            Mode::Kill => "kill",
        }
    }

    /// Counts an operation that concerns this fault; decides what becomes of it.
    pub(crate) fn decide(&mut self, kind: Kind, bytes: usize) -> Verdict {
        let concerned = match self.mode {
            Mode::Eio | Mode::Kill => kind != Kind::Read,
            Mode::Short | Mode::Torn => kind == Kind::Write && bytes > 1,
            Mode::Enospc => matches!(kind, Kind::Name | Kind::Write | Kind::Space),
            Mode::Fsync => kind == Kind::Sync,
            Mode::Read => kind == Kind::Read,
        };
        if !concerned {
            return Verdict::Go;
        }
        self.seen += 1;
        let strikes = if self.forever { self.seen >= self.nth } else { self.seen == self.nth };
        if !strikes {
            return Verdict::Go;
        }
        match self.mode {
            Mode::Eio | Mode::Fsync | Mode::Read | Mode::Kill => Verdict::Fail(libc::EIO),
            Mode::Enospc => Verdict::Fail(libc::ENOSPC),
            Mode::Short => Verdict::Part(bytes / 2, None),
            Mode::Torn => Verdict::Part(bytes / 2, Some(libc::EIO)),
        }
    }
}
