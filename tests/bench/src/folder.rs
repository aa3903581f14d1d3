//! Where the data of a run lies.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// What the names of data folders begin with; the process that made one follows.
const PREFIX: &str = "agora-bench-";

/// A folder below the target folder, removed with everything in it when the run ends.
#[derive(Debug)]
pub struct Folder {
    data: TempDir,
}

impl Folder {
    /// A new, empty folder below `parent`, which is made when it is absent.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(parent: &Path) -> anyhow::Result<Self> {
        let failed = || format!("cannot make a folder in {}; choose another with --folder", parent.display());
        std::fs::create_dir_all(parent).with_context(failed)?;
        remove_abandoned(parent);
        let data = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{}-", std::process::id()))
            .tempdir_in(parent)
            .with_context(failed)?;
        Ok(Self { data })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.data.path()
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.data.path().join(name)
    }
}

/// Removes what runs that were killed have left. What cannot be removed stays: it is in nobody's way but the disk's.
fn remove_abandoned(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process =
            name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')).map(|(process, _)| process);
        let ended =
            |process: &str| Path::new("/proc/self").exists() && !Path::new("/proc").join(process).exists();
        if process.is_some_and(|process| process.parse::<u32>().is_ok() && ended(process)) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The target folder: `CARGO_TARGET_DIR`, else the one this program lies in.
#[must_use]
pub fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.unwrap_or_else(|| {
        let program = std::env::current_exe().unwrap_or_default();
        program.parent().and_then(Path::parent).unwrap_or_else(|| Path::new("target")).to_owned()
    })
}

/// Bytes of all files in a folder and below it.
///
/// # Errors
/// It cannot be read.
pub fn size(folder: &Path) -> anyhow::Result<u64> {
    let failed = || format!("cannot read {}", folder.display());
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let meta = entry.metadata().with_context(failed)?;
        bytes += if meta.is_dir() { size(&entry.path())? } else { meta.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_removed_with_its_data_and_so_are_those_of_runs_that_were_killed() {
        let parent = tempfile::tempdir().unwrap();
        // No process has this number: it is beyond what the system gives.
        let abandoned = parent.path().join(format!("{PREFIX}4294967295-x"));
        let other = parent.path().join("somebody-elses");
        for folder in [&abandoned, &other] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("data"), "12345").unwrap();
        }
        let ours = Folder::new(parent.path()).unwrap();
        std::fs::write(ours.join("data"), "1").unwrap();
        let second = Folder::new(parent.path()).unwrap();
        assert!(!abandoned.exists() && other.exists() && ours.path().exists());
        assert_eq!(size(parent.path()).unwrap(), 6);
        drop((ours, second));
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 1);
    }
}
