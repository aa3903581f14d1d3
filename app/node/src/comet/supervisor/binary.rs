//! Finding the `cometbft` program and running its short commands.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::CometError;

/// The command that installs the program this node is tested with.
pub const INSTALL_LINE: &str = "CGO_ENABLED=0 go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.25";

/// The first release of the line with every fix this node relies on.
const OLDEST_PATCH: u64 = 25;
/// How long a short command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// A CometBFT program of the right version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CometBinary {
    path: PathBuf,
    version: String,
}

impl CometBinary {
    /// Looks for `explicit`, else `AGORA_COMETBFT`, else `cometbft` in `PATH`, in Go's folders of installed programs
    /// and in this project's cache, and asks it for its version.
    ///
    /// # Errors
    /// There is none, or it is not CometBFT v0.38.25 or a later v0.38.
    pub fn find(explicit: Option<&Path>) -> Result<Self, CometError> {
        let named = explicit.map(Path::to_owned).or_else(|| {
            std::env::var_os("AGORA_COMETBFT").filter(|path| !path.is_empty()).map(PathBuf::from)
        });
        let path = match named {
            Some(path) if is_executable(&path) => path,
            Some(path) => {
                return Err(CometError::Binary { problem: format!("{} is not a program", path.display()) });
            }
            None => candidates()
                .into_iter()
                .find(|path| is_executable(path))
                .ok_or_else(|| CometError::Binary { problem: "cometbft is not installed".to_owned() })?,
        };
        Self::at(path)
    }

    fn at(path: PathBuf) -> Result<Self, CometError> {
        let (success, output) = run(command(&path).arg("version"))
            .map_err(|problem| CometError::Binary { problem: format!("{}: {problem}", path.display()) })?;
        let version = output.split_whitespace().next().unwrap_or_default().to_owned();
        if success && is_supported(&version) {
            return Ok(Self { path, version });
        }
        let problem = format!("{} is version {version:?} and not cometbft v0.38.25", path.display());
        Err(CometError::Binary { problem })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version, `0.38.25`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Makes the missing files of a home.
    pub(super) fn init(&self, home: &Path) -> Result<(), CometError> {
        self.on_home("init", home, &[]).map(|_| ())
    }

    /// Takes CometBFT's state in a home back by one height; with `hard` its last block as well. The height it is at then.
    ///
    /// # Errors
    /// There is nothing to take back, or CometBFT still runs there.
    pub fn rollback(&self, home: &Path, hard: bool) -> Result<u64, CometError> {
        let output = self.on_home("rollback", home, if hard { &["--hard"] } else { &[] })?;
        // "Rolled back state to height 5 and hash ..."
        let height = output.split_whitespace().skip_while(|word| *word != "height").nth(1);
        let height = height.and_then(|height| height.parse().ok());
        height.ok_or(CometError::Command { command: "rollback", output })
    }

    fn on_home(&self, name: &'static str, home: &Path, arguments: &[&str]) -> Result<String, CometError> {
        let fail = |output| CometError::Command { command: name, output };
        let mut command = command(&self.path);
        match run(command.arg(name).arg("--home").arg(home).args(arguments)).map_err(fail)? {
            (true, output) => Ok(output),
            (false, output) => Err(fail(output)),
        }
    }
}

/// The program without the environment variables that override its configuration file.
pub(super) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let overrides = |prefix: &str| name.as_encoded_bytes().starts_with(prefix.as_bytes());
        if overrides("CMT") || overrides("TM_") || name == OsStr::new("TMHOME") {
            command.env_remove(&name);
        }
    }
    command
}

/// The first of that name in `PATH`.
pub(super) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| is_executable(path))
}

fn candidates() -> Vec<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = folder("HOME");
    [
        in_path("cometbft"),
        folder("GOBIN").map(|path| path.join("cometbft")),
        folder("GOPATH").map(|path| path.join("bin/cometbft")),
        home.as_ref().map(|path| path.join("go/bin/cometbft")),
        home.as_ref().map(|path| path.join(".cache/agora/bin/cometbft")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn is_supported(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    let line = (parts.next(), parts.next());
    let patch = parts.next().and_then(|patch| patch.parse::<u64>().ok());
    line == (Some("0"), Some("38")) && patch.is_some_and(|patch| patch >= OLDEST_PATCH)
}

/// Runs a short command: whether it succeeded, and what it printed.
fn run(command: &mut Command) -> Result<(bool, String), String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot be started: {e}"))?;
    let deadline = Instant::now() + COMMAND_TIMEOUT;
    // These commands print less than a pipe holds, so that reading can wait until they end.
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not end within {COMMAND_TIMEOUT:?}"));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&text).trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::is_supported;

    #[test]
    fn only_the_tested_release_and_its_successors_in_the_line_are_supported() {
        for version in ["0.38.25", "v0.38.25", "0.38.26", "0.38.25-rc1", "0.38.100+abc"] {
            assert!(is_supported(version), "{version}");
        }
        for version in ["", "0.38", "0.38.22", "0.38.x", "0.39.0", "1.0.1", "0.37.25", "cometbft"] {
            assert!(!is_supported(version), "{version}");
        }
    }
}
