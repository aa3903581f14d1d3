//! What a node leaves behind when another release must go on.

use std::fs::{File, OpenOptions, rename};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use agora_runtime::upgrades::Plan;
use serde_json::json;

use crate::app::UpgradeHook;

/// Where supervisors such as cosmovisor look, in a home's `data`.
const FILE: &str = "upgrade-info.json";

/// Writes the plan that the node stops at into the home, as cosmovisor expects it.
pub(super) fn recorder(home: &Path) -> UpgradeHook {
    let folder = home.join("data");
    Box::new(move |plan| match write(&folder, plan) {
        Ok(path) => tracing::info!(path = %path.display(), "the plan is left for the next release"),
        // The log has it as well, so the node stops as it would.
        Err(error) => tracing::error!(%error, folder = %folder.display(), "the plan could not be written"),
    })
}

/// Puts the file there as a whole: whoever polls for it must not find a part.
fn write(folder: &Path, plan: &Plan) -> io::Result<PathBuf> {
    let (path, new) = (folder.join(FILE), folder.join(format!("{FILE}.new")));
    let text = json!({ "name": plan.name, "height": plan.height, "info": plan.info }).to_string();
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    rename(&new, &path)?;
    File::open(folder)?.sync_all()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_file_is_the_one_that_cosmovisor_reads() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("data")).unwrap();
        let hook = recorder(home.path());
        let plan = |name: &str| Plan { name: name.into(), height: 12, info: "{\"a\":\"b\"}".into() };
        hook(&plan("v1"));
        hook(&plan("v2"));
        let path = home.path().join("data/upgrade-info.json");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, r#"{"name":"v2","height":12,"info":"{\"a\":\"b\"}"}"#);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(home.path().join("data")).unwrap().count(), 1);
    }
}
