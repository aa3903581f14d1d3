//! What the child prints: a file that does not grow without bound, and its last lines for whoever asks why it ended.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::LineHook;

/// Lines kept in memory.
const TAIL: usize = 20;
/// Errors kept in memory: the cause stands before all that is printed while the process winds down.
const ERRORS: usize = 10;
/// Old files kept.
const KEEP: usize = 3;
/// A longer line is cut, in bytes.
const MAX_LINE: u64 = 64 << 10;

/// The log of a child.
pub(super) struct Log {
    hook: Option<LineHook>,
    inner: Mutex<Inner>,
}

struct Inner {
    path: PathBuf,
    file: Option<File>,
    size: u64,
    max: u64,
    /// The last lines and the last errors, with their numbers.
    tail: VecDeque<(u64, String)>,
    errors: VecDeque<(u64, String)>,
    count: u64,
    lines: u64,
}

impl Log {
    pub(super) fn open(path: &Path, max: u64, hook: Option<LineHook>) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        let inner = Inner {
            path: path.to_owned(),
            file: Some(file),
            size,
            max,
            tail: VecDeque::new(),
            errors: VecDeque::new(),
            count: 0,
            lines: 0,
        };
        Ok(Self { hook, inner: Mutex::new(inner) })
    }

    /// Reads lines until the child closes its end.
    pub(super) fn follow(&self, output: impl Read) {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        loop {
            line.clear();
            match reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => self.line(String::from_utf8_lossy(&line).trim_end()),
            }
        }
    }

    fn line(&self, line: &str) {
        self.inner.lock().write(line);
        if let Some(hook) = &self.hook {
            hook(line);
        }
    }

    /// The last errors and the last lines.
    pub(super) fn tail(&self) -> Vec<String> {
        let inner = self.inner.lock();
        let begin = inner.tail.front().map_or(0, |(number, _)| *number);
        let errors = inner.errors.iter().filter(|(number, _)| *number < begin);
        errors.chain(&inner.tail).map(|(_, line)| line.clone()).collect()
    }

    /// Lines printed that tell of work: waiting for the application does not.
    pub(super) fn lines(&self) -> u64 {
        self.inner.lock().lines
    }
}

impl Inner {
    fn write(&mut self, line: &str) {
        if !line.contains("etrying") && !line.contains("etry in") {
            self.lines = self.lines.saturating_add(1);
        }
        self.count = self.count.saturating_add(1);
        keep(&mut self.tail, TAIL, (self.count, line.to_owned()));
        if line.starts_with("E[") || line.starts_with("ERROR") || line.starts_with("panic") {
            keep(&mut self.errors, ERRORS, (self.count, line.to_owned()));
        }
        if self.size >= self.max {
            self.rotate();
        }
        // A full disk must not stop the node: the child goes on, its lines are lost.
        if let Some(file) = &mut self.file
            && writeln!(file, "{line}").is_ok()
        {
            self.size = self.size.saturating_add(line.len() as u64).saturating_add(1);
        }
    }

    fn rotate(&mut self) {
        let old = |n: usize| PathBuf::from(format!("{}.{n}", self.path.display()));
        for n in (1..KEEP).rev() {
            let _ = fs::rename(old(n), old(n + 1));
        }
        let _ = fs::rename(&self.path, old(1));
        self.file = File::options().create(true).append(true).open(&self.path).ok();
        self.size = 0;
    }
}

fn keep<T>(ring: &mut VecDeque<T>, most: usize, item: T) {
    if ring.len() >= most {
        ring.pop_front();
    }
    ring.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_rotated_by_size_and_keeps_three_old_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.log");
        let log = Log::open(&path, 1_000, None).unwrap();
        let text: String = (0..1_000).map(|n| format!("line {n:05}\n")).collect();
        log.follow(text.as_bytes());
        let names = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 1 + KEEP);
        for entry in fs::read_dir(folder.path()).unwrap() {
            assert!(entry.unwrap().metadata().unwrap().len() <= 1_011);
        }
        assert_eq!(log.tail().last().unwrap(), "line 00999");
        assert_eq!(log.tail().len(), TAIL);
        assert!(fs::read_to_string(&path).unwrap().ends_with("line 00999\n"));
    }

    #[test]
    fn the_error_that_began_an_end_is_kept_with_the_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("c.log"), 1 << 30, None).unwrap();
        let farewell: String = (0..50).map(|n| format!("I[] service stop {n}\n")).collect();
        log.follow(format!("E[] the cause\n{farewell}E[] the last").as_bytes());
        let tail = log.tail();
        assert_eq!((tail.first().unwrap().as_str(), tail.len()), ("E[] the cause", 1 + TAIL));
        assert_eq!(tail.last().unwrap(), "E[] the last");
    }

    #[test]
    fn an_endless_line_is_cut_and_not_collected() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("c.log"), 1 << 30, None).unwrap();
        log.follow(io::repeat(b'x').take(1 << 20));
        assert!(log.tail().iter().all(|line| line.len() as u64 <= MAX_LINE));
        assert_eq!(log.lines(), 16);
    }
}
