//! Private files: directories 0700, files 0600, replaced as a whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{CliError, Result};

/// Nothing the wallet reads whole is larger than this.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Makes a directory and its parents, only accessible to the owner. An existing directory open to others is closed.
pub(crate) fn private_dir(path: &Path) -> Result<()> {
    let failed =
        |error| CliError::usage(format!("cannot make the directory {}", path.display())).because(error);
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(())
}

/// Writes a file that only the owner can read: a crash leaves the old content or the new, never a part.
///
/// With `replace` false an existing file is an error, also when it appears at the last moment.
pub(crate) fn write_private(path: &Path, content: &[u8], replace: bool) -> Result<()> {
    let failed = |error: std::io::Error| {
        CliError::usage(format!("cannot write {}", path.display()))
            .because(error)
            .hint("check free space and permissions")
    };
    let Some(dir) = path.parent() else {
        return Err(CliError::usage(format!("{} is not a file path", path.display())));
    };
    // The temporary file is 0600 from its first byte on.
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(dir).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    if replace {
        file.persist(path).map_err(|error| failed(error.error))?;
    } else {
        file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            ErrorKind::AlreadyExists => CliError::usage(format!("{} exists already", path.display())),
            _ => failed(error.error),
        })?;
    }
    sync_dir(dir)
}

/// Removes a file and makes the removal survive a crash.
pub(crate) fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path)
        .map_err(|error| CliError::usage(format!("cannot remove {}", path.display())).because(error))?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Reads a text file of bounded size; `None` when it does not exist.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Zeroizing<String>>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => read_text(path).map(Some),
    }
}

/// Reads a text file of bounded size.
pub(crate) fn read_text(path: &Path) -> Result<Zeroizing<String>> {
    let failed = |error| CliError::usage(format!("cannot read {}", path.display())).because(error);
    text_of(File::open(path).map_err(failed)?, &path.display().to_string())
}

/// Reads text of bounded size from an open file; `name` is for errors.
pub(crate) fn text_of(source: impl Read, name: &str) -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let read = source
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| CliError::usage(format!("cannot read {name}")).because(error))?;
    if read as u64 > MAX_FILE_BYTES {
        return Err(CliError::usage(format!("{name} is larger than {MAX_FILE_BYTES} bytes")));
    }
    Ok(text)
}

fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|error| CliError::usage(format!("cannot flush {}", dir.display())).because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_directories_are_private_and_replaced_whole() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b");
        private_dir(&dir).unwrap();
        let path = dir.join("x");
        write_private(&path, b"one", false).unwrap();
        assert!(write_private(&path, b"two", false).unwrap_err().to_string().contains("exists already"));
        write_private(&path, b"two", true).unwrap();
        assert_eq!(read_text(&path).unwrap().as_str(), "two");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&dir)), (0o600, 0o700));
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "no temporary file stays");
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        private_dir(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
        remove(&path).unwrap();
        assert!(read_optional(&path).unwrap().is_none());
    }
}
