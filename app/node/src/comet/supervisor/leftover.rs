//! A child that an earlier run left behind. The pid file names it together with the time it was started, so that
//! another process with the same number is never taken for it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::CometError;

/// How long it may take to end by itself.
const GRACE: Duration = Duration::from_secs(10);

/// Writes down a child just started.
pub(super) fn note(path: &Path, pid: i32) {
    if let Some(started) = started(pid) {
        // Only a help for the next start; a home on a full disk fails for better reasons.
        let _ = fs::write(path, format!("{pid} {started}\n"));
    }
}

/// Forgets a child that has ended.
pub(super) fn forget(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Ends the child of an earlier run, if there is one. The caller holds the lock of the home: its parent is gone.
pub(super) fn end(path: &Path) -> Result<(), CometError> {
    let Some((pid, time)) = fs::read_to_string(path).ok().and_then(|text| {
        let (pid, time) = text.trim().split_once(' ')?;
        Some((pid.parse::<i32>().ok().filter(|pid| *pid > 1)?, time.to_owned()))
    }) else {
        return Ok(());
    };
    let alive = || started(pid).is_some_and(|now| now == time);
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        if !alive() {
            break;
        }
        tracing::warn!(pid, %signal, "ending a cometbft that an earlier run left behind");
        let _ = kill(Pid::from_raw(pid), signal);
        let deadline = Instant::now() + GRACE;
        while alive() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    if alive() {
        return Err(CometError::Leftover { pid });
    }
    forget(path);
    Ok(())
}

/// When a living process was started, in ticks since the machine was, where the system tells (Linux).
fn started(pid: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    let started = fields.nth(18)?;
    (state != "Z").then(|| started.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_child_left_behind_is_ended_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        note(&path, child.id().cast_signed());
        // A zombie is not alive: nobody but this test can collect it.
        end(&path).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(15));
        assert!(!path.exists());
    }

    #[test]
    fn another_process_with_the_same_number_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        fs::write(&path, format!("{} 1\n", child.id())).unwrap();
        end(&path).unwrap();
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_damaged_pid_file_is_no_reason_to_signal_anyone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        for text in ["", "-1 5", "0 5", "1 5", "x", "99999999999 5"] {
            fs::write(&path, text).unwrap();
            end(&path).unwrap();
        }
    }
}
