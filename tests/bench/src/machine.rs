//! Which machine, which commit, how much memory.

use std::path::Path;
use std::process::Command;

/// The model of the processor, as the system names it.
#[must_use]
pub fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let has = |flag: &str| text.split_ascii_whitespace().any(|word| word == flag);
    let sha = if has("sha_ni") || has("sha2") { "SHA instructions" } else { "no SHA instructions" };
    format!("{}, {sha}", model.unwrap_or(std::env::consts::ARCH).trim())
}

/// How many processors this process may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The commit of the sources, with `-dirty` when they differ from it; "unknown" outside a checkout.
#[must_use]
pub fn commit(folder: &Path) -> String {
    Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"])
        .current_dir(folder)
        .output()
        .ok()
        .filter(|output| output.status.success())
        .map_or_else(
            || "unknown".to_owned(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
}

/// The day, in UTC.
#[must_use]
pub fn today() -> String {
    time::OffsetDateTime::now_utc().date().to_string()
}

/// Bytes of memory the process has in use; 0 where the system does not say.
#[must_use]
pub fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    // A page has 4 KiB on every system this runs on.
    text.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// Bytes the process has sent to the disk so far; 0 where the system does not say.
#[must_use]
pub fn written() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0)
}
